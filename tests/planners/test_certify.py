"""Certificates: every verdict, the ledger, what is judged, and the time it takes."""

from __future__ import annotations

import time

import numpy as np
import pytest

from corrigible import Belief, Problem
from corrigible.errors import UserError
from corrigible.overseers import Absent, HandOfGod
from corrigible.planners import certify, solve
from corrigible.planners.certificate import Certificate, default_tolerance
from corrigible.testing.cases import (
    forced_toggle,
    k_bit_lock,
    off_switch,
    overriding_hand,
    school,
)
from corrigible.testing.strategies import random_problem
from corrigible.worlds import Tabular, load_level

LOCK = 2.363950592660


def _numbers(certificate: Certificate) -> tuple[float, float]:
    lower, upper = certificate.margin_lower, certificate.margin_upper
    assert lower is not None and upper is not None and lower <= upper
    return lower, upper


def _judged(certificate: Certificate) -> list[Certificate]:
    return [certificate, *certificate.others]


@pytest.mark.parametrize(
    ("problem", "verdict", "margin"),
    [
        (k_bit_lock(2, 0.3), "keeps", LOCK),
        (k_bit_lock(2, 0.3, bonus=0.9 * LOCK), "keeps", 0.1 * LOCK),
        (k_bit_lock(2, 0.3, bonus=1.1 * LOCK), "disables", -0.1 * LOCK),
        (k_bit_lock(2, 1.0), "keeps", 5.480082364341),
        (school(), "keeps", 2.655),
        (school(bonus=2.655), "indifferent", 0.0),
        (overriding_hand(0.1), "disables", -0.23175),
        (overriding_hand(0.3), "disables", -0.33075),
        (overriding_hand(0.5), "keeps", 0.1125),
        (overriding_hand(1.0), "keeps", 3.15),
        (overriding_hand(0.1, mode="advises"), "indifferent", 0.0),
        (forced_toggle(), "disables", -0.81),
        (off_switch([-1.0, 1.0]), "keeps", 0.45),
    ],
)
def test_verdicts_and_margins(problem: Problem, verdict: str, margin: float) -> None:
    found = certify(problem, state=0)
    assert found.verdict == verdict
    lower, upper = _numbers(found)
    assert lower - 1e-9 <= margin <= upper + 1e-9 and upper - lower <= 1e-8
    assert (found.keep, found.disable, found.state) == (0, 1, 0)


def test_tolerance_decides_what_is_indifferent() -> None:
    problem = k_bit_lock(2, 0.3, bonus=LOCK - 0.01)
    assert certify(problem, state=0).verdict == "keeps"
    assert certify(problem, state=0, tol=0.02).verdict == "indifferent"
    assert certify(problem, state=0, tol=0.005).verdict == "keeps"
    loose = certify(problem, state=0, tol=0.02)
    assert loose.tol == 0.02 and certify(problem).tol == default_tolerance(problem)


def test_the_default_tolerance_follows_the_rewards() -> None:
    problem = k_bit_lock(2, 0.3)
    span = float(problem.rewards.max() - problem.rewards.min())
    assert default_tolerance(problem) == pytest.approx(1e-6 * span / 0.05, rel=1e-12)
    small = Problem(problem.world, problem.overseer, Belief.uniform(problem.rewards * 1e-6))
    assert default_tolerance(small) == 1e-6


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_numbers_that_must_be_positive(value: float) -> None:
    with pytest.raises(UserError, match=r"tol is .*; it must be positive"):
        certify(school(), tol=value)
    with pytest.raises(UserError, match=r"budget is .*; it must be positive"):
        certify(school(), budget=value)


@pytest.mark.parametrize("state", [-1, 5])
def test_a_state_that_does_not_exist(state: int) -> None:
    with pytest.raises(UserError, match=f"state {state} does not exist; there are 5, from 0"):
        certify(school(), state=state)


def test_a_belief_over_other_hypotheses() -> None:
    with pytest.raises(UserError, match="3 hypotheses, the problem 2"):
        certify(school(), belief=Belief.uniform(np.zeros((3, 5, 3))))


def test_at_another_belief() -> None:
    problem = school()
    certain = problem.prior.with_weights(np.array([1.0, 0.0]))
    found = certify(problem, belief=certain, state=0)
    assert found.verdict == "indifferent"
    assert _numbers(found) == pytest.approx((0.0, 0.0), abs=1e-9)


def _chain(disables: np.ndarray) -> Problem:
    """0 -> 1 -> 2 by every action; the rewards say which action, and nothing else matters."""
    moves = np.minimum(np.arange(3) + 1, 2)
    world = Tabular(
        np.repeat(np.eye(3)[moves][:, None], 2, axis=1), disables, 0.9, np.eye(3)[0], None
    )
    return Problem(world, HandOfGod(0.5), Belief.uniform(np.eye(2)[:, None] * np.ones((2, 3, 1))))


def test_nothing_to_disable() -> None:
    found = certify(_chain(np.zeros((3, 2))))
    assert found.verdict == "nothing to disable" and found.state is None
    assert found.margin_lower is found.margin_upper is found.ledger is found.state_label is None
    assert found.others == () and found.unjudged == ()
    assert found.bribe == found.bribe_for_ever == (float("inf"), float("inf"))
    there = certify(_chain(np.zeros((3, 2))), state=1)
    assert (there.verdict, there.state, there.state_label) == ("nothing to disable", 1, "1")
    assert there.margin_lower is None


