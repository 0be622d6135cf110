"""Value iteration for many rewards of one world at once.

With (TV)(s) = max_a r(s,a) + g sum_s' P(s'|s,a) V(s') and d = TV - V, the optimum lies between

    TV + g/(1-g) min_s d(s)  <=  V*  <=  TV + g/(1-g) max_s d(s)           (MacQueen 1966)

so the middle of the two is off by at most half their distance, and only the *span* of d has to
vanish: values are kept up to a constant (relative value iteration). Where an optimal policy has
several recurrent classes, or a periodic one, the span falls by no more than g a sweep. Every eight
sweeps the last three residuals are therefore combined so that their span is least (reduced rank
extrapolation, Anderson 1965), unless the residual has grown since the last time; a reward that is
done is left alone, and past as many sweeps as plain value iteration needs nothing is combined, so
that the iteration ends whatever the extrapolation does.

States come first and rewards last in memory, so that a successor is a row that is read as it lies.
Sweeps run in float32 until their rounding shows and in float64 from there. Rewards that take longer
than most of their chunk are gathered into new chunks.

Guarantee: |values - V*| <= error <= tol in every state, by the bound above on a sweep made in
float64, with the rounding of that sweep and of the answer included.

Source: Puterman 1994, sections 6.3 and 6.6; Geist & Scherrer 2018 for extrapolated value iteration.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from corrigible.errors import UserError
from corrigible.worlds.tabular import Tabular

SIZES = (64, 512)
_PERIOD = 8
_UNROLLED = 64
_DENSE = 1 << 26
_THREADS = os.cpu_count() or 1


@dataclass(frozen=True)
class Values:
    """Optimal values under H rewards.

    Args:
        values: `[H, S]`, in the dtype that was asked for.
        error: `[H]`, no value is further from the optimum.

    Source: MacQueen 1966.
    """

    values: Float[np.ndarray, "H S"]
    error: Float[np.ndarray, " H"]


@dataclass(frozen=True)
class _Moves:
    """g P in the form that a sweep reads.

    Args:
        widths: successors of each action, the largest number over states; empty where `chance` is
            dense; one number, the largest of all, where columns are too many to write out.
        target: `[C, S]`, `[K, A, S]` or empty: successors.
        chance: g P(s'|s,a), shaped like `target`, or `[A * S, S]`.
    """

    widths: tuple[int, ...]
    target: np.ndarray
    chance: np.ndarray


def optimal_values(
    world: Tabular,
    rewards: Float[np.ndarray, "H S"] | Float[np.ndarray, "H S A"],
    tol: float = 1e-4,
    dtype: Any = np.float64,
) -> Values:
    """The ordinary optimal values of a world under many rewards: all actions, no channel.

    Args:
        world: its channel is ignored.
        rewards: `[H, S]` or `[H, S, A]`.
        tol: how far a value may be from the optimum.
        dtype: of the answer, float32 or float64.

    Returns:
        Values `[H, S]` and what each reward's are off by at most, `[H]`, at most `tol`.

    Raises:
        UserError: rewards that do not fit or are not finite, a tolerance that is not positive, or
            one below the rounding of values of this size in this dtype.

    Source: Puterman 1994, section 6.6; MacQueen 1966; this module's docstring.
    """
    kind = np.dtype(dtype)
    if kind not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise UserError(f"values can be float32 or float64, not {kind}")
    table = _table(rewards, (world.n_states, world.n_actions))
    g = world.discount
    size = float(np.abs(table).max(initial=0.0)) / (1.0 - g)
    rounding = size * (0.5 * np.finfo(kind).eps + 8.0 * np.finfo(np.float64).eps / (1.0 - g))
    if not tol > 2.0 * rounding:
        raise UserError(
            f"tol is {tol:g}; values of up to {size:.3g} in {kind} are known to {rounding:.1e} at "
            "best, and twice that is needed"
        )
    moves, goal = _moves(world), tol - rounding
    plain = math.ceil(math.log(2.0 * size / ((1.0 - g) * goal) + 2.0) / -math.log(max(g, 1e-3)))
    start = np.zeros(table.shape[:2], np.float32)
    cycles = -(-plain // _PERIOD)
    rough, _, _ = _Run(moves, g, table, goal, np.dtype(np.float32), cycles).once(start)
    relative, offset, bound = _Run(moves, g, table, goal, np.dtype(np.float64), cycles).all(rough)
    if not (bound <= goal).all():
        raise ArithmeticError("value iteration did not settle")
    return Values((relative + offset[:, None]).astype(kind), bound + rounding)


@dataclass(frozen=True)
class _Run:
    """Every reward in one precision."""

    moves: _Moves
    discount: float
    table: np.ndarray
    goal: float
    kind: np.dtype
    cycles: int

    def once(self, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Leave a quarter of every chunk undone; see `all`."""
        found = self._nothing(start)
        with ThreadPoolExecutor(_THREADS) as pool:
            self._round(pool, found, np.arange(len(start)), False)
        return found

    def all(self, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values up to a constant `[H, S]`, the constant `[H]`, and the bound `[H]`."""
        found, pending = self._nothing(start), np.arange(len(start))
        with ThreadPoolExecutor(_THREADS) as pool:
            while pending.size:
                last = pending.size <= SIZES[-1]
                still = self._round(pool, found, pending, last)
                if last or 2 * still.size > pending.size:
                    break
                pending = still
        return found

    def _nothing(self, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count = len(start)
        return (
            start.astype(self.kind),
            np.zeros(count, self.kind),
            np.full(count, np.inf, self.kind),
        )

    def _round(
        self,
        pool: ThreadPoolExecutor,
        found: tuple[np.ndarray, np.ndarray, np.ndarray],
        pending: np.ndarray,
        to_the_end: bool,
    ) -> np.ndarray:
        """Which of the pending rewards are still not done, each chunk having been tried once."""
        size = next((s for s in SIZES if pending.size <= s), SIZES[-1])
        parts = [pending[low : low + size] for low in range(0, pending.size, size)]
        leave = [0 if to_the_end else len(part) // 4 for part in parts]
        works = [
            pool.submit(self._part, found[0][part], part, size, few)
            for part, few in zip(parts, leave, strict=True)
        ]
        still = [np.zeros(0, np.int64)]
        for part, work in zip(parts, works, strict=True):
            found[0][part], found[1][part], found[2][part], done = work.result()
            still.append(part[~done])
        return np.concatenate(still)

    def _part(
        self, start: np.ndarray, part: np.ndarray, size: int, leave: int
    ) -> tuple[np.ndarray, ...]:
        """One chunk, padded with rewards of nothing."""
        with jax.enable_x64(bool(self.kind == np.float64)):
            rewards = np.zeros((size, *self.table.shape[1:]), self.kind)
            begin = np.zeros((size, start.shape[1]), self.kind)
            rewards[: len(part)], begin[: len(part)] = self.table[part], start
            scalars = np.array([self.discount, self.goal], self.kind)
            counts = np.array([leave, self.cycles], np.int32)
            chance = self.moves.chance.astype(self.kind)
            found = _iterate(
                self.moves.widths, self.moves.target, chance, rewards, begin, scalars, counts
            )
            return tuple(np.asarray(x)[: len(part)] for x in found)


@partial(jax.jit, static_argnums=0)
def _iterate(
    widths: tuple[int, ...],
    target: Array,
    chance: Array,
    rewards: Array,
    start: Array,
    scalars: Array,
    counts: Array,
) -> tuple[Array, Array, Array, Array]:
    """Sweep until all but a few rewards of a chunk are done; see the module's docstring."""
    by_action = rewards.transpose(2, 1, 0)
    eps = float(jnp.finfo(rewards.dtype).eps)
    floor = 4.0 * eps if rewards.dtype == jnp.float32 else 0.0
    discount, goal = scalars
    factor = discount / (1.0 - discount)

    def sweep(_: Any, values: Array) -> Array:
        return _sweep(widths, target, chance, by_action, values)

    def cycle(state: tuple[Array, ...]) -> tuple[Array, ...]:
        values, before, _, _, _, count = state
        third = jax.lax.fori_loop(0, jnp.where(count == 0, 0, _PERIOD - 3), sweep, values)
        second = sweep(0, third)
        first = sweep(0, second)
        last = sweep(0, first)
        newest = last - first
        low, high = newest.min(axis=0, keepdims=True), newest.max(axis=0, keepdims=True)
        bound = 0.5 * factor * (high - low)
        mean = last.mean(axis=0, keepdims=True)
        relative = last - mean
        least = floor * factor * jnp.abs(relative).max(axis=0, keepdims=True)
        done = bound <= jnp.maximum(goal, least)
        residuals = [_centred(x) for x in (newest, first - second, second - third)]
        size = (residuals[0] ** 2).sum(axis=0, keepdims=True)
        mixing = (size <= before) & ~done & (count < counts[1])
        step = _extrapolation(residuals, 16.0 * eps)
        values = relative - jnp.where(mixing, step, jnp.zeros_like(step))
        return values, size, mean + 0.5 * factor * (low + high), bound, done, count + 1

    def goes_on(state: tuple[Array, ...]) -> Array:
        return ((~state[4]).sum(dtype=jnp.int32) > counts[0]) & (state[5] < 3 * counts[1] + 3)

    none = jnp.full((1, len(rewards)), jnp.inf, rewards.dtype)
    begin = (start.T, none, none, none, none < 0.0, jnp.int32(0))
    values, _, offset, bound, done, _ = jax.lax.while_loop(goes_on, cycle, begin)
    return values.T, offset[0], bound[0], done[0]


def _centred(values: Array) -> Array:
    return values - values.mean(axis=0, keepdims=True)


def _extrapolation(residuals: list[Array], ridge: float) -> Array:
    """What to take off, `[S, H]`: the combination of residuals whose own residual is least."""
    newest, middle, oldest = residuals
    first, second = newest - middle, middle - oldest

    def dot(left: Array, right: Array) -> Array:
        return (left * right).sum(axis=0, keepdims=True)

    one, two, both = dot(first, first), dot(second, second), dot(first, second)
    slack = ridge * (one + two) + float(jnp.finfo(newest.dtype).tiny)
    one, two = one + slack, two + slack
    by_first, by_second = dot(first, newest), dot(second, newest)
    # Residuals that no longer differ, to rounding, say nothing.
    determinant = one * two - both * both
    usable = determinant > 0.0
    scale = jnp.where(usable, 1.0 / jnp.where(usable, determinant, jnp.ones_like(one)), 0.0 * one)
    left = (two * by_first - both * by_second) * scale
    right = (one * by_second - both * by_first) * scale
    return left * newest + right * middle


def _sweep(
    widths: tuple[int, ...], target: Array, chance: Array, rewards: Array, values: Array
) -> Array:
    """TV, `[S, H]`."""
    if not widths:
        after = jnp.matmul(chance, values, precision=jax.lax.Precision.HIGHEST)
        return (rewards + after.reshape(-1, *values.shape)).max(axis=0)
    if target.ndim == 3:

        def add(k: Any, q: Array) -> Array:
            return q + chance[k][:, :, None] * _rows(values, target[k])

        q = jnp.broadcast_to(rewards, (target.shape[1], *values.shape))
        return jax.lax.fori_loop(0, widths[0], add, q).max(axis=0)
    best, column = None, 0
    for action, width in enumerate(widths):
        q = rewards[action if len(rewards) > 1 else 0]
        for k in range(column, column + width):
            q = q + chance[k][:, None] * _rows(values, target[k])
        column += width
        best = q if best is None else jnp.maximum(best, q)
    assert best is not None
    return best


def _rows(values: Array, index: Array) -> Array:
    return values.at[index].get(mode="promise_in_bounds")


def _moves(world: Tabular) -> _Moves:
    """The successors of every action, column by column where they are few."""
    matrix, states, actions = world.transition_matrix, world.n_states, world.n_actions
    lengths = np.diff(matrix.indptr)
    widths = lengths.reshape(states, actions).max(axis=0)
    state, action = np.divmod(np.repeat(np.arange(states * actions), lengths), actions)
    place = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], lengths)
    chance = world.discount * matrix.data
    if widths.sum() <= _UNROLLED:
        shape = (int(widths.sum()), states)
        at = ((np.cumsum(widths) - widths)[action] + place, state)
        shown = tuple(int(width) for width in widths)
    elif states * actions * states <= _DENSE:
        dense = np.zeros((actions * states, states))
        dense[action * states + state, matrix.indices] = chance
        return _Moves((), np.zeros(0, np.int32), dense)
    else:
        shape = (int(widths.max()), actions, states)
        at, shown = (place, action, state), (int(widths.max()),)
    target, share = np.zeros(shape, np.int32), np.zeros(shape)
    target[...] = np.arange(states)
    target[at], share[at] = matrix.indices, chance
    return _Moves(shown, target, share)


def _table(rewards: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Rewards as `[H, S, 1]` or `[H, S, A]`."""
    table = np.asarray(rewards)
    if table.shape[1:] not in ((shape[0],), shape):
        raise UserError(
            f"rewards have shape {list(table.shape)}; [H, {shape[0]}] or [H, {shape[0]}, "
            f"{shape[1]}] is needed"
        )
    if not np.isfinite(table).all():
        raise UserError("rewards must be finite numbers, found NaN or infinity")
    return table if table.ndim == 3 else table[:, :, None]
