"""What one would have to pay: c* = sup { c : V(c) = V_keep }."""

from __future__ import annotations

import numpy as np
import pytest

from corrigible import Problem
from corrigible.planners import certify
from corrigible.planners.bribe import excess_disabling
from corrigible.planners.exact import Exact
from corrigible.testing import cases
from corrigible.testing.strategies import HANDS, draw_problem
from corrigible.worlds import load_level
from corrigible.zoo.games import rooms
from tests.conftest import Counts
from tests.facts.drawn import decision_first, sized

pytestmark = pytest.mark.slow


def _difference(problem: Problem, offers: np.ndarray) -> np.ndarray:
    """V(c) - V_keep for an offer that always stands."""
    excess = excess_disabling(problem)

    def value(extra: np.ndarray) -> float:
        return Exact(problem, extra=extra).value_at_start

    keep = value(np.where(excess > 0, -np.inf, 0.0))
    return np.array([value(c * excess) for c in offers]) - keep


def test_what_an_offer_gains_is_convex_and_never_falls(counts: Counts) -> None:
    offers = np.linspace(-2.0, 3.0, 6)
    curved = 0
    for seed in range(counts.n(12, 300)):
        problem = draw_problem(seed, sized(seed, HANDS[seed % 5], restores=seed % 2 == 1))
        if not excess_disabling(problem).any():
            continue
        gain = _difference(problem, offers)
        steps = np.diff(gain)
        assert gain.min() >= -1e-9, f"seed {seed}"
        assert steps.min() >= -1e-9, f"seed {seed}"
        assert np.diff(steps).min() >= -1e-9, f"seed {seed}"
        curved += int(np.diff(steps).max() > 1e-6)
    assert curved >= 4


@pytest.mark.parametrize(
    "problem",
    [
        cases.k_bit_lock(2, 0.3),
        cases.school(),
        cases.overriding_hand(0.3),
        cases.overriding_hand(1.0),
        cases.forced_toggle(),
        cases.off_switch([2.0, -3.0], rate=0.4, rationality=1.0),
    ],
    ids=["lock", "school", "acts, late", "acts, at once", "toggle", "off-switch"],
)
def test_for_a_single_decision_with_e_1_the_bribe_is_the_margin(problem: Problem) -> None:
    found = certify(problem)
    assert found.margin_lower is not None
    for low, high in (found.bribe, found.bribe_for_ever):
        assert high - low < 1e-6
        assert low - 1e-9 <= found.margin_lower <= high + 1e-9


def test_so_it_is_in_random_worlds(counts: Counts) -> None:
    for seed in range(counts.n(15, 300)):
        found = certify(decision_first(seed), state=0)
        assert found.margin_lower is not None
        low, high = found.bribe
        assert low - 1e-8 <= found.margin_lower <= high + 1e-8, f"decision_first({seed})"


def test_an_agent_that_presses_unpaid_would_pay_to_press() -> None:
    found = certify(cases.k_bit_lock(2, 0.3, bonus=3.0))
    assert found.verdict == "disables"
    assert found.bribe[1] == pytest.approx(2.363950592660 - 3.0, abs=1e-6)


def test_once_beliefs_settle_on_twins_silence_is_had_for_nothing() -> None:
    found = certify(rooms(0.3))
    assert found.verdict == "keeps"
    assert found.bribe[0] > 0.1
    assert found.bribe_for_ever == pytest.approx((0.0, 0.0), abs=1e-6)


def test_an_offer_for_one_place_is_worth_what_that_place_is() -> None:
    """In the shipped room the button is at the start only, and nobody comes back for it."""
    found = certify(load_level("twins").problem)
    assert found.margin_lower is not None and found.margin_lower > 0
    assert found.bribe == pytest.approx((found.margin_lower,) * 2, abs=1e-6)
    assert found.bribe_for_ever == pytest.approx((found.margin_lower,) * 2, abs=1e-6)
