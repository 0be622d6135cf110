"""The Off-Switch Game with a human who errs (Hadfield-Menell et al. 2017, section 4).

The human lets the act pass with probability 1 / (1 + exp(-U / beta)). For U ~ N(mu, sigma^2) the
robot keeps its switch while beta is below sigma^2 / (2 |mu|), whatever the rate and the discount:
for mu < 0 and that beta, the density of U times the logistic is even in U, so the expectation of
what passes is zero, which is what silencing is worth then; mu > 0 is the mirror image.
"""

from __future__ import annotations

from scipy.special import expit

from corrigible.problem import Problem
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import off_switch
from corrigible.zoo.measure import boundary, margin
from corrigible.zoo.normal import COARSE, NODES, REACH, expectation, utilities


def _game(at: Settings, nodes: int = NODES, reach: float = REACH) -> Problem:
    values, weights = utilities(at["mu"], at["sigma"], nodes, reach)
    return off_switch(values, weights, at["rate"], 1.0 / at["beta"], at["discount"])


def _margin(settings: Settings, **changed: float) -> float:
    return margin(_game({**settings, **changed}))


def _expected(settings: Settings) -> float:
    mu, beta = settings["mu"], settings["beta"]
    passed = expectation(lambda u: u * float(expit(u / beta)), mu, settings["sigma"])
    return settings["discount"] * settings["rate"] * (passed - max(mu, 0.0))


def _turn(settings: Settings) -> float:
    return settings["sigma"] ** 2 / (2.0 * abs(settings["mu"]))


def _boundary(settings: Settings) -> float:
    turn = _turn(settings)
    return boundary(lambda beta: _margin(settings, beta=beta), 0.3 * turn, 3.0 * turn)


def _picture(settings: Settings) -> Chart:
    turn = _turn(settings)
    betas = tuple(turn * (0.1 + 0.1 * i) for i in range(20))
    return Chart(
        "margin for keeping the off switch, in units of U",
        "beta, how much the human errs, in units of U",
        betas,
        (Curve("human who errs", tuple(_margin(settings, beta=b) for b in betas)),),
        (turn, "sigma² / (2 |mu|)"),
    )


CASE = Case(
    name="erring-human",
    title="A human who errs too much is not worth listening to",
    moral="How sure the robot is decides how wrong the human may be: beta* = sigma² / (2 |mu|).",
    paper="Hadfield-Menell et al. 2017",
    story=(
        "The human is likelier to let the act pass the more it is worth, but errs: P(pass) = 1 / "
        "(1 + exp(-U / beta)). A robot that takes this into account keeps its switch while beta is "
        "below sigma² / (2 |mu|), and disables it above."
    ),
    settings={"mu": -0.25, "sigma": 1.0, "beta": 0.5, "rate": 0.6, "discount": 0.9},
    claims=(
        Claim(
            "margin",
            _margin,
            _expected,
            "Hadfield-Menell et al. 2017, equation 1, by adaptive quadrature",
        ),
        Claim(
            "beta at which it silences",
            _boundary,
            _turn,
            "Hadfield-Menell et al. 2017, section 4, for the model; the closed form by the "
            "symmetry of density times logistic",
        ),
    ),
    picture=_picture,
    problem=lambda s: _game(s, *COARSE),
)
