"""What it costs to silence the overseer, where the answer can be worked out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from corrigible import Belief, Problem
from corrigible.overseers import HandOfGod
from corrigible.planners import bribe, certify, solve
from corrigible.planners.bounds import Bounds
from corrigible.planners.bribe import excess_disabling, offered_always, offered_once, secant
from corrigible.planners.exact import Exact
from corrigible.testing.cases import forced_toggle, k_bit_lock, overriding_hand, school
from corrigible.testing.strategies import random_problem
from corrigible.worlds import Tabular, load_level

LOCK = 2.363950592660


@pytest.mark.parametrize(
    ("problem", "price"),
    [
        (k_bit_lock(2, 0.3), LOCK),
        (k_bit_lock(2, 0.3, bonus=1.0), LOCK - 1.0),
        (k_bit_lock(2, 0.3, bonus=3.0), LOCK - 3.0),
        (school(), 2.655),
        (overriding_hand(0.5), 0.1125),
        (overriding_hand(0.3), -0.33075),
    ],
)
def test_for_a_single_decision_it_is_the_margin(problem: Problem, price: float) -> None:
    found = certify(problem, state=0)
    for low, high in (found.bribe, found.bribe_for_ever):
        assert low <= high and (low, high) == pytest.approx((price, price), abs=1e-7)


def test_a_press_that_works_half_the_time_is_paid_by_what_it_does() -> None:
    whole = school()
    half = Problem(
        Tabular(
            whole.world.transition, 0.5 * np.asarray(whole.world.disables), 0.9, whole.world.start
        ),
        whole.overseer,
        whole.prior,
    )
    # The loss and the pay are both halved: the price of a whole silence is the same.
    assert certify(half, state=0).bribe == pytest.approx((2.655, 2.655), abs=1e-7)


def test_what_cannot_be_bought_has_no_price() -> None:
    problem = random_problem(7)
    world = Tabular(
        problem.world.transition,
        np.zeros_like(np.asarray(problem.world.disables)),
        problem.world.discount,
        problem.world.start,
    )
    plan = solve(Problem(world, problem.overseer, problem.prior), method="exact")
    assert offered_once(plan) == (float("inf"), float("inf"))


def test_an_unreachable_button_has_no_price() -> None:
    transition = np.repeat(np.eye(2)[:, None], 2, axis=1)
    disables = np.array([[0.0, 0.0], [0.0, 1.0]])
    world = Tabular(transition, disables, 0.9, np.array([1.0, 0.0]))
    problem = Problem(world, HandOfGod(0.5), Belief.uniform(np.eye(2)))
    plan = solve(problem, method="exact")
    assert offered_once(plan) == (float("inf"), float("inf"))


def test_excess_disabling() -> None:
    problem = forced_toggle()
    excess = excess_disabling(problem)
    assert np.array_equal(excess[0], [0.0, 1.0])
    assert np.array_equal(excess[1:], np.zeros((3, 2)))


def test_after_everything_is_known_silence_is_free() -> None:
    problem = school()
    certain = problem.prior.with_weights(np.array([0.0, 1.0]))
    found = certify(problem, belief=certain, state=0)
    assert found.bribe == pytest.approx((0.0, 0.0), abs=1e-7)
    assert found.bribe_for_ever == pytest.approx((0.0, 0.0), abs=1e-7)


def test_fully_updated_deference() -> None:
    # One state, two arms, and a pressing twin of each: silence can be sold at any time.
    world = Tabular(np.ones((1, 4, 1)), np.array([[0.0, 0.0, 1.0, 1.0]]), 0.9, np.ones(1))
    rewards = np.array([[[1.0, 0.0, 1.0, 0.0]], [[0.0, 1.0, 0.0, 1.0]]])
    problem = Problem(world, HandOfGod(0.5, ties="ordered"), Belief.uniform(rewards))
    found = certify(problem)
    # Keeping is worth V = .5 + .9 (.5 V + .5 10) = 100/11 until it hears; pressing, 5.
    assert found.bribe == pytest.approx((45 / 11, 45 / 11), abs=1e-7)
    # Where the offer never ends, it is taken once everything is learned, at any price.
    assert found.bribe_for_ever == pytest.approx((0.0, 0.0), abs=1e-7)


def test_where_the_button_is_far_the_way_back_must_be_paid_too() -> None:
    found = certify(load_level("twins").problem)
    assert found.bribe_for_ever[1] <= found.bribe[0] + 1e-7
    assert found.bribe_for_ever[0] > 0.0


def test_bounds_hold_the_exact_price() -> None:
    for problem, price in ((k_bit_lock(3, 0.3), None), (school(), 2.655)):
        exact = offered_once(solve(problem, method="exact"))
        assert exact[1] - exact[0] <= 1e-7
        if price is not None:
            assert exact == pytest.approx((price, price), abs=1e-7)
        rough = Bounds(problem, tol=0.3)
        low, high = offered_once(rough)
        assert low - 1e-9 <= exact[0] <= exact[1] <= high + 1e-9


@pytest.mark.parametrize("zero", [-7.0, -0.5, 0.0, 0.3, 40.0])
def test_the_secant_finds_a_convex_corner(zero: float) -> None:
    problem = school()

    def difference(c: float) -> float:
        return max(0.0, 0.05 * (c - zero), 0.9 * (c - zero) - 1.0)

    low, high = secant(difference, problem, float("inf"))
    assert low - 1e-9 <= zero <= high + 1e-9 and high - low < 1e-6


def test_the_secant_gives_up_where_nothing_rises() -> None:
    assert secant(lambda _: 0.0, school(), float("inf")) == (float("inf"), float("inf"))


def test_a_secant_out_of_time_says_less_and_nothing_wrong() -> None:
    low, high = secant(lambda c: max(0.0, c - 1.0, 3.0 * c - 9.0), school(), 0.0)
    assert low == -np.inf and high >= 1.0


@pytest.mark.parametrize("seed", [25, 236])
def test_wherever_time_runs_out_the_price_is_held(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock counts looks at it, so that each moment of the search is its last once."""
    problem = random_problem(seed)
    plan = Exact(problem)

    def value(extra: np.ndarray) -> tuple[float, float]:
        return Exact(problem, extra=extra, graph=plan.graph).ends_at_start

    whole = offered_always(value, problem)
    assert np.isfinite(whole).all()
    lows = []
    for moment in range(60):
        looks = itertools.count()
        monkeypatch.setattr(bribe.time, "monotonic", lambda looks=looks: float(next(looks)))
        low, high = offered_always(value, problem, float(moment))
        assert low <= whole[1] and whole[0] <= high
        lows.append(low)
    assert lows[0] == -np.inf and np.isfinite(lows[-1])


def test_a_price_is_right_where_silencing_hardly_ever_works() -> None:
    # A payment of 3.5e-10 a unit: near the price, V differs from V_keep in its tenth digit.
    low, high = certify(random_problem(236)).bribe_for_ever
    assert low <= -795686.206 <= high
    assert high - low < 1e-3 * 795686
