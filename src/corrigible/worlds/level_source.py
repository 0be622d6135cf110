"""The text of a level: read within a size cap, parsed as TOML, with a place for every key.

TOML parsers throw positions away, and a level's mistakes are mostly not mistakes of syntax (a rate
of 1.5, a legend without the glyph), so a small scanner walks text that the parser has accepted and
notes where each key and value begins. It runs only when there is an error to place.

Guarantee: whatever the bytes are, the result is a table or a `UserError` with line and column.
"""

from __future__ import annotations

import contextlib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from corrigible.errors import UserError

MAX_BYTES = 1 << 20
MAX_PARTS = 32

Keys = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r"'''.*?'''(?:'{0,2})"
    r'|"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'[^'\n]*'"
    r'|"(?:\\.|[^"\\\n])*"',
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]+")
_PARSER_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_bytes(path: Path, cap: int, what: str) -> bytes:
    """A file's bytes, refused before they are read where there are more than `cap`.

    Args:
        path: the file.
        cap: the most bytes to accept.
        what: what the file is, for the message.

    Returns:
        The whole content.

    Raises:
        UserError: no such file, not a readable file, or too large.

    Source: this package.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = b"" if size > cap else file.read(cap + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"cannot read this {what}: {reason}", printable(path)) from None
    if max(size, len(content)) > cap:
        raise UserError(
            f"this {what} has more than {cap:,} bytes, which is the most that is read",
            printable(path),
            1,
            1,
        )
    return content


def printable(path: str | Path) -> str:
    """A path that every terminal and encoder can print.

    Args:
        path: any path, odd bytes included.

    Returns:
        The same text with undecodable bytes and control characters escaped.

    Raises:
        Nothing.

    Source: this package.
    """
    text = str(path)
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def decode(content: bytes, path: str | None) -> str:
    """UTF-8 text with a byte order mark dropped and CRLF read as LF.

    Args:
        content: the file's bytes.
        path: for the message.

    Returns:
        The text.

    Raises:
        UserError: bytes that are not UTF-8, with line and column.

    Source: RFC 3629.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line, column = place(before, len(before))
        raise UserError(
            f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8",
            path,
            line,
            column,
        ) from None
    return text.replace("\r\n", "\n")


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character.

    Args:
        text: with LF line ends.
        offset: of the character, from 0.

    Returns:
        (line, column), the column in characters.

    Raises:
        Nothing.

    Source: this package.
    """
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@dataclass
class _Scan:
    """Offsets (key, value) of every key path in TOML text that a parser has accepted."""

    text: str
    places: dict[Keys, tuple[int, int]] = field(default_factory=dict)
    duplicate: tuple[int, Keys] | None = None
    long: int | None = None
    _tables: dict[Keys, int] = field(default_factory=dict)

    def run(self) -> _Scan:
        prefix: Keys = ()
        at = self._skip(_BLANK, 0)
        while at < len(self.text):
            if self.text[at] == "[":
                prefix, at = self._header(at)
            else:
                at = self._pair(prefix, at)
            at = self._skip(_BLANK, at)
        return self

    def _skip(self, pattern: re.Pattern[str], at: int) -> int:
        found = pattern.match(self.text, at)
        return at if found is None else found.end()

    def _key(self, at: int) -> tuple[list[str], int]:
        parts: list[str] = []
        while True:
            at = self._skip(_SPACE, at)
            bare = _BARE.match(self.text, at)
            found = bare or _STRING.match(self.text, at)
            if found is None:
                raise ValueError("not a key")
            raw = found.group()
            parts.append(raw if bare else tomllib.loads(f"k = {raw}")["k"])
            at = self._skip(_SPACE, found.end())
            if len(parts) > MAX_PARTS:
                # The standard parser takes quadratic time over these.
                self.long = found.start()
                raise ValueError("a long key")
            if self.text[at : at + 1] != ".":
                return parts, at
            at += 1

    def _resolve(self, keys: Keys) -> Keys:
        """The path with each array of tables standing for its latest element."""
        path: Keys = ()
        for key in keys:
            path = (*path, key)
            if path in self._tables:
                path = (*path, self._tables[path])
        return path

    def _header(self, at: int) -> tuple[Keys, int]:
        array = self.text.startswith("[[", at)
        parts, end = self._key(at + 1 + array)
        parent = self._resolve(tuple(parts[:-1]))
        path: Keys = (*parent, parts[-1])
        if array:
            self._tables[path] = self._tables.get(path, -1) + 1
            self.places.setdefault(path, (at, at))
            path = (*path, self._tables[path])
        self._note(path, at, at)
        for depth in range(1, len(path)):
            self.places.setdefault(path[:depth], (at, at))
        return path, end + 1 + array

    def _note(self, path: Keys, key: int, value: int) -> None:
        if path in self.places and self.duplicate is None:
            self.duplicate = (key, path)
        self.places.setdefault(path, (key, value))

    def _pair(self, prefix: Keys, at: int) -> int:
        parts, end = self._key(at)
        path: Keys = (*prefix, *parts)
        value = self._skip(_SPACE, end + 1)
        for depth in range(len(prefix) + 1, len(path)):
            self.places.setdefault(path[:depth], (at, at))
        self._note(path, at, value)
        return self._value(path, value)

    def _value(self, path: Keys, at: int) -> int:
        opening = self.text[at : at + 1]
        if opening == "[":
            return self._items(path, at + 1)
        if opening == "{":
            return self._inline(path, at + 1)
        found = _STRING.match(self.text, at) or _SCALAR.match(self.text, at)
        if found is None:
            raise ValueError("not a value")
        return found.end()

    def _items(self, path: Keys, at: int) -> int:
        index = 0
        while True:
            at = self._skip(_BLANK, at)
            if self.text[at : at + 1] == "]":
                return at + 1
            self.places[(*path, index)] = (at, at)
            at = self._skip(_BLANK, self._value((*path, index), at))
            at += self.text[at : at + 1] == ","
            index += 1

    def _inline(self, path: Keys, at: int) -> int:
        while True:
            at = self._skip(_BLANK, at)
            if self.text[at : at + 1] == "}":
                return at + 1
            at = self._skip(_BLANK, self._pair(path, at))
            at += self.text[at : at + 1] == ","


@dataclass(frozen=True)
class Source:
    """One level file: its text, what it says, and which keys a flag replaced.

    Args:
        text: with LF line ends.
        path: for messages; None where the text came from no file.
        data: the parsed table, flags applied.
        flags: what was given for each key that a flag replaced, as given.

    Raises:
        Nothing.

    Source: this package.
    """

    text: str
    path: str | None
    data: dict[str, Any]
    flags: Mapping[Keys, Any]

    @cached_property
    def _places(self) -> dict[Keys, tuple[int, int]]:
        scan = _Scan(self.text)
        # Where the scanner loses its way, what it noted before is still right.
        with contextlib.suppress(ValueError, RecursionError):
            scan.run()
        return scan.places

    def offset(self, keys: Keys, at_key: bool = False) -> int:
        """Where a key's value (or the key itself) begins; its nearest parent where it is absent.

        Args:
            keys: the path, e.g. `("overseer", "rate")`.
            at_key: the key instead of its value.

        Returns:
            An offset into the text.

        Raises:
            Nothing.

        Source: this package.
        """
        for depth in range(len(keys), 0, -1):
            if keys[:depth] in self._places:
                return self._places[keys[:depth]][0 if at_key or depth < len(keys) else 1]
        return 0

    def error(self, keys: Keys, message: str, at_key: bool = False) -> UserError:
        """An error that points at a key, or names the flag that replaced it.

        Args:
            keys: the path of the key.
            message: one line.
            at_key: point at the key instead of its value.

        Returns:
            The error, to be raised by the caller.

        Raises:
            Nothing.

        Source: this package.
        """
        for flag in self.flags:
            brought = bool(keys) and flag[: len(keys)] == keys and keys not in self._places
            if keys[: len(flag)] == flag or brought:
                name = printable(".".join(str(k) for k in flag))
                return UserError(f"--{name}: {message}")
        return self.error_at(self.offset(keys, at_key), message)

    def error_at(self, offset: int, message: str) -> UserError:
        """An error that points at a character.

        Args:
            offset: of the character, from 0.
            message: one line.

        Returns:
            The error, to be raised by the caller.

        Raises:
            Nothing.

        Source: this package.
        """
        return UserError(message, self.path, *place(self.text, offset))


def parse(text: str, path: str | None) -> dict[str, Any]:
    """TOML text as a table.

    Args:
        text: with LF line ends.
        path: for messages.

    Returns:
        The table.

    Raises:
        UserError: text that is not TOML, with line and column.

    Source: TOML 1.0.
    """
    odd = next((i for i, c in enumerate(text) if "\ud800" <= c <= "\udfff"), None)
    if odd is not None:
        message = "a lone surrogate is not text; write the character itself"
        raise UserError(message, path, *place(text, odd))
    scan = _Scan(text)
    with contextlib.suppress(ValueError, RecursionError):
        scan.run()
    if scan.long is not None:
        message = f"a key of more than {MAX_PARTS} parts; no key of a level is that deep"
        raise UserError(message, path, *place(text, scan.long))
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UserError("tables or arrays are nested too deeply", path, 1, 1) from None
    except ValueError as error:
        raise _syntax_error(text, path, str(error)) from None


def _syntax_error(text: str, path: str | None, message: str) -> UserError:
    found = _PARSER_PLACE.search(message)
    reason = _PARSER_PLACE.sub("", message)
    if "overwrite" in reason or "twice" in reason or "Duplicate" in reason:
        scan = _Scan(text)
        with contextlib.suppress(ValueError, RecursionError):
            scan.run()
        if scan.duplicate is not None:
            offset, keys = scan.duplicate
            name = printable(".".join(str(k) for k in keys))
            first, _ = place(text, scan.places[keys][0])
            return UserError(
                f"{name} is set twice (first on line {first}); keep one",
                path,
                *place(text, offset),
            )
    if found is None:
        return UserError(f"not TOML: {printable(reason)}", path, 1, 1)
    line, column = place(text, len(text)) if found[1] is None else (int(found[1]), int(found[2]))
    return UserError(f"not TOML: {printable(reason)}", path, line, column)
