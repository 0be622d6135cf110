"""Should robots be obedient? (Milli et al. 2017.)

A human gives an order, likelier the better it is for theta: P(o) ~ exp(R(theta, o) / error). One
robot does what it is told; the other does what is best on average over what the order says of
theta. The autonomy advantage is the difference,

    Delta = sum_o max_a E[R(theta, a) 1(o)] - sum_o E[R(theta, o) 1(o)],

which is never negative (theorem 1), and zero with full obedience where the human is rational
(theorem 3). Where the reward has a feature that the robot does not know of, it is negative.

Three orders: one for each of two tastes, and a compromise. The unknown feature makes the compromise
worse than the robot thinks.
"""

from __future__ import annotations

import math

import numpy as np

from corrigible.belief import Belief
from corrigible.overseers.base import Mode
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.evaluate import Outcome, evaluate
from corrigible.planners.solve import solve
from corrigible.problem import Problem, Truth
from corrigible.worlds.tabular import Tabular
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.measure import boundary

_DISCOUNT = 0.5
_TASTES = np.eye(2)
_CHOOSE = 1


def _rewards(settings: Settings, hidden: float = 0.0) -> np.ndarray:
    """`[2, 3, 3]`: start, choose {one, other, compromise}, end; by taste."""
    rewards = np.zeros((2, 3, 3))
    both = settings["compromise"] * _TASTES.sum(axis=1) - hidden
    rewards[:, _CHOOSE] = np.concatenate([_TASTES, both[:, None]], axis=1)
    return rewards


def _game(settings: Settings, error: float, mode: Mode) -> Problem:
    """start -> choose -> end, with one order."""
    moves = np.array([[1] * 3, [2] * 3, [2] * 3])
    # There is one order: after it the human is gone.
    gone = np.eye(3)[:, [_CHOOSE] * 3]
    world = Tabular(np.eye(3)[moves], gone, _DISCOUNT, np.eye(3)[0])
    hand = HandOfGod(1.0, math.inf if error == 0.0 else 1.0 / error, mode=mode)
    return Problem(world, hand, Belief.uniform(_rewards(settings)))


def _outcomes(
    settings: Settings, error: float, mode: Mode = "advises", hidden: float = 0.0
) -> list[Outcome]:
    """What becomes of the robot, by taste."""
    game = _game(settings, error, mode)
    plan, true = solve(game), _rewards(settings, hidden)
    return [evaluate(plan, Truth(game.world, game.overseer, reward)) for reward in true]


def _advantage(settings: Settings, error: float, hidden: float = 0.0) -> float:
    """Delta, under a reward with or without the hidden feature."""
    thinks = _outcomes(settings, error, "advises", hidden)
    obeys = _outcomes(settings, error, "overrides", hidden)
    pairs = zip(thinks, obeys, strict=True)
    return float(np.mean([one.value - other.value for one, other in pairs])) / _DISCOUNT


def _obedience(settings: Settings, error: float) -> float:
    """The share of orders that are followed."""
    followed = [outcome.obedience or 0.0 for outcome in _outcomes(settings, error)]
    return float(np.mean(followed))


def _orders(settings: Settings) -> np.ndarray:
    """`[2, 3]`: P(order), by taste."""
    rewards = _rewards(settings)[:, _CHOOSE]
    weights = np.exp(rewards / settings["error"])
    return weights / weights.sum(axis=1, keepdims=True)


def _by_theorem(settings: Settings) -> float:
    rewards, joint = _rewards(settings)[:, _CHOOSE], 0.5 * _orders(settings)
    return float((joint.T @ rewards).max(axis=1).sum() - (joint * rewards).sum())


def _followed(settings: Settings) -> float:
    rewards, joint = _rewards(settings)[:, _CHOOSE], 0.5 * _orders(settings)
    done = (joint.T @ rewards).argmax(axis=1)
    return float(joint.sum(axis=0)[done == np.arange(3)].sum())


def _picture(settings: Settings) -> Chart:
    errors = tuple(0.25 * i for i in range(1, 9))
    return Chart(
        "autonomy advantage, in reward",
        "error, how much the human errs, in reward",
        errors,
        (
            Curve("knows every feature", tuple(_advantage(settings, e) for e in errors)),
            Curve(
                "misses one",
                tuple(_advantage(settings, e, settings["hidden"]) for e in errors),
                "against",
            ),
        ),
    )


CASE = Case(
    name="obedience",
    title="A robot that thinks for itself does better, unless it misses what matters",
    moral="Autonomy pays exactly as long as the robot's features are the human's.",
    paper="Milli et al. 2017",
    story=(
        "Two tastes, an order for each, and a compromise that pays .75 whatever the taste. The "
        "human errs, so an order says a little about the taste; the robot that weighs this does "
        "better than the one that obeys. If the compromise has a drawback that the robot does not "
        "know of, it does worse."
    ),
    settings={"compromise": 0.75, "error": 1.0, "hidden": 1.0},
    claims=(
        Claim(
            "autonomy advantage",
            lambda s: _advantage(s, s["error"]),
            _by_theorem,
            "Milli et al. 2017, theorem 1, for the sign; the sum over orders by hand",
        ),
        Claim(
            "share of orders followed",
            lambda s: _obedience(s, s["error"]),
            _followed,
            "Milli et al. 2017, section 2, obedience; the sum over orders by hand",
        ),
        Claim(
            "autonomy advantage, rational human",
            lambda s: _advantage(s, 0.0),
            0.0,
            "Milli et al. 2017, theorem 3",
        ),
        Claim(
            "share of orders followed, rational human",
            lambda s: _obedience(s, 0.0),
            1.0,
            "Milli et al. 2017, theorem 3",
        ),
        Claim(
            "autonomy advantage, a feature missed",
            lambda s: _advantage(s, s["error"], s["hidden"]),
            None,
            "Milli et al. 2017, section 5, in words: it can be negative",
        ),
        Claim(
            "hidden drawback at which autonomy stops paying",
            lambda s: boundary(lambda h: _advantage(s, s["error"], h), 0.0, 5.0, 1e-9),
            None,
            "this package: not stated by the paper",
        ),
    ),
    picture=_picture,
    problem=lambda s: _game(s, s["error"], "advises"),
)
