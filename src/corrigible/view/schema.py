"""The JSON Schema of a snapshot, read off its dataclasses.

Guarantee: whatever `as_json` gives is valid under it, and no key is allowed that a snapshot does
not have.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

from corrigible.view.snapshot import Snapshot

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def json_schema(kind: type = Snapshot) -> dict[str, Any]:
    """The schema of a snapshot, or of any part of one.

    Args:
        kind: a dataclass of `corrigible.view.snapshot`.

    Returns:
        A JSON Schema without references. No arrays, no shapes.

    Raises:
        KeyError: a field of a type that a snapshot cannot hold.
        ValueError: a tuple of several types.

    Source: JSON Schema, draft 2020-12.
    """
    return _schema(kind)


def _schema(kind: Any) -> dict[str, Any]:
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return {
            "type": "object",
            "properties": {name: _schema(hint) for name, hint in hints.items()},
            "required": list(hints),
            "additionalProperties": False,
        }
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_schema(k) for k in inside]}
    if kind is type(None):
        return {"type": "null"}
    if origin is tuple:
        (each,) = {k for k in inside if k is not Ellipsis}
        items = {"type": "array", "items": _schema(each)}
        if inside[-1] is Ellipsis:
            return items
        return {**items, "minItems": len(inside), "maxItems": len(inside)}
    return {"type": _PLAIN[kind]}
