"""One training example, unrolled: what the model says against what it should have said.

    loss = 1/K sum_k  prefix_k + .25 value_k + policy_k + 2 consistency_k

Prefix, value and policy are cross-entropies; value and policy stand at positions 0..K, the others
at 1..K. Consistency is -cos(foresee(project(state_k)), project(h(observation_k))), its second side
without a gradient (Chen & He 2021). The gradient that passes from a state to the one before is
halved at every step. All branches measure their own batch statistics, which the unroll carries.

Guarantee: positions that are masked, absorbing ones included where a loss does not train them, have
no influence on the gradient of that loss.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from corrigible.efficientzero.layers import Statistics
from corrigible.efficientzero.networks import Network, Weights
from corrigible.efficientzero.settings import Settings
from corrigible.efficientzero.support import expectation, two_hot
from corrigible.efficientzero.targets import Targets

HALF = 0.5


class Batch(NamedTuple):
    """N examples.

    Args:
        seen: `[K+1, N, ...]`, observations, stacked.
        action: `[K, N]`.
        targets: at K + 1 positions.
        weight: `[N]`, of importance sampling.

    Source: Ye et al. 2021, section 4.
    """

    seen: Array
    action: Int[Array, "K N"]
    targets: Targets
    weight: Float[Array, " N"]


class Losses(NamedTuple):
    """Means over a batch, before their weights.

    Args:
        prefix: cross-entropy, over K steps, a scalar.
        value: cross-entropy, over K + 1 positions, a scalar.
        policy: cross-entropy, over K + 1 positions, a scalar.
        consistency: minus the cosine, over K steps, a scalar.

    Source: Ye et al. 2021, section 4.
    """

    prefix: Float[Array, ""]
    value: Float[Array, ""]
    policy: Float[Array, ""]
    consistency: Float[Array, ""]


def loss(
    network: Network, statistics: Statistics, batch: Batch, settings: Settings
) -> tuple[Float[Array, ""], tuple[Statistics, Float[Array, " N"], Losses]]:
    """The loss of a batch, and what was noticed on the way.

    Args:
        network: what is trained.
        statistics: before the batch.
        batch: N examples.
        settings: of the run.

    Returns:
        (loss, (statistics after the batch, |V - z| at position 0 `[N]`, the parts)).

    Raises:
        Nothing.

    Source: Ye et al. 2021, section 4; Schrittwieser et al. 2020, appendix G.
    """
    goal = batch.targets
    atoms = settings.support
    state, weights = Weights(network, statistics).represent(batch.seen[0], train=True)
    policy, value, weights = weights.predict(state, train=True)
    said = jax.lax.stop_gradient(expectation(value))
    first = Losses(
        prefix=jnp.zeros_like(said),
        value=_cross(value, two_hot(goal.value[:, 0], atoms), goal.known[:, 0]),
        policy=_cross(policy, goal.policy[:, 0], goal.acted[:, 0]),
        consistency=jnp.zeros_like(said),
    )

    def step(carry: Any, k: Any) -> tuple[Any, Losses]:
        state, memory, moved = carry
        state = _halved(state)
        fresh = k % settings.search.horizon == 0
        memory = (jnp.where(fresh, 0.0, memory[0]), jnp.where(fresh, 0.0, memory[1]))
        state, weights = Weights(network, moved).evolve(state, batch.action[k], train=True)
        prefix, memory, weights = weights.reward(state, memory, train=True)
        policy, value, weights = weights.predict(state, train=True)
        at = jax.tree.map(lambda x: x[:, k + 1], goal)
        unlike = jnp.zeros_like(said)
        if settings.consistency:
            unlike, weights = _consistency(weights, state, batch.seen[k + 1], at.seen)
        parts = Losses(
            prefix=_cross(prefix, two_hot(at.prefix, atoms), at.known),
            value=_cross(value, two_hot(at.value, atoms), at.known),
            policy=_cross(policy, at.policy, at.acted),
            consistency=unlike,
        )
        return (state, memory, weights.statistics), parts

    start = (state, network.start(said.shape[0]), weights.statistics)
    (_, _, moved), later = jax.lax.scan(step, start, jnp.arange(settings.unroll))
    parts = jax.tree.map(lambda one, more: one + jnp.sum(more, axis=0), first, later)
    total = jnp.mean(batch.weight * _weighted(parts, settings)) / settings.unroll
    error = jnp.abs(said - goal.value[:, 0])
    return total, (moved, error, jax.tree.map(jnp.mean, parts))


def _weighted(parts: Losses, settings: Settings) -> Array:
    unlike = settings.consistency * parts.consistency
    return parts.prefix + settings.value_weight * parts.value + parts.policy + unlike


def _cross(logits: Array, shares: Array, mask: Array) -> Array:
    return jnp.where(mask, -jnp.sum(shares * jax.nn.log_softmax(logits), axis=-1), 0.0)


def _halved(state: Array) -> Array:
    """The same number, half of its gradient."""
    return HALF * state + (1.0 - HALF) * jax.lax.stop_gradient(state)


def _consistency(weights: Weights, state: Array, seen: Array, mask: Array) -> tuple[Array, Weights]:
    """-cos between what was foreseen and what came, [N]."""
    foreseen, weights = weights.part("project", state, True)
    foreseen, weights = weights.part("foresee", foreseen, True)
    actual, weights = weights.represent(seen, train=True)
    actual, weights = weights.part("project", actual, True)
    cosine = jnp.sum(_unit(foreseen) * _unit(jax.lax.stop_gradient(actual)), axis=-1)
    return jnp.where(mask, -cosine, 0.0), weights


def _unit(x: Array) -> Array:
    return x * jax.lax.rsqrt(jnp.maximum(jnp.sum(x**2, axis=-1, keepdims=True), 1e-10))
