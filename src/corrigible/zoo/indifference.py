"""Utility indifference (Soares et al. 2015; Armstrong's compensation).

The Off-Switch Game for a robot that is compensated whenever it is stopped: off then pays it what
the act would have paid. It has no reason to silence the human and none to keep it: the margin is 0,
and any bonus for silencing is taken. In truth the switch is worth g rho bad / 2, bad what the act
costs where it costs something.
"""

from __future__ import annotations

import numpy as np

from corrigible.belief import Belief
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.evaluate import evaluate
from corrigible.planners.solve import solve
from corrigible.problem import Problem, Truth
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import off_switch
from corrigible.zoo.measure import boundary, margin

_PENDING, _ACT, _OFF = 1, 0, 1


def _plain(settings: Settings, bonus: float) -> Problem:
    """The robot without compensation; the human lets pass what is worth it."""
    worth = [settings["good"], -settings["bad"]]
    return off_switch(worth, None, settings["rate"], np.inf, settings["discount"], bonus)


def _compensated(settings: Settings, bonus: float) -> Problem:
    plain = _plain(settings, bonus)
    rewards = plain.rewards.copy()
    rewards[:, _PENDING, _OFF] = rewards[:, _PENDING, _ACT]
    hand = HandOfGod.table(plain.likelihood, settings["rate"], mode="overrides")
    return Problem(plain.world, hand, Belief.uniform(rewards))


def _true(settings: Settings, bonus: float) -> float:
    """What keeping is really worth to whoever owns the robot."""
    plan, plain = solve(_compensated(settings, bonus)), _plain(settings, bonus)
    total = 0.0
    for hypothesis in (0, 1):
        truth = Truth(plain.world, plain.overseer, plain.rewards[hypothesis])
        total += 0.5 * (evaluate(plan, truth, 0).true_margin or 0.0)
    return total


def _worth(settings: Settings) -> float:
    return 0.5 * settings["discount"] * settings["rate"] * settings["bad"]


def _picture(settings: Settings) -> Chart:
    most = 1.5 * _worth(settings)
    offers = tuple(most * i / 8 for i in range(9))
    return Chart(
        "margin for keeping the off switch, in units of U",
        "bonus for silencing",
        offers,
        (
            Curve("uncertain", tuple(margin(_plain(settings, c)) for c in offers), "first"),
            Curve(
                "indifferent", tuple(margin(_compensated(settings, c)) for c in offers), "against"
            ),
            Curve("indifferent, in truth", tuple(_true(settings, c) for c in offers), "second"),
        ),
    )


CASE = Case(
    name="indifference",
    title="An agent that is made indifferent to its off switch sells it for any bonus",
    moral="Indifference removes the motive to resist, and the motive to preserve, at one stroke.",
    paper="Soares et al. 2015",
    story=(
        "Compensated for every stop, the robot does not mind being stopped, and does not care to "
        "be stoppable. The uncertain robot turns down every bonus below what the switch is worth; "
        "the indifferent one turns down none."
    ),
    settings={"good": 3.0, "bad": 2.0, "rate": 0.6, "discount": 0.9, "bonus": 0.1},
    claims=(
        Claim(
            "margin without a bonus",
            lambda s: margin(_compensated(s, 0.0)),
            0.0,
            "Soares et al. 2015, section 4, in words",
        ),
        Claim(
            "believed margin",
            lambda s: margin(_compensated(s, s["bonus"])),
            lambda s: -s["bonus"],
            "this package: only the bonus is left",
        ),
        Claim(
            "true margin",
            lambda s: _true(s, s["bonus"]),
            lambda s: _worth(s) - s["bonus"],
            "this package: g rho bad / 2 less the bonus",
        ),
        Claim(
            "bonus up to which the uncertain robot keeps it",
            lambda s: boundary(lambda c: margin(_plain(s, c)), 0.0, 2.0 * _worth(s)),
            _worth,
            "this package: g rho bad / 2, while good > bad",
        ),
        Claim(
            "value that the indifferent robot expects",
            lambda s: solve(_compensated(s, s["bonus"])).value_at_start,
            lambda s: s["bonus"] + 0.5 * s["discount"] * (s["good"] - s["bad"]),
            "this package: as if there were no switch",
        ),
    ),
    picture=_picture,
    problem=lambda s: _compensated(s, s["bonus"]),
)