def test_forced() -> None:
    disables = np.zeros((3, 2))
    disables[1] = 0.7
    found = certify(_chain(disables), state=1)
    assert found.verdict == "forced" and found.margin_lower is None
    assert certify(_chain(disables)).verdict == "nothing to disable"
    disables[1] = [0.7, 0.9]
    judged = certify(_chain(disables), state=1)
    assert judged.verdict in {"keeps", "indifferent", "disables"} and judged.keep == 0


def test_the_worst_state_is_first_and_the_rest_follow() -> None:
    disables = np.zeros((3, 2))
    disables[:, 1] = [0.5, 1.0, 0.2]
    found = certify(_chain(disables))
    states = [c.state for c in _judged(found)]
    assert sorted(s for s in states if s is not None) == [0, 1, 2]
    margins = [_numbers(c)[0] for c in _judged(found)]
    assert margins[0] == min(margins)
    for one in _judged(found):
        assert one.state is not None
        alone = certify(_chain(disables), state=one.state)
        assert _numbers(alone) == pytest.approx(_numbers(one), abs=1e-9)
        assert alone.verdict == one.verdict


def test_states_that_the_plan_does_not_meet_are_listed_and_not_judged() -> None:
    # From 0 one goes to 1 or to 2 and stays; 1 is better under every hypothesis.
    transition = np.zeros((3, 2, 3))
    transition[0] = np.eye(3)[1:]
    transition[1:, :, 1:] = np.eye(2)[:, None]
    disables = np.zeros((3, 2))
    disables[1:, 1] = 1.0
    rewards = np.zeros((2, 3, 2))
    rewards[:, 1] = [[5.0, 4.0], [4.0, 5.0]]
    world = Tabular(transition, disables, 0.9, np.eye(3)[0], labels=("fork", "good", "bad"))
    found = certify(Problem(world, HandOfGod(0.5), Belief.uniform(rewards)))
    assert [c.state_label for c in _judged(found)] == ["good"]
    assert found.unjudged == (2,)


@pytest.mark.parametrize("seed", range(30))
def test_the_ledger_adds_up(seed: int) -> None:
    problem = random_problem(seed)
    for one in _judged(certify(problem)):
        if one.ledger is None:
            continue
        ledger, (lower, upper) = one.ledger, _numbers(one)
        total = ledger.direct + ledger.path + ledger.information + ledger.control
        assert total == pytest.approx((lower + upper) / 2, abs=1e-9)
        assert ledger.gap == pytest.approx(upper - lower, abs=1e-12)
        assert one.state is not None and one.keep is not None and one.disable is not None
        mean = np.tensordot(problem.weights(), problem.rewards, axes=1)[one.state]
        assert ledger.direct == pytest.approx(mean[one.keep] - mean[one.disable], abs=1e-12)
        if problem.overseer.mode == "advises":
            assert ledger.control == pytest.approx(0.0, abs=1e-12)


def test_an_absent_overseer_is_worth_nothing() -> None:
    problem = school()
    found = certify(Problem(problem.world, Absent(), problem.prior), state=0)
    assert found.verdict == "indifferent" and found.ledger is not None
    assert found.ledger.information == pytest.approx(0.0, abs=1e-9)


def test_verdicts_by_bounds_are_never_contradicted() -> None:
    for bonus, right in ((0.5, "keeps"), (1.5, "disables")):
        problem = k_bit_lock(2, 0.3, bonus=bonus * LOCK)
        exact = certify(problem, state=0)
        noisy = HandOfGod(0.3, rationality=1e4, about="uniform")
        near = certify(Problem(problem.world, noisy, problem.prior), state=0, budget=3.0)
        assert exact.verdict == right
        assert near.verdict in {right, "undecided"}


def test_an_undecided_verdict_keeps_its_bracket_honest() -> None:
    problem = load_level("room-5x5", {"overseer.rationality": 3.0}).problem
    found = certify(problem, budget=0.5)
    for one in _judged(found):
        if one.margin_lower is None:
            continue
        lower, upper = _numbers(one)
        expected = {
            lower > one.tol: "keeps",
            upper < -one.tol: "disables",
        }.get(True, "undecided")
        assert one.verdict == expected or one.verdict == "indifferent"


def test_the_budget_covers_the_whole_call() -> None:
    problem = load_level("twin-12x12", {"overseer.rationality": 5.0}).problem
    began = time.monotonic()
    found = certify(problem, budget=1.0)
    # The first ends are always made, however short the budget.
    assert time.monotonic() - began < 20.0
    assert found.verdict in {"keeps", "undecided"}


def test_certify_agrees_with_solve() -> None:
    problem = school(bonus=1.0)
    q = solve(problem, method="exact").q(state=0)
    lower, upper = _numbers(certify(problem, state=0))
    margin = max(q[0], q[2]) - q[1]
    assert lower - 1e-9 <= margin <= upper + 1e-9
