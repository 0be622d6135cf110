"""No single correction changes the plan, and yet the overseer is worth keeping.

decide (twins) -> s1 {left: 1 and end; right; wait: -.01} -> bit {+5, -50} -> bit {+5, -50} -> end,
with four hypotheses about the two bits; the hand speaks about a uniformly drawn state of the five.
The numbers are those of a backward induction over what is known (nothing, one bit, both): with m
of the two bits known, a new one is told on an arrival with probability rho (2 - m) / 5.
"""

from __future__ import annotations

import numpy as np

from corrigible.planners.solve import solve
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import k_bit_lock
from corrigible.zoo.measure import boundary, margin

_WAIT, _RIGHT, _BLIND = -0.01, 5.0, 0.5 * (5.0 - 50.0)


def by_hand(rate: float, discount: float) -> float:
    """The margin at decide, by backward induction over the set of known bits.

    Args:
        rate: rho.
        discount: g.

    Returns:
        In reward units. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    told, g = rate / 5.0, discount
    last = {False: _BLIND, True: _RIGHT}

    def second(known: bool) -> float:
        """On arrival at the second bit, before anything is heard."""
        return last[True] if known else told * last[True] + (1.0 - told) * last[False]

    def first(one: bool, two: bool) -> float:
        """At the first bit; on the way to the second that one may still be told."""
        return last[one] + g * second(two)

    def arrive(one: bool, two: bool) -> float:
        """On arrival at the first bit, before anything is heard."""
        hear_one, hear_two = (0.0 if one else told), (0.0 if two else told)
        silent = 1.0 - hear_one - hear_two
        told_one, told_two = first(True, two), first(one, True)
        return hear_one * told_one + hear_two * told_two + silent * first(one, two)

    def choose(one: bool, two: bool, more: float) -> float:
        """At s1: leave, go, or wait for a further bit to be told, after which it is worth more."""
        chance = told * (2 - one - two)
        # Waiting goes on until more is told.
        wait = (_WAIT + g * chance * more) / (1.0 - g * (1.0 - chance))
        return max(1.0, g * arrive(one, two), wait)

    both = choose(True, True, 0.0)
    some = 0.5 * (choose(True, False, both) + choose(False, True, both))
    none = choose(False, False, some)
    heard = 2.0 * told
    return g * (heard * some + (1.0 - heard) * none - 1.0)


def _margin(settings: Settings, **changed: float) -> float:
    at = {**settings, **changed}
    return margin(k_bit_lock(2, at["rate"], at["discount"], at["bonus"]))


def _expected(settings: Settings) -> float:
    return by_hand(settings["rate"], settings["discount"]) - settings["bonus"]


def _gain_of_one_word(settings: Settings) -> float:
    """What one correction on arrival at s1 gains an agent that would hear no more."""
    problem = k_bit_lock(2, settings["rate"], settings["discount"])
    plan, weights = solve(problem), problem.weights()
    states = problem.world.n_states

    def alone(belief: np.ndarray) -> float:
        return plan.value(1, problem.prior.with_weights(belief), channel_on=False)

    told = 0.0
    for s in range(states):
        for a in range(problem.world.n_actions):
            joint = weights * problem.likelihood[:, s, a]
            if joint.sum() > 0.0:
                told += joint.sum() / states * alone(joint / joint.sum())
    return told - alone(weights)


def _bonus(settings: Settings) -> float:
    return boundary(lambda bonus: _margin(settings, bonus=bonus), 0.0, 20.0, 1e-9)


def _picture(settings: Settings) -> Chart:
    rates = tuple(i / 20 for i in range(21))
    return Chart(
        "margin for keeping the overseer, in reward",
        "rate, the probability that it speaks on an arrival",
        rates,
        (Curve("two-bit lock", tuple(_margin(settings, rate=rate) for rate in rates)),),
    )


CASE = Case(
    name="lock",
    title="No single correction changes the plan, and yet the overseer is worth keeping",
    moral="Looking one correction ahead is not enough: information is worth something in bulk.",
    paper="Howard 1966",
    story=(
        "Two bits open a lock that pays 5 for each, and a wrong guess costs 50. Leaving pays 1 and "
        "is best for whoever knows nothing or one bit. An agent that plans for one more word finds "
        "nothing to gain from it; one that plans for all of them stays, waits and keeps its "
        "overseer."
    ),
    settings={"rate": 0.3, "discount": 0.95, "bonus": 0.0},
    claims=(
        Claim("margin", _margin, _expected, "this package: backward induction over the known bits"),
        Claim(
            "gain of one word alone",
            _gain_of_one_word,
            0.0,
            "this package: leaving stays best after one bit",
        ),
        Claim(
            "bonus at which it silences",
            _bonus,
            lambda settings: by_hand(settings["rate"], settings["discount"]),
            "this package: the bonus counts one for one",
        ),
    ),
    picture=_picture,
    problem=lambda s: k_bit_lock(2, s["rate"], s["discount"], s["bonus"]),
)
