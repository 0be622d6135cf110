"""What `demo` shows: one line for each level."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from corrigible.cli.screen import bracket, number, table, working

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.worlds.level import Level

_BELIEFS = 200
_LEAST_BUDGET = 0.05


def cases(
    levels: Sequence[Level], tol: float | None, budget: float, quiet: bool
) -> list[dict[str, Any]]:
    """Certify and play each level.

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
        share = max(0.05, (end - time.monotonic()) / (len(levels) - index))
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


def show(screen: Console, cases: Sequence[dict[str, Any]]) -> None:
    """Print the table.

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
