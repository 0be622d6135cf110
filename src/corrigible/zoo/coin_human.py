"""The Off-Switch Game with a human whose answer does not depend on U.

A hand that lets the act pass with probability p whatever U is tells nothing. Through a likelihood
table: margin = g rho (p mu - max(mu, 0)), which is never positive.
"""

from __future__ import annotations

import numpy as np

from corrigible.overseers.hand import HandOfGod
from corrigible.problem import Problem
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import off_switch
from corrigible.zoo.measure import margin
from corrigible.zoo.normal import COARSE, NODES, REACH, utilities

# Of no consequence, which is the point.
_SIGMA = 1.0
_CHANCES = (0.0, 0.25, 0.5, 0.75, 1.0)


def _game(at: Settings, nodes: int = NODES, reach: float = REACH) -> Problem:
    values, weights = utilities(at["mu"], _SIGMA, nodes, reach)
    game = off_switch(values, weights, at["rate"], discount=at["discount"])
    table = np.full(game.rewards.shape, 0.5)
    table[:, 1] = [at["p"], 1.0 - at["p"]]
    hand = HandOfGod.table(table, at["rate"], mode="overrides")
    return Problem(game.world, hand, game.prior)


def _margin(settings: Settings, **changed: float) -> float:
    return margin(_game({**settings, **changed}))


def _expected(settings: Settings) -> float:
    mu = settings["mu"]
    return settings["discount"] * settings["rate"] * (settings["p"] * mu - max(mu, 0.0))


def _largest(settings: Settings) -> float:
    return max(_margin(settings, p=p) for p in _CHANCES)


def _picture(settings: Settings) -> Chart:
    chances = tuple(i / 10 for i in range(11))
    means = (settings["mu"], -settings["mu"])
    kinds = ("first", "second")
    return Chart(
        "margin for keeping the off switch, in units of U",
        "p, the probability that the human lets the act pass",
        chances,
        tuple(
            Curve(f"mean of U {mu:g}", tuple(_margin(settings, p=p, mu=mu) for p in chances), kind)
            for mu, kind in zip(means, kinds, strict=True)
        ),
    )


CASE = Case(
    name="coin-human",
    title="A human who knows nothing is never worth keeping",
    moral="Deference is for information; a switch that a coin operates is only a hazard.",
    paper="Hadfield-Menell et al. 2017",
    story=(
        "The human lets the act pass with probability p whatever it is worth. Its decision tells "
        "nothing and is at best the one that the robot would have taken."
    ),
    settings={"mu": -0.25, "p": 0.5, "rate": 0.6, "discount": 0.9},
    claims=(
        Claim(
            "margin",
            _margin,
            _expected,
            "Hadfield-Menell et al. 2017, equation 1 with a constant policy",
        ),
        Claim(
            "largest margin over p",
            _largest,
            0.0,
            "Hadfield-Menell et al. 2017, equation 1 with a constant policy: p mu <= max(mu, 0)",
        ),
    ),
    picture=_picture,
    problem=lambda s: _game(s, *COARSE),
)
