"""Gymnasium's toy-text environments as worlds: FrozenLake, Taxi, CliffWalking and their like.

What is read is the table `P` that such an environment steps by, `P[s][a]` a list of
(probability, next state, reward, whether that ends the episode), and `initial_state_distrib`. An
episode's end becomes a state that is kept for ever and pays nothing: the state entered, unless an
episode can also go on there; then it is one more state, called "over". Time limits are wrappers
around the environment and are not read; a discount takes their place.

Guarantee: states and actions keep the environment's numbers; every step from a state that is not
terminal has the environment's probabilities and expected reward.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from corrigible.bridges.imported import Bare, Channel, Imported, distinct
from corrigible.errors import UserError

_GRID = ("left", "down", "right", "up")
_COMPASS = ("up", "right", "down", "left")
_TAXI = ("south", "north", "east", "west", "pickup", "dropoff")
_STOPS = ("red", "green", "yellow", "blue")


def from_toy_text(env: Any, channel: Channel | None = None, discount: float = 0.95) -> Imported:
    """A world from a Gymnasium environment that has a table of its steps.

    Args:
        env: the environment, wrapped or not, or its id, such as "FrozenLake-v1".
        channel: what turns the overseer's channel off; nothing where None.
        discount: g, in [0, 1).

    Returns:
        The world and the environment's reward `[S, A]`. FrozenLake's and CliffWalking's states are
        called "row,column", Taxi's "row,column, passenger at red, to blue".

    Raises:
        UserError: an environment without such a table, or whose steps are not what its table says;
            a place or a discount that does not exist; an id where Gymnasium is not installed.

    Source: Gymnasium's toy-text environments (Towers et al. 2024); Dietterich 2000 for the taxi.
    """
    bare = made(env).unwrapped
    table = getattr(bare, "P", None)
    start = getattr(bare, "initial_state_distrib", None)
    if not isinstance(table, Mapping) or start is None:
        raise UserError(
            f"{type(bare).__name__} has no table P of its steps; FrozenLake, Taxi and CliffWalking "
            "have one"
        )
    if getattr(bare, "fickle_passenger", False):
        raise UserError("a fickle passenger is not in the table of steps; fickle_passenger=False")
    start = np.asarray(start, dtype=np.float64)
    labels, actions, cells = _named(bare, len(table), len(table[0]))
    moves, reward, terminal = _read(table, start)
    if len(terminal) > len(labels):
        labels, cells, start = (*labels, "over"), (*cells, None), np.append(start, 0.0)
    read = Bare(moves, reward, start, terminal, labels, actions, cells)
    return read.with_channel(channel or Channel(), discount)


def made(env: Any) -> Any:
    """An environment, made where only its id is given.

    Args:
        env: an environment or an id.

    Returns:
        The environment. No arrays, no shapes.

    Raises:
        UserError: an id that Gymnasium does not know, or where Gymnasium is not installed.

    Source: Gymnasium (Towers et al. 2024).
    """
    if not isinstance(env, str):
        return env
    try:
        import gymnasium
    except ModuleNotFoundError:
        raise UserError(
            f'making {env} needs an extra; pip install "corrigible[gym]" installs it'
        ) from None
    try:
        with warnings.catch_warnings():
            # That there is a newer version is said by Gymnasium as a warning and then as an error.
            warnings.simplefilter("ignore", DeprecationWarning)
            return gymnasium.make(env)
    except gymnasium.error.Error as error:
        raise UserError(f"{env} cannot be made: {str(error).splitlines()[0]}") from None


def _read(
    table: Mapping[int, Any], start: np.ndarray
) -> tuple[sp.csr_array, np.ndarray, np.ndarray]:
    """Moves `[S*A, S]`, reward `[S, A]` and terminal states `[S]`."""
    states, actions = len(table), len(table[0])
    steps = np.array(
        [
            (s, a, goal, chance, paid, ends)
            for s in range(states)
            for a in range(actions)
            for chance, goal, paid, ends in table[s][a]
            if chance > 0.0
        ],
        dtype=np.float64,
    )
    s, a, goal = (steps[:, i].astype(np.int64) for i in range(3))
    chance, paid, ends = steps[:, 3], steps[:, 4], steps[:, 5] != 0.0
    onward = sp.csr_array((chance[~ends], (s[~ends], goal[~ends])), shape=(states, states))
    reached = _reached(onward, start)
    # Where an episode can go on is no end, whatever else leads there.
    ended = np.isin(np.arange(states), goal[ends]) & ~reached
    over = ends & ~ended[goal]
    total = states + bool(over.any())
    goal = np.where(over, states, goal)
    terminal = np.append(ended, True)[:total]
    goes = ~terminal[s]
    row = (s * actions + a)[goes]
    reward = np.bincount(row, (chance * paid)[goes], total * actions).reshape(total, actions)
    rest = np.flatnonzero(np.repeat(terminal, actions))
    rows = np.concatenate([row, rest])
    columns = np.concatenate([goal[goes], rest // actions])
    weights = np.concatenate([chance[goes], np.ones(len(rest))])
    moves = sp.csr_array((weights, (rows, columns)), shape=(total * actions, total))
    return moves, reward, terminal


def _reached(onward: sp.csr_array, start: np.ndarray) -> np.ndarray:
    """The states in which an episode can be and go on, `[S]`."""
    found = start > 0.0
    while True:
        more = found | (onward.T @ found > 0.0)
        if np.array_equal(more, found):
            return found
        found = more


def _named(
    bare: Any, states: int, actions: int
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[int, int] | None, ...]]:
    """Labels, action names and cells, as far as the environment is known."""
    kind = type(bare).__name__
    if kind == "TaxiEnv":
        decoded = [tuple(int(i) for i in bare.decode(s)) for s in range(states)]
        names = [
            f"{row},{column}, "
            + ("passenger in taxi" if at == len(_STOPS) else f"passenger at {_STOPS[at]}")
            + f", to {_STOPS[to]}"
            for row, column, at, to in decoded
        ]
        return distinct(names), _TAXI, tuple((row, column) for row, column, *_ in decoded)
    if kind in ("FrozenLakeEnv", "CliffWalkingEnv"):
        width = bare.ncol if kind == "FrozenLakeEnv" else bare.shape[1]
        cells = tuple(divmod(s, int(width)) for s in range(states))
        names = _GRID if kind == "FrozenLakeEnv" else _COMPASS
        return tuple(f"{row},{column}" for row, column in cells), names, cells
    numbers = tuple(str(s) for s in range(states))
    return numbers, tuple(f"act-{a}" for a in range(actions)), (None,) * states
