"""The report's charts: which numbers of a snapshot are drawn where.

Guarantee: a chart's numbers are those of the snapshot, and each is written as `explain` writes it.
"""

from __future__ import annotations

import math

from corrigible.view import explain
from corrigible.view.bars import Row, rows
from corrigible.view.charts import Axis, Line, Panel, panels
from corrigible.view.frame import both
from corrigible.view.markup import Child, Markup, el, join
from corrigible.view.picture import Picture
from corrigible.view.snapshot import (
    Clock,
    Ends,
    Failure,
    Judged,
    LedgerView,
    Snapshot,
    TruthView,
)
from corrigible.view.svg import draw_level, drawn_glyphs, key_icon, true_goals, true_icon

MAP = "map"
_UNIT = "reward units"
_LOGARITHMIC_FROM = 20.0
_NOTHING = 1e-12
_ICONS = 8


def level_picture(snapshot: Snapshot) -> Markup | None:
    """The level.

    Args:
        snapshot: whose level.

    Returns:
        Its picture with a key; None for a graph of too many states. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    level = snapshot.level
    across = draw_level(level)
    if across is None:
        return None
    said = explain.picture(snapshot)
    if level.rows:
        use = el("use", href=f"#{MAP}", width=across.width, height=across.height)
        return join(
            [across.defined(MAP), _shown("level", across, level.name, said, use), _key(snapshot)]
        )
    upright = draw_level(level, upright=True) or across
    return both(
        lambda width, kind: _shown(
            f"level-{kind}",
            across if kind == "wide" else upright,
            level.name,
            said,
            (across if kind == "wide" else upright).base,
        )
    )


def _shown(ident: str, picture: Picture, name: str, said: str, inner: Child) -> Markup:
    return el(
        "svg",
        el("title", name, id=f"{ident}-title"),
        el("desc", said, id=f"{ident}-desc"),
        inner,
        role="img",
        aria_labelledby=f"{ident}-title",
        aria_describedby=f"{ident}-desc",
        viewBox=f"0 0 {picture.width:g} {picture.height:g}",
        width=picture.width,
        height=picture.height,
        class_="level",
    )


def _key(snapshot: Snapshot) -> Markup:
    level = snapshot.level
    alike: dict[str, list[Markup]] = {}
    for glyph in drawn_glyphs(level):
        if glyph.kind not in ("plain", "wall") or glyph.start:
            alike.setdefault(explain.glyph(level, glyph), []).append(key_icon(glyph))
    items = [
        el("li", el("span", *icons[:_ICONS], class_="icons"), el("span", said))
        for said, icons in alike.items()
    ]
    if true_goals(level):
        items.append(el("li", true_icon(), el("span", "what truly pays; only the judge knows")))
    return el("ul", *items, class_="key level")


def judged_chart(snapshot: Snapshot) -> Markup | None:
    """The margins of the states that were judged.

    Args:
        snapshot: with its certificate.

    Returns:
        The chart; None where fewer than two were. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    certificate, level = snapshot.certificate, snapshot.level
    judged = (certificate.worst, *certificate.others)[:12]
    if len(judged) < 2:
        return None
    lines = [row for row in (_margin_row(level.labels, one) for one in judged) if row is not None]
    title = "The margin at every state that was judged"
    return rows("judged", title, explain.verdicts(snapshot), lines, _UNIT)


def _margin_row(labels: tuple[str, ...], one: Judged) -> Row | None:
    point = _middle(one.margin)
    if one.state is None or one.margin is None or point is None:
        return None
    low, high = one.margin
    kind = {"keeps": "plus", "disables": "minus"}.get(one.verdict, "quiet")
    return Row(labels[one.state], one.verdict, None, point, low, high, kind)


