"""Catch, CartPole and MinAtar, from gymnax (Lange 2022), one step of all lanes in one dispatch.

Catch (bsuite): a ball falls through a board of 10x5, the paddle moves below it, +1 or -1 at the
end; 1 is optimal. CartPole: +1 a step until the pole falls, at most 200 (v0) or 500 (v1). MinAtar's
Breakout: 10x10 boards of four channels, +1 a brick, the last action repeated with probability .1.

Guarantee: a time limit is a CUT, whatever the environment calls it; bytes are kept where
observations are zeros and ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from corrigible.efficientzero.environments.base import Environment, Event, chosen
from corrigible.efficientzero.environments.pictures import Picture, planes, pole
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.replay import CUT, STEP, TERMINAL


@dataclass(frozen=True, eq=False)
class Gymnax(Environment):
    """A gymnax environment in many lanes.

    Args:
        game: gymnax's environment.
        params: gymnax's parameters, plain numbers.
        sticky: the probability with which a lane's last action is repeated instead.
        drawn: from a frame to a picture, where the frame says little by itself.

    Source: Lange 2022; Machado et al. 2018, section 5, for sticky actions.
    """

    game: Any = None
    params: Any = None
    sticky: float = 0.0
    drawn: Callable[[np.ndarray], Picture] | None = None

    def picture(self, inner: Any, frame: np.ndarray) -> Picture:
        return super().picture(inner, frame) if self.drawn is None else self.drawn(frame)

    def tables(self) -> Any:
        return ()

    def reset(self, tables: Any, key: Key, count: int) -> tuple[Any, Array]:
        keys = jax.random.split(key, count)
        # gymnax mixes integers and floats as NumPy does.
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            seen, state = jax.vmap(lambda k: self.game.reset_env(k, self.params))(keys)
        state = jax.tree.map(lambda x: jax.lax.convert_element_type(x, x.dtype), state)
        return (state, jnp.zeros(count, dtype=jnp.int32)), self._frame(seen)

    def step(
        self, tables: Any, inner: Any, action: Array, over: Array, key: Key
    ) -> tuple[Any, Event]:
        state, last = inner
        count = action.shape[0]
        stepping, beginning, sticking = jax.random.split(key, 3)
        if self.sticky:
            repeats = jax.random.bernoulli(sticking, self.sticky, (count,))
            action = jnp.where(repeats, last, action)
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            seen, after, reward, terminated, _ = jax.vmap(
                lambda k, s, a: self.game.step_env(k, s, a, self.params)
            )(jax.random.split(stepping, count), state, action)
            late = self.game.is_truncated(after, self.params)
        (new, _), first = self.reset(tables, beginning, count)
        kind = jnp.where(terminated, TERMINAL, jnp.where(late, CUT, STEP)).astype(jnp.int32)
        after = jax.tree.map(lambda x, old: jnp.asarray(x).astype(old.dtype), after, state)
        event = Event(
            seen=chosen(over, first, self._frame(seen)),
            reward=jnp.where(over, 0.0, reward.astype(jnp.float32)),
            kind=jnp.where(over, STEP, kind),
        )
        return (chosen(over, new, after), jnp.where(over, 0, action)), event

    def _frame(self, seen: Array) -> Array:
        return seen.reshape(seen.shape[0], *self.shape).astype(self.dtype)


def catch() -> Gymnax:
    """Catch on 10x5, as a vector of its fifty pixels.

    Returns:
        The environment; frames `[50]`.

    Raises:
        Nothing.

    Source: Osband et al. 2020, by way of Lange 2022.
    """
    from gymnax.environments.bsuite.catch import Catch, EnvParams

    return Gymnax(
        "catch",
        "vector",
        (50,),
        "uint8",
        3,
        0.99,
        best=1.0,
        game=Catch(),
        params=EnvParams(),
        drawn=lambda frame: planes(frame.reshape(10, 5, 1)),
    )


def cartpole(limit: int, name: str) -> Gymnax:
    """CartPole, cut after a number of steps.

    Args:
        limit: 200 for v0, 500 for v1.
        name: as typed.

    Returns:
        The environment; frames `[4]`.

    Raises:
        Nothing.

    Source: Lange 2022.
    """
    from gymnax.environments.classic_control.cartpole import CartPole, EnvParams

    params = EnvParams(max_steps_in_episode=limit)
    return Gymnax(
        name,
        "vector",
        (4,),
        "float32",
        2,
        0.997,
        best=float(limit),
        game=CartPole(),
        params=params,
        drawn=pole,
    )


def breakout() -> Gymnax:
    """MinAtar's Breakout with its three useful actions and sticky ones with probability .1.

    Returns:
        The environment; frames `[10, 10, 4]`.

    Raises:
        Nothing.

    Source: Young & Tian 2019, by way of Lange 2022.
    """
    from gymnax.environments.minatar.breakout import EnvParams, MinBreakout

    return Gymnax(
        "minatar-breakout",
        "grid",
        (10, 10, 4),
        "uint8",
        3,
        0.99,
        game=MinBreakout(),
        params=EnvParams(),
        sticky=0.1,
    )
