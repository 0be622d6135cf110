"""No overseer: it never speaks.

Guarantee: a problem with an absent overseer has the same value with the channel on as off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from corrigible.overseers.base import About, Mode, Overseer

if TYPE_CHECKING:
    from corrigible.worlds.tabular import Tabular


@dataclass(frozen=True)
class Absent(Overseer):
    """An overseer whose rate is zero.

    Source: this package.
    """

    rate: float = 0.0
    about: About = "current"
    mode: Mode = "advises"
    ask_cost: float = 0.0

    def likelihood(
        self, world: Tabular, rewards: Float[np.ndarray, "H S A"]
    ) -> Float[np.ndarray, "H S A"]:
        """Uniform, as nothing is ever said.

        Args:
            world: ignored but for its shape.
            rewards: `[H, S, A]`.

        Returns:
            `[H, S, A]`, each row uniform.

        Raises:
            Nothing.

        Source: this package.
        """
        return np.full(rewards.shape, 1.0 / rewards.shape[2])

    def only(self, hypothesis: int) -> Absent:
        """Still absent.

        Args:
            hypothesis: ignored.

        Returns:
            This overseer.

        Raises:
            Nothing.

        Source: this package.
        """
        return self
