"""Agents that are a function of their belief, first of all the one that follows a plan.

What such an agent carries is its belief over rewards. On hearing a correction (s_o, a*) it
conditions by its *assumed* hand, whatever hand really spoke and whichever state was named,

    b_h <- b_h p(a* | s_o, h) / sum_h' b_h' p(a* | s_o, h'),

and a correction that every hypothesis in its support calls impossible is an *alarm*: it is counted,
and the belief stays. Silence says nothing about the reward, since the rate does not depend on it.

Guarantee: the chosen action is `decide(belief)` at the state and the channel's status, so two
agents with equal beliefs act alike, and nothing is ever drawn.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from corrigible.agents.base import Agent, Decision, Info, Observation, Planned
from corrigible.errors import UserError
from corrigible.keys import Key
from corrigible.overseers.base import Signal
from corrigible.problem import Problem


@dataclass(frozen=True, eq=False)
class Held:
    """What an agent that follows its belief carries from step to step.

    Args:
        weights: `[H]`, its belief.
        decision: what it does at that belief; not yet worked out where None.

    Source: this package.
    """

    weights: Float[np.ndarray, " H"]
    decision: Decision | None = None


def hear(
    problem: Problem, weights: Float[np.ndarray, " H"], signal: Signal | None
) -> tuple[Float[np.ndarray, " H"], bool]:
    """Condition a belief on one correction by the assumed hand.

    Args:
        problem: whose overseer the agent assumes.
        weights: `[H]`, the belief before.
        signal: (s_o, a*), or None for silence.

    Returns:
        (`[H]`, the belief after; whether the correction was impossible under every hypothesis).

    Raises:
        Nothing.

    Source: Bayes' rule.
    """
    if signal is None:
        return weights, False
    state, action = signal
    joint = weights * problem.likelihood[:, state, action]
    total = joint.sum()
    return (joint / total, False) if total > 0.0 else (weights, True)


def check_problem(own: Problem, given: Problem) -> None:
    """Refuse to play another problem than the one an agent was made for.

    Args:
        own: the agent's.
        given: what it is asked to assume.

    Returns:
        Nothing. No arrays, no shapes.

    Raises:
        UserError: they are not the same object.

    Source: this package.
    """
    if own is not given:
        raise UserError("this agent was made for another problem; make one for the given problem")


class Follower(Agent):
    """An agent whose every choice is a deterministic function of its belief.

    Its `problem` is what it assumes.

    Source: this package.
    """

    problem: Problem

    @abc.abstractmethod
    def decide(self, weights: Float[np.ndarray, " H"]) -> Decision:
        """What the agent does at a belief.

        Args:
            weights: `[H]`.

        Returns:
            An action for every state and channel, and what to ask.

        Raises:
            TooManyBeliefs: the plan behind the agent cannot be continued from here.

        Source: this package.
        """

    def decide_all(self, beliefs: Float[np.ndarray, "N H"]) -> list[Decision]:
        """The same at many beliefs, for agents that are faster at many than one by one.

        Args:
            beliefs: `[N, H]`.

        Returns:
            N decisions.

        Raises:
            TooManyBeliefs: the plan behind the agent cannot be continued from one of them.

        Source: this package.
        """
        return [self.decide(weights) for weights in beliefs]

    def init(self, problem: Problem, key: Key) -> Held:
        """The prior. The key is consumed.

        Args:
            problem: must be the agent's own.
            key: unused, as nothing is drawn.

        Returns:
            A state that holds the prior, `[H]`.

        Raises:
            UserError: another problem.

        Source: this package.
        """
        check_problem(self.problem, problem)
        return Held(problem.weights())

    def act(self, state: Held, observation: Observation, key: Key) -> tuple[int, Held, Info]:
        """Condition on what was heard, then do what the belief says. The key is consumed.

        Args:
            state: from `init`, `ask` or `act`; its belief is `[H]`.
            observation: (s, channel_on, signal or None).
            key: unused, as nothing is drawn.

        Returns:
            (action, state, info).

        Raises:
            TooManyBeliefs: the plan behind the agent cannot be continued from here.

        Source: Bayes' rule.
        """
        s, channel_on, signal = observation
        weights, alarm = hear(self.problem, state.weights, signal)
        if weights is not state.weights:
            state = Held(weights)
        decision, state = self._decision(state)
        action = (decision.on if channel_on else decision.off)[s]
        return int(action), state, Info(weights, alarm)

    def ask(self, state: Held, s: int, key: Key) -> tuple[int | None, Held]:
        """The question that the belief says is worth its cost. The key is consumed.

        Args:
            state: from `init` or `act`; its belief is `[H]`.
            s: the state arrived in.
            key: unused, as nothing is drawn.

        Returns:
            (a state's index, or None to decline and always where the assumed overseer does not
            answer questions; the agent's state).

        Raises:
            TooManyBeliefs: the plan behind the agent cannot be continued from here.

        Source: this package.
        """
        if self.problem.overseer.about != "asked":
            return None, state
        decision, state = self._decision(state)
        about = int(decision.ask[s])
        return (None if about < 0 else about), state

    def _decision(self, state: Held) -> tuple[Decision, Held]:
        if state.decision is not None:
            return state.decision, state
        decision = self.decide(state.weights)
        return decision, Held(state.weights, decision)


@dataclass(frozen=True, eq=False)
class Bayes(Follower):
    """The agent that follows a plan over beliefs.

    Args:
        plan: a solution, or anything else with a `problem` and `decide(weights [H])`.

    Raises:
        Nothing.

    Source: Kaelbling, Littman & Cassandra 1998, section 3, for acting on the belief state.
    """

    plan: Planned
    problem: Problem = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "problem", self.plan.problem)

    def decide(self, weights: Float[np.ndarray, " H"]) -> Decision:
        """What the plan says at a belief.

        Args:
            weights: `[H]`.

        Returns:
            An action for every state and channel, and what to ask.

        Raises:
            TooManyBeliefs: the plan cannot be continued from here.

        Source: this package.
        """
        return self.plan.decide(weights)

    def decide_all(self, beliefs: Float[np.ndarray, "N H"]) -> list[Decision]:
        """What the plan says at many beliefs, all at once where the plan can do that.

        Args:
            beliefs: `[N, H]`.

        Returns:
            N decisions.

        Raises:
            TooManyBeliefs: the plan cannot be continued from one of them.

        Source: this package.
        """
        together = getattr(self.plan, "decide_all", None)
        return super().decide_all(beliefs) if together is None else together(beliefs)
