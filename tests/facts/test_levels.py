"""The counterexamples at the numbers that are worked out by hand, as shipped and otherwise.

A wrong sign, a dropped discount or a hand that speaks once too often moves every one of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from corrigible.planners import certify
from corrigible.planners.certificate import Certificate
from corrigible.problem import Problem
from corrigible.testing import cases
from corrigible.worlds import load_level


def _margin(found: Certificate) -> float:
    assert found.margin_lower is not None and found.margin_upper is not None
    assert found.margin_upper - found.margin_lower < 1e-9
    return 0.5 * (found.margin_lower + found.margin_upper)


def _at_rate(problem: Problem, rate: float) -> Problem:
    hand: Any = problem.overseer
    return Problem(problem.world, replace(hand, rate=rate), problem.prior)


@pytest.mark.parametrize(
    ("level", "rate", "margin"),
    [
        ("lock-2", 0.3, 2.363950592660),
        ("lock-2", 0.5, 3.767992097701),
        ("lock-2", 1.0, 5.480082364341),
        ("school", 1.0, 2.655),
        ("overriding-hand", 0.1, -0.23175),
        ("overriding-hand", 0.3, -0.33075),
        ("overriding-hand", 0.5, 0.1125),
        ("overriding-hand", 1.0, 3.15),
        ("forced-toggle", 1.0, -0.81),
    ],
)
def test_a_shipped_counterexample_has_its_number(level: str, rate: float, margin: float) -> None:
    found = certify(_at_rate(load_level(level).problem, rate))
    assert found.state_label == "decide"
    assert _margin(found) == pytest.approx(margin, abs=1e-9)
    assert found.verdict == ("keeps" if margin > 0 else "disables")


@pytest.mark.parametrize(("rate", "margin"), [(0.1, 0.0), (0.3, 0.0), (0.5, 0.1125), (1.0, 3.15)])
def test_advice_in_that_room_has_no_price(rate: float, margin: float) -> None:
    found = certify(cases.overriding_hand(rate, mode="advises"))
    assert _margin(found) == pytest.approx(margin, abs=1e-9)
    assert found.verdict == ("keeps" if margin > 0 else "indifferent")


@pytest.mark.parametrize("bonus", [2.0, 2.36, 2.37, 3.0])
def test_a_bonus_counts_one_for_one_and_turns_the_verdict(bonus: float) -> None:
    found = certify(cases.k_bit_lock(2, 0.3, bonus=bonus))
    assert _margin(found) == pytest.approx(2.363950592660 - bonus, abs=1e-9)
    assert found.verdict == ("keeps" if bonus < 2.3639 else "disables")


def test_what_is_restored_on_the_way_is_not_lost() -> None:
    """decide's twin is undone before the quiz: nothing is lost by pressing."""
    problem = cases.school()
    world = problem.world
    back = world.expected_disables * 0.0
    back[1] = 1.0
    undone = replace(world, restores=back)
    found = certify(Problem(undone, problem.overseer, problem.prior), state=0)
    assert _margin(found) == pytest.approx(0.0, abs=1e-9)
    assert found.verdict == "indifferent"
