"""Our problems as processes: worth the same to a solver that knows nothing of overseers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from corrigible import Belief, Problem
from corrigible.bridges import parse_pomdp, pomdp_text, solve_pomdp, to_pomdp
from corrigible.errors import UserError
from corrigible.overseers import HandOfGod
from corrigible.planners import solve
from corrigible.testing.strategies import HANDS, Shape, draw_problem, random_problem
from corrigible.worlds import Tabular, load_level


def _small(seed: int) -> Problem:
    """Every kind of hand and channel within sixty seeds, in sizes that are solved at once."""
    restores = ("none", "monotone", "any")
    shape = Shape(3, 2, 3, HANDS[seed % 5], seed % 2 == 0, restores[seed % 3], seed % 4 < 2)
    return draw_problem(seed, shape)


@pytest.mark.parametrize("seed", range(10))
def test_the_general_solver_agrees_with_exact(seed: int) -> None:
    problem = _small(seed)
    exact = solve(problem, method="exact").value_at_start
    pomdp = to_pomdp(problem)
    assert parse_pomdp(pomdp_text(pomdp)).same(pomdp)
    found = solve_pomdp(pomdp, tol=5e-5)
    assert found.gap <= 5e-5
    assert found.lower - 1e-6 <= exact <= found.upper + 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(0, 60, 6))
def test_ten_larger_problems_agree_with_exact(seed: int) -> None:
    problem = random_problem(seed)
    exact = solve(problem, method="exact").value_at_start
    found = solve_pomdp(to_pomdp(problem), tol=1e-4, budget=120.0)
    assert found.gap <= 1e-4
    assert abs(0.5 * (found.lower + found.upper) - exact) <= 1e-4


def test_a_noisy_hand_lies_between_the_ends_of_bounds() -> None:
    problem = _small(0)
    problem = replace(problem, overseer=HandOfGod(0.5, rationality=1.0))
    low, high = solve(problem, method="bounds", tol=0.01, budget=5.0).ends_at_start
    found = solve_pomdp(to_pomdp(problem), tol=1e-2, budget=20.0)
    assert found.lower <= high + 1e-9 and low <= found.upper + 1e-9


@pytest.mark.parametrize("name", ["twins", "forced-toggle", "lock-2"])
def test_shipped_levels_agree_with_exact(name: str) -> None:
    """Their beliefs stay for long what they were: the solver must not take that for the end."""
    problem = load_level(name).problem
    found = solve_pomdp(to_pomdp(problem), tol=1e-4)
    assert abs(found.gap) <= 1e-4
    assert found.lower - 1e-6 <= solve(problem).value_at_start <= found.upper + 1e-6


def test_nothing_is_heard_at_time_zero() -> None:
    """One step, then nothing: a correction heard with the first state would be worth something."""
    world = Tabular(np.full((2, 2, 2), 0.5), np.zeros((2, 2)), 1e-9, np.array([0.5, 0.5]))
    rewards = np.array([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]])
    for about in ("current", "uniform", "asked"):
        problem = Problem(world, HandOfGod(1.0, about=about), Belief.uniform(rewards))
        found = solve_pomdp(to_pomdp(problem), tol=1e-7)
        assert found.upper == pytest.approx(0.5, abs=1e-6)


def test_names_say_what_is_seen() -> None:
    pomdp = to_pomdp(_small(0))
    assert all(name.startswith("h") for name in pomdp.states)
    assert pomdp.actions == ("act-0", "act-1")
    asked = to_pomdp(_small(3))
    assert asked.actions == ("act-0", "act-1", "ask-0", "ask-1", "ask-2")
    assert asked.discount == np.sqrt(_small(3).world.discount)


def test_hypotheses_that_are_ruled_out_are_left_out() -> None:
    problem = _small(0)
    prior = Belief(problem.rewards, np.array([-np.inf, 0.0, 0.0]))
    names = to_pomdp(problem.given(prior)).states
    assert {name.split("_")[0] for name in names} == {"h1", "h2"}


def test_what_cannot_be_expressed() -> None:
    problem = _small(3)
    none = replace(problem, world=replace(problem.world, discount=0.0))
    with pytest.raises(UserError, match="discount is 0"):
        to_pomdp(none)
    states = 700
    world = Tabular(
        np.full((states, 2, states), 1.0 / states),
        np.zeros((states, 2)),
        0.9,
        np.eye(states)[0],
    )
    rewards = np.random.default_rng(0).normal(size=(4, states))
    large = Problem(world, HandOfGod(0.5), Belief.uniform(rewards))
    with pytest.raises(UserError, match="too large"):
        to_pomdp(large)
