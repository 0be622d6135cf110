"""Bounds hold the truth at whatever point they are stopped, for every overseer."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible import Belief, Problem
from corrigible.inference.summary import vpi
from corrigible.overseers import Absent, HandOfGod
from corrigible.planners import solve
from corrigible.planners.bounds import Bounds
from corrigible.planners.exact import Exact
from corrigible.planners.solution import Solution
from corrigible.testing.cases import k_bit_lock
from corrigible.testing.layered import random_layered_problem
from corrigible.testing.strategies import random_problem

ROUNDING = 1e-9
KINDS: list[dict[str, Any]] = [
    {"about": "current"},
    {"about": "uniform"},
    {"about": "asked"},
    {"about": "asked", "ask_cost": 0.2},
    {"about": "current", "mode": "overrides"},
]


def _noisy(seed: int, kind: dict[str, Any], rationality: float = 1.0) -> Problem:
    given = random_problem(seed)
    hand = HandOfGod(rate=0.6, rationality=rationality, **kind)
    return Problem(given.world, hand, given.prior)


def _rounds(solution_for: Problem, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Both ends of Q at the prior after each round of refining."""
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    def watch(solution: Solution) -> bool:
        seen.append((solution.lower(), solution.upper()))
        return len(seen) >= count

    Bounds(solution_for, tol=1e-9, stop=watch)
    return seen


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("seed", [7, 22])
def test_ends_only_narrow(seed: int, kind: dict[str, Any]) -> None:
    rounds = _rounds(_noisy(seed, kind), 4)
    for (low, high), (next_low, next_high) in pairwise(rounds):
        # The solver's residual, by which ends are moved outwards, may grow.
        assert (next_low >= low - 1e-8).all() and (next_high <= high + 1e-8).all()
    assert all((low <= high + ROUNDING).all() for low, high in rounds)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("seed", [7, 19, 22])
def test_a_short_run_holds_a_long_one(seed: int, kind: dict[str, Any]) -> None:
    problem = _noisy(seed, kind)
    short = solve(problem, method="bounds", budget=0.02)
    long = solve(problem, method="bounds", budget=1.5)
    for on in (True, False):
        middle = long.q(channel_on=on)
        spread = long.upper(channel_on=on) - long.lower(channel_on=on)
        assert (short.lower(channel_on=on) <= middle + spread / 2 + ROUNDING).all()
        assert (short.upper(channel_on=on) >= middle - spread / 2 - ROUNDING).all()


@given(st.integers(0, 2000))
def test_the_first_ends_hold_exact_values_of_noisy_hands(seed: int) -> None:
    problem = random_layered_problem(seed)
    every = np.ones(problem.world.n_states, bool)
    exact = Exact(problem, states=every)
    found = Bounds(problem, deadline=time.monotonic())
    for on in (True, False):
        assert (found.lower(channel_on=on) <= exact.q(channel_on=on) + ROUNDING).all()
        assert (found.upper(channel_on=on) >= exact.q(channel_on=on) - ROUNDING).all()


@given(st.integers(0, 2000))
def test_random_beliefs_and_an_offer(seed: int) -> None:
    problem = random_problem(seed)
    rng = np.random.default_rng([seed, 4])
    harm = problem.world.expected_disables
    extra = 0.5 * (harm - harm.min(axis=1, keepdims=True))
    every = np.ones(problem.world.n_states, bool)
    found = Bounds(problem, deadline=time.monotonic() + 0.05, extra=extra)
    belief = problem.prior.with_weights(rng.dirichlet(np.ones(len(problem.rewards))))
    there = Problem(problem.world, problem.overseer, belief)
    exact = Exact(there, states=every, extra=extra)
    assert (found.lower(belief=belief) <= exact.q() + ROUNDING).all()
    assert (found.upper(belief=belief) >= exact.q() - ROUNDING).all()


@pytest.mark.parametrize("seed", [0, 9, 22])
def test_forbidden_actions_are_not_taken(seed: int) -> None:
    problem = random_problem(seed)
    harm = problem.world.expected_disables
    extra = np.where(harm > harm.min(axis=1, keepdims=True), -np.inf, 0.0)
    every = np.ones(problem.world.n_states, bool)
    exact = Exact(problem, states=every, extra=extra)
    found = Bounds(problem, deadline=time.monotonic() + 0.3, extra=extra)
    low, high = found.ends_at_start
    expected = exact.value_at_start
    assert low - ROUNDING <= expected <= high + ROUNDING


def test_information_is_worth_between_nothing_and_knowing() -> None:
    for seed in (7, 22):
        problem = _noisy(seed, {"about": "uniform"})
        found = solve(problem, method="bounds", budget=0.3)
        low, high = found.ends_at_start
        off = float(problem.world.start @ found.value(channel_on=False))
        if not problem.world.has_restores:
            assert off - ROUNDING <= low <= high <= off + vpi(problem) + ROUNDING


def test_it_stops_when_close_when_told_and_when_late() -> None:
    problem = k_bit_lock(3, 0.3)
    close = Bounds(problem, tol=0.5)
    low, high = close.ends_at_start
    assert high - low <= 0.5
    calls: list[int] = []

    def stop(solution: Solution) -> bool:
        calls.append(solution.problem.world.n_states)
        return len(calls) == 2

    told = Bounds(problem, tol=1e-12, stop=stop)
    assert len(calls) == 2 and told.n_beliefs >= 1
    began = time.monotonic()
    Bounds(_noisy(7, {"about": "uniform"}), tol=1e-12, deadline=began + 0.2)
    assert time.monotonic() - began < 5.0


def test_an_absent_hand_is_closed_at_once() -> None:
    given = random_problem(7)
    found = Bounds(Problem(given.world, Absent(), given.prior), tol=1e-9)
    low, high = found.ends_at_start
    assert high - low <= 1e-9 and found.n_beliefs == 1


def test_a_hand_that_tells_nothing_is_worth_nothing() -> None:
    given = random_problem(7)
    hand = HandOfGod(rate=1.0, rationality=0.0)
    found = Bounds(Problem(given.world, hand, given.prior), tol=1e-9)
    assert found.q() == pytest.approx(found.q(channel_on=False), abs=1e-8)


def test_a_boltzmann_hand_is_bracketed_within_a_tenth_of_vpi() -> None:
    rng = np.random.default_rng(20)
    given = random_problem(7)
    rewards = rng.normal(size=(3, given.world.n_states, given.world.n_actions))
    hand = HandOfGod(rate=1.0, rationality=1.0)
    problem = Problem(given.world, hand, Belief.uniform(rewards))
    found = solve(problem, method="bounds", tol=0.1 * vpi(problem), budget=10.0)
    low, high = found.ends_at_start
    assert high - low <= 0.1 * vpi(problem)
