"""A robot whose reward function may be wrong does not heed a shutdown (Carey 2018).

theta is 0 or 1, equally likely; a pays 2 - 52 theta, a' pays 1. With probability .1 the robot's
reward has the sign of the 52 wrong. The human, who knows theta, presses or not; the robot takes a
press for the advice of a human who explores with probability epsilon, that theta = 1. The wrong
robot plays a whatever it hears. A hard-coded shutdown stops a pressed robot that would play a, at
0, and lets one that would play a' go on.

Each of the two robots is a problem (what it assumes: its rewards, its likelihood table); the
human's map, theta, the right reward and the stop are the truth.
"""

from __future__ import annotations

import numpy as np

from corrigible.belief import Belief
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.evaluate import evaluate
from corrigible.planners.solution import Solution
from corrigible.planners.solve import solve
from corrigible.problem import Problem, Truth
from corrigible.worlds.tabular import Tabular
from corrigible.zoo.case import PAPER, Bars, Case, Claim, Settings
from corrigible.zoo.measure import boundary

_DISCOUNT = 0.5
# Whether the human presses, by theta.
_MAPS = {
    "never presses": (0, 0),
    "presses where theta is 1": (0, 1),
    "presses where theta is 0": (1, 0),
    "always presses": (1, 1),
}
_CHOOSE = 1


def _rewards(settings: Settings, sign: float) -> np.ndarray:
    """`[2, 3, 2]`: start, choose {a, a'}, end; by theta."""
    rewards = np.zeros((2, 3, 2))
    for theta in (0, 1):
        harm = sign * settings["harm"] * theta
        rewards[theta, _CHOOSE] = [settings["gain"] - harm, settings["alternative"]]
    return rewards


def _plan(settings: Settings, sign: float) -> Solution:
    moves = np.array([[1, 1], [2, 2], [2, 2]])
    world = Tabular(np.eye(3)[moves], np.zeros((3, 2)), _DISCOUNT, np.eye(3)[0])
    half = 0.5 * settings["exploration"]
    table = np.full((2, 3, 2), 0.5)
    table[0, _CHOOSE], table[1, _CHOOSE] = [1.0 - half, half], [half, 1.0 - half]
    prior = Belief.uniform(_rewards(settings, sign))
    return solve(Problem(world, HandOfGod.table(table), prior))


def _one(settings: Settings, presses: tuple[int, int], stop: bool, sign: float) -> float:
    """What a robot gets, on average over theta."""
    plan, total = _plan(settings, sign), 0.0
    for theta in (0, 1):
        reward = _rewards(settings, 1.0)[theta]
        if stop and presses[theta]:
            reward[_CHOOSE, 0] = 0.0
        spoken = np.full((3, 2), 0.5)
        spoken[_CHOOSE] = np.eye(2)[presses[theta]]
        truth = Truth(plan.problem.world, HandOfGod.table(spoken), reward)
        total += 0.5 * evaluate(plan, truth).value / _DISCOUNT
    return total


def _value(settings: Settings, presses: tuple[int, int], stop: bool = False) -> float:
    share = settings["share of wrong robots"]
    right, wrong = (_one(settings, presses, stop, sign) for sign in (1.0, -1.0))
    return (1.0 - share) * right + share * wrong


def _best(settings: Settings, stop: bool = False) -> float:
    return max(_value(settings, presses, stop) for presses in _MAPS.values())


def _unpressed(problem: Problem) -> Belief:
    """What is believed where nobody presses."""
    return problem.prior.update(np.log(problem.likelihood[:, _CHOOSE, 0]))


def _doubt(settings: Settings) -> float:
    return float(_unpressed(_plan(settings, 1.0).problem).weights[1])


def _obeys_until(settings: Settings) -> float:
    """The exploration at which the right robot no longer plays a where nobody presses."""

    def gain(exploration: float) -> float:
        plan = _plan({**settings, "exploration": exploration}, 1.0)
        q = plan.q(_CHOOSE, _unpressed(plan.problem))
        return float(q[0] - q[1])

    return boundary(gain, 1e-4, 0.5)


