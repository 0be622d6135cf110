"""What was lived through, kept on the device.

A buffer is T rows of B lanes, written round and round. A row is a state of a lane: what was seen,
the action taken there, the reward that it brought, and what kind of row it is. Episodes end with a
row of their own, from which no action leads: `TERMINAL`, after which nothing more is ever paid, or
`CUT`, a time limit, after which one would have gone on. The row after it begins the next episode.
So the last observation of a cut episode is there to be bootstrapped from.

Beside each state lie the policy and the values that the last search of it found, to be gathered
when a batch is put together, and its priority. Steps are drawn with probability proportional to
priority^alpha (Schaul et al. 2016); new ones get the largest priority so far.

Guarantee: only rows with an action and a known successor are ever drawn.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from corrigible.efficientzero.layers import Key

STEP, TERMINAL, CUT = 0, 1, 2
FLOOR = 1e-6


class Rows(NamedTuple):
    """R rows of B lanes.

    Args:
        seen: `[R, B, ...]`, one frame each.
        action: `[R, B]`.
        reward: `[R, B]`, that the action brought.
        kind: `[R, B]`, STEP, TERMINAL or CUT.
        since: `[R, B]`, rows since the episode began.
        policy: `[R, B, A]`, that a search found.
        value: `[R, B, M]`, likewise.

    Source: this package.
    """

    seen: Array
    action: Int[Array, "R B"]
    reward: Float[Array, "R B"]
    kind: Int[Array, "R B"]
    since: Int[Array, "R B"]
    policy: Float[Array, "R B A"]
    value: Float[Array, "R B M"]


class Replay(eqx.Module):
    """The buffer.

    Args:
        rows: T rows; those not yet written are zeros.
        priority: `[T, B]`; 0 where no action is taken.
        written: how many rows ever were.

    Source: Schaul et al. 2016.
    """

    rows: Rows
    priority: Float[Array, "T B"]
    written: Int[Array, ""]


class Window(NamedTuple):
    """What follows N drawn states, W rows each.

    Args:
        action: `[N, W]`.
        reward: `[N, W]`.
        kind: `[N, W]`.
        known: `[N, W]`, false beyond the newest row.
        policy: `[N, W, A]`.
        value: `[N, W, M]`.

    Source: this package.
    """

    action: Int[Array, "N W"]
    reward: Float[Array, "N W"]
    kind: Int[Array, "N W"]
    known: Bool[Array, "N W"]
    policy: Float[Array, "N W A"]
    value: Float[Array, "N W M"]


def empty(
    capacity: int, lanes: int, shape: tuple[int, ...], dtype: Any, actions: int, kept: int
) -> Replay:
    """A buffer with nothing in it.

    Args:
        capacity: T.
        lanes: B.
        shape: of one frame.
        dtype: of one frame.
        actions: A.
        kept: values per state, M.

    Returns:
        The buffer; rows are `[T, B, ...]`.

    Raises:
        Nothing.

    Source: this package.
    """
    size = (capacity, lanes)
    # Each an array of its own, since the whole buffer is donated to the step that writes to it.
    rows = Rows(
        seen=jnp.zeros((*size, *shape), dtype=dtype),
        action=jnp.zeros(size, dtype=jnp.int32),
        reward=jnp.zeros(size),
        kind=jnp.zeros(size, dtype=jnp.int32),
        since=jnp.zeros(size, dtype=jnp.int32),
        policy=jnp.zeros((*size, actions)),
        value=jnp.zeros((*size, kept)),
    )
    return Replay(rows, jnp.zeros(size), jnp.zeros((), dtype=jnp.int32))


def add(replay: Replay, rows: Rows) -> Replay:
    """Write R rows over the oldest ones, with the largest priority so far.

    Args:
        replay: the buffer.
        rows: `[R, B, ...]`, in order of time.

    Returns:
        The buffer after it.

    Raises:
        Nothing.

    Source: Schaul et al. 2016, section 3.3.
    """
    count, capacity = rows.action.shape[0], replay.priority.shape[0]
    slots = (replay.written + jnp.arange(count)) % capacity
    largest = jnp.max(replay.priority)
    largest = jnp.where(largest > 0, largest, 1.0)
    fresh = jnp.where(rows.kind == STEP, largest, 0.0)
    kept = jax.tree.map(lambda old, new: old.at[slots].set(new), replay.rows, rows)
    return Replay(kept, replay.priority.at[slots].set(fresh), replay.written + count)


class Draw(NamedTuple):
    """N states of the buffer.

    Args:
        time: `[N]`, the row's number since the beginning.
        lane: `[N]`.
        share: `[N]`, the probability with which it was drawn.

    Source: Schaul et al. 2016.
    """

    time: Int[Array, " N"]
    lane: Int[Array, " N"]
    share: Float[Array, " N"]


def draw(replay: Replay, key: Key, count: int, alpha: float) -> Draw:
    """Steps in proportion to priority^alpha, with replacement. The key is consumed.

    Args:
        replay: the buffer, with at least one step that has a successor.
        key: a JAX key.
        count: N.
        alpha: 0 draws uniformly.

    Returns:
        The states drawn.

    Raises:
        Nothing.

    Source: Schaul et al. 2016, section 3.3.
    """
    capacity, lanes = replay.priority.shape
    newest = (replay.written - 1) % capacity
    mass = jnp.where(replay.priority > 0, replay.priority**alpha, 0.0).at[newest].set(0.0)
    total = jnp.cumsum(mass.reshape(-1))
    # Sums that are rounded in another order each would leave a little for what has no mass.
    total = jax.lax.cummax(jnp.where(mass.reshape(-1) > 0, total, 0.0))
    # One draw from each of N equal strata.
    ticks = (jnp.arange(count, dtype=total.dtype) + jax.random.uniform(key, (count,))) / count
    found = jnp.searchsorted(total, ticks * total[-1], side="right")
    # Rounding may carry the last tick past the end, to where nothing lies.
    last = jnp.max(jnp.where(mass.reshape(-1) > 0, jnp.arange(mass.size), 0))
    found = jnp.minimum(found, last).astype(jnp.int32)
    slot, lane = found // lanes, found % lanes
    ago = (replay.written - 1 - slot) % capacity
    return Draw(replay.written - 1 - ago, lane, mass.reshape(-1)[found] / total[-1])


def window(replay: Replay, drawn: Draw, width: int) -> Window:
    """What follows the states drawn, as far as it is known.

    Args:
        replay: the buffer.
        drawn: N states.
        width: W, the state itself included.

    Returns:
        W rows of each; what lies beyond an end or the newest row is to be masked.

    Raises:
        Nothing.

    Source: this package.
    """
    times = drawn.time[:, None] + jnp.arange(width)[None]
    at = (times % replay.priority.shape[0], drawn.lane[:, None])
    rows = replay.rows
    return Window(
        action=rows.action[at],
        reward=rows.reward[at],
        kind=rows.kind[at],
        known=times < replay.written,
        policy=rows.policy[at],
        value=rows.value[at],
    )


def frames(replay: Replay, time: Int[Array, " N"], lane: Int[Array, " N"], stack: int) -> Array:
    """Observations, their frames stacked; an episode's first frame stands for those before it.

    Args:
        replay: the buffer.
        time: `[N]`, row numbers, or slots.
        lane: `[N]`.
        stack: frames of an observation.

    Returns:
        `[N, ..., stack x C]`, the newest frame last.

    Raises:
        Nothing.

    Source: Mnih et al. 2015.
    """
    capacity = replay.priority.shape[0]
    if stack == 1:
        return replay.rows.seen[time % capacity, lane]
    back = jnp.arange(stack - 1, -1, -1)[None]
    back = jnp.minimum(back, replay.rows.since[time % capacity, lane][:, None])
    # A row that was written over is as good as none: the oldest that is left stands for it.
    oldest = jnp.maximum(replay.written - capacity, 0)
    back = jnp.minimum(back, jnp.maximum(_number(replay, time) - oldest, 0)[:, None])
    seen = replay.rows.seen[(time[:, None] - back) % capacity, lane[:, None]]
    return stacked(seen)


def _number(replay: Replay, time: Int[Array, " N"]) -> Int[Array, " N"]:
    """A slot's row number; a row number is its own."""
    ago = (replay.written - 1 - time) % replay.priority.shape[0]
    return replay.written - 1 - ago


def stacked(seen: Array) -> Array:
    """Frames one behind the other, as channels.

    Args:
        seen: `[N, stack, ..., C]`.

    Returns:
        `[N, ..., stack x C]`.

    Raises:
        Nothing.

    Source: Mnih et al. 2015.
    """
    moved = jnp.moveaxis(seen, 1, -2)
    return moved.reshape(*moved.shape[:-2], moved.shape[-2] * moved.shape[-1])
