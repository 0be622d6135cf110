"""One row of the ledger, and the key that says which runs follow from the same settings.

The key is the hash of a canonical text: the command, the version of the answers' schema and the
settings, seed included. That text is kept with the row, so that a key can be checked for ever.

Guarantee: two settings have the same text only if they are the same as JSON, and infinities and
NaN, which JSON has no place for, keep their names in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """What one command was asked and what it answered.

    Args:
        command: its name.
        words: the command line, as typed.
        version: of this package.
        seed: as given.
        settings: the canonical text of everything that the answer follows from.
        answer: the command's own part of its JSON object, as JSON.
        status: the exit status.
        started: when, in ISO 8601 with a time zone.
        ended: when the answer was there.
        id: its number in the ledger; None until it is saved.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    command: str
    words: tuple[str, ...]
    version: str
    seed: int
    settings: str
    answer: str
    status: int
    started: str
    ended: str
    id: int | None = None

    @property
    def key(self) -> str:
        """The hash of the settings, the same for every run of them.

        Returns:
            64 hexadecimal digits. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return key_of(self.settings)

    def read_settings(self) -> dict[str, Any]:
        """The settings as data.

        Returns:
            Numbers, text and containers; infinities and NaN are floats. No arrays, no shapes.

        Raises:
            ValueError: the text is not what was saved.

        Source: this package.
        """
        return json.loads(self.settings)["settings"]

    def read_answer(self) -> dict[str, Any]:
        """The answer as data.

        Returns:
            The fields of the command's JSON object. No arrays, no shapes.

        Raises:
            ValueError: the text is not what was saved.

        Source: this package.
        """
        return json.loads(self.answer)


def canonical(command: str, schema: int, settings: Mapping[str, Any]) -> str:
    """Settings as the one text that stands for them.

    Args:
        command: whose settings they are.
        schema: the version of the answers' schema.
        settings: numbers, text and containers.

    Returns:
        ASCII.

    Raises:
        Nothing.

    Source: JSON with sorted keys and without spaces; no arrays, no shapes.
    """
    whole = {"command": command, "schema": schema, "settings": settings}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), default=str)


def key_of(text: str) -> str:
    """The key of a canonical text.

    Args:
        text: from `canonical`.

    Returns:
        64 hexadecimal digits.

    Raises:
        Nothing.

    Source: SHA-256; no arrays, no shapes.
    """
    return hashlib.sha256(text.encode()).hexdigest()
