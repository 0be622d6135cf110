"""What the differential tests share: seeds in blocks, and a problem with its oracle.

A failure names its seed: `random_problem(seed)` and `as_oracle` of it are the reproduction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from corrigible import Belief, Problem
from corrigible.testing import oracle
from corrigible.testing.strategies import random_problem
from corrigible.testing.translate import as_oracle

BLOCKS = 10


@dataclass(frozen=True)
class Pair:
    """A random problem and the oracle's plan for it."""

    seed: int
    make: Callable[[int], Problem] = random_problem

    @cached_property
    def problem(self) -> Problem:
        return self.make(self.seed)

    @cached_property
    def plan(self) -> oracle.Plan:
        return oracle.Plan(as_oracle(self.problem))

    def belief(self, number: int) -> Belief:
        """The oracle's numbered belief as the package's."""
        return self.problem.prior.with_weights(np.array(self.plan.beliefs[number]))

    def beliefs(self, most: int = 3) -> list[int]:
        """The prior, and some beliefs that one correction leads to."""
        after = {
            number: None
            for s in range(self.problem.world.n_states)
            for _, _, number in self.plan.told(self.plan.prior, s)
        }
        return [self.plan.prior, *[b for b in after if b != self.plan.prior][:most]]

    def q(self, belief: int, channel: bool) -> np.ndarray:
        """The oracle's Q `[S, A]`."""
        states = range(self.problem.world.n_states)
        return np.array([self.plan.q(belief, s, channel) for s in states])


def failures(
    block: int,
    count: int,
    check: Callable[[Pair], Iterator[str]],
    make: Callable[[int], Problem] = random_problem,
) -> list[str]:
    """What `check` says about the seeds of one of `BLOCKS` blocks, `count` seeds in all."""
    return [
        f"{make.__name__}({seed}): {fault}"
        for seed in range(block, count, BLOCKS)
        for fault in check(Pair(seed, make))
    ]
