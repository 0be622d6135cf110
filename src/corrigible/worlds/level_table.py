"""Typed reading of a level's tables: every key is known, every value of its type and range.

Guarantee: what a getter returns is of the type it promises; everything else is a `UserError` that
points at the key.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from corrigible.worlds.level_source import Keys, Source, printable

# Sums and discounted sums of accepted numbers stay far from overflow.
LARGEST = 1e100

_KINDS = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "a table",
}


def kind_of(value: Any) -> str:
    """What a value is, in TOML's words.

    Args:
        value: as the parser gave it.

    Returns:
        For instance "an array".

    Raises:
        Nothing.

    Source: TOML 1.0.
    """
    return next((name for kind, name in _KINDS.items() if type(value) is kind), "a date or time")


def quoted(value: object) -> str:
    """Text from a file, short and printable, in quotes.

    Args:
        value: anything.

    Returns:
        At most some 40 characters.

    Raises:
        Nothing.

    Source: this package.
    """
    text = printable(str(value))
    return f"'{text[:37]}...'" if len(text) > 40 else f"'{text}'"


def nearest(word: str, known: Iterable[str], what: str) -> str:
    """The end of a message about an unknown word.

    Args:
        word: what was written.
        known: what could have been.
        what: what the known ones are, e.g. "keys".

    Returns:
        "; did you mean ...?", or the list of what is known.

    Raises:
        Nothing.

    Source: this package.
    """
    names = [str(name) for name in known]
    close = difflib.get_close_matches(word[:40], names, 1, 0.6)
    if close:
        return f"; did you mean {quoted(close[0])}?"
    shown = ", ".join(printable(name) for name in names[:12])
    return f"; the {what} are {shown}{', ...' if len(names) > 12 else ''}"


@dataclass(frozen=True)
class Table:
    """One table of a level, with its path for messages.

    Args:
        source: the level.
        keys: the table's path.
        data: its content.

    Raises:
        Nothing.

    Source: this package.
    """

    source: Source
    keys: Keys
    data: dict[str, Any]

    def fail(self, key: str | int | Keys, message: str, at_key: bool = False) -> NoReturn:
        """Raise an error about one of the table's keys.

        Args:
            key: the key, or a path below this table; `()` for the table itself.
            message: one line.
            at_key: point at the key instead of its value.

        Returns:
            Never.

        Raises:
            UserError: always.

        Source: this package.
        """
        path = key if isinstance(key, tuple) else (key,)
        raise self.source.error((*self.keys, *path), message, at_key)

    @property
    def title(self) -> str:
        """The table's name for messages.

        Returns:
            For instance "[overseer]".

        Raises:
            Nothing.

        Source: this package.
        """
        return f"[{printable('.'.join(str(k) for k in self.keys))}]" if self.keys else "the level"

    def only(self, *allowed: str) -> Table:
        """Refuse keys that mean nothing.

        Args:
            allowed: the keys that do.

        Returns:
            This table.

        Raises:
            UserError: another key, with the nearest that is allowed.

        Source: this package.
        """
        for key in self.data:
            if key not in allowed:
                hint = nearest(key, allowed, "keys")
                self.fail(key, f"{self.title} has no key {quoted(key)}{hint}", at_key=True)
        return self

    def has(self, key: str) -> bool:
        """Whether the key is there.

        Args:
            key: its name.

        Returns:
            True where the file or a flag sets it.

        Raises:
            Nothing.

        Source: this package.
        """
        return key in self.data

    def need(self, key: str, hint: str = "") -> Any:
        """A value that must be there.

        Args:
            key: its name.
            hint: what to write, for the message.

        Returns:
            The value as parsed.

        Raises:
            UserError: the key is missing.

        Source: this package.
        """
        if key not in self.data:
            self.fail((), f"{self.title} needs the key {quoted(key)}{hint}", at_key=True)
        return self.data[key]

    def number(
        self,
        key: str | int | Keys,
        default: float | None = None,
        low: float = -math.inf,
        high: float = math.inf,
        why: str = "",
        infinite: bool = False,
    ) -> float:
        """A number within bounds.

        Args:
            key: its name, or a path below this table.
            default: where the key is missing; None if it must be there.
            low: the least allowed.
            high: the most allowed.
            why: what the number is, for the message.
            infinite: whether plus infinity will do.

        Returns:
            A float.

        Raises:
            UserError: missing, not a number (a boolean is none), NaN, or out of bounds.

        Source: this package.
        """
        value = self._at(key, default)
        name = quoted(key if isinstance(key, str) else self._name(key))
        if type(value) not in (int, float):
            self.fail(key, f"{name} must be a number, found {kind_of(value)}")
        try:
            value = float(value)
        except OverflowError:
            self.fail(key, f"{name} is too large for a float")
        if math.isnan(value) or (math.isinf(value) and not (infinite and value > 0)):
            wanted = "a number, or inf" if infinite else "a finite number"
            self.fail(key, f"{name} is {value}; it must be {wanted}")
        if abs(value) > LARGEST and not math.isinf(value):
            self.fail(key, f"{name} is {value:g}; at most {LARGEST:g} is accepted")
        if not low <= value <= high:
            bounds = f"at least {low:g}" if math.isinf(high) else f"between {low:g} and {high:g}"
            self.fail(key, f"{name} is {value:g}; {why or 'it'} must be {bounds}")
        return value

    def integer(self, key: str | int | Keys, default: int | None, low: int, high: int) -> int:
        """An integer within bounds.

        Args:
            key: its name, or a path below this table.
            default: where the key is missing; None if it must be there.
            low: the least allowed.
            high: the most allowed.

        Returns:
            An int.

        Raises:
            UserError: missing, not an integer (a boolean is none), or out of bounds.

        Source: this package.
        """
        value = self._at(key, default)
        name = quoted(key if isinstance(key, str) else self._name(key))
        if type(value) is not int:
            self.fail(key, f"{name} must be an integer, found {kind_of(value)}")
        if not low <= value <= high:
            shown = value if abs(value) < 10**15 else "out of range"
            self.fail(key, f"{name} is {shown}; it must be between {low} and {high}")
        return value

    def text(
        self, key: str, default: str | None = None, choices: tuple[str, ...] | None = None
    ) -> str:
        """A string.

        Args:
            key: its name.
            default: where the key is missing; None if it must be there.
            choices: the words that will do; None for any.

        Returns:
            The string.

        Raises:
            UserError: missing, not a string, or not one of the choices.

        Source: this package.
        """
        value = self._at(key, default)
        given = self.source.flags.get((*self.keys, key))
        if isinstance(given, str):
            value = given
        if type(value) is not str:
            self.fail(key, f"{quoted(key)} must be a string, found {kind_of(value)}")
        if choices is not None and value not in choices:
            hint = nearest(value, choices, "choices")
            self.fail(key, f"{quoted(key)} is {quoted(value)}{hint}")
        return value

    def truth_value(self, key: str, default: bool) -> bool:
        """A boolean.

        Args:
            key: its name.
            default: where the key is missing.

        Returns:
            The boolean.

        Raises:
            UserError: not a boolean.

        Source: this package.
        """
        value = self._at(key, default)
        if type(value) is not bool:
            self.fail(key, f"{quoted(key)} must be true or false, found {kind_of(value)}")
        return value

    def array(self, key: str | int | Keys, hint: str = "") -> list[Any]:
        """An array.

        Args:
            key: its name, or a path below this table.
            hint: what its items are, for the message.

        Returns:
            The list.

        Raises:
            UserError: missing or not an array.

        Source: this package.
        """
        value = self._at(key, None)
        if type(value) is not list:
            name = quoted(self._name(key))
            self.fail(key, f"{name} must be an array{hint}, found {kind_of(value)}")
        return value

    def table(self, key: str | int | Keys) -> Table:
        """A table below this one; empty where it is missing.

        Args:
            key: its name, or a path below this table.

        Returns:
            The table.

        Raises:
            UserError: the key holds something else.

        Source: this package.
        """
        path = key if isinstance(key, tuple) else (key,)
        value = self._at(key, {})
        if type(value) is not dict:
            name = quoted(self._name(key))
            self.fail(key, f"{name} must be a table, found {kind_of(value)}")
        return Table(self.source, (*self.keys, *path), value)

    def _name(self, key: str | int | Keys) -> str:
        path = key if isinstance(key, tuple) else (key,)
        return ".".join(str(part) for part in path)

    def _at(self, key: str | int | Keys, default: Any) -> Any:
        path = key if isinstance(key, tuple) else (key,)
        value: Any = self.data
        for part in path:
            inside = part in value if isinstance(value, dict) else isinstance(part, int)
            if not inside:
                if default is None:
                    self.need(self._name(key))
                return default
            value = value[part]
        return value
