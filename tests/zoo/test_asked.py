"""The columns: shares, obedience, radii and rivals, against what the cases say by themselves."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from corrigible import Belief, Problem
from corrigible.overseers import HandOfGod
from corrigible.overseers.base import Overseer
from corrigible.zoo import Case, Columns, columns, load
from corrigible.zoo.asked import columns as compute
from corrigible.zoo.games import off_switch, school
from corrigible.zoo.measure import true_margin
from tests.conftest import Counts
from tests.facts.drawn import decision_first


def _asked(problem: Problem) -> Columns:
    case: Case = replace(load("school"), problem=lambda _: problem)
    found = compute(case)
    assert found is not None
    return found


def _at(problem: Problem, rate: float) -> Overseer:
    """The same hand at another rate."""
    hand: Any = problem.overseer
    return replace(hand, rate=rate)


def test_what_is_no_problem_has_no_columns() -> None:
    assert columns(load("file-deletion")) is None
    assert columns(load("school")) is not None


@pytest.mark.parametrize("good", [3.0, 1.0])
def test_radii_are_those_of_the_case_that_derives_them(good: float) -> None:
    rate, discount, bonus, bad = 0.8, 0.9, 0.1, 0.9
    found = _asked(off_switch([good, -bad], None, rate, discount=discount, bonus=bonus))
    share = bonus / (discount * rate * bad)
    assert found.margin == pytest.approx(0.5 * discount * rate * bad - bonus)
    assert found.radius_rate == pytest.approx(rate * (1 - 2 * share), abs=1e-8)
    assert found.radius_prior == pytest.approx(0.5 - share, abs=1e-8)
    # With noise n the hand lets the bad act pass, and stops the good one, n / 2 of the time.
    noise = (bad - 2 * bonus / (discount * rate)) / (0.5 * (good + bad))
    assert found.radius_noise == pytest.approx(noise, abs=1e-8)
    assert found.radius_reward == pytest.approx(found.margin, abs=1e-8)
    assert found.informed_prior == (1.0, 1.0)
    assert found.obedience == pytest.approx(1.0)


def test_a_radius_is_where_the_true_margin_ends() -> None:
    problem = school(0.9)
    found = _asked(problem)
    from corrigible.planners.solve import solve

    plan = solve(problem)
    assert found.radius_rate is not None
    edge = 0.9 - found.radius_rate
    assert true_margin(plan, _at(problem, edge)) == pytest.approx(0.0, abs=1e-7)
    assert true_margin(plan, _at(problem, edge + 0.01)) > 0.0
    assert true_margin(plan, _at(problem, edge - 0.01)) < 0.0


@pytest.mark.slow
def test_an_agent_that_may_disobey_is_worth_no_less_to_itself(counts: Counts) -> None:
    """Free advice, taken or not, is worth at least what control is that is always taken."""
    for seed in range(0, counts.n(6, 400), 2):
        problem = decision_first(seed)
        found = _asked(problem)
        assert found.worth_obeying is not None
        assert found.worth >= found.worth_obeying - 1e-9, f"decision_first({seed})"
        low, high = found.informed_prior or (math.nan, math.nan)
        # A twin that pays the same is never better and never worse for one who knows.
        assert (low, high) == (0.0, 1.0)


@pytest.mark.slow
def test_shares_over_permutations_are_the_share_of_ends_behind_each_action() -> None:
    """Turner et al. 2021: with one best state of five, as often as it lies behind silencing."""
    from corrigible.worlds import Tabular

    moves = np.array([[1, 2, 3, 3], *([[s] * 4 for s in (1, 2, 3)])])
    disables = np.zeros((4, 4))
    disables[0, 1:] = 1.0
    world = Tabular(np.eye(4)[moves], disables, 0.9, np.eye(4)[0])
    rewards = np.tile(np.array([0.0, 1.0, 2.0, 3.0])[None, :, None], (1, 1, 4))
    problem = Problem(world, HandOfGod(0.5, ties="ordered"), Belief.uniform(rewards))
    found = _asked(problem)
    # Of three ends the best is behind silencing twice out of three times.
    assert found.informed_permutations == pytest.approx((2 / 3, 2 / 3))
    assert found.informed_prior == (1.0, 1.0)
    assert found.radius_rate is None
    assert found.margin is not None
    assert found.margin < 0.0
