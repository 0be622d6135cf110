"""`--report [PATH]`: the answer as a page, for every command about one level.

Guarantee: a report that cannot be written costs one line on stderr and status 2, never the answer;
its certificate is the very one that the command prints.
"""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from corrigible.cli.flags import Planning, Stored
from corrigible.cli.reply import settings_hash
from corrigible.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from corrigible.planners.certificate import Certificate
    from corrigible.worlds.level import Level

# How something is printed or kept is no part of what was asked.
_UNSAID = {"level", "json", "store", "export"}


def _read(words: list[str]) -> str | None:
    if len(words) > 1:
        raise ValueError("--report takes one path, or none")
    return words[0] if words else ""


ReportPath = Annotated[
    str | None,
    tyro.constructors.PrimitiveConstructorSpec(
        nargs="*",
        metavar="[PATH]",
        instance_from_str=_read,
        is_instance=lambda value: value is None or isinstance(value, str),
        str_from_instance=lambda value: ["none"] if value is None else [value],
    ),
]
"""None where no report is asked for, "" for one in the ledger's folder."""


def typed(name: str, command: Planning, overrides: Mapping[str, str]) -> str:
    """The command line that asks for the same.

    Args:
        name: of the command.
        command: parsed, with a level.
        overrides: key of the level -> what replaces it.

    Returns:
        Words for a shell; flags at their defaults are left out. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    words = ["corrigible", name, str(getattr(command, "level", ""))]
    for key, text in overrides.items():
        words += [f"--{key}", text]
    for field in dataclasses.fields(command):
        value = getattr(command, field.name)
        if field.name in _UNSAID or value == field.default:
            continue
        flag = f"--{field.name.replace('_', '-')}"
        words += [flag] if value is True or value == "" else [flag, str(value)]
    return shlex.join(words)


def make_report(
    name: str,
    command: Planning,
    overrides: Mapping[str, str],
    level: Level,
    settings: Mapping[str, Any],
    found: Certificate | None = None,
) -> tuple[str | None, int]:
    """Study a level and write the page.

    Args:
        name: of the command.
        command: parsed; its `report` says where, its `budget` how long.
        overrides: key of the level -> what replaces it.
        level: read.
        settings: what the command's answer follows from.
        found: the level's certificate, where there is one already.

    Returns:
        (the absolute path, 0), or (None, 2) where it could not be written, which is said on
        stderr. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    from corrigible.cli.screen import working
    from corrigible.cli.text import complain
    from corrigible.view.report import write_report
    from corrigible.view.study import provenance, study

    digest = settings_hash(name, settings)
    origin = provenance(typed(name, command, overrides), command.seed, digest)
    with working(f"studying {level.name}", command.json):
        snapshot = study(level, origin, command.tol, command.budget, found=found)
    try:
        where = getattr(command, "report", None) or _usual(command, level.name, digest)
        return str(write_report(snapshot, where)), 0
    except UserError as error:
        complain(error)
        return None, 2


def _usual(command: Planning, name: str, digest: str) -> Path:
    """In the ledger's folder; the same question, the same file."""
    from corrigible.store import locate

    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:60] or "level"
    folder = locate(command.store if isinstance(command, Stored) else None)
    return folder / "reports" / f"{plain}-{digest[:12]}.html"
