"""Shapes and sizes of the networks, and statistics in plain sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corrigible.efficientzero.architectures import grid, paper, vector
from corrigible.efficientzero.layers import Conv, Norm
from corrigible.efficientzero.networks import Network, Weights
from corrigible.efficientzero.support import expectation

Make = Callable[..., Weights]
_PAPER: Network = jax.eval_shape(lambda key: paper(12, 6, 601, key), jax.random.key(0))


def _count(*parts: Any) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(parts))


def test_the_paper_s_networks_have_the_paper_s_sizes() -> None:
    """Millions of weights: h .317, g 2.38 of which the LSTM 2.23, f .13, the comparison 5.5."""
    net = _PAPER
    norms = 32 + 2 * 32 + 2 * 64 + 3 * 2 * 64
    assert _count(net.represent) - 2 * norms == 316_800
    assert _count(net.mix, net.evolve, net.squeeze, net.memory, net.reward) == 2_380_233
    assert _count(net.memory) == 4 * 512 * (576 + 512) + 4 * 512 == 2_230_272
    assert _count(net.trunk, net.value, net.policy) == 133_215
    assert _count(net.project) == 4_465_664 and _count(net.foresee) == 1_051_136


def test_the_paper_s_networks_have_the_paper_s_shapes() -> None:
    def shapes(net: Network, seen: jax.Array) -> Any:
        weights = Weights(net, net.initial())
        state, _ = weights.represent(seen)
        after, _ = weights.evolve(state, jnp.zeros(2, dtype=jnp.int32))
        prefix, memory, _ = weights.reward(after, net.start(2))
        policy, value, _ = weights.predict(after)
        projected, _ = weights.part("project", after, True)
        foreseen, _ = weights.part("foresee", projected, True)
        return state, after, prefix, memory, policy, value, projected, foreseen

    seen = jax.ShapeDtypeStruct((2, 96, 96, 12), jnp.uint8)
    found = [leaf.shape for leaf in jax.tree.leaves(jax.eval_shape(shapes, _PAPER, seen))]
    state, memory = (2, 6, 6, 64), (2, 512)
    said = [(2, 6), (2, 601), (2, 1024), (2, 1024)]
    assert found == [state, state, (2, 601), memory, memory, *said]


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (lambda key: vector(4, 2, 61, key), (4,)),
        (lambda key: grid((10, 10, 4), 3, 61, key), (10, 10, 4)),
        (lambda key: grid((5, 7, 3), 6, 61, key), (5, 7, 3)),
    ],
)
def test_a_fresh_network_knows_nothing(
    network: Callable[[Any], Network], shape: tuple[int, ...]
) -> None:
    @jax.jit
    def say(key: Any) -> tuple[Any, ...]:
        net = network(key)
        weights = Weights(net, net.initial())
        state, _ = weights.represent(jax.random.normal(key, (3, *shape)))
        after, _ = weights.evolve(state, jnp.array([0, 1, 1], dtype=jnp.int32))
        prefix, _, _ = weights.reward(after, net.start(3))
        policy, value, _ = weights.predict(after)
        return state, after, policy, expectation(value), expectation(prefix)

    state, after, policy, value, prefix = say(jax.random.key(0))
    assert after.shape == state.shape
    assert not np.asarray(policy).any()
    np.testing.assert_allclose(np.asarray(value), 0.0, atol=1e-5)
    np.testing.assert_allclose(np.asarray(prefix), 0.0, atol=1e-5)
    assert not np.allclose(np.asarray(after[1]), np.asarray(after[0]))


def test_statistics_are_what_was_seen() -> None:
    norm = Norm(2)
    x = jax.random.normal(jax.random.key(0), (5, 3, 3, 2)) * 4.0 + 1.0
    rows = np.asarray(x, dtype=np.float64).reshape(-1, 2)
    y, seen = norm(x, norm.initial(), True)
    flat = np.asarray(y).reshape(-1, 2)
    np.testing.assert_allclose(flat.mean(0), 0.0, atol=1e-5)
    np.testing.assert_allclose(flat.std(0), 1.0, atol=1e-4)
    np.testing.assert_allclose(seen["mean"], 0.1 * rows.mean(0), rtol=1e-4)
    np.testing.assert_allclose(seen["variance"], 0.9 + 0.1 * rows.var(0, ddof=1), rtol=1e-4)
    plain, same = norm(x, seen, False)
    assert same is seen
    expected = (np.asarray(x) - np.asarray(seen["mean"])) / np.sqrt(np.asarray(seen["variance"]))
    np.testing.assert_allclose(np.asarray(plain), expected, atol=1e-3)


def test_rows_are_alone_unless_measured(make: Make) -> None:
    weights = make(4, 3, 0)
    seen = jax.random.normal(jax.random.key(1), (6, 4))
    whole, _ = weights.represent(seen)
    single, _ = weights.represent(seen[:1])
    np.testing.assert_allclose(np.asarray(whole[:1]), np.asarray(single), atol=1e-5)
    measured, moved = weights.represent(seen, train=True)
    assert not np.allclose(np.asarray(measured), np.asarray(whole), atol=1e-3)
    assert moved.statistics["mix"] is weights.statistics["mix"]
    before = jax.tree.leaves(weights.statistics["represent"])
    after = jax.tree.leaves(moved.statistics["represent"])
    assert all(not np.allclose(b, a) for b, a in zip(before, after, strict=True))


@pytest.mark.parametrize(("side", "stride", "width"), [(5, 1, 3), (10, 2, 3), (7, 2, 3), (6, 1, 1)])
def test_a_convolution_is_the_same_while_it_is_trained(side: int, stride: int, width: int) -> None:
    layer = Conv(3, 4, jax.random.key(0), stride, width, bias=True)
    x = jax.random.normal(jax.random.key(1), (2, side, side + 1, 3))
    trained, plain = (np.asarray(layer(x, (), train)[0]) for train in (True, False))
    assert trained.shape == plain.shape
    np.testing.assert_allclose(trained, plain, atol=1e-5)
