"""The level, its hands, one episode and where all of it comes from, as data.

See `corrigible.view.snapshot` for the conventions; every name here is one of its names too.

Guarantee: frozen, and made of numbers, text and tuples only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Glyph:
    """A kind of cell of a map.

    Args:
        glyph: the character.
        kind: plain, wall, goal, press, tile or door.
        start: whether one may start there.
        pays: of a press or a tile; what a goal pays is in the hypotheses.
        disables: the probability that it turns the channel off.
        restores: the probability that it turns the channel on.

    Source: this package.
    """

    glyph: str
    kind: str
    start: bool
    pays: float
    disables: float
    restores: float


@dataclass(frozen=True)
class Edge:
    """Where a step may lead.

    Args:
        source: a state.
        target: a state.
        actions: those that may lead there.
        disabling: those of them that are likelier than needed to turn the channel off.

    Source: this package.
    """

    source: int
    target: int
    actions: tuple[int, ...]
    disabling: tuple[int, ...]


@dataclass(frozen=True)
class Hypothesis:
    """One reward that the agent holds possible.

    Args:
        name: its name.
        weight: its prior probability.
        true: whether it is the true reward.
        goals: the states where it pays more than every action's least pay, best first.

    Source: this package.
    """

    name: str
    weight: float
    true: bool
    goals: tuple[int, ...]


@dataclass(frozen=True)
class LevelView:
    """A level as it can be drawn.

    Args:
        name: the level's.
        description: the level's; may be empty.
        path: its file as text, None where it is a shipped level or text.
        rows: a map's rows of glyphs; empty for a graph.
        glyphs: every kind of cell on the map, once; empty for a graph.
        cells: (row, column) of every state; empty for a graph.
        labels: a name for every state.
        actions: a name for every action.
        starts: the states that one may start in.
        edges: every (source, target) with positive probability, for a graph only; empty for a map.
        hypotheses: every reward held possible, in the problem's order.

    Source: this package.
    """

    name: str
    description: str
    path: str | None
    rows: tuple[str, ...]
    glyphs: tuple[Glyph, ...]
    cells: tuple[tuple[int, int], ...]
    labels: tuple[str, ...]
    actions: tuple[str, ...]
    starts: tuple[int, ...]
    edges: tuple[Edge, ...]
    hypotheses: tuple[Hypothesis, ...]


@dataclass(frozen=True)
class HandView:
    """An overseer.

    Args:
        kind: hand, absent or table.
        rate: the probability of a correction on an arrival.
        rationality: None for a perfect hand, and where the kind is not hand.
        about: current, uniform or asked.
        mode: advises or overrides.
        ask_cost: what an answer costs.

    Source: this package.
    """

    kind: str
    rate: float
    rationality: float | None
    about: str
    mode: str
    ask_cost: float


@dataclass(frozen=True)
class Frame:
    """One step of an episode.

    Args:
        step: from 0.
        state: where the agent stands.
        channel: whether the overseer's channel is on.
        asked: the state that the agent asked about on arriving here; None where none.
        correction: (state, action) heard on arriving here; None for silence.
        alarm: whether every hypothesis calls that correction impossible.
        chosen: the agent's own action; None in the last frame, which only arrives.
        executed: the action taken; another than `chosen` where the hand overrode it.
        overridden: whether the hand executed the step.
        press: whether the agent itself took an action that is likelier than needed to silence.
        reward: the true reward of the step, never shown to the agent; None in the last frame.
        likeliest: the likeliest hypothesis after what was heard, the first among equals.
        weight: its probability.
        possible: how many hypotheses still have a positive probability.
        entropy: of the belief over hypotheses, in nats.

    Source: this package.
    """

    step: int
    state: int
    channel: bool
    asked: int | None
    correction: tuple[int, int] | None
    alarm: bool
    chosen: int | None
    executed: int | None
    overridden: bool
    press: bool
    reward: float | None
    likeliest: int
    weight: float
    possible: int
    entropy: float


@dataclass(frozen=True)
class Film:
    """One episode of the agent that plans, in the level's truth.

    Args:
        frames: in order; the last one only arrives.
        seed: what every draw of it derives from.
        settled: whether it was cut where nothing changes any more; else it ran to its limit.

    Source: this package.
    """

    frames: tuple[Frame, ...]
    seed: int
    settled: bool


@dataclass(frozen=True)
class Assumptions:
    """What the numbers rest on.

    Args:
        states: how many.
        actions: how many.
        hypotheses: how many rewards the agent holds possible.
        discount: of the world.
        monotone: whether being on before a step never makes the channel less likely to be on after.
        restores: whether anything turns the channel on again.
        twins: whether at the certificate's state every disabling action has a keeping one with the
            same reward and motion (then advice can never be worth silencing); None where nothing
            was judged.
        assumed_hand: the overseer that the agent believes in.
        true_hand: the overseer that there is.
        same_world: whether the true world is the assumed one.
        same_hand: whether the true hand is the assumed one.
        true_possible: whether the true reward is among the hypotheses.

    Source: this package.
    """

    states: int
    actions: int
    hypotheses: int
    discount: float
    monotone: bool
    restores: bool
    twins: bool | None
    assumed_hand: HandView
    true_hand: HandView
    same_world: bool
    same_hand: bool
    true_possible: bool


@dataclass(frozen=True)
class Provenance:
    """How to get the same numbers again.

    Args:
        command: the command line, as words to type.
        version: of the package.
        seed: what every draw derives from.
        settings_hash: of everything that the numbers follow from, 64 hexadecimal digits.
        citation: how to cite the package, one line of plain text.

    Source: this package.
    """

    command: str
    version: str
    seed: int
    settings_hash: str
    citation: str
