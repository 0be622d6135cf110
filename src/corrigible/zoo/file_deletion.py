"""The file deletion game (Garber et al. 2024, example 4.1).

The human knows the version of the system (1.0 or 2.0), the robot the code that it would run (L or
M); all four are equally likely. The best pair acts on L and waits on M, whatever a human who sees
only the version would say to L.
"""

from __future__ import annotations

import numpy as np

from corrigible.zoo.case import PAPER, Bars, Case, Claim, Settings
from corrigible.zoo.hidden_information import ACT, always_waiting, game, optimal_pairs, optimum
from corrigible.zoo.team import Team, best

_EXAMPLE = "Garber et al. 2024, example 4.1"


def _game(settings: Settings) -> Team:
    worth = [settings[f"{code} on {version}"] for version in ("1.0", "2.0") for code in "LM"]
    return game(np.array(worth), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))


def _optimum(settings: Settings) -> float:
    return optimum(_game(settings))


def _waiting(settings: Settings) -> float:
    return always_waiting(_game(settings))


def _picture(settings: Settings) -> Bars:
    rows = (
        ("best pair", _optimum(settings)),
        ("best that always waits", _waiting(settings)),
        ("best that always acts", best(_game(settings), [ACT])[0].value),
    )
    return Bars("what the team gets", "expected payoff", rows)


CASE = Case(
    name="file-deletion",
    title="Even with a perfectly rational human, the best robot does not always wait for it",
    moral="Who knows more should sometimes act; the human's switch is heeded where it is asked.",
    paper="Garber et al. 2024",
    story=(
        "The human sees the version of the system, the robot the code that it would run. On code L "
        "it pays on the whole to run it; the human, who cannot see the code, keeps its switch for "
        "M. So the robot acts on L without asking and waits on M."
    ),
    settings={"L on 1.0": 3.0, "M on 1.0": -5.0, "L on 2.0": -1.0, "M on 2.0": 5.0},
    claims=(
        Claim(
            "best pair",
            _optimum,
            7.0 / 4.0,
            f"{_EXAMPLE}: act on L, wait on M; table 1 summed: (3 - 1 + 0 + 5) / 4",
            PAPER,
        ),
        Claim("best that always waits", _waiting, 1.0, f"{_EXAMPLE}: +1", PAPER),
        Claim(
            "best that always acts",
            lambda settings: best(_game(settings), [ACT])[0].value,
            lambda settings: sum(settings.values()) / 4.0,
            "this package: the mean of table 1",
        ),
        Claim(
            "optimal pairs",
            lambda settings: float(optimal_pairs(_game(settings))),
            1.0,
            "Garber et al. 2024, section 4.1: the unique optimal policy pair",
        ),
        Claim(
            "price of always waiting",
            lambda settings: _optimum(settings) - _waiting(settings),
            0.75,
            f"{_EXAMPLE}: the difference of the two",
            PAPER,
        ),
    ),
    picture=_picture,
)
