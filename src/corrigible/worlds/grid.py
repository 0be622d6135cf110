"""Grid rules: what a step on a map does. No drawing, no reward beyond what cells openly pay.

States are the cells that are no wall, numbered row by row. Actions, in order: up, right, down,
left, stay, and press where the map has a press cell.

- A move goes one cell in its direction with probability 1 - slip, and in each of the two
  perpendicular directions with probability slip/2. `stay` and `press` never slip. A move into a
  wall or off the map stays.
- A press cell acts when `press` is taken on it: it pays, turns the overseer's channel off with
  probability `disables` and on with probability `restores`. Elsewhere `press` is `stay`.
- A tile does the same when it is entered from another cell, chosen or slipped. Staying on it,
  or bumping into a wall beside it, does nothing.
- A door is a cell that is harder to enter: only by a step in the direction `way`, where it has
  one, and only with probability `opens`; who is not let in stays.
- A goal pays on every step taken there, whatever the action, and does not end anything. How much
  is the hypothesis' business: this module only knows where the goals are.

Guarantee: every row of the transition sums to one; `press` away from press cells, and `stay`, are
twins.

Source: Sutton & Barto 2018, section 3.5, for the moves; slip as in Russell & Norvig, chapter on
complex decisions; channels are this package's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int

MOVES = ("up", "right", "down", "left")
STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))
DENSE_STATES = 256

Kind = Literal["plain", "goal", "press", "tile", "door", "wall"]


@dataclass(frozen=True)
class Cell:
    """What a cell is.

    Args:
        kind: plain, goal, press, tile, door or wall.
        pays: press and tile: the reward for pressing or entering, known to everybody.
        goal: what a step taken there pays under the hypotheses that name the cell; None where
            none can. Any cell but a wall may be a goal besides what it is.
        disables: press and tile: the probability that acting turns the channel off.
        restores: press and tile: the probability that acting turns the channel on.
        opens: door: the probability that a step in gets in.
        way: door: the only direction that gets in; None for any.
        start: whether one may start here.

    Raises:
        Nothing.

    Source: this package.
    """

    kind: Kind = "plain"
    pays: float = 0.0
    disables: float = 0.0
    restores: float = 0.0
    opens: float = 1.0
    way: str | None = None
    start: bool = False
    goal: float | None = None


@dataclass(frozen=True)
class Grid:
    """A map of cells.

    Args:
        rows: equally long rows of cells.
        slip: the probability that a move goes sideways, in [0, 1].

    Raises:
        Nothing.

    Source: this package.
    """

    rows: tuple[tuple[Cell, ...], ...]
    slip: float = 0.0

    @cached_property
    def cells(self) -> tuple[tuple[int, int], ...]:
        """(row, column) of every state, from 0, walls counted.

        Returns:
            S pairs.

        Raises:
            Nothing.

        Source: this package.
        """
        return tuple(
            (r, c)
            for r, row in enumerate(self.rows)
            for c, cell in enumerate(row)
            if cell.kind != "wall"
        )

    @cached_property
    def state_at(self) -> Int[np.ndarray, "R C"]:
        """The state of every cell of the map.

        Returns:
            `[R, C]`, -1 for walls.

        Raises:
            Nothing.

        Source: this package.
        """
        table = np.full((len(self.rows), len(self.rows[0]) if self.rows else 0), -1)
        for state, (r, c) in enumerate(self.cells):
            table[r, c] = state
        return table

    @property
    def action_names(self) -> tuple[str, ...]:
        """The actions in order.

        Returns:
            A names: up right down left stay, and press where there is a press cell.

        Raises:
            Nothing.

        Source: this package.
        """
        return (*MOVES, "stay", "press") if self.having("press") else (*MOVES, "stay")

    def having(self, kind: Kind) -> tuple[int, ...]:
        """The states of one kind.

        Args:
            kind: of cell.

        Returns:
            Their numbers, ascending.

        Raises:
            Nothing.

        Source: this package.
        """
        return tuple(s for s, (r, c) in enumerate(self.cells) if self.rows[r][c].kind == kind)

    @property
    def goals(self) -> tuple[int, ...]:
        """The states that may be goals.

        Returns:
            Their numbers, ascending.

        Raises:
            Nothing.

        Source: this package.
        """
        return tuple(s for s, (r, c) in enumerate(self.cells) if self.rows[r][c].goal is not None)

    @cached_property
    def transition_matrix(self) -> sp.csr_array:
        """P(s'|s,a), row `s*A + a`.

        Returns:
            csr `[S*A, S]`, rows summing to one.

        Raises:
            Nothing.

        Source: this module's docstring.
        """
        count, actions = len(self.cells), len(self.action_names)
        attempts = [self._attempt(direction) for direction in range(4)]
        here = np.arange(count)
        turns = ((0, 1.0 - self.slip), (1, self.slip / 2), (3, self.slip / 2))
        rows, columns, values = [], [], []
        for action in range(actions):
            parts = [((here, np.ones(count)), 1.0)]
            if action < 4:
                parts = [(attempts[(action + turn) % 4], chance) for turn, chance in turns]
            for (target, enters), chance in parts:
                rows += [here * actions + action] * 2
                columns += [target, here]
                values += [enters * chance, (1.0 - enters) * chance]
        places = (np.concatenate(rows), np.concatenate(columns))
        shape = (count * actions, count)
        matrix = sp.csr_array((np.concatenate(values), places), shape=shape)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        return matrix

    def _attempt(self, direction: int) -> tuple[Int[np.ndarray, " S"], Float[np.ndarray, " S"]]:
        """Where one step in a direction leads, and the probability of getting in."""
        padded = np.pad(self.state_at, 1, constant_values=-1)
        dr, dc = STEPS[direction]
        where = np.array(self.cells, dtype=int).reshape(-1, 2) + 1
        target = padded[where[:, 0] + dr, where[:, 1] + dc]
        lets_in = np.array(
            [
                cell.opens if cell.way in (None, MOVES[direction]) else 0.0
                for cell in (self.rows[r][c] for r, c in self.cells)
            ]
        )
        enters = np.where(target >= 0, lets_in[np.maximum(target, 0)], 0.0)
        return np.where(target >= 0, target, np.arange(len(where))), enters

    @property
    def transition(self) -> Any:
        """P(s'|s,a), dense up to 256 states and sparse beyond.

        Returns:
            `[S, A, S]`, or csr `[S*A, S]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return self._shaped(self.transition_matrix)

    @property
    def disables(self) -> Any:
        """The probability that a step turns the channel off.

        Returns:
            `[S, A]` where no tile disables, else like `transition`: given s', too.

        Raises:
            Nothing.

        Source: this module's docstring.
        """
        return self._channel("disables")

    @property
    def restores(self) -> Any:
        """The probability that a step turns the channel on.

        Returns:
            Like `disables`; None where nothing restores.

        Raises:
            Nothing.

        Source: this module's docstring.
        """
        restoring = any(self.rows[r][c].restores > 0 for r, c in self.cells)
        return self._channel("restores") if restoring else None

    @cached_property
    def pays(self) -> Float[np.ndarray, "S A"]:
        """What press cells and tiles openly pay: the part of the reward that is no secret.

        Returns:
            `[S, A]`, expected over where the step leads; goals not included.

        Raises:
            Nothing.

        Source: this module's docstring.
        """
        count, actions = len(self.cells), len(self.action_names)
        total = np.zeros((count, actions))
        if self.having("press"):
            total[:, -1] = self._values("press", "pays")
        on_entry = self._values("tile", "pays")
        if on_entry.any():
            entering = self._entering()
            total += np.asarray(entering @ on_entry).reshape(count, actions)
        return total

    def _values(self, kind: Kind, name: str) -> Float[np.ndarray, " S"]:
        cells = (self.rows[r][c] for r, c in self.cells)
        return np.array([getattr(cell, name) if cell.kind == kind else 0.0 for cell in cells])

    def _entering(self) -> sp.csr_array:
        """The transition without the steps that stay where they are."""
        matrix = self.transition_matrix.tocoo()
        rows, columns = matrix.coords
        moved = rows // len(self.action_names) != columns
        return sp.csr_array(
            (matrix.data[moved], (rows[moved], columns[moved])), shape=self.transition_matrix.shape
        )

    def _channel(self, name: str) -> Any:
        count, actions = len(self.cells), len(self.action_names)
        by_action = np.zeros((count, actions))
        if self.having("press"):
            by_action[:, -1] = self._values("press", name)
        on_entry = self._values("tile", name)
        if not on_entry.any():
            return by_action
        steps = self._entering()
        steps.data = on_entry[steps.indices]
        rows = np.flatnonzero(by_action)
        # Pressing stays where it is, so the press entries never meet the entering ones.
        press = sp.csr_array((by_action.ravel()[rows], (rows, rows // actions)), shape=steps.shape)
        return self._shaped(sp.csr_array(steps + press))

    def _shaped(self, matrix: sp.csr_array) -> Any:
        count = len(self.cells)
        if count > DENSE_STATES:
            return matrix
        return matrix.toarray().reshape(count, len(self.action_names), count)
