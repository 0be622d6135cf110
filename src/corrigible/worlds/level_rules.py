"""What a level's world comes down to, whether it was drawn as a map or written as a graph.

Guarantee: every name in a level that stands for a state or an action is resolved here, and a name
that stands for nothing is a `UserError` that points at it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from corrigible.worlds.level_source import Keys
from corrigible.worlds.level_table import Table, kind_of, nearest, quoted

EVERY = "*"


@dataclass(frozen=True)
class Rules:
    """A world's numbers and names, before there is a discount.

    Args:
        transition: `[S, A, S]`, or csr `[S*A, S]`.
        disables: `[S, A]` or like `transition`.
        restores: like `disables`, or None.
        pays: `[S, A]`, the part of the reward that is no secret.
        labels: S names of states.
        actions: A names of actions.
        cells: (row, column) of every state; empty for a graph.
        state_at: `[R, C]`, -1 for walls; None for a graph.
        starts: states that the map marks as starts.
        goals: the goal cells' states.
        goal_pays: what each goal pays.
        groups: the states drawn with each glyph, or bearing each label.
        rows: the map's rows of glyphs; empty for a graph.

    Raises:
        Nothing.

    Source: this package.
    """

    transition: Any
    disables: Any
    restores: Any
    pays: Float[np.ndarray, "S A"]
    labels: tuple[str, ...]
    actions: tuple[str, ...]
    cells: tuple[tuple[int, int], ...] = ()
    state_at: Int[np.ndarray, "R C"] | None = None
    starts: tuple[int, ...] = ()
    goals: tuple[int, ...] = ()
    goal_pays: tuple[float, ...] = ()
    groups: dict[str, tuple[int, ...]] = field(default_factory=dict)
    rows: tuple[str, ...] = ()

    def state(self, table: Table, key: str | int | Keys, value: Any, at_key: bool = False) -> int:
        """The state that a value names: [row, column] on a map, else a label.

        Args:
            table: where the value stands.
            key: its key, for messages.
            value: as parsed.
            at_key: the name is the key itself, so errors point there.

        Returns:
            The state's index.

        Raises:
            UserError: it names no state: a wall, outside the map, no such label.

        Source: this package.
        """
        if self.state_at is not None and type(value) is list:
            return self._at(table, key, value)
        if type(value) is not str:
            wanted = "[row, column]" if self.state_at is not None else "a state's name"
            table.fail(key, f"a state is written as {wanted}, found {kind_of(value)}")
        state = self._index.get(value)
        if state is None:
            hint = nearest(value, self.labels, "states")
            table.fail(key, f"no state is called {quoted(value)}{hint}", at_key)
        return state

    def _at(self, table: Table, key: str | int | Keys, value: list[Any]) -> int:
        if len(value) != 2 or any(type(v) is not int for v in value):
            table.fail(key, "a cell is written as [row, column], two integers from 0")
        found = cell_state(self.state_at, value[0], value[1])
        if isinstance(found, str):
            table.fail(key, found)
        return found

    @cached_property
    def _index(self) -> dict[str, int]:
        return {label: state for state, label in enumerate(self.labels)}

    def table_of(self, table: Table, what: str) -> Float[np.ndarray, "S A"]:
        """Numbers for states, or for states and actions, from `{state = 1.0}` or
        `{state = {action = 1.0}}`; "*" stands for every state or action that is not named.

        Args:
            table: the numbers; its keys are labels.
            what: what they are, for messages.

        Returns:
            `[S, A]`, zero where nothing is said.

        Raises:
            UserError: an unknown state or action, or no finite number.

        Source: this package.
        """
        values = np.zeros((len(self.labels), len(self.actions)))
        index = self._index
        for label in sorted(table.data, key=lambda name: name != EVERY):
            if label != EVERY and label not in index:
                hint = nearest(label, self.labels, "states")
                message = f"{what}: no state is called {quoted(label)}{hint}"
                table.fail(label, message, at_key=True)
            rows = slice(None) if label == EVERY else index[label]
            if type(table.data[label]) is dict:
                values[rows] = self._by_action(table.table(label), what)
            else:
                values[rows] = table.number((label,))
        return values

    def _by_action(self, table: Table, what: str) -> Float[np.ndarray, " A"]:
        row = np.zeros(len(self.actions))
        for name in sorted(table.data, key=lambda name: name != EVERY):
            if name == EVERY:
                row[:] = table.number((name,))
            elif name in self.actions:
                row[self.actions.index(name)] = table.number((name,))
            else:
                hint = nearest(name, self.actions, "actions")
                message = f"{what}: no action is called {quoted(name)}{hint}"
                table.fail(name, message, at_key=True)
        return row

    def reward(self, table: Table, key: str) -> Float[np.ndarray, "S A"]:
        """A whole reward written as an array, `[S]` or `[S, A]`.

        Args:
            table: where it stands.
            key: its key.

        Returns:
            `[S, A]`.

        Raises:
            UserError: another length, or anything but finite numbers.

        Source: this package.
        """
        states, actions = len(self.labels), len(self.actions)
        rows = table.array(key, " of numbers")
        if len(rows) != states:
            table.fail(key, f"{quoted(key)} has {len(rows)} entries; the world has {states} states")
        values = np.zeros((states, actions))
        for s, row in enumerate(rows):
            if type(row) is not list:
                values[s] = table.number((key, s))
                continue
            if len(row) != actions:
                message = f"a row of {quoted(key)} has {len(row)} entries; there are {actions} "
                table.fail((key, s), f"{message}actions")
            values[s] = [table.number((key, s, a)) for a in range(actions)]
        return values


def cell_state(state_at: Int[np.ndarray, "R C"] | None, row: int, column: int) -> int | str:
    """The state at a cell of a map.

    Args:
        state_at: `[R, C]`, -1 for walls; None where there is no map.
        row: from 0.
        column: from 0.

    Returns:
        The state, or what is wrong in one line.

    Raises:
        Nothing.

    Source: this package.
    """
    if state_at is None:
        return "this level has no map; name the state instead"
    rows, columns = state_at.shape
    if not (0 <= row < rows and 0 <= column < columns):
        return (
            f"[{row}, {column}] is outside the map; rows go from 0 to {rows - 1}, columns from 0 "
            f"to {columns - 1}"
        )
    state = int(state_at[row, column])
    return state if state >= 0 else f"[{row}, {column}] is a wall; name a cell that is none"
