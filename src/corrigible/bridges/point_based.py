"""Any partially observable decision process, solved between two ends.

Beliefs are explored as heuristic search does: from the first belief, by the action that the upper
end prefers, towards where the ends are far apart in proportion to how often one gets there. All
points are then improved at once, see `corrigible.bridges.lower` and `corrigible.bridges.upper`.

Guarantee: lower <= optimum at the first belief <= upper whenever it stops, up to the rounding of
floating point; where finitely many beliefs can be reached, the ends meet. A call that goes on from
a checkpoint begins with the ends that were saved.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from corrigible.bibliography import cite
from corrigible.bridges.lower import Lower
from corrigible.bridges.parts import Parts
from corrigible.bridges.points import Points, spread
from corrigible.bridges.pomdp import Pomdp
from corrigible.bridges.upper import Upper
from corrigible.checkpoint import Checkpoint, digest
from corrigible.errors import UserError
from corrigible.threads import one_thread

_Way = tuple[int, np.ndarray, float, float]
_FRESH = 48
_STALLED = 6


@dataclass(frozen=True)
class PointBased:
    """What a process is worth from its first belief.

    Args:
        lower: the lower end.
        upper: the upper end.
        action: the first action that the upper end prefers.
        points: beliefs that were explored.
        sweeps: how often all of them were improved.
        seconds: time taken.

    Source: this package.
    """

    lower: float
    upper: float
    action: int
    points: int
    sweeps: int
    seconds: float

    @property
    def gap(self) -> float:
        """How far the ends are apart.

        Returns:
            upper - lower, no less than zero but for rounding.

        Raises:
            Nothing.

        Source: this package.
        """
        return self.upper - self.lower

    def cite(self) -> str:
        """The papers that this solver comes from.

        Returns:
            BibTeX, this package first. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return cite(solve_pomdp)


