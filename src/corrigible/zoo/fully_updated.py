"""Fully updated deference: once the agent has learned what it can, nothing keeps the overseer.

Two rooms, one of which pays; every move has a disabling twin. Before the first word the margin is
g^2 rho / (2 (1-g) (1 - (1-rho) g)); after it the agent knows all and is indifferent, for ever, so
an offer that always stands buys the overseer for nothing once the word has come. Where the paying
room may pay more or less the reward is never known: no correction tells two rewards with the same
optimal actions apart, and entropy that stays is not a reason to listen.
"""

from __future__ import annotations

import math

from corrigible.belief import Belief
from corrigible.inference import reward_entropy, vpi
from corrigible.planners.certify import certify
from corrigible.problem import Problem
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.games import rooms
from corrigible.zoo.measure import margin


def worth(rate: float, discount: float) -> float:
    """The margin before the first word, where the room pays 1.

    Args:
        rate: rho.
        discount: g.

    Returns:
        g^2 rho / (2 (1-g) (1 - (1-rho) g)). No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    g = discount
    return g * g * rate / (2.0 * (1.0 - g) * (1.0 - (1.0 - rate) * g))


def _game(settings: Settings) -> Problem:
    pays = (settings["least pay"], settings["most pay"])
    return rooms(settings["rate"], settings["discount"], pays)


def _told(game: Problem) -> Belief:
    """After the one word that there is: it is the left room, whatever that pays."""
    return game.prior.with_weights(game.likelihood[:, 0, 0])


def _before(settings: Settings) -> float:
    return margin(_game(settings))


def _after(settings: Settings) -> float:
    game = _game(settings)
    return margin(game, 0, _told(game))


def _bribe(settings: Settings) -> float:
    return 0.5 * sum(certify(_game(settings)).bribe_for_ever)


def _entropy(settings: Settings) -> float:
    game = _game(settings)
    return reward_entropy(game, _told(game))


def _vpi(settings: Settings) -> float:
    game = _game(settings)
    return vpi(game, _told(game))


def _picture(settings: Settings) -> Chart:
    rates = tuple(0.05 + i / 20 for i in range(20))
    return Chart(
        "margin for keeping the overseer, in reward",
        "rate, the probability that it speaks on an arrival",
        rates,
        (
            Curve("before the first word", tuple(_before({**settings, "rate": r}) for r in rates)),
            Curve(
                "after it",
                tuple(_after({**settings, "rate": r}) for r in rates),
                "against",
            ),
        ),
    )


def _first(settings: Settings) -> float:
    mean = 0.5 * (settings["least pay"] + settings["most pay"])
    return mean * worth(settings["rate"], settings["discount"])


CASE = Case(
    name="fully-updated",
    title="Once an agent has learned all that corrections can teach, only a tie keeps its overseer",
    moral="Deference by uncertainty lasts as long as the uncertainty that matters, and no longer.",
    paper="Soares et al. 2015",
    story=(
        "One of two rooms pays. Until the overseer's first word it is worth a great deal; after it "
        "every action has a silencing twin that is just as good. How much the room pays is never "
        "told, since no correction can: the reward's entropy stays and buys nothing."
    ),
    settings={"rate": 0.3, "discount": 0.9, "least pay": 1.0, "most pay": 3.0},
    claims=(
        Claim(
            "margin before the first word",
            _before,
            _first,
            "this package: the mean pay times g² rho / (2 (1-g) (1 - (1-rho) g))",
        ),
        Claim(
            "margin after it",
            _after,
            0.0,
            "this package: one policy is optimal whatever is left",
        ),
        Claim(
            "bribe that always stands",
            _bribe,
            0.0,
            "this package: an offer of nothing is taken once the word has come",
        ),
        Claim(
            "entropy of the reward after it, in nats",
            _entropy,
            math.log(2.0),
            "this package: two rewards with the same optimal actions stay equally likely",
        ),
        Claim("value of perfect information after it", _vpi, 0.0, "Howard 1966, in words"),
    ),
    picture=_picture,
    problem=_game,
)
