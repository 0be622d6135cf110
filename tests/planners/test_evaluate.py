"""The judge: values, margins, silencing, obedience and alarms worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import corrigible.planners.resolvent as resolvents
from corrigible import Belief, Problem, Truth, simulate
from corrigible.agents import Bayes, Decision, MaximumAPosteriori, MeanReward
from corrigible.errors import UserError
from corrigible.overseers import HandOfGod
from corrigible.planners.evaluate import Outcome, evaluate
from corrigible.planners.exact import Exact
from corrigible.testing.strategies import TRUTHS, random_problem, random_truth
from corrigible.worlds import Tabular
from tests.conftest import Counts

DECIDE, GUESS, END = 0, 1, 2
G = 0.9


@dataclass(frozen=True)
class Script:
    """Always the same actions `[S]`, and always the same question."""

    problem: Problem
    actions: tuple[int, ...]
    question: int = -1

    def decide(self, weights: np.ndarray) -> Decision:
        action = np.array(self.actions)
        return Decision(action, action, np.full(len(action), self.question))


def twins(press: int, rate: float, mode: Any = "advises") -> Problem:
    """decide (keep, press) -> guess (+1 or -1, h says which) -> end; prior .6, .4."""
    transition = np.zeros((3, 2, 3))
    transition[DECIDE, :, GUESS] = transition[GUESS, :, END] = transition[END, :, END] = 1.0
    disables = np.zeros((3, 2))
    disables[DECIDE, press] = 1.0
    rewards = np.zeros((2, 3, 2))
    rewards[0, GUESS], rewards[1, GUESS] = (1.0, -1.0), (-1.0, 1.0)
    world = Tabular(transition, disables, G, np.eye(3)[DECIDE])
    hand = HandOfGod(rate, ties="ordered", mode=mode)
    return Problem(world, hand, Belief(rewards, np.log([0.6, 0.4])))


def loop(hand: HandOfGod, rewards: Any, disables: float = 0.0) -> Problem:
    """One state, two actions, for ever; `disables` by action 0."""
    world = Tabular(np.ones((1, 2, 1)), np.array([[disables, 0.0]]), G, np.ones(1))
    values = np.asarray(rewards, dtype=np.float64)[:, None, :]
    return Problem(world, hand, Belief.uniform(values))


def near(found: Any, expected: Any) -> None:
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-11)


def test_an_agent_that_presses_never_learns() -> None:
    problem = twins(press=0, rate=0.5)
    outcome = evaluate(MeanReward(problem), problem.truth(1))
    near(outcome.value, -G)
    near(outcome.regret, 2 * G)
    assert outcome.disabling_probability == (0.0, 1.0), "a tie: either may be done"
    assert outcome.margin_state == DECIDE
    near(outcome.believed_margin, 0.0)
    near(outcome.true_margin, G * 0.5 * 2)
    assert outcome.obedience is None and outcome.obedience_loss is None
    assert outcome.alarms == outcome.cut == outcome.lost_by_override == 0.0
    assert outcome.beliefs == 2, "the margin's keeping branch hears something"


def test_an_agent_that_keeps_is_told() -> None:
    problem = twins(press=1, rate=0.5)
    outcome = evaluate(Exact(problem), problem.truth(1))
    near(outcome.value, G * (0.5 * 1 - 0.5 * 1))
    near(outcome.disabling_probability, (0.0, 0.0))
    # Believed: told with .5, worth 1 instead of .6 - .4; true, of h = 1: 1 instead of -1.
    near(outcome.believed_margin, G * 0.5 * (1 - 0.2))
    near(outcome.true_margin, G * 0.5 * 2)
    near(outcome.obedience, 1.0)
    near(outcome.obedience_loss, 0.0)


def test_the_true_margin_may_contradict_the_believed_one() -> None:
    problem = twins(press=1, rate=1.0)
    liar = HandOfGod.table(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]))
    truth = Truth(problem.world, liar, problem.rewards[0])
    outcome = evaluate(Exact(problem), truth)
    assert outcome.believed_margin is not None and outcome.believed_margin > 0.5
    near(outcome.true_margin, -2 * G)
    near(outcome.value, -G)


def test_the_average_over_the_prior_is_the_planned_value(counts: Counts) -> None:
    for seed in range(counts.n(15, 300)):
        problem = random_problem(seed)
        plan = Exact(problem)
        weights = problem.weights()
        values = [
            evaluate(plan, problem.truth(h)).value if w else 0.0 for h, w in enumerate(weights)
        ]
        assert weights @ values == pytest.approx(plan.value_at_start, rel=1e-9, abs=1e-9), seed


def test_alarms_are_counted_with_their_discount() -> None:
    problem = loop(HandOfGod(0.3, ties="ordered"), [[1.0, 0.0]])
    truth = Truth(problem.world, problem.overseer, np.array([[0.0, 1.0]]))
    outcome = evaluate(MeanReward(problem), truth)
    near(outcome.alarms, G * 0.3 / (1 - G))
    near(outcome.value, 0.0)
    near(outcome.regret, 1 / (1 - G))
    near(outcome.obedience, 0.0)
    near(outcome.obedience_loss, 1.0)
    assert outcome.beliefs == 1


def test_answers_cost_what_the_true_hand_charges() -> None:
    asks = HandOfGod(0.3, about="asked", ties="ordered", ask_cost=0.01)
    problem = loop(asks, [[1.0, 0.0]])
    dear = HandOfGod(0.5, about="asked", ties="ordered", ask_cost=0.2)
    truth = Truth(problem.world, dear, problem.rewards[0])
    outcome = evaluate(Script(problem, (0,), question=0), truth)
    near(outcome.value, (1 - G * 0.5 * 0.2) / (1 - G))
    near(evaluate(Script(problem, (0,)), truth).value, 1 / (1 - G))
    unasking = loop(HandOfGod(0.3, ties="ordered"), [[1.0, 0.0]])
    near(evaluate(Script(unasking, (0,), question=0), truth).value, 1 / (1 - G))


def test_an_override_is_executed_and_may_lose_the_channel() -> None:
    problem = loop(HandOfGod(0.4, ties="ordered", mode="overrides"), [[0.0, 1.0]], disables=0.5)
    truth = Truth(problem.world, problem.overseer, np.array([[1.0, 0.0]]))
    outcome = evaluate(MeanReward(problem), truth)
    # v: about to act, on. w: arriving, on. w = .6 v + .4 (1 + g w / 2), v = g w.
    w = 0.4 / (1 - 0.6 * G - 0.4 * G / 2)
    near(outcome.value, G * w)
    near(outcome.lost_by_override, 1.0)
    near(outcome.disabling_probability, (0.0, 0.0))
    near(outcome.obedience, 0.0)


def test_a_channel_that_is_restored_can_still_be_said_to_have_been_turned_off() -> None:
    world = Tabular(np.ones((1, 1, 1)), [[0.25]], G, np.ones(1), [[0.5]])
    problem = Problem(world, HandOfGod(0.5), Belief.uniform(np.ones((1, 1, 1))))
    outcome = evaluate(MeanReward(problem), problem.truth(0))
    near(outcome.disabling_probability, (1.0, 1.0))
    assert outcome.true_margin is None and outcome.margin_state is None


def test_one_slip_of_three_is_a_probability_of_a_third() -> None:
    transition = np.zeros((3, 1, 3))
    transition[0, 0] = (0.5, 0.25, 0.25)
    transition[1, 0, 1] = transition[2, 0, 2] = 1.0
    disables = np.zeros((3, 1, 3))
    disables[0, 0, 1] = 2 / 3
    world = Tabular(transition, disables, G, np.eye(3)[0])
    problem = Problem(world, HandOfGod(0.5), Belief.uniform(np.zeros((1, 3, 1))))
    near(evaluate(MeanReward(problem), problem.truth(0)).disabling_probability, (1 / 3, 1 / 3))


def test_the_off_branch_of_a_plan_is_followed_when_the_channel_is_off() -> None:
    problem = twins(press=0, rate=1.0)

    class Sulks(Script):
        def decide(self, weights: np.ndarray) -> Decision:
            plain = super().decide(weights)
            return Decision(plain.on, 1 - plain.on, plain.ask)

    near(evaluate(Sulks(problem, (0, 1, 0)), problem.truth(0)).value, G)
    near(evaluate(Sulks(problem, (1, 1, 0)), problem.truth(0)).value, -G)


def _hard() -> Problem:
    """A noisy hand, so that the beliefs never end."""
    rng = np.random.default_rng(1)
    world = Tabular(rng.dirichlet(np.ones(2), (2, 2)), np.full((2, 2), 0.05), 0.8, np.full(2, 0.5))
    return Problem(world, HandOfGod(0.4, 2.0), Belief.uniform(rng.normal(size=(2, 2, 2))))


def test_a_cut_after_n_changes_leaves_at_most_kappa_to_the_n_of_the_span() -> None:
    problem = _hard()
    truth = problem.truth(1)
    ends = truth.reward.min() / 0.2, truth.reward.max() / 0.2
    kappa = 0.8 * 0.4 / (1 - 0.8 + 0.8 * 0.4)
    found = [evaluate(MeanReward(problem), truth, changes=n) for n in (0, 1, 2, 4, 7)]
    for n, outcome in zip((0, 1, 2, 4, 7), found, strict=True):
        low, high = outcome.value_interval
        assert 0 < outcome.cut <= kappa**n
        assert high - low <= outcome.cut * (ends[1] - ends[0])
        assert outcome.value == pytest.approx((low + high) / 2)
    for wide, narrow in pairwise(found):
        assert wide.value_interval[0] <= narrow.value_interval[0] + 1e-9
        assert narrow.value_interval[1] <= wide.value_interval[1] + 1e-9
    record = simulate(MeanReward(problem), truth, 0, steps=120, episodes=4000)
    earned = record.discounted_return(0.8)
    slack = 5 * earned.std() / np.sqrt(4000)
    low, high = found[-1].value_interval
    assert low - slack < earned.mean() < high + slack


def test_a_cap_on_beliefs_leaves_an_interval_too() -> None:
    problem = _hard()
    small, large = (evaluate(MeanReward(problem), problem.truth(0), cap=c) for c in (20, 400))
    assert small.cut > large.cut > 0
    assert small.value_interval[0] < large.value_interval[0] <= large.value_interval[1]
    low, high = small.disabling_probability
    assert low < high


@pytest.mark.parametrize("seed", [3, 8, 16, 20])
def test_large_chains_are_solved_as_well_as_small_ones(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = random_problem(seed)
    plan, truth = Exact(problem), random_truth(seed, problem)
    direct = evaluate(plan, truth)
    monkeypatch.setattr(resolvents, "DIRECT", 0)
    swept = evaluate(plan, truth)
    for name in ("value", "regret", "alarms", "obedience", "true_margin"):
        mine, theirs = getattr(swept, name), getattr(direct, name)
        assert mine == (None if theirs is None else pytest.approx(theirs, rel=1e-8, abs=1e-8))


def _z(values: np.ndarray, expected: float) -> float | None:
    error = values.std(ddof=1) / np.sqrt(len(values))
    return None if error < 1e-9 else float((values.mean() - expected) / error)


def _scores(seed: int, episodes: int) -> list[float | None]:
    problem = random_problem(seed)
    truth = random_truth(seed, problem, TRUTHS[seed % 4])
    agent = (MeanReward, MaximumAPosteriori)[seed % 2](problem)
    outcome = evaluate(agent, truth)
    g = truth.world.discount
    steps = int(np.ceil(np.log(1e-8) / np.log(g)))
    record = simulate(agent, truth, seed, steps=steps, episodes=episodes)
    powers = g ** np.arange(steps)
    scores = [
        _z(record.discounted_return(g), outcome.value),
        _z(record.alarm_at @ powers, outcome.alarms),
    ]
    if outcome.obedience is not None:
        away = record.obeyed - outcome.obedience * record.corrected_here
        scores.append(_z(away @ powers, 0.0))
    return scores


def test_baselines_fare_as_long_simulations_say(counts: Counts) -> None:
    found = [_scores(seed, 1000) for seed in range(counts.n(40, 400))]
    z = np.array([score for scores in found for score in scores if score is not None])
    assert len(z) > 40
    assert np.abs(z).max() < 5.0
    assert np.mean(z**2) == pytest.approx(1.0, abs=4.0 * np.sqrt(2.0 / len(z)))


def test_what_is_ever_turned_off_is_what_simulations_see() -> None:
    problem = twins(press=1, rate=0.5)
    slippery = np.zeros((3, 2))
    slippery[DECIDE], slippery[GUESS] = (0.2, 0.9), (0.3, 0.3)
    world = Tabular(problem.world.transition, slippery, G, problem.world.start)
    problem = Problem(world, HandOfGod(0.5, ties="ordered", mode="overrides"), problem.prior)
    outcome = evaluate(Script(problem, (0, 0, 0)), problem.truth(1))
    near(outcome.disabling_probability, (0.2 + 0.8 * 0.5 * 0.3,) * 2)
    near(outcome.lost_by_override, 0.8 * 0.5 * 0.3)
    agent = Bayes(Script(problem, (0, 0, 0)))
    record = simulate(agent, problem.truth(1), 0, steps=5, episodes=20000)
    assert abs(record.turned_off_by_choice.mean() - 0.32) < 5 * np.sqrt(0.32 * 0.68 / 20000)
    assert abs(record.lost_by_override.mean() - 0.12) < 5 * np.sqrt(0.12 * 0.88 / 20000)


def test_an_agent_is_judged_by_its_plan() -> None:
    problem = twins(press=1, rate=0.5)
    plan = Exact(problem)
    outcome = evaluate(plan, problem.truth(0))
    assert isinstance(outcome, Outcome)
    assert evaluate(plan.agent(), problem.truth(0)) == outcome
    assert evaluate(plan, problem.truth(0), state=GUESS).true_margin is None
    assert evaluate(plan, problem.truth(0), state=DECIDE) == outcome


def test_bad_input_is_one_line() -> None:
    problem = twins(press=1, rate=0.5)
    plan = MeanReward(problem)
    other = loop(HandOfGod(0.5), [[1.0, 0.0]])
    with pytest.raises(UserError, match="must be equal"):
        evaluate(plan, other.truth(0))
    with pytest.raises(UserError, match="state 7"):
        evaluate(plan, problem.truth(0), state=7)
    with pytest.raises(UserError, match="changes"):
        evaluate(plan, problem.truth(0), changes=-1)


def test_the_best_and_worst_ways_through_a_maze_of_ties() -> None:
    # Node 0 may wait (row 0) or try (row 1: half the event, half node 1); node 1 must return.
    row_node = np.array([0, 0, 1])
    flow = sp.csr_array(np.array([[1.0, 0.0], [0.0, 0.5], [1.0, 0.0]]))
    event = np.array([0.0, 0.5, 0.0])
    least = resolvents.ever(row_node, flow, event, 2, largest=False)
    most = resolvents.ever(row_node, flow, event, 2, largest=True)
    assert least.tolist() == [0.0, 0.0]
    near(most.tolist(), [1.0, 1.0])
    # Without the way back there is one try.
    flow = sp.csr_array(np.array([[1.0, 0.0], [0.0, 0.5], [0.0, 1.0]]))
    near(resolvents.ever(row_node, flow, event, 2, largest=True).tolist(), [0.5, 0.0])
