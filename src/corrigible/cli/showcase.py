"""What `demo` shows: one level studied, as text for people; and the table of all levels.

Guarantee: every number and every sentence is the snapshot's and `explain`'s, so text and JSON
cannot disagree; lines fit into 100 columns and say the same without colour.
"""

from __future__ import annotations

import shlex
import textwrap
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from corrigible.cli.screen import bracket, number, table, working
from corrigible.cli.text import plain

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.view.snapshot import Clock, Failure, Snapshot, SweepPoint
    from corrigible.worlds.level import Level

LEVEL = "vault"
WIDTH = 100
_BELIEFS = 200
_LEAST_BUDGET = 0.05
_GAP = "  "
_NARROWEST = 80


def next_steps(level: str) -> tuple[tuple[str, str], ...]:
    """What to type next.

    Args:
        level: as it was asked for.

    Returns:
        (command, what it does) pairs. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    word = shlex.quote(level)
    return (
        (f"corrigible certify {word} --report", "as a page, with pictures"),
        (f"corrigible run {word} --overseer human", "be the hand yourself"),
        ("corrigible init mine.toml", "write a level of your own"),
    )


def show(screen: Console, snapshot: Snapshot, level: str) -> None:
    """Print a studied level.

    Args:
        screen: where.
        snapshot: what was computed.
        level: as it was asked for.

    Returns:
        Nothing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    for line in lines(snapshot, max(_NARROWEST, min(WIDTH, screen.width)), level):
        screen.print(line, soft_wrap=True)


