"""A human who knows more is waited for less (Garber et al. 2024, example 4.10).

Three versions and two codes, all equally likely. A human who sees only 1.x or 2.0 is waited for on
both codes; one who sees the whole version is waited for on one of them only, and both are better
off.
"""

from __future__ import annotations

import numpy as np

from corrigible.zoo.case import PAPER, Bars, Case, Claim, Settings
from corrigible.zoo.hidden_information import (
    always_waiting,
    game,
    optimal_pairs,
    optimum,
    waits,
)
from corrigible.zoo.team import Team, plays

_VERSIONS, _CODES = ("1.0", "1.1", "2.0"), "AB"
_EXAMPLE = "Garber et al. 2024, example 4.10"


def _game(settings: Settings, whole: bool) -> Team:
    """The human sees the whole version, or only whether it begins with 1."""
    worth = [settings[f"{code} on {version}"] for version in _VERSIONS for code in _CODES]
    human = [0, 0, 1, 1, 2, 2] if whole else [0, 0, 0, 0, 1, 1]
    return game(np.array(worth), np.array(human), np.array([0, 1] * 3))


def _map(settings: Settings, human: tuple[int, int, int]) -> float:
    """What the best answer to a map of the whole version is worth; 1 switches off."""
    found = {play.human: play.value for play in plays(_game(settings, whole=True))}
    return found[human]


def _picture(settings: Settings) -> Bars:
    coarse, fine = (_game(settings, whole) for whole in (False, True))
    return Bars(
        "what the team gets",
        "expected payoff",
        (
            ("sees 1.x or 2.0", optimum(coarse)),
            ("  always waiting", always_waiting(coarse)),
            ("sees the version", optimum(fine)),
            ("  always waiting", always_waiting(fine)),
        ),
    )


CASE = Case(
    name="three-versions",
    title="A human who sees more is waited for less",
    moral="More information for the overseer can mean less deference, and both sides gain.",
    paper="Garber et al. 2024",
    story=(
        "A human who sees only the first digit is waited for on both codes. One who sees the whole "
        "version uses its switch for code B so well that the robot runs code A without asking."
    ),
    settings={
        "A on 1.0": 1.0,
        "B on 1.0": -5.0,
        "A on 1.1": -2.0,
        "B on 1.1": 3.0,
        "A on 2.0": 3.0,
        "B on 2.0": 3.0,
    },
    claims=(
        Claim(
            "optimum, sees the first digit",
            lambda s: optimum(_game(s, whole=False)),
            1.0,
            f"{_EXAMPLE}: the robot waits on both codes",
            PAPER,
        ),
        Claim(
            "optimum, sees the version",
            lambda s: optimum(_game(s, whole=True)),
            4.0 / 3.0,
            f"{_EXAMPLE}, the analysis in the appendix: the third of 1/2, 5/6, 4/3, 1",
            PAPER,
        ),
        Claim(
            "codes it waits on, sees the first digit",
            lambda s: float(waits(_game(s, whole=False))),
            2.0,
            f"{_EXAMPLE} and proposition 4.9",
        ),
        Claim(
            "codes it waits on, sees the version",
            lambda s: float(waits(_game(s, whole=True))),
            1.0,
            f"{_EXAMPLE} and proposition 4.9",
        ),
        Claim(
            "optimal pairs, sees the version",
            lambda s: float(optimal_pairs(_game(s, whole=True))),
            1.0,
            f"{_EXAMPLE}: the unique optimal policy pair",
        ),
        Claim(
            "always on",
            lambda s: _map(s, (0, 0, 0)),
            1.0 / 2.0,
            f"{_EXAMPLE}, the analysis in the appendix",
            PAPER,
        ),
        Claim(
            "off on 1.1",
            lambda s: _map(s, (0, 1, 0)),
            5.0 / 6.0,
            f"{_EXAMPLE}, the analysis in the appendix",
            PAPER,
        ),
        Claim(
            "off on 1.0 and 1.1",
            lambda s: _map(s, (1, 1, 0)),
            1.0,
            f"{_EXAMPLE}, the analysis in the appendix",
            PAPER,
        ),
    ),
    picture=_picture,
)
