"""What is said to a person at the keyboard: sentences about one belief and one response.

Guarantee: a pure function of its arguments; names reach the sentence as they are and are made
harmless by whoever prints it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from corrigible.view.explain.words import number

_GONE = 1e-12
_ALIKE = 1e-9


def belief(names: Sequence[str], weights: Float[np.ndarray, " H"], vpi: float) -> str:
    """What an agent now believes, and what it would give to know.

    Args:
        names: of the H hypotheses.
        weights: `[H]`.
        vpi: its value of perfect information, in reward units.

    Returns:
        One sentence. No arrays.

    Raises:
        Nothing.

    Source: Howard 1966, for what knowing is worth.
    """
    left = int((weights > _GONE).sum())
    top = float(weights.max())
    likeliest = np.flatnonzero(weights >= top - _ALIKE)
    first = names[int(likeliest[0])]
    worth = f"to know which would be worth {number(vpi)} to it"
    if vpi <= _GONE:
        worth = "which of them it is no longer matters to what it does"
    if left == 1:
        return f"it is sure that the reward is {first}; no word is worth anything to it now"
    held = f"it holds {left} of {len(names)} rewards possible"
    if len(likeliest) == left:
        return f"{held}, all alike ({number(top)} each); {worth}"
    if len(likeliest) > 1:
        more = f"{first} and {len(likeliest) - 1} more"
        return f"{held}, {more} the likeliest ({number(top)} each); {worth}"
    return f"{held}, {first} the likeliest ({number(top)}); {worth}"


def obeyed(told: str, does: str, forced: bool) -> str:
    """What a correction about where it stands has led to.

    Args:
        told: the action handed over.
        does: the action that follows.
        forced: whether the overseer's own hand does it.

    Returns:
        A few words. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if forced:
        return f"your hand does {told}"
    return f"it does {does}" if told == does else f"it does {does} all the same"


def alarm(told: str, expected: Sequence[str]) -> str:
    """What to say of a correction that the agent calls impossible.

    Args:
        told: what was said, and of which place.
        expected: what the overseer that it assumes might have said of it.

    Returns:
        Sentences. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return (
        f"ALARM: '{told}' is impossible for it: under no reward that it still holds possible would "
        f"the overseer that it assumes say this, only {' or '.join(expected)}. Its belief stays, "
        "and the word is not kept. Take it back (undo), or start again with an agent that expects "
        "you to err (--overseer.rationality 5)."
    )


def assumed(rate: float, rationality: float | None, ordered: bool, actions: Sequence[str]) -> str:
    """Who the agent takes its overseer for.

    Args:
        rate: of corrections, an arrival.
        rationality: of its choice of action; None for a hand that has none.
        ordered: whether, of equally good actions, it names the first.
        actions: in the world's order.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    said = f"It expects a word on {number(100 * rate)}% of its arrivals"
    if rationality is None:
        return f"{said}."
    if rationality < float("inf"):
        return f"{said}, from one who errs (rationality {number(rationality)})."
    if not ordered:
        return f"{said}, from one who never errs and names any of equally good actions."
    return (
        f"{said}, from one who never errs and, of equally good actions, names the first of: "
        f"{', '.join(actions)}."
    )
