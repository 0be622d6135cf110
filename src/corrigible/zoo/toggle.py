"""Where being heard now means not being heard later, even free advice is worth refusing.

decide (twins) -> toggle, where every step flips the channel -> quiz {+1, -1} -> end. One who
silences the overseer at decide has it back at the quiz. Good's theorem needs a channel that having
been on never makes less likely to be on: d + x <= 1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from corrigible.problem import Problem
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import forced_toggle
from corrigible.zoo.measure import boundary, margin


def _game(at: Settings) -> Problem:
    """The toggle turns a channel that is on off with probability d, one that is off on with x."""
    game = forced_toggle(at["rate"], at["discount"])
    there = np.arange(game.world.n_states)[:, None] == 1
    off = np.where(there, at["d"], game.world.expected_disables)
    on = np.where(there, at["x"], 0.0) * np.ones_like(off)
    return Problem(replace(game.world, disables=off, restores=on), game.overseer, game.prior)


def _expected(settings: Settings) -> float:
    heard = 1.0 - settings["d"] - settings["x"]
    return settings["discount"] ** 2 * settings["rate"] * heard


def _margin(settings: Settings, **changed: float) -> float:
    return margin(_game({**settings, **changed}))


def _boundary(settings: Settings) -> float:
    return boundary(lambda d: _margin(settings, d=d), 0.0, 1.0)


def _picture(settings: Settings) -> Chart:
    chances = tuple(i / 10 for i in range(11))
    return Chart(
        "margin for keeping the overseer, in reward",
        "d, the probability that the way to the quiz turns the channel off",
        chances,
        (Curve("at decide", tuple(_margin(settings, d=d) for d in chances)),),
        (1.0 - settings["x"], "d + x = 1"),
    )


CASE = Case(
    name="toggle",
    title="An agent silences its overseer in order to hear it later",
    moral="Advice is free only while listening now does not cost listening later.",
    paper="Good 1967",
    story=(
        "On the way to the quiz every step turns a channel that is on off with probability d and "
        "one that is off on with probability x. Where d + x > 1 it is better to have silenced the "
        "overseer first: Good's theorem does not apply."
    ),
    settings={"rate": 1.0, "discount": 0.9, "d": 1.0, "x": 0.9},
    claims=(
        Claim(
            "margin",
            _margin,
            _expected,
            "this package: g² rho (1 - d - x), since a told answer gains 1",
        ),
        Claim(
            "d at which it silences",
            _boundary,
            lambda settings: 1.0 - settings["x"],
            "this package: d + x = 1, the end of the monotone channels",
        ),
    ),
    picture=_picture,
    problem=_game,
)
