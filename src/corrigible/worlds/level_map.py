"""A level drawn as a map: `map = '''...'''` and its [legend].

`#` is a wall, `.` a plain cell, `@` a plain cell to start from; the legend adds glyphs or redefines
these. Common indentation, blank lines around the map and spaces behind its rows are no part of it.

Guarantee: a map that is accepted is a rectangle of known glyphs within 200x200.
"""

from __future__ import annotations

import re
from typing import NoReturn, cast, get_args

from corrigible.worlds.grid import MOVES, Cell, Grid, Kind
from corrigible.worlds.level_rules import Rules
from corrigible.worlds.level_table import Table, kind_of, quoted

MAX_SIDE = 200

DEFAULT = {"#": Cell("wall"), ".": Cell("plain"), "@": Cell("plain", start=True)}
_KEYS = {
    "plain": (),
    "wall": (),
    "goal": ("pays",),
    "press": ("pays", "disables", "restores"),
    "tile": ("pays", "disables", "restores"),
    "door": ("opens", "way"),
}
_MARGIN = re.compile(r"[ \t]*")


def read_map(root: Table, legend: Table, world: Table) -> Rules:
    """The rules of a level that has a map.

    Args:
        root: the level.
        legend: its legend.
        world: its [world] table, for the slip.

    Returns:
        The world's numbers and names; a state's label is "row,column".

    Raises:
        UserError: a map that is ragged, empty, too large or has an unknown glyph, or a legend
            entry that makes no sense.

    Source: this package.
    """
    cells = {**DEFAULT, **_read_legend(legend)}
    glyphs = _Map(root, cells).rows()
    slip = world.number("slip", 0.0, 0.0, 1.0, "a probability")
    grid = Grid(tuple(tuple(cells[g] for g in row) for row in glyphs), slip)
    if not grid.cells:
        root.fail("map", "the map has no cell that is no wall")
    groups: dict[str, list[int]] = {}
    for state, (r, c) in enumerate(grid.cells):
        groups.setdefault(glyphs[r][c], []).append(state)
    goals = grid.goals
    at = [grid.rows[r][c] for r, c in grid.cells]
    return Rules(
        transition=grid.transition,
        disables=grid.disables,
        restores=grid.restores,
        pays=grid.pays,
        labels=tuple(f"{r},{c}" for r, c in grid.cells),
        actions=grid.action_names,
        cells=grid.cells,
        state_at=grid.state_at,
        starts=tuple(s for s, cell in enumerate(at) if cell.start),
        goals=goals,
        goal_pays=tuple(at[s].goal or 0.0 for s in goals),
        groups={glyph: tuple(states) for glyph, states in groups.items()},
        rows=tuple(glyphs),
    )


def _read_legend(legend: Table) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for glyph, value in legend.data.items():
        if len(glyph) != 1 or glyph.isspace() or not glyph.isprintable():
            legend.fail(glyph, f"{quoted(glyph)} is not one visible character", at_key=True)
        if type(value) not in (str, dict):
            message = f"a glyph is a kind or a table with a kind, found {kind_of(value)}"
            legend.fail(glyph, message)
        cells[glyph] = _read_cell(legend, glyph)
    return cells


def _read_cell(legend: Table, glyph: str) -> Cell:
    kinds = get_args(Kind)
    usual = DEFAULT.get(glyph)
    if type(legend.data[glyph]) is str:
        entry = Table(legend.source, legend.keys, legend.data)
        kind = entry.text(glyph, choices=kinds)
        entry = Table(legend.source, (*legend.keys, glyph), {})
    else:
        entry = legend.table(glyph)
        kind = entry.text("kind", usual.kind if usual else None, kinds)
        common = {"wall": (), "goal": ("start",)}.get(kind, ("start", "goal"))
        entry.only("kind", *_KEYS[kind], *common)
    # A button that says neither disables nor restores is the usual one: it disables.
    silent = kind in ("press", "tile") and not (entry.has("disables") or entry.has("restores"))
    way = entry.text("way", "any", (*MOVES, "any"))
    return Cell(
        kind=cast(Kind, kind),
        pays=0.0 if kind == "goal" else entry.number("pays", 0.0),
        disables=entry.number("disables", float(silent), 0.0, 1.0, "a probability"),
        restores=entry.number("restores", 0.0, 0.0, 1.0, "a probability"),
        opens=entry.number("opens", 1.0, 0.0, 1.0, "a probability"),
        way=None if way == "any" else way,
        start=entry.truth_value("start", bool(usual and usual.start and kind != "wall")),
        goal=_goal(entry, kind),
    )


def _goal(entry: Table, kind: str) -> float | None:
    if kind == "goal":
        return entry.number("pays", 1.0)
    return entry.number("goal") if entry.has("goal") else None


class _Map:
    """The map's rows, and where each of their glyphs stands in the file."""

    def __init__(self, root: Table, cells: dict[str, Cell]) -> None:
        self.root = root
        self.cells = cells
        self.lines = root.text("map").split("\n")
        inked = [i for i, line in enumerate(self.lines) if line.strip(" \t")]
        self.first = inked[0] if inked else 0
        self.last = inked[-1] + 1 if inked else 0
        margins = [_MARGIN.match(self.lines[i]) for i in inked]
        self.indent = min((m.end() for m in margins if m is not None), default=0)

    def rows(self) -> list[str]:
        lines = self.lines[self.first : self.last]
        rows = [line[self.indent :].rstrip(" \t") for line in lines]
        if not rows:
            self.root.fail("map", "the map is empty; draw at least one cell")
        if len(rows) > MAX_SIDE:
            self.fail(MAX_SIDE, 0, f"the map has {len(rows)} rows; at most {MAX_SIDE} are accepted")
        width = len(rows[0])
        if width > MAX_SIDE:
            self.fail(0, MAX_SIDE, f"a row has {width} cells; at most {MAX_SIDE} are accepted")
        for r, row in enumerate(rows):
            for c, glyph in enumerate(row):
                if glyph not in self.cells:
                    self._unknown(r, c, glyph)
            if len(row) != width:
                message = f"ragged map: this row has {len(row)} cells, the first has {width}"
                self.fail(r, min(len(row), width), f"{message}; make them equally long")
        return rows

    def _unknown(self, row: int, column: int, glyph: str) -> NoReturn:
        if glyph in " \t":
            shown = "a tab" if glyph == "\t" else "a space"
            self.fail(row, column, f"{shown} is no cell; write . for a plain cell, # for a wall")
        known = " ".join(self.cells)
        self.fail(row, column, f"unknown glyph {quoted(glyph)}; the legend has {known}")

    def fail(self, row: int, column: int, message: str) -> NoReturn:
        source = self.root.source
        if ("map",) in source.flags:
            raise source.error(("map",), message)
        start = source.offset(("map",))
        quote = source.text[start : start + 3]
        triple = quote in ("'''", '"""')
        body = start + (3 if triple else 1)
        if triple and source.text[body : body + 1] == "\n":
            body += 1
        before = sum(len(line) + 1 for line in self.lines[: self.first + row])
        raw = "\n".join(self.lines)
        if source.text[body : body + len(raw)] != raw:
            # Escapes in the string: its characters are not where the map's are.
            raise source.error_at(start, message)
        raise source.error_at(body + before + self.indent + column, message)
