"""Layers whose batch statistics are in plain sight.

Every layer is a function (x, statistics, train) -> (y, statistics). Weights are the layer's arrays;
statistics are a pytree of its own that is handed in and comes back, so what is trained by gradients
and what is measured on the way are never mixed up, and a loop carries both. While `train` is true a
`Norm` uses the batch's own mean and variance and moves the running ones towards them; otherwise it
uses the running ones and returns them unchanged.

Arrays are batches, channels last: `[B, F]` or `[B, height, width, C]`.

Guarantee: with `train=False` a layer treats every row of a batch alone, whatever the others are.
"""

from __future__ import annotations

import abc
import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Statistics = Any
Key = Any
MOMENTUM = 0.1
_EPSILON = 1e-5
# Cells of a small board.
_SMALL = 144


class Layer(eqx.Module):
    """A function of a batch, its statistics and whether they are being measured.

    Source: this package.
    """

    @abc.abstractmethod
    def initial(self) -> Statistics:
        """Statistics before anything was seen.

        Returns:
            A pytree of arrays; empty where there is nothing to measure.

        Raises:
            Nothing.

        Source: this package.
        """

    @abc.abstractmethod
    def __call__(self, x: Array, statistics: Statistics, train: bool) -> tuple[Array, Statistics]:
        """The layer at x, and the statistics as they are afterwards."""


class _Plain(Layer):
    """A layer that measures nothing."""

    def initial(self) -> Statistics:
        return ()

    @abc.abstractmethod
    def _apply(self, x: Array) -> Array:
        """The function of x alone."""

    def __call__(self, x: Array, statistics: Statistics, train: bool) -> tuple[Array, Statistics]:
        return self._apply(x), statistics


def _uniform(key: Key, shape: tuple[int, ...], fan_in: int) -> Array:
    bound = 1.0 / math.sqrt(fan_in)
    return jax.random.uniform(key, shape, minval=-bound, maxval=bound)


class Dense(_Plain):
    """y = x W + b on the last axis. The key is consumed.

    Args:
        inputs: features in.
        outputs: features out.
        key: of the initial weights, uniform within 1/sqrt(inputs).
        zero: start at W = b = 0, so that the output knows nothing yet.

    Source: this package.
    """

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]

    def __init__(self, inputs: int, outputs: int, key: Key, zero: bool = False) -> None:
        first, second = jax.random.split(key)
        scale = 0.0 if zero else 1.0
        self.weight = scale * _uniform(first, (inputs, outputs), inputs)
        self.bias = scale * _uniform(second, (outputs,), inputs)

    def _apply(self, x: Array) -> Array:
        return x @ self.weight + self.bias[None]


class Conv(Layer):
    """A square convolution, padded so that stride 1 keeps the size. The key is consumed.

    While it is trained, a convolution over a small board is written as one product of matrices:
    XLA's gradients of convolutions, in a loop on a CPU, take fifteen times as long.

    Args:
        inputs: channels in.
        outputs: channels out.
        key: of the initial weights, uniform within 1/sqrt(fan-in).
        stride: of both axes.
        width: of the kernel, odd.
        bias: whether there is one; before a `Norm` it would do nothing.

    Source: this package.
    """

    weight: Float[Array, "width width inputs outputs"]
    bias: Float[Array, " outputs"] | None
    stride: int = eqx.field(static=True)

    def __init__(
        self,
        inputs: int,
        outputs: int,
        key: Key,
        stride: int = 1,
        width: int = 3,
        bias: bool = False,
    ) -> None:
        first, second = jax.random.split(key)
        fan_in = width * width * inputs
        self.weight = _uniform(first, (width, width, inputs, outputs), fan_in)
        self.bias = _uniform(second, (outputs,), fan_in) if bias else None
        self.stride = stride

    def initial(self) -> Statistics:
        return ()

    def __call__(self, x: Array, statistics: Statistics, train: bool) -> tuple[Array, Statistics]:
        pad = self.weight.shape[0] // 2
        if train and x.shape[1] * x.shape[2] <= _SMALL:
            y = _unfolded(x, self.weight, self.stride)
        else:
            y = jax.lax.conv_general_dilated(
                x,
                self.weight,
                (self.stride, self.stride),
                ((pad, pad), (pad, pad)),
                dimension_numbers=("NHWC", "HWIO", "NHWC"),
            )
        return y if self.bias is None else y + self.bias[None, None, None], statistics


