"""Axes: from numbers to places, and the round numbers that name them.

Guarantee: a scale is finite and has a length, whatever the numbers are, one and the same included.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
# Further than this from zero there is no drawing to scale in double precision.
_LARGEST = 1e300


@dataclass(frozen=True)
class Scale:
    """A linear axis.

    Args:
        low: the least number on it.
        high: the largest, above `low`.
        start: where `low` is drawn, in pixels.
        end: where `high` is drawn.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a number is drawn; what lies outside, at the nearer end.

        Args:
            value: finite.

        Returns:
            Pixels. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        share = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)

    def ticks(self, count: int) -> tuple[float, ...]:
        """About that many round numbers on the axis.

        Args:
            count: at least 1.

        Returns:
            Ascending; a step is 1, 2, 2.5 or 5 times a power of ten. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        rough = (self.high / count) - (self.low / count)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(s * power for s in _STEPS if s * power >= rough * (1 - 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        # Adding 0.0 turns a negative zero into a plain one.
        return tuple(float(f"{i * step:.12g}") + 0.0 for i in range(first, last + 1))


def spanning(
    values: Iterable[float | None], start: float, end: float, zero: bool = True, room: float = 0.06
) -> Scale:
    """A scale that holds all of the numbers, with some room.

    Args:
        values: finite numbers; None is left out.
        start: where the axis begins, in pixels.
        end: where it ends.
        zero: zero is on it as well.
        room: how much of the span is added at an end that is not zero.

    Returns:
        The scale; from 0 to 1 where there are no numbers. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    known = [max(-_LARGEST, min(_LARGEST, v)) for v in values if v is not None]
    if zero:
        known.append(0.0)
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        wide = abs(high) or 1.0
        low, high = (low, low + wide) if low >= 0 else (low - wide, low)
    margin = room * (high - low)
    return Scale(low - margin * (low != 0), high + margin * (high != 0), start, end)


def tick(value: float) -> str:
    """An axis' number, short.

    Args:
        value: finite.

    Returns:
        At most four significant digits, with a real minus sign. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return f"{value + 0.0:.4g}".replace("-", "−").replace("e+", "e")


def width_of(label: str, size: float = 12.0) -> float:
    """About how wide a text is drawn.

    Args:
        label: in a proportional sans serif.
        size: of its type, in pixels.

    Returns:
        Pixels, rather too many than too few. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return sum(0.95 if ord(c) > 0x2E7F else 0.58 for c in label) * size


def fitting(label: str, room: float, size: float = 12.0) -> str:
    """A text cut to a width.

    Args:
        label: any.
        room: pixels.
        size: of its type, in pixels.

    Returns:
        The text, its end replaced by an ellipsis where it is too long. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if width_of(label, size) <= room:
        return label
    while label and width_of(label + "…", size) > room:
        label = label[:-1]
    return label.rstrip() + "…"
