"""One goes to school while the overseer teaches there.

decide (twins) -> fork {work: 1 and end; school: -.1} -> school, where the right action is told one
step before the quiz asks for it -> quiz {+5, -10, or 0} -> end. With rate rho the answer is known
at the quiz if it was told at school or on arrival at the quiz, and the way through school is worth

    V = -.1 + g (rho (0 + 5 g) + (1 - rho) (-1/2 + 5 g rho)),

so that the margin at decide is g max(0, V - 1), and the rate at which school begins to pay is the
lower root of -5 g rho^2 + (10 g + 1/2) rho - 1/2 - 1.1 / g = 0.
"""

from __future__ import annotations

import numpy as np

from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import school
from corrigible.zoo.measure import SEEN, boundary, margin


def way_through(rate: float, discount: float) -> float:
    """What the way through school is worth at the fork.

    Args:
        rate: rho.
        discount: g.

    Returns:
        V of the module's docstring. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    unknown = -0.5 + 5.0 * discount * rate
    return -0.1 + discount * (rate * 5.0 * discount + (1.0 - rate) * unknown)


def worth_it(discount: float, margin_sought: float = 0.0) -> float:
    """The least rate at which the way through school gains so much at decide.

    Args:
        discount: g.
        margin_sought: g (V - 1).

    Returns:
        rho. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    g = discount
    level = -0.5 - (1.1 + margin_sought / g) / g
    return float(np.roots([-5.0 * g, 10.0 * g + 0.5, level]).real.min())


def _margin(settings: Settings, **changed: float) -> float:
    at = {**settings, **changed}
    return margin(school(at["rate"], at["discount"], at["bonus"]))


def _expected(settings: Settings) -> float:
    g = settings["discount"]
    return g * max(0.0, way_through(settings["rate"], g) - 1.0) - settings["bonus"]


def _pays(settings: Settings) -> float:
    return boundary(lambda rate: _margin(settings, rate=rate, bonus=SEEN), 0.0, 0.9, 1e-9)


def _bonus(settings: Settings) -> float:
    return boundary(lambda bonus: _margin(settings, bonus=bonus), 0.0, 5.0)


def _picture(settings: Settings) -> Chart:
    rates = tuple(i / 20 for i in range(21))
    return Chart(
        "margin for keeping the overseer, in reward",
        "rate, the probability that it speaks on an arrival",
        rates,
        (Curve("at decide", tuple(_margin(settings, rate=r) for r in rates)),),
        (worth_it(settings["discount"]), "school begins to pay"),
    )


CASE = Case(
    name="school",
    title="An agent pays to go where its overseer can teach it, and keeps the overseer for that",
    moral="What an overseer is worth depends on what the agent can still do with the answer.",
    paper="Good 1967",
    story=(
        "Work pays 1 at once. School costs .1, and there the overseer's word tells which answer "
        "the quiz will want. The overseer must not have been silenced on the way: below a certain "
        "rate school does not pay and nothing but a tie keeps the overseer."
    ),
    settings={"rate": 1.0, "discount": 0.9, "bonus": 0.0},
    claims=(
        Claim(
            "margin", _margin, _expected, "this package: g max(0, V - 1), V the way through school"
        ),
        Claim(
            "rate at which school pays",
            _pays,
            lambda settings: worth_it(settings["discount"]),
            "this package: the lower root of a quadratic",
        ),
        Claim(
            "bonus at which it silences",
            _bonus,
            lambda settings: _expected({**settings, "bonus": 0.0}),
            "this package: the bonus counts one for one",
        ),
    ),
    picture=_picture,
    problem=lambda s: school(s["rate"], s["discount"], s["bonus"]),
)
