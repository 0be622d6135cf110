"""The model as a search sees it: nodes, edges, and value prefixes that start afresh.

The reward head predicts the *value prefix*: the undiscounted sum of the rewards since the last
reset, which is easier to learn than the step on which each reward falls. A node carries its state,
its prefix, the head's memory and its depth. Nodes whose depth is a multiple of the horizon are
resets, the root among them: what their children are paid is the prefix itself, and the memory
starts from zero. Every other edge pays prefix(child) - prefix(parent). The node at a reset still
belongs to the window that ends with it.

Guarantee: along any path the rewards of a window's edges add up to the prefix at its end.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from corrigible.efficientzero.networks import Memory, Weights
from corrigible.efficientzero.support import expectation


class Node(NamedTuple):
    """What a search keeps of a batch of nodes.

    Args:
        state: `[B, ...]`.
        prefix: `[B]`, the value prefix at the node.
        memory: of the reward head after it, two arrays `[B, L]`.
        depth: `[B]`, the root's is 0.

    Source: Ye et al. 2021, section 4.2.
    """

    state: Array
    prefix: Float[Array, " B"]
    memory: Memory
    depth: Int[Array, " B"]


class Prediction(NamedTuple):
    """What the model says of a batch of nodes.

    Args:
        reward: `[B]`, of the edge that led there; 0 at a root.
        logits: `[B, A]`, of the policy.
        value: `[B]`.

    Source: Schrittwieser et al. 2020.
    """

    reward: Float[Array, " B"]
    logits: Float[Array, "B A"]
    value: Float[Array, " B"]


def root(weights: Weights, observation: Array) -> tuple[Prediction, Node]:
    """A batch of roots: prefix 0, empty memory, depth 0.

    Args:
        weights: with their running statistics.
        observation: `[B, ...]`.

    Returns:
        (prediction, nodes), B of each.

    Raises:
        Nothing.

    Source: Ye et al. 2021, section 4.2.
    """
    state, _ = weights.represent(observation)
    logits, value, _ = weights.predict(state)
    count = state.shape[0]
    nothing = jnp.zeros(count)
    node = Node(state, nothing, weights.network.start(count), jnp.zeros(count, dtype=jnp.int32))
    return Prediction(nothing, logits, expectation(value)), node


def child(
    weights: Weights, node: Node, action: Int[Array, " B"], horizon: int
) -> tuple[Prediction, Node]:
    """The nodes that actions lead to.

    Args:
        weights: with their running statistics.
        node: B parents.
        action: `[B]`.
        horizon: steps between resets; 1 makes the prefix an ordinary reward.

    Returns:
        (prediction, nodes), B of each.

    Raises:
        Nothing.

    Source: Ye et al. 2021, section 4.2.
    """
    reset = node.depth % horizon == 0
    before = jnp.where(reset, 0.0, node.prefix)
    hidden, cell = (jnp.where(reset[:, None], 0.0, part) for part in node.memory)
    state, _ = weights.evolve(node.state, action)
    prefix, memory, _ = weights.reward(state, (hidden, cell))
    logits, value, _ = weights.predict(state)
    paid = expectation(prefix)
    after = Node(state, paid, memory, node.depth + 1)
    return Prediction(paid - before, logits, expectation(value)), after
