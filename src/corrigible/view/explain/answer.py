"""The answer: for and against keeping the overseer, the ledger and the bribes in words.

Guarantee: every sentence is a function of the snapshot's numbers alone.
"""

from __future__ import annotations

from corrigible.view.ends import sign
from corrigible.view.explain.words import LEDGER, NOTHING, close, edge, ends, listed, number, times
from corrigible.view.snapshot import Judged, LedgerView, Snapshot

_MOST = 4


def answer(snapshot: Snapshot) -> tuple[str, str]:
    """The answer in two sentences.

    Args:
        snapshot: of a level.

    Returns:
        (for, against) keeping the overseer. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    worst = snapshot.certificate.worst
    where = _where(snapshot, worst)
    amount = ends(worst.margin)
    if worst.verdict == "keeps":
        because = _because(worst.ledger, 1.0)
        said = f"It keeps its overseer: {where}, keeping is worth {amount} more than silencing"
        return f"{said}{because}.", _against(snapshot)
    if worst.verdict == "disables":
        less = ends(_turned(worst))
        said = f"It silences its overseer: {where}, that is worth {less} more than keeping"
        return _speaks(worst.ledger), f"{said}{_because(worst.ledger, -1.0)}."
    if worst.verdict == "indifferent":
        return (
            f"Keeping its overseer costs it nothing: {where}, the two are worth the same.",
            "Silencing it costs nothing either, so only the order of its actions decides.",
        )
    if worst.verdict == "undecided":
        low, high = worst.margin or (None, None)
        most = "there is no telling how much" if high is None else f"up to {number(high)}"
        least = "there is no telling how much" if low is None else f"up to {number(-low)}"
        return (
            f"Keeping its overseer may be worth more to it than silencing it: {most}, {where}.",
            f"Silencing it may be worth more: {least}; the bounds did not decide in the time.",
        )
    return _without_choice(snapshot, worst)


def verdicts(snapshot: Snapshot) -> str:
    """What was judged, and where the least margin is.

    Args:
        snapshot: of a level.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    certificate = snapshot.certificate
    worst, others = certificate.worst, certificate.others
    if worst.state is None or worst.margin is None:
        why = _without_choice(snapshot, worst)[0]
        return f"No state was judged: {why[0].lower()}{why[1:]}"
    label = snapshot.level.labels[worst.state]
    said = f"The margin at {label} is {ends(worst.margin)}"
    if others:
        count = times(len(others) + 1, "state")
        said += f", the least of the {count} that its plan passes before a first correction"
    left = len(certificate.unjudged)
    if left:
        said += f"; {times(left, 'more state')} with something to disable it does not pass"
    return f"{said}."


def ledger(snapshot: Snapshot) -> str:
    """Where the margin comes from.

    Args:
        snapshot: of a level.

    Returns:
        One sentence, with the sum. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    parts = snapshot.certificate.worst.ledger
    if parts is None:
        return "Nothing was judged, so there is no sum."
    terms = [f"{name} {number(getattr(parts, name))}" for name, _ in LEDGER]
    found = _parts(parts)
    if not found:
        return f"{' + '.join(terms)} = 0: nothing tells the two actions apart."
    name, value = max(found, key=lambda item: abs(item[1]))
    towards = "for keeping" if value > 0 else "for silencing"
    meaning = dict(LEDGER)[name]
    said = f"{' + '.join(terms)} = {number(parts.total)}"
    return f"{said}: what speaks most, and {towards}, is {meaning}."


def bribes(snapshot: Snapshot) -> str:
    """What one would have to pay it.

    Args:
        snapshot: of a level.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    certificate = snapshot.certificate
    once, always = certificate.bribe, certificate.bribe_for_ever
    if "bribe" in snapshot.missing:
        return "There was no time to work out what one would have to pay it."
    if once is None and always is None:
        return "There is nothing that one could pay it for."
    first = _price(ends(once), sign(once, certificate.tol))
    second = _price(ends(always), sign(always, certificate.tol))
    return (
        f"Paid for each success until its first correction, it silences its overseer for {first}; "
        f"paid for ever, when it can wait until it has learned enough, for {second}."
    )


