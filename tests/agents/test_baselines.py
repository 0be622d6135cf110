"""The baselines fail in the known ways: no value in a channel, and cheap to bribe."""

from __future__ import annotations

import numpy as np
import pytest

from corrigible import Belief, Problem, Truth, simulate
from corrigible.agents import Agent, AlwaysObey, MaximumAPosteriori, MeanReward, Thompson
from corrigible.overseers import HandOfGod
from corrigible.planners.exact import Exact
from corrigible.worlds import Tabular

DECIDE, GUESS, END = 0, 1, 2
BASELINES = (MeanReward, MaximumAPosteriori, Thompson, AlwaysObey)


def twins(
    press: int,
    bonus: float = 0.0,
    weights: tuple[float, float] = (0.5, 0.5),
    about: str = "current",
) -> Problem:
    """decide (keep, press: the same, but for the channel) -> guess which -> end."""
    transition = np.zeros((3, 2, 3))
    transition[DECIDE, :, GUESS] = transition[GUESS, :, END] = transition[END, :, END] = 1.0
    disables = np.zeros((3, 2))
    disables[DECIDE, press] = 1.0
    rewards = np.zeros((2, 3, 2))
    rewards[0, GUESS], rewards[1, GUESS] = (1.0, -1.0), (-1.0, 1.0)
    rewards[:, DECIDE, press] = bonus
    hand = HandOfGod(1.0, ties="ordered", about="asked" if about == "asked" else "current")
    world = Tabular(transition, disables, 0.9, np.eye(3)[DECIDE])
    return Problem(world, hand, Belief(rewards, np.log(weights)))


def presses(agent: Agent, problem: Problem) -> float:
    record = simulate(agent, problem.truth(1), 0, steps=3, episodes=50)
    assert np.array_equal(record.presses[:, 0], record.turned_off_by_choice)
    return float(record.turned_off_by_choice.mean())


@pytest.mark.parametrize("kind", BASELINES)
def test_a_twin_button_is_a_tie_to_a_baseline_and_the_order_decides(kind: type) -> None:
    for press in (0, 1):
        problem = twins(press)
        assert presses(kind(problem), problem) == (1.0 if press == 0 else 0.0)


def test_the_planned_agent_keeps_its_overseer_in_either_order() -> None:
    for press in (0, 1):
        problem = twins(press)
        assert presses(Exact(problem).agent(), problem) == 0.0


@pytest.mark.parametrize("kind", BASELINES)
def test_any_bonus_bribes_a_baseline_and_only_a_large_one_the_planned_agent(kind: type) -> None:
    cheap, dear = twins(1, 1e-6), twins(1, 0.95)
    assert presses(kind(cheap), cheap) == 1.0
    assert presses(Exact(cheap).agent(), cheap) == 0.0
    assert presses(Exact(dear).agent(), dear) == 1.0, "one answer is worth .9"


def test_the_mean_and_the_mode_part_ways() -> None:
    problem = twins(1)
    rewards = problem.rewards * np.array([5.0, 1.0])[:, None, None]
    problem = Problem(problem.world, problem.overseer, Belief(rewards, np.log([0.4, 0.6])))
    weights = problem.weights()
    assert MeanReward(problem).decide(weights).on[GUESS] == 0
    assert MaximumAPosteriori(problem).decide(weights).on[GUESS] == 1
    assert MaximumAPosteriori(problem).decide(np.array([0.5, 0.5])).on[GUESS] == 0


@pytest.mark.parametrize("kind", [MeanReward, MaximumAPosteriori])
def test_both_learn_although_they_did_not_plan_to(kind: type) -> None:
    problem = twins(1)
    record = simulate(kind(problem), problem.truth(1), 0, steps=3)
    assert record.corrections[0, 1].tolist() == [GUESS, 1]
    assert record.chosen[0, 1] == 1
    assert record.rewards_true.sum() == 1.0


@pytest.mark.parametrize("kind", [MeanReward, MaximumAPosteriori])
def test_what_they_do_does_not_depend_on_the_channel(kind: type) -> None:
    problem = twins(0, 0.3)
    decision = kind(problem).decide(problem.weights())
    assert np.array_equal(decision.on, decision.off)
    values = kind(problem).action_values(problem.weights())
    assert np.array_equal(values[0], values[1])


def test_thompson_presses_exactly_when_its_draw_says_so() -> None:
    problem = twins(1, weights=(0.3, 0.7))
    rewards = problem.rewards.copy()
    rewards[1, DECIDE, 1] = 1.0
    problem = Problem(problem.world, HandOfGod(0.0), Belief(rewards, np.log([0.3, 0.7])))
    record = simulate(Thompson(problem), problem.truth(0), 4, steps=2, episodes=3000)
    pressed = record.turned_off_by_choice
    assert abs(pressed.mean() - 0.7) < 5 * np.sqrt(0.21 / 3000)
    assert np.array_equal(pressed, record.chosen[:, 1] == 1), "and it keeps to its draw"


def test_thompson_draws_again_when_its_belief_changes() -> None:
    problem = twins(1)
    agent = Thompson(problem)
    for key in range(8):
        state = agent.init(problem, key)
        action, state, info = agent.act(state, (GUESS, True, (GUESS, 1)), key)
        assert action == 1 and info.weights.tolist() == [0.0, 1.0]
        again, _, info = agent.act(state, (GUESS, True, (GUESS, 0)), key)
        assert again == 1 and info.alarm


def test_always_obey_does_what_it_was_last_told_in_each_state() -> None:
    problem = twins(1)
    agent = AlwaysObey(problem)
    state = agent.init(problem, 0)
    action, state, _ = agent.act(state, (DECIDE, True, (DECIDE, 1)), 0)
    assert action == 1, "even where that silences whom it obeys"
    action, state, _ = agent.act(state, (GUESS, True, (GUESS, 1)), 0)
    assert action == 1
    action, state, info = agent.act(state, (GUESS, True, (GUESS, 0)), 0)
    assert action == 0 and info.alarm, "also what it had called impossible"
    assert agent.act(state, (DECIDE, False, None), 0)[0] == 1


def test_always_obey_asks_about_where_it_stands_until_it_was_told() -> None:
    problem = twins(1, about="asked")
    agent = AlwaysObey(problem)
    state = agent.init(problem, 0)
    assert agent.ask(state, GUESS, 0)[0] == GUESS
    _, state, _ = agent.act(state, (GUESS, True, (GUESS, 1)), 0)
    assert agent.ask(state, GUESS, 0)[0] is None
    assert agent.ask(state, END, 0)[0] == END
    unasked = AlwaysObey(twins(1))
    assert unasked.ask(unasked.init(unasked.problem, 0), GUESS, 0)[0] is None


def test_always_obey_follows_a_hand_that_errs() -> None:
    problem = twins(1)
    liar = HandOfGod.table([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    truth = Truth(problem.world, liar, problem.rewards[1])
    record = simulate(AlwaysObey(problem), truth, 0, steps=3)
    assert record.rewards_true.sum() == -1.0
    assert record.obeyed.sum() == record.corrected_here.sum() == 2
