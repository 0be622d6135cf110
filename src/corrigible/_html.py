"""A table as HTML, for objects that a notebook shows.

Guarantee: whatever the cells hold, they reach the page as text: every character that could end a
text or an attribute is escaped, and nothing is loaded, scripted or styled from elsewhere.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence

_ROUNDING = 1e-12
_RIGHT = ' style="text-align: right"'
_LEFT = ' style="text-align: left"'


def escape(value: object) -> str:
    """Text that HTML reads as text, in an element or between quotes.

    Args:
        value: anything; its `str` is meant.

    Returns:
        The same with `& < > " '` as entities. No arrays, no shapes.

    Raises:
        Nothing.

    Source: HTML Living Standard, section 13.1.4 (character references).
    """
    return html.escape(str(value), quote=True)


def cell(value: object) -> str:
    """A value for people, not yet escaped.

    Args:
        value: a number, a pair of ends, None, or anything with a `str`.

    Returns:
        Six significant digits, 0 where only rounding is left, "lower to upper", a dash for None.
        No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{0.0 if abs(value) < _ROUNDING else value:.6g}"
    if isinstance(value, tuple) and len(value) == 2:
        low, high = (cell(end) for end in value)
        return low if low == high else f"{low} to {high}"
    return str(value)


def table(
    caption: str, rows: Iterable[Sequence[object]], columns: Sequence[str] | None = None
) -> str:
    """A table of text; numbers to the right.

    Args:
        caption: what it shows.
        rows: as many values each.
        columns: their heads; without them the first value of a row is its head.

    Returns:
        One `<table>` element. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    head = "".join(f"<th{_LEFT}>{escape(name)}</th>" for name in columns or ())
    lines = [f"<table><caption{_LEFT}>{escape(caption)}</caption>"]
    if head:
        lines.append(f"<thead><tr>{head}</tr></thead>")
    lines.append("<tbody>")
    for row in rows:
        first = f"<th{_LEFT}>{escape(cell(row[0]))}</th>" if columns is None else _data(row[0])
        lines.append(f"<tr>{first}{''.join(_data(value) for value in row[1:])}</tr>")
    return "".join([*lines, "</tbody></table>"])


def _data(value: object) -> str:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return f"<td{_RIGHT if numeric else _LEFT}>{escape(cell(value))}</td>"
