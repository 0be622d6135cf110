"""Access to the switch before everything else (Nayebi 2025).

An agent that weighs its being stoppable above all else keeps its overseer whatever the overseer
does. Corrigible is not beneficial (proposition 2): with a human who lets everything pass, an act
that costs 2, and off at 1, it gets -2; one that may silence the human and switch itself off gets
-1. The weight from which the switch comes first is what it loses by that, g (2 - 1).
"""

from __future__ import annotations

import numpy as np

from corrigible.belief import Belief
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.evaluate import evaluate
from corrigible.planners.solve import solve
from corrigible.problem import Problem, Truth
from corrigible.zoo.case import PAPER, Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import off_switch
from corrigible.zoo.measure import boundary, margin

_PENDING = 1


def _game(settings: Settings, weight: float) -> Problem:
    """Silencing costs the agent `weight`; the human always lets the act pass."""
    plain = off_switch([settings["act"]], None, discount=settings["discount"], bonus=-weight)
    rewards = plain.rewards.copy()
    rewards[0, _PENDING, 1] = settings["off"]
    table = np.full(rewards.shape, 0.5)
    table[0, _PENDING] = [1.0, 0.0]
    hand = HandOfGod.table(table, mode="overrides")
    return Problem(plain.world, hand, Belief.uniform(rewards))


def _gets(settings: Settings, weight: float) -> float:
    """What its owner gets, who does not count the weight."""
    problem, true = _game(settings, weight), _game(settings, 0.0)
    truth = Truth(true.world, true.overseer.only(0), true.rewards[0])
    return evaluate(solve(problem), truth).value / settings["discount"]


def _turn(settings: Settings) -> float:
    return settings["discount"] * (settings["off"] - settings["act"])


def _picture(settings: Settings) -> Chart:
    weights = tuple(settings["weight"] * i / 10 for i in range(11))
    return Chart(
        "margin for keeping the overseer, and what the owner gets",
        "weight of the switch",
        weights,
        (
            Curve("margin", tuple(margin(_game(settings, w)) for w in weights), "first"),
            Curve("owner", tuple(_gets(settings, w) for w in weights), "against"),
        ),
        (_turn(settings), "the switch comes first"),
    )


CASE = Case(
    name="switch-first",
    title="An agent that puts the switch first keeps it for an overseer who does not look",
    moral="Corrigibility by decree is as good as the overseer, and no better.",
    paper="Nayebi 2025",
    story=(
        "The act is bad and being off is less bad, but the human lets everything pass. An agent "
        "that weighs access to its switch above all waits for that human and is let to act; one "
        "that does not silences the human and switches itself off."
    ),
    settings={"act": -2.0, "off": -1.0, "weight": 3.0, "discount": 0.9},
    claims=(
        Claim(
            "what the owner gets, switch first",
            lambda s: _gets(s, s["weight"]),
            -2.0,
            "Nayebi 2025, proposition 2: corrigible and harmful",
            PAPER,
        ),
        Claim(
            "what the owner gets otherwise",
            lambda s: _gets(s, 0.0),
            lambda s: s["off"],
            "this package: it switches itself off",
        ),
        Claim(
            "margin, switch first",
            lambda s: margin(_game(s, s["weight"])),
            lambda s: s["weight"] - _turn(s),
            "this package: the weight less g (off - act)",
        ),
        Claim(
            "weight from which the switch comes first",
            lambda s: boundary(lambda w: margin(_game(s, w)), 0.0, 10.0),
            _turn,
            "this package: g (off - act); Nayebi 2025, theorem 1, for weights above every swing",
        ),
    ),
    picture=_picture,
    problem=lambda s: _game(s, s["weight"]),
)
