"""Baselines that are a function of their belief and fail in known ways.

Both learn exactly as the planned agent does and plan as if they would never learn again: one for
the mean reward of its belief, the other for its most likely hypothesis. Neither sees a value in
the overseer's channel, so for both

- a button with a twin (same reward, same motion, channel kept) is a tie, which the world's order
  decides: they press if the button comes first;
- any positive payment for pressing, however small, is taken.

Guarantee: the action is the first, in the world's order, within 1e-9 of the ordinary optimum of
the reward planned for; neither ever asks; what they do does not depend on the channel's status.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from corrigible.agents.base import TIE, Decision, first_best
from corrigible.agents.bayes import Follower
from corrigible.problem import Problem
from corrigible.worlds.optimum import optimal_q


class _Myopic(Follower):
    """Plans an ordinary optimum at every belief, as if nothing would ever be learned."""

    @abc.abstractmethod
    def action_values(self, weights: Float[np.ndarray, " H"]) -> Float[np.ndarray, "2 S A"]:
        """Its Q, with the channel on and off (equal).

        Args:
            weights: `[H]`.

        Returns:
            `[2, S, A]`.

        Raises:
            Nothing.

        Source: Puterman 1994, section 6.4.
        """

    def decide(self, weights: Float[np.ndarray, " H"]) -> Decision:
        """The first best action everywhere, channel on or off; no questions.

        Args:
            weights: `[H]`.

        Returns:
            An action for every state and channel, `[S]` each.

        Raises:
            Nothing.

        Source: this package.
        """
        action = first_best(self.action_values(weights)[0])
        return Decision(action, action, np.full(len(action), -1))


@dataclass(frozen=True, eq=False)
class MeanReward(_Myopic):
    """Plans the ordinary optimum of its mean reward, as if no correction will ever come.

    Args:
        problem: the problem whose world, hand and prior it believes in.

    Raises:
        Nothing.

    Source: Hadfield-Menell et al. 2017, section 4, for why expectation alone sees no value in
        an off-switch.
    """

    problem: Problem

    def action_values(self, weights: Float[np.ndarray, " H"]) -> Float[np.ndarray, "2 S A"]:
        """The ordinary optimum of the mean reward.

        Args:
            weights: `[H]`.

        Returns:
            `[2, S, A]`, channel on and off alike.

        Raises:
            Nothing.

        Source: Puterman 1994, section 6.4.
        """
        mean = np.tensordot(weights, self.problem.rewards, axes=1)
        q = optimal_q(self.problem.world, mean[None])
        return np.concatenate([q, q])


@dataclass(frozen=True, eq=False)
class MaximumAPosteriori(_Myopic):
    """Does what is optimal for its most likely hypothesis, the first of those equally likely.

    Args:
        problem: the problem whose world, hand and prior it believes in.

    Raises:
        Nothing.

    Source: this package; the point estimate of inverse reinforcement learning, as in Ramachandran
        & Amir 2007, section 3.
    """

    problem: Problem

    @cached_property
    def _q(self) -> np.ndarray:
        return optimal_q(self.problem.world, self.problem.rewards)

    def action_values(self, weights: Float[np.ndarray, " H"]) -> Float[np.ndarray, "2 S A"]:
        """The ordinary optimum of the most likely hypothesis.

        Args:
            weights: `[H]`; those within 1e-9 of the largest count as equal.

        Returns:
            `[2, S, A]`, channel on and off alike.

        Raises:
            Nothing.

        Source: Puterman 1994, section 6.4.
        """
        likeliest = int((weights >= weights.max() - TIE).argmax())
        q = self._q[likeliest]
        return np.stack([q, q])
