"""One training example, unrolled: what the model says against what it should have said.

    loss = 1/K sum_k  prefix_k + .25 value_k + policy_k + 2 consistency_k

Prefix, value and policy are cross-entropies; value and policy stand at positions 0..K, the others
at 1..K. Consistency is -cos(foresee(project(state_k)), project(h(observation_k))), its second side
without a gradient (Chen & He 2021). The gradient that passes from a state to the one before is
halved at every step.

Every branch measures batch statistics. Those of the dynamics are each step's own, and the unroll
carries them; what speaks about states (the heads, and the comparison) is asked about all positions
in one batch. Were each position normalised by itself, what is the same for a whole batch would be
lost, such as how many steps were paid so far, and a search, which uses the running statistics,
would be told prefixes that nothing had trained.

Guarantee: positions that are masked, absorbing ones included where a loss does not train them, have
no influence on the gradient of that loss.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
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
    goal, atoms, steps = batch.targets, settings.support, settings.unroll
    first, weights = Weights(network, statistics).represent(batch.seen[0], train=True)

    def evolve(carry: Any, action: Any) -> tuple[Any, Array]:
        state, moved = carry
        state, weights = Weights(network, moved).evolve(_halved(state), action, train=True)
        return (state, weights.statistics), state

    start = (first, weights.statistics)
    (_, moved), later = jax.lax.scan(evolve, start, batch.action)
    prefix, weights = _prefixes(Weights(network, moved), later, settings.search.horizon)
    policy, value, weights = weights.predict(
        _rows(jnp.concatenate([first[None], later])), train=True
    )
    unlike = jnp.zeros_like(batch.weight)
    if settings.consistency:
        unlike, weights = _consistency(weights, later, batch.seen[1:], goal.seen[:, 1:].T)
    said = _parted(value, steps + 1)
    parts = Losses(
        prefix=_cross(prefix, two_hot(goal.prefix[:, 1:].T, atoms), goal.known[:, 1:].T),
        value=_cross(said, two_hot(goal.value.T, atoms), goal.known.T),
        policy=_cross(_parted(policy, steps + 1), jnp.moveaxis(goal.policy, 1, 0), goal.acted.T),
        consistency=unlike,
    )
    total = jnp.mean(batch.weight * _weighted(parts, settings)) / steps
    error = jnp.abs(stop_gradient(expectation(said[0])) - goal.value[:, 0])
    return total, (weights.statistics, error, jax.tree.map(jnp.mean, parts))


def _rows(x: Array) -> Array:
    """[K, N, ...] as one batch."""
    return x.reshape(-1, *x.shape[2:])


def _parted(x: Array, steps: int) -> Array:
    """One batch as [K, N, ...]."""
    return x.reshape(steps, -1, *x.shape[1:])


def _prefixes(weights: Weights, states: Array, horizon: int) -> tuple[Array, Weights]:
    """What the reward head says along K states, `[K, N, atoms]`."""
    steps, count = states.shape[:2]
    read, weights = weights.part("squeeze", _rows(states), True)
    network = weights.network

    def remember(memory: Any, now: Any) -> tuple[Any, Array]:
        k, x = now
        fresh = k % horizon == 0
        memory = (jnp.where(fresh, 0.0, memory[0]), jnp.where(fresh, 0.0, memory[1]))
        memory = jax.vmap(network.memory)(x, memory)
        return memory, memory[0]

    along = (jnp.arange(steps), _parted(read, steps))
    _, held = jax.lax.scan(remember, network.start(count), along)
    logits, weights = weights.part("reward", _rows(held), True)
    return _parted(logits, steps), weights


def _weighted(parts: Losses, settings: Settings) -> Array:
    unlike = settings.consistency * parts.consistency
    return parts.prefix + settings.value_weight * parts.value + parts.policy + unlike


def _cross(logits: Array, shares: Array, mask: Array) -> Array:
    """Summed over positions, `[N]`."""
    each = jnp.where(mask, -jnp.sum(shares * jax.nn.log_softmax(logits), axis=-1), 0.0)
    return jnp.sum(each, axis=0)


def _halved(state: Array) -> Array:
    """The same number, half of its gradient."""
    return HALF * state + (1.0 - HALF) * stop_gradient(state)


def _consistency(
    weights: Weights, states: Array, seen: Array, mask: Array
) -> tuple[Array, Weights]:
    """-cos between what was foreseen and what came, summed over K steps, [N]."""
    foreseen, weights = weights.part("project", _rows(states), True)
    foreseen, weights = weights.part("foresee", foreseen, True)
    actual, weights = weights.represent(_rows(seen), train=True)
    actual, weights = weights.part("project", actual, True)
    cosine = jnp.sum(_unit(foreseen) * _unit(stop_gradient(actual)), axis=-1)
    return jnp.sum(jnp.where(mask, -_parted(cosine, states.shape[0]), 0.0), axis=0), weights


def _unit(x: Array) -> Array:
    return x * jax.lax.rsqrt(jnp.maximum(jnp.sum(x**2, axis=-1, keepdims=True), 1e-10))
