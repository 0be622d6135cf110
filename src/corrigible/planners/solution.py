"""What a planner gives back: values at any belief, state and channel, between two ends.

Guarantee: `lower(...) <= Q <= upper(...)` for the problem's true Q, the solver's residual
included; for exact solutions the two ends differ by that residual alone.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from corrigible.agents.base import Decision, first_best
from corrigible.agents.bayes import Bayes
from corrigible.belief import Belief
from corrigible.bibliography import cite
from corrigible.errors import UserError
from corrigible.planners.arrivals import Heard
from corrigible.problem import Problem


@dataclass(frozen=True)
class BeliefValues:
    """Values at one belief, for every state.

    Args:
        on: `[2, S, A]`, Q with the channel on: lower end, upper end.
        off: `[2, S, A]`, Q with the channel off: lower end, upper end.
        ask: `[S]`, the state asked about on arrival, -1 to decline.

    Source: this package.
    """

    on: Float[np.ndarray, "2 S A"]
    off: Float[np.ndarray, "2 S A"]
    ask: Any


class Solution(abc.ABC):
    """A planned problem.

    Source: this package.
    """

    problem: Problem

    @abc.abstractmethod
    def at(self, weights: Float[np.ndarray, " H"], state: int | None = None) -> BeliefValues:
        """Both ends of every value at one belief.

        Args:
            weights: `[H]`, the belief's probabilities.
            state: where values are wanted at one state only; other states may then be missing
                (NaN).

        Returns:
            See `BeliefValues`.

        Raises:
            TooManyBeliefs: an exact plan cannot be continued from here.

        Source: this package.
        """

    @abc.abstractmethod
    def hearing(self, weights: Float[np.ndarray, " H"]) -> tuple[Heard, Heard]:
        """What the next correction leads to, whatever it says, at both ends.

        Args:
            weights: `[H]`, a belief that was planned for.

        Returns:
            (lower, upper), each one belief's `Heard` with nothing left to stay.

        Raises:
            TooManyBeliefs: a belief that was not planned for and cannot be.

        Source: this package.
        """

    def lower(
        self, state: int | None = None, belief: Belief | None = None, channel_on: bool = True
    ) -> Any:
        """The lower end of Q.

        Args:
            state: one state, or all of them where None.
            belief: the prior where None.
            channel_on: the channel's status.

        Returns:
            `[S, A]`, or `[A]` for one state.

        Raises:
            UserError: no such state.

        Source: this package.
        """
        return self._end(0, state, belief, channel_on)

    def upper(
        self, state: int | None = None, belief: Belief | None = None, channel_on: bool = True
    ) -> Any:
        """The upper end of Q, shaped like `lower`.

        Args:
            state: one state, or all of them where None.
            belief: the prior where None.
            channel_on: the channel's status.

        Returns:
            `[S, A]`, or `[A]` for one state.

        Raises:
            UserError: no such state.

        Source: this package.
        """
        return self._end(1, state, belief, channel_on)

    def q(
        self, state: int | None = None, belief: Belief | None = None, channel_on: bool = True
    ) -> Any:
        """Q, the midpoint where the two ends differ.

        Args:
            state: one state, or all of them where None.
            belief: the prior where None.
            channel_on: the channel's status.

        Returns:
            `[S, A]`, or `[A]` for one state.

        Raises:
            UserError: no such state.

        Source: this package.
        """
        low = self._end(0, state, belief, channel_on)
        return 0.5 * (low + self._end(1, state, belief, channel_on))

    def value(
        self, state: int | None = None, belief: Belief | None = None, channel_on: bool = True
    ) -> Any:
        """max_a Q, of a state about to be acted in.

        Args:
            state: one state, or all of them where None.
            belief: the prior where None.
            channel_on: the channel's status.

        Returns:
            `[S]`, or a float for one state.

        Raises:
            UserError: no such state.

        Source: this package.
        """
        best = self.q(state, belief, channel_on).max(axis=-1)
        return best if state is None else float(best)

    @property
    def ends_at_start(self) -> tuple[float, float]:
        """Both ends of V at time 0: the prior, the start distribution, the channel on.

        Returns:
            (lower, upper), in reward units.

        Raises:
            Nothing.

        Source: this package.
        """
        weights, start = self.problem.weights(), self.problem.world.start
        ends = [
            start[s] * self.at(weights, int(s)).on[:, s].max(axis=1) for s in np.flatnonzero(start)
        ]
        low, high = np.sum(ends, axis=0)
        return float(low), float(high)

    @property
    def value_at_start(self) -> float:
        """V at time 0: the prior, the start distribution, the channel on.

        Returns:
            A float, in reward units.

        Raises:
            Nothing.

        Source: this package.
        """
        return 0.5 * sum(self.ends_at_start)

    def decide(self, weights: Float[np.ndarray, " H"]) -> Decision:
        """What the agent does at a belief: the best by the lower end, ties in the world's order.

        Args:
            weights: `[H]`.

        Returns:
            An action for every state and channel, and what to ask.

        Raises:
            TooManyBeliefs: an exact plan cannot be continued from here.

        Source: this package.
        """
        values = self.at(weights)
        return Decision(first_best(values.on[0]), first_best(values.off[0]), values.ask)

    def cite(self) -> str:
        """The papers that this plan was made by.

        Returns:
            BibTeX, this package first. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return cite(type(self))

    def agent(self) -> Bayes:
        """The agent that follows this plan.

        Returns:
            An immutable agent.

        Raises:
            Nothing.

        Source: this package.
        """
        return Bayes(self)

    def _end(self, end: int, state: int | None, belief: Belief | None, channel_on: bool) -> Any:
        world = self.problem.world
        if state is not None and not 0 <= state < world.n_states:
            raise UserError(f"state {state} does not exist; there are {world.n_states}, from 0")
        values = self.at(self.problem.weights(belief), state)
        table = (values.on if channel_on else values.off)[end]
        return table if state is None else table[state]
