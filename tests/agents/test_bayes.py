"""Agents that follow their belief: what they hear, what they ask, what they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from corrigible import Belief, Problem
from corrigible.agents import Bayes, Decision, MeanReward
from corrigible.agents.base import first_best
from corrigible.agents.bayes import hear
from corrigible.errors import UserError
from corrigible.overseers import HandOfGod
from corrigible.worlds import Tabular

LIKELIHOOD = np.array([[[0.5, 0.5], [0.9, 0.1]], [[0.25, 0.75], [1.0, 0.0]]])
REWARDS = np.zeros((2, 2, 2))
WORLD = Tabular(np.full((2, 2, 2), 0.5), np.zeros((2, 2)), 0.9, np.array([1.0, 0.0]))


def _problem(about: str = "uniform", weights: tuple[float, float] = (0.5, 0.5)) -> Problem:
    hand = HandOfGod.table(LIKELIHOOD, 1.0, "asked" if about == "asked" else "uniform")
    return Problem(WORLD, hand, Belief(REWARDS, np.log(weights)))


@dataclass(frozen=True)
class _Script:
    """Acts and asks by the index of its likeliest hypothesis."""

    problem: Problem

    def decide(self, weights: np.ndarray) -> Decision:
        likeliest = int(weights.argmax())
        on, off = np.full(2, likeliest), np.full(2, 1 - likeliest)
        return Decision(on, off, np.array([likeliest, -1]))


def test_hearing_is_bayes_rule_about_whichever_state_is_named() -> None:
    problem = _problem()
    weights, alarm = hear(problem, problem.weights(), (0, 1))
    assert not alarm
    np.testing.assert_allclose(weights, [0.4, 0.6], rtol=1e-15)
    weights, alarm = hear(problem, weights, (1, 1))
    assert not alarm
    np.testing.assert_allclose(weights, [1.0, 0.0], rtol=1e-15)


def test_impossible_evidence_is_an_alarm_and_the_belief_stays() -> None:
    problem = _problem()
    certain = np.array([0.0, 1.0])
    weights, alarm = hear(problem, certain, (1, 1))
    assert alarm and weights is certain


def test_silence_says_nothing() -> None:
    problem = _problem()
    prior = problem.weights()
    assert hear(problem, prior, None) == (prior, False)


def test_the_agent_does_what_its_plan_says_at_its_belief() -> None:
    problem = _problem(weights=(0.45, 0.55))
    agent = Bayes(_Script(problem))
    state = agent.init(problem, 0)
    assert agent.act(state, (0, True, None), 0)[0] == 1
    assert agent.act(state, (0, False, None), 0)[0] == 0
    action, after, info = agent.act(state, (0, True, (0, 0)), 0)
    np.testing.assert_allclose(info.weights, [0.225 / 0.3625, 0.1375 / 0.3625])
    assert action == 0 and not info.alarm
    assert agent.act(after, (1, True, None), 0)[0] == 0
    assert agent.act(state, (1, True, None), 0)[0] == 1, "states are values, never changed"


def test_it_asks_only_where_its_own_model_says_that_questions_are_answered() -> None:
    asking, silent = (Bayes(_Script(_problem(about))) for about in ("asked", "uniform"))
    state = asking.init(asking.problem, 0)
    assert asking.ask(state, 0, 0)[0] == 0
    assert asking.ask(state, 1, 0)[0] is None
    assert silent.ask(silent.init(silent.problem, 0), 0, 0)[0] is None


def test_an_agent_refuses_another_problem() -> None:
    with pytest.raises(UserError, match="another problem"):
        Bayes(_Script(_problem())).init(_problem(), 0)


def test_a_follower_is_a_plan_itself() -> None:
    problem = _problem()
    agent = Bayes(MeanReward(problem))
    assert agent.problem is problem
    assert agent.decide(problem.weights()).ask.tolist() == [-1, -1]


def test_ties_within_a_billionth_go_to_the_first_in_the_worlds_order() -> None:
    values = np.array([[1.0 - 5e-10, 1.0], [1.0 - 5e-9, 1.0], [-2e3, -2e3 + 1e-6]])
    assert first_best(values).tolist() == [0, 1, 0]
