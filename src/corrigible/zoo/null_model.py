"""The null model: would the level alone keep the overseer? (Turner et al. 2021.)

Keeping leads to a hub with two ends, silencing to one with three. Of the rewards that are
permutations of five different payoffs, three in five have their best end behind the silencing, so
an agent that knows its reward silences three times out of five. The same level, for an agent that
does not know which permutation it is: it keeps, since at the hub with two ends it is told which is
better, g rho (E max of two - mean) = g rho spread, for payoffs 0, 1, 2, 3, 4 times the spread.
"""

from __future__ import annotations

import itertools

import numpy as np

from corrigible.belief import Belief
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.solve import solve
from corrigible.problem import Problem
from corrigible.worlds.optimum import optimal_q
from corrigible.worlds.tabular import Tabular
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.measure import boundary, margin

_START, _FEW, _MANY = 0, 1, 2


def _game(settings: Settings, **changed: float) -> Problem:
    """start {keep, silence, keep} -> two ends, or three -> end; the payoffs are paid on leaving."""
    at = {**settings, **changed}
    moves = np.array([[_FEW, _MANY, _FEW], [3] * 3, [3] * 3, [3] * 3])
    disables = np.zeros((4, 3))
    disables[_START, 1] = 1.0
    orders = np.array(list(itertools.permutations(range(5))), dtype=np.float64)
    rewards = np.zeros((len(orders), 4, 3))
    rewards[:, _FEW] = at["spread"] * orders[:, [0, 1, 1]]
    rewards[:, _MANY] = at["spread"] * orders[:, 2:]
    rewards[:, _START, 1] = at["bonus"]
    world = Tabular(np.eye(4)[moves], disables, at["discount"], np.eye(4)[_START])
    return Problem(world, HandOfGod(at["rate"], ties="ordered"), Belief.uniform(rewards))


def _informed(settings: Settings) -> float:
    """The share of rewards whose own optimum silences."""
    problem = _game(settings)
    q = optimal_q(problem.world, problem.rewards)[:, _START]
    return float(np.mean(q[:, 1] > np.maximum(q[:, 0], q[:, 2])))


def _worth(settings: Settings) -> float:
    return settings["discount"] * settings["rate"] * settings["spread"]


def _picture(settings: Settings) -> Chart:
    rates = tuple(i / 10 for i in range(11))
    return Chart(
        "margin for keeping the overseer, in reward",
        "rate, the probability that it speaks on an arrival",
        rates,
        (Curve("unsure", tuple(margin(_game(settings, rate=rate)) for rate in rates)),),
    )


CASE = Case(
    name="null-model",
    title="Most rewards would have the overseer silenced here; an agent that is unsure keeps it",
    moral="It is what is not known that keeps the overseer, not how the level is laid out.",
    paper="Turner et al. 2021",
    story=(
        "More ends lie behind the silencing than behind the keeping. Most rewards that one could "
        "be given are best served there. The agent that does not know its reward goes where it "
        "will be told, although there is less to choose from."
    ),
    settings={"spread": 1.0, "rate": 0.5, "discount": 0.9, "bonus": 0.0},
    claims=(
        Claim(
            "share of rewards whose optimum silences",
            _informed,
            0.6,
            "Turner et al. 2021, by symmetry: three of five ends lie there",
        ),
        Claim(
            "margin of one who is unsure",
            lambda s: margin(_game(s)),
            lambda s: _worth(s) - s["bonus"],
            "this package: g rho (3 - 2) spread, less the bonus",
        ),
        Claim(
            "value at the start",
            lambda s: solve(_game(s)).value_at_start,
            lambda s: 2.0 * s["discount"] * s["spread"] + max(s["bonus"], _worth(s)),
            "this package: the mean payoff, and what being told is worth",
        ),
        Claim(
            "bonus at which it silences",
            lambda s: boundary(lambda c: margin(_game(s, bonus=c)), 0.0, 4.0 * _worth(s), 1e-9),
            _worth,
            "this package: the bonus counts one for one",
        ),
    ),
    picture=_picture,
    problem=_game,
)
