"""Numbers that take a while ship with the package.

What is shipped is keyed by what it follows from: the settings, and the code of the case with
everything of the zoo that it imports. A key that no longer fits is as good as nothing shipped: the
number is computed. Planners are not part of the key; that they still give these numbers is for a
test to find out (`corrigible zoo --fresh`).

Guarantee: a number is never taken for a case whose code or settings differ from what it was
computed with.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from corrigible.zoo.case import Case, Columns

FILE = "shipped.json"
COLUMNS = "columns.json"
_PACKAGE = "corrigible.zoo"


def key_of(case: Case, columns: bool = False) -> str:
    """What the numbers of a case follow from.

    Args:
        case: any of the zoo.
        columns: the numbers of its columns are meant, not its own.

    Returns:
        64 hexadecimal digits. No arrays, no shapes.

    Raises:
        Nothing.

    Source: SHA-256.
    """
    module = case.name.replace("-", "_")
    modules = _closure(module) | (_closure("asked") if columns else set())
    code = {name: _code(name) for name in sorted(modules)}
    whole = json.dumps({"settings": dict(case.settings), "code": code}, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def shipped(case: Case) -> Mapping[str, float]:
    """The numbers of a case that ship with the package and still fit.

    Args:
        case: any of the zoo.

    Returns:
        Quantity -> number; empty where nothing fits. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    entry = _read(FILE).get(case.name)
    if entry is None or entry["key"] != key_of(case):
        return {}
    found: Mapping[str, float] = entry["computed"]
    return found


def shipped_columns(case: Case) -> Columns | None:
    """The columns of a case that ship with the package and still fit.

    Args:
        case: any of the zoo.

    Returns:
        None where nothing fits. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    entry = _read(COLUMNS).get(case.name)
    if entry is None or entry["key"] != key_of(case, columns=True):
        return None
    parts: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in entry["computed"].items()
    }
    return Columns(**parts)


@cache
def _read(file: str) -> dict[str, Any]:
    path = resources.files(_PACKAGE) / file
    if not path.is_file():
        return {}
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return kept


@cache
def _code(module: str) -> str:
    return (resources.files(_PACKAGE) / f"{module}.py").read_text(encoding="utf-8")


def _closure(module: str) -> set[str]:
    """A module of the zoo and those of the zoo that it imports, directly or not."""
    found, queue = {module}, [module]
    while queue:
        for node in ast.walk(ast.parse(_code(queue.pop()))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{_PACKAGE}."):
                name = (node.module or "").removeprefix(f"{_PACKAGE}.")
                if name not in found:
                    found.add(name)
                    queue.append(name)
    return found
