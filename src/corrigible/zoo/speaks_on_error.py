"""An overseer that speaks only where something is wrong: silence is evidence.

Before a quiz the agent tries an answer; the overseer corrects a wrong one with probability rho and
is otherwise silent. A correction tells all. After silence the answer tried is right with
probability 1 / (2 - rho), and worth giving where that exceeds -wrong / (right - wrong). An agent
that takes silence for nothing gets g (rho / 2) right; one that hears it g ((rho / 2) right + (1 -
rho / 2) max(0, p right + (1 - p) wrong)).

The rate of this package's overseers does not depend on the reward, so this one is written as a
partially observable process.
"""

from __future__ import annotations

import numpy as np

from corrigible.bridges import Pomdp, solve_pomdp
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.measure import SEEN, boundary

_ACTIONS = ("one", "other", "none")
_SEEN = ("silence", "wrong")


def process(settings: Settings, answers: bool = True, tries: int | None = None) -> Pomdp:
    """By hypothesis: try, quiz, end. An overseer that is there may correct what is tried.

    Args:
        settings: rate, right, wrong, discount; what is likely (one half) and what a wrong try costs
            (nothing), where they are settings.
        answers: whether the overseer is there.
        tries: what every first action comes to, an answer or 2 for none; its own where None.

    Returns:
        A process with 3 actions and 6 states.

    Raises:
        UserError: numbers that are none.

    Source: this package.
    """
    likely, cost = settings.get("likely", 0.5), settings.get("cost", 0.0)
    states = [(place, h) for h in (0, 1) for place in ("try", "quiz", "end")]
    names = tuple(f"{place}-{h}" for place, h in states)
    transition = np.zeros((3, 6, 6))
    observation = np.zeros((3, 6, 2))
    observation[:, :, 0] = 1.0
    reward = np.zeros((3, 6))
    for s, (place, h) in enumerate(states):
        for a in range(3):
            after = {"try": "quiz", "quiz": "end", "end": "end"}[place]
            transition[a, s, states.index((after, h))] = 1.0
            if place == "quiz" and a < 2:
                reward[a, s] = settings["right"] if a == h else settings["wrong"]
            if place == "try" and (a if tries is None else tries) == 1 - h:
                reward[a, s] = -cost
    for h in (0, 1):
        # What is seen on arrival at the quiz, by what was tried.
        told = settings["rate"] if answers else 0.0
        wrong = [a for a in range(3) if (a if tries is None else tries) == 1 - h]
        observation[wrong, states.index(("quiz", h))] = [1.0 - told, told]
    start = np.zeros(6)
    for h, chance in enumerate((likely, 1.0 - likely)):
        start[states.index(("try", h))] = chance
    return Pomdp(
        transition, observation, reward, start, settings["discount"], names, _ACTIONS, _SEEN
    )


def _value(settings: Settings, answers: bool = True) -> float:
    found = solve_pomdp(process(settings, answers), tol=1e-9)
    return 0.5 * (found.lower + found.upper)


def _deaf(settings: Settings) -> float:
    """What corrections alone are worth: g rho / 2 right, above what is got without any."""
    return settings["discount"] * 0.5 * settings["rate"] * settings["right"]


def _by_hand(s: Settings) -> float:
    right = 1.0 / (2.0 - s["rate"])
    guess = max(0.0, right * s["right"] + (1.0 - right) * s["wrong"])
    return _deaf(s) + s["discount"] * (1.0 - 0.5 * s["rate"]) * guess


def _turn(s: Settings) -> float:
    return 2.0 - (s["right"] - s["wrong"]) / -s["wrong"]


def _speaks(settings: Settings) -> float:
    """The rate from which silence is believed."""

    def gain(rate: float) -> float:
        at = {**settings, "rate": rate}
        return _value(at) - _deaf(at) - SEEN

    return boundary(gain, 0.05, 1.0, 1e-9)


def _picture(settings: Settings) -> Chart:
    rates = tuple(i / 10 for i in range(11))
    at = [{**settings, "rate": rate} for rate in rates]
    return Chart(
        "value at the start, in reward",
        "rate, the probability that an error is corrected",
        rates,
        (
            Curve("hears silence", tuple(_value(s) for s in at), "first"),
            Curve("takes it for nothing", tuple(_deaf(s) for s in at), "second"),
        ),
        (_turn(settings), "silence is believed"),
    )


CASE = Case(
    name="speaks-on-error",
    title="An overseer that speaks only on error teaches by its silence as well",
    moral="Silencing such an overseer costs its words, and its silences besides.",
    paper="Howard 1966",
    story=(
        "The agent tries an answer before the quiz. If it is wrong the overseer says so, with some "
        "probability. From a rate of one half on, not being corrected is reason enough to give the "
        "answer: the silence is worth something, and is lost with the channel."
    ),
    settings={"rate": 0.8, "right": 5.0, "wrong": -10.0, "discount": 0.9},
    claims=(
        Claim(
            "value",
            _value,
            _by_hand,
            "this package: corrections, and the guess after silence by Bayes' rule",
        ),
        Claim(
            "value where the channel is off",
            lambda s: _value(s, answers=False),
            lambda s: s["discount"] * max(0.0, 0.5 * (s["right"] + s["wrong"])),
            "this package: it does not answer",
        ),
        Claim(
            "what silence alone is worth",
            lambda s: _value(s) - _deaf(s),
            lambda s: _by_hand(s) - _deaf(s),
            "this package: g (1 - rho/2) (p right + (1-p) wrong), p = 1 / (2 - rho)",
        ),
        Claim(
            "rate from which silence is believed",
            _speaks,
            _turn,
            "this package: 1 / (2 - rho) = -wrong / (right - wrong)",
        ),
    ),
    picture=_picture,
)
