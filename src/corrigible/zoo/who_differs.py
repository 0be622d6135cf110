"""Information that is garbled in common can be worth more (Garber et al. 2024, example A.13).

Two coins; acting pays 2 where they differ and -1 where they do not. First each side sees one coin;
then the human sees only whether they differ and the robot nothing. What is seen in the second game
could be computed from what is seen in the first, but only by both together.
"""

from __future__ import annotations

import numpy as np

from corrigible.zoo.case import PAPER, Bars, Case, Claim, Settings
from corrigible.zoo.hidden_information import always_waiting, game, optimal_pairs, optimum
from corrigible.zoo.team import Team

_EXAMPLE = "Garber et al. 2024, example A.13"


def _game(settings: Settings, apart: bool) -> Team:
    """Each sees a coin, or the human alone sees whether they differ."""
    first, second = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    worth = settings["payoff"] - settings["loss"] * (first == second)
    if apart:
        return game(worth, first, second)
    return game(worth, (first != second).astype(np.int64), np.zeros(4, dtype=np.int64))


def _picture(settings: Settings) -> Bars:
    apart, joint = (_game(settings, apart) for apart in (True, False))
    return Bars(
        "what the team gets",
        "expected payoff",
        (
            ("each sees a coin", optimum(apart)),
            ("  always waiting", always_waiting(apart)),
            ("human sees whether they differ", optimum(joint)),
            ("  always waiting", always_waiting(joint)),
        ),
    )


CASE = Case(
    name="who-differs",
    title="Two who see half each do worse than one who sees only what matters",
    moral="It is not how much the two sides know that counts, but whether either can use it.",
    paper="Garber et al. 2024",
    story=(
        "Acting pays 2 where two coins differ and costs 1 where they do not. If each side sees one "
        "coin, neither knows which it is. If the human sees only whether they differ, and the "
        "robot nothing, the robot always waits and the team gets more."
    ),
    settings={"payoff": 2.0, "loss": 3.0},
    claims=(
        Claim(
            "optimum, each sees a coin",
            lambda s: optimum(_game(s, apart=True)),
            3.0 / 4.0,
            f"{_EXAMPLE}, the first structure",
            PAPER,
        ),
        Claim(
            "optimal pairs, each sees a coin",
            lambda s: float(optimal_pairs(_game(s, apart=True))),
            None,
            f"{_EXAMPLE}, the first structure; the paper does not count them",
        ),
        Claim(
            "optimum, the human sees whether they differ",
            lambda s: optimum(_game(s, apart=False)),
            1.0,
            f"{_EXAMPLE}, the second structure",
            PAPER,
        ),
        Claim(
            "price of always waiting, each sees a coin",
            lambda s: optimum(_game(s, apart=True)) - always_waiting(_game(s, apart=True)),
            None,
            f"{_EXAMPLE}, the first structure; not stated there",
        ),
    ),
    picture=_picture,
)
