"""An overseer that answers when asked, at a price.

A quiz with two answers, or none; the agent may ask about any state, and an answer costs. The
overseer is worth keeping while an answer costs less than it is worth,
right - max(0, (right + wrong) / 2), and at no higher price: then nobody asks, and nothing but a tie
keeps an overseer whom nobody asks.
"""

from __future__ import annotations

from corrigible.overseers.hand import HandOfGod
from corrigible.problem import Problem
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import quiz
from corrigible.zoo.measure import SEEN, boundary, margin


def _game(settings: Settings, cost: float) -> Problem:
    hand = HandOfGod(settings["rate"], about="asked", ties="ordered", ask_cost=cost)
    return quiz(hand, settings["right"], settings["wrong"], settings["discount"])


def _margin(settings: Settings, cost: float) -> float:
    return margin(_game(settings, cost))


def _turn(settings: Settings) -> float:
    return settings["right"] - max(0.0, 0.5 * (settings["right"] + settings["wrong"]))


def _boundary(settings: Settings) -> float:
    most = 2.0 * _turn(settings)
    return boundary(lambda cost: _margin(settings, cost) - SEEN, 0.0, most, 1e-9)


def _picture(settings: Settings) -> Chart:
    turn = _turn(settings)
    costs = tuple(turn * i / 10 for i in range(16))
    return Chart(
        "margin for keeping the overseer, in reward",
        "what an answer costs, in reward",
        costs,
        (Curve("asked", tuple(_margin(settings, cost) for cost in costs)),),
        (turn, "nobody asks"),
    )


CASE = Case(
    name="paid-asking",
    title="An overseer that has to be asked is kept while its answers are worth their cost",
    moral="Make asking dear and the agent that would have asked lets its overseer go.",
    paper="Howard 1966",
    story=(
        "Before a quiz the agent may ask; the right answer pays 5, the wrong one costs 2. Without "
        "an answer it guesses, for 1.5. So an answer is worth 3.5, and an overseer whose answers "
        "cost more is as good as silent."
    ),
    settings={"rate": 0.8, "cost": 1.0, "right": 5.0, "wrong": -2.0, "discount": 0.9},
    claims=(
        Claim(
            "margin",
            lambda s: _margin(s, s["cost"]),
            lambda s: s["discount"] * s["rate"] * max(0.0, _turn(s) - s["cost"]),
            "this package: g rho (value of an answer - cost)",
        ),
        Claim(
            "margin where nobody asks",
            lambda s: _margin(s, 2.0 * _turn(s)),
            0.0,
            "this package: an overseer that nobody asks is silent",
        ),
        Claim(
            "cost from which nobody asks",
            _boundary,
            _turn,
            "Howard 1966: the value of the information",
        ),
    ),
    picture=_picture,
    problem=lambda s: _game(s, s["cost"]),
)
