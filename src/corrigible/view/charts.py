"""Lines over one axis, in panels above each other, each line named where it ends.

Guarantee: nothing is drawn that the numbers do not say; where a number is missing the line breaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corrigible.view.frame import NARROW, WIDE, both, stroke, svg
from corrigible.view.markup import Child, Markup, el, join
from corrigible.view.scale import Scale, fitting, spanning, tick, width_of

_LETTER = 11.5
_GAP = 15.0


@dataclass(frozen=True)
class Line:
    """A line of a panel.

    Args:
        label: what it is, written at its end.
        low: `[N]` lower ends, None where there is no number.
        high: `[N]` upper ends.
        kind: a class: first, second, third or against.

    Raises:
        Nothing.

    Source: this package.
    """

    label: str
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    kind: str


@dataclass(frozen=True)
class Panel:
    """One of several charts above each other.

    Args:
        title: what is drawn, with its unit.
        lines: over the same N places.
        height: of the plot, in pixels.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    title: str
    lines: tuple[Line, ...]
    height: float = 150.0


@dataclass(frozen=True)
class Axis:
    """What the panels share.

    Args:
        title: what is counted, with its unit.
        places: `[N]` ascending numbers, where the points are drawn.
        names: `[N]`, what is written under them; None writes round numbers instead.
        mark: a place of note and what is written at it; None where there is none.

    Raises:
        Nothing.

    Source: this package.
    """

    title: str
    places: tuple[float, ...]
    names: tuple[str, ...] | None = None
    mark: tuple[float, str] | None = None


def panels(ident: str, title: str, desc: str, charts: Sequence[Panel], axis: Axis) -> Markup:
    """Lines above each other over one axis, each named where it ends.

    Args:
        ident: unique on the page.
        title: the chart's name.
        desc: what is to be seen, in words.
        charts: from above.
        axis: what they share.

    Returns:
        The chart at both widths. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Tufte 1990, chapter 4 (small multiples).
    """
    return both(lambda width, kind: _panels((f"{ident}-{kind}", title, desc), charts, axis, width))


def lone_panels(title: str, desc: str, charts: Sequence[Panel], axis: Axis) -> Markup:
    """The same as a file of its own.

    Args:
        title: the chart's name.
        desc: what is to be seen, in words.
        charts: from above.
        axis: what they share.

    Returns:
        An SVG with its style in it. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Tufte 1990, chapter 4 (small multiples).
    """
    return _panels(("chart", title, desc), charts, axis, WIDE, alone=True)


def _panels(
    names: tuple[str, str, str],
    charts: Sequence[Panel],
    axis: Axis,
    width: int,
    alone: bool = False,
) -> Markup:
    labels = [line.label for chart in charts for line in chart.lines]
    side = min(0.36 * width, max(width_of(label, _LETTER) for label in labels) + 14)
    left, right = 46.0, width - side
    across = spanning(axis.places, left + 4, right, zero=False, room=0.0)
    y = 20.0 if axis.mark is None else 40.0
    bottom = y + sum(chart.height + 46 for chart in charts) - 30
    parts: list[Child] = []
    if axis.mark is not None:
        parts.append(_mark(axis.mark, across, y, bottom, width))
    for chart in charts:
        parts += _panel(chart, across, y, axis.places)
        y += chart.height + 46
    parts.append(_below(axis, across, bottom, width))
    return svg(*names, (width, bottom + 42), *parts, alone=alone)


