"""Gradients of every loss: against differences, through the unroll, and not through masks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from corrigible.efficientzero import loss as losses
from corrigible.efficientzero.loss import Batch, loss
from corrigible.efficientzero.networks import Network, Weights
from corrigible.efficientzero.search import Search
from corrigible.efficientzero.settings import Settings
from corrigible.efficientzero.targets import Targets

Make = Callable[..., Weights]
N, ACTIONS = 6, 3
SETTINGS = Settings(Search("puct", 2, 5, 0.9), unroll=2, support=10)


def _batch(seed: int, unroll: int = 2) -> Batch:
    keys = jax.random.split(jax.random.key(seed), 6)
    size = (N, unroll + 1)
    whole = jnp.ones(size, dtype=bool)
    goal = Targets(
        value=3.0 * jax.random.normal(keys[0], size),
        prefix=jax.random.normal(keys[1], size),
        policy=jax.nn.softmax(jax.random.normal(keys[2], (*size, ACTIONS))),
        known=whole,
        acted=whole,
        seen=whole,
    )
    seen = jax.random.normal(keys[3], (unroll + 1, N, 4))
    action = jax.random.randint(keys[4], (unroll, N), 0, ACTIONS)
    return Batch(seen, action, goal, jax.random.uniform(keys[5], (N,)) + 0.5)


def _parts(network: Network, statistics: Any, batch: Batch, settings: Settings) -> Any:
    """The total and its four parts, [5]."""
    total, (_, _, parts) = loss(network, statistics, batch, settings)
    return jnp.stack([total, *parts])


def test_gradients_are_differences_through_the_whole_unroll(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every loss by every part of the network, over four steps and a reset, in float64.

    What stands behind `stop_gradient` is held at its value, which is what a gradient means there;
    so the half of a state that passes none is a constant, and the observed side of consistency too.
    """
    settings = Settings(Search("puct", 2, 3, 0.9), unroll=4, support=10)
    told = partial(_parts, settings=settings)

    def held(*given: Any) -> list[Any]:
        kept: list[Any] = []
        monkeypatch.setattr(losses, "stop_gradient", lambda x: kept.append(x) or x)
        told(*given)
        return kept

    def ends(network: Network, direction: Network, constants: list[Any], *rest: Any) -> Any:
        """[2, 5], a little forward and a little back."""

        def at(size: Any) -> Any:
            left = iter(constants)
            monkeypatch.setattr(losses, "stop_gradient", lambda _: next(left))
            return told(jax.tree.map(lambda x, d: x + size * d, network, direction), *rest)

        return jax.vmap(at)(jnp.array([STEP, -STEP]))

    with jax.enable_x64(True):
        weights, batch = jax.tree.map(
            lambda x: x.astype(float) if jnp.issubdtype(x.dtype, jnp.floating) else x,
            (make(4, ACTIONS, 1, 8), _batch(2, 4)),
        )
        network, rest = weights.network, (weights.statistics, batch)
        gradients = jax.jit(jax.jacrev(told))(network, *rest)
        # The same steps one by one, so that what is held can leave them.
        monkeypatch.setattr(jax.lax, "scan", _one_by_one)
        constants = jax.jit(held)(network, *rest)
        compare = jax.jit(ends)
        for name in (name for name in REACHED if jax.tree.leaves(getattr(network, name))):
            direction = _drawn(network, name)
            slope = sum(jax.tree.leaves(jax.tree.map(_inner, gradients, direction)))
            forward, back = compare(network, direction, constants, *rest)
            difference = np.asarray(forward - back) / (2 * STEP)
            assert difference.dtype == np.float64
            np.testing.assert_allclose(slope, difference, rtol=1e-5, atol=1e-7, err_msg=name)
            assert (np.abs(difference)[1:] > 1e-5).tolist() == REACHED[name], name


def _one_by_one(step: Any, carry: Any, over: Any) -> Any:
    told = []
    for k in range(len(jax.tree.leaves(over)[0])):
        carry, said = step(carry, jax.tree.map(lambda x, k=k: x[k], over))
        told.append(said)
    return carry, jax.tree.map(lambda *each: jnp.stack(each), *told)


STEP = 1e-6
_ALL, _VALUE, _POLICY = [True] * 4, [False, True, False, False], [False, False, True, False]
_PREFIX, _CONSISTENCY = [True, False, False, False], [False, False, False, True]
# Which parts have a say in prefix, value, policy and consistency.
REACHED = {
    "represent": _ALL,
    "mix": _ALL,
    "evolve": _ALL,
    "squeeze": _PREFIX,
    "memory": _PREFIX,
    "reward": _PREFIX,
    "trunk": [False, True, True, False],
    "value": _VALUE,
    "policy": _POLICY,
    "project": _CONSISTENCY,
    "foresee": _CONSISTENCY,
}


