"""The whole buffer, searched again with the target network.

The paper searches every state of every batch anew. Between two refreshes of the target network that
would find the same policy for the same state each time, up to the root's noise; so every state is
searched once per refresh, in large batches, and what was found lies beside it (Xuan et al. 2024).
The same pass keeps the values that targets bootstrap from, and, for the continuation variant, those
of 1, 2, ... steps of the model's own plan: the first by the search, the rest by the policy.

Guarantee: after a pass every row's policy and values come from the same weights.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from corrigible.efficientzero.devices import shared, whole
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.model import child, root
from corrigible.efficientzero.networks import Weights
from corrigible.efficientzero.replay import Replay, frames
from corrigible.efficientzero.search import Found, search
from corrigible.efficientzero.settings import Settings


@partial(jax.jit, static_argnames=("stack", "settings"))
def reanalyze(weights: Weights, replay: Replay, key: Key, stack: int, settings: Settings) -> Replay:
    """Search every state of the buffer. The key is consumed.

    Args:
        weights: of the target network.
        replay: the buffer, T rows of B lanes.
        key: a JAX key.
        stack: frames of an observation.
        settings: of the run.

    Returns:
        The buffer with new policies `[T, B, A]` and values `[T, B, M]`.

    Raises:
        Nothing.

    Source: Xuan et al. 2024; Ye et al. 2021, section 4.3.
    """
    capacity, lanes = replay.priority.shape
    policies = replay.rows.policy.reshape(capacity * lanes, -1)
    values = replay.rows.value.reshape(capacity * lanes, -1)
    chunk = min(settings.chunk, capacity * lanes)
    filled = jnp.minimum(replay.written, capacity) * lanes

    def body(index: Any, found: Any) -> Any:
        policies, values = found
        places = index * chunk + jnp.arange(chunk)
        # The last chunk may reach past the buffer's end: it repeats the last place.
        places = jnp.minimum(places, capacity * lanes - 1)
        seen = frames(replay, places // lanes, places % lanes, stack)
        seen = shared(seen, settings.devices, 0)
        result = search(weights, seen, jax.random.fold_in(key, index), settings.search)
        worth = kept_values(weights, seen, result, settings)
        # Repeated places are written repeatedly, with what only noise sets apart: keep one of them.
        places = jnp.where(index * chunk + jnp.arange(chunk) == places, places, capacity * lanes)
        policies = policies.at[places].set(result.policy, mode="drop")
        return policies, values.at[places].set(worth, mode="drop")

    count = (filled + chunk - 1) // chunk
    policies, values = jax.lax.fori_loop(0, count, body, (policies, values))
    rows = replay.rows._replace(
        policy=policies.reshape(replay.rows.policy.shape),
        value=values.reshape(replay.rows.value.shape),
    )
    return whole(eqx.tree_at(lambda r: r.rows, replay, rows), settings.devices)


def kept_values(
    weights: Weights, seen: Array, found: Found, settings: Settings
) -> Float[Array, "N M"]:
    """What targets may end in: the state's value after 0, 1, ... steps of the model's own plan.

    Args:
        weights: of the target network.
        seen: `[N, ...]`, observations.
        found: what their searches found.
        settings: bootstrap, continuation and td_steps.

    Returns:
        `[N, M]`; M is 1 without continuation.

    Raises:
        Nothing.

    Source: Feinberg et al. 2018, for the model's steps inside a target.
    """
    worth = [found.searched if settings.bootstrap == "search" else found.value]
    if settings.kept > 1:
        _, node = root(weights, seen)
        action = jnp.argmax(found.policy, axis=-1).astype(jnp.int32)
        total, factor = jnp.zeros_like(worth[0]), 1.0
        for _ in range(settings.kept - 1):
            said, node = child(weights, node, action, settings.search.horizon)
            total = total + factor * said.reward
            factor *= settings.search.discount
            worth.append(total + factor * said.value)
            action = jnp.argmax(said.logits, axis=-1).astype(jnp.int32)
    return jnp.stack(worth, axis=-1)
