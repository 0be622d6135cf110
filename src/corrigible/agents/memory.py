"""Baselines that remember more than their belief, and fail in known ways.

Thompson acts on one hypothesis at a time, drawn from its belief at the start and again whenever
the belief changes: it presses whenever the drawn reward says so, and a draw is never a reason to
keep an overseer. AlwaysObey repeats in each state the latest correction it heard about that state,
also from a hand that errs or whose world is not this one; where it heard none it does what is best
for its mean reward, so until the first correction it is bribed as cheaply as that agent.

Guarantee: given the key, each is a function of what it has observed; Thompson never asks, and
AlwaysObey asks only about the state it stands in, and only until that question was answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from corrigible.agents.base import Agent, Decision, Info, Observation, first_best
from corrigible.agents.baselines import MeanReward
from corrigible.agents.bayes import check_problem, hear
from corrigible.keys import Key, generator
from corrigible.problem import Problem
from corrigible.worlds.optimum import optimal_q


@dataclass(frozen=True, eq=False)
class Drawn:
    """What Thompson carries.

    Args:
        weights: `[H]`, its belief.
        hypothesis: the one it acts on.

    Source: this package.
    """

    weights: Float[np.ndarray, " H"]
    hypothesis: int


@dataclass(frozen=True, eq=False)
class Thompson(Agent):
    """Does what is optimal for a hypothesis drawn from its belief, anew at each change of belief.

    Args:
        problem: the problem whose world, hand and prior it believes in.

    Raises:
        Nothing.

    Source: Thompson 1933; Strens 2000 for Markov decision processes.
    """

    problem: Problem

    @cached_property
    def _policies(self) -> np.ndarray:
        """`[H, S]`: the first best action under each hypothesis."""
        return first_best(optimal_q(self.problem.world, self.problem.rewards))

    def init(self, problem: Problem, key: Key) -> Drawn:
        """The prior and a first draw. The key is consumed.

        Args:
            problem: must be the agent's own.
            key: an int or a JAX key.

        Returns:
            A state that holds the prior, `[H]`, and a hypothesis.

        Raises:
            UserError: another problem.

        Source: Thompson 1933.
        """
        check_problem(self.problem, problem)
        weights = problem.weights()
        return Drawn(weights, _draw(weights, key))

    def act(self, state: Drawn, observation: Observation, key: Key) -> tuple[int, Drawn, Info]:
        """Condition; draw again where the belief has changed; act on the draw. The key is consumed.

        Args:
            state: from `init` or `act`; its belief is `[H]`.
            observation: (s, channel_on, signal or None).
            key: an int or a JAX key.

        Returns:
            (action, state, info).

        Raises:
            Nothing.

        Source: Thompson 1933.
        """
        s, _, signal = observation
        weights, alarm = hear(self.problem, state.weights, signal)
        if not np.allclose(weights, state.weights, rtol=1e-12, atol=0.0):
            state = Drawn(weights, _draw(weights, key))
        return int(self._policies[state.hypothesis, s]), state, Info(weights, alarm)


def _draw(weights: np.ndarray, key: Key) -> int:
    return int(generator(key).choice(len(weights), p=weights / weights.sum()))


@dataclass(frozen=True, eq=False)
class Remembered:
    """What AlwaysObey carries.

    Args:
        weights: `[H]`, its belief.
        decision: what is best for the mean reward at that belief.
        told: `[S]`, the action of the latest correction about each state, -1 where none.

    Source: this package.
    """

    weights: Float[np.ndarray, " H"]
    decision: Decision
    told: Int[np.ndarray, " S"]


@dataclass(frozen=True, eq=False)
class AlwaysObey(Agent):
    """Does in each state what it was last told to do there, else what its mean reward says.

    Args:
        problem: the problem whose world, hand and prior it believes in.

    Raises:
        Nothing.

    Source: this package; Milli et al. 2017 for why obedience and a good outcome come apart.
    """

    problem: Problem

    def init(self, problem: Problem, key: Key) -> Remembered:
        """The prior, and nothing told yet. The key is consumed.

        Args:
            problem: must be the agent's own.
            key: unused, as nothing is drawn.

        Returns:
            A state that holds the prior, `[H]`, and `[S]` empty memories.

        Raises:
            UserError: another problem.

        Source: this package.
        """
        check_problem(self.problem, problem)
        weights = problem.weights()
        told = np.full(problem.world.n_states, -1)
        return Remembered(weights, MeanReward(problem).decide(weights), told)

    def act(
        self, state: Remembered, observation: Observation, key: Key
    ) -> tuple[int, Remembered, Info]:
        """Remember what was heard, then obey. The key is consumed.

        Args:
            state: from `init`, `ask` or `act`; its belief is `[H]`.
            observation: (s, channel_on, signal or None).
            key: unused, as nothing is drawn.

        Returns:
            (action, state, info).

        Raises:
            Nothing.

        Source: this package.
        """
        s, _, signal = observation
        weights, alarm = hear(self.problem, state.weights, signal)
        if signal is not None:
            told = state.told.copy()
            told[signal[0]] = signal[1]
            changed = not np.array_equal(weights, state.weights)
            decision = MeanReward(self.problem).decide(weights) if changed else state.decision
            state = Remembered(weights, decision, told)
        action = state.told[s] if state.told[s] >= 0 else state.decision.on[s]
        return int(action), state, Info(weights, alarm)

    def ask(self, state: Remembered, s: int, key: Key) -> tuple[int | None, Remembered]:
        """Ask what to do here, until it has been told. The key is consumed.

        Args:
            state: from `init` or `act`; its memory is `[S]`.
            s: the state arrived in.
            key: unused, as nothing is drawn.

        Returns:
            (the state's index, or None where it was told or the assumed overseer does not answer
            questions; the agent's state).

        Raises:
            Nothing.

        Source: this package.
        """
        asks = self.problem.overseer.about == "asked" and state.told[s] < 0
        return (s if asks else None), state
