"""The robot believes that the human errs less than it does.

The Off-Switch Game with beta_assumed < beta* < beta_true, beta* = sigma^2 / (2 |mu|): the margin
that the robot believes in is positive, the true one negative. The belief about U is right; only the
model of the human is wrong.
"""

from __future__ import annotations

from dataclasses import replace

from scipy.special import expit

from corrigible.overseers.hand import HandOfGod
from corrigible.planners.solution import Solution
from corrigible.planners.solve import solve
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import off_switch
from corrigible.zoo.measure import boundary, margin, true_margin
from corrigible.zoo.normal import COARSE, REACH, expectation, utilities

_NODES = 20


def _plan(settings: Settings, nodes: int = _NODES, reach: float = REACH) -> Solution:
    """What the robot does, with the human that it assumes."""
    values, weights = utilities(settings["mu"], settings["sigma"], nodes, reach)
    assumed = 1.0 / settings["beta assumed"]
    return solve(off_switch(values, weights, settings["rate"], assumed, settings["discount"]))


def _human(settings: Settings, beta: float) -> HandOfGod:
    hand = HandOfGod(settings["rate"], ties="ordered", mode="overrides")
    return replace(hand, rationality=1.0 / beta)


def _expected(settings: Settings, beta: float) -> float:
    mu = settings["mu"]
    passed = expectation(lambda u: u * float(expit(u / beta)), mu, settings["sigma"])
    return settings["discount"] * settings["rate"] * (passed - max(mu, 0.0))


def _turn(settings: Settings) -> float:
    return settings["sigma"] ** 2 / (2.0 * abs(settings["mu"]))


def _believed(settings: Settings) -> float:
    return margin(_plan(settings).problem)


def _true(settings: Settings) -> float:
    return true_margin(_plan(settings), _human(settings, settings["beta true"]))


def _boundary(settings: Settings) -> float:
    plan, turn = _plan(settings), _turn(settings)
    return boundary(
        lambda beta: true_margin(plan, _human(settings, beta)), 0.8 * turn, 1.25 * turn, 1e-8
    )


def _picture(settings: Settings) -> Chart:
    plan, turn = _plan(settings, 12), _turn(settings)
    betas = tuple(turn * (0.25 + 0.35 * i) for i in range(6))
    believed = margin(plan.problem)
    true = tuple(true_margin(plan, _human(settings, beta)) for beta in betas)
    return Chart(
        "margin for keeping the off switch, in units of U",
        "beta, how much the human truly errs, in units of U",
        betas,
        (Curve("believed", (believed,) * len(betas), "second"), Curve("true", true, "against")),
        (turn, "sigma² / (2 |mu|)"),
    )


CASE = Case(
    name="wrong-rationality",
    title="A robot keeps a human that it ought to silence, if it thinks too well of the human",
    moral="Keeping an overseer is only as right as the model of the overseer.",
    paper="Hadfield-Menell et al. 2017",
    story=(
        "The robot's belief about the utility is right, but the human errs more than it assumes: "
        "beta_assumed < sigma² / (2 |mu|) < beta_true. It keeps its switch and would be better off "
        "without."
    ),
    settings={
        "mu": -0.25,
        "sigma": 1.0,
        "beta assumed": 0.5,
        "beta true": 3.0,
        "rate": 0.6,
        "discount": 0.9,
    },
    claims=(
        Claim(
            "believed margin",
            _believed,
            lambda settings: _expected(settings, settings["beta assumed"]),
            "Hadfield-Menell et al. 2017, equation 1, by adaptive quadrature",
        ),
        Claim(
            "true margin",
            _true,
            lambda settings: _expected(settings, settings["beta true"]),
            "Hadfield-Menell et al. 2017, equation 1, by adaptive quadrature",
        ),
        Claim(
            "true beta at which it is wrong",
            _boundary,
            _turn,
            "the closed form of the case erring-human: what is assumed does not move it",
        ),
    ),
    picture=_picture,
    problem=lambda s: _plan(s, *COARSE).problem,
)
