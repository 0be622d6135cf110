"""Playing many episodes at once changes nothing but the time it takes."""

from __future__ import annotations

import time

import numpy as np
import pytest

import corrigible.agents.crowd as crowds
from corrigible import Belief, Problem, simulate
from corrigible.agents import Bayes, MeanReward
from corrigible.agents.base import Agent, Decision, Info, Observation
from corrigible.agents.bayes import Follower, Held
from corrigible.overseers import HandOfGod
from corrigible.simulate import Record
from corrigible.worlds import Tabular

FIELDS = ("states", "actions", "chosen", "corrections", "channel", "alarm_at", "asked")


def _problem(rationality: float, about: str) -> Problem:
    rng = np.random.default_rng(5)
    transition = rng.dirichlet(np.full(4, 0.5), size=(4, 3))
    world = Tabular(transition, np.full((4, 3), 0.02), 0.9, np.full(4, 0.25), np.full((4, 3), 0.3))
    hand = HandOfGod(
        0.5,
        rationality,
        about="asked" if about == "asked" else "uniform" if about == "uniform" else "current",
    )
    return Problem(world, hand, Belief.uniform(rng.normal(size=(5, 4, 3))))


class _Asks(MeanReward):
    def decide(self, weights: np.ndarray) -> Decision:
        plain = super().decide(weights)
        return Decision(plain.on, (plain.on + 1) % 3, (plain.on + int(weights.argmax())) % 4)


class _Alone(Agent):
    """A follower in disguise, so that it is played one by one."""

    def __init__(self, follower: Follower) -> None:
        self.problem = follower.problem
        self._follower = follower

    def init(self, problem: Problem, key: int) -> Held:
        return self._follower.init(problem, key)

    def act(self, state: Held, observation: Observation, key: int) -> tuple[int, Held, Info]:
        return self._follower.act(state, observation, key)

    def ask(self, state: Held, s: int, key: int) -> tuple[int | None, Held]:
        return self._follower.ask(state, s, key)


def _equal(left: Record, right: Record) -> bool:
    return all(np.array_equal(getattr(left, f), getattr(right, f)) for f in FIELDS)


@pytest.mark.parametrize("about", ["current", "uniform", "asked"])
@pytest.mark.parametrize("rationality", [1.0, float("inf")])
def test_together_or_one_by_one_is_the_same(rationality: float, about: str) -> None:
    problem = _problem(rationality, about)
    agent = _Asks(problem)
    truth = problem.truth(2)
    together = simulate(agent, truth, 3, steps=40, episodes=8)
    assert _equal(together, simulate(_Alone(agent), truth, 3, steps=40, episodes=8))
    assert (together.asked >= 0).any() == (about == "asked")


def test_forgetting_beliefs_that_nobody_holds_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = _problem(1.0, "uniform")
    agent, truth = _Asks(problem), problem.truth(1)
    before = simulate(agent, truth, 3, steps=50, episodes=10)
    monkeypatch.setattr(crowds, "_BELIEFS_HELD", 30)
    assert _equal(before, simulate(agent, truth, 3, steps=50, episodes=10))


def test_a_belief_is_worked_out_once() -> None:
    problem = _problem(float("inf"), "current")
    seen: list[bytes] = []

    class Counting(MeanReward):
        def decide(self, weights: np.ndarray) -> Decision:
            seen.append(weights.tobytes())
            return super().decide(weights)

    simulate(Bayes(Counting(problem)), problem.truth(0), 0, steps=200, episodes=50)
    assert 1 < len(seen) == len(set(seen)) <= 2**5


def test_a_million_steps_take_seconds() -> None:
    problem = _problem(float("inf"), "current")
    began = time.perf_counter()
    simulate(MeanReward(problem), problem.truth(0), 0, steps=500, episodes=2000)
    # A tenth of this is usual; the rest is for machines that are slow or busy.
    assert time.perf_counter() - began < 10.0