def _drawn(network: Network, name: str) -> Network:
    """A direction in which only one part moves."""
    nowhere = jax.tree.map(jnp.zeros_like, network)
    flat, unravel = ravel_pytree(getattr(network, name))
    some = unravel(jax.random.normal(jax.random.key(len(name)), flat.shape, flat.dtype))
    return eqx.tree_at(lambda n: getattr(n, name), nowhere, some)


def _inner(jacobian: Any, direction: Any) -> Any:
    return jnp.tensordot(jacobian, direction, direction.ndim)


def test_the_whole_is_the_weighted_sum_of_its_parts(make: Make) -> None:
    weights, batch = make(4, ACTIONS, 1), _batch(3)
    batch = batch._replace(weight=jnp.ones(N))
    total, (_, error, parts) = jax.jit(loss, static_argnums=3)(
        weights.network, weights.statistics, batch, SETTINGS
    )
    sums = parts.prefix + 0.25 * parts.value + parts.policy + 2.0 * parts.consistency
    assert float(total) == pytest.approx(float(sums) / SETTINGS.unroll, rel=1e-5)
    assert error.shape == (N,) and float(error.min()) >= 0
    assert -2.0 <= float(parts.consistency) <= 2.0


def test_half_of_a_gradient_passes_each_step(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one step g(half) = g(0) + half (g(1) - g(0)) for what lies before it."""
    weights, batch = make(4, ACTIONS, 4), _batch(5, 1)
    settings = replace(SETTINGS, unroll=1, consistency=0.0)
    found = {}
    for half in (0.0, 0.5, 1.0):
        monkeypatch.setattr(losses, "HALF", half)
        gradient, _ = jax.jit(jax.grad(partial(loss, settings=settings), has_aux=True))(
            weights.network, weights.statistics, batch
        )
        found[half] = np.asarray(ravel_pytree(gradient.represent)[0])
    np.testing.assert_allclose(found[0.5], (found[0.0] + found[1.0]) / 2, atol=1e-5)
    assert np.abs(found[1.0] - found[0.0]).max() > 1e-3


def test_what_is_masked_has_no_influence(make: Make) -> None:
    weights, batch = make(4, ACTIONS, 6), _batch(7)
    mask = jnp.ones((N, 3), dtype=bool).at[2, 1:].set(False)
    goal = batch.targets._replace(known=mask, acted=mask, seen=mask)
    other = goal._replace(
        value=goal.value.at[2, 1:].set(9.0),
        prefix=goal.prefix.at[2, 1:].set(-9.0),
        policy=goal.policy.at[2, 1:].set(jnp.array([1.0, 0.0, 0.0])),
    )
    # Without consistency: the observation of a masked position is in the batch's statistics.
    settings = replace(SETTINGS, consistency=0.0)
    gradient = jax.jit(jax.grad(partial(loss, settings=settings), has_aux=True))
    one, two, three = (
        np.asarray(ravel_pytree(gradient(weights.network, weights.statistics, b)[0])[0])
        for b in (batch._replace(targets=t) for t in (goal, other, batch.targets))
    )
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - three).max() > 1e-3


def test_the_consistent_side_teaches_nothing(make: Make) -> None:
    """At the last step only the second side sees the observation: no gradient reaches it."""
    weights, batch = make(4, ACTIONS, 8), _batch(9)

    @jax.jit
    @jax.grad
    def pull(seen: Any) -> Any:
        moved = batch._replace(seen=seen)
        return _parts(weights.network, weights.statistics, moved, SETTINGS)[4]

    by_position = np.abs(np.asarray(pull(batch.seen))).max(axis=(1, 2))
    assert by_position[0] > 1e-4 and by_position[1] == 0 and by_position[2] == 0


def test_how_many_steps_were_paid_is_seen_where_all_examples_are_alike(make: Make) -> None:
    """Positions normalised each by itself would all be told the same."""
    weights = make(4, ACTIONS, 10)
    states = jnp.broadcast_to(jax.random.normal(jax.random.key(11), (1, 1, 16)), (3, N, 16))
    said, _ = losses._prefixes(weights, states, 5)
    each = np.asarray(said[:, 0])
    assert np.abs(np.asarray(said) - each[:, None]).max() < 1e-4
    assert np.abs(np.diff(each, axis=0)).max(axis=1).min() > 1e-2
