"""Saved runs as JSON fields, and those fields as text.

Guarantee: text and JSON come from the same fields; the text fits 100 columns, says how much it
leaves out, and holds nothing of a level's own words that could steer a terminal.
"""

from __future__ import annotations

import datetime
import json
import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corrigible.cli.screen import bracket, number, pairs, table
from corrigible.cli.text import plain
from corrigible.store.differences import MISSING, Difference, Missing, differences, flatten

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.store import Entry

_WIDTH = 100
_ROWS = 40
_LONGEST = 44


def summary(entry: Entry) -> dict[str, Any]:
    """A run in short.

    Args:
        entry: from the ledger.

    Returns:
        What `runs list` shows of it. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    answer = entry.read_answer()
    outcome = answer.get("outcome") or {}
    return {
        "id": entry.id,
        "command": entry.command,
        "words": list(entry.words),
        "level": answer.get("level"),
        "agent": answer.get("agent"),
        "seed": entry.seed,
        "version": entry.version,
        "settings_hash": entry.key,
        "status": entry.status,
        "started": entry.started,
        "ended": entry.ended,
        "report": answer.get("report"),
        "verdict": answer.get("verdict"),
        "margin": [answer.get("margin_lower"), answer.get("margin_upper")],
        "return_mean": outcome.get("return_mean"),
        "regret_mean": outcome.get("regret_mean"),
    }


def whole(entry: Entry) -> dict[str, Any]:
    """A run in full.

    Args:
        entry: from the ledger.

    Returns:
        The summary with `settings` and `answer`. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return {
        **summary(entry),
        "settings": entry.read_settings(),
        "answer": entry.read_answer(),
    }


def compared(one: Entry, other: Entry) -> dict[str, Any]:
    """What differs between two runs.

    Args:
        one: from the ledger.
        other: likewise.

    Returns:
        `settings` (the command and the version of the package among them) and `answer`, each a
        list of what differs. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    settings = differences(_circumstances(one), _circumstances(other))
    answers = differences(one.read_answer(), other.read_answer(), deep=False)
    return {
        "settings": [_difference(d) for d in settings],
        "answer": [_difference(d) for d in answers],
    }


def show_list(screen: Console, fields: Mapping[str, Any]) -> None:
    """Print saved runs, the latest first.

    Args:
        screen: where.
        fields: of `runs list`.

    Returns:
        Nothing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    runs = fields["runs"]
    if not runs:
        screen.print(
            plain(f"nothing is saved in {fields['store']}; `corrigible run LEVEL` saves a run"),
            soft_wrap=True,
        )
        return
    rows = [
        (
            run["id"],
            _minute(run["ended"]),
            run["command"],
            _cut(run["level"] or "-", 20),
            run["seed"],
            run["settings_hash"][:8],
            _headline(run),
        )
        for run in runs[:_ROWS]
    ]
    heads = ["run", "ended (UTC)", "command", "level", "seed", "settings", "answer"]
    screen.print(table(heads, rows), width=_WIDTH)
    _rest(screen, len(runs))


def show_run(screen: Console, run: Mapping[str, Any]) -> None:
    """Print one saved run.

    Args:
        screen: where.
        run: from `whole`.

    Returns:
        Nothing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    rows = [
        ("run", run["id"]),
        ("command line", f"corrigible {shlex.join(run['words'])}"),
        ("ended", f"{_minute(run['ended'])} UTC, after {_took(run)}"),
        ("version", run["version"]),
        ("settings", run["settings_hash"]),
        ("exit status", run["status"]),
    ]
    if run["report"] is not None:
        rows.append(("report", run["report"]))
    screen.print(pairs(rows), width=_WIDTH)
    for name, deep in (("settings", True), ("answer", False)):
        values = list(flatten(run[name], deep).items())
        shown = [(_cut(key, _LONGEST), _cut(_value(v), _LONGEST)) for key, v in values[:_ROWS]]
        screen.print(table([name, ""], shown), width=_WIDTH)
        _rest(screen, len(values))


def show_comparison(screen: Console, fields: Mapping[str, Any]) -> None:
    """Print what differs between two saved runs.

    Args:
        screen: where.
        fields: of `runs compare`.

    Returns:
        Nothing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    names = []
    for run in fields["runs"]:
        names.append(f"run {run['id']}")
        said = (names[-1], run["command"], run["level"] or "-", _headline(run))
        screen.print("  ".join(plain(_cut(word, _LONGEST)) for word in said), width=_WIDTH)
    for name, found in fields["differences"].items():
        if not found:
            screen.print(f"{name}: no difference")
            continue
        rows = [
            (_cut(d["key"], 36), *(_cut(s, 22) for s in d["shown"]), number(d["change"]))
            for d in found[:_ROWS]
        ]
        screen.print(table([name, *names, "change"], rows), width=_WIDTH)
        _rest(screen, len(found))


def _circumstances(entry: Entry) -> dict[str, Any]:
    """The settings, and what else an answer may depend on."""
    return {"command": entry.command, "version": entry.version, **entry.read_settings()}


def _difference(found: Difference) -> dict[str, Any]:
    values = (found.left, found.right)
    shown = [_value(value) for value in values]
    if shown[0] == shown[1]:
        shown = [_exactly(value, other) for value, other in (values, values[::-1])]
    return {
        "key": found.key,
        "values": [None if isinstance(v, list | dict | Missing) else v for v in values],
        "shown": shown,
        "change": found.change,
    }


def _value(value: Any) -> str:
    if value is MISSING:
        return "absent"
    if isinstance(value, float):
        return number(value) if math.isfinite(value) else str(value)
    if isinstance(value, list | dict):
        return {0: "none", 1: "1 entry"}.get(len(value), f"{len(value)} entries")
    if isinstance(value, bool):
        return json.dumps(value)
    return "-" if value is None else plain(value)


def _exactly(value: Any, other: Any) -> str:
    """A value that must not look like another one."""
    if isinstance(value, list) and isinstance(other, list):
        first = next(
            (i for i, (a, b) in enumerate(zip(value, other, strict=False)) if a != b), None
        )
        return f"{_value(value)}, from [{first}]" if first is not None else _value(value)
    return json.dumps(value)


def _headline(run: Mapping[str, Any]) -> str:
    if run["verdict"] is not None:
        margin = bracket(run["margin"])
        return run["verdict"] if margin == "-" else f"{run['verdict']}, {margin}"
    if run["return_mean"] is not None:
        agent, returned, regret = run["agent"], run["return_mean"], run["regret_mean"]
        return f"{agent}: return {number(returned)}, regret {number(regret)}"
    return "-"


def _minute(when: str) -> str:
    return when[:16].replace("T", " ")


def _took(run: Mapping[str, Any]) -> str:
    began, ended = (datetime.datetime.fromisoformat(run[key]) for key in ("started", "ended"))
    return f"{(ended - began).total_seconds():.1f} s"


def _cut(text: Any, longest: int) -> str:
    line = plain(text)
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def _rest(screen: Console, count: int) -> None:
    if count > _ROWS:
        screen.print(f"  and {count - _ROWS} more; --json has them all")


def fields_of(
    action: str,
    folder: Path,
    runs: Sequence[Mapping[str, Any]],
    run: Mapping[str, Any] | None = None,
    found: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The JSON fields that `runs list`, `runs show` and `runs compare` have in common.

    Args:
        action: which of them.
        folder: the ledger's.
        runs: from `summary`.
        run: from `whole`, for `show`.
        found: from `compared`, for `compare`.

    Returns:
        The fields. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return {
        "action": action,
        "store": str(folder),
        "runs": list(runs),
        "run": run,
        "differences": found,
    }
