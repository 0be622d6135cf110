"""What an agent is: something that is told the state, the channel and corrections, never a reward.

    init(problem, key) -> state
    act(state, (s, channel_on, signal), key) -> (action, state, info)
    ask(state, s, key) -> (state index or None, state)       on arrival, before the signal

The state is what is carried from step to step; `info` is what may be looked at. An agent object
is immutable, so one agent may play any number of episodes at once.

Guarantee: a deterministic agent breaks ties by the world's order (values within 1e-9).
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from corrigible.bibliography import cite
from corrigible.keys import Key
from corrigible.overseers.base import Signal
from corrigible.problem import Problem

TIE = 1e-9
Observation = tuple[int, bool, Signal | None]


@dataclass(frozen=True)
class Info:
    """What may be looked at after a step.

    Args:
        weights: `[H]`, the agent's belief after what it heard.
        alarm: whether it heard something that it had called impossible.

    Source: this package.
    """

    weights: Float[np.ndarray, " H"]
    alarm: bool


@dataclass(frozen=True)
class Decision:
    """What a planned agent does at one belief, for every state.

    Args:
        on: `[S]`, the action with the channel on.
        off: `[S]`, the action with the channel off.
        ask: `[S]`, the state asked about on arrival, -1 to decline.

    Source: this package.
    """

    on: Int[np.ndarray, " S"]
    off: Int[np.ndarray, " S"]
    ask: Int[np.ndarray, " S"]


@runtime_checkable
class Planned(Protocol):
    """Anything that knows what to do at every belief, such as a solution.

    Source: this package.
    """

    @property
    def problem(self) -> Problem:
        """What the plan assumes.

        Returns:
            The problem that was solved.

        Raises:
            Nothing.

        Source: this package.
        """
        ...

    def decide(self, weights: Float[np.ndarray, " H"]) -> Decision:
        """What the plan does at a belief, for every state.

        Args:
            weights: `[H]`.

        Returns:
            `[S]` actions for the channel on and off, and what to ask.

        Raises:
            UserError: a plan that does not reach so far.

        Source: this package.
        """
        ...


def first_best(values: Float[np.ndarray, "*N A"]) -> Int[np.ndarray, "*N"]:
    """The first action, in the world's order, within 1e-9 of the best.

    Args:
        values: `[..., A]`.

    Returns:
        `[...]`, indices.

    Raises:
        Nothing.

    Source: this package.
    """
    top = values.max(axis=-1, keepdims=True)
    return np.asarray((values >= top - TIE * np.maximum(1.0, np.abs(top))).argmax(axis=-1))


class Agent(abc.ABC):
    """An agent that is never shown a reward.

    Source: this package.
    """

    @abc.abstractmethod
    def init(self, problem: Problem, key: Key) -> Any:
        """The state before the first step. The key is consumed.

        Args:
            problem: what the agent is to assume.
            key: an int or a JAX key.

        Returns:
            The agent's state.

        Raises:
            UserError: a problem that this agent was not made for.

        Source: this package.
        """

    @abc.abstractmethod
    def act(self, state: Any, observation: Observation, key: Key) -> tuple[int, Any, Info]:
        """Hear, then choose. The key is consumed.

        Args:
            state: from `init`, `ask` or `act`.
            observation: (s, channel_on, signal or None).
            key: an int or a JAX key.

        Returns:
            (action, state, info).

        Raises:
            Nothing.

        Source: this package.
        """

    def cite(self) -> str:
        """The papers that this kind of agent comes from.

        Returns:
            BibTeX, this package first. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return cite(type(self))

    def ask(self, state: Any, s: int, key: Key) -> tuple[int | None, Any]:
        """On arrival, before the signal: which state to ask about. The key is consumed.

        Args:
            state: from `init` or `act`.
            s: the state arrived in.
            key: an int or a JAX key.

        Returns:
            (a state's index, or None to decline; the agent's state).

        Raises:
            Nothing.

        Source: this package.
        """
        return None, state
