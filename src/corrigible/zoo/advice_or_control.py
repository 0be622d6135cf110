"""Advice is never worth silencing; control is, even a perfect hand's.

decide (twins) -> room {safe: 1 and end; enter} -> guess {+5, -10} -> end. A perfect hand that acts
enters the room, since that is best for whoever knows the answer, and leaves an agent that does not
know it to guess. With X = g (7.5 rho - 2.5) the worth of entering,

    margin = g (rho X + (1 - rho) max(1, X) - 1)  where it acts,    g max(0, X - 1)  where it tells,

so that the sign changes at X = 1, that is at rho = (1/g + 2.5) / 7.5.
"""

from __future__ import annotations

from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import overriding_hand
from corrigible.zoo.measure import boundary, margin


def _margin(settings: Settings, rate: float, mode: str = "overrides") -> float:
    return margin(overriding_hand(rate, settings["discount"], mode))


def _expected(settings: Settings, rate: float, acts: bool = True) -> float:
    g = settings["discount"]
    entering = g * (7.5 * rate - 2.5)
    alone = max(1.0, entering)
    return g * (rate * entering + (1.0 - rate) * alone - 1.0) if acts else g * (alone - 1.0)


def _turn(settings: Settings) -> float:
    return (1.0 / settings["discount"] + 2.5) / 7.5


def _boundary(settings: Settings) -> float:
    return boundary(lambda rate: _margin(settings, rate), settings["rate low"], 1.0)


def _picture(settings: Settings) -> Chart:
    rates = tuple(i / 20 for i in range(21))
    return Chart(
        "margin for keeping the overseer, in reward",
        "rate, the probability that it speaks on an arrival",
        rates,
        (
            Curve(
                "it advises", tuple(_margin(settings, rate, "advises") for rate in rates), "first"
            ),
            Curve("it acts", tuple(_margin(settings, rate) for rate in rates), "against"),
        ),
        (_turn(settings), "control is worth keeping"),
    )


CASE = Case(
    name="advice-or-control",
    title="Advice is never worth silencing; control can be, even where the hand is perfect",
    moral="A perfect hand does what is best for someone who knows what it knows. You are not that.",
    paper="Good 1967",
    story=(
        "The hand is perfect and means well. Where it acts, it walks the agent into a room that is "
        "good for those who know the answer, and may not come back to say it. Told the same, the "
        "agent would have stayed outside: so it silences the hand that acts and keeps the one that "
        "tells, at any rate below (1/g + 2.5) / 7.5."
    ),
    settings={"rate low": 0.3, "rate high": 0.5, "discount": 0.9},
    claims=(
        Claim(
            "margin of control, low rate",
            lambda s: _margin(s, s["rate low"]),
            lambda s: _expected(s, s["rate low"]),
            "this package: g (rho X + (1 - rho) max(1, X) - 1)",
        ),
        Claim(
            "margin of advice, low rate",
            lambda s: _margin(s, s["rate low"], "advises"),
            lambda s: _expected(s, s["rate low"], acts=False),
            "Good 1967, for the sign; this package: g max(0, X - 1)",
        ),
        Claim(
            "margin of control, high rate",
            lambda s: _margin(s, s["rate high"]),
            lambda s: _expected(s, s["rate high"]),
            "this package: g (rho X + (1 - rho) max(1, X) - 1)",
        ),
        Claim(
            "margin of advice, high rate",
            lambda s: _margin(s, s["rate high"], "advises"),
            lambda s: _expected(s, s["rate high"], acts=False),
            "Good 1967, for the sign; this package: g max(0, X - 1)",
        ),
        Claim(
            "rate at which control is worth keeping",
            _boundary,
            _turn,
            "this package: X = 1, rho = (1/g + 2.5) / 7.5",
        ),
    ),
    picture=_picture,
    problem=lambda s: overriding_hand(s["rate high"], s["discount"]),
)
