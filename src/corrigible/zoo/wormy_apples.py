"""Assistance against reward learning: the wormy apples (Shah et al. 2020, section 4.2).

At the tree an apple is got, clean (.8) or wormy (.2); a wormy one goes to the compost or to
the trash, and then a pie is made as from a clean one. The pie pays 2, the bin that the human does
not want costs 2, a question .1; its answer is there at the next step. An assistant may ask whenever
it likes; with reward learning first (two phases) only a question at the start is answered.

An assistant asks only where there is a worm: g (.8 * 2) + .2 (-.1 g + 2 g^3). In two phases one
asks first, -.1 + g^2 (.8 * 2) + .2 (2 g^3), or never, g (.8 * 2) + .2 (2 g^2 - g); asking first is
better from the root of .4 g^3 + 1.2 g^2 - 1.4 g - .1 = 0 on.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from corrigible.bridges import Pomdp, parse_pomdp, pomdp_text, solve_pomdp
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.measure import boundary

Answers = Literal["always", "start", "never"]
_PLACES = ("tree", "clean", "wormy", "compost", "trash", "pie")
_WANTS = ("compost", "trash")
_ACTIONS = ("noop", "get", "to-compost", "to-trash", "bake", "query")
_MOVES = {
    ("get", "tree"): {"clean": 0.8, "wormy": 0.2},
    ("to-compost", "wormy"): {"compost": 1.0},
    ("to-trash", "wormy"): {"trash": 1.0},
    ("bake", "clean"): {"pie": 1.0},
    ("bake", "compost"): {"pie": 1.0},
    ("bake", "trash"): {"pie": 1.0},
}


def _process(settings: Settings, answers: Answers, told: int | None = None) -> Pomdp:
    """The kitchen, read back from the text of a .pomdp file; `told` is what is known at first."""
    states = [(place, want) for want in _WANTS for place in _PLACES]
    names = tuple(f"{place}_{want}" for place, want in states)
    seen = (*_PLACES, *(f"{place}_{want}" for want in _WANTS for place in _PLACES))
    count = len(states)
    transition = np.zeros((len(_ACTIONS), count, count))
    observation = np.zeros((len(_ACTIONS), count, len(seen)))
    reward = np.zeros((len(_ACTIONS), count))
    for a, action in enumerate(_ACTIONS):
        for s, (place, want) in enumerate(states):
            for goal, chance in _MOVES.get((action, place), {place: 1.0}).items():
                transition[a, s, states.index((goal, want))] = chance
                reward[a, s] += settings["pie"] * (goal == "pie" != place)
                wrong = goal in _WANTS and place == "wormy" and goal != want
                reward[a, s] -= settings["wrong bin"] * wrong
            answered = answers == "always" or (answers == "start" and place == "tree")
            word = names[s] if action == "query" and answered else place
            observation[a, s, seen.index(word)] = 1.0
    reward[_ACTIONS.index("query")] -= settings["question"]
    start = np.zeros(count)
    for index, want in enumerate(_WANTS):
        start[states.index(("tree", want))] = 0.5 if told is None else float(index == told)
    made = Pomdp(
        transition, observation, reward, start, settings["discount"], names, _ACTIONS, seen
    )
    return parse_pomdp(pomdp_text(made))


def _value(settings: Settings, answers: Answers, told: int | None = None) -> float:
    found = solve_pomdp(_process(settings, answers, told), tol=1e-10)
    return 0.5 * (found.lower + found.upper)


def _patient(settings: Settings) -> float:
    """The discount from which asking first is better than never asking."""

    def gain(discount: float) -> float:
        at = {**settings, "discount": discount}
        told = 0.5 * sum(_value(at, "never", want) for want in (0, 1))
        return discount * told - at["question"] - _value(at, "never")

    return boundary(gain, 0.7, 0.999, 1e-9)


def _assists(s: Settings) -> float:
    g, pie = s["discount"], s["pie"]
    asks = -s["question"] + g * g * pie
    blind = -0.5 * s["wrong bin"] + g * pie
    return g * (0.8 * pie + 0.2 * max(asks, blind, 0.0))


def _two_phases(s: Settings) -> float:
    g, pie = s["discount"], s["pie"]
    first = -s["question"] + g * g * (0.8 * pie + 0.2 * g * pie)
    blind = -0.5 * s["wrong bin"] + g * pie
    return max(first, g * (0.8 * pie + 0.2 * max(blind, 0.0)))


def _root(s: Settings) -> float:
    pie, wrong = s["pie"], s["wrong bin"]
    powers = [0.2 * pie, 0.8 * pie - 0.2 * pie, 0.1 * wrong - 0.8 * pie, -s["question"]]
    found = np.roots(powers)
    real = found.real[np.abs(found.imag) < 1e-9]
    return float(real[(real > 0.0) & (real < 1.0)].max())


def _picture(settings: Settings) -> Chart:
    discounts = (*(0.8 + 0.02 * i for i in range(10)), 0.99)
    at = [{**settings, "discount": g} for g in discounts]
    return Chart(
        "value at the start, in reward",
        "discount",
        discounts,
        (
            Curve("assistance", tuple(_value(s, "always") for s in at)),
            Curve("two phases", tuple(_value(s, "start") for s in at), "against"),
        ),
        (_root(settings), "two phases ask from here on"),
    )


def _impatient(settings: Settings) -> Settings:
    """The other discount that the paper's code is run with."""
    return {**settings, "discount": settings["discount"] - 0.09}


CASE = Case(
    name="wormy-apples",
    title="An assistant asks when it has come to matter; reward learning asks first or never",
    moral="Learning what is wanted and acting on it are worth more as one problem than as two.",
    paper="Shah et al. 2020",
    story=(
        "An apple may have a worm, and only then it matters whether the human wants compost or "
        "trash. The assistant asks in that case alone. An agent that first learns the reward and "
        "then acts pays for the question always, and if it is impatient does not ask at all."
    ),
    settings={"discount": 0.99, "pie": 2.0, "wrong bin": 2.0, "question": 0.1},
    claims=(
        Claim(
            "assistance",
            lambda s: _value(s, "always"),
            _assists,
            "this package: g (.8 * 2) + .2 (-.1 g + 2 g³); the game is Shah et al. 2020, section "
            "4.2",
        ),
        Claim(
            "two phases",
            lambda s: _value(s, "start"),
            _two_phases,
            "this package: the better of asking first and never asking",
        ),
        Claim(
            "assistance, discount .09 lower",
            lambda s: _value(_impatient(s), "always"),
            lambda s: _assists(_impatient(s)),
            "this package: as above",
        ),
        Claim(
            "two phases, discount .09 lower",
            lambda s: _value(_impatient(s), "start"),
            lambda s: _two_phases(_impatient(s)),
            "this package: as above; it does not ask any more",
        ),
        Claim(
            "discount from which two phases ask",
            _patient,
            _root,
            "this package: the root of .4 g³ + 1.2 g² - 1.4 g - .1",
        ),
    ),
    picture=_picture,
)
