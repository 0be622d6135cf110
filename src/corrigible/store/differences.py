"""What differs between two pieces of data, named as a level's flags name things.

Guarantee: every value that differs, or that only one side has, is named once; a long list, or one
of records, counts as a single value where the caller says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = 8


class Missing:
    """What stands where one side has nothing.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """


MISSING = Missing()


@dataclass(frozen=True)
class Difference:
    """One value that differs.

    Args:
        key: where, with dots, and quotes around what is not a plain word.
        left: a number, text, truth value, None, a list, or `MISSING`.
        right: likewise.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    key: str
    left: Any
    right: Any

    @property
    def change(self) -> float | None:
        """How much larger the right side is.

        Returns:
            None where they are not two numbers. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        numbers = [x for x in (self.left, self.right) if _is_number(x)]
        return numbers[1] - numbers[0] if len(numbers) == 2 else None


def flatten(value: Any, deep: bool = True) -> dict[str, Any]:
    """Data as one value a name.

    Args:
        value: numbers, text and containers.
        deep: open every list; otherwise only short ones that hold no container.

    Returns:
        Name -> number, text, truth value, None, or a list that was not opened; an empty container
        is a value. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return dict(_leaves(value, "", deep))


def differences(left: Any, right: Any, deep: bool = True) -> list[Difference]:
    """What differs between two pieces of data.

    Args:
        left: numbers, text and containers.
        right: likewise.
        deep: as in `flatten`.

    Returns:
        In the order of the left side, then what only the right side has. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    one, other = flatten(left, deep), flatten(right, deep)
    return [
        Difference(key, one.get(key, MISSING), other.get(key, MISSING))
        for key in {**one, **other}
        if not _same(one.get(key, MISSING), other.get(key, MISSING))
    ]


def _leaves(value: Any, name: str, deep: bool) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            word = key if _PLAIN.fullmatch(key) else f'"{key}"'
            yield from _leaves(part, f"{name}.{word}" if name else word, deep)
    elif isinstance(value, list) and value and (deep or _is_short(value)):
        for index, part in enumerate(value):
            yield from _leaves(part, f"{name}[{index}]", deep)
    else:
        yield name, value


def _is_short(values: list[Any]) -> bool:
    return len(values) <= _SHORT and not any(isinstance(v, Mapping | list) for v in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(left: Any, right: Any) -> bool:
    if _is_number(left) and _is_number(right):
        return left == right or (left != left and right != right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right
