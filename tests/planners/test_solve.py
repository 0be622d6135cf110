"""One call for every planner: what it refuses, and what a solution answers."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from corrigible import Problem
from corrigible.errors import TooManyBeliefs, UserError
from corrigible.inference.summary import vpi
from corrigible.overseers import Absent, HandOfGod
from corrigible.planners import solve
from corrigible.planners.exact import Exact
from corrigible.planners.graph import OutOfTime
from corrigible.testing.cases import k_bit_lock, school
from corrigible.testing.strategies import random_problem
from corrigible.worlds import load_level

METHODS: list[Any] = ["exact", "bounds", "search"]


@pytest.mark.parametrize("name", ["tol", "budget"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
@pytest.mark.parametrize("method", METHODS)
def test_numbers_that_must_be_positive(method: Any, name: str, value: float) -> None:
    options: dict[str, Any] = {name: value}
    with pytest.raises(UserError, match=f"{name} is {value}; it must be positive"):
        solve(random_problem(0), method=method, **options)


def test_too_many_beliefs_says_how_many_and_what_to_do() -> None:
    problem = Problem(
        random_problem(7).world, HandOfGod(0.5, rationality=1.0), random_problem(7).prior
    )
    with pytest.raises(TooManyBeliefs) as found:
        Exact(problem, cap=50)
    assert found.value.count == 51 and isinstance(found.value, UserError)
    assert str(found.value) == 'more than 50 beliefs can be reached; use method="bounds"'


def test_exact_within_its_budget_or_one_line() -> None:
    problem = load_level("room-12x12", {"world.slip": 0.1}).problem
    assert problem.likelihood.shape == (144, 144, 5)
    began = time.monotonic()
    with pytest.raises(UserError, match=r"exact planning did not end in 0\.1 s") as found:
        solve(problem, method="exact", budget=0.1)
    assert time.monotonic() - began < 5.0 and "\n" not in str(found.value)
    assert not isinstance(found.value, OutOfTime)


@pytest.mark.parametrize("method", METHODS)
def test_shapes_and_defaults(method: Any) -> None:
    problem = random_problem(7)
    solution = solve(problem, method=method, budget=5.0)
    states, actions = problem.world.n_states, problem.world.n_actions
    assert solution.q().shape == solution.lower().shape == (states, actions)
    assert solution.upper(state=1).shape == (actions,)
    assert solution.value().shape == (states,)
    assert isinstance(solution.value(state=1), float)
    assert np.array_equal(solution.q(state=1), solution.q()[1])
    assert np.array_equal(solution.value(), solution.q().max(axis=1))
    prior = solution.q(belief=problem.prior, channel_on=True)
    assert np.array_equal(prior, solution.q())
    low, high = solution.ends_at_start
    assert low <= solution.value_at_start <= high
    expected = float(problem.world.start @ solution.value())
    assert solution.value_at_start == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("state", [-1, 99])
def test_a_state_that_does_not_exist(method: Any, state: int) -> None:
    solution = solve(random_problem(0), method=method, budget=1.0)
    for ask in (solution.q, solution.lower, solution.upper, solution.value):
        with pytest.raises(UserError, match=f"state {state} does not exist"):
            ask(state=state)


@pytest.mark.parametrize("method", METHODS)
def test_an_absent_overseer_leaves_the_ordinary_optimum(method: Any) -> None:
    given = random_problem(5)
    problem = Problem(given.world, Absent(), given.prior)
    solution = solve(problem, method=method, budget=5.0)
    on, off = solution.q(), solution.q(channel_on=False)
    assert on == pytest.approx(off, abs=1e-8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(5))
def test_a_certain_belief_is_the_mdp(method: Any, seed: int) -> None:
    given = random_problem(seed)
    h = int(given.weights().argmax())
    certain = given.prior.with_weights(np.eye(len(given.rewards))[h])
    problem = Problem(given.world, given.overseer, certain)
    solution = solve(problem, method=method, budget=5.0)
    assert vpi(problem) == pytest.approx(0.0, abs=1e-9)
    if given.overseer.mode == "advises":
        assert solution.q() == pytest.approx(solution.q(channel_on=False), abs=1e-7)


def test_a_hand_that_advises_is_worth_no_more_than_knowing() -> None:
    for seed in range(20):
        problem = random_problem(seed)
        if problem.overseer.mode == "overrides" or problem.world.has_restores:
            continue
        solution = solve(problem, method="exact")
        on = solution.value_at_start
        off = float(problem.world.start @ solution.value(channel_on=False))
        assert off - 1e-9 <= on <= off + vpi(problem) + 1e-9


def test_bounds_close_where_exact_runs() -> None:
    for problem in (school(), k_bit_lock(2, 0.3)):
        exact = solve(problem, method="exact")
        found = solve(problem, method="bounds", tol=1e-7, budget=20.0)
        low, high = found.ends_at_start
        assert high - low <= 1e-7
        assert low - 1e-9 <= exact.value_at_start <= high + 1e-9


def test_a_budget_is_kept() -> None:
    problem = load_level("room-5x5", {"overseer.rationality": 2.0}).problem
    began = time.monotonic()
    solve(problem, method="bounds", budget=1.0)
    assert time.monotonic() - began < 10.0


@pytest.mark.parametrize("method", METHODS)
def test_values_far_from_the_prior(method: Any) -> None:
    problem = random_problem(6)
    solution = solve(problem, method=method, budget=1.0)
    weights = np.random.default_rng(0).dirichlet(np.ones(len(problem.rewards)))
    belief = problem.prior.with_weights(weights)
    fresh = solve(Problem(problem.world, problem.overseer, belief), method="exact")
    assert (solution.lower(belief=belief) <= fresh.q() + 1e-9).all()
    assert (solution.upper(belief=belief) >= fresh.q() - 1e-9).all()
    if method == "exact":
        assert solution.q(belief=belief) == pytest.approx(fresh.q(), abs=1e-9)