@dataclass
class Swept:
    """Where a sweep ended: for every part K points of N states, R vectors, V values.

    Args:
        counts: `[P, 3]`: K, R and V of every part.
        points: `[K, N]` of every part, end to end, as the rest.
        rows: `[R, N]`.
        value: `[V]`.
        action: `[V]`.
        sweeps: so far.
        still: sweeps since anything moved.
        gap: before this sweep.

    Source: this package.
    """

    counts: np.ndarray
    points: np.ndarray
    rows: np.ndarray
    value: np.ndarray
    action: np.ndarray
    sweeps: int = 0
    still: int = 0
    gap: float = np.inf

    @classmethod
    def of(cls, lower: Lower, upper: Upper, sweeps: int, still: int, gap: float) -> Swept:
        """What both ends hold.

        Args:
            lower: end.
            upper: end, of the same points.
            sweeps: see `Swept`.
            still: see `Swept`.
            gap: see `Swept`.

        Returns:
            See `Swept`.

        Raises:
            Nothing.

        Source: this package.
        """
        held = (lower.points.at, lower.rows, upper.value, upper.action)
        counts = np.array([[len(x) for x in part] for part in zip(*held[:3], strict=True)])
        points, rows, value, action = (np.concatenate([x.ravel() for x in parts]) for parts in held)
        return cls(counts, points, rows, value, action, sweeps, still, gap)

    def restore(self, lower: Lower, upper: Upper) -> None:
        """Give both ends what was held.

        Args:
            lower: end, of no points but the corners.
            upper: end, of the same points.

        Returns:
            Nothing.

        Raises:
            Nothing.

        Source: this package.
        """
        sizes = lower.parts.sizes

        def cut(flat: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
            return np.split(flat, np.cumsum(counts)[:-1])

        many, rows, valued = self.counts.T
        for part, points in enumerate(cut(self.points, many * sizes)):
            lower.points.add(part, list(points.reshape(-1, sizes[part])[sizes[part] :]))
        held = cut(self.rows, rows * sizes)
        lower.rows = [row.reshape(-1, size) for row, size in zip(held, sizes, strict=True)]
        upper.value, upper.action = cut(self.value, valued), cut(self.action, valued)


@one_thread
def solve_pomdp(
    pomdp: Pomdp,
    tol: float = 1e-3,
    budget: float = 60.0,
    checkpoint: str | Path | None = None,
) -> PointBased:
    """Bracket the optimum of a process at its first belief.

    Args:
        pomdp: arrays `[A, S, S]`, `[A, S, O]`, `[A, S]`, `[S]`; its discount below 1.
        tol: how close the ends are to come, in reward units.
        budget: seconds, looked at between sweeps.
        checkpoint: a file that an interrupted call goes on from, with any tol and budget; with the
            same tol the outcome is the same, bit for bit, if the budget was not reached.

    Returns:
        Both ends; they may be further apart than `tol` where the budget is over, or where nothing
        moves any more.

    Raises:
        UserError: a discount of 1, a tol or budget that is not positive, or a checkpoint of another
            process.

    Source: Smith & Simmons 2004, for the search between two ends; Hauskrecht 2000 and Hansen 1998,
        for the ends.
    """
    if not pomdp.discount < 1.0:
        raise UserError("discount is 1; the point-based solver needs one below 1")
    for name, value in (("tol", tol), ("budget", budget)):
        if not value > 0.0:
            raise UserError(f"{name} is {value}; it must be positive")
    began = time.monotonic()
    points = Points(Parts(pomdp))
    lower, upper = Lower(points), Upper(points)
    file = None if checkpoint is None else _file(pomdp, Path(checkpoint))
    saved = None if file is None else file.load()
    sweeps, still, gap = 0, 0, np.inf
    if saved is not None:
        saved.restore(lower, upper)
        sweeps, still, gap = saved.sweeps, saved.still, saved.gap
    while True:
        if saved is None:
            upper.sweep(0.01 * tol)
            lower.sweep(0.01 * tol)
            sweeps += 1
        saved, swept = None, partial(Swept.of, lower, upper, sweeps, still, gap)
        if file is not None:
            file.save_when_due(swept)
        low, high = float(lower.rows[-1].max()), float(upper.value[-1][0])
        moved, gap = gap - (high - low), high - low
        spent = time.monotonic() - began
        if gap <= tol or spent >= budget:
            break
        # Without new beliefs the ends may still move: other points may be better to draw from.
        still = 0 if _explore(points, lower, upper, tol) or moved > 1e-3 * tol else still + 1
        if still >= _STALLED:
            break
    if file is not None:
        file.save(swept())
    return PointBased(low, high, int(upper.action[-1][0]), points.total(), sweeps, spent)


def _file(pomdp: Pomdp, path: Path) -> Checkpoint:
    arrays = (pomdp.transition, pomdp.observation, pomdp.reward, pomdp.start)
    asked = digest(arrays, [str(pomdp.discount)])
    return Checkpoint(path, asked, Swept, "a process", "process")


def _explore(points: Points, lower: Lower, upper: Upper, tol: float) -> bool:
    """Add the beliefs whose excess weighs most; whether there were any."""
    g, spare = points.parts.pomdp.discount, max(_FRESH, points.total() // 4)
    ways: dict[int, list[list[_Way]]] = {}
    weight = {(len(points.at) - 1, 0): 1.0}
    front, before = dict(weight), points.total()
    while front and spare > 0:
        ahead: dict[tuple[int, int], float] = {}
        open_: list[tuple[float, float, int, np.ndarray]] = []
        for (part, index), mass in front.items():
            done = ways.setdefault(part, [])
            done += _follow(points, lower, upper, part, len(done))
            for goal, belief, chance, excess in done[index]:
                known, share = points.find(goal, belief), mass * g * chance
                if known is None:
                    open_.append((share * excess, share, goal, belief))
                elif (goal, known) not in weight and excess > 0.0:
                    ahead[goal, known] = ahead.get((goal, known), 0.0) + share
        open_ = [item for item in open_ if item[0] > 1e-6 * tol * (1.0 - g)]
        open_.sort(key=lambda item: -item[0])
        for _, share, goal, belief in open_[:spare]:
            for index in points.add(goal, [belief]):
                spare -= 1
                ahead[goal, index] = share
        for part in {part for part, _ in ahead}:
            fresh = points.at[part][len(upper.action[part]) :]
            chosen = upper.prefers(part, fresh)
            upper.action[part] = np.concatenate([upper.action[part], chosen])
        weight.update(ahead)
        front = ahead
    return points.total() > before


def _follow(points: Points, lower: Lower, upper: Upper, part: int, first: int) -> list[list[_Way]]:
    """What the preferred action leads to: (part, belief, chance, excess) for each point of a part.

    Only for points from `first` on; the upper end is what prefers.
    """
    at, actions = points.at[part][first:], upper.action[part][first:]
    found: list[list[_Way]] = [[] for _ in at]
    for action in np.unique(actions):
        own = np.flatnonzero(actions == action)
        step = points.parts.steps[part][int(action)]
        mass = at[own] @ step.flow
        for outcome in step.outcomes:
            there = spread(outcome, mass, points.parts.sizes[outcome.part])
            chance = there.sum(axis=1)
            some = np.flatnonzero(chance > 1e-12)
            beliefs = there[some] / chance[some, None]
            high, low = upper.at(outcome.part, beliefs)[0], lower.at(outcome.part, beliefs)
            for row, belief, excess in zip(some, beliefs, high - low, strict=True):
                way = (outcome.part, belief, float(chance[row]), float(excess))
                found[own[row]].append(way)
    return found
