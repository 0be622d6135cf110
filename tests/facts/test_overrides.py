"""A hand that acts is never better than the same hand that only tells: control has a price."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from corrigible.overseers import HandOfGod
from corrigible.planners import certify, solve
from corrigible.problem import Problem
from corrigible.testing import cases
from corrigible.testing.layered import random_layered_problem
from corrigible.testing.strategies import draw_problem
from tests.conftest import Counts
from tests.facts.drawn import after_one, sized

pytestmark = pytest.mark.slow


def _both(problem: Problem) -> tuple[Problem, Problem]:
    hand: Any = problem.overseer
    told = Problem(problem.world, replace(hand, mode="advises"), problem.prior)
    done = Problem(problem.world, replace(hand, mode="overrides"), problem.prior)
    return told, done


def _spare(problem: Problem) -> np.ndarray:
    """Q under advice less Q under control, at the prior and after one correction, on and off."""
    told, done = _both(problem)
    advised, overridden = solve(told), solve(done)
    found = []
    weights = problem.weights()
    for belief in [weights, *(after for *_, after in after_one(problem, weights))]:
        at = problem.prior.with_weights(belief)
        for on in (True, False):
            found.append(
                advised.q(belief=at, channel_on=on) - overridden.q(belief=at, channel_on=on)
            )
    return np.stack(found)


def test_overriding_is_nowhere_worth_more_than_advising(counts: Counts) -> None:
    """What a perfect hand does here is what an agent so well informed would do: mostly no price."""
    for seed in range(counts.n(20, 1000)):
        spare = _spare(draw_problem(seed, sized(seed, "overrides", restores=seed % 4 == 1)))
        assert spare.min() >= -1e-9, f"seed {seed}"


def test_nor_where_the_hand_errs(counts: Counts) -> None:
    most = 0.0
    for seed in range(counts.n(12, 400)):
        spare = _spare(random_layered_problem(seed))
        assert spare.min() >= -1e-9, f"seed {seed}"
        most = max(most, float(spare.max()))
    assert most > 0.1


def test_even_a_perfect_hand_has_its_price() -> None:
    for rate, control in ((0.1, -0.23175), (0.3, -0.33075), (0.5, 0.0), (1.0, 0.0)):
        ledger = certify(cases.overriding_hand(rate)).ledger
        assert ledger is not None
        assert abs(ledger.control - control) < 1e-9
        assert ledger.information >= -1e-9


def test_a_hand_that_never_comes_costs_nothing() -> None:
    problem = cases.overriding_hand(0.5)
    silent = Problem(problem.world, HandOfGod(0.0, ties="ordered", mode="overrides"), problem.prior)
    assert certify(silent).verdict == "indifferent"
