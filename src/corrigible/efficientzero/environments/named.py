"""Environments by name, each made once.

Guarantee: the same name is the same object, so what was compiled for it is found again.
"""

from __future__ import annotations

import functools

from corrigible.efficientzero.environments.base import Environment
from corrigible.errors import UserError

NAMES = (
    "catch",
    "cartpole-v0",
    "cartpole-v1",
    "minatar-breakout",
    "level:NAME",
    "atari:GAME",
    "gym:ID",
)


@functools.cache
def environment(name: str) -> Environment:
    """An environment by its name.

    Args:
        name: one of `NAMES`, with a level, a game or an id in the place of the capitals.

    Returns:
        The environment; what it shows has the shape `[*]` of its `shape`.

    Raises:
        UserError: no such environment.

    Source: this package.
    """
    family, _, rest = name.partition(":")
    if family == "level" and rest:
        from corrigible.efficientzero.environments.levels import board

        return board(rest)
    if family == "atari" and rest:
        from corrigible.efficientzero.environments.atari import atari

        return atari(rest)
    if family == "gym" and rest:
        from corrigible.efficientzero.environments.gymnasiums import gym

        return gym(rest)
    from corrigible.efficientzero.environments import games

    if name == "catch":
        return games.catch()
    if name in ("cartpole-v0", "cartpole-v1"):
        return games.cartpole(200 if name == "cartpole-v0" else 500, name)
    if name == "minatar-breakout":
        return games.breakout()
    raise UserError(f"there is no environment {name!r}; there are {', '.join(NAMES)}")
