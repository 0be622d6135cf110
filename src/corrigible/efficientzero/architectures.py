"""What networks are made of: the paper's for images, small ones for boards and for vectors.

Guarantee: a fresh network predicts value 0, reward 0 and equally likely actions everywhere, since
last layers start at zero.
"""

from __future__ import annotations

import itertools
from typing import Any, Literal

import equinox as eqx
import jax

from corrigible.efficientzero.layers import (
    Chain,
    Conv,
    Dense,
    Flatten,
    Key,
    Layer,
    Norm,
    Pool,
    Rectify,
    conv_block,
    dense_block,
)
from corrigible.efficientzero.networks import Network


def _mlp(sizes: tuple[int, ...], key: Key, last: Literal["zero", "norm", "plain"]) -> list[Layer]:
    """Dense layers with BN and ReLU between them; the last one as is said."""
    keys = jax.random.split(key, len(sizes) - 1)
    layers: list[Layer] = []
    for index, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        final = index == len(sizes) - 2
        layers.append(Dense(inputs, outputs, keys[index], zero=final and last == "zero"))
        if not final:
            layers += [Norm(outputs), Rectify()]
        elif last == "norm":
            layers.append(Norm(outputs))
    return layers


def _squeeze(channels: int, narrow: int, key: Key) -> list[Layer]:
    conv = Conv(channels, narrow, key, width=1, bias=True)
    return [conv, Norm(narrow), Rectify(), Flatten()]


def _comparison(inputs: int, wide: int, narrow: int, key: Key) -> dict[str, Any]:
    first, second = jax.random.split(key)
    return {
        "project": Chain(Flatten(), *_mlp((inputs, wide, wide, wide), first, "norm")),
        "foresee": Chain(*_mlp((wide, narrow, wide), second, "plain")),
    }


def paper(
    channels: int, actions: int, atoms: int, key: Key, divisor: float = 255.0, slim: int = 1
) -> Network:
    """The networks of the paper, for images of 96x96 pixels. The key is consumed.

    Args:
        channels: of the stacked observation, 12 for four frames in colour.
        actions: A.
        atoms: of the support, 601 in the paper.
        key: of the initial weights.
        divisor: of the observations.
        slim: every width inside is divided by it, at most 16.

    Returns:
        A network whose states are `[B, 6, 6, 64 / slim]`.

    Raises:
        Nothing.

    Source: Ye et al. 2021, appendix A.1.
    """
    keys = jax.random.split(key, 14)
    wide, narrow, deep = 64 // slim, 32 // slim, 1024 // slim
    represent = Chain(
        Conv(channels, narrow, keys[0], stride=2),
        Norm(narrow),
        Rectify(),
        conv_block(narrow, keys[1]),
        conv_block(wide, keys[2], inputs=narrow),
        conv_block(wide, keys[3]),
        Pool(),
        conv_block(wide, keys[4]),
        Pool(),
        conv_block(wide, keys[5]),
    )
    heads = _image_heads(wide, 16 // slim, 36, (512 // slim, narrow), actions, atoms, keys[8])
    return Network(
        represent=represent,
        mix=Chain(Conv(wide + 1, wide, keys[6]), Norm(wide)),
        evolve=conv_block(wide, keys[7]),
        **heads,
        **_comparison(wide * 36, deep, deep // 2, keys[9]),
        actions=actions,
        planes="scaled",
        divisor=divisor,
    )


def _image_heads(
    channels: int,
    narrow: int,
    area: int,
    wide: tuple[int, int],
    actions: int,
    atoms: int,
    key: Key,
) -> dict[str, Any]:
    """Reward, value and policy heads over a board of `area` cells."""
    keys = jax.random.split(key, 8)
    flat, (memory, hidden) = narrow * area, wide
    return {
        "squeeze": Chain(*_squeeze(channels, narrow, keys[0])),
        "memory": eqx.nn.LSTMCell(flat, memory, key=keys[1]),
        "reward": Chain(Norm(memory), Rectify(), *_mlp((memory, hidden, atoms), keys[2], "zero")),
        "trunk": conv_block(channels, keys[3]),
        "value": Chain(
            *_squeeze(channels, narrow, keys[4]), *_mlp((flat, hidden, atoms), keys[5], "zero")
        ),
        "policy": Chain(
            *_squeeze(channels, narrow, keys[6]), *_mlp((flat, hidden, actions), keys[7], "zero")
        ),
    }


def grid(shape: tuple[int, int, int], actions: int, atoms: int, key: Key) -> Network:
    """Small convolutional networks for a board. The key is consumed.

    Args:
        shape: (height, width, channels) of an observation.
        actions: A.
        atoms: of the support.
        key: of the initial weights.

    Returns:
        A network whose states have 32 channels, and half the board's size where a side is above 8.

    Raises:
        Nothing.

    Source: this package, after Ye et al. 2021, appendix A.1.
    """
    keys = jax.random.split(key, 6)
    height, width, channels = shape
    stride = 2 if max(height, width) > 8 else 1
    area = -(-height // stride) * -(-width // stride)
    return Network(
        represent=Chain(
            Conv(channels, 32, keys[0], stride), Norm(32), Rectify(), conv_block(32, keys[1])
        ),
        mix=Chain(Conv(32 + actions, 32, keys[2]), Norm(32)),
        evolve=conv_block(32, keys[3]),
        **_image_heads(32, 8, area, (64, 32), actions, atoms, keys[4]),
        **_comparison(32 * area, 128, 64, keys[5]),
        actions=actions,
        planes="one-hot",
        divisor=1.0,
    )


def vector(size: int, actions: int, atoms: int, key: Key, width: int = 64) -> Network:
    """Small dense networks. The key is consumed.

    Args:
        size: of an observation.
        actions: A.
        atoms: of the support.
        key: of the initial weights.
        width: features of a state.

    Returns:
        A network whose states are `[B, width]`.

    Raises:
        Nothing.

    Source: this package.
    """
    keys = jax.random.split(key, 10)
    hidden = (width, width // 2)
    return Network(
        represent=Chain(
            *_mlp((size, 2 * width, width), keys[0], "norm"), Rectify(), dense_block(width, keys[1])
        ),
        mix=Chain(Dense(width + actions, width, keys[2]), Norm(width)),
        evolve=dense_block(width, keys[3]),
        squeeze=Chain(),
        memory=eqx.nn.LSTMCell(width, width, key=keys[4]),
        reward=Chain(Norm(width), Rectify(), *_mlp((*hidden, atoms), keys[5], "zero")),
        trunk=dense_block(width, keys[6]),
        value=Chain(*_mlp((*hidden, atoms), keys[7], "zero")),
        policy=Chain(*_mlp((*hidden, actions), keys[8], "zero")),
        **_comparison(width, 2 * width, width, keys[9]),
        actions=actions,
        planes="one-hot",
        divisor=1.0,
    )
