"""The conformance suites accept what ships and reject what is known to be bad."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from corrigible import Belief
from corrigible.agents import AlwaysObey, MaximumAPosteriori, MeanReward, Thompson
from corrigible.agents.base import Decision, Info
from corrigible.overseers import Absent, HandOfGod
from corrigible.planners.exact import Exact
from corrigible.planners.solution import BeliefValues
from corrigible.testing.conformance import (
    NonConformance,
    check_agent,
    check_overseer,
    check_planner,
    check_prior,
    check_world,
)
from corrigible.testing.strategies import random_problem
from corrigible.worlds import Tabular
from tests.conftest import Counts

SEEDS = (1, 3, 16, 17)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_ships_conforms(seed: int) -> None:
    problem = random_problem(seed)
    check_world(problem.world)
    check_prior(problem.prior, problem.world)
    check_overseer(problem.overseer, problem.world, problem.rewards, seed, 500)
    agents = [m(problem) for m in (MeanReward, MaximumAPosteriori, Thompson, AlwaysObey)]
    for agent in [*agents, Exact(problem).agent()]:
        check_agent(agent, problem, problem.truth(0), seed)


@pytest.mark.parametrize("about", ["current", "uniform", "asked"])
def test_every_hand_conforms(about: Any) -> None:
    problem = random_problem(7)
    for hand in (
        HandOfGod(0.4, rationality=2.0, about=about),
        HandOfGod(1.0, about=about),
        HandOfGod.table(problem.likelihood, 0.7, about),
        Absent(),
    ):
        check_overseer(hand, problem.world, problem.rewards, draws=500)


def test_the_exact_planner_conforms(counts: Counts) -> None:
    check_planner(Exact, counts.n(5, 60))


WORLD = random_problem(16).world
ENDS = np.array([[[1.0]], [[0.0]]])


class _Leaking(Tabular):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.__dict__["transition_matrix"] = 0.9 * self.transition_matrix


class _Overfull(Tabular):
    off_matrix = cached_property(lambda w: 1.5 * w.transition_matrix)


class _Misnamed(Tabular):
    def index(self, label: str) -> int:
        return 0


class _Optimistic(Tabular):
    expected_disables = cached_property(lambda w: np.zeros((w.n_states, w.n_actions)))


class _Forgetful(Tabular):
    has_restores = cached_property(lambda w: not w.back_matrix.nnz)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (_Leaking, "transition_matrix"),
        (_Overfull, "on_matrix"),
        (_Misnamed, "index"),
        (_Optimistic, "expected_disables"),
        (_Forgetful, "has_restores"),
    ],
)
def test_bad_worlds_are_rejected(kind: type[Tabular], complaint: str) -> None:
    bad = kind(WORLD.transition, WORLD.disables, WORLD.discount, WORLD.start, WORLD.restores)
    with pytest.raises(NonConformance, match=complaint) as caught:
        check_world(bad)
    assert "\n" not in str(caught.value)


@dataclass(frozen=True)
class _Doubling(HandOfGod):
    def likelihood(self, world: Tabular, rewards: np.ndarray) -> np.ndarray:
        return 2.0 * super().likelihood(world, rewards)


@dataclass(frozen=True)
class _Envious(HandOfGod):
    """Its rows depend on the other hypotheses in the batch."""

    def likelihood(self, world: Tabular, rewards: np.ndarray) -> np.ndarray:
        return super().likelihood(world, rewards - rewards[::-1])


@dataclass(frozen=True)
class _Talkative(HandOfGod):
    def sample(self, key: Any, table: np.ndarray, s: int) -> Any:
        return replace(self, rate=1.0).hands_over(key, table, s)

    def hands_over(self, key: Any, table: np.ndarray, s: int) -> Any:
        return super().sample(key, table, s)


@dataclass(frozen=True)
class _Moody(HandOfGod):
    def sample(self, key: Any, table: np.ndarray, s: int) -> Any:
        MOODS.append(0)
        return super().sample(len(MOODS), table, s)


@dataclass(frozen=True)
class _Unsure(HandOfGod):
    def log_prob(self, signal: Any, table: np.ndarray, s: int) -> Any:
        return super().log_prob(signal, table, s) - 0.1


MOODS: list[int] = []


@pytest.mark.parametrize(
    ("hand", "complaint"),
    [
        (_Doubling(0.5), "sum of one"),
        (_Envious(0.5, rationality=1.0), "only"),
        (_Talkative(0.5), "came"),
        (_Moody(0.5), "same key"),
        (_Unsure(0.5), "sum to"),
    ],
)
def test_bad_hands_are_rejected(hand: HandOfGod, complaint: str) -> None:
    problem = random_problem(22)
    with pytest.raises(NonConformance, match=complaint):
        check_overseer(hand, problem.world, problem.rewards, draws=300)


class _Stubborn(Belief):
    def update(self, log_likelihood: Any) -> Belief:
        return self


class _Fragile(Belief):
    def update(self, log_likelihood: Any) -> Belief:
        if np.isneginf(log_likelihood).all():
            return Belief(self.hypotheses, np.eye(len(self.weights))[0] * 9)
        return super().update(log_likelihood)


class _Biased(Belief):
    def mean(self, values: Any) -> Any:
        return super().mean(values) + 1.0


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [(_Stubborn, "Bayes"), (_Fragile, "impossible"), (_Biased, "mean")],
)
def test_bad_priors_are_rejected(kind: type[Belief], complaint: str) -> None:
    rewards = np.random.default_rng(0).normal(size=(4, WORLD.n_states))
    with pytest.raises(NonConformance, match=complaint):
        check_prior(kind(rewards, np.zeros(4)), WORLD)


def test_a_prior_over_something_else_is_rejected() -> None:
    with pytest.raises(NonConformance, match=r"\[H, S\]"):
        check_prior(Belief.uniform(np.zeros((3, WORLD.n_states + 1))), WORLD)


def _altered(change: Callable[[BeliefValues], BeliefValues]) -> type[Exact]:
    class Altered(Exact):
        def at(self, weights: np.ndarray, state: int | None = None) -> BeliefValues:
            return change(super().at(weights, state))

    return Altered


class _Contrary(Exact):
    def decide(self, weights: np.ndarray) -> Decision:
        decision = super().decide(weights)
        return replace(decision, on=(decision.on + 1) % self.problem.world.n_actions)


class _Nosy(Exact):
    def decide(self, weights: np.ndarray) -> Decision:
        return replace(super().decide(weights), ask=np.zeros(self.problem.world.n_states, int))


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (_altered(lambda v: replace(v, on=v.on + 0.01)), "lower is above"),
        (_altered(lambda v: replace(v, on=v.on - 0.01)), "upper is below"),
        (_altered(lambda v: replace(v, off=v.off[::-1] + ENDS)), "lower <= q <= upper"),
        (_altered(lambda v: replace(v, on=v.on * np.nan)), "no finite values"),
        (_Contrary, "decide"),
        (_Nosy, "never answers"),
    ],
)
def test_bad_planners_are_rejected(kind: type[Exact], complaint: str) -> None:
    with pytest.raises(NonConformance, match=complaint):
        check_planner(kind, 2)


class _OffTheMap(MeanReward):
    def act(self, state: Any, observation: Any, key: Any) -> Any:
        return 99, *super().act(state, observation, key)[1:]


class _Believer(MeanReward):
    """Takes every correction for certain proof of hypothesis 0."""

    def act(self, state: Any, observation: Any, key: Any) -> Any:
        action, after, info = super().act(state, observation, key)
        if observation[2] is not None:
            info = replace(info, weights=np.eye(len(info.weights))[0])
        return action, after, info


class _Careless(MeanReward):
    def act(self, state: Any, observation: Any, key: Any) -> Any:
        action, after, info = super().act(state, observation, key)
        return action, after, replace(info, alarm=False)


class _Scribbling(MeanReward):
    def act(self, state: Any, observation: Any, key: Any) -> Any:
        result = super().act(state, observation, key)
        state.weights[:] = state.weights[::-1] * 0.5
        return result


class _Inquisitive(MeanReward):
    def ask(self, state: Any, s: int, key: Any) -> Any:
        return s, state


class _Restless(MeanReward):
    def act(self, state: Any, observation: Any, key: Any) -> Any:
        MOODS.append(0)
        info = Info(self.problem.weights(), False)
        return len(MOODS) % self.problem.world.n_actions, state, info


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (_OffTheMap, "99"),
        (_Believer, "likelihood"),
        (_Careless, "alarm"),
        (_Scribbling, "in place"),
        (_Inquisitive, "never answers"),
        (_Restless, "differs"),
    ],
)
def test_bad_agents_are_rejected(kind: type[MeanReward], complaint: str) -> None:
    problem = random_problem(22)
    assert len(problem.rewards) > 1 and problem.overseer.about == "uniform"
    with pytest.raises(NonConformance, match=complaint):
        check_agent(kind(problem), problem, problem.truth(0))


def test_an_agent_of_another_problem_is_rejected() -> None:
    one, other = random_problem(1), random_problem(1)
    with pytest.raises(ValueError, match="another problem"):
        check_agent(MeanReward(one), other, other.truth(0))