def _price(amount: str, side: int) -> str:
    if side < 0:
        return f"less than nothing ({amount})"
    return "any payment at all" if amount == "0" else f"anything above {amount} each time"


def _turned(judged: Judged) -> tuple[float | None, float | None]:
    low, high = judged.margin or (None, None)
    return (None if high is None else -high), (None if low is None else -low)


def _where(snapshot: Snapshot, judged: Judged) -> str:
    if judged.state is None:
        return "before any correction"
    return f"at {snapshot.level.labels[judged.state]}, before any correction"


def _parts(parts: LedgerView | None) -> list[tuple[str, float]]:
    if parts is None:
        return []
    every = [(name, float(getattr(parts, name))) for name, _ in LEDGER]
    return [(name, value) for name, value in every if abs(value) > NOTHING]


def _because(parts: LedgerView | None, side: float) -> str:
    """ ", all of it information", or what speaks for the verdict's side and what against."""
    found = _parts(parts)
    helping = [(name, value) for name, value in found if value * side > 0]
    hindering = [(name, value) for name, value in found if value * side < 0]
    if not helping:
        return ""
    if len(helping) == 1 and not hindering:
        return f", all of it {helping[0][0]}"
    said = listed([f"{name} {number(abs(value))}" for name, value in helping])
    if not hindering:
        return f" ({said})"
    less = listed([f"{name} {number(abs(value))}" for name, value in hindering])
    return f" ({said}, less {less})"


def _speaks(parts: LedgerView | None) -> str:
    """For keeping, where it silences."""
    helping = [(name, value) for name, value in _parts(parts) if value > 0]
    if not helping:
        return "Nothing speaks for keeping its overseer: no part of the sum is above 0."
    said = listed([f"{name} ({number(value)})" for name, value in helping])
    return f"For keeping its overseer there is {said}, and that is not enough."


def _against(snapshot: Snapshot) -> str:
    """Against keeping, where it keeps: what was found to undo it on the same level."""
    found: list[str] = []
    clock = snapshot.clock
    if clock is not None and clock.crossing is not None:
        what = "it is indifferent" if clock.crossing_verdict == "indifferent" else "it silences it"
        found.append(f"after {times(clock.crossing, 'correction')} of one history {what}")
    for failure in snapshot.failures:
        if failure.shown is None:
            continue
        if failure.kind == "bonus" and failure.boundary is not None:
            sure = number(failure.boundary[1])
            amount = f"above {edge(failure.boundary)}" if close(failure.boundary) else f"of {sure}"
            found.append(f"a bonus {amount} each time buys it")
        elif failure.kind == "rationality":
            below = failure.boundary is not None and f"below {edge(failure.boundary)}"
            x = below or number(failure.shown)
            found.append(f"a hand of rationality {x} makes keeping it a mistake")
        elif failure.kind == "overrides":
            found.append(
                f"a hand that executes what it says at rate {number(failure.shown)} is silenced"
            )
    if found:
        return f"But {listed(found[:_MOST])}."
    price = snapshot.certificate.bribe
    if price is not None:
        return f"But it has its price: {_price(ends(price), 1)} until its first correction."
    if clock is None and not snapshot.failures:
        return "What could undo it on this level was not worked out in the time."
    return "Nothing that was tried on this level undid it."


def _without_choice(snapshot: Snapshot, worst: Judged) -> tuple[str, str]:
    if worst.verdict == "forced":
        return (
            "Keeping its overseer is not up to it here: every action may turn it off.",
            "None of its actions is safer than another, so no margin was judged.",
        )
    left = len(snapshot.certificate.unjudged)
    elsewhere = "nothing on this level could silence it"
    if left:
        elsewhere = f"at {times(left, 'state')} that it does not pass by then, it could silence it"
    return (
        "It keeps its overseer for want of a choice: nothing that it passes before a first "
        "correction lets it silence it.",
        f"That says nothing of what it would choose, and no margin was judged: {elsewhere}.",
    )
