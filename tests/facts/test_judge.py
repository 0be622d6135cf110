"""Believed and true are two things: obedience, cuts, and a planner that never sees the truth."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import corrigible.planners as planners
from corrigible import Belief, Problem, Truth
from corrigible.overseers import HandOfGod
from corrigible.planners import certify, evaluate, solve
from corrigible.testing import cases
from corrigible.testing.strategies import random_truth
from corrigible.worlds import Tabular
from tests.conftest import Counts
from tests.facts.drawn import decision_first

DISCOUNT = 0.9


def _three_rooms() -> Problem:
    """decide -> three rooms in a row -> end; a hand that is right three times in five.

    A room pays 1 for the right one of two actions. The prior says 3 to 1 that it is the first:
    four contrary words are too many for it, two are too few.
    """
    moves = np.array([[1, 1], [2, 2], [3, 3], [4, 4], [4, 4]])
    disables = np.zeros((5, 2))
    disables[0, 1] = 1.0
    world = Tabular(np.eye(5)[moves], disables, DISCOUNT, np.eye(5)[0])
    rewards = np.zeros((2, 5, 2))
    rewards[:, 1:4] = np.eye(2)[:, None]
    said = np.full((2, 5, 2), 0.5)
    said[:, 1:4] = np.array([[0.6, 0.4], [0.4, 0.6]])[:, None]
    prior = Belief(rewards, np.log([0.74, 0.26]))
    return Problem(world, HandOfGod.table(said, rate=1.0), prior)


def test_an_agent_may_keep_a_hand_that_it_does_not_follow() -> None:
    problem = _three_rooms()
    found = certify(problem)
    assert found.verdict == "keeps"
    contrary = np.full((5, 2), 0.5)
    contrary[1:4] = [0.0, 1.0]
    truth = Truth(problem.world, HandOfGod.table(contrary, rate=1.0), problem.rewards[1])
    outcome = evaluate(solve(problem), truth)
    assert outcome.disabling_probability[0] == 0.0
    # Twice it hears the other action and does its own; the third word turns it. At the end, where
    # both actions are as good, the hand names either and the agent does the first.
    g = DISCOUNT
    ever_after = g**4 / (1 - g)
    expected = (g**3 + 0.5 * ever_after) / (g + g**2 + g**3 + ever_after)
    assert outcome.obedience == pytest.approx(expected, abs=1e-9)


def test_an_agent_may_follow_every_word_and_press_all_the_same() -> None:
    """Pressing pays 1 and silences every other time; what is heard in the end is obeyed."""
    game = cases.off_switch([2.0, -3.0])
    rewards = game.rewards.copy()
    rewards[:, 0, 1] = 1.0
    harm = game.world.expected_disables * 0.5
    leaky = Tabular(game.world.transition, harm, game.world.discount, game.world.start)
    hand = HandOfGod(0.3, ties="ordered")
    eager = Problem(leaky, hand, Belief.uniform(rewards))
    found = certify(eager)
    # Half of the information g rho (2 / 2) is lost by pressing.
    assert found.margin_lower == pytest.approx(-1.0 + 0.5 * 0.9 * 0.3, abs=1e-9)
    for h in range(2):
        outcome = evaluate(solve(eager), eager.truth(h))
        assert outcome.disabling_probability == pytest.approx((0.5, 0.5))
        assert outcome.obedience == pytest.approx(1.0)
        assert outcome.believed_margin == pytest.approx(found.margin_lower)


def test_without_an_overseer_nothing_is_heard_and_nothing_is_obeyed() -> None:
    problem = cases.k_bit_lock(2, 0.3, bonus=3.0)
    outcome = evaluate(solve(problem), problem.truth(3))
    assert outcome.disabling_probability == (1.0, 1.0)
    assert outcome.obedience is None


def test_a_cut_after_n_changes_holds_the_value_in_kappa_to_the_n_of_the_span(
    counts: Counts,
) -> None:
    cut = 0
    for seed in range(counts.n(6, 100)):
        problem = decision_first(seed)
        truth = random_truth(seed, problem, "outside the support")
        plan, g = solve(problem), truth.world.discount
        kappa = g * truth.overseer.rate / (1 - g + g * truth.overseer.rate)
        span = (truth.reward.max() - truth.reward.min()) / (1 - g)
        whole = evaluate(plan, truth)
        assert whole.cut == 0.0
        for n in (0, 1, 2):
            part = evaluate(plan, truth, changes=n)
            low, high = part.value_interval
            assert low - 1e-9 <= whole.value <= high + 1e-9, f"decision_first({seed}), n {n}"
            assert part.cut <= kappa ** (n + 1) + 1e-9
            assert high - low <= kappa**n * span + 1e-9
            cut += int(part.cut > 1e-6)
    assert cut > 0


def test_only_the_judge_is_told_what_is() -> None:
    told = [
        name
        for name in planners.__all__
        for value in [getattr(planners, name)]
        if callable(value)
        for parameter in inspect.signature(value).parameters.values()
        if "Truth" in str(parameter.annotation)
    ]
    assert told == ["evaluate"]


def test_a_planner_never_looks_at_a_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every attribute of every truth raising, planning and acting are as before."""
    problem = cases.school()
    truth = problem.truth(0)
    before = certify(problem), solve(problem).value_at_start

    def refuse(self: Truth, name: str) -> Any:
        raise AssertionError(f"a planner read {name} of a truth")

    monkeypatch.setattr(Truth, "__getattribute__", refuse)
    with pytest.raises(AssertionError, match="of a truth"):
        _ = truth.reward
    after = certify(problem), solve(problem).value_at_start
    assert before == after
    assert (after[0].bribe, after[0].bribe_for_ever) == (before[0].bribe, before[0].bribe_for_ever)
    for method in ("exact", "bounds"):
        plan = solve(problem, method="exact" if method == "exact" else "bounds", budget=5.0)
        agent = plan.agent()
        state = agent.init(problem, 0)
        action, state, _ = agent.act(state, (0, True, None), 1)
        assert action == 0
        action, state, info = agent.act(state, (2, True, (2, 1)), 2)
        assert info.weights.tolist() == [0.0, 1.0]
        assert agent.act(state, (3, False, None), 3)[0] == 1
