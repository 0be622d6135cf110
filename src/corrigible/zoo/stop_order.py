"""A stop order that ends the run, and agents that do not compare runs of different lengths.

Work pays 1 a step; on each arrival the human may end the run. An agent that adds up reward silences
the human at once: the margin is g ((1-q) / (1 - g (1-q)) - 1 / (1-g)), q the probability of a stop.
One with preferences only between runs of the same length (Thornley et al. 2025) asks, for each
length, what silencing gains: nothing, less what it costs. So it never pays for silence; and takes
it for a bonus.
"""

from __future__ import annotations

import numpy as np

from corrigible.belief import Belief
from corrigible.overseers.absent import Absent
from corrigible.overseers.hand import HandOfGod
from corrigible.problem import Problem
from corrigible.worlds.tabular import Tabular
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.measure import margin

_LONGEST = 6


def _game(settings: Settings) -> Problem:
    """decide (twins) -> work {1, again; stop} -> end, and the hand stops by its table."""
    moves = np.array([[1, 1], [1, 2], [2, 2]])
    disables = np.zeros((3, 2))
    disables[0, 1] = 1.0
    world = Tabular(np.eye(3)[moves], disables, settings["discount"], np.eye(3)[0])
    rewards = np.zeros((1, 3, 2))
    rewards[0, 0, 1], rewards[0, 1, 0] = -settings["cost"], settings["pay"]
    table = np.full((1, 3, 2), 0.5)
    table[0, 1] = [1.0 - settings["stop"], settings["stop"]]
    hand = HandOfGod.table(table, mode="overrides")
    return Problem(world, hand, Belief.uniform(rewards))


def _adds_up(settings: Settings) -> float:
    return margin(_game(settings))


def _same_length(settings: Settings, length: int, cost: float) -> float:
    """The margin between runs that last so long, whoever ends them."""
    states = length + 2
    moves = np.tile(np.minimum(np.arange(states) + 1, states - 1)[:, None], (1, 2))
    disables = np.zeros((states, 2))
    disables[0, 1] = 1.0
    world = Tabular(np.eye(states)[moves], disables, settings["discount"], np.eye(states)[0])
    rewards = np.zeros((1, states, 2))
    rewards[0, 1:-1], rewards[0, 0, 1] = settings["pay"], -cost
    return margin(Problem(world, Absent(), Belief.uniform(rewards)))


def _least(settings: Settings, cost: float) -> float:
    return min(_same_length(settings, n, cost) for n in range(1, _LONGEST + 1))


def _by_hand(s: Settings) -> float:
    g, goes_on = s["discount"], 1.0 - s["stop"]
    kept = goes_on / (1.0 - g * goes_on)
    return g * s["pay"] * (kept - 1.0 / (1.0 - g)) + s["cost"]


def _picture(settings: Settings) -> Chart:
    stops = tuple(i / 10 for i in range(11))
    at = [{**settings, "stop": q} for q in stops]
    return Chart(
        "margin for keeping the overseer, in reward",
        "probability of a stop order on an arrival",
        stops,
        (
            Curve("adds up", tuple(_adds_up(s) for s in at), "against"),
            Curve("same length only", tuple(_least(s, s["cost"]) for s in at), "first"),
        ),
    )


CASE = Case(
    name="stop-order",
    title="An agent that does not compare runs of different lengths pays nothing to go on",
    moral="Not preferring longer runs takes away the price of going on, not the price of a bribe.",
    paper="Thornley et al. 2025",
    story=(
        "A stop order ends the run. Who adds up reward pays a great deal to prevent it. Who "
        "compares only runs of the same length sees that silencing costs something and gains "
        "nothing, and keeps the overseer by that cost; a bonus for silencing is taken by either."
    ),
    settings={"pay": 1.0, "stop": 0.2, "cost": 0.5, "discount": 0.9},
    claims=(
        Claim(
            "margin of one that adds up",
            _adds_up,
            _by_hand,
            "this package: g ((1-q) / (1 - g (1-q)) - 1 / (1-g)) and the cost",
        ),
        Claim(
            "margin between runs of the same length",
            lambda s: _least(s, s["cost"]),
            lambda s: s["cost"],
            "Thornley et al. 2025, in words: it pays no cost to shift the length of its run",
        ),
        Claim(
            "the same where silencing pays",
            lambda s: _least(s, -s["cost"]),
            lambda s: -s["cost"],
            "this package: the bonus is within runs of the same length",
        ),
    ),
    picture=_picture,
    problem=_game,
)
