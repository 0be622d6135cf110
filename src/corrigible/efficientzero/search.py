"""Planning in the learnt model.

*PUCT* (Silver et al. 2018; Schrittwieser et al. 2020) walks down by

    argmax_a  Q(s,a) + P(a|s) sqrt(N(s)) / (1 + N(s,a)) (1.25 + log((N(s) + 19653) / 19652))

with Q rescaled by the least and the largest Q over *all* edges of the tree, and unvisited actions
given the mean of their visited siblings, mixed with the mean of the parent below the root (Ye et
al. 2021, appendix A.2). *Gumbel* (Danihelka et al. 2022) needs fewer simulations: actions are drawn
without replacement and halved, and the policy learnt is softmax(logits + sigma(completed Q)).

Guarantee: trees of one batch do not see each other, and the reward of an edge is a difference of
the prefixes of its own two ends (`model.child`). Both are tested against a plain tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.model import Node, child, root
from corrigible.efficientzero.networks import Weights
from corrigible.errors import UserError

try:
    import mctx as _mctx
except ModuleNotFoundError:
    raise UserError(
        'EfficientZero needs an extra; pip install "corrigible[efficientzero]" installs it'
    ) from None

# Its annotations say less than it accepts.
mctx: Any = _mctx
_NARROWEST = 0.01


@dataclass(frozen=True)
class Search:
    """How to search.

    Args:
        kind: "puct" or "gumbel".
        simulations: nodes that each tree expands.
        horizon: steps between resets of the value prefix.
        discount: of a step.
        considered: actions that a Gumbel root begins with.
        noise: share of the Dirichlet noise at a PUCT root, while training.
        concentration: of that noise.

    Source: Ye et al. 2021, appendix A.3; Danihelka et al. 2022.
    """

    kind: Literal["puct", "gumbel"]
    simulations: int
    horizon: int
    discount: float
    considered: int = 16
    noise: float = 0.25
    concentration: float = 0.3


class Found(NamedTuple):
    """What B searches found.

    Args:
        action: `[B]`, to be taken.
        policy: `[B, A]`, to be learnt.
        searched: `[B]`, the value of the root after the search.
        value: `[B]`, the network's value of the root.

    Source: this package.
    """

    action: Int[Array, " B"]
    policy: Float[Array, "B A"]
    searched: Float[Array, " B"]
    value: Float[Array, " B"]


def search(
    weights: Weights,
    observation: Array,
    key: Key,
    settings: Search,
    temperature: Any = 1.0,
    explore: bool = True,
) -> Found:
    """Search from B observations. The key is consumed.

    Args:
        weights: of the model.
        observation: `[B, ...]`.
        key: a JAX key.
        settings: how.
        temperature: PUCT draws its action from visits^(1/temperature).
        explore: without it there is no noise, and the action is the most visited one.

    Returns:
        What the searches found.

    Raises:
        Nothing.

    Source: Ye et al. 2021, appendix A.2; Danihelka et al. 2022, section 3.
    """
    seen, node = root(weights, observation)
    output = tree(weights, seen.logits, seen.value, node, key, settings, temperature, explore)
    searched = output.search_tree.node_values[:, 0]
    action = output.action
    if settings.kind == "puct" and not explore:
        action = jnp.argmax(output.action_weights, axis=-1)
    return Found(action.astype(jnp.int32), output.action_weights, searched, seen.value)


def tree(
    weights: Weights,
    logits: Float[Array, "B A"],
    value: Float[Array, " B"],
    node: Node,
    key: Key,
    settings: Search,
    temperature: Any = 1.0,
    explore: bool = True,
) -> Any:
    """The searches themselves, with their trees. The key is consumed.

    Args:
        weights: of the model.
        logits: `[B, A]`, of the roots.
        value: `[B]`, of the roots.
        node: the roots.
        key, settings, temperature, explore: as in `search`.

    Returns:
        mctx's PolicyOutput.

    Raises:
        Nothing.

    Source: Ye et al. 2021, appendix A.2; Danihelka et al. 2022, section 3.
    """

    def expand(held: Weights, _: Key, action: Any, parent: Node) -> tuple[Any, Node]:
        said, after = child(held, parent, action, settings.horizon)
        discount = jnp.full_like(said.value, settings.discount)
        edge = mctx.RecurrentFnOutput(
            reward=said.reward, discount=discount, prior_logits=said.logits, value=said.value
        )
        return edge, after

    start = mctx.RootFnOutput(prior_logits=logits, value=value, embedding=node)
    # mctx mixes integers with floats; the mode is that of its own tests, for its own code only.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        if settings.kind == "puct":
            return mctx.muzero_policy(
                weights,
                key,
                start,
                expand,
                settings.simulations,
                qtransform=global_min_max,
                dirichlet_fraction=settings.noise if explore else 0.0,
                dirichlet_alpha=settings.concentration,
                temperature=temperature,
            )
        return mctx.gumbel_muzero_policy(
            weights,
            key,
            start,
            expand,
            settings.simulations,
            max_num_considered_actions=settings.considered,
            gumbel_scale=1.0 if explore else 0.0,
        )


def global_min_max(tree: Any, index: Any) -> Float[Array, " A"]:
    """Q of one node's actions, rescaled by the whole tree's least and largest.

    Args:
        tree: one search's, N nodes, without a batch axis.
        index: of the node.

    Returns:
        `[A]`, visited actions in [0, 1]; where all Q lie within .01 of each other that is the
        denominator.

    Raises:
        Nothing.

    Source: Schrittwieser et al. 2020, appendix B; Ye et al. 2021, appendix A.2.
    """
    q = tree.children_rewards + tree.children_discounts * tree.children_values
    visited = tree.children_visits > 0
    least = jnp.min(jnp.where(visited, q, jnp.inf))
    largest = jnp.max(jnp.where(visited, q, -jnp.inf))
    none = ~jnp.any(visited)
    least = jnp.where(none, 0.0, least)
    span = jnp.maximum(jnp.where(none, 0.0, largest - least), _NARROWEST)
    sums = jnp.sum(jnp.where(visited, q, 0.0), axis=-1)
    counts = jnp.sum(visited, axis=-1).astype(q.dtype)
    missing = _mean_on_path(tree.parents, sums, counts, index)
    return (jnp.where(visited[index], q[index], missing) - least) / span


def _mean_on_path(parents: Any, sums: Any, counts: Any, index: Any) -> Any:
    """The value of an unvisited action: m(root) = mean of its visited ones, or 0 without any;
    m(node) = (m(parent) + the sum of its visited ones) / (1 + their number), walked from below."""

    def above(carry: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        node, total, weight = carry
        weight = weight / (1.0 + counts[node])
        return parents[node], total + weight * sums[node], weight

    start = (jnp.asarray(index), jnp.zeros_like(sums[0]), jnp.ones_like(sums[0]))
    # A lane whose walk has ended waits for the others at node -1, which has no path.
    _, total, weight = jax.lax.while_loop(lambda carry: carry[0] > 0, above, start)
    return total + weight * sums[0] / jnp.maximum(counts[0], 1.0)
