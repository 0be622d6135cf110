"""The beliefs that both ends of a process's value know.

Guarantee: a belief is held once, as far as nine digits tell beliefs apart.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from corrigible.bridges.parts import Outcome, Parts


class Points:
    """The beliefs that both ends know, by part; the first of each part are its corners.

    Args:
        parts: of the process.

    Source: this package.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.at = [np.eye(size) for size in parts.sizes]
        self._known: list[dict[bytes, int]] = [
            {self.key(b): i for i, b in enumerate(beliefs)} for beliefs in self.at
        ]

    @staticmethod
    def key(belief: Float[np.ndarray, " N"]) -> bytes:
        """A belief's name.

        Args:
            belief: `[N]`, within its part.

        Returns:
            Equal for beliefs that agree to nine digits.

        Raises:
            Nothing.

        Source: this package.
        """
        return (np.round(belief, 9) + 0.0).tobytes()

    def find(self, part: int, belief: Float[np.ndarray, " N"]) -> int | None:
        """The number of a belief.

        Args:
            part: where it lies.
            belief: `[N]`.

        Returns:
            None where it is not known.

        Raises:
            Nothing.

        Source: this package.
        """
        return self._known[part].get(self.key(belief))

    def add(self, part: int, beliefs: list[np.ndarray]) -> list[int]:
        """Take beliefs in.

        Args:
            part: where they lie.
            beliefs: each `[N]`.

        Returns:
            The numbers of those that were not known.

        Raises:
            Nothing.

        Source: this package.
        """
        fresh, first = [], len(self.at[part])
        for belief in beliefs:
            name = self.key(belief)
            if name not in self._known[part]:
                self._known[part][name] = first + len(fresh)
                fresh.append(belief)
        if fresh:
            self.at[part] = np.concatenate([self.at[part], np.array(fresh)])
        return list(range(first, first + len(fresh)))

    def total(self) -> int:
        """How many there are.

        Returns:
            A count.

        Raises:
            Nothing.

        Source: this package.
        """
        return sum(len(beliefs) for beliefs in self.at)


def starts(counts: list[int]) -> Int[np.ndarray, " N"]:
    """Where each of several runs begins when they are laid end to end.

    Args:
        counts: their lengths.

    Returns:
        `[N]`, one more than there are runs; the last is the whole length.

    Raises:
        Nothing.

    Source: this package.
    """
    return np.concatenate([[0], np.cumsum(counts)])


def spread(outcome: Outcome, mass: Float[np.ndarray, "K M"], size: int) -> Float[np.ndarray, "K N"]:
    """Unnormalised beliefs after an outcome.

    Args:
        outcome: what is observed.
        mass: `[K, M]`, the probability of the states that the step leads to.
        size: N, the states of the part that the outcome leads to.

    Returns:
        `[K, N]`; each row sums to the probability of the outcome.

    Raises:
        Nothing.

    Source: Kaelbling, Littman & Cassandra 1998
    """
    found = np.zeros((len(mass), size))
    found[:, outcome.into] = mass[:, outcome.at] * outcome.chance
    return found
