"""Corrections from a file, one JSON object a line: what an overseer said, and where.

    {"at": [row, column], "action": "left"}
    {"state": 17, "action": 2}
    {"state": 17, "action": 2, "step": 4}

Everything counts from 0. A state may also be named by its label, an action by its index or its
name. `step` is the arrival on which it was heard, where that is known: evidence is the same without
it, a replay is not. Blank lines are skipped.

Guarantee: what `line_of` writes is read back as it was. Whatever the file holds, the answer is a
list of (state, action) inside the world or a `UserError` with line and column; nothing that JSON
proper refuses is let through (NaN, Infinity, duplicate keys), nor a boolean as an integer, nor text
that is no text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from corrigible.errors import UserError
from corrigible.worlds.level_source import decode, printable
from corrigible.worlds.level_table import nearest, quoted

if TYPE_CHECKING:
    from corrigible.worlds.level import Level

MAX_LINE = 64 * 1024
MAX_LINES = 10**6

_BLANK = " \t\r"
_KEYS = ("at", "state", "action", "step")


class Correction(NamedTuple):
    """One correction.

    Args:
        state: the state it is about.
        action: what would have been optimal there.
        line: where it stands in its file, from 1.
        step: the arrival on which it was heard, None where the file does not say.

    Raises:
        Nothing.

    Source: this package.
    """

    state: int
    action: int
    line: int
    step: int | None = None


def line_of(level: Level, state: int, action: int, step: int | None = None) -> bytes:
    """A correction as a line that `parse_corrections` reads.

    Args:
        level: whose state and action it is.
        state: its index.
        action: its index.
        step: the arrival on which it was heard, None to leave it out.

    Returns:
        One line of ASCII with its line end. No arrays, no shapes.

    Raises:
        Nothing.

    Source: RFC 8259 for JSON; this package.
    """
    where: dict[str, Any] = (
        {"at": list(level.cells[state])} if level.cells else {"state": level.world.label(state)}
    )
    when = {} if step is None else {"step": step}
    line = json.dumps({**where, "action": level.action_names[action], **when}).encode() + b"\n"
    if len(line) <= MAX_LINE:
        return line
    return json.dumps({"state": state, "action": action, **when}).encode() + b"\n"


def read_corrections(path: str | Path, level: Level) -> list[Correction]:
    """The corrections in a JSONL file.

    Args:
        path: the file.
        level: whose states and actions are meant.

    Returns:
        The corrections in order, with their lines; no arrays, no shapes.

    Raises:
        UserError: a file that cannot be read, or a line that is no correction in this level, with
            line and column.

    Source: RFC 8259 for JSON; this package.
    """
    shown = printable(path)
    try:
        with Path(path).open("rb") as file:
            return parse_corrections(_lines(file, shown), level, shown)
    except UserError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"cannot read these corrections: {reason}", shown) from None


def parse_corrections(
    lines: Iterable[bytes], level: Level, path: str | None = None
) -> list[Correction]:
    """The corrections in lines of JSON.

    Args:
        lines: each with its line end, where it has one.
        level: whose states and actions are meant.
        path: the file, for messages.

    Returns:
        The corrections in order, with their lines; no arrays, no shapes.

    Raises:
        UserError: a line that is no correction in this level, with line and column.

    Source: RFC 8259 for JSON; this package.
    """
    found = []
    for number, content in enumerate(lines, 1):
        if len(content) > MAX_LINE:
            raise UserError(f"this line has more than {MAX_LINE:,} bytes", path, number, MAX_LINE)
        try:
            text = decode(content, path)
        except UserError as error:
            raise UserError(error.message, path, number, error.column) from None
        if text.strip(_BLANK + "\n"):
            if len(found) == MAX_LINES:
                raise UserError(f"more than {MAX_LINES:,} corrections", path, number, 1)
            found.append(_Line(text, level, path, number).read())
    return found


def _lines(file: Any, path: str) -> Iterator[bytes]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            message = f"this line has more than {MAX_LINE:,} bytes, which is the most that is read"
            raise UserError(message, path, number, MAX_LINE + 1)
        yield line


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


class _Line:
    """One line, parsed with the place of every key and value."""

    decoder = json.JSONDecoder(parse_constant=_refuse)

    def __init__(self, text: str, level: Level, path: str | None, number: int) -> None:
        self.whole = text.endswith("\n")
        self.text = text.rstrip("\n" + _BLANK)
        self.level = level
        self.path = path
        self.number = number
        self.values: dict[str, Any] = {}
        self.places: dict[str, int] = {}

    def fail(self, at: int, message: str) -> NoReturn:
        raise UserError(message, self.path, self.number, at + 1)

    def read(self) -> Correction:
        self._parse()
        for key in self.values:
            if key not in _KEYS:
                hint = nearest(key, _KEYS, "keys")
                self.fail(self.places[f"{key} key"], f"a correction has no key {quoted(key)}{hint}")
        if ("at" in self.values) == ("state" in self.values):
            which = "both" if "at" in self.values else "neither"
            message = f"a correction says where, by 'at' or by 'state'; this one has {which}"
            self.fail(0, message)
        if "action" not in self.values:
            self.fail(0, "a correction needs 'action', a name or an index")
        state = self._at() if "at" in self.values else self._state()
        return Correction(state, self._action(), self.number, self._step())

    def _parse(self) -> None:
        at = self._skip(0)
        if self.text[at : at + 1] != "{":
            self.fail(at, 'a correction is a JSON object, e.g. {"at": [1, 2], "action": "left"}')
        at = self._skip(at + 1)
        while self.text[at : at + 1] != "}":
            if self.values:
                at = self._skip(self._expect(at, ","))
            if self.text[at : at + 1] != '"':
                self._broken(at, "a key in double quotes is needed here")
            start = at
            key, at = self._decode(at)
            at = self._skip(self._expect(self._skip(at), ":"))
            if key in self.values:
                self.fail(start, f"the key {quoted(key)} is given twice; keep one")
            self.places[f"{key} key"], self.places[key] = start, at
            self.values[key], at = self._decode(at)
            at = self._skip(at)
        if self._skip(at + 1) < len(self.text):
            self.fail(self._skip(at + 1), "there is more behind the object; one object a line")

    def _skip(self, at: int) -> int:
        while self.text[at : at + 1] and self.text[at] in _BLANK:
            at += 1
        return at

    def _expect(self, at: int, sign: str) -> int:
        if self.text[at : at + 1] != sign:
            self._broken(at, f"{quoted(sign)} is needed here")
        return at + 1

    def _broken(self, at: int, message: str) -> NoReturn:
        if at >= len(self.text):
            end = "" if self.whole else "; the file ends in the middle of a line"
            message = f"this line is cut short{end}: {message}"
        self.fail(at, f"not JSON: {message}")

    def _decode(self, at: int) -> tuple[Any, int]:
        try:
            value, end = self.decoder.raw_decode(self.text, at)
        except json.JSONDecodeError as error:
            unfinished = error.msg.startswith("Unterminated")
            place = len(self.text) if unfinished else error.pos
            self._broken(place, printable(error.msg[:1].lower() + error.msg[1:]))
        except (ValueError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            self.fail(at, f"not JSON: {reason.split(';')[0]}")
        if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
            self.fail(at, "a lone surrogate is not text; write the character itself")
        if isinstance(value, dict):
            self.fail(at, "an object is not expected here")
        return value, end

    def _at(self) -> int:
        value, place = self.values["at"], self.places["at"]
        if type(value) is not list or len(value) != 2 or any(type(v) is not int for v in value):
            self.fail(place, "'at' is [row, column], two integers from 0")
        rows = self.level.rows
        if not rows:
            self.fail(place, "this level has no map; write 'state' instead of 'at'")
        row, column = value
        if not (0 <= row < len(rows) and 0 <= column < len(rows[0])):
            self.fail(
                place,
                f"[{_short(row)}, {_short(column)}] is outside the map; rows go from 0 to "
                f"{len(rows) - 1}, columns from 0 to {len(rows[0]) - 1}",
            )
        state = self.level.state_of.get((row, column))
        if state is None:
            self.fail(place, f"[{row}, {column}] is a wall; a correction is about a cell")
        return state

    def _state(self) -> int:
        value, place = self.values["state"], self.places["state"]
        count = self.level.world.n_states
        if type(value) is str:
            labels = self.level.world.labels or ()
            if value not in labels:
                hint = nearest(value, labels, "states")
                self.fail(place, f"no state is called {quoted(value)}{hint}")
            return labels.index(value)
        if type(value) is not int:
            self.fail(place, f"'state' is an integer from 0 to {count - 1}, or a state's name")
        if not 0 <= value < count:
            self.fail(place, f"there is no state {_short(value)}; states go from 0 to {count - 1}")
        return value

    def _action(self) -> int:
        value, place = self.values["action"], self.places["action"]
        names = self.level.action_names
        if type(value) is str:
            if value not in names:
                hint = nearest(value, names, "actions")
                self.fail(place, f"no action is called {quoted(value)}{hint}")
            return names.index(value)
        if type(value) is not int:
            self.fail(place, f"'action' is one of {', '.join(names)}, or its index from 0")
        if not 0 <= value < len(names):
            last = len(names) - 1
            self.fail(place, f"there is no action {_short(value)}; actions go from 0 to {last}")
        return value

    def _step(self) -> int | None:
        value = self.values.get("step")
        if "step" in self.values and (type(value) is not int or value < 0):
            self.fail(self.places["step"], "'step' is the number of an arrival, an integer from 0")
        return value


def _short(number: int) -> str:
    return str(number) if abs(number) < 10**15 else "(a huge number)"
