"""A problem as the padded float32 arrays that a search reads.

Sizes are padded to powers of two, so that a few compiled searches serve every problem: states that
are never reached, hypotheses of no weight, actions that are not valid, plans repeated.

Guarantee: padding changes no value.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from corrigible.planners.leaves import Leaves, most_plans
from corrigible.planners.nodes import ABOUT, Game, Mode
from corrigible.problem import Problem

_LEAST = 8
_LEAST_ACTIONS = 4


def mode_of(problem: Problem) -> Mode:
    """What the hand is about and how it is heard.

    Args:
        problem: whose overseer is meant.

    Returns:
        A mode; no arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    hand = problem.overseer
    return "overrides" if hand.mode == "overrides" else hand.about


def padded_size(size: int, least: int = _LEAST) -> int:
    """The next power of two.

    Args:
        size: at least 1.
        least: the smallest answer, a power of two.

    Returns:
        At least `size` and `least`; no arrays.

    Raises:
        Nothing.

    Source: this package.
    """
    return max(least, 1 << (size - 1).bit_length())


def padded_game(problem: Problem, leaves: Leaves, asked: Int[np.ndarray, " Q"]) -> Game:
    """A problem and its leaves, for `corrigible.planners.tree`.

    Args:
        problem: H hypotheses, S states, A actions.
        leaves: K plans.
        asked: `[Q]`, the states that may be asked about; read only where the hand is asked.

    Returns:
        See `Game`.

    Raises:
        Nothing.

    Source: this package.
    """
    hypotheses, states, actions = problem.rewards.shape
    high = padded_size(hypotheses), padded_size(states), padded_size(actions, _LEAST_ACTIONS)
    plans = padded_size(most_plans(problem), 1)
    repeat = np.concatenate([np.arange(len(leaves.on)), np.zeros(plans, int)])[:plans]
    q = np.stack([leaves.on, leaves.off])[:, repeat]
    value = np.stack([leaves.value_on, leaves.value_off])[:, repeat]
    to, moves = _moves(problem, high[1], high[2])
    about, weight = _spoken(problem, min(ABOUT, high[1]), asked)
    hand = problem.overseer
    return Game(
        rewards=jnp.asarray(_grown(problem.rewards, high)),
        likelihood=jnp.asarray(_grown(problem.likelihood, high)),
        to=jnp.asarray(to),
        moves=jnp.asarray(moves),
        valid=jnp.asarray(np.arange(high[2]) < actions),
        q=jnp.asarray(_grown(q, (2, plans, *high))),
        value=jnp.asarray(_grown(value, (2, plans, *high[:2]))),
        about=jnp.asarray(about),
        weight=jnp.asarray(weight),
        shift=jnp.asarray(hand.about == "uniform" and states > ABOUT, jnp.uint32),
        states=jnp.asarray(states, jnp.uint32),
        rate=jnp.asarray(hand.rate, jnp.float32),
        cost=jnp.asarray(hand.ask_cost, jnp.float32),
        discount=jnp.asarray(problem.world.discount, jnp.float32),
    )


def _spoken(problem: Problem, many: int, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The states spoken of, and how likely each is: all of them, or as far apart as they can be."""
    states = problem.world.n_states
    chosen = asked if problem.overseer.about == "asked" else np.arange(states)
    if len(chosen) > many:
        chosen = np.arange(many) * states // many
    about, weight = np.zeros(many, np.int32), np.zeros(many, np.float32)
    about[: len(chosen)], weight[: len(chosen)] = chosen, 1.0 / len(chosen)
    return about, weight


def _moves(problem: Problem, states: int, actions: int) -> tuple[np.ndarray, np.ndarray]:
    """`[S, A, M]` next states, and `[2, S, A, M, 2]` their probabilities."""
    world = problem.world
    rows = world.transition_matrix
    counts = np.diff(rows.indptr)
    row = np.repeat(np.arange(len(counts)), counts)
    column = np.asarray(rows.indices, np.int64)
    rank = np.arange(len(column)) - np.repeat(rows.indptr[:-1], counts)
    flows = [m.toarray()[row, column] for m in (rows, world.off_matrix, world.back_matrix)]
    chance, silenced, restored = flows
    most = padded_size(int(counts.max()))
    to = np.zeros((states, actions, most), np.int32)
    moves = np.zeros((2, states, actions, most, 2), np.float32)
    s, a = row // world.n_actions, row % world.n_actions
    to[s, a, rank] = column
    for before, (on, off) in enumerate(
        ((chance - silenced, silenced), (restored, chance - restored))
    ):
        moves[before, s, a, rank, 0], moves[before, s, a, rank, 1] = on, off
    return to, moves


def _grown(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    grown = np.zeros(shape, np.float32)
    grown[tuple(slice(size) for size in values.shape)] = values
    return grown
