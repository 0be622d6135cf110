"""Never listening again: what a plan falls back on where it has nothing better.

It does for ever what is best for one hypothesis, which is then worth what knowing it is worth, and
nobody knows what under the others; or it does what is best on average over the prior.

Guarantee: no value is more than what the way to stand by is worth under that hypothesis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class StandBy:
    """What is worth how much without ever listening again.

    Args:
        known: `[H, S]`, the ordinary optimum under each hypothesis.
        average: `[H, S]`, what is best on average over the prior, under each hypothesis.
        floor: `[H]`, the least that anything is worth.

    Source: this package.
    """

    known: Float[np.ndarray, "H S"]
    average: Float[np.ndarray, "H S"]
    floor: Float[np.ndarray, " H"]

    def under(
        self,
        members: Int[np.ndarray, " n"],
        weights: Float[np.ndarray, " n"],
        best: int,
        states: Int[np.ndarray, " K"],
    ) -> Float[np.ndarray, "n K"]:
        """The better of the two ways to stand by, state by state.

        Args:
            members: `[n]`, hypotheses.
            weights: `[n]`, how likely they are.
            best: place among the members of the one that may be taken for certain.
            states: `[K]`.

        Returns:
            `[n, K]`, the value under each member.

        Raises:
            Nothing.

        Source: this package.
        """
        sure = np.repeat(self.floor[members][:, None], len(states), axis=1)
        sure[best] = self.known[members[best], states]
        average = self.average[np.ix_(members, states)]
        return np.where(weights @ sure >= weights @ average, sure, average)
