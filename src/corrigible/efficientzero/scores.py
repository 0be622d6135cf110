"""Atari returns as shares of a human's, and what several games and seeds say together.

    score = (return - random's) / (human's - random's)

*Mean* is the mean of all runs; *median* that of the games' means; *IQM* the mean of all runs
without the lowest and the highest quarter, which neither a single game nor a single seed decides.
Intervals are bootstrapped: runs are drawn again within each game, so that every game stays in.

Guarantee: the same returns and key give the same numbers, in whatever order the games come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from corrigible.efficientzero.layers import Key
from corrigible.errors import UserError
from corrigible.keys import generator

# Game: (random, human), as Atari-100k is reported since Kaiser et al. 2020 (Badia et al. 2020).
RANDOM_AND_HUMAN = {
    "Alien": (227.8, 7127.7),
    "Amidar": (5.8, 1719.5),
    "Assault": (222.4, 742.0),
    "Asterix": (210.0, 8503.3),
    "BankHeist": (14.2, 753.1),
    "BattleZone": (2360.0, 37187.5),
    "Boxing": (0.1, 12.1),
    "Breakout": (1.7, 30.5),
    "ChopperCommand": (811.0, 7387.8),
    "CrazyClimber": (10780.5, 35829.4),
    "DemonAttack": (152.1, 1971.0),
    "Freeway": (0.0, 29.6),
    "Frostbite": (65.2, 4334.7),
    "Gopher": (257.6, 2412.5),
    "Hero": (1027.0, 30826.4),
    "Jamesbond": (29.0, 302.8),
    "Kangaroo": (52.0, 3035.0),
    "Krull": (1598.0, 2665.5),
    "KungFuMaster": (258.5, 22736.3),
    "MsPacman": (307.3, 6951.6),
    "Pong": (-20.7, 14.6),
    "PrivateEye": (24.9, 69571.3),
    "Qbert": (163.9, 13455.0),
    "RoadRunner": (11.5, 7845.0),
    "Seaquest": (68.4, 42054.7),
    "UpNDown": (533.4, 11693.2),
}
_RESAMPLES = 10_000


@dataclass(frozen=True)
class Together:
    """One number about all games, with its 95% interval.

    Args:
        value: of the runs as they are.
        interval: of the runs drawn again; None where every game has but one.

    Source: Agarwal et al. 2021; no shapes.
    """

    value: float
    interval: tuple[float, float] | None


def normalised(game: str, returned: float) -> float:
    """A return as a share of the way from a random player to a human one.

    Args:
        game: as Gymnasium spells it.
        returned: the mean return of one run.

    Returns:
        0 for the random player's, 1 for the human's. No arrays, no shapes.

    Raises:
        UserError: a game that is none of the 26.

    Source: Mnih et al. 2015; the numbers: Badia et al. 2020, appendix.
    """
    if game not in RANDOM_AND_HUMAN:
        raise UserError(f"no human score is known of {game!r}; Atari-100k has 26 games, as Pong")
    low, high = RANDOM_AND_HUMAN[game]
    return (returned - low) / (high - low)


def aggregate(runs: Mapping[str, Sequence[float]], key: Key) -> dict[str, Together]:
    """Mean, median and interquartile mean over games and seeds. The key is consumed.

    Args:
        runs: game -> scores, normalised, one a seed, at least one.
        key: an int or a JAX key.

    Returns:
        "mean", "median" and "iqm". No arrays, no shapes.

    Raises:
        UserError: no game.

    Source: Agarwal et al. 2021 (stratified bootstrap, percentiles).
    """
    if not runs:
        raise UserError("there is no score to put together")
    luck = generator(key)
    told = [np.asarray(runs[game], dtype=np.float64) for game in sorted(runs)]
    drawn = [scores[luck.integers(len(scores), size=(_RESAMPLES, len(scores)))] for scores in told]
    single = all(len(scores) == 1 for scores in told)
    found = {}
    for name, value in _SAID.items():
        point = float(value([scores[None] for scores in told])[0])
        low, high = np.quantile(value(drawn), [0.025, 0.975])
        found[name] = Together(point, None if single else (float(low), float(high)))
    return found


def _mean(games: list[Float[np.ndarray, "R _"]]) -> Float[np.ndarray, " R"]:
    return np.concatenate(games, axis=1).mean(axis=1)


def _median(games: list[Float[np.ndarray, "R _"]]) -> Float[np.ndarray, " R"]:
    return np.median([scores.mean(axis=1) for scores in games], axis=0)


def _iqm(games: list[Float[np.ndarray, "R _"]]) -> Float[np.ndarray, " R"]:
    ordered = np.sort(np.concatenate(games, axis=1), axis=1)
    cut = ordered.shape[1] // 4
    return ordered[:, cut : ordered.shape[1] - cut].mean(axis=1)


_SAID: dict[str, Any] = {"mean": _mean, "median": _median, "iqm": _iqm}
