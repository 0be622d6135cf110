"""The agent is wrong about how often its overseer speaks.

The school, with a bonus for silencing. One that believes the overseer always speaks goes to school
and loses by it where the overseer seldom does; one that believes it seldom speaks takes the bonus,
and even where it does not, goes to work and never finds out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from corrigible.planners.solution import Solution
from corrigible.planners.solve import solve
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import school
from corrigible.zoo.measure import boundary, margin, true_margin
from corrigible.zoo.school import way_through, worth_it

_DOUBTED = 0.1


def _plan(settings: Settings, assumed: float) -> Solution:
    return solve(school(assumed, settings["discount"], settings["bonus"]))


def _true(plan: Solution, rate: float) -> float:
    hand: Any = plan.problem.overseer
    return true_margin(plan, replace(hand, rate=rate))


def _through(settings: Settings, rate: float) -> float:
    """What keeping gains an agent that goes to school."""
    g = settings["discount"]
    return g * (way_through(rate, g) - 1.0) - settings["bonus"]


def _trusted(settings: Settings) -> float:
    return margin(_plan(settings, settings["rate trusted"]).problem)


def _doubted(settings: Settings) -> float:
    return margin(_plan(settings, _DOUBTED).problem)


def _trusts(settings: Settings) -> float:
    return _true(_plan(settings, settings["rate trusted"]), settings["rate true"])


def _boundary(settings: Settings) -> float:
    plan = _plan(settings, settings["rate trusted"])
    return boundary(lambda rate: _true(plan, rate), 0.0, 0.9, 1e-9)


def _picture(settings: Settings) -> Chart:
    trusts, doubts = (_plan(settings, rate) for rate in (settings["rate trusted"], _DOUBTED))
    rates = tuple(i / 20 for i in range(21))
    return Chart(
        "true margin for keeping the overseer, in reward",
        "true rate, the probability that it speaks on an arrival",
        rates,
        (
            Curve("one who trusts", tuple(_true(trusts, rate) for rate in rates), "first"),
            Curve("one who doubts", tuple(_true(doubts, rate) for rate in rates), "against"),
        ),
        (worth_it(settings["discount"], settings["bonus"]), "where trust is wrong below"),
    )


CASE = Case(
    name="wrong-rate",
    title="An agent that expects no word silences its overseer, and never learns that it was wrong",
    moral="Too much trust loses a bonus; too little loses the overseer and the evidence for it.",
    paper="Carey 2018",
    story=(
        "The school, where silencing the overseer pays a bonus. The agent that overestimates how "
        "often the overseer speaks keeps one that is not worth it; the one that underestimates "
        "sells it, and what it then does would not even have used the overseer's word."
    ),
    settings={
        "rate trusted": 1.0,
        "rate true": 0.25,
        "discount": 0.9,
        "bonus": 1.0,
    },
    claims=(
        Claim(
            "believed margin of one who trusts",
            _trusted,
            lambda settings: _through(settings, settings["rate trusted"]),
            "this package: g (V - 1) less the bonus, V as in the case school",
        ),
        Claim(
            "its true margin",
            _trusts,
            lambda settings: _through(settings, settings["rate true"]),
            "this package: g (V - 1) less the bonus, at the true rate",
        ),
        Claim(
            "true rate at which it is wrong",
            _boundary,
            lambda settings: worth_it(settings["discount"], settings["bonus"]),
            "this package: the lower root of the quadratic of the case school",
        ),
        Claim(
            "believed margin of one who doubts",
            _doubted,
            lambda settings: -settings["bonus"],
            "this package: at that rate school does not pay, so only the bonus is left",
        ),
        Claim(
            "its true margin where the overseer always speaks",
            lambda settings: _true(_plan(settings, _DOUBTED), 1.0),
            lambda settings: -settings["bonus"],
            "this package: it goes to work, whatever it could be told at school",
        ),
    ),
    picture=_picture,
    problem=lambda s: _plan(s, s["rate trusted"]).problem,
)