def ledger_chart(snapshot: Snapshot, ledger: LedgerView) -> Markup:
    """The margin as a sum, each part beginning where the one before it ended.

    Args:
        snapshot: for the words.
        ledger: of the certificate.

    Returns:
        The chart. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    lines: list[Row] = []
    at = 0.0
    for name in ("direct", "path", "information", "control"):
        part = getattr(ledger, name)
        kind = "quiet" if abs(part) <= _NOTHING else "minus" if part < 0 else "plus"
        lines.append(Row(name, explain.number(part), at, at + part, kind=kind))
        at += part
    margin = snapshot.certificate.worst.margin or (None, None)
    shown = explain.number(ledger.total)
    lines.append(Row("margin", shown, 0.0, ledger.total, *margin, kind="total"))
    return rows("ledger-chart", "The ledger", explain.ledger(snapshot), lines, _UNIT)


def clock_chart(snapshot: Snapshot, clock: Clock) -> Markup:
    """The deference clock.

    Args:
        snapshot: for the words.
        clock: its points.

    Returns:
        Three panels over the number of corrections. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    points = clock.points
    margin = _line("margin", [p.margin for p in points], "first")
    information = _line("information", [_same(p.information) for p in points], "second")
    vpi = _line("VPI", [_same(p.vpi) for p in points], "third")
    bribe = _line("bribe", [p.bribe for p in points], "against")
    rewards = _line("H(R)", [_same(p.reward_entropy) for p in points], "third")
    policies = _line("H(π*)", [_same(p.policy_entropy) for p in points], "first")
    worth = [margin, information, vpi]
    if clock.histories > 1:
        mean = [_same(p.mean) for p in points]
        worth.insert(1, _line(f"mean of {clock.histories}", mean, "mean"))
    charts = [Panel(f"What the overseer is worth, {_UNIT}", tuple(worth), 190.0)]
    if any(p.bribe is not None for p in points):
        charts.append(Panel(f"The bribe that would silence it, {_UNIT}", (bribe,), 90.0))
    charts.append(Panel("What is still unknown, nats", (rewards, policies), 110.0))
    label = explain.crossing(clock)
    axis = Axis(
        "corrections heard",
        tuple(_place(p.corrections) for p in points),
        tuple(str(p.corrections) for p in points),
        None if clock.crossing is None or not label else (_place(clock.crossing), label),
    )
    return panels("clock-chart", "The deference clock", explain.clock(snapshot), charts, axis)


def _place(corrections: int) -> float:
    """Doublings are evenly spaced, and none at all has a place too."""
    return math.log2(1 + corrections)


def truth_chart(snapshot: Snapshot, truth: TruthView) -> Markup | None:
    """The margin that the agent believes in, over the one that there is.

    Args:
        snapshot: for the words.
        truth: both margins.

    Returns:
        The chart; None where there is nothing to compare. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    believed, true = truth.believed_margin, truth.true_margin
    point = _middle(true)
    if believed is None or true is None or point is None:
        return None
    lines = [
        Row("believed", explain.number(believed), None, believed, kind="plus"),
        Row("true", explain.ends(true), None, point, *true, kind="quiet"),
    ]
    return rows("truth-chart", "Believed and true", explain.truth(snapshot), lines, _UNIT)


def failure_chart(snapshot: Snapshot, failure: Failure) -> Markup:
    """The margin over the number that makes it fail.

    Args:
        snapshot: for the words.
        failure: its points.

    Returns:
        The chart. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    points = failure.points
    lines = [_line("believed", [p.believed for p in points], "first")]
    if any(p.true is not None for p in points):
        lines.append(_line("true", [p.true for p in points], "against"))
    if any(p.compare is not None for p in points):
        lines.append(_line("if it only advised", [p.compare for p in points], "third"))
    places = [p.x for p in points]
    known = [x for x in places if x > 0]
    doubling = len(known) == len(places) > 1 and max(known) > _LOGARITHMIC_FROM * min(known)

    def at(x: float) -> float:
        return math.log2(x) if doubling else x

    names = tuple(explain.number(x) for x in places) if doubling else None
    boundary = _middle(failure.boundary)
    mark = None
    if boundary is not None and min(places) <= boundary <= max(places):
        mark = (at(boundary), f"boundary at {explain.ends(failure.boundary)}")
    axis = Axis(explain.failure_axis(failure), tuple(at(x) for x in places), names, mark)
    charts = (Panel(f"Margin, {_UNIT}", tuple(lines), 150.0),)
    said = explain.failure(snapshot, failure)
    return panels(f"failure-{failure.kind}", failure.kind, said, charts, axis)


def _line(label: str, numbers: list[Ends | None], kind: str) -> Line:
    known = [(None, None) if n is None else n for n in numbers]
    return Line(label, tuple(n[0] for n in known), tuple(n[1] for n in known), kind)


def _same(number: float | None) -> Ends | None:
    return None if number is None else (number, number)


def _middle(number: Ends | None) -> float | None:
    if number is None or number[0] is None or number[1] is None:
        return None
    return number[0] / 2 + number[1] / 2
