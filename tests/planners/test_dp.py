"""Batched value iteration: within what it claims of the oracle, and few shapes compiled."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from corrigible.errors import UserError
from corrigible.planners import dp, optimal_values
from corrigible.testing import oracle
from corrigible.worlds import Tabular
from corrigible.worlds.grid import Cell, Grid
from corrigible.worlds.optimum import optimal_q

STATES, ACTIONS = 6, 3
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def _world(seed: int, successors: int, discount: float, sparse: bool = False) -> Tabular:
    """Always as many successors, so that one compiled shape does for all."""
    rng = np.random.default_rng(seed)
    transition = np.zeros((STATES, ACTIONS, STATES))
    for row in transition.reshape(-1, STATES):
        row[rng.choice(STATES, successors, replace=False)] = rng.dirichlet(np.ones(successors))
    start, disables = np.eye(STATES)[0], np.zeros((STATES, ACTIONS))
    given: Any = sp.csr_array(transition.reshape(-1, STATES)) if sparse else transition
    return Tabular(given, disables, discount, start)


def _grid(side: int, discount: float) -> Tabular:
    grid = Grid(tuple(tuple(Cell() for _ in range(side)) for _ in range(side)), slip=0.1)
    return Tabular(grid.transition, grid.disables, discount, np.eye(side * side)[0])


def _compiled() -> int:
    iterate: Any = dp._iterate
    return iterate._cache_size()


def _check(world: Tabular, rewards: np.ndarray, tol: float, dtype: Any) -> None:
    """Within the error that is claimed, which is within the tolerance, of policy iteration."""
    found = optimal_values(world, rewards, tol, dtype)
    full = rewards if rewards.ndim == 3 else np.repeat(rewards[:, :, None], world.n_actions, 2)
    exact = optimal_q(world, full).max(axis=2)
    off = np.abs(found.values - exact).max(axis=1)
    assert found.values.dtype == dtype and found.error.dtype == np.float64
    assert (off <= found.error).all() and (found.error <= tol).all()


@DTYPES
@given(st.integers(0, 10_000), st.sampled_from([1, 2]), st.sampled_from([0.0, 0.5, 0.9, 0.99]))
def test_the_error_holds_against_the_oracle(
    dtype: Any, seed: int, successors: int, discount: float
) -> None:
    world = _world(seed, successors, discount)
    rewards = np.random.default_rng(seed).normal(size=(5, STATES, ACTIONS))
    tol = 1e-2 if dtype == np.float32 else 1e-8
    found = optimal_values(world, rewards, tol, dtype)
    assert (found.error <= tol).all()
    for reward, values, error in zip(rewards, found.values, found.error, strict=True):
        q = oracle.optimal_q(world.dense().tolist(), reward.tolist(), discount)
        assert np.abs(values - np.max(q, axis=1)).max() <= error


@DTYPES
@pytest.mark.parametrize("form", ["columns", "dense", "loop"])
def test_every_form_of_the_transition(
    form: str, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dp, "_UNROLLED", 64 if form == "columns" else 0)
    monkeypatch.setattr(dp, "_DENSE", 1 << 20 if form == "dense" else 0)
    for sparse in (False, True):
        world = _world(3, 4, 0.9, sparse)
        rewards = np.random.default_rng(4).normal(size=(7, STATES, ACTIONS))
        _check(world, rewards, 1e-4, dtype)
        _check(world, rewards[:, :, 0], 1e-4, dtype)
        same = optimal_values(world, np.repeat(rewards[:, :, :1], ACTIONS, axis=2), 1e-4, dtype)
        once = optimal_values(world, rewards[:, :, 0], 1e-4, dtype)
        assert np.abs(same.values - once.values).max() <= 2e-4


@pytest.mark.parametrize("side_and_discount", [(10, 0.95), (5, 0.995)])
def test_many_rewards_of_a_grid(side_and_discount: tuple[int, float]) -> None:
    side, discount = side_and_discount
    world, rng = _grid(side, discount), np.random.default_rng(side)
    rewards = rng.normal(size=(600, side * side, 5))
    # A few that are done at once, and a few that hardly ever are.
    rewards[::7] = 0.0
    rewards[::11] *= 100.0
    _check(world, rewards, 1e-3 if discount > 0.99 else 1e-6, np.float64)


def test_two_clocks_that_never_mix() -> None:
    """A periodic policy and two recurrent classes: the span alone falls by no more than g."""
    transition = np.zeros((4, 2, 4))
    for s, after in enumerate((1, 0, 3, 2)):
        transition[s, 0, after] = 1.0
        transition[s, 1, s] = 1.0
    world = Tabular(transition, np.zeros((4, 2)), 0.99, np.eye(4)[0])
    _check(world, np.random.default_rng(1).normal(size=(70, 4, 2)), 1e-8, np.float64)


def test_as_many_shapes_as_there_are_sizes() -> None:
    world = _grid(3, 0.9)
    rewards = np.random.default_rng(0).normal(size=(1100, 9, 5))
    before = _compiled()
    for count in (1, 3, 40, 64):
        optimal_values(world, rewards[:count])
    assert _compiled() - before == 2  # float32 and float64
    for count in (65, 300, 512, 513, 1100):
        optimal_values(world, rewards[:count], tol=1e-6)
    assert _compiled() - before == 2 * len(dp.SIZES)
    other = Tabular(world.transition, world.disables, 0.95, world.start)
    optimal_values(other, rewards[:5])
    assert _compiled() - before == 2 * len(dp.SIZES)


def test_chunks_do_not_matter() -> None:
    world = _grid(3, 0.9)
    rewards = np.random.default_rng(5).normal(size=(700, 9, 5))
    together = optimal_values(world, rewards, 1e-9).values
    alone = np.concatenate(
        [optimal_values(world, rewards[i : i + 50], 1e-9).values for i in range(0, 700, 50)]
    )
    assert np.abs(together - alone).max() <= 2e-9


def test_no_rewards_are_no_values() -> None:
    found = optimal_values(_grid(3, 0.9), np.zeros((0, 9)))
    assert found.values.shape == (0, 9) and found.error.shape == (0,)


def test_double_precision_stays_inside() -> None:
    optimal_values(_grid(3, 0.9), np.ones((2, 9)), dtype=np.float64)
    assert jnp.zeros(1).dtype == jnp.float32
    assert not jax.config.read("jax_enable_x64")


@pytest.mark.parametrize(
    ("rewards", "tol", "dtype", "said"),
    [
        (np.zeros((2, 8)), 1e-4, np.float64, r"\[H, 9\] or \[H, 9, 5\]"),
        (np.zeros((2, 9, 4)), 1e-4, np.float64, r"\[H, 9\] or \[H, 9, 5\]"),
        (np.full((2, 9), np.nan), 1e-4, np.float64, "finite"),
        (np.ones((2, 9)), 1e-4, np.int64, "float32 or float64"),
        (np.ones((2, 9)), 0.0, np.float64, "tol is 0"),
        (np.ones((2, 9)), 1e-9, np.float32, "tol is 1e-09"),
        (np.ones((2, 9)), 1e-16, np.float64, "tol is 1e-16"),
    ],
)
def test_what_cannot_be_done_is_said(rewards: Any, tol: float, dtype: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        optimal_values(_grid(3, 0.9), rewards, tol, dtype)
