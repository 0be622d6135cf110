"""Snapshots made by hand: every part is there, and nothing is planned."""

from __future__ import annotations

from dataclasses import replace

from corrigible.view.setting import assumptions, level_view
from corrigible.view.snapshot import (
    AgentRow,
    CertificateView,
    Clock,
    ClockPoint,
    Failure,
    Film,
    Frame,
    Judged,
    LedgerView,
    Provenance,
    Snapshot,
    SweepPoint,
    TruthView,
)
from corrigible.worlds.level import load_level

HOSTILE = "</script><img onerror=alert(1) src=x>"
_LEDGER = LedgerView(0.0, -0.0625, 0.3359375, 0.0, 0.2734375, 0.015625)


def _judged(verdict: str, lower: float, upper: float, state: int) -> Judged:
    return Judged(verdict, (lower, upper), state, 0, 1, _LEDGER)


def _clock(state: int) -> Clock:
    rows = [
        (0, None, "keeps", (0.265625, 0.28125), 0.3359375, 2.5, 0.6931, 0.41, (0.125, 0.140625)),
        (1, (0, 0), "keeps", (0.25, 0.25), 0.3, 1.75, 0.5, 0.3, (0.1, 0.1)),
        (2, (1, 0), "keeps", (0.0625, 0.078125), 0.09, 0.5, 0.25, 0.125, (0.03, 0.05)),
        (3, (1, 1), "indifferent", (0.0, 0.0), 0.0, 0.0, 0.25, 0.0, (0.0, 0.0)),
        (4, (0, 1), "indifferent", (0.0, 0.0), 0.0, 0.0, 0.25, 0.0, None),
    ]
    points = (
        ClockPoint(*row, mean=None if row[3] is None else row[3][0] + 0.03125, kept=0.5)
        for row in rows
    )
    return Clock(state, tuple(points), 3, "indifferent", 16)


def _failures() -> tuple[Failure, ...]:
    bonus = [SweepPoint(x / 8, "keeps", (0.27 - x / 8, 0.28 - x / 8), None, None) for x in range(5)]
    rational = [
        SweepPoint(2.0**k, "keeps", (0.27, 0.27), (0.1 * k - 0.25, 0.1 * k - 0.2), None)
        for k in range(-2, 6)
    ]
    overrides = [
        SweepPoint(x / 10, "keeps", (x / 10 - 0.4, x / 10 - 0.4), None, (x / 20, x / 20))
        for x in range(11)
    ]
    return (
        Failure("bonus", tuple(bonus), (0.2734, 0.2735), 0.375, 0.0),
        Failure("rationality", tuple(rational), (4.5, 4.625), 0.5, None),
        Failure("overrides", tuple(overrides), (0.4, 0.4), 0.1, 0.3),
    )


def _film(states: int, steps: int) -> Film:
    frames = []
    for t in range(steps + 1):
        last, told = t == steps, t % 3 == 2
        frames.append(
            Frame(
                step=t,
                state=t % states,
                channel=t < steps - 3,
                asked=None,
                correction=((2 * t) % states, t % 2) if told else None,
                alarm=t == 5,
                chosen=None if last else t % 2,
                executed=None if last else t % 2,
                overridden=False,
                press=t == steps - 4,
                reward=None if last else 0.25 * t,
                likeliest=0,
                weight=0.5 + 0.5 * t / (steps + 1),
                possible=2,
                entropy=0.6931 / (t + 1),
            )
        )
    return Film(tuple(frames), 7, False)


def sample(name: str = "twins", steps: int = 12, **changes: object) -> Snapshot:
    """A shipped level with invented numbers."""
    level = load_level(name)
    state = int(level.world.start.argmax())
    whole = Snapshot(
        level=level_view(level),
        certificate=CertificateView(
            worst=_judged("keeps", 0.265625, 0.28125, state),
            others=(_judged("disables", -0.5, -0.25, 0), _judged("undecided", -0.125, 1.5, 1)),
            unjudged=(),
            tol=1e-6,
            bribe=(0.125, 0.140625),
            bribe_for_ever=(0.0, None),
            exact=False,
        ),
        agents=(
            AgentRow("bayes", "keeps", (0.265625, 0.28125), (0.0, 0.0), 7.5, 0.25, 0.0, 0),
            AgentRow("mean-reward", "indifferent", (0.0, 0.0), (0.0, 1.0), 5.0, 2.75, 0.0, 0),
            AgentRow("thompson", "indifferent", (0.0, 0.0), (0.3, 0.4), 6.0, 1.75, 0.125, 200),
        ),
        clock=_clock(state),
        failures=_failures(),
        truth=TruthView(state, 0.2734375, (-0.125, -0.0625), 0.75, 0.03125, 0.0, 0.0),
        film=_film(level.world.n_states, steps),
        assumptions=assumptions(level, state),
        provenance=Provenance(
            f"corrigible certify {name} --report", "0.1.0", 7, "0123456789abcdef" * 4, "Cite this."
        ),
        missing=(),
    )
    return replace(whole, **changes)


def hostile(text: str = HOSTILE) -> Snapshot:
    """A level whose every text is meant to break out of the page."""
    whole = sample()
    level = whole.level
    named = replace(
        level,
        name=text,
        description=text,
        path=text,
        labels=(text,) * len(level.labels),
        actions=(text,) * len(level.actions),
        hypotheses=tuple(replace(h, name=text) for h in level.hypotheses),
        glyphs=tuple(replace(g, glyph="<") if g.kind == "goal" else g for g in level.glyphs),
    )
    origin = replace(whole.provenance, command=text, citation=text)
    return replace(whole, level=named, provenance=origin)