def lines(snapshot: Snapshot, width: int = WIDTH, level: str = LEVEL) -> Iterator[str]:
    """A studied level as text.

    Args:
        snapshot: what was computed.
        width: of the longest line; tables of numbers may need 80.
        level: as it was asked for.

    Returns:
        An iterator over lines. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    from corrigible.view import explain

    yield from _wrapped(" ".join(explain.question()), width)
    yield from _level(snapshot, width)
    yield from _headed("The answer in two sentences")
    for sentence in explain.answer(snapshot):
        yield from _wrapped(sentence, width)
    yield from _headed("Who keeps its overseer?")
    yield from _agents(snapshot, width)
    yield from _wrapped(explain.agents(snapshot), width)
    yield from _headed("What is the margin made of?")
    yield from _wrapped(explain.ledger(snapshot), width)
    yield from _headed("What would one have to pay it?")
    yield from _wrapped(explain.bribes(snapshot), width)
    yield from _headed("When does it fail, on the same level?")
    yield from _wrapped(explain.failures(snapshot), width)
    if snapshot.clock is not None:
        yield from _step("Corrections, one after another.", explain.clock(snapshot), width)
        yield from _clock(snapshot.clock)
        yield from _wrapped(explain.clock_key(snapshot.clock), width)
    for failure in snapshot.failures:
        yield from _step(
            f"{explain.failure_title(failure)}.", explain.failure(snapshot, failure), width
        )
        yield from _failure(failure, width)
    if snapshot.missing:
        yield from _wrapped(explain.missing(snapshot), width)
    yield from _headed("Go on with (in a checkout, ./run in place of corrigible)")
    steps = next_steps(level)
    longest = max(len(command) for command, _ in steps)
    for command, what in steps:
        yield f"  {command:<{longest}}   {what}"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(plain(text), width)


def _headed(title: str) -> tuple[str, ...]:
    return "", title, "-" * len(title)


def _step(title: str, sentence: str, width: int) -> list[str]:
    return ["", *_wrapped(f"{title} {sentence}", width)]


def _level(snapshot: Snapshot, width: int) -> Iterator[str]:
    from corrigible.view import explain

    level = snapshot.level
    rows = [plain(row) for row in level.rows]
    margin = max((len(row) for row in rows), default=0) + 6
    said = [
        *textwrap.wrap(f"Level {plain(level.name)}. {plain(level.description)}", width - margin),
        *textwrap.wrap(plain(explain.level(snapshot)), width - margin),
    ]
    yield ""
    for index in range(max(len(rows), len(said))):
        row = rows[index] if index < len(rows) else ""
        text = said[index] if index < len(said) else ""
        yield f"  {row:<{margin - 4}}  {text}".rstrip()


def _agents(snapshot: Snapshot, width: int) -> Iterator[str]:
    from corrigible.view import explain

    heads = ("agent", "verdict", "margin", "presses", "regret")
    rows = [
        (
            row.agent,
            row.verdict,
            explain.ends(row.margin),
            explain.ends(row.presses),
            explain.regret(row),
        )
        for row in snapshot.agents
    ]
    reasons = [explain.agent(snapshot, row) for row in snapshot.agents]
    yield from _columns(heads, rows, reasons, width)


def _clock(clock: Clock) -> Iterator[str]:
    from corrigible.view import explain

    heads = (
        "corrections",
        "margin",
        "information",
        "VPI",
        "bribe",
        "mean",
        "above 0",
    )
    rows = [
        (
            str(point.corrections),
            explain.ends(point.margin),
            explain.number(point.information),
            explain.number(point.vpi),
            explain.ends(point.bribe),
            explain.number(point.mean),
            explain.number(point.kept),
        )
        for point in clock.points
    ]
    yield from _columns(heads, rows)


def _failure(failure: Failure, width: int) -> list[str]:
    """x across, margins below; points far from the one that is shown go where there is no room."""
    points = list(failure.points)
    while True:
        found = _across(failure.kind, points)
        if max(len(line) for line in found) <= width or len(points) == 1:
            return found
        at = next((i for i, p in enumerate(points) if p.x == failure.shown), 0)
        points.pop(-1 if len(points) - 1 - at >= at else 0)


def _across(kind: str, points: Sequence[SweepPoint]) -> list[str]:
    from corrigible.view import explain

    heads = {
        "bonus": ("bonus", "margin"),
        "rationality": ("true rationality", "believed margin", "true margin"),
        "overrides": ("rate", "margin, overriding", "margin, advising"),
    }[kind]
    others = [point.true if kind == "rationality" else point.compare for point in points]
    rows = [
        [explain.number(point.x) for point in points],
        [explain.ends(point.believed) for point in points],
        [explain.ends(other) for other in others],
    ]
    first = max(len(head) for head in heads)
    sizes = [max(len(row[i]) for row in rows) for i in range(len(points))]
    return [
        f"  {head:<{first}}{_GAP}"
        + _GAP.join(f"{cell:>{size}}" for cell, size in zip(row, sizes, strict=True))
        for head, row in zip(heads, rows, strict=False)
    ]


def _columns(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    reasons: Sequence[str] = (),
    width: int = WIDTH,
) -> Iterator[str]:
    """Columns of numbers and, where there are reasons, why in the room that is left."""
    widths = [max(len(head), *(len(row[i]) for row in rows)) for i, head in enumerate(heads)]
    left = {i for i, head in enumerate(heads) if head in ("agent", "verdict")}

    def line(cells: Sequence[str]) -> str:
        return "  " + _GAP.join(
            f"{cell:<{size}}" if i in left else f"{cell:>{size}}"
            for i, (cell, size) in enumerate(zip(cells, widths, strict=True))
        )

    head = line(heads)
    yield f"{head}{_GAP}why" if reasons else head
    for index, row in enumerate(rows):
        room = width - len(head) - len(_GAP)
        parts = textwrap.wrap(plain(reasons[index]), room) if reasons else [""]
        yield f"{line(row)}{_GAP}{parts[0]}".rstrip()
        for part in parts[1:]:
            yield f"{'':<{len(head)}}{_GAP}{part}"


def cases(
    levels: Sequence[Level], tol: float | None, budget: float, quiet: bool
) -> list[dict[str, Any]]:
    """Certify and judge each level, a line each.

    Args:
        levels: which.
        tol: how far apart the ends of a bracket may stay, None for the planner's own.
        budget: seconds for planning all of them.
        quiet: show no progress.

    Returns:
        One entry a level. No arrays, no shapes.

    Raises:
        UserError: a level that cannot be planned.

    Source: this package.
    """
    found = []
    end = time.monotonic() + budget
    for index, level in enumerate(levels):
        share = max(_LEAST_BUDGET, (end - time.monotonic()) / (len(levels) - index))
        with working(f"certifying {level.name}", quiet):
            found.append(_case(level, tol, share))
    return found


def _case(level: Level, tol: float | None, budget: float) -> dict[str, Any]:
    from corrigible.planners.certify import certify

    began = time.monotonic()
    certificate = certify(level.problem, tol=tol, budget=budget)
    return {
        "level": level.name,
        "description": level.description,
        "verdict": certificate.verdict,
        "margin_lower": certificate.margin_lower,
        "margin_upper": certificate.margin_upper,
        "presses": _presses(level, began + budget - time.monotonic()),
        "seconds": time.monotonic() - began,
    }


def _presses(level: Level, budget: float) -> tuple[float, float] | None:
    """How likely its agent is to silence the overseer; None where no exact plan is in time."""
    from corrigible.errors import UserError
    from corrigible.planners.evaluate import evaluate
    from corrigible.planners.solve import solve

    if not level.truth.world.expected_disables.any():
        return 0.0, 0.0
    try:
        plan = solve(level.problem, method="exact", budget=max(budget, _LEAST_BUDGET))
    except UserError:
        return None
    return evaluate(plan, level.truth, cap=_BELIEFS).disabling_probability


def show_cases(screen: Console, cases: Sequence[dict[str, Any]]) -> None:
    """Print the table of all levels.

    Args:
        screen: where.
        cases: from `cases`.

    Returns:
        Nothing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    rows = [
        (
            case["level"],
            case["verdict"],
            bracket((case["margin_lower"], case["margin_upper"])),
            bracket(case["presses"] and [round(p, 3) for p in case["presses"]]),
            number(round(case["seconds"], 2)),
        )
        for case in cases
    ]
    screen.print(
        "Does an agent that learns its reward from corrections alone keep its overseer?\n"
        "margin: what keeping is worth over the best way to silence it, in reward units,\n"
        "before a first correction.\n"
        "presses: the probability that it silences its overseer itself, sooner or later;\n"
        "- where that is not worked out in the time for one level."
    )
    screen.print(table(["level", "verdict", "margin", "presses", "seconds"], rows))