def _panel(chart: Panel, across: Scale, top: float, places: Sequence[float]) -> list[Child]:
    ends = [v for line in chart.lines for v in (*line.low, *line.high)]
    bottom = top + 14 + chart.height
    scale = spanning(ends, bottom, top + 18)
    left, right = across.start - 4, across.end
    parts: list[Child] = [el("text", chart.title, x=0, y=top + 4, class_="panel")]
    for value in scale.ticks(max(2, int(chart.height / 34))):
        y = scale.at(value)
        parts.append(stroke("zero" if value == 0 else "grid", left, y, right, y))
        parts.append(el("text", tick(value), x=left - 7, y=y + 4, class_="tick end"))
    spots: list[tuple[float, Line]] = []
    # Where lines agree the later ones, which are broken, lie on the first, which is not.
    for line in chart.lines:
        parts.append(_line(line, across, scale, places))
    for line in chart.lines:
        known = [_middle(lo, hi) for lo, hi in zip(line.low, line.high, strict=True)]
        last = next((v for v in reversed(known) if v is not None), None)
        if last is not None:
            spots.append((scale.at(last), line))
    for y, line in _apart(spots, bottom):
        label = fitting(line.label, 999, _LETTER)
        parts.append(el("text", label, x=right + 10, y=y + 4, class_=f"ending {line.kind}"))
    return parts


def _middle(low: float | None, high: float | None) -> float | None:
    return None if low is None or high is None else low / 2 + high / 2


def _line(line: Line, across: Scale, scale: Scale, places: Sequence[float]) -> Markup:
    """The line, the band between its ends, and a dot where a number is."""
    runs: list[list[tuple[float, float, float]]] = [[]]
    for x, low, high in zip(places, line.low, line.high, strict=True):
        if low is None or high is None:
            runs.append([])
        else:
            runs[-1].append((across.at(x), scale.at(low), scale.at(high)))
    parts: list[Child] = []
    for run in runs:
        middle = [(x, (low + high) / 2) for x, low, high in run]
        if any(abs(low - high) > 0.5 for _, low, high in run):
            around = [(x, high) for x, _, high in run] + [(x, low) for x, low, _ in run[::-1]]
            parts.append(el("polygon", points=_points(around), class_=f"band {line.kind}"))
        if len(run) > 1:
            parts.append(el("polyline", points=_points(middle), class_=f"line {line.kind}"))
        for x, y in middle:
            parts.append(el("circle", cx=x, cy=y, r=2.8, class_=f"point {line.kind}"))
    return join(parts)


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in places)


def _apart(spots: Sequence[tuple[float, Line]], bottom: float) -> list[tuple[float, Line]]:
    """The names' places, moved so that none covers another."""
    placed: list[tuple[float, Line]] = []
    for y, line in sorted(spots, key=lambda spot: spot[0]):
        placed.append((max(y, placed[-1][0] + _GAP) if placed else y, line))
    over = placed[-1][0] - bottom if placed else 0.0
    if over > 0:
        below = bottom + _GAP
        for index in range(len(placed) - 1, -1, -1):
            below = min(placed[index][0], below - _GAP)
            placed[index] = (below, placed[index][1])
    return placed


def _mark(mark: tuple[float, str], across: Scale, top: float, bottom: float, width: int) -> Markup:
    value, label = mark
    x = across.at(value)
    wide = width_of(label, _LETTER)
    # Beside the line where there is room, else as far to the left as it has to go.
    start = x - 4 if x - 4 + wide <= width else max(0.0, width - wide)
    return join(
        [
            stroke("mark", x, top - 20, x, bottom),
            el("text", fitting(label, width, _LETTER), x=start, y=top - 26, class_="marked"),
        ]
    )


def _below(axis: Axis, across: Scale, bottom: float, width: int) -> Markup:
    parts: list[Child] = []
    if axis.names is None:
        shown = [(across.at(v), tick(v)) for v in across.ticks(6 if width > NARROW else 3)]
    else:
        shown = [(across.at(v), n) for v, n in zip(axis.places, axis.names, strict=True)]
    last = -1e9
    for x, name in shown:
        half = width_of(name, _LETTER) / 2
        if x - half >= last + 5:
            parts.append(el("text", name, x=x, y=bottom + 16, class_="tick middle"))
            last = x + half
    parts.append(el("text", axis.title, x=across.start - 4, y=bottom + 35, class_="unit"))
    return join(parts)
