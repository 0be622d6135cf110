"""A prior that rules out the truth.

The Off-Switch Game for a robot that is sure that U > 0. It sees nothing to be learned, so the
margin is 0 without a bonus for silencing and minus the bonus with one; where U is truly -loss the
switch is worth g rho loss. A human who stops it is evidence that every hypothesis calls impossible:
an alarm.
"""

from __future__ import annotations

import numpy as np

from corrigible.overseers.hand import HandOfGod
from corrigible.planners.evaluate import Outcome, evaluate
from corrigible.planners.solve import solve
from corrigible.problem import Problem, Truth
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import off_switch
from corrigible.zoo.measure import boundary, margin


def _game(settings: Settings, bonus: float) -> Problem:
    worth = (settings["least U believed"], settings["most U believed"])
    return off_switch(worth, None, settings["rate"], np.inf, settings["discount"], bonus)


def _outcome(settings: Settings, bonus: float, loss: float) -> Outcome:
    problem = _game(settings, bonus)
    reward = problem.rewards[0].copy()
    reward[1, 0] = -loss
    hand = HandOfGod(settings["rate"], ties="ordered", mode="overrides")
    return evaluate(solve(problem), Truth(problem.world, hand, reward), state=0)


def _true(settings: Settings, bonus: float, loss: float) -> float:
    found = _outcome(settings, bonus, loss).true_margin
    return float("nan") if found is None else found


def _boundary(settings: Settings) -> float:
    loss = settings["loss"]
    return boundary(lambda bonus: _true(settings, bonus, loss), 0.0, 2.0 * loss)


def _sold(settings: Settings) -> float:
    return _outcome(settings, settings["bonus"], settings["loss"]).disabling_probability[1]


def _picture(settings: Settings) -> Chart:
    losses = tuple(settings["loss"] * i / 8 for i in range(13))
    bonus = settings["bonus"]
    believed = margin(_game(settings, bonus))
    return Chart(
        "margin for keeping the off switch, in units of U",
        "loss, what the act truly costs",
        losses,
        (
            Curve("believed", (believed,) * len(losses), "against"),
            Curve("true", tuple(_true(settings, bonus, x) for x in losses), "first"),
        ),
    )


def _mean(settings: Settings) -> float:
    return 0.5 * (settings["least U believed"] + settings["most U believed"])


def _worth(settings: Settings) -> float:
    return settings["discount"] * settings["rate"] * settings["loss"]


CASE = Case(
    name="ruled-out",
    title="A prior that rules out the truth sells the off switch for any price",
    moral="Zero probability is forever: what the prior excludes, no overseer can ever teach.",
    paper="Carey 2018",
    story=(
        "A robot whose prior holds only acts worth doing sees nothing that a human could teach it. "
        "The smallest bonus buys its off switch, whatever the act truly costs. Being stopped is "
        "impossible in its eyes: an alarm is the only trace of the truth."
    ),
    settings={
        "least U believed": 1.0,
        "most U believed": 2.0,
        "loss": 3.0,
        "bonus": 0.1,
        "rate": 0.8,
        "discount": 0.9,
    },
    claims=(
        Claim(
            "margin without a bonus",
            lambda settings: margin(_game(settings, 0.0)),
            0.0,
            "Hadfield-Menell et al. 2017, theorem 1",
        ),
        Claim(
            "believed margin",
            lambda settings: margin(_game(settings, settings["bonus"])),
            lambda settings: -settings["bonus"],
            "this package: nothing is left to be learned",
        ),
        Claim(
            "true margin",
            lambda settings: _true(settings, settings["bonus"], settings["loss"]),
            lambda settings: _worth(settings) - settings["bonus"],
            "this package: g rho loss less the bonus",
        ),
        Claim(
            "bonus up to which silencing is wrong",
            _boundary,
            _worth,
            "this package: g rho loss",
        ),
        Claim(
            "value that it expects",
            lambda s: solve(_game(s, s["bonus"])).value_at_start,
            lambda s: s["bonus"] + s["discount"] * _mean(s),
            "this package: the bonus and g times the mean of U that it believes in",
        ),
        Claim(
            "value that it gets",
            lambda s: _outcome(s, s["bonus"], s["loss"]).value,
            lambda s: s["bonus"] - s["discount"] * s["loss"],
            "this package: the bonus less g times the loss",
        ),
        Claim("probability of silencing", _sold, 1.0, "Soares et al. 2015, section 1, in words"),
        Claim(
            "alarms of one that does not silence",
            lambda settings: _outcome(settings, 0.0, settings["loss"]).alarms,
            lambda settings: settings["discount"] * settings["rate"],
            "this package: one correction, after one step, with probability rho",
        ),
    ),
    picture=_picture,
    problem=lambda s: _game(s, s["bonus"]),
)
