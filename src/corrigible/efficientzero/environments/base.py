"""What an environment is: lanes that step side by side and say how a row ends.

A step takes the actions of B lanes and which of them stand at an end (see `replay`): there the
action is ignored and the next episode begins. So nothing resets by itself, an episode's last
observation is seen like every other, and termination and time limit are told apart.

`traced` environments are pure functions that a jitted loop may call; others hold emulators, and
turn them into arrays and back so that a checkpoint holds them.

Guarantee: what happens is a function of tables, inner state, actions and key.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from corrigible.efficientzero.environments.pictures import Picture, bars, enlarged, planes
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.replay import STEP, stacked


class Event(NamedTuple):
    """What B lanes show after a step.

    Args:
        seen: `[B, ...]`, one frame.
        reward: `[B]`, of the step; 0 where an episode began.
        kind: `[B]`, of the row that the step led to: STEP, TERMINAL or CUT.

    Source: Gymnasium's `terminated` and `truncated` (Towers et al. 2024).
    """

    seen: Array
    reward: Float[Array, " B"]
    kind: Int[Array, " B"]


class Lanes(NamedTuple):
    """B lanes between two steps.

    Args:
        inner: the environment's own state.
        frames: `[B, stack, ...]`, the newest last.
        kind: `[B]`, of the rows where the lanes stand.
        since: `[B]`, rows since the episode began.
        earned: `[B]`, rewards of the episode so far, undiscounted.

    Source: this package.
    """

    inner: Any
    frames: Array
    kind: Int[Array, " B"]
    since: Int[Array, " B"]
    earned: Float[Array, " B"]


@dataclass(frozen=True, eq=False)
class Environment(abc.ABC):
    """A kind of world.

    Args:
        name: as typed.
        kind: of observation, which decides the network.
        shape: of one frame.
        dtype: of one frame.
        actions: A.
        discount: that the agent plans with.
        stack: frames of an observation.
        best: the largest expected return where it is known, discounted if `discounted`.
        discounted: whether returns are reported discounted.
        traced: whether steps may be traced by JAX.

    Source: this package.
    """

    name: str
    kind: Literal["vector", "grid", "image"]
    shape: tuple[int, ...]
    dtype: str
    actions: int
    discount: float
    stack: int = 1
    best: float | None = None
    discounted: bool = False
    traced: bool = True

    @abc.abstractmethod
    def tables(self) -> Any:
        """Arrays that steps read, handed to them as arguments.

        Returns:
            A pytree of arrays, possibly empty.

        Raises:
            Nothing.

        Source: this package.
        """

    @abc.abstractmethod
    def reset(self, tables: Any, key: Key, count: int) -> tuple[Any, Array]:
        """Begin an episode in B lanes. The key is consumed.

        Args:
            tables: from `tables`.
            key: a JAX key.
            count: B.

        Returns:
            (inner state, frames `[B, ...]`).

        Raises:
            Nothing.

        Source: this package.
        """

    @abc.abstractmethod
    def step(
        self, tables: Any, inner: Any, action: Int[Array, " B"], over: Bool[Array, " B"], key: Key
    ) -> tuple[Any, Event]:
        """Act in B lanes. The key is consumed.

        Args:
            tables: from `tables`.
            inner: from the step before.
            action: `[B]`.
            over: `[B]`, lanes that stand at an end and begin anew instead.
            key: a JAX key.

        Returns:
            (inner state, what is seen).

        Raises:
            Nothing.

        Source: this package.
        """

    def test(self) -> Environment:
        """The same world as it is scored.

        Returns:
            An environment of the same shapes, `[*]` a frame; itself where nothing differs.

        Raises:
            Nothing.

        Source: this package.
        """
        return self

    def picture(self, inner: Any, frame: np.ndarray) -> Picture:
        """What people are shown of a lane.

        Args:
            inner: of one lane.
            frame: its newest one.

        Returns:
            `[height, width, 3]`, bytes.

        Raises:
            Nothing.

        Source: this package.
        """
        if self.kind == "image":
            return enlarged(np.broadcast_to(frame[..., -3:], (*frame.shape[:2], 3)))
        return planes(frame) if self.kind == "grid" else bars(frame)

    def freeze(self, inner: Any) -> Any:
        """The inner state as arrays.

        Args:
            inner: of a step.

        Returns:
            A pytree of arrays.

        Raises:
            Nothing.

        Source: this package.
        """
        return inner

    def thaw(self, arrays: Any) -> Any:
        """The inner state from arrays.

        Args:
            arrays: from `freeze`, a pytree of arrays.

        Returns:
            An inner state that goes on as the frozen one would have.

        Raises:
            Nothing.

        Source: this package.
        """
        return arrays


def begin(environment: Environment, tables: Any, key: Key, count: int) -> Lanes:
    """B lanes at the beginning of an episode. The key is consumed.

    Args:
        environment: whose.
        tables: of it.
        key: a JAX key.
        count: B.

    Returns:
        The lanes; frames `[B, stack, ...]`.

    Raises:
        Nothing.

    Source: this package.
    """
    inner, seen = environment.reset(tables, key, count)
    frames = jnp.broadcast_to(seen[:, None], (count, environment.stack, *seen.shape[1:]))
    nothing = jnp.zeros(count, dtype=jnp.int32)
    return Lanes(inner, frames, nothing, nothing, jnp.zeros(count))


def observed(lanes: Lanes) -> Array:
    """What a network is shown: `[B, ..., stack x C]`.

    Args:
        lanes: B lanes.

    Returns:
        `[B, ..., stack x C]`; one frame as it is.

    Raises:
        Nothing.

    Source: Mnih et al. 2015.
    """
    return lanes.frames[:, 0] if lanes.frames.shape[1] == 1 else stacked(lanes.frames)


def advance(
    environment: Environment, tables: Any, lanes: Lanes, action: Int[Array, " B"], key: Key
) -> tuple[Lanes, Float[Array, " B"]]:
    """One step of B lanes. The key is consumed.

    Args:
        environment: whose.
        tables: of it.
        lanes: before the step.
        action: `[B]`.
        key: a JAX key.

    Returns:
        (lanes after it, rewards `[B]`).

    Raises:
        Nothing.

    Source: this package.
    """
    over = lanes.kind != STEP
    inner, event = environment.step(tables, lanes.inner, action, over, key)
    reward, seen = event.reward, event.seen
    again = jnp.broadcast_to(seen[:, None], lanes.frames.shape)
    moved = jnp.concatenate([lanes.frames[:, 1:], seen[:, None]], axis=1)
    frames = jnp.where(over.reshape(-1, *(1,) * seen.ndim), again, moved)
    factor = jnp.ones_like(reward)
    if environment.discounted:
        factor = environment.discount ** lanes.since.astype(reward.dtype)
    earned = jnp.where(over, 0.0, lanes.earned + factor * reward)
    since = jnp.where(over, 0, lanes.since + 1)
    return Lanes(inner, frames, event.kind, since, earned), reward


def chosen(mask: Bool[Array, " B"], yes: Any, no: Any) -> Any:
    """Lane by lane one of two pytrees.

    Args:
        mask: `[B]`.
        yes: leaves `[B, ...]`.
        no: the same structure.

    Returns:
        `yes` where the mask holds, in the types of `no`.

    Raises:
        Nothing.

    Source: this package.
    """

    def pick(one: Any, other: Any) -> Any:
        other = jnp.asarray(other)
        held = mask.reshape(-1, *(1,) * (other.ndim - 1))
        return jnp.where(held, jnp.asarray(one).astype(other.dtype), other)

    return jax.tree.map(pick, yes, no)
