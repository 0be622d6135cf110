"""Why each agent does what it does, in one sentence.

Guarantee: the reason follows from the row's numbers and, for the agent that plans, the ledger.
"""

from __future__ import annotations

from corrigible.view.explain.words import NOTHING, ends, number
from corrigible.view.snapshot import AgentRow, Ends, Snapshot

_ROUGH = 1e-6
_WAYS = {
    "mean-reward": "plans for its mean reward, as if it would never learn again",
    "map": "plans as if the likeliest reward, {name}, were the true one",
    "thompson": "plans as if a reward that it draws were the true one",
    "always-obey": "does what it was last told and, until then, what its mean reward says",
}


def agent(snapshot: Snapshot, row: AgentRow) -> str:
    """Why one agent does what it does.

    Args:
        snapshot: of a level.
        row: one of its agents.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    reason = _planner(snapshot, row) if row.agent == "bayes" else _other(snapshot, row)
    return f"{reason}{_presses(row)}."


def agents(snapshot: Snapshot) -> str:
    """How to read the rows.

    Args:
        snapshot: of a level.

    Returns:
        A few sentences. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    played = [row for row in snapshot.agents if row.sampled]
    said = (
        "Margin: what keeping is worth to the agent over silencing, before any correction. "
        "Presses: how likely it is ever to silence its overseer itself, over its ways of breaking "
        "ties. Regret: what it loses against an agent that knows the reward; where ties decide "
        "whether it presses, with ties broken for keeping and for silencing."
    )
    rough = [row for row in snapshot.agents if not row.sampled and row.error > _ROUGH]
    if rough:
        names = " and ".join(row.agent for row in rough)
        error = max(row.error for row in rough)
        said += f" {names}: followed through so many beliefs only, regret within {number(error)}."
    if played:
        names = " and ".join(row.agent for row in played)
        count = min(row.sampled for row in played)
        error = max(row.error for row in played)
        said += f" {names}: from {count} episodes each, regret within {number(error)}."
    return said


def regret(row: AgentRow) -> str:
    """What an agent loses.

    Args:
        row: the agent's.

    Returns:
        A number, after a ~ where it is not exact; two where ties decide. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    about = "~" if row.sampled or row.error > _ROUGH else ""
    low, high = number(row.regret), number(row.regret_silencing)
    other = "" if row.regret_silencing is None or low == high else f" to {high}"
    return f"{about}{low}{other}"


def _planner(snapshot: Snapshot, row: AgentRow) -> str:
    parts = snapshot.certificate.worst.ledger
    if parts is None or row.margin is None:
        return "plans with what it can learn, and has nothing to disable where it goes"
    rest = parts.total - parts.information
    learns = f"what it can still learn is worth {number(parts.information)} to it"
    if parts.information < -NOTHING and row.verdict in ("keeps", "disables"):
        return _learns_more_by_silencing(row.verdict, -parts.information, rest)
    if row.verdict == "keeps":
        if parts.information <= NOTHING:
            return (
                f"has nothing to learn that matters; the rest, {number(rest)}, keeps its overseer"
            )
        if abs(rest) <= NOTHING:
            return f"{learns}, and silencing its overseer would give that up for nothing"
        more = "on top of" if rest > 0 else "more than"
        return f"{learns}, {more} the {number(abs(rest))} that the rest is worth"
    if row.verdict == "disables":
        if parts.information <= NOTHING:
            return f"has nothing to learn that matters; silencing is worth {number(-rest)}"
        return f"{learns}, less than the {number(-rest)} that silencing is worth"
    if row.verdict == "indifferent":
        return "the two are worth the same to it, all that it can learn included"
    return f"the bounds leave open which is worth more: {ends(row.margin)}"


def _learns_more_by_silencing(verdict: str, more: float, rest: float) -> str:
    """Where what silences leaves more to learn, as it may where it can fail."""
    said = f"what silences leaves it {number(more)} more to learn"
    if abs(rest) <= NOTHING:
        return f"{said}, and nothing else tells the two apart"
    if verdict == "keeps":
        return f"{said}, less than the {number(rest)} that the rest is worth"
    if rest < 0:
        return f"{said}, on top of the {number(-rest)} that silencing is worth otherwise"
    return f"{said}, and that outweighs the {number(rest)} that the rest is worth"


def _other(snapshot: Snapshot, row: AgentRow) -> str:
    hypotheses = snapshot.level.hypotheses
    likeliest = max(hypotheses, key=lambda h: h.weight).name if hypotheses else ""
    way = _WAYS.get(row.agent, "acts").format(name=likeliest)
    if row.margin is None:
        return f"{way}, and has nothing to disable where it goes"
    if row.verdict == "indifferent":
        return f"{way}: both are worth the same to it"
    worth = ends(_size(row.margin))
    if row.verdict == "keeps":
        return f"{way}, so only the way costs it something: silencing {worth}, the overseer nothing"
    if row.verdict == "disables":
        return f"{way}, so {worth} is enough to silence its overseer"
    return f"{way}, so it depends on which: {ends(row.margin)}"


def _size(margin: Ends) -> Ends:
    low, high = margin
    if low is not None and high is not None and high < 0:
        return -high, -low
    return margin


def _presses(row: AgentRow) -> str:
    if row.presses is None:
        return ""
    low, high = row.presses
    if low is None or high is None:
        return ""
    if high <= NOTHING:
        return "; it never silences it"
    if low >= 1.0 - NOTHING:
        return "; sooner or later it silences it"
    if high - low > NOTHING:
        if not row.sampled and row.error > _ROUGH:
            return "; whether it ever silences it was not worked out any closer"
        if row.verdict == "keeps":
            return "; later on ties may decide whether it silences it"
        return ", and ties decide whether it silences it"
    return f"; it silences it with probability {number(high)}"
