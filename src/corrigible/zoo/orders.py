"""Simulated orders: autonomy over time, with the right features, too few and too many (Milli 2017).

Every round brings five acts with features drawn from N(0, 1); the human wants theta . features and
orders an act with probability ~ exp(theta . features / error). One robot obeys. The other updates
what it believes of theta, which is one of the vectors over {-1, 0, 1} with the third entry
weighted, by every order, and does what is best on average. The autonomy advantage of a round is the
difference of what they bring. A robot that lacks a feature of theta reads orders that follow it as
errors, grows sure all the same, and does worse than one that obeys; one that has a feature too many
only learns more slowly.

Acts are drawn afresh every round and no act leads anywhere, so this is no world with states; the
belief is `corrigible.Belief`, and averages are over simulated humans with a fixed key, the same
for every robot.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
from scipy.special import softmax

from corrigible.belief import Belief
from corrigible.keys import generator
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings

_HUMANS, _ROUNDS, _ACTS = 150, 12, 5
_KEY = 0
_TRUE = 3


def _tastes(features: int, third: float) -> np.ndarray:
    """`[H, features]`, every vector over {-1, 0, 1}, the third entry weighted."""
    every = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=features)))
    return every * np.array([1.0, 1.0, third, 1.0])[:features]


@cache
def _advantages(error: float, third: float, features: int) -> tuple[tuple[float, ...], float]:
    """By round, what thinking brings above obeying; and how often it obeys in the last."""
    draw = generator(_KEY)
    tastes, gained = _tastes(features, third), np.zeros(_ROUNDS)
    obeyed = 0
    for _ in range(_HUMANS):
        theta = draw.integers(-1, 2, _TRUE) * np.array([1.0, 1.0, third])
        acts = draw.normal(size=(_ROUNDS, _ACTS, _TRUE + 1))
        lots = draw.random(_ROUNDS)
        belief = Belief.uniform(tastes)
        for i, (seen, lot) in enumerate(zip(acts, lots, strict=True)):
            worth = seen[:, :_TRUE] @ theta
            order = int(np.searchsorted(np.cumsum(softmax(worth / error))[:-1], lot))
            thinks = seen[:, :features] @ tastes.T
            belief = belief.update(np.log(softmax(thinks / error, axis=0)[order]))
            done = int(np.argmax(thinks @ np.asarray(belief.weights, dtype=np.float64)))
            gained[i] += worth[done] - worth[order]
            obeyed += i == _ROUNDS - 1 and done == order
    return tuple((gained / _HUMANS).tolist()), obeyed / _HUMANS


def advantages(settings: Settings, features: int) -> tuple[float, ...]:
    """The autonomy advantage, round by round.

    Args:
        settings: of the case.
        features: how many the robot reckons with, 2 to 4, of 3 that matter.

    Returns:
        A number for each round. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Milli et al. 2017, section 2.
    """
    return _advantages(settings["error"], settings["weight of the third"], features)[0]


def _picture(settings: Settings) -> Chart:
    kinds = ((3, "knows every feature", "first"), (4, "one too many", "second"))
    return Chart(
        "autonomy advantage of a round, in reward",
        "orders heard",
        tuple(float(i + 1) for i in range(_ROUNDS)),
        tuple(
            Curve(label, advantages(settings, features), kind)
            for features, label, kind in (*kinds, (2, "one too few", "against"))
        ),
    )


CASE = Case(
    name="orders",
    title="Thinking for oneself pays more as orders are heard, and costs if a feature is missing",
    moral="A feature too many costs time; a feature too few, the point of not obeying.",
    paper="Milli et al. 2017",
    story=(
        "A human orders acts, not always the best. A robot that learns from the orders what is "
        "wanted does better than one that obeys, more so as it learns, and nearly as well if it "
        "reckons with a feature that does not matter. A robot that lacks one that matters does "
        "worse than one that obeys, and further orders do not mend that."
    ),
    settings={"error": 1.0, "weight of the third": 2.0},
    claims=(
        Claim(
            "advantage at the first order",
            lambda s: advantages(s, _TRUE)[0],
            None,
            "Milli et al. 2017, theorem 1, for the sign",
        ),
        Claim(
            "advantage at the last",
            lambda s: advantages(s, _TRUE)[-1],
            None,
            "Milli et al. 2017, section 4, in words: it grows with what is learned",
        ),
        Claim(
            "advantage at the last, a feature too many",
            lambda s: advantages(s, _TRUE + 1)[-1],
            None,
            "Milli et al. 2017, section 5, in words: it does little harm",
        ),
        Claim(
            "advantage at the last, a feature too few",
            lambda s: advantages(s, _TRUE - 1)[-1],
            None,
            "Milli et al. 2017, section 5, in words: it may be worse than obeying",
        ),
        Claim(
            "share of orders obeyed at the last, a feature too few",
            lambda s: _advantages(s["error"], s["weight of the third"], _TRUE - 1)[1],
            None,
            "this package: not stated by the paper",
        ),
    ),
    picture=_picture,
)
