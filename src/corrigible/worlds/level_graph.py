"""A level written as a graph: small worlds that are no map, such as a counterexample's.

    [graph]
    states = ["decide", "quiz", "end"]
    actions = ["keep", "press"]
    [graph.moves]                     # what is not listed stays where it is
    decide = "quiz"                   # whatever the action
    quiz = { keep = "end", press = { end = 0.5, quiz = 0.5 } }
    [graph.disables]                  # state -> action -> probability,
    decide = { press = 1.0 }          # or -> { next state = probability } for each
    [graph.pays]                      # the part of the reward that is no secret
    quiz = { keep = 1.0 }

"*" stands for every action that a state does not list.

Guarantee: the numbering is the order in which states and actions are listed.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from corrigible.worlds.grid import DENSE_STATES
from corrigible.worlds.level_rules import EVERY, Rules
from corrigible.worlds.level_table import Table, nearest, quoted

MAX_STATES = 40_000
MAX_ACTIONS = 1_000
MAX_PAIRS = 10**6


def read_graph(graph: Table) -> Rules:
    """The rules of a level that has a graph.

    Args:
        graph: its [graph] table.

    Returns:
        The world's numbers and names.

    Raises:
        UserError: unknown or repeated names, or probabilities that are none.

    Source: this package.
    """
    graph.only("states", "actions", "moves", "disables", "restores", "pays")
    labels, actions = _names(graph, "states", MAX_STATES), _names(graph, "actions", MAX_ACTIONS)
    if len(labels) * len(actions) > MAX_PAIRS:
        graph.fail("states", f"more than {MAX_PAIRS:,} pairs of state and action")
    bare = Rules(None, None, None, np.zeros((0, 0)), labels, actions)
    reader = _Reader(bare)
    transition = reader.shaped(reader.moves(graph.table("moves")))
    restores = reader.channel(graph.table("restores")) if graph.has("restores") else None
    return Rules(
        transition=transition,
        disables=reader.channel(graph.table("disables")),
        restores=restores,
        pays=bare.table_of(graph.table("pays"), "pays"),
        labels=labels,
        actions=actions,
        groups={label: (state,) for state, label in enumerate(labels)},
    )


def _names(graph: Table, key: str, most: int) -> tuple[str, ...]:
    names = graph.array(key, " of names")
    if not 1 <= len(names) <= most:
        graph.fail(key, f"{quoted(key)} has {len(names)} names; 1 to {most} are accepted")
    seen: set[str] = set()
    for i, name in enumerate(names):
        if type(name) is not str or not name or name == EVERY or not name.isprintable():
            graph.fail((key, i), f"a name in {quoted(key)} must be printable text and not '*'")
        if name in seen:
            graph.fail((key, i), f"{quoted(name)} is listed twice")
        seen.add(name)
    return tuple(names)


class _Reader:
    """Probabilities of (state, action, next state)."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.index = {label: state for state, label in enumerate(rules.labels)}
        width = len(rules.actions)
        self.targets: list[dict[int, float]] = [
            {row // width: 1.0} for row in range(len(self.index) * width)
        ]

    def moves(self, table: Table) -> sp.csr_array:
        width = len(self.rules.actions)
        for label in table.data:
            state = self._state(table, label)
            if type(table.data[label]) is str:
                only = {self.rules.state(table, label, table.data[label]): 1.0}
                self.targets[state * width : (state + 1) * width] = [only] * width
                continue
            by_action = table.table(label)
            for name in _every_first(by_action):
                spread = self._spread(by_action, name)
                for action in self._actions(by_action, name):
                    self.targets[state * width + action] = spread
        return self._matrix(self.targets)

    def _spread(self, table: Table, name: str) -> dict[int, float]:
        if type(table.data[name]) is str:
            return {self.rules.state(table, name, table.data[name]): 1.0}
        chances = self._chances(table.table(name))
        total = sum(chances.values())
        if abs(total - 1.0) > 1e-9:
            table.fail(name, f"the probabilities sum to {total:.9g}, not 1")
        return chances

    def _chances(self, table: Table) -> dict[int, float]:
        return {
            self._state(table, label): table.number((label,), None, 0.0, 1.0, "a probability")
            for label in table.data
        }

    def _state(self, table: Table, label: str) -> int:
        return self.rules.state(table, label, label, at_key=True)

    def _actions(self, table: Table, name: str) -> list[int]:
        if name == EVERY:
            return list(range(len(self.rules.actions)))
        if name not in self.rules.actions:
            hint = nearest(name, self.rules.actions, "actions")
            table.fail(name, f"no action is called {quoted(name)}{hint}", at_key=True)
        return [self.rules.actions.index(name)]

    def channel(self, table: Table) -> sp.csr_array | np.ndarray:
        states, width = len(self.index), len(self.rules.actions)
        by_action = np.zeros((states, width))
        by_target: dict[int, dict[int, float]] = {}
        for label in table.data:
            state = self._state(table, label)
            entry = table.table(label)
            for name in _every_first(entry):
                spread = type(entry.data[name]) is dict
                value = 0.0 if spread else entry.number((name,), None, 0.0, 1.0, "a probability")
                for action in self._actions(entry, name):
                    by_action[state, action] = value
                    by_target.pop(state * width + action, None)
                    if spread:
                        by_target[state * width + action] = self._chances(entry.table(name))
        if not by_target:
            return by_action
        flat = by_action.ravel().tolist()
        rows = [dict.fromkeys(to, p) if p else {} for to, p in zip(self.targets, flat, strict=True)]
        for row, chances in by_target.items():
            rows[row] = chances
        return self.shaped(self._matrix(rows))

    def _matrix(self, rows: list[dict[int, float]]) -> sp.csr_array:
        starts = np.cumsum([0, *(len(row) for row in rows)])
        columns = np.array([t for row in rows for t in row], dtype=np.int64)
        values = np.array([p for row in rows for p in row.values()], dtype=np.float64)
        return sp.csr_array((values, columns, starts), shape=(len(rows), len(self.index)))

    def shaped(self, matrix: sp.csr_array) -> sp.csr_array | np.ndarray:
        count, width = len(self.index), len(self.rules.actions)
        if count > DENSE_STATES:
            return matrix
        return matrix.toarray().reshape(count, width, count)


def _every_first(table: Table) -> list[str]:
    return sorted(table.data, key=lambda name: name != EVERY)
