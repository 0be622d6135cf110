"""How a conformance suite says no."""

from __future__ import annotations

import numpy as np


class NonConformance(AssertionError):
    """Something does not keep its contract; the message says what, in one line.

    Source: this package.
    """


def require(condition: object, message: str) -> None:
    """Raise unless a condition holds.

    Args:
        condition: anything with a truth value; no array.
        message: what is wrong otherwise.

    Returns:
        Nothing. No shapes.

    Raises:
        NonConformance: it does not hold.

    Source: this package.
    """
    if not condition:
        raise NonConformance(message)


def require_distributions(name: str, values: np.ndarray, tolerance: float = 1e-9) -> None:
    """Raise unless the last axis holds probability distributions.

    Args:
        name: of the values, for the message.
        values: `[..., N]`.
        tolerance: how far from one a sum may be.

    Returns:
        Nothing.

    Raises:
        NonConformance: NaN, a negative entry, or a sum that is not one.

    Source: this package.
    """
    require(np.isfinite(values).all(), f"{name} has entries that are not finite")
    require(values.min(initial=0.0) >= 0.0, f"{name} has a negative probability")
    off = float(np.abs(values.sum(axis=-1) - 1.0).max(initial=0.0))
    require(off <= tolerance, f"{name}: a row misses a sum of one by {off:.3g}")
