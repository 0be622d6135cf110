"""The hand of god: hands over an optimal action for some state.

    a* ~ softmax(rationality * Q*_h(s_o, .))

with Q*_h the ordinary optimal value of the world under hypothesis h: all actions, no channel in
the reward. Infinite rationality is the perfect hand: among the optimal actions (within
1e-8 max(1, max|Q*_h|)) those of least expected disabling, uniformly or always the first in the
world's order. With `ties="ordered"` every likelihood is 0 or 1 and beliefs are supports.

Guarantee: rows are distributions; a perfect hand never hands over an action that loses more than
its tolerance, nor one that is likelier to silence it than another optimal one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float

from corrigible.errors import UserError
from corrigible.overseers.base import About, Mode, Overseer, _one_of
from corrigible.worlds.optimum import optimal_value
from corrigible.worlds.sweeps import chunks, each

if TYPE_CHECKING:
    from corrigible.worlds.tabular import Tabular

OPTIMAL_TOLERANCE = 1e-8
LEAST_TOLERANCE = 1e-12


@dataclass(frozen=True)
class HandOfGod(Overseer):
    """An overseer that hands over (nearly) optimal actions.

    Args:
        rate: rho, the probability of a correction on an arrival with the channel on.
        rationality: beta, in 1/reward; infinity is the perfect hand.
        about: "current", "uniform" or "asked".
        ties: how the perfect hand chooses among equally good actions: "uniform" or "ordered".
        mode: "advises", or "overrides" (about the current state only).
        ask_cost: what an answer costs where `about` is "asked", in reward units.

    Raises:
        UserError: a rate outside [0, 1], a negative or NaN rationality, a negative `ask_cost`, an
            unknown word, or overriding about another state.

    Source: this package; Boltzmann rationality as in Ramachandran & Amir 2007, section 2.
    """

    rate: float
    rationality: float = float("inf")
    about: About = "current"
    ties: Literal["uniform", "ordered"] = "uniform"
    mode: Mode = "advises"
    ask_cost: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _one_of("ties", self.ties, ("uniform", "ordered"))
        if not self.rationality >= 0.0:
            raise UserError(f"rationality is {self.rationality}; it must be at least 0")

    def likelihood(
        self, world: Tabular, rewards: Float[np.ndarray, "H S A"]
    ) -> Float[np.ndarray, "H S A"]:
        """P(a* | s_o, h) = softmax(beta Q*_h(s_o, .)), or its limit.

        Args:
            world: the world whose optimal actions are meant.
            rewards: `[H, S, A]`.

        Returns:
            `[H, S, A]`; each `[h, s]` a distribution over actions.

        Raises:
            Nothing.

        Source: Ramachandran & Amir 2007, section 2; the limit is this package's.
        """
        return self.reading(world, rewards, optimal_value(world, rewards))

    def reading(
        self,
        world: Tabular,
        rewards: Float[np.ndarray, "H S A"],
        optimum: Float[np.ndarray, "H S"],
    ) -> Float[np.ndarray, "H S A"]:
        """The likelihood, for whoever knows the optimal values already.

        Args:
            world: the world whose optimal actions are meant.
            rewards: `[H, S, A]`.
            optimum: `[H, S]`, the ordinary optimal values under each.

        Returns:
            `[H, S, A]`; each `[h, s]` a distribution over actions.

        Raises:
            Nothing.

        Source: Ramachandran & Amir 2007, section 2; the limit is this package's.
        """
        table, flow = np.empty(rewards.shape), world.transition_matrix

        def work(part: slice) -> None:
            after = (flow @ optimum[part].T).T.reshape(rewards[part].shape)
            q = rewards[part] + world.discount * after
            if np.isinf(self.rationality):
                table[part] = perfect_choice(q, world.expected_disables, self.ties)
                return
            weights = np.exp(self.rationality * (q - q.max(axis=2, keepdims=True)))
            table[part] = weights / weights.sum(axis=2, keepdims=True)

        each(work, chunks(len(rewards), world.n_states))
        return table

    def only(self, hypothesis: int) -> HandOfGod:
        """The same hand: it reads the reward it is given.

        Args:
            hypothesis: its index.

        Returns:
            This overseer.

        Raises:
            Nothing.

        Source: this package.
        """
        return self

    @classmethod
    def table(
        cls,
        likelihood: Any,
        rate: float = 1.0,
        about: About = "current",
        mode: Mode = "advises",
        ask_cost: float = 0.0,
    ) -> Table:
        """Any other hand, by its likelihood.

        Args:
            likelihood: `[H, S, A]`, indexed as the belief's hypotheses are; `[S, A]` in a truth.
            rate: rho, the probability of a correction on an arrival with the channel on.
            about: "current", "uniform" or "asked".
            mode: "advises" or "overrides".
            ask_cost: what an answer costs where `about` is "asked".

        Returns:
            An overseer with that likelihood.

        Raises:
            UserError: rows that are no distributions.

        Source: this package.
        """
        return Table(rate, about, mode, ask_cost, np.asarray(likelihood, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class Table(Overseer):
    """An overseer given by its likelihood table.

    Args:
        rate: rho, the probability of a correction on an arrival with the channel on.
        about: "current", "uniform" or "asked".
        mode: "advises" or "overrides".
        ask_cost: what an answer costs where `about` is "asked".
        values: `[H, S, A]`, or `[S, A]` for one hypothesis.

    Raises:
        UserError: rows that are no distributions.

    Source: this package.
    """

    rate: float
    about: About
    mode: Mode
    ask_cost: float
    values: Float[np.ndarray, "H S A"] | Float[np.ndarray, "S A"]

    def __post_init__(self) -> None:
        super().__post_init__()
        values = np.asarray(self.values, dtype=np.float64)
        if values.ndim == 2:
            values = values[None]
        if values.ndim != 3:
            raise UserError(f"a likelihood has shape [H, S, A] or [S, A], not {list(values.shape)}")
        sums = values.sum(axis=2)
        if not (np.isfinite(values).all() and values.min() >= 0 and np.abs(sums - 1).max() <= 1e-6):
            raise UserError("each row of a likelihood must be a distribution over actions")
        object.__setattr__(self, "values", values / sums[:, :, None])

    def likelihood(
        self, world: Tabular, rewards: Float[np.ndarray, "H S A"]
    ) -> Float[np.ndarray, "H S A"]:
        """The table.

        Args:
            world: whose states and actions must fit the table.
            rewards: `[H, S, A]`, as many as the table has hypotheses.

        Returns:
            `[H, S, A]`.

        Raises:
            UserError: a table of another shape.

        Source: this package.
        """
        if self.values.shape != rewards.shape:
            raise UserError(
                f"the likelihood table has shape {list(self.values.shape)}, the rewards "
                f"{list(rewards.shape)}; they must be equal"
            )
        return self.values

    def only(self, hypothesis: int) -> Table:
        """The row of one hypothesis.

        Args:
            hypothesis: its index.

        Returns:
            A table for that one reward.

        Raises:
            UserError: no such hypothesis.

        Source: this package.
        """
        if not 0 <= hypothesis < len(self.values):
            raise UserError(f"hypothesis {hypothesis} does not exist in the likelihood table")
        return Table(self.rate, self.about, self.mode, self.ask_cost, self.values[hypothesis])


def perfect_choice(
    q: Float[np.ndarray, "H S A"], expected_disables: Float[np.ndarray, "S A"], ties: str
) -> Float[np.ndarray, "H S A"]:
    """What a perfect hand hands over, given the optimal values.

    Args:
        q: `[H, S, A]`, the ordinary optimal values.
        expected_disables: `[S, A]`.
        ties: "uniform" or "ordered".

    Returns:
        `[H, S, A]`, each row a distribution over the best actions of least expected disabling.

    Raises:
        Nothing.

    Source: this package.
    """
    tolerance = OPTIMAL_TOLERANCE * np.maximum(1.0, np.abs(q).max(axis=(1, 2), keepdims=True))
    best = q >= q.max(axis=2, keepdims=True) - tolerance
    harm = np.where(best, expected_disables[None], np.inf)
    chosen = best & (harm <= harm.min(axis=2, keepdims=True) + LEAST_TOLERANCE)
    if ties == "ordered":
        chosen = chosen & (np.cumsum(chosen, axis=2) == 1)
    weights = chosen.astype(np.float64)
    return weights / weights.sum(axis=2, keepdims=True)
