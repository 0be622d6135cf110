"""Numbers as text, and the words that numbers are named by.

Guarantee: a number prints the same wherever it is shown; what is less than the finest tolerance of
the planners is written 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from corrigible.view.snapshot import Ends

NOTHING = 5e-7
_ALIKE = 1e-5
_CLOSE = 1e-3
_VERDICTS = (
    ("keeps", "keeping the overseer is worth more than silencing it"),
    ("disables", "silencing the overseer is worth more than keeping it"),
    ("indifferent", "both are worth the same, within the tolerance"),
    ("undecided", "the bounds did not come close enough, in the time, to tell"),
    ("nothing to disable", "no action is likelier than another to silence the overseer"),
    ("forced", "every action may silence the overseer, and none more than another"),
)
LEDGER = (
    ("direct", "what the step itself pays, in expectation"),
    ("path", "where the step leads, if nothing more is ever learned"),
    ("information", "what can still be learned from the overseer"),
    ("control", "what the overseer's own hand does, where it acts"),
)


def number(value: float | None) -> str:
    """A number for people.

    Args:
        value: None where there is none.

    Returns:
        Four significant digits, 0 for what is only rounding, or a dash. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if value is None:
        return "-"
    if abs(value) < NOTHING:
        return "0"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def ends(pair: Ends | None) -> str:
    """An interval for people.

    Args:
        pair: (lower, upper), or None.

    Returns:
        One number where both are alike in the digits shown. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if pair is None or pair == (None, None):
        return "-"
    low, high = pair
    if low is None:
        return f"at most {number(high)}"
    if high is None:
        return f"at least {number(low)}"
    if high - low <= max(NOTHING, _ALIKE * max(abs(low), abs(high))):
        return number(0.5 * (low + high))
    return number(low) if number(low) == number(high) else f"{number(low)} to {number(high)}"


def edge(pair: Ends) -> str:
    """Where something changes.

    Args:
        pair: two points on either side of it.

    Returns:
        One number where they are close, else that it lies between them. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return ends(pair) if close(pair) else "somewhere between " + ends(pair).replace(" to ", " and ")


def close(pair: Ends) -> bool:
    """Whether two points are as good as one.

    Args:
        pair: on either side of a change.

    Returns:
        True also where one of them is missing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    low, high = pair
    return low is None or high is None or high - low <= _CLOSE * max(abs(low), abs(high))


def verdict_key() -> tuple[tuple[str, str], ...]:
    """What each verdict means.

    Returns:
        (verdict, meaning) pairs. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return _VERDICTS


def ledger_key() -> tuple[tuple[str, str], ...]:
    """What each part of the ledger is.

    Returns:
        (part, meaning) pairs, in the order of the sum, then the gap. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return (*LEDGER, ("gap", "how far apart the ends of the margin are, outside the sum"))


def times(count: int, what: str, plural: str | None = None) -> str:
    """A count with its noun.

    Args:
        count: how many.
        what: one of them.
        plural: several of them; the noun with an s where None.

    Returns:
        For instance "1 correction", "no corrections". No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    many = plural or f"{what}s"
    return f"no {many}" if count == 0 else f"{count} {what if count == 1 else many}"


def listed(parts: Sequence[str], last: str = "and") -> str:
    """Parts of a sentence, one after another.

    Args:
        parts: at least one.
        last: the word before the last of them.

    Returns:
        "a", "a and b", "a, b and c". No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def middle(pair: Ends | None) -> float | None:
    """The middle of an interval.

    Args:
        pair: (lower, upper), or None.

    Returns:
        None where an end is missing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if pair is None or pair[0] is None or pair[1] is None:
        return None
    return 0.5 * (pair[0] + pair[1])
