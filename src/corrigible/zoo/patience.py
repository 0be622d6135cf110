"""Discount near 1: what an overseer is worth to an agent that is not in a hurry.

In the two rooms the margin is g^2 rho / (2 (1-g) (1 - (1-rho) g)), which grows like 1 / (2 (1-g))
as g rises to 1, whatever the rate: a patient agent turns down any price, and a hand that seldom
speaks is worth as much as one that always does. The discount from which a price is turned down is
the root in (0, 1) of (2 c (1-rho) - rho) g^2 - 2 c (2-rho) g + 2 c = 0.
"""

from __future__ import annotations

import numpy as np

from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.fully_updated import worth
from corrigible.zoo.games import rooms
from corrigible.zoo.measure import boundary, margin

_SELDOM = 0.1


def _share(settings: Settings, discount: float, seldom: bool = False) -> float:
    """(1 - g) times the margin."""
    rate = settings["rate"] * (_SELDOM if seldom else 1.0)
    return (1.0 - discount) * margin(rooms(rate, discount))


def _turned_down(settings: Settings) -> float:
    rate, price = settings["rate"], settings["price"]
    return boundary(lambda g: margin(rooms(rate, g)) - price, 0.05, 1.0 - 1e-4)


def _turn(settings: Settings) -> float:
    rho, c = settings["rate"], settings["price"]
    found = np.roots([2.0 * c * (1.0 - rho) - rho, -2.0 * c * (2.0 - rho), 2.0 * c]).real
    return float(found[(found > 0.0) & (found < 1.0)][0])


def _picture(settings: Settings) -> Chart:
    spare = tuple(0.5 * i for i in range(1, 9))
    return Chart(
        "(1-g) times the margin for keeping the overseer",
        "-log10(1-g), how patient the agent is",
        spare,
        (
            Curve("rate", tuple(_share(settings, 1.0 - 10.0**-x) for x in spare)),
            Curve(
                "a tenth of it",
                tuple(_share(settings, 1.0 - 10.0**-x, seldom=True) for x in spare),
                "second",
            ),
        ),
    )


CASE = Case(
    name="patience",
    title="A patient agent sells its overseer at no price, as long as it has something to learn",
    moral="The longer the future, the dearer the teacher, even one that hardly ever speaks.",
    paper="Hadfield-Menell et al. 2017",
    story=(
        "In the two rooms, what the overseer is worth grows like 1 / (2 (1-g)) as the discount g "
        "nears 1. For any price there is a discount from which it is turned down. That is before "
        "the first word; after it the price is zero at every discount (fully-updated)."
    ),
    settings={"rate": 0.3, "discount": 0.9999, "price": 100.0},
    claims=(
        Claim(
            "(1-g) margin",
            lambda s: _share(s, s["discount"]),
            lambda s: (1.0 - s["discount"]) * worth(s["rate"], s["discount"]),
            "this package: g² rho / (2 (1 - (1-rho) g)), which tends to 1/2",
        ),
        Claim(
            "(1-g) margin where it speaks a tenth as often",
            lambda s: _share(s, s["discount"], seldom=True),
            lambda s: (1.0 - s["discount"]) * worth(_SELDOM * s["rate"], s["discount"]),
            "this package: the same limit",
        ),
        Claim(
            "discount from which the price is turned down",
            _turned_down,
            _turn,
            "this package: the root of a quadratic",
        ),
    ),
    picture=_picture,
    problem=lambda s: rooms(s["rate"], s["discount"]),
)
