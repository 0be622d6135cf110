"""The words of a `.pomdp` file, and where each of them stands.

Guarantee: text that is no word of the format is a `UserError` with line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

import numpy as np

from corrigible.errors import UserError

_TOKEN = re.compile(
    r"[ \t\r\n\f\v]+|\#[^\n]*"
    r"|(?P<number>[+-]?[ \t]*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.]))"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_-]*)|(?P<mark>[:*])",
    re.ASCII,
)


class _Words:
    """The words of a text, one ahead."""

    def __init__(self, text: str, path: str | None) -> None:
        self.text, self.path = text, path
        self._rest = self._scan()
        self.kind, self.word, self.at = "", "", 0
        self.next()

    def _scan(self) -> Iterator[tuple[str, str, int]]:
        at = 0
        while at < len(self.text):
            found = _TOKEN.match(self.text, at)
            if found is None:
                self.at = at
                shown = self.text[at : at + 12].split("\n")[0]
                self.fail(f"{shown!r} is no word of the format; a name, a number, : or * may stand")
            if found.lastgroup:
                yield found.lastgroup, found[0], at
            at = found.end()

    def fail(self, message: str, at: int | None = None) -> NoReturn:
        at = self.at if at is None else at
        line = self.text.count("\n", 0, at) + 1
        raise UserError(message, self.path, line, at - self.text.rfind("\n", 0, at))

    def next(self) -> str:
        word = self.word
        self.kind, self.word, self.at = next(self._rest, ("end", "", len(self.text)))
        return word

    def shown(self) -> str:
        return "the end of the file" if self.kind == "end" else repr(self.word[:40])

    def take(self, mark: str) -> bool:
        if self.kind == "mark" and self.word == mark:
            self.next()
            return True
        return False

    def colon(self, after: str) -> None:
        if not self.take(":"):
            self.fail(f"a colon is needed after {after}, found {self.shown()}")

    def number(self, what: str, chance: bool = False) -> float:
        if self.kind != "number":
            self.fail(f"{what} needs a number, found {self.shown()}")
        value = float("".join(self.word.split()))
        if not np.isfinite(value):
            self.fail(f"{self.word[:40]} is too large a number")
        if chance and not 0.0 <= value <= 1.0001:
            self.fail(f"{self.word[:40]} is no probability; one between 0 and 1 is needed")
        self.next()
        return value

    def numbers(self, count: int, what: str, chance: bool = False) -> np.ndarray:
        what = f"{what} ({count} numbers)"
        return np.array([self.number(what, chance) for _ in range(count)])
