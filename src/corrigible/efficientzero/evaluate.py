"""How good a network is: whole episodes, greedily, one in each lane.

Every lane plays one episode to its end, so that short episodes do not count more often. The
interval is the bootstrap's (Efron 1979) over episodes.

Guarantee: no noise and no temperature; the same key gives the same episodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from corrigible.efficientzero.environments.base import (
    Environment,
    Lanes,
    advance,
    begin,
    observed,
)
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.networks import Weights
from corrigible.efficientzero.replay import STEP
from corrigible.efficientzero.search import search
from corrigible.efficientzero.settings import Settings
from corrigible.keys import generator

_RESAMPLES = 10_000


@dataclass(frozen=True)
class Evaluation:
    """Returns of whole episodes.

    Args:
        returns: `[N]`.
        interval: of the mean, at 95%.

    Source: Efron 1979.
    """

    returns: Float[np.ndarray, " N"]
    interval: tuple[float, float]

    @property
    def mean(self) -> float:
        """The mean return.

        Returns:
            One number. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return float(self.returns.mean())


def evaluate(
    weights: Weights, environment: Environment, settings: Settings, key: Key, episodes: int
) -> Evaluation:
    """Play episodes with the most visited, or best, action of every search. The key is consumed.

    Args:
        weights: that act.
        environment: where.
        settings: how to search.
        key: an int or a JAX key.
        episodes: N, at least 1.

    Returns:
        Their returns `[N]`.

    Raises:
        Nothing.

    Source: Ye et al. 2021, appendix A.3.
    """
    key = jax.random.key(key) if isinstance(key, int) else key
    beginning, playing, resampling = jax.random.split(key, 3)
    tables = environment.tables()
    lanes = begin(environment, tables, beginning, episodes)
    done, returns = jnp.zeros(episodes, dtype=bool), jnp.zeros(episodes)
    play = _play_traced if environment.traced else _play
    found = play(tables, weights, (lanes, done, returns), playing, environment, settings)
    told = np.asarray(found, dtype=np.float64)
    picks = generator(resampling).integers(episodes, size=(_RESAMPLES, episodes))
    low, high = np.quantile(told[picks].mean(axis=1), [0.025, 0.975])
    return Evaluation(told, (float(low), float(high)))


State = tuple[Lanes, Bool[Array, " B"], Float[Array, " B"]]


def _play(
    tables: Any,
    weights: Weights,
    state: State,
    key: Key,
    environment: Environment,
    settings: Settings,
) -> Float[Array, " B"]:
    step = 0
    while not bool(state[1].all()):
        acting, moving = jax.random.split(jax.random.fold_in(key, step))
        action = greedy(weights, observed(state[0]), acting, settings)
        state = moved(environment, tables, state, action, moving)
        step += 1
    return state[2]


@partial(jax.jit, static_argnames=("environment", "settings"))
def _play_traced(
    tables: Any,
    weights: Weights,
    state: State,
    key: Key,
    environment: Environment,
    settings: Settings,
) -> Float[Array, " B"]:
    def body(carry: Any) -> Any:
        step, state = carry
        acting, moving = jax.random.split(jax.random.fold_in(key, step))
        action = greedy(weights, observed(state[0]), acting, settings)
        return step + 1, moved(environment, tables, state, action, moving)

    first = (jnp.zeros((), dtype=jnp.int32), state)
    _, (_, _, returns) = jax.lax.while_loop(lambda c: ~jnp.all(c[1][1]), body, first)
    return returns


@partial(jax.jit, static_argnames="settings")
def greedy(weights: Weights, seen: Array, key: Key, settings: Settings) -> Array:
    """The best actions that a search without noise finds. The key is consumed.

    Args:
        weights: that act.
        seen: `[B, ...]`, observations.
        key: a JAX key.
        settings: how to search.

    Returns:
        Actions `[B]`.

    Raises:
        Nothing.

    Source: Ye et al. 2021, appendix A.3.
    """
    return search(weights, seen, key, settings.search, explore=False).action


def moved(environment: Environment, tables: Any, state: State, action: Array, key: Key) -> State:
    """One step of every lane; those that are done go on and no longer count. The key is consumed.

    Args:
        environment: where.
        tables: of it.
        state: (lanes, done `[B]`, returns `[B]`).
        action: `[B]`.
        key: a JAX key.

    Returns:
        The same after the step.

    Raises:
        Nothing.

    Source: this package.
    """
    lanes, done, returns = state
    lanes, _ = advance(environment, tables, lanes, action, key)
    ends = (lanes.kind != STEP) & ~done
    return lanes, done | ends, jnp.where(ends, lanes.earned, returns)
