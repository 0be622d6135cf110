"""An upper end of a process's value: a sawtooth.

Values at points and at corners, and between them the convex function through one point and the
corners. A sweep fixes the points to interpolate from; what remains is a finite decision process on
the points, and it is solved, not merely stepped.

Guarantee: nowhere below the optimum, up to the rounding of floating point.
"""

from __future__ import annotations

import itertools

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int

from corrigible.bridges.points import Points, spread, starts

_CHUNK = 1 << 22
_ROUNDS = 2000


class Upper:
    """Values at points, and the sawtooth between them.

    Args:
        points: the beliefs.

    Source: Hauskrecht 2000; Smith & Simmons 2004
    """

    def __init__(self, points: Points) -> None:
        self.points, self.parts = points, points.parts
        q = self.parts.corners()
        top = q.max(axis=0)
        self.value = [top[states] for states in self.parts.states]
        self.value.append(np.array([(q @ self.parts.pomdp.start).max()]))
        self.action = [np.zeros(len(at), dtype=np.int64) for at in points.at]
        self._sheets: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def _corners(self, part: int) -> np.ndarray:
        return self.value[part][: self.parts.sizes[part]]

    def _drop(self, part: int) -> np.ndarray:
        """How far each point lies below the corners' plane, `[K]`, at most zero."""
        return self._sheet(part)[0]

    def _sheet(self, part: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The drop `[K]`, the L points that have one, and one over those, `[N, L]`."""
        if part not in self._sheets:
            at = self._valued(part)
            drop = np.minimum(self.value[part] - at @ self._corners(part), 0.0)
            low = np.flatnonzero(drop < 0.0)
            with np.errstate(divide="ignore"):
                self._sheets[part] = drop, low, 1.0 / at[low].T
        return self._sheets[part]

    def _valued(self, part: int) -> np.ndarray:
        return self.points.at[part][: len(self.value[part])]

    def at(
        self, part: int, masses: Float[np.ndarray, "K N"]
    ) -> tuple[Float[np.ndarray, " K"], np.ndarray, np.ndarray]:
        """The upper end at beliefs of a part, or at multiples of beliefs.

        Args:
            part: where they lie.
            masses: `[K, N]`.

        Returns:
            `[K]`, the end; `[K]`, the point it is interpolated from; `[K]`, that point's weight.

        Raises:
            Nothing.

        Source: Hauskrecht 2000
        """
        # Points that came since the last sweep have no value yet.
        drop, low, inverse = self._sheet(part)
        base = masses @ self._corners(part)
        point, weight = np.zeros(len(masses), dtype=np.int64), np.zeros(len(masses))
        if low.size:
            width = max(1, _CHUNK // low.size)
            for first in range(0, len(masses), width):
                some = masses[first : first + width]
                ratio = np.full((len(some), low.size), np.inf)
                with np.errstate(invalid="ignore"):
                    # 0 times infinity is no number, and fmin passes over it. State by state this is
                    # ten times as fast as one reduction over all.
                    for mass, over in zip(some.T, inverse, strict=True):
                        np.fmin(ratio, mass[:, None] * over, out=ratio)
                best = np.argmin(ratio * drop[low], axis=1)
                point[first : first + width] = low[best]
                weight[first : first + width] = ratio[np.arange(len(best)), best]
        return base + weight * drop[point], point, weight

    def sweep(self, close: float) -> None:
        """Lower every point.

        Args:
            close: the change per step at which to stop.

        Returns:
            Nothing.

        Raises:
            Nothing.

        Source: Hauskrecht 2000, with the interpolation fixed and solved.
        """
        for part, at in enumerate(self.points.at):
            ends = self.at(part, at[len(self.value[part]) :])[0]
            self.value[part] = np.concatenate([self.value[part], ends])
            self._sheets.pop(part, None)
        begin = starts([len(at) for at in self.points.at])
        actions, total = len(self.parts.pomdp.actions), int(begin[-1])
        base = np.empty((actions, total))
        rows, columns, weights = [], [], []
        for action in range(actions):
            for part in range(len(self.points.at)):
                own = np.arange(begin[part], begin[part + 1])
                base[action, own], parts = self._ahead(part, action, self.points.at[part])
                for goal, point, weight in parts:
                    rows.append(action * total + own)
                    columns.append(begin[goal] + point)
                    weights.append(weight)
        entries = np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))
        flow = sp.csr_array(entries, shape=(actions * total, total))
        flow.eliminate_zeros()
        self._solve(base, flow, begin, close)

    def prefers(self, part: int, beliefs: Float[np.ndarray, "K N"]) -> Int[np.ndarray, " K"]:
        """The best action by one step ahead.

        Args:
            part: where the beliefs lie.
            beliefs: `[K, N]`.

        Returns:
            `[K]`.

        Raises:
            Nothing.

        Source: Smith & Simmons 2004.
        """
        q = []
        for action in range(len(self.parts.pomdp.actions)):
            value, parts = self._ahead(part, action, beliefs)
            q.append(value + sum(w * self._drop(goal)[point] for goal, point, w in parts))
        return np.argmax(q, axis=0)

    def _ahead(
        self, part: int, action: int, at: np.ndarray
    ) -> tuple[np.ndarray, list[tuple[int, np.ndarray, np.ndarray]]]:
        """What an action is worth by corners alone `[K]`, and where else it draws from."""
        step, g = self.parts.steps[part][action], self._g
        mass, value, found = at @ step.flow, at @ step.reward, []
        for outcome in step.outcomes:
            there = spread(outcome, mass, self.parts.sizes[outcome.part])
            value = value + g * there @ self._corners(outcome.part)
            _, point, weight = self.at(outcome.part, there)
            found.append((outcome.part, point, g * weight))
        return value, found

    @property
    def _g(self) -> float:
        return self.parts.pomdp.discount

    def _solve(self, base: np.ndarray, flow: sp.csr_array, begin: np.ndarray, close: float) -> None:
        """Solve what is left once it is fixed which points are drawn from."""
        plane = np.concatenate([at @ self._corners(part) for part, at in enumerate(self.points.at)])
        drop = np.concatenate([self._drop(part) for part in range(len(self.points.at))])
        q = base
        for _ in range(_ROUNDS):
            q = base + (flow @ drop).reshape(base.shape)
            after = np.minimum(drop, q.max(axis=0) - plane)
            move, drop = float((drop - after).max()), after
            if move * self._g <= close * (1.0 - self._g):
                break
        for part, (a, b) in enumerate(itertools.pairwise(begin)):
            value = plane[a:b] + drop[a:b]
            at, count = self.points.at[part], self.parts.sizes[part]
            self.value[part] = np.minimum(value, at @ value[:count])
            self.action[part] = np.argmax(q[:, a:b], axis=0)
        self._sheets.clear()
