"""Processes to test with: drawn at random, and solved by plain enumeration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from corrigible.bridges import Pomdp
from corrigible.bridges.pomdp import numbered


def draw_pomdp(seed: int, states: int, actions: int, seen: int, discount: float) -> Pomdp:
    """A process with some impossible steps and observations among the possible ones."""
    rng = np.random.default_rng(seed)

    def rows(*shape: int) -> np.ndarray:
        kept = rng.random(shape) < 0.7
        kept[..., 0] |= ~kept.any(axis=-1)
        weights = np.where(kept, rng.exponential(size=shape), 0.0)
        return weights / weights.sum(axis=-1, keepdims=True)

    named = rng.random() < 0.5
    return Pomdp(
        rows(actions, states, states),
        rows(actions, states, seen),
        np.where(rng.random((actions, states)) < 0.2, 0.0, rng.normal(size=(actions, states))),
        rows(states),
        discount,
        tuple(f"s-{i}" for i in range(states)) if named else numbered(states),
        numbered(actions),
        tuple(f"O{i}_x-" for i in range(seen)) if named else numbered(seen),
    )


@dataclass(frozen=True)
class Draw:
    """A process not yet made, which is what Hypothesis should print."""

    seed: int
    states: int
    actions: int
    seen: int
    discount: float

    def pomdp(self) -> Pomdp:
        """The process."""
        return draw_pomdp(self.seed, self.states, self.actions, self.seen, self.discount)


def draws(states: int = 4, actions: int = 3, seen: int = 3) -> st.SearchStrategy[Draw]:
    """Small processes."""
    return st.builds(
        Draw,
        st.integers(0, 2**32 - 1),
        st.integers(1, states),
        st.integers(1, actions),
        st.integers(1, seen),
        st.sampled_from([0.0, 0.3, 0.5, 0.95]),
    )


def enumerate_values(pomdp: Pomdp, depth: int) -> tuple[float, float]:
    """Both ends of the optimum by trying everything, `depth` steps deep."""
    best, worst = pomdp.reward.max(), pomdp.reward.min()

    def value(mass: np.ndarray, left: int, tail: float) -> float:
        if left == 0:
            return float(mass.sum()) * tail / (1.0 - pomdp.discount)
        found = []
        for action, reward in enumerate(pomdp.reward):
            there = (mass @ pomdp.transition[action])[:, None] * pomdp.observation[action]
            after = (value(there[:, o], left - 1, tail) for o in range(there.shape[1]))
            found.append(float(mass @ reward) + pomdp.discount * sum(after))
        return max(found)

    return value(pomdp.start, depth, float(worst)), value(pomdp.start, depth, float(best))
