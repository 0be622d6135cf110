"""The hand-solved cases are the shipped levels of the same names."""

from __future__ import annotations

import numpy as np
import pytest

from corrigible.problem import Problem
from corrigible.testing import cases
from corrigible.testing.oracle.certify import margin
from corrigible.testing.oracle.plan import Plan
from corrigible.testing.translate import as_oracle
from corrigible.worlds import load_level


@pytest.mark.parametrize(
    ("problem", "name"),
    [
        (cases.k_bit_lock(2, 0.3), "lock-2"),
        (cases.k_bit_lock(3, 0.3), "lock-3"),
        (cases.k_bit_lock(4, 0.3), "lock-4"),
        (cases.school(), "school"),
        (cases.overriding_hand(0.3), "overriding-hand"),
        (cases.forced_toggle(), "forced-toggle"),
        (cases.off_switch([2.0, -3.0], rate=0.4), "off-switch"),
    ],
)
def test_a_case_is_its_shipped_level(problem: Problem, name: str) -> None:
    level = load_level(name).problem
    assert (problem.world.dense() == level.world.dense()).all()
    assert (problem.world.expected_disables == level.world.expected_disables).all()
    assert abs(problem.world.back_matrix - level.world.back_matrix).sum() == 0
    assert (problem.rewards == level.rewards).all()
    assert problem.overseer == level.overseer
    assert problem.world.discount == level.world.discount
    assert problem.world.labels == level.world.labels
    assert problem.world.start.tolist() == level.world.start.tolist()


def _margin(problem: Problem) -> float:
    found = margin(Plan(as_oracle(problem)), 0, 0)
    assert found is not None
    return found.margin


def test_a_bonus_counts_against_the_margin_one_for_one() -> None:
    assert _margin(cases.k_bit_lock(2, 0.3, bonus=2.0)) == pytest.approx(0.363950592660)
    assert _margin(cases.school(bonus=3.0)) == pytest.approx(-0.345)


def test_advice_has_no_price() -> None:
    assert _margin(cases.overriding_hand(0.1, mode="advises")) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("rationality", [0.5, 2.0, np.inf])
def test_the_off_switch_margin_is_the_formula(rationality: float) -> None:
    worth, weights = np.array([2.0, -3.0, 0.5]), np.array([0.5, 0.3, 0.2])
    if np.isinf(rationality):
        acts = (worth > 0).astype(float)
    else:
        acts = 1 / (1 + np.exp(-rationality * worth))
    delta = weights @ (acts * worth) - max(weights @ worth, 0.0)
    problem = cases.off_switch(worth.tolist(), weights.tolist(), 0.4, rationality)
    assert _margin(problem) == pytest.approx(0.9 * 0.4 * delta)
