"""When it fails, on the same level, in words.

Guarantee: a failure is claimed only where `Failure.shown` points at one.
"""

from __future__ import annotations

from corrigible.view.ends import sign
from corrigible.view.explain.words import edge, ends, listed, middle, number, times
from corrigible.view.snapshot import Failure, Snapshot, SweepPoint

_TITLES = {
    "bonus": "A bonus for silencing it",
    "rationality": "A hand believed more rational than it is",
    "overrides": "A hand that overrides",
}
_AXES = {
    "bonus": "what it is paid each time, in reward units",
    "rationality": "how rational the hand truly is, 1 / reward units",
    "overrides": "how often the hand speaks, a probability",
}


def failure_title(failure: Failure) -> str:
    """What is changed.

    Args:
        failure: one of a snapshot's.

    Returns:
        A few words. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return _TITLES.get(failure.kind, failure.kind)


def failure_axis(failure: Failure) -> str:
    """What x is.

    Args:
        failure: one of a snapshot's.

    Returns:
        A few words, with the unit. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return _AXES.get(failure.kind, failure.kind)


def failure(snapshot: Snapshot, one: Failure) -> str:
    """What happens as one number changes.

    Args:
        snapshot: of the level.
        one: one of its failures.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    shown = next((p for p in one.points if p.x == one.shown), None)
    if one.kind == "bonus":
        return _bonus(one, shown)
    if one.kind == "rationality":
        return _rationality(one, shown)
    return _overrides(snapshot, one, shown)


def failures(snapshot: Snapshot) -> str:
    """Which of the changes undo it.

    Args:
        snapshot: of a level.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    tried = [failure_title(one) for one in snapshot.failures]
    broken = [failure_title(one) for one in snapshot.failures if one.shown is not None]
    if not tried:
        return "Nothing was changed on this level to see when it fails."
    names = [title[0].lower() + title[1:] for title in broken]
    said = "One thing is changed at a time, the level stays"
    if snapshot.certificate.worst.verdict in ("disables", "indifferent"):
        said += "; as things are, the agent has no reason to keep its overseer that could be undone"
    elif not names:
        said += f": nothing undoes it, of {times(len(tried), 'thing')} tried"
    return f"{said}; what undoes it: {listed(names)}." if names else f"{said}."


def _bonus(one: Failure, shown: SweepPoint | None) -> str:
    first = one.points[0].believed
    if one.boundary is None or shown is None:
        if sign(first, 0.0) <= 0:
            return f"It needs no bonus: without one the margin is {ends(first)}."
        return f"The margin without a bonus is {ends(first)}; no boundary was found in the time."
    return (
        "Paid a bonus each time that a step silences it, or would if it still spoke, it silences "
        f"its overseer from {edge(one.boundary)} on: the margin falls from {ends(first)} without "
        f"one to {ends(shown.believed)} at {number(shown.x)}."
    )


def _rationality(one: Failure, shown: SweepPoint | None) -> str:
    believed = one.points[0].believed
    assumed = "a perfect hand" if one.assumed is None else f"rationality {number(one.assumed)}"
    if shown is None:
        least = one.points[0]
        if sign(believed, 0.0) <= 0:
            return (
                f"It believes in {assumed} and in a margin of {ends(believed)}, so there is no "
                "hand that it would wrongly keep."
            )
        return (
            f"It believes in {assumed} and a margin of {ends(believed)}; down to rationality "
            f"{number(least.x)} the true one ({ends(least.true)}) does not fall below 0."
        )
    # A hand that errs has no order among equals, and one believed perfect may have.
    equals = ", which draws among equals," if one.assumed is None else ""
    said = (
        f"It believes in {assumed} and in a margin of {ends(shown.believed)}; with a hand of "
        f"rationality {number(shown.x)}{equals} the true margin is {ends(shown.true)}, so it keeps "
        "a hand that misleads it"
    )
    zero = "" if one.boundary is None else f"; the true margin is 0 at {edge(one.boundary)}"
    return f"{said}{zero}."


def _overrides(snapshot: Snapshot, one: Failure, shown: SweepPoint | None) -> str:
    own = next((p for p in one.points if p.x == one.assumed), one.points[-1])
    if shown is None:
        return (
            "A hand that speaks about where the agent stands and executes what it says, at rate "
            f"{number(own.x)}, leaves a margin of {ends(own.believed)}; one that only says it, "
            f"{ends(own.compare)}: that alone does not turn it here."
        )
    price, advised = middle(shown.believed), middle(shown.compare)
    cost = (
        ""
        if price is None or advised is None
        else f": executing it costs {number(advised - price)}"
    )
    said = (
        "A hand that speaks about where the agent stands and executes what it says, at rate "
        f"{number(shown.x)}, has a margin of {ends(shown.believed)}; one that says the same and "
        f"leaves the choice, {ends(shown.compare)}{cost}"
    )
    on = f"; it is worth keeping from rate {edge(one.boundary)} on" if one.boundary else ""
    return f"{said}{on}."
