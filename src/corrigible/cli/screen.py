"""Text for people: tables without markup, colour only where a terminal wants it.

Guarantee: NO_COLOR is honoured, nothing moves where there is no terminal, and text from files is
printed as text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from corrigible.cli.text import plain

_PIPE_WIDTH = 120
_ROUNDING = 1e-12


def console(stream: Any) -> Console:
    """A console that reads no markup.

    Args:
        stream: where it prints, a text stream.

    Returns:
        The console.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """
    screen = Console(file=stream, markup=False, emoji=False, highlight=False)
    if not screen.is_terminal:
        screen = Console(file=stream, markup=False, emoji=False, highlight=False, width=_PIPE_WIDTH)
    return screen


@contextmanager
def working(what: str, quiet: bool) -> Iterator[None]:
    """Say on stderr what is being waited for, on a terminal only.

    Args:
        what: for instance "planning".
        quiet: say nothing in any case.

    Returns:
        A context.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """
    screen = console(sys.stderr)
    if quiet or not screen.is_terminal:
        yield
        return
    with screen.status(plain(what)):
        yield


def pairs(rows: Iterable[tuple[str, Any]]) -> Table:
    """Names and values, one pair a line.

    Args:
        rows: (name, value).

    Returns:
        A table to print.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """
    grid = Table.grid(padding=(0, 2))
    for name, value in rows:
        grid.add_row(plain(name), plain(value))
    return grid


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> Table:
    """A plain table; numbers to the right.

    Args:
        columns: their heads.
        rows: as many values each.
        title: above the table.

    Returns:
        A table to print.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """
    body = [[plain(cell) for cell in row] for row in rows]
    drawn = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for index, name in enumerate(columns):
        numeric = bool(body) and all(_is_number(row[index]) for row in body)
        drawn.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in body:
        drawn.add_row(*row)
    return drawn


def number(value: float | None) -> str:
    """A number for people.

    Args:
        value: None where there is none.

    Returns:
        Six significant digits, 0 where only rounding is left, or a dash.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """
    if value is None:
        return "-"
    return f"{0.0 if abs(value) < _ROUNDING else value:.6g}"


def bracket(ends: Sequence[float | None] | None) -> str:
    """An interval for people.

    Args:
        ends: (lower, upper), or None.

    Returns:
        One number where the ends print alike.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """
    if ends is None:
        return "-"
    low, high = (number(end) for end in ends)
    return low if low == high else f"{low} to {high}"


def _is_number(text: str) -> bool:
    if text == "-":
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True