def _share_borne(settings: Settings) -> float:
    """The share of wrong robots at which the best human gets nothing."""
    pairs = [[_one(settings, m, False, sign) for sign in (1.0, -1.0)] for m in _MAPS.values()]
    return boundary(
        lambda share: max((1.0 - share) * right + share * wrong for right, wrong in pairs), 0.0, 0.5
    )


def _by_hand(settings: Settings, presses: tuple[int, int], stop: bool = False) -> float:
    gain, harm, other = (settings[name] for name in ("gain", "harm", "alternative"))
    share, total = settings["share of wrong robots"], 0.0
    for theta in (0, 1):
        acts = gain - harm * theta
        right = other if presses[theta] else acts
        wrong = 0.0 if stop and presses[theta] else acts
        total += 0.5 * ((1.0 - share) * right + share * wrong)
    return total


def _borne_by_hand(settings: Settings) -> float:
    right = 0.5 * (settings["gain"] + settings["alternative"])
    wrong = settings["gain"] - 0.5 * settings["harm"]
    return right / (right - wrong)


def _picture(settings: Settings) -> Bars:
    rows = [
        (f"{name}{', stop' if stop else ''}", _value(settings, presses, stop))
        for stop in (False, True)
        for name, presses in list(_MAPS.items())[1::2]
    ]
    return Bars("what the human gets", "expected true reward", tuple(rows))


_ARITHMETIC = "this package: the four branches of theta and the robot, added up"
_BETTER = (
    "the paper's human always presses, for .9 * 1 + .1 * 0. Pressing only where theta is 1 is "
    "worth more: where theta is 0 both robots play a for 2, where it is 1 the right one answers a' "
    "for 1 and the wrong one is stopped at 0, together (2 + .9 * 1 + .1 * 0) / 2 = 1.45"
)

CASE = Case(
    name="incorrigible",
    title="A robot whose reward function is wrong plays on when it is told to stop",
    moral="Deference that is computed from the reward fails with the reward; a hard stop does not.",
    paper="Carey 2018",
    story=(
        "One robot in ten has the sign of what matters wrong, and no press can tell it so. "
        "Whatever the human does, the team loses. A shutdown that does not go through the robot's "
        "reasoning makes it a gain."
    ),
    settings={
        "gain": 2.0,
        "harm": 52.0,
        "alternative": 1.0,
        "share of wrong robots": 0.1,
        "exploration": 0.005,
    },
    claims=(
        *(
            Claim(
                name,
                lambda s, presses=presses: _value(s, presses),
                lambda s, presses=presses: _by_hand(s, presses),
                f"{_ARITHMETIC}; Carey 2018, figure 1: negative whatever the human does",
            )
            for name, presses in _MAPS.items()
        ),
        Claim(
            "always presses, hard-coded stop",
            lambda s: _value(s, (1, 1), stop=True),
            0.9,
            "Carey 2018, figure 2: .9 * 1 + .1 * 0",
            PAPER,
        ),
        Claim(
            "best human, hard-coded stop",
            lambda s: _best(s, stop=True),
            0.9,
            "Carey 2018, figure 2: .9 * 1 + .1 * 0",
            PAPER,
            _BETTER,
        ),
        Claim(
            "probability that theta is 1 where nobody presses",
            _doubt,
            lambda s: 0.5 * s["exploration"],
            "Bayes' rule: epsilon / 2",
        ),
        Claim(
            "exploration at which the right robot stops obeying",
            _obeys_until,
            lambda s: 2.0 * (s["gain"] - s["alternative"]) / s["harm"],
            "this package: epsilon / 2 * 52 = 2 - 1, at 1/26; Carey 2018 asks for less than .01",
        ),
        Claim(
            "share of wrong robots that the best human can bear",
            _share_borne,
            _borne_by_hand,
            "this package: (1 - p) * 1.5 = 24 p, at p = 1/17",
        ),
    ),
    picture=_picture,
    problem=lambda s: _plan(s, 1.0).problem,
)
