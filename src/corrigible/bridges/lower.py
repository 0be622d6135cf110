"""A lower end of a process's value: vectors, each linear in the belief.

At every point one vector, never above the optimum. A sweep chooses, at every point, the action and
the vectors to go on with that are best now; these choices are a finite controller, and the
controller is valued, not merely stepped.

Guarantee: no vector is above the optimum anywhere, up to the rounding of floating point.
"""

from __future__ import annotations

import itertools

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from corrigible.bridges.parts import Outcome, Step
from corrigible.bridges.points import Points, starts

_HINT = 1e-9
_ROUNDS = 2000


class Lower:
    """Vectors, one for every point and one for doing each action for ever.

    Args:
        points: the beliefs.

    Source: Smith & Simmons 2004; Hansen 1998, for valuing the controller.
    """

    def __init__(self, points: Points) -> None:
        self.points, self.parts = points, points.parts
        blind, pomdp = self.parts.blind(), self.parts.pomdp
        self.blind = [blind[:, states] for states in self.parts.states]
        self.blind.append((blind @ pomdp.start)[:, None])
        # Rows: every action for ever, then one for every point.
        self.rows = [
            np.concatenate([own, own[np.argmax(at @ own.T, axis=1)]])
            for own, at in zip(self.blind, points.at, strict=True)
        ]

    def at(self, part: int, masses: Float[np.ndarray, "K N"]) -> Float[np.ndarray, " K"]:
        """The lower end at beliefs of a part, or at multiples of beliefs.

        Args:
            part: where they lie.
            masses: `[K, N]`.

        Returns:
            `[K]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return (masses @ self.rows[part].T).max(axis=1)

    def sweep(self, close: float) -> None:
        """Improve every point.

        Args:
            close: how far from its value the controller may be left.

        Returns:
            Nothing.

        Raises:
            Nothing.

        Source: Hansen 1998; Pineau, Gordon & Thrun 2003
        """
        for part, (rows, at) in enumerate(zip(self.rows, self.points.at, strict=True)):
            fresh = at[len(rows) - len(self.blind[part]) :]
            best = rows[np.argmax(fresh @ rows.T, axis=1)]
            self.rows[part] = np.concatenate([rows, best])
        chosen = [self._choose(part) for part in range(len(self.rows))]
        valued = self._value(chosen, close)
        for part, at in enumerate(self.points.at):
            count = len(self.blind[part])
            old, stepped = self.rows[part], self._stepped(part, *chosen[part])
            every = np.concatenate([old, stepped, valued[part]])
            best = every[np.argmax(at @ every.T, axis=1)]
            self.rows[part] = np.concatenate([old[:count], best])

    def _choose(self, part: int) -> tuple[np.ndarray, list[np.ndarray]]:
        """The best action `[K]` at every point, and the row that each outcome goes on with."""
        at = self.points.at[part]
        # A trace of every state, so that outcomes that a point rules out go on sensibly too.
        at = (1.0 - _HINT) * at + _HINT / at.shape[1]
        worth = np.full((len(self.parts.steps[part]), len(at)), -np.inf)
        links = []
        for action, step in enumerate(self.parts.steps[part]):
            mass, value = at @ step.flow, at @ step.reward
            linked = np.zeros((len(step.outcomes), len(at)), dtype=np.int64)
            for number, outcome in enumerate(step.outcomes):
                ahead = self.rows[outcome.part][:, outcome.into]
                score = (mass[:, outcome.at] * outcome.chance) @ ahead.T
                linked[number] = np.argmax(score, axis=1)
                value = value + self._g * score.max(axis=1)
            worth[action] = value
            links.append(linked)
        return np.argmax(worth, axis=0), links

    @property
    def _g(self) -> float:
        return self.parts.pomdp.discount

    def _stepped(self, part: int, action: np.ndarray, links: list[np.ndarray]) -> np.ndarray:
        """One backup at every point, `[K, N]`."""
        found = np.empty((len(action), self.parts.sizes[part]))
        for number, step in enumerate(self.parts.steps[part]):
            some = np.flatnonzero(action == number)
            after = np.zeros((len(some), step.flow.shape[1]))
            for linked, outcome in zip(links[number], step.outcomes, strict=True):
                ahead = self.rows[outcome.part][linked[some]][:, outcome.into]
                after[:, outcome.at] += outcome.chance * ahead
            found[some] = step.reward + self._g * after @ step.flow.T
        return found

    def _value(
        self, chosen: list[tuple[np.ndarray, list[np.ndarray]]], close: float
    ) -> list[np.ndarray]:
        """What the controller of these choices is worth, `[K, N]` for every part, rounded down."""
        sizes, rows = self.parts.sizes, self.rows
        begin = starts([row.size for row in rows])
        reward = np.zeros(begin[-1])
        entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for part, (action, links) in enumerate(chosen):
            many = len(self.blind[part])
            for number, step in enumerate(self.parts.steps[part]):
                some = np.flatnonzero(action == number)
                own = np.append(many + some, number)
                place = begin[part] + own[:, None] * sizes[part] + np.arange(sizes[part])
                reward[place] = step.reward
                for linked, outcome in zip(links[number], step.outcomes, strict=True):
                    goal = np.append(linked[some], number)
                    entries.append(_entries(step, outcome, place, goal, begin, sizes))
        flow = sp.csr_array(
            (
                self._g * np.concatenate([entry[2] for entry in entries]),
                tuple(np.concatenate([entry[k] for entry in entries]) for k in (0, 1)),
            ),
            shape=(begin[-1], begin[-1]),
        )
        value, fall = np.concatenate([row.ravel() for row in rows]), 0.0
        for _ in range(_ROUNDS):
            after = reward + flow @ value
            fall, move = float((value - after).max()), float(np.abs(value - after).max())
            value = after
            if move * self._g <= close * (1.0 - self._g):
                break
        value -= max(0.0, fall) * self._g / (1.0 - self._g)
        return [
            value[a:b].reshape(-1, size)
            for (a, b), size in zip(itertools.pairwise(begin), sizes, strict=True)
        ]


def _entries(
    step: Step,
    outcome: Outcome,
    place: np.ndarray,
    goal: np.ndarray,
    begin: np.ndarray,
    sizes: list[int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and chance of every way from these nodes by this outcome."""
    block = step.flow[:, outcome.at] * outcome.chance
    own, other = np.nonzero(block)
    first = begin[outcome.part] + goal * sizes[outcome.part]
    rows = place[:, own]
    columns = first[:, None] + outcome.into[other]
    return rows.ravel(), columns.ravel(), np.tile(block[own, other], len(goal))
