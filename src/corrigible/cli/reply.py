"""What a command answers, once: as one JSON object, or as text for people.

Guarantee: the JSON is ASCII, holds no NaN and no infinity (both are null), and is the only thing
that goes to stdout; text reaches the terminal without its control characters, and is never read as
markup.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corrigible.store.entry import canonical, key_of

if TYPE_CHECKING:
    from rich.console import Console

SCHEMA = 1


@dataclass(frozen=True)
class Reply:
    """A command's answer.

    Args:
        settings: what the answer follows from, seed included; hashed.
        fields: the command's own part of the JSON object.
        show: prints the same for people.
        status: the exit status, where not even the reply says that all is well.
        signed: whether the text ends with the seed and the settings that it follows from.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    settings: Mapping[str, Any]
    fields: Mapping[str, Any]
    show: Callable[[Console], None]
    status: int = 0
    signed: bool = True

    def canonical(self, command: str) -> str:
        """The settings as the text that is hashed.

        Args:
            command: its name.

        Returns:
            JSON with sorted keys. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return canonical(command, SCHEMA, self.settings)

    def answer(self) -> str:
        """The command's own part of the JSON object, as `--json` prints it.

        Returns:
            JSON. No arrays, no shapes.

        Raises:
            TypeError: something that JSON has no type for.

        Source: this package.
        """
        return json.dumps(jsonable(self.fields), allow_nan=False)


def jsonable(value: Any) -> Any:
    """The same value in JSON's types.

    Args:
        value: numbers, text, containers and NumPy arrays of any shape.

    Returns:
        Lists for arrays and tuples, None for NaN and infinities.

    Raises:
        TypeError: something that JSON has no type for.

    Source: RFC 8259.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(v) for v in value]
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if hasattr(value, "tolist"):
        return jsonable(value.tolist())
    raise TypeError(f"a {type(value).__name__} has no place in JSON")


def settings_hash(command: str, settings: Mapping[str, Any]) -> str:
    """What identifies a run: the hash of everything that it follows from.

    Args:
        command: its name.
        settings: numbers, text and containers.

    Returns:
        64 hexadecimal digits.

    Raises:
        Nothing.

    Source: SHA-256 of the canonical text; no arrays, no shapes.
    """
    return key_of(canonical(command, SCHEMA, settings))


def deliver(command: str, seed: int, version: str, reply: Reply, as_json: bool) -> None:
    """Print a reply.

    Args:
        command: its name.
        seed: as given.
        version: this package's.
        reply: what to print.
        as_json: as one JSON object, or as text.

    Returns:
        Nothing.

    Raises:
        BrokenPipeError: nobody reads on.

    Source: this package; no arrays, no shapes.
    """
    digest = settings_hash(command, reply.settings)
    if as_json:
        head = {
            "schema": SCHEMA,
            "command": command,
            "version": version,
            "seed": seed,
            "settings_hash": digest,
        }
        print(json.dumps({**head, **jsonable(reply.fields)}, allow_nan=False))
    else:
        from corrigible.cli.screen import console

        screen = console(sys.stdout)
        reply.show(screen)
        if reply.signed:
            screen.print(f"seed {seed}, settings {digest[:12]}", style="dim")
