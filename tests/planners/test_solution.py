"""What a solution does with its two ends: it acts on the lower, ties in the world's order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from jaxtyping import Float

from corrigible import Belief, Problem
from corrigible.agents.base import first_best
from corrigible.errors import TooManyBeliefs
from corrigible.overseers import HandOfGod
from corrigible.planners import solve
from corrigible.planners.arrivals import Heard
from corrigible.planners.exact import Exact
from corrigible.planners.solution import BeliefValues, Solution
from corrigible.testing.strategies import random_problem
from corrigible.worlds import Tabular

WORLD = Tabular(np.full((2, 3, 2), 0.5), np.zeros((2, 3)), 0.9, np.array([0.25, 0.75]))
PROBLEM = Problem(WORLD, HandOfGod(0.5), Belief.uniform(np.eye(2)))
LOWER = np.array([[1.0, 2.0, 2.0], [0.0, 3.0, 3.0 + 1e-13]])


class Given(Solution):
    """Ends written down by hand."""

    problem = PROBLEM

    def at(self, weights: Float[np.ndarray, " H"], state: int | None = None) -> BeliefValues:
        upper = LOWER + np.array([4.0, 0.0, 0.0])
        ends = np.stack([LOWER, upper])
        return BeliefValues(ends, ends - 10.0, np.array([-1, 0]))

    def hearing(self, weights: Float[np.ndarray, " H"]) -> tuple[Heard, Heard]:
        nothing = Heard(np.zeros((1, 2)), np.zeros((1, 2)), None)
        return nothing, nothing


def test_ends_midpoint_and_value() -> None:
    found = Given()
    assert np.array_equal(found.lower(), LOWER)
    assert np.array_equal(found.upper(), LOWER + np.array([4.0, 0.0, 0.0]))
    assert np.array_equal(found.q(), LOWER + np.array([2.0, 0.0, 0.0]))
    assert np.array_equal(found.q(channel_on=False), found.q() - 10.0)
    assert np.array_equal(found.value(), found.q().max(axis=1))
    assert found.value(state=0) == 3.0
    assert found.value(state=0, channel_on=False) == -7.0


def test_the_start_is_weighed() -> None:
    low, high = Given().ends_at_start
    assert low == pytest.approx(0.25 * 2.0 + 0.75 * 3.0, abs=1e-12)
    assert high == pytest.approx(0.25 * 5.0 + 0.75 * 4.0, abs=1e-12)
    assert Given().value_at_start == pytest.approx((low + high) / 2, abs=1e-12)


def test_it_acts_on_the_lower_end() -> None:
    decision = Given().decide(np.array([0.5, 0.5]))
    # By the upper end, or by the midpoint, state 0 would get action 0.
    assert np.array_equal(decision.on, [1, 1]) and np.array_equal(decision.off, [1, 1])
    assert np.array_equal(decision.ask, [-1, 0])


METHODS: list[Any] = ["exact", "bounds"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [0, 7, 9, 13, 21])
def test_planners_decide_so(method: Any, seed: int) -> None:
    problem = random_problem(seed)
    found = solve(problem, method=method, budget=0.3)
    decision = found.decide(problem.weights())
    for on, chosen in ((True, decision.on), (False, decision.off)):
        assert np.array_equal(chosen, first_best(found.lower(channel_on=on)))
    if problem.overseer.about != "asked":
        assert (np.asarray(decision.ask) == -1).all()


def test_what_can_only_be_heard_is_put_together() -> None:
    problem = random_problem(9)
    low, high = solve(problem, method="exact").hearing(problem.weights())
    assert np.array_equal(low.gain, high.gain) and (low.stay == 0.0).all()
    rough = solve(problem, method="bounds", budget=0.01)
    below, above = rough.hearing(problem.weights())
    assert (below.gain <= low.gain + 1e-9).all() and (low.gain <= above.gain + 1e-9).all()


def test_a_belief_that_cannot_be_planned_for() -> None:
    given = random_problem(7)
    problem = Problem(given.world, given.overseer, given.prior)
    plan = Exact(problem, cap=Exact(problem).n_beliefs)
    other = np.random.default_rng(0).dirichlet(np.ones(len(problem.rewards)))
    with pytest.raises(TooManyBeliefs):
        plan.at(other)
    assert plan.value_at_start == Exact(problem).value_at_start
