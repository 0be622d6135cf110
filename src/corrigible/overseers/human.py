"""A person: the one overseer that has no likelihood.

What a person will say cannot be drawn, and nobody but the agent has an opinion on how likely it
was: the agent hears it by the likelihood of the hand that it *assumes*. So a person is only ever
the true overseer, of a truth that is played arrival by arrival (`corrigible.simulate.Session`),
never one that is assumed, simulated or judged.

Guarantee: every attempt to draw from a person, or to weigh what one said, is an error of one line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from corrigible.errors import UserError
from corrigible.overseers.base import About, Mode, Overseer

if TYPE_CHECKING:
    from corrigible.worlds.tabular import Tabular


@dataclass(frozen=True)
class Human(Overseer):
    """A person as the true overseer.

    Args:
        about: "current" or "uniform": a person may name any state; "asked": only the one that the
            agent asks about.
        mode: "advises", or "overrides" (about the current state only).
        ask_cost: what an answer costs where `about` is "asked", in reward units.
        rate: 1, since a person may speak on every arrival and decides when to.

    Raises:
        UserError: a negative `ask_cost`, an unknown word, or overriding about another state.

    Source: this package.
    """

    about: About = "current"
    mode: Mode = "advises"
    ask_cost: float = 0.0
    rate: float = 1.0

    @classmethod
    def instead_of(cls, overseer: Overseer) -> Human:
        """A person in the place of a hand: heard about the same states, with the same power.

        Args:
            overseer: the hand.

        Returns:
            A person. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return cls(overseer.about, overseer.mode, overseer.ask_cost)

    def likelihood(
        self, world: Tabular, rewards: Float[np.ndarray, "H S A"]
    ) -> Float[np.ndarray, "H S A"]:
        """Nothing: a person has none.

        Args:
            world: unused.
            rewards: `[H, S, A]`, unused.

        Returns:
            Never.

        Raises:
            UserError: always.

        Source: this package.
        """
        raise UserError(
            "a person has no likelihood, so what one says cannot be drawn or judged; play it with "
            "Session, and let the agent assume a HandOfGod"
        )

    def only(self, hypothesis: int) -> Human:
        """The same person.

        Args:
            hypothesis: unused.

        Returns:
            This overseer.

        Raises:
            Nothing.

        Source: this package.
        """
        return self
