"""Ends of the value at any belief of a problem too large for plans at every belief.

Guarantee: as that of `corrigible.planners.tiles` and of `corrigible.planners.layers` with
`corrigible.planners.keeper`: lower <= V <= upper at every belief.
"""

from __future__ import annotations

import time
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from corrigible.planners.envelope import Ends
from corrigible.planners.keeper import Keeper
from corrigible.planners.layers import Layers
from corrigible.planners.tiles import Tiles
from corrigible.problem import Problem

_TILING = 0.8
_LAYERING = 0.55
_KEEPING = 0.88
_DENSE = 400


@runtime_checkable
class Parts(Protocol):
    """What bounds every belief.

    Source: this package.
    """

    def ends(
        self, beliefs: Float[np.ndarray, "N H"], heard: Int[np.ndarray, "N D"]
    ) -> tuple[Float[np.ndarray, "N S"], Float[np.ndarray, "N S"]]:
        """Both ends of V_on.

        Args:
            beliefs: `[N, H]`.
            heard: `[N, D]`, the last corrections, as s_o * A + a*, the latest first; -1 where
                there were fewer.

        Returns:
            (lower, upper), each `[N, S]`.

        Raises:
            Nothing.

        Source: this package.
        """
        ...


class Sandwich:
    """Between a hand that tells more and an agent that keeps less.

    Args:
        problem: whose overseer advises.
        floor: `[H, S]`, the least that any plan is worth under each hypothesis.
        deadline: a `time.monotonic()` by which all planning is to be done.

    Source: this package; Blackwell 1953.
    """

    def __init__(self, problem: Problem, floor: Float[np.ndarray, "H S"], deadline: float) -> None:
        now = time.monotonic()
        left = deadline - now
        self.layers: Layers = Layers(problem, now + _LAYERING * left)
        self.keeper: Keeper = Keeper(self.layers, floor, now + _KEEPING * left)

    def ends(
        self, beliefs: Float[np.ndarray, "N H"], heard: Int[np.ndarray, "N D"]
    ) -> tuple[Float[np.ndarray, "N S"], Float[np.ndarray, "N S"]]:
        """Both ends of V_on.

        Args:
            beliefs: `[N, H]`.
            heard: `[N, D]`, the last corrections, see `Parts`.

        Returns:
            (lower, upper), each `[N, S]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return self.keeper.ends_below(beliefs), self.layers.ends_above(beliefs, heard)


def make_parts(problem: Problem, ends: Ends, deadline: float) -> Parts | None:
    """What suits the overseer, where anything does.

    Args:
        problem: too large for alpha vectors at every belief.
        ends: top and floor of every plan under each hypothesis.
        deadline: a `time.monotonic()` by which all planning is to be done.

    Returns:
        Tiles where likelihoods are 0 or 1 and time allows for any; else a sandwich, for an overseer
        that speaks unasked about few enough states; None otherwise.

    Raises:
        Nothing.

    Source: this package.
    """
    chances, world = problem.likelihood, problem.world
    if problem.overseer.mode == "overrides":
        return None
    if bool(((chances == 0.0) | (chances == 1.0)).all()):
        now = time.monotonic()
        tiles = Tiles(problem, ends.floor_value, now + _TILING * max(0.0, deadline - now))
        return tiles if tiles.tilings else None
    if problem.overseer.about == "asked" or world.has_restores or world.n_states > _DENSE:
        return None
    if deadline <= time.monotonic():
        return None
    return Sandwich(problem, ends.floor_value, deadline)
