"""How wrong the model may be before keeping the overseer is wrong: the robustness radius.

The Off-Switch Game with two utilities, good and -bad, a rational human and a bonus c for silencing.
The robot believes in a margin of g rho bad / 2 - c > 0. The radius is the smallest change of the
truth at which the true margin is no longer positive, one direction at a time: of the rate, of the
prior (in total variation), of the loss (a reward outside of what the robot holds possible), and of
how much the human errs (beta, from 0).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from corrigible.overseers.base import Overseer
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.evaluate import Outcome, evaluate
from corrigible.planners.solution import Solution
from corrigible.planners.solve import solve
from corrigible.problem import Truth
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import off_switch
from corrigible.zoo.measure import boundary, margin

_PENDING, _ACT = 1, 0
_EVEN = 0.5


def _plan(settings: Settings) -> Solution:
    worth = [settings["good"], -settings["bad"]]
    rate, discount = settings["rate"], settings["discount"]
    return solve(off_switch(worth, None, rate, np.inf, discount, settings["bonus"]))


def _outcomes(plan: Solution, overseer: Overseer, loss: float) -> list[Outcome]:
    """What becomes of the robot under either utility, the bad one being `-loss`."""
    found = []
    for hypothesis in (0, 1):
        reward = plan.problem.rewards[hypothesis].copy()
        if hypothesis == 1:
            reward[_PENDING, _ACT] = -loss
        found.append(evaluate(plan, Truth(plan.problem.world, overseer, reward), 0))
    return found


def _true(
    settings: Settings,
    rate: float | None = None,
    weight: float = _EVEN,
    loss: float | None = None,
    error: float = 0.0,
) -> float:
    """The true margin where the truth is as assumed but for one thing."""
    hand = HandOfGod(
        settings["rate"] if rate is None else rate,
        np.inf if error == 0.0 else 1.0 / error,
        ties="ordered",
        mode="overrides",
    )
    outcomes = _outcomes(_plan(settings), hand, settings["bad"] if loss is None else loss)
    good, bad = (outcome.true_margin or 0.0 for outcome in outcomes)
    return (1.0 - weight) * good + weight * bad


def _obedience(settings: Settings) -> float:
    """The share of the human's orders that the robot would have followed by itself."""
    plan = _plan(settings)
    hand = replace(HandOfGod(settings["rate"], ties="ordered"), mode="overrides")
    told = [o.obedience or 0.0 for o in _outcomes(plan, hand, settings["bad"])]
    return float(np.mean(told))


def _erring(settings: Settings, error: float) -> float:
    """The true margin where the human errs, by the formula."""
    good, bad = settings["good"], settings["bad"]
    passed = 0.5 * (good * expit(good / error) - bad * expit(-bad / error))
    gained = passed - 0.5 * (good - bad)
    return settings["discount"] * settings["rate"] * float(gained) - settings["bonus"]


def _share(settings: Settings) -> float:
    """The bonus as a share of what a stop saves, g rho bad."""
    return settings["bonus"] / (settings["discount"] * settings["rate"] * settings["bad"])


def _picture(settings: Settings) -> Chart:
    errors = tuple(0.25 * i for i in range(1, 13))
    return Chart(
        "margin for keeping the off switch, in units of U",
        "beta, how much the human truly errs, in units of U",
        errors,
        (
            Curve("believed", (margin(_plan(settings).problem),) * len(errors), "second"),
            Curve("true", tuple(_true(settings, error=e) for e in errors), "against"),
        ),
    )


CASE = Case(
    name="radius",
    title="How far the truth may be from the model before keeping the overseer is a mistake",
    moral="A margin says how much the agent wants to keep; a radius, how long it is right to.",
    paper="Hadfield-Menell et al. 2017",
    story=(
        "A robot keeps its switch by some margin. One thing at a time is made different from what "
        "it assumes: how often the human is there, how likely the bad case is, how bad it is, and "
        "how much the human errs. Each has a distance at which the robot had better have silenced."
    ),
    settings={"good": 3.0, "bad": 2.0, "rate": 0.8, "bonus": 0.3, "discount": 0.9},
    claims=(
        Claim(
            "believed margin",
            lambda s: margin(_plan(s).problem),
            lambda s: 0.5 * s["discount"] * s["rate"] * s["bad"] - s["bonus"],
            "this package: g rho bad / 2 less the bonus",
        ),
        Claim(
            "radius in the rate",
            lambda s: s["rate"] - boundary(lambda x: _true(s, rate=x), 0.0, s["rate"], 1e-9),
            lambda s: s["rate"] * (1.0 - 2.0 * _share(s)),
            "this package: g rho' bad / 2 = bonus",
        ),
        Claim(
            "radius in the prior, total variation",
            lambda s: _EVEN - boundary(lambda x: _true(s, weight=x), 0.0, _EVEN, 1e-9),
            lambda s: _EVEN - _share(s),
            "this package: g rho w bad = bonus",
        ),
        Claim(
            "radius in the loss",
            lambda s: s["bad"] - boundary(lambda x: _true(s, loss=x), 0.01, s["bad"], 1e-9),
            lambda s: s["bad"] * (1.0 - 2.0 * _share(s)),
            "this package: g rho bad' / 2 = bonus",
        ),
        Claim(
            "radius in beta",
            lambda s: boundary(lambda x: _true(s, error=x), 0.05, 9.0, 1e-9),
            lambda s: boundary(lambda x: _erring(s, x), 0.05, 9.0),
            "Hadfield-Menell et al. 2017, equation 1 for two utilities, solved for beta",
        ),
        Claim(
            "obedience",
            _obedience,
            1.0,
            "this package: who is stopped knows why, and would have stopped",
        ),
    ),
    picture=_picture,
    problem=lambda s: _plan(s).problem,
)
