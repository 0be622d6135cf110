"""The envelope: at any belief at all, never below the value from above, nor above it from below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible import Problem
from corrigible.planners.arrivals import Policy
from corrigible.planners.envelope import Library, ends, unheard, value_under_each
from corrigible.planners.exact import Exact
from corrigible.testing.layered import random_layered_problem
from corrigible.testing.strategies import random_problem

ROUNDING = 1e-9


@dataclass(frozen=True)
class Case:
    """A problem with exact values to compare with, and the kind of table its overseer needs."""

    problem: Problem
    rng: np.random.Generator

    def value(self, weights: np.ndarray) -> np.ndarray:
        """V_on `[S]`, or Q_on `[S, A]` where the overseer overrides."""
        prior = self.problem.prior.with_weights(weights)
        problem = Problem(self.problem.world, self.problem.overseer, prior)
        q = Exact(problem, states=np.ones(problem.world.n_states, bool)).q()
        return q if problem.overseer.mode == "overrides" else q.max(axis=1)

    def beliefs(self, count: int) -> np.ndarray:
        """Random beliefs, some of them on a face or next to a corner."""
        drawn = self.rng.dirichlet(np.full(len(self.problem.rewards), 0.5), count)
        drawn[: count // 2][drawn[: count // 2] < 0.2] = 0.0
        return drawn / drawn.sum(axis=1, keepdims=True)


def _case(seed: int, layered: bool) -> Case:
    problem = (random_layered_problem if layered else random_problem)(seed)
    return Case(problem, np.random.default_rng([seed, 9]))


seeds = st.integers(0, 2000)


@given(seeds, st.booleans())
def test_top_and_floor_hold_every_plan(seed: int, layered: bool) -> None:
    case = _case(seed, layered)
    found = ends(case.problem, None)
    assert (found.floor <= found.top + ROUNDING).all()
    overrides = case.problem.overseer.mode == "overrides"
    top = found.top if overrides else found.top_value
    floor = found.floor if overrides else found.floor_value
    for weights in case.beliefs(2):
        value = case.value(weights)
        assert (value <= np.tensordot(weights, top, axes=1) + ROUNDING).all()
        assert (value >= np.tensordot(weights, floor, axes=1) - ROUNDING).all()


@given(seeds, st.booleans())
def test_upper_at_is_never_below_the_value(seed: int, layered: bool) -> None:
    case = _case(seed, layered)
    found = ends(case.problem, None)
    overrides = case.problem.overseer.mode == "overrides"
    top = found.top if overrides else found.top_value
    floor = found.floor if overrides else found.floor_value
    points = case.beliefs(2)
    uppers = np.stack([case.value(p) for p in points])
    plans = np.zeros((0, *top.shape))
    # The sharpest library there can be: the exact values themselves.
    library = Library(points, uppers, plans)
    asked = np.concatenate([case.beliefs(2), points])
    above = library.upper_at(asked, top, floor)
    for weights, bound in zip(asked, above, strict=True):
        assert (bound >= case.value(weights) - ROUNDING).all()
    assert (above <= np.tensordot(asked, top, axes=1) + ROUNDING).all()
    assert (above[2:] <= uppers + 1e-6).all()


@given(seeds, st.booleans())
def test_plans_are_never_above_the_value(seed: int, layered: bool) -> None:
    case = _case(seed, layered)
    problem, rng = case.problem, case.rng
    hypotheses, states, actions = problem.rewards.shape
    overrides = problem.overseer.mode == "overrides"
    plans = []
    for _ in range(3):
        on, off = rng.integers(0, actions, (2, 1, states))
        policy = Policy(on, off, np.zeros((1, states), dtype=np.int64))
        q = value_under_each(problem, policy, None)
        assert q.shape == (hypotheses, states, actions)
        plans.append(q if overrides else Policy.pick(q, np.repeat(on, hypotheses, axis=0)))
    library = Library(
        np.zeros((0, hypotheses)), np.zeros((0, *plans[0].shape[1:])), np.stack(plans)
    )
    asked = case.beliefs(2)
    below = library.lower(asked)
    for weights, bound in zip(asked, below, strict=True):
        assert (bound <= case.value(weights) + ROUNDING).all()


def test_the_best_plan_is_best_on_average() -> None:
    rng = np.random.default_rng(1)
    plans, asked = rng.normal(size=(6, 3, 4)), rng.dirichlet(np.ones(3), 5)
    library = Library(np.zeros((0, 3)), np.zeros((0, 4)), plans)
    worth = np.einsum("nh,khs->nks", asked, plans).mean(axis=2)
    assert np.array_equal(library.best_plan(asked), worth.argmax(axis=1))
    assert library.lower(asked) == pytest.approx(
        np.einsum("nh,khs->nks", asked, plans).max(axis=1), abs=1e-14
    )


@pytest.mark.parametrize("seed", range(5))
def test_what_is_unheard_always_stays(seed: int) -> None:
    problem = random_problem(seed)
    heard = unheard(problem, problem.likelihood)
    assert (heard.stay == 1.0).all() and (heard.gain == 0.0).all()
    assert (heard.forced is not None) == (problem.overseer.mode == "overrides")
