"""What `demo` shows: one level studied, as text for people; and the table of all levels.

Guarantee: every number and every sentence is the snapshot's and `explain`'s, so text and JSON
cannot disagree; lines fit into 100 columns and say the same without colour.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from corrigible.cli.screen import bracket, number, table, working
from corrigible.cli.text import plain

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.view.snapshot import Clock, Failure, Snapshot
    from corrigible.worlds.level import Level

LEVEL = "vault"
WIDTH = 100
NEXT = (
    (f"corrigible certify {LEVEL} --report", "the same as a page, with pictures"),
    (f"corrigible run {LEVEL} --overseer human", "be the hand yourself"),
    ("corrigible init mine.toml", "write a level of your own"),
)
_BELIEFS = 200
_LEAST_BUDGET = 0.05
_GAP = "  "


def show(screen: Console, snapshot: Snapshot) -> None:
    """Print a studied level.

    Args:
        screen: where.
        snapshot: what was computed.

    Returns:
        Nothing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    for line in lines(snapshot):
        screen.print(line, soft_wrap=True)


def lines(snapshot: Snapshot) -> Iterator[str]:
    """A studied level as text.

    Args:
        snapshot: what was computed.

    Yields:
        Lines of at most 100 characters.

    Returns:
        An iterator over lines. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    from corrigible.view import explain

    yield from _wrapped(" ".join(explain.question()))
    yield from _level(snapshot)
    yield from _headed("The answer in two sentences")
    for sentence in explain.answer(snapshot):
        yield from _wrapped(sentence)
    yield from _headed("Who keeps its overseer?")
    yield from _agents(snapshot)
    yield from _wrapped(explain.agents(snapshot))
    yield from _headed("What is the margin made of?")
    yield from _wrapped(explain.ledger(snapshot))
    yield from _headed("What would one have to pay it?")
    yield from _wrapped(explain.bribes(snapshot))
    yield from _headed("When does it fail, on the same level?")
    yield from _wrapped(explain.failures(snapshot))
    if snapshot.clock is not None:
        yield from _step("Corrections, one after another.", explain.clock(snapshot))
        yield from _clock(snapshot.clock)
    for failure in snapshot.failures:
        yield from _step(f"{explain.failure_title(failure)}.", explain.failure(snapshot, failure))
        yield from _failure(failure)
    if snapshot.missing:
        yield from _wrapped(explain.missing(snapshot))
    yield from _headed("Go on with (in a checkout: ./run instead of corrigible)")
    width = max(len(command) for command, _ in NEXT)
    for command, what in NEXT:
        yield f"  {command:<{width}}   {what}"


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(plain(text), WIDTH, initial_indent=indent, subsequent_indent=indent)


def _headed(title: str) -> tuple[str, ...]:
    return "", title, "-" * len(title)


def _step(title: str, sentence: str) -> list[str]:
    return ["", *_wrapped(f"{title} {sentence}")]


def _level(snapshot: Snapshot) -> Iterator[str]:
    from corrigible.view import explain

    level = snapshot.level
    rows = [plain(row) for row in level.rows]
    margin = max((len(row) for row in rows), default=0) + 6
    said = [
        *textwrap.wrap(f"Level {plain(level.name)}. {plain(level.description)}", WIDTH - margin),
        *textwrap.wrap(plain(explain.level(snapshot)), WIDTH - margin),
    ]
    yield ""
    for index in range(max(len(rows), len(said))):
        row = rows[index] if index < len(rows) else ""
        text = said[index] if index < len(said) else ""
        yield f"  {row:<{margin - 4}}  {text}".rstrip()


def _agents(snapshot: Snapshot) -> Iterator[str]:
    from corrigible.view import explain

    heads = ("agent", "verdict", "margin", "presses", "regret")
    rows = [
        (
            row.agent,
            row.verdict,
            explain.ends(row.margin),
            explain.ends(row.presses),
            f"{'~' if row.sampled else ''}{explain.number(row.regret)}",
        )
        for row in snapshot.agents
    ]
    reasons = [explain.agent(snapshot, row) for row in snapshot.agents]
    yield from _columns(heads, rows, "why", reasons)


def _clock(clock: Clock) -> Iterator[str]:
    from corrigible.view import explain

    heads = (
        "corrections",
        "margin",
        "information",
        "worth of knowing",
        "bribe",
        "mean margin",
        "share above 0",
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


def _failure(failure: Failure) -> Iterator[str]:
    """x across, margins below."""
    from corrigible.view import explain

    names = {
        "bonus": ("bonus", "margin"),
        "rationality": ("true rationality", "believed margin", "true margin"),
        "overrides": ("rate", "margin, overriding", "margin, advising"),
    }[failure.kind]
    rows = [[explain.number(point.x) for point in failure.points]]
    rows.append([explain.ends(point.believed) for point in failure.points])
    if failure.kind == "rationality":
        rows.append([explain.ends(point.true) for point in failure.points])
    if failure.kind == "overrides":
        rows.append([explain.ends(point.compare) for point in failure.points])
    first = max(len(name) for name in names)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for name, row in zip(names, rows, strict=True):
        cells = _GAP.join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        yield f"  {name:<{first}}{_GAP}{cells}"


def _columns(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    last: str | None = None,
    texts: Sequence[str] = (),
) -> Iterator[str]:
    """Columns of numbers; where there is a last one, it is text and takes the room that is left."""
    widths = [max(len(head), *(len(row[i]) for row in rows)) for i, head in enumerate(heads)]
    left = {i for i, head in enumerate(heads) if head in ("agent", "verdict")}

    def line(cells: Sequence[str]) -> str:
        return "  " + _GAP.join(
            f"{cell:<{width}}" if i in left else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )

    head = line(heads)
    yield head if last is None else f"{head}{_GAP}{last}"
    room = WIDTH - len(head) - len(_GAP)
    for index, row in enumerate(rows):
        parts = textwrap.wrap(plain(texts[index]), room) if texts else [""]
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
