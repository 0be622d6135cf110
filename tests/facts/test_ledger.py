"""Where a margin comes from: the ledger adds up, with the signs that each entry must have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from corrigible import Belief, Problem
from corrigible.overseers import HandOfGod
from corrigible.planners import certify
from corrigible.planners.certificate import Certificate
from corrigible.testing import cases
from corrigible.testing.strategies import HANDS, draw_problem
from corrigible.worlds import Tabular
from tests.conftest import Counts
from tests.facts.drawn import decision_first, sized

pytestmark = pytest.mark.slow


def _judged(found: Certificate) -> Iterator[Certificate]:
    if found.ledger is not None:
        yield found
        yield from found.others


def test_it_adds_up_to_the_margin(counts: Counts) -> None:
    number = 0
    for seed in range(counts.n(40, 1000)):
        problem = draw_problem(seed, sized(seed, HANDS[seed % 5], restores=seed % 2 == 1))
        for one in _judged(certify(problem)):
            number += 1
            ledger = one.ledger
            assert ledger is not None
            assert one.margin_lower is not None and one.margin_upper is not None
            total = ledger.direct + ledger.path + ledger.information + ledger.control
            middle = 0.5 * (one.margin_lower + one.margin_upper)
            assert total == pytest.approx(middle, abs=1e-9), f"seed {seed}"
            assert ledger.gap == pytest.approx(one.margin_upper - one.margin_lower, abs=1e-12)
    assert number >= 20


def test_between_twins_there_is_only_information(counts: Counts) -> None:
    for seed in range(counts.n(12, 200)):
        ledger = certify(decision_first(seed), state=0).ledger
        assert ledger is not None
        assert (ledger.direct, ledger.path, ledger.control) == pytest.approx((0.0,) * 3, abs=1e-9)
        assert ledger.information >= -1e-9


@pytest.mark.parametrize(
    ("problem", "entries"),
    [
        (cases.k_bit_lock(2, 0.3, bonus=2.0), (-2.0, 0.0, 2.363950592660, 0.0)),
        (cases.school(bonus=3.0), (-3.0, 0.0, 2.655, 0.0)),
        (cases.overriding_hand(0.3), (0.0, 0.0, 0.0, -0.33075)),
        (cases.overriding_hand(0.5), (0.0, 0.0, 0.1125, 0.0)),
    ],
)
def test_each_entry_by_hand(problem: Problem, entries: tuple[float, ...]) -> None:
    ledger = certify(problem).ledger
    assert ledger is not None
    found = (ledger.direct, ledger.path, ledger.information, ledger.control)
    assert found == pytest.approx(entries, abs=1e-9)


def test_where_each_action_leads_is_the_path() -> None:
    """Pressing leads to a state that pays 1 a step, keeping to one that pays nothing."""
    moves = np.array([[1, 2], [1, 1], [2, 2]])
    rewards = np.zeros((1, 3, 2))
    rewards[0, 2] = 1.0
    rewards[0, 0] = [0.25, 0.0]
    disables = np.zeros((3, 2))
    disables[0, 1] = 1.0
    world = Tabular(np.eye(3)[moves], disables, 0.5, np.eye(3)[0])
    ledger = certify(Problem(world, HandOfGod(0.5), Belief.uniform(rewards))).ledger
    assert ledger is not None
    assert (ledger.direct, ledger.path) == pytest.approx((0.25, -1.0))


def test_keeping_is_what_disables_least_not_what_never_does() -> None:
    problem = cases.k_bit_lock(2, 0.3)
    harm = problem.world.expected_disables.copy()
    harm[0] = [0.5, 1.0, 0.5]
    world = replace(problem.world, disables=harm)
    found = certify(Problem(world, problem.overseer, problem.prior), state=0)
    assert (found.verdict, found.keep, found.disable) == ("keeps", 0, 1)
    assert found.margin_lower == pytest.approx(0.5 * 2.363950592660, abs=1e-9)
    harm[0] = 1.0
    world = replace(problem.world, disables=harm)
    found = certify(Problem(world, problem.overseer, problem.prior), state=0)
    assert (found.verdict, found.margin_lower, found.ledger) == ("forced", None, None)
