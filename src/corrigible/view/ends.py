"""Numbers on their way into a snapshot, and roots of a function that is known between two ends.

Guarantee: what `ends` gives is finite or None; the ends of a `root` have verdicts of opposite sign.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from corrigible.view.snapshot import Ends

_STEPS = 60


def ends(lower: float | None, upper: float | None) -> Ends | None:
    """Two ends of a number, finite or None.

    Args:
        lower: None or an infinity where there is none.
        upper: likewise.

    Returns:
        (lower, upper); None where neither end is a number. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    # Adding zero makes -0.0, which JSON would show, 0.0.
    low = float(lower) + 0.0 if lower is not None and math.isfinite(lower) else None
    high = float(upper) + 0.0 if upper is not None and math.isfinite(upper) else None
    return None if low is None and high is None else (low, high)


def sign(number: Ends | None, tol: float) -> int:
    """Which side of zero a number is on.

    Args:
        number: its ends.
        tol: as much counts as zero.

    Returns:
        1, -1, or 0 where it is zero within `tol` or the ends do not tell. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if number is None:
        return 0
    low, high = number
    if low is not None and low > tol:
        return 1
    return -1 if high is not None and high < -tol else 0


def root(
    function: Callable[[float], Ends | None],
    left: float,
    right: float,
    deadline: float,
    width: float = 1e-7,
) -> Ends | None:
    """Where a function changes its sign between two points of opposite sign, by bisection.

    Args:
        function: its two ends at a point.
        left: a point.
        right: a larger one.
        deadline: a `time.monotonic()` after which the search stops.
        width: how close the two points come, relative to the larger of 1 and the root's size.

    Returns:
        Two points, ascending, with the signs of `left` and `right` (or zero, where the function
        does not tell); None where those signs are not opposite. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package; bisection.
    """
    first = sign(function(left), 0.0)
    if not first or first == sign(function(right), 0.0):
        return None
    for _ in range(_STEPS):
        if right - left <= width * max(1.0, abs(left)) or time.monotonic() > deadline:
            break
        middle = 0.5 * (left + right)
        here = sign(function(middle), 0.0)
        if here == 0:
            exact = function(middle) in ((0.0, 0.0), (-0.0, 0.0))
            return (middle, middle) if exact else (left, right)
        left, right = (middle, right) if here == first else (left, middle)
    return left, right
