"""Rows of experience: search, act, write down.

Guarantee: rows are a function of weights, lanes, key and temperature; at an end the action that is
written down was not taken.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from corrigible.efficientzero.environments.base import Environment, Lanes, advance, observed
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.networks import Weights
from corrigible.efficientzero.reanalyze import kept_values
from corrigible.efficientzero.replay import Rows
from corrigible.efficientzero.search import search
from corrigible.efficientzero.settings import Settings

Chosen = tuple[Array, Array, Array]


def collect(
    environment: Environment,
    tables: Any,
    weights: Weights,
    lanes: Lanes,
    key: Key,
    temperature: Any,
    settings: Settings,
    random: bool,
) -> tuple[Lanes, Rows, Float[Array, "R B"]]:
    """`settings.rows` steps of every lane. The key is consumed.

    Args:
        environment: where.
        tables: of it.
        weights: that act.
        lanes: where they stand.
        key: a JAX key.
        temperature: of the draw from visit counts.
        settings: of the run.
        random: uniform actions, without a search.

    Returns:
        (lanes afterwards, rows `[R, B, ...]`, what the episode of each had earned `[R, B]`).

    Raises:
        Nothing.

    Source: Ye et al. 2021, appendix A.3.
    """
    if environment.traced:
        return _traced(tables, weights, lanes, key, temperature, environment, settings, random)
    told = []
    for step in range(settings.rows):
        acting, moving = jax.random.split(jax.random.fold_in(key, step))
        chosen = _choose(weights, observed(lanes), acting, temperature, settings, random)
        before, (lanes, reward) = lanes, advance(environment, tables, lanes, chosen[0], moving)
        told.append((_row(before, chosen, reward), before.earned))
    rows, earned = jax.tree.map(lambda *steps: jnp.stack(steps), *told)
    return lanes, rows, earned


@partial(jax.jit, static_argnames=("environment", "settings", "random"))
def _traced(
    tables: Any,
    weights: Weights,
    lanes: Lanes,
    key: Key,
    temperature: Any,
    environment: Environment,
    settings: Settings,
    random: bool,
) -> tuple[Lanes, Rows, Float[Array, "R B"]]:
    def step(lanes: Lanes, index: Any) -> tuple[Lanes, Any]:
        acting, moving = jax.random.split(jax.random.fold_in(key, index))
        chosen = _choose(weights, observed(lanes), acting, temperature, settings, random)
        after, reward = advance(environment, tables, lanes, chosen[0], moving)
        return after, (_row(lanes, chosen, reward), lanes.earned)

    lanes, (rows, earned) = jax.lax.scan(step, lanes, jnp.arange(settings.rows))
    return lanes, rows, earned


@partial(jax.jit, static_argnames=("settings", "random"))
def _choose(
    weights: Weights, seen: Array, key: Key, temperature: Any, settings: Settings, random: bool
) -> Chosen:
    """(action `[B]`, policy `[B, A]`, values `[B, M]`)."""
    count, actions = seen.shape[0], weights.network.actions
    if random:
        action = jax.random.randint(key, (count,), 0, actions)
        policy = jnp.full((count, actions), 1.0 / actions)
        return action, policy, jnp.zeros((count, settings.kept))
    found = search(weights, seen, key, settings.search, temperature)
    return found.action, found.policy, kept_values(weights, seen, found, settings)


def _row(lanes: Lanes, chosen: Chosen, reward: Array) -> Rows:
    action, policy, value = chosen
    return Rows(lanes.frames[:, -1], action, reward, lanes.kind, lanes.since, policy, value)
