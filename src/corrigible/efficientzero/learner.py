"""Learner steps, many in one dispatch.

One step: draw N states by priority, gather what followed, make targets of it, take the gradient of
the loss, move the weights, and set the priorities to the new errors |V - z|.

Guarantee: the steps of one call are those of as many calls with one step each and the same keys;
the buffer's rows are not copied, only priorities change.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int

from corrigible.efficientzero.devices import shared, whole
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.loss import Batch, Losses, loss
from corrigible.efficientzero.networks import Network, Weights
from corrigible.efficientzero.replay import FLOOR, STEP, Draw, Replay, draw, frames, window
from corrigible.efficientzero.settings import Settings
from corrigible.efficientzero.targets import make_targets

WARM_UP, DROP = 1000, 101_000


class Learner(NamedTuple):
    """What learner steps change, replay apart.

    Args:
        weights: of the online network.
        optimiser: optax's state.
        steps: a scalar, learner steps so far.

    Source: this package.
    """

    weights: Weights
    optimiser: Any
    steps: Int[Array, ""]


def optimiser(settings: Settings) -> optax.GradientTransformation:
    """The update rule.

    Args:
        settings: optimiser, rate, decay and clip.

    Returns:
        SGD with momentum and the paper's schedule, or Adam. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Ye et al. 2021, appendix A.3; Kingma & Ba 2015.
    """
    clip = optax.clip_by_global_norm(settings.clip)
    decay = optax.add_decayed_weights(settings.decay)
    if settings.optimiser == "adam":
        return optax.chain(clip, decay, optax.adam(settings.rate))
    warm = optax.linear_schedule(0.0, settings.rate, WARM_UP)
    drop = optax.piecewise_constant_schedule(settings.rate, {DROP - WARM_UP: 0.1})
    rate = optax.join_schedules([warm, drop], [WARM_UP])
    return optax.chain(clip, decay, optax.sgd(rate, momentum=0.9))


def begin(network: Network, settings: Settings) -> Learner:
    """A learner before its first step.

    Args:
        network: freshly drawn.
        settings: of the run.

    Returns:
        The learner; no shapes beyond the network's.

    Raises:
        Nothing.

    Source: this package.
    """
    weights = Weights(network, network.initial())
    rule: Any = optimiser(settings)
    return Learner(weights, rule.init(network), jnp.zeros((), dtype=jnp.int32))


def make_batch(
    replay: Replay, drawn: Draw, key: Key, progress: Any, stack: int, settings: Settings
) -> Batch:
    """Examples from states drawn. The key is consumed.

    Args:
        replay: the buffer.
        drawn: N states.
        key: a JAX key, for the actions after an end and for the augmentation.
        progress: of the run, 0 to 1.
        stack: frames of an observation.
        settings: of the run.

    Returns:
        N examples; observations `[K+1, N, ...]`.

    Raises:
        Nothing.

    Source: Ye et al. 2021, section 4; Schaul et al. 2016 for the weights.
    """
    acting, moving = jax.random.split(key)
    lanes, unroll = replay.priority.shape[1], settings.unroll
    followed = window(replay, drawn, unroll + settings.td_steps + 1)
    age = (replay.written - 1 - drawn.time) * lanes
    # Once an episode is over any action leads nowhere, and the model should know it of all of them.
    actions = replay.rows.policy.shape[-1]
    other = jax.random.randint(acting, followed.action.shape, 0, actions)
    over = jnp.cumsum(followed.kind != STEP, axis=1, dtype=jnp.int32) > 0
    action = jnp.where(over, other, followed.action)[:, :unroll]
    seen = jax.vmap(lambda k: frames(replay, drawn.time + k, drawn.lane, stack))(
        jnp.arange(unroll + 1)
    )
    if settings.pad:
        seen = augmented(seen, moving, settings.pad)
    filled = jnp.sum(replay.priority > 0).astype(jnp.float32)
    beta = settings.beta + (1.0 - settings.beta) * progress
    weight = (filled * drawn.share) ** -beta
    targets = make_targets(followed, age, settings)
    return Batch(seen, action.T, targets, weight / jnp.max(weight))


def augmented(seen: Array, key: Key, pad: int) -> Array:
    """Every image shifted by up to `pad` pixels and scaled a little. The key is consumed.

    Args:
        seen: `[K+1, N, height, width, C]`, bytes.
        key: a JAX key.
        pad: pixels.

    Returns:
        The same shape, floats.

    Raises:
        Nothing.

    Source: Yarats et al. 2021 (shifts and intensity), as in Ye et al. 2021, appendix A.3.
    """
    flat = seen.reshape(-1, *seen.shape[2:]).astype(jnp.float32)
    count = flat.shape[0]
    shifting, scaling = jax.random.split(key)
    padded = jnp.pad(flat, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="edge")
    corner = jax.random.randint(shifting, (count, 2), 0, 2 * pad + 1)
    size = flat.shape[1:]
    cut = jax.vmap(
        lambda image, at: jax.lax.dynamic_slice(image, (at[0], at[1], jnp.zeros_like(at[0])), size)
    )(padded, corner)
    noise = jnp.clip(jax.random.normal(scaling, (count,)), -2.0, 2.0)
    return (cut * (1.0 + 0.05 * noise)[:, None, None, None]).reshape(seen.shape)


@partial(jax.jit, static_argnames=("stack", "settings"))
def learn(
    learner: Learner, replay: Replay, key: Key, progress: Any, stack: int, settings: Settings
) -> tuple[Learner, Array, Losses]:
    """`settings.updates` learner steps. The key is consumed.

    Args:
        learner: before them.
        replay: the buffer.
        key: a JAX key.
        progress: of the run, 0 to 1.
        stack: frames of an observation.
        settings: of the run.

    Returns:
        (learner, priorities `[T, B]`, mean losses).

    Raises:
        Nothing.

    Source: Ye et al. 2021, section 4.
    """
    rule: Any = optimiser(settings)

    def step(carry: Any, key: Any) -> Any:
        learner, priority = carry
        now = eqx.tree_at(lambda r: r.priority, replay, priority)
        drawing, making = jax.random.split(key)
        drawn = draw(now, drawing, settings.batch, settings.alpha)
        batch = make_batch(now, drawn, making, progress, stack, settings)
        first = shared((batch.targets, batch.weight), settings.devices, 0)
        second = shared((batch.seen, batch.action), settings.devices, 1)
        batch = Batch(*second, *first)
        network, statistics = learner.weights.network, learner.weights.statistics
        gradient, (statistics, error, parts) = jax.grad(loss, has_aux=True)(
            network, statistics, batch, settings
        )
        # optax raises floats to the power of a count.
        with jax.numpy_dtype_promotion("standard"):
            change, state = rule.update(gradient, learner.optimiser, network)
        network = eqx.apply_updates(network, change)
        slot = drawn.time % priority.shape[0]
        priority = priority.at[slot, drawn.lane].set(error + FLOOR)
        return (Learner(Weights(network, statistics), state, learner.steps + 1), priority), parts

    keys = jax.random.split(key, settings.updates)
    (learner, priority), parts = jax.lax.scan(step, (learner, replay.priority), keys)
    return whole((learner, priority, jax.tree.map(jnp.mean, parts)), settings.devices)
