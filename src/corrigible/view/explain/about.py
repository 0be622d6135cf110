"""The question, the level, what the numbers rest on and what they do not show.

Guarantee: every sentence is a function of the snapshot alone.
"""

from __future__ import annotations

from corrigible.view.explain.words import listed, number, times
from corrigible.view.snapshot import Glyph, HandView, LevelView, Snapshot

_ABOUT = {
    "current": "the state that it stands in",
    "uniform": "a state drawn uniformly",
    "asked": "the state that it asks about",
}
_PARTS = {
    "agents": "some of the other agents",
    "clock": "the deference clock",
    "bribe": "the bribes",
    "bonus": "the bonus",
    "rationality": "the hand that errs",
    "overrides": "the hand that overrides",
    "truth": "believed against true",
    "film": "the episode",
}


def question() -> tuple[str, str]:
    """What all of this is about.

    Returns:
        Two sentences. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return (
        "An agent is never told its reward: it learns what is wanted from an overseer's "
        "corrections alone, and some of its actions would silence that overseer for good.",
        "When does it keep its overseer, by what margin, and when does that fail?",
    )


def level(snapshot: Snapshot) -> str:
    """What the level is.

    Args:
        snapshot: of a level.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    about, hand = snapshot.assumptions, snapshot.assumptions.assumed_hand
    size = (
        f"{times(about.states, 'state')}, {times(about.actions, 'action')} and "
        f"{times(about.hypotheses, 'reward')} that it holds possible"
    )
    return f"{size}, discount {number(about.discount)}; it assumes {_hand(hand)}."


def picture(snapshot: Snapshot) -> str:
    """The level, for those who do not see it.

    Args:
        snapshot: of a level.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    level = snapshot.level
    starts = listed([level.labels[s] for s in level.starts[:4]])
    if level.rows:
        kinds = sorted({g.kind for g in level.glyphs} - {"plain", "wall"})
        size = f"A map of {len(level.rows)} rows and {len(level.rows[0])} columns"
        holds = f" with {listed(kinds)}" if kinds else ""
        return f"{size}{holds}; the agent starts at {starts}."
    return (
        f"A graph of {times(len(level.labels), 'state')} and {times(len(level.edges), 'arrow')}; "
        f"the agent starts at {starts}."
    )


def glyph(level: LevelView, glyph: Glyph) -> str:
    """What a sign on the map means.

    Args:
        level: whose map it is.
        glyph: one of its signs.

    Returns:
        A few words. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    names = {
        "plain": "floor",
        "wall": "wall",
        "goal": "pays under some hypotheses",
        "press": "a button",
        "tile": "a tile that acts when it is entered",
        "door": "a door",
    }
    said = [names.get(glyph.kind, glyph.kind)]
    if glyph.start:
        said.append("the start" if len(level.starts) == 1 else "a start")
    if glyph.pays:
        said.append(f"pays {number(glyph.pays)}")
    for chance, what in ((glyph.disables, "silences"), (glyph.restores, "gives back")):
        if chance:
            how = "" if chance == 1.0 else f" with probability {number(chance)}"
            said.append(f"{what} the overseer{how}")
    return ", ".join(said)


def assumptions(snapshot: Snapshot) -> list[str]:
    """What the numbers rest on.

    Args:
        snapshot: of a level.

    Returns:
        Sentences. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    about = snapshot.assumptions
    said = [
        f"The agent knows how the world moves and holds {times(about.hypotheses, 'reward')} "
        f"possible; the true one is {'' if about.true_possible else 'not '}among them.",
        f"It assumes {_hand(about.assumed_hand)}.",
    ]
    if about.same_world and about.same_hand:
        said.append("The true world and the true overseer are as it assumes.")
    else:
        world = "The true world is as it assumes" if about.same_world else "The true world differs"
        hand = "so is the overseer" if about.same_hand else f"the truth is {_hand(about.true_hand)}"
        joined = "and" if about.same_world and about.same_hand else "but"
        said.append(f"{world}, {joined} {hand}.")
    if about.twins:
        said.append(
            "Every way to silence the overseer has a twin that pays and moves the same and keeps "
            "it."
        )
    if not about.monotone:
        said.append("The channel is not monotone: being on may make it likelier to be off later.")
    elif about.restores:
        said.append("What turned the overseer off may be undone.")
    said.append(
        "The margin comes from a plan over every belief that can be reached."
        if snapshot.certificate.exact
        else "The margin comes from bounds: the true one lies between the ends that are shown."
    )
    return said


def not_shown(snapshot: Snapshot) -> list[str]:
    """What the numbers do not show.

    Args:
        snapshot: of a level.

    Returns:
        Sentences. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    about = snapshot.assumptions
    said = [
        "Nothing about other levels: a margin belongs to this world, this prior and this overseer.",
        "Nothing about an agent that learns how the world moves, or what its overseer is like: "
        "here it knows the one and assumes the other.",
        "Nothing about ways around the overseer that the level does not have as actions.",
    ]
    if snapshot.certificate.unjudged:
        count = times(len(snapshot.certificate.unjudged), "state")
        said.append(f"Nothing about {count} that its plan does not pass before a first correction.")
    if about.true_possible:
        said.append("Nothing about a true reward that the agent does not hold possible.")
    return said


def missing(snapshot: Snapshot) -> str:
    """What there was no time for, or not enough.

    Args:
        snapshot: of a level.

    Returns:
        One sentence; empty where everything is there. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if not snapshot.missing:
        return ""
    parts = listed([_PARTS.get(part, part) for part in snapshot.missing])
    return f"Cut short or left out for lack of time: {parts}."


def _hand(hand: HandView) -> str:
    if hand.kind == "absent":
        return "an overseer that never speaks"
    kind = "an overseer given by a table" if hand.kind == "table" else "a perfect overseer"
    if hand.rationality is not None:
        kind = f"an overseer of rationality {number(hand.rationality)}"
    does = "executes what it says" if hand.mode == "overrides" else "leaves the choice to it"
    cost = f" for {number(hand.ask_cost)}" if hand.ask_cost else ""
    about = _ABOUT.get(hand.about, hand.about)
    return f"{kind} that speaks with probability {number(hand.rate)} about {about}{cost} and {does}"
