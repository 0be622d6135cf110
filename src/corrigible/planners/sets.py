"""A numbered family of sets of hypotheses, for ends of the value where beliefs are too many.

A set stands for the prior restricted to it. Sets are told apart by the sum, modulo 2^64, of one
random number a hypothesis, so that thousands of them are looked up at once.

Guarantee: two different sets have the same sum with probability 2^-63 at most, for each pair.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int, UInt64

_MIXER = np.uint64(0x9E3779B97F4A7C15)


class Sets:
    """Sets of hypotheses, each with a number.

    Args:
        weights: `[H]`, the prior's; the first H sets hold one hypothesis each.
        most: how many sets may be held.
        room: how many members all of them may have together.

    Source: this package; sums of random numbers as names of sets are Zobrist 1970.
    """

    def __init__(self, weights: Float[np.ndarray, " H"], most: int, room: int) -> None:
        hypotheses = len(weights)
        draws = np.random.Generator(np.random.PCG64(11))
        self.marks: UInt64[np.ndarray, " H"] = draws.integers(
            0, 1 << 63, hypotheses, dtype=np.uint64
        )
        self._weights = weights
        self.mass: Float[np.ndarray, " M"] = np.zeros(most + 1)
        self.members: list[Int[np.ndarray, " _"]] = []
        self._most, self._room, self.closed = most, room, False
        bits = int(np.ceil(np.log2(4 * (most + hypotheses))))
        self._shift = np.uint64(64 - bits)
        self._names = np.zeros((1 << bits) + 1, dtype=np.uint64)
        self._numbers = np.full((1 << bits) + 1, -1, dtype=np.int64)
        self._last = 1 << bits
        for h in range(hypotheses):
            self.add(np.array([h]))

    def add(self, members: Int[np.ndarray, " n"]) -> int:
        """Take a set in.

        Args:
            members: `[n]`, hypotheses in rising order.

        Returns:
            Its number, or -1 where there is no room for another.

        Raises:
            Nothing.

        Source: this package.
        """
        name = self.marks[members].sum(dtype=np.uint64)
        known = int(self.find(name[None])[0])
        if known >= 0:
            return known
        if self.closed and len(members) > 1:
            return -1
        slot = int(self._slots(name[None])[0])
        while self._numbers[slot] >= 0:
            slot = (slot + 1) % self._last
        self._names[slot], self._numbers[slot] = name, len(self.members)
        self.mass[len(self.members)] = self._weights[members].sum()
        self.members.append(members)
        self._room -= len(members)
        self.closed = self.closed or self._room < 0 or len(self.members) >= self._most
        return len(self.members) - 1

    def find(self, names: UInt64[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
        """The numbers of sets, by the sums of their members' marks.

        Args:
            names: `[N]`.

        Returns:
            `[N]`, -1 where a set is not held.

        Raises:
            Nothing.

        Source: Knuth 1998, section 6.4 (linear probing).
        """
        slots = self._slots(names)
        found = np.full(len(names), -1, dtype=np.int64)
        open_ = np.arange(len(names))
        while open_.size:
            here = slots[open_]
            numbers = self._numbers[here]
            hit = (numbers >= 0) & (self._names[here] == names[open_])
            found[open_[hit]] = numbers[hit]
            open_ = open_[(numbers >= 0) & ~hit]
            slots[open_] = (slots[open_] + 1) % self._last
        return found

    def _slots(self, names: np.ndarray) -> np.ndarray:
        return ((names * _MIXER) >> self._shift).astype(np.int64)
