"""Flags: one key of a level replaced from outside, as in `--overseer.rate .1`.

Guarantee: the level's own data is left as it is; what a flag replaced is remembered, so that an
error about it names the flag and not a line of the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from corrigible.errors import UserError
from corrigible.worlds.level_source import Keys, printable
from corrigible.worlds.level_table import quoted

_KEY = re.compile(r'"([^"]*)"|([^."]+)')
_NUMBER = re.compile(r"[+-]?(\d+|\d*\.\d+|\d+\.\d*)([eE][+-]?\d+)?", re.ASCII)


def override(
    data: dict[str, Any], overrides: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[Keys, Any]]:
    """A level's data with some keys replaced.

    Args:
        data: the parsed level; unchanged.
        overrides: dotted key -> value; strings are read as on the command line. A part that holds
            a dot is quoted, as in `legend.".".kind`; an entry of an array is its index.

    Returns:
        The new data, and what was given for each path.

    Raises:
        UserError: a key that leads through something that holds no keys.

    Source: this package.
    """
    if not overrides:
        return data, {}
    try:
        data = deepcopy(data)
    except RecursionError:
        raise UserError("tables or arrays are nested too deeply", None, 1, 1) from None
    flags: dict[Keys, Any] = {}
    for name, value in overrides.items():
        parts = [found[1] or found[2] for found in _KEY.finditer(name)]
        if not parts:
            raise UserError(f"--{printable(name)}: not a key; write for instance --overseer.rate")
        holder: Any = data
        path: Keys = ()
        for depth, part in enumerate(parts):
            key: Any = part
            if isinstance(holder, list):
                if not part.isdecimal() or int(part) >= len(holder):
                    raise UserError(f"--{printable(name)}: there is no entry {quoted(part)}")
                key = int(part)
            elif not isinstance(holder, dict):
                raise UserError(f"--{printable(name)}: {quoted(parts[depth - 1])} holds no keys")
            path = (*path, key)
            if depth == len(parts) - 1:
                holder[key] = _flag_value(value)
            else:
                holder = holder.setdefault(key, {}) if isinstance(holder, dict) else holder[key]
        flags[path] = value
    return data, flags


def _flag_value(value: Any) -> Any:
    """A flag's text as the value it stands for; text where it stands for nothing else."""
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, str):
        return value
    if _NUMBER.fullmatch(value) and len(value) < 400:
        return int(value) if value.lstrip("+-").isdigit() else float(value)
    try:
        return tomllib.loads(f"v = {value}")["v"]
    except (ValueError, RecursionError):
        return value
