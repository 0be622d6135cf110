"""The rollout loop: the order of events, the truth's odds, and nothing shown that should not be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
import pytest

from corrigible import Belief, Problem, Truth, simulate
from corrigible.agents import Agent, AlwaysObey, Bayes, Decision, MeanReward, Thompson
from corrigible.errors import UserError
from corrigible.overseers import Absent, HandOfGod
from corrigible.simulate import Record
from corrigible.worlds import Tabular
from tests.conftest import Counts


@dataclass(frozen=True)
class Script:
    """Always the same action, and always the same question."""

    problem: Problem
    action: int
    question: int = -1

    def decide(self, weights: np.ndarray) -> Decision:
        states = self.problem.world.n_states
        action = np.full(states, self.action)
        return Decision(action, action, np.full(states, self.question))


def line(
    rate: float = 1.0,
    disables: Any = None,
    restores: Any = None,
    about: Any = "current",
    mode: Any = "advises",
    ask_cost: float = 0.0,
) -> Problem:
    """0 -> 1 -> 2 -> 3 -> 3, whatever is done; action 1 is best, and worth 1, everywhere."""
    states, actions = 4, 2
    transition = np.zeros((states, actions, states))
    for s in range(states):
        transition[s, :, min(s + 1, 3)] = 1.0
    d = np.zeros((states, actions)) if disables is None else np.asarray(disables, float)
    world = Tabular(transition, d, 0.5, np.eye(states)[0], restores)
    rewards = np.zeros((1, states, actions))
    rewards[:, :, 1] = 1.0
    hand = HandOfGod(rate, about=about, ties="ordered", mode=mode, ask_cost=ask_cost)
    return Problem(world, hand, Belief.uniform(rewards))


def play(problem: Problem, action: int = 0, question: int = -1, **kwargs: Any) -> Record:
    agent = Bayes(Script(problem, action, question))
    return simulate(agent, problem.truth(0), 0, **{"steps": 3, **kwargs})


def test_the_channel_is_on_at_time_0_and_nothing_is_heard_then() -> None:
    record = play(line())
    assert record.channel[:, 0].all()
    assert record.corrections[0].tolist() == [[-1, -1], [1, 1], [2, 1], [3, 1]]
    assert record.states[0].tolist() == [0, 1, 2, 3]


def test_a_step_turns_the_channel_off_before_the_arrival() -> None:
    disables = np.zeros((4, 2))
    disables[1, 0] = 1.0
    record = play(line(disables=disables))
    assert record.channel[0].tolist() == [True, True, False, False]
    assert record.corrections[0, :, 0].tolist() == [-1, 1, -1, -1]
    assert record.turned_off_by_choice.all() and not record.lost_by_override.any()
    assert record.presses[0].tolist() == [False, True, False]


def test_a_step_turns_the_channel_back_on_before_the_arrival() -> None:
    disables, restores = np.zeros((4, 2)), np.zeros((4, 2))
    disables[0], restores[1] = 1.0, 1.0
    record = play(line(disables=disables, restores=restores))
    assert record.channel[0].tolist() == [True, False, True, True]
    assert record.corrections[0, :, 0].tolist() == [-1, -1, 2, 3]
    assert not record.presses.any(), "every action disables alike, so none is a press"


def test_advice_is_heard_and_the_agent_chooses() -> None:
    record = play(line())
    assert record.chosen.tolist() == record.actions.tolist() == [[0, 0, 0]]
    assert record.rewards_true.sum() == 0.0
    assert record.corrected_here[0].tolist() == [False, True, True]
    assert not record.obeyed.any() and not record.overridden.any()


def test_an_override_is_executed_at_that_step_and_its_reward_counts() -> None:
    disables = np.zeros((4, 2))
    disables[1] = (0.0, 1.0)
    record = play(line(mode="overrides", disables=disables))
    assert record.chosen.tolist() == [[0, 0, 0]]
    assert record.actions.tolist() == [[0, 1, 0]]
    assert record.rewards_true.tolist() == [[0.0, 1.0, 0.0]]
    assert record.overridden.tolist() == [[False, True, False]]
    assert record.lost_by_override.all() and not record.turned_off_by_choice.any()
    assert not record.presses.any(), "the hand pressed, not the agent"


def test_an_answer_costs_when_it_comes_and_only_to_an_agent_whose_own_model_asks() -> None:
    problem = line(about="asked", ask_cost=0.25)
    record = play(problem, question=2)
    assert record.asked[0].tolist() == [-1, 2, 2, 2]
    assert record.corrections[0, :, 0].tolist() == [-1, 2, 2, 2]
    assert record.ask_costs[0].tolist() == [0.0, 0.25, 0.25, 0.25]
    assert record.discounted_return(0.5)[0] == -0.25 * (0.5 + 0.25 + 0.125)
    declined = play(problem)
    assert (declined.asked == -1).all() and (declined.corrections == -1).all()
    assert (declined.ask_costs == 0.0).all()
    unasked = simulate(Bayes(Script(line(), 0, 2)), problem.truth(0), 0, steps=3)
    assert (unasked.asked == -1).all() and (unasked.corrections == -1).all()
    unanswered = simulate(Bayes(Script(problem, 0, 2)), line().truth(0), 0, steps=3)
    assert (unanswered.asked == -1).all()
    assert unanswered.corrections[0, :, 0].tolist() == [-1, 1, 2, 3]


def test_no_answer_no_cost() -> None:
    record = play(line(0.3, about="asked", ask_cost=0.25), question=0, steps=200, episodes=5)
    answered = record.corrections[:, :, 0] >= 0
    assert np.array_equal(record.ask_costs, 0.25 * answered)
    assert 0.2 < answered.mean() < 0.4
    assert (record.asked[:, 1:] == 0).all()


def test_what_the_agent_calls_impossible_is_counted() -> None:
    problem = line()
    truth = Truth(problem.world, problem.overseer, -problem.rewards[0])
    record = simulate(Bayes(Script(problem, 0)), truth, 0, steps=3)
    assert record.corrections[0, 1:, 1].tolist() == [0, 0, 0]
    assert record.alarm_at[0].tolist() == [False, True, True]
    assert record.alarms.tolist() == [2]


def test_an_absent_hand_says_nothing() -> None:
    problem = line()
    truth = Truth(problem.world, Absent(), problem.rewards[0])
    record = simulate(Bayes(Script(problem, 0)), truth, 0, steps=50, episodes=20)
    assert (record.corrections == -1).all()


def _noisy() -> Problem:
    rng = np.random.default_rng(8)
    transition = rng.dirichlet(np.full(3, 0.6), size=(3, 2))
    transition[0, 0] = (0.0, 1.0, 0.0)
    disables, restores = rng.random((3, 2, 3)), rng.random((3, 2, 3))
    world = Tabular(transition, disables, 0.9, np.array([0.2, 0.0, 0.8]), restores)
    hand = HandOfGod(0.6, 1.0, about="uniform")
    return Problem(world, hand, Belief.uniform(rng.normal(size=(2, 3, 2))))


def test_everything_comes_as_often_as_the_truth_says(counts: Counts) -> None:
    problem = _noisy()
    truth = problem.truth(1)
    episodes = counts.n(60, 200)
    record = simulate(MeanReward(problem), truth, 2, steps=300, episodes=episodes)
    world = truth.world
    s, a, t = record.states[:, :-1], record.actions, record.states[:, 1:]
    before, after = record.channel[:, :-1], record.channel[:, 1:]

    def agree(event: np.ndarray, chance: float) -> None:
        error = np.sqrt(max(chance * (1.0 - chance), 0.0) / max(event.size, 1))
        assert abs(event.mean() - chance) <= 5.0 * error + 1e-12

    checked = 0
    for i, j in np.ndindex(3, 2):
        here = (s == i) & (a == j)
        if not here.any():
            continue
        for k in range(3):
            agree(t[here] == k, world.dense()[i, j, k])
            there = here & (t == k)
            if there.any():
                agree(~after[there & before], world.disables[i, j, k])
                agree(after[there & ~before], world.restores[i, j, k])
                checked += 1
    assert checked >= 6
    heard = record.corrections[:, 1:]
    agree(heard[after][:, 0] >= 0, 0.6)
    assert (heard[~after] == -1).all()
    for o in range(3):
        agree(heard[after][:, 0] == o, 0.2)
        told = heard[heard[:, :, 0] == o][:, 1]
        agree(told == 1, truth.likelihood[o, 1])
    agree(record.states[:, 0] == 2, 0.8)


@pytest.mark.parametrize("kind", [MeanReward, Thompson, AlwaysObey])
def test_the_same_key_gives_the_same_record(kind: Any) -> None:
    problem = _noisy()
    agent: Agent = kind(problem)

    def run(key: Any) -> Record:
        return simulate(agent, problem.truth(0), key, steps=30, episodes=6)

    def equal(left: Record, right: Record) -> bool:
        return all(np.array_equal(getattr(left, f), getattr(right, f)) for f in vars(left))

    assert equal(run(3), run(3))
    assert not equal(run(3), run(4))
    assert equal(run(jax.random.key(3)), run(jax.random.key(3)))


def test_two_agents_with_one_key_meet_the_same_luck() -> None:
    problem = line(0.5, about="uniform")
    first, second = play(problem, 0, steps=40), play(problem, 1, steps=40)
    assert np.array_equal(first.corrections, second.corrections)
    assert not np.array_equal(first.actions, second.actions)


def test_the_agent_is_told_states_the_channel_and_corrections_only() -> None:
    problem = line()

    class Witness(Agent):
        def init(self, problem: Problem, key: Any) -> tuple:
            return ()

        def act(self, state: tuple, observation: Any, key: Any) -> Any:
            seen.append(observation)
            return MeanReward(problem).act(MeanReward(problem).init(problem, 0), observation, key)

    seen: list[Any] = []
    simulate(Witness(), problem.truth(0), 0, steps=3, problem=problem)
    assert seen == [(0, True, None), (1, True, (1, 1)), (2, True, (2, 1))]
    assert all(type(part) in (int, bool, tuple, type(None)) for o in seen for part in o)


def test_returns_are_discounted() -> None:
    record = play(line(), action=1)
    assert record.discounted_return(0.5)[0] == 1.0 + 0.5 + 0.25
    costly = replace(record, ask_costs=np.array([[0.0, 0.0, 1.0, 0.0]]))
    assert costly.discounted_return(0.5)[0] == 1.5


def test_shapes() -> None:
    record = play(line(), steps=7, episodes=4)
    assert record.states.shape == record.channel.shape == record.asked.shape == (4, 8)
    assert record.corrections.shape == (4, 8, 2)
    assert record.actions.shape == record.chosen.shape == record.rewards_true.shape == (4, 7)
    assert record.alarms.shape == record.turned_off_by_choice.shape == (4,)


def test_bad_input_is_one_line() -> None:
    problem = line()
    agent = MeanReward(problem)
    with pytest.raises(UserError, match="at least 1"):
        simulate(agent, problem.truth(0), 0, steps=0)
    with pytest.raises(UserError, match="at least 1"):
        simulate(agent, problem.truth(0), 0, steps=1, episodes=0)
    with pytest.raises(UserError, match="another problem"):
        simulate(agent, problem.truth(0), 0, steps=1, problem=line())
    with pytest.raises(UserError, match="must be equal"):
        simulate(agent, _noisy().truth(0), 0, steps=1)

    class Stray(Agent):
        def init(self, problem: Problem, key: Any) -> None: ...
        def act(self, state: Any, observation: Any, key: Any) -> Any: ...

    with pytest.raises(UserError, match="problem="):
        simulate(Stray(), problem.truth(0), 0, steps=1)
