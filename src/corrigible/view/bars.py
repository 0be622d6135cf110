"""Bars and intervals in rows on one axis, their numbers in a column at the right.

Guarantee: the number written is the one given, and the bar ends where it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corrigible.view.frame import NARROW, WIDE, both, stroke, svg
from corrigible.view.markup import Child, Markup, el, join
from corrigible.view.scale import Scale, fitting, spanning, tick, width_of

_ROW, _BAR = 30.0, 13.0


@dataclass(frozen=True)
class Row:
    """A line of a chart of rows.

    Args:
        label: what it is.
        shown: its number, as it is written elsewhere on the page.
        start: where the bar begins; None for an interval with a dot in its middle.
        end: where the bar ends, or the dot is.
        low: the lower end of what is known; None where it has none.
        high: the upper end.
        kind: a class: plus, minus, total or quiet.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    label: str
    shown: str
    start: float | None
    end: float
    low: float | None = None
    high: float | None = None
    kind: str = "plus"


def rows(ident: str, title: str, desc: str, lines: Sequence[Row], unit: str) -> Markup:
    """Bars and intervals on one axis, a row each, their numbers at the right.

    Args:
        ident: unique on the page.
        title: the chart's name.
        desc: what is to be seen, in words.
        lines: from above; a bar that begins where another ended is joined to it.
        unit: of the axis.

    Returns:
        The chart at both widths. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return both(lambda width, kind: _rows((f"{ident}-{kind}", title, desc), lines, unit, width))


def lone_rows(title: str, desc: str, lines: Sequence[Row], unit: str) -> Markup:
    """The same as a file of its own, where no bar continues another.

    Args:
        title: the chart's name.
        desc: what is to be seen, in words.
        lines: from above.
        unit: of the axis.

    Returns:
        An SVG with its style in it. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return _rows(("chart", title, desc), lines, unit, WIDE, alone=True)


def _rows(
    names: tuple[str, str, str], lines: Sequence[Row], unit: str, width: int, alone: bool = False
) -> Markup:
    labels = min(0.34 * width, max((width_of(r.label) for r in lines), default=0.0) + 12)
    numbers = max(width_of(text) for text in (unit, *(r.shown for r in lines))) + 14
    ends = [v for r in lines for v in (r.start, r.end, r.low, r.high)]
    scale = spanning(ends, labels, width - numbers)
    bottom = _ROW * len(lines) + 6
    parts: list[Child] = [_upright(scale, bottom, width)]
    for index, row in enumerate(lines):
        parts += _row(scale, row, index * _ROW + _ROW / 2 + 3, labels, width)
        if index + 1 < len(lines) and row.start is not None and not alone:
            x = scale.at(row.end)
            y = index * _ROW + _ROW / 2 + 3
            parts.append(stroke("join", x, y, x, y + _ROW))
    parts.append(el("text", unit, x=width, y=bottom + 17, class_="unit end"))
    return svg(*names, (width, bottom + 24), *parts, alone=alone)


def _row(scale: Scale, row: Row, y: float, labels: float, width: int) -> list[Child]:
    parts: list[Child] = [
        el("text", fitting(row.label, labels - 6), x=0, y=y + 4, class_="name"),
        el("text", row.shown, x=width, y=y + 4, class_=f"number {row.kind}"),
    ]
    end = scale.at(row.end)
    if row.start is not None:
        start = scale.at(row.start)
        left, wide = min(start, end), max(abs(end - start), 1.5)
        bar = {"x": left, "y": y - _BAR / 2, "width": wide, "height": _BAR}
        parts.append(el("rect", **bar, rx=1.5, class_=f"bar {row.kind}"))
    if row.low is not None and row.high is not None and (row.start is None or row.low < row.high):
        low, high = scale.at(row.low), scale.at(row.high)
        ends = f"M{low:.2f} {y - 5:g}v10M{high:.2f} {y - 5:g}v10M{low:.2f} {y:g}H{high:.2f}"
        parts.append(el("path", d=ends, class_=f"whisker {row.kind}"))
    if row.start is None:
        parts.append(el("circle", cx=end, cy=y, r=4.5, class_=f"dot {row.kind}"))
    return parts


def _upright(scale: Scale, bottom: float, width: int) -> Markup:
    """The grid of a chart of rows, and the numbers under it."""
    marks = scale.ticks(6 if width > NARROW else 3)
    parts: list[Child] = []
    for value in marks:
        x = scale.at(value)
        parts.append(stroke("zero" if value == 0 else "grid", x, 0, x, bottom))
        parts.append(el("text", tick(value), x=x, y=bottom + 17, class_="tick middle"))
    return join(parts)
