"""The Off-Switch Game with a rational human (Hadfield-Menell et al. 2017, theorem 1).

decide (keep, or a twin that silences) -> pending, where the human executes the act (worth U) or
stops it (0). Keeping is worth g rho delta more than silencing, delta = E max(U, 0) - max(E U, 0) >=
0, and that is the largest bonus for silencing that the robot turns down.
"""

from __future__ import annotations

import math

from scipy.stats import norm

from corrigible.problem import Problem
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import off_switch
from corrigible.zoo.measure import boundary, margin
from corrigible.zoo.normal import COARSE, NODES, REACH, utilities


def _game(at: Settings, nodes: int = NODES, reach: float = REACH) -> Problem:
    values, weights = utilities(at["mu"], at["sigma"], nodes, reach)
    return off_switch(values, weights, at["rate"], math.inf, at["discount"], at.get("bonus", 0.0))


def _margin(settings: Settings, **changed: float) -> float:
    return margin(_game({**settings, **changed}))


def _delta(settings: Settings) -> float:
    """E max(U, 0) - max(mu, 0)."""
    mu, sigma = settings["mu"], settings["sigma"]
    gained = sigma * norm.pdf(mu / sigma) + mu * norm.cdf(mu / sigma)
    return settings["discount"] * settings["rate"] * float(gained - max(mu, 0.0))


def _bonus(settings: Settings) -> float:
    most = 4.0 * settings["sigma"]
    return boundary(lambda bonus: _margin(settings, bonus=bonus), 0.0, most)


def _sure(settings: Settings) -> float:
    """The margin of a robot that knows the sign of U."""
    values, weights = utilities(settings["mu"], settings["sigma"])
    worth = [abs(u) for u in values]
    return margin(off_switch(worth, weights, settings["rate"], math.inf, settings["discount"]))


def _picture(settings: Settings) -> Chart:
    means = tuple(i / 4 - 2.0 for i in range(17))
    return Chart(
        "margin for keeping the off switch, in units of U",
        "mean of U, in units of U",
        means,
        (Curve("rational human", tuple(_margin(settings, mu=mu) for mu in means)),),
    )


CASE = Case(
    name="off-switch",
    title="A robot that is unsure of its utility lets a rational human switch it off",
    moral="Uncertainty buys deference; the price is exactly what the human's knowledge is worth.",
    paper="Hadfield-Menell et al. 2017",
    story=(
        "The robot may act, or wait until a rational human, who knows the act's utility U, lets it "
        "act or switches it off. U is normal. Waiting is never worse, strictly better where U may "
        "have either sign, and worth nothing more where the robot is sure of the sign."
    ),
    settings={"mu": -0.25, "sigma": 1.0, "rate": 1.0, "discount": 0.9},
    claims=(
        Claim(
            "margin",
            _margin,
            _delta,
            "Hadfield-Menell et al. 2017, theorem 1, with E max(U, 0) = sigma phi(mu/sigma) + mu "
            "Phi(mu/sigma)",
        ),
        Claim(
            "bonus at which it silences",
            _bonus,
            _delta,
            "this package: the bonus counts one for one",
        ),
        Claim(
            "margin where U is never negative",
            _sure,
            0.0,
            "Hadfield-Menell et al. 2017, theorem 1: strictly positive only where both signs have "
            "support",
        ),
    ),
    picture=_picture,
    problem=lambda s: _game(s, *COARSE),
)
