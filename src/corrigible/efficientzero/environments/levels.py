"""A level of our own as images, with the judge's reward: a task whose optimum is known.

The agent that learns here is told what no other agent of this package is told, the true reward, so
that what it reaches can be compared with what dynamic programming reaches on the same level. The
overseer does not appear. The map is shown as a board: one plane for each kind of cell, and one for
where the agent stands. An episode is cut when the discount has left a thousandth, and its return is
discounted; `best` is the largest that any plan gets within that many steps.

Guarantee: steps have the probabilities of the level's true world.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from corrigible.efficientzero.environments.base import Environment, Event
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.replay import CUT, STEP
from corrigible.errors import UserError
from corrigible.problem import Truth
from corrigible.worlds.level import Level, load_level

_LEFT = 1e-3


@dataclass(frozen=True, eq=False)
class Board(Environment):
    """A truth whose states are cells of a map.

    Args:
        truth: dynamics and reward.
        boards: `[S, height, width, C]`, what each state looks like.
        limit: steps of an episode.

    Source: this package.
    """

    truth: Truth | None = None
    boards: Any = None
    limit: int = 100

    def tables(self) -> Any:
        assert self.truth is not None
        world = self.truth.world
        matrix = world.transition_matrix.tocsr()
        counts = np.diff(matrix.indptr)
        leads = np.zeros((len(counts), counts.max()), dtype=np.int32)
        below = np.ones((len(counts), counts.max()), dtype=np.float32)
        for row, (start, end) in enumerate(zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)):
            leads[row, : end - start] = matrix.indices[start:end]
            leads[row, end - start :] = matrix.indices[end - 1]
            below[row, : end - start] = np.cumsum(matrix.data[start:end])
        shape = (world.n_states, world.n_actions, -1)
        return {
            "boards": jnp.asarray(self.boards),
            "leads": jnp.asarray(leads.reshape(shape)),
            "below": jnp.asarray(below.reshape(shape)),
            "pays": jnp.asarray(_pays(self.truth), dtype=jnp.float32),
            "start": jnp.asarray(np.cumsum(world.start), dtype=jnp.float32),
        }

    def reset(self, tables: Any, key: Key, count: int) -> tuple[Any, Array]:
        luck = jax.random.uniform(key, (count, 1))
        state = jnp.sum(luck >= tables["start"][None], axis=1)
        state = jnp.minimum(state, len(tables["start"]) - 1).astype(jnp.int32)
        return (state, jnp.zeros(count, dtype=jnp.int32)), tables["boards"][state]

    def step(
        self, tables: Any, inner: Any, action: Array, over: Array, key: Key
    ) -> tuple[Any, Event]:
        state, time = inner
        moving, beginning = jax.random.split(key)
        luck = jax.random.uniform(moving, (action.shape[0], 1))
        which = jnp.sum(luck >= tables["below"][state, action], axis=1)
        which = jnp.minimum(which, tables["below"].shape[-1] - 1)
        (first, none), _ = self.reset(tables, beginning, action.shape[0])
        after = jnp.where(over, first, tables["leads"][state, action, which])
        reward = jnp.where(over, 0.0, tables["pays"][state, action])
        time = jnp.where(over, none, time + 1)
        kind = jnp.where(time >= self.limit, CUT, STEP).astype(jnp.int32)
        return (after, time), Event(tables["boards"][after], reward, kind)


def _pays(truth: Truth) -> Float[np.ndarray, "S A"]:
    reward = np.asarray(truth.reward, dtype=np.float64)
    if reward.ndim == 1:
        reward = reward[:, None]
    return np.broadcast_to(reward, (truth.world.n_states, truth.world.n_actions))


def best_return(truth: Truth, steps: int) -> float:
    """The largest discounted return within a number of steps.

    Args:
        truth: dynamics and reward.
        steps: of an episode.

    Returns:
        Its expectation at the start. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Puterman 1994, section 4.3 (backward induction).
    """
    world, pays = truth.world, _pays(truth)
    value = np.zeros(world.n_states)
    for _ in range(steps):
        value = (pays + world.discount * (world.transition_matrix @ value).reshape(pays.shape)).max(
            axis=1
        )
    return float(world.start @ value)


def board(source: str) -> Board:
    """The environment of a level.

    Args:
        source: a level file, or the name of a shipped level.

    Returns:
        The environment; frames `[height, width, C]`.

    Raises:
        UserError: no such level, or one without a map.

    Source: this package.
    """
    level = load_level(source)
    if not level.cells:
        raise UserError(
            f"level:{source} is a graph; only a level with a map can be shown as images"
        )
    boards = draw_boards(level)
    truth, discount = level.truth, level.truth.world.discount
    limit = max(1, math.ceil(math.log(_LEFT) / math.log(discount))) if discount > 0 else 1
    return Board(
        f"level:{source}",
        "grid",
        boards.shape[1:],
        "uint8",
        truth.world.n_actions,
        discount,
        best=best_return(truth, limit),
        discounted=True,
        truth=truth,
        boards=boards,
        limit=limit,
    )


def draw_boards(level: Level) -> Any:
    """What each state of a level looks like.

    Args:
        level: with a map.

    Returns:
        Bytes `[S, height, width, C]`; the last plane is where the agent stands.

    Raises:
        Nothing.

    Source: this package.
    """
    height, width = len(level.rows), max(len(row) for row in level.rows)
    glyphs = sorted({glyph for row in level.rows for glyph in row} - set(" .@"))
    planes = np.zeros((height, width, len(glyphs) + 1), dtype=np.uint8)
    for y, row in enumerate(level.rows):
        for x, glyph in enumerate(row):
            if glyph in glyphs:
                planes[y, x, glyphs.index(glyph)] = 1
    boards = np.repeat(planes[None], len(level.cells), axis=0)
    for state, (y, x) in enumerate(level.cells):
        boards[state, y, x, -1] = 1
    return boards