def _unfolded(x: Array, weight: Array, stride: int) -> Array:
    """The same convolution as one product of matrices."""
    width, _, inputs, outputs = weight.shape
    count, *sides, _ = x.shape
    pad = width // 2
    x = jnp.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    down, along = ((side - 1) // stride * stride + 1 for side in sides)
    shifted = [
        x[:, i : i + down : stride, j : j + along : stride]
        for i in range(width)
        for j in range(width)
    ]
    columns = jnp.concatenate(shifted, axis=-1)
    height, across = columns.shape[1:3]
    y = columns.reshape(-1, width * width * inputs) @ weight.reshape(-1, outputs)
    return y.reshape(count, height, across, outputs)


class Rectify(_Plain):
    """max(x, 0).

    Source: this package.
    """

    def _apply(self, x: Array) -> Array:
        return jax.nn.relu(x)


class Pool(_Plain):
    """The mean over 3x3 windows at every second place; the padding counts as zeros.

    Source: Ye et al. 2021, appendix A.1.
    """

    def _apply(self, x: Array) -> Array:
        padding = ((0, 0), (1, 1), (1, 1), (0, 0))
        total = jax.lax.reduce_window(x, 0.0, jax.lax.add, (1, 3, 3, 1), (1, 2, 2, 1), padding)
        return total / 9.0


class Flatten(_Plain):
    """All axes but the batch into one.

    Source: this package.
    """

    def _apply(self, x: Array) -> Array:
        return x.reshape(x.shape[0], -1)


class Norm(Layer):
    """Batch normalisation over every axis but the last.

    Args:
        channels: the size of the last axis.

    Source: Ioffe & Szegedy 2015; running statistics move by .1 and hold the unbiased variance.
    """

    scale: Float[Array, " channels"]
    offset: Float[Array, " channels"]

    def __init__(self, channels: int) -> None:
        self.scale = jnp.ones(channels)
        self.offset = jnp.zeros(channels)

    def initial(self) -> Statistics:
        return {"mean": jnp.zeros_like(self.scale), "variance": jnp.ones_like(self.scale)}

    def __call__(self, x: Array, statistics: Statistics, train: bool) -> tuple[Array, Statistics]:
        if train:
            axes = tuple(range(x.ndim - 1))
            mean, variance = jnp.mean(x, axes), jnp.var(x, axes)
            count = x.size // x.shape[-1]
            seen = {"mean": mean, "variance": variance * (count / max(count - 1, 1))}
            moved = jax.tree.map(
                lambda old, new: old + MOMENTUM * (jax.lax.stop_gradient(new) - old),
                statistics,
                seen,
            )
        else:
            mean, variance, moved = statistics["mean"], statistics["variance"], statistics
        factor = self.scale * jax.lax.rsqrt(variance + _EPSILON)
        shape = (1,) * (x.ndim - 1) + (-1,)
        y = x * factor.reshape(shape) + (self.offset - mean * factor).reshape(shape)
        return y, moved


class Chain(Layer):
    """Layers one after the other.

    Args:
        layers: in order.

    Source: this package.
    """

    layers: tuple[Layer, ...]

    def __init__(self, *layers: Layer) -> None:
        self.layers = layers

    def initial(self) -> Statistics:
        return tuple(layer.initial() for layer in self.layers)

    def __call__(self, x: Array, statistics: Statistics, train: bool) -> tuple[Array, Statistics]:
        moved = []
        for layer, seen in zip(self.layers, statistics, strict=True):
            x, seen = layer(x, seen, train)
            moved.append(seen)
        return x, tuple(moved)


class Residual(Layer):
    """relu(body(x) + skip(x)).

    Args:
        body: keeps the shape, or changes it as the skip does.
        skip: an empty chain is the identity.

    Source: He et al. 2016.
    """

    body: Chain
    skip: Chain

    def initial(self) -> Statistics:
        return self.body.initial(), self.skip.initial()

    def __call__(self, x: Array, statistics: Statistics, train: bool) -> tuple[Array, Statistics]:
        y, body = self.body(x, statistics[0], train)
        z, skip = self.skip(x, statistics[1], train)
        return jax.nn.relu(y + z), (body, skip)


def conv_block(channels: int, key: Key, inputs: int | None = None) -> Residual:
    """conv-BN-ReLU-conv-BN + skip, ReLU. The key is consumed.

    Args:
        channels: out.
        key: of the initial weights.
        inputs: channels in where the block also halves the size, by a convolution in the skip.

    Returns:
        A layer `[B, height, width, inputs or channels]` -> `[B, ., ., channels]`.

    Raises:
        Nothing.

    Source: Ye et al. 2021, appendix A.1.
    """
    first, second, third = jax.random.split(key, 3)
    stride = 1 if inputs is None else 2
    width = channels if inputs is None else inputs
    body = Chain(
        Conv(width, channels, first, stride),
        Norm(channels),
        Rectify(),
        Conv(channels, channels, second),
        Norm(channels),
    )
    skip = Chain() if inputs is None else Chain(Conv(inputs, channels, third, stride))
    return Residual(body, skip)


def dense_block(features: int, key: Key) -> Residual:
    """The same block with dense layers. The key is consumed.

    Args:
        features: in and out.
        key: of the initial weights.

    Returns:
        A layer `[B, features]` -> `[B, features]`.

    Raises:
        Nothing.

    Source: this package, after He et al. 2016.
    """
    first, second = jax.random.split(key)
    body = Chain(
        Dense(features, features, first),
        Norm(features),
        Rectify(),
        Dense(features, features, second),
        Norm(features),
    )
    return Residual(body, Chain())
