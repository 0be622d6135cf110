"""Belief-space search with mctx: many roots at once, in one compiled function.

Each simulation walks down from every root and adds one node to its tree. Where the agent decides,
the walk takes the edge of the largest

    worth (scaled to [0, 1]) + EXPLORE sqrt(visits of the node) prior / (visits of the edge + 1),

the prior being a softmax of the first guesses; half of the walks take the root's edges in turn. At
a chance node it is the edge whose probability is largest in proportion to the visits it has had
(Antonoglou et al. 2022), so that nothing is drawn. What mctx averages on the way back only guides
the walk. When the trees are grown their values are backed up again, exactly: the best edge where
the agent decides, the mean by the true probabilities at chance nodes, the first guess for edges
that were never followed. On random problems that has a tenth of the error of the averages.

Guarantee: the same roots give the same values, whichever other roots are searched beside them (up
to float32); `grow` is compiled once for each combination of padded shapes, mode and room.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from corrigible.errors import UserError
from corrigible.planners.nodes import NEVER, Game, Mode, Node, Place, follow, node_at, value_of

try:
    import mctx as untyped
except ModuleNotFoundError:
    raise UserError(
        'method="search" needs an extra; pip install "corrigible[search]" installs it'
    ) from None
mctx: Any = untyped  # its own types know chex alone

EXPLORE = 1.25
_PRIOR_SCALE = 0.2
_EVERY = 0.25
_TINY = 1e-6


@functools.partial(jax.jit, static_argnames=("mode", "room"))
def grow(
    game: Game, roots: Place, simulations: Int[Array, ""], key: Array, *, mode: Mode, room: int
) -> Float[Array, "B W"]:
    """Search from every root. The key is consumed.

    Args:
        game: padded arrays.
        roots: B places, every leaf with a leading axis B.
        simulations: `[]`, nodes to be added to each tree.
        key: a JAX key; mctx asks for one, though nothing is drawn.
        mode: what the hand is about and how it is heard.
        room: how many nodes there is room for, at least `simulations`.

    Returns:
        Worth of every root's edges, backed up exactly; `NEVER` for edges that are not there.

    Raises:
        Nothing.

    Source: mctx (Babuschkin et al. 2020), `search`; Antonoglou et al. 2022 for chance nodes.
    """
    make = jax.vmap(functools.partial(node_at, game, mode))
    node, value = make(roots)
    prior = jax.vmap(_logits)
    root = mctx.RootFnOutput(prior_logits=prior(node), value=value, embedding=node)

    def recur(_: Any, key: Array, edge: Array, node: Node) -> tuple[Any, Node]:
        reward, discount, place = jax.vmap(functools.partial(follow, game, mode))(node.place, edge)
        child, value = make(place)
        output = mctx.RecurrentFnOutput(
            reward=reward, discount=discount, prior_logits=prior(child), value=value
        )
        return output, child

    # mctx itself relies on the standard promotion.
    with jax.numpy_dtype_promotion("standard"):
        tree = mctx.search(
            game,
            key,
            root=root,
            recurrent_fn=recur,
            root_action_selection_fn=_select_at_root,
            interior_action_selection_fn=_select,
            num_simulations=room,
            loop_fn=lambda first, _, body, state: jax.lax.fori_loop(
                first, simulations, body, state
            ),
        )
    return jax.vmap(_backed_up)(tree)


def _logits(node: Node) -> Array:
    """log of the prior (where the agent decides) or of the probability of each edge."""
    there = node.worth > 0.5 * NEVER
    best = node.worth.max()
    spread = best - jnp.where(there, node.worth, best).min()
    scaled = (node.worth - best) / (_PRIOR_SCALE * jnp.maximum(spread, _TINY))
    soft = jnp.where(there, jnp.exp(jnp.where(there, scaled, 0.0)), 0.0)
    even = there.astype(soft.dtype)
    prior = (1.0 - _EVERY) * soft / soft.sum() + _EVERY * even / even.sum()
    weight = jnp.where(node.decides, prior, node.chance)
    return jnp.where(weight > 0.0, jnp.log(jnp.where(weight > 0.0, weight, 1.0)), NEVER)


def _select(key: Array, tree: Any, index: Array, depth: Any) -> Array:
    """The edge that a walk takes; `tree` is not batched."""
    node: Node = jax.tree.map(lambda x: x[index], tree.embeddings)
    visits = tree.children_visits[index].astype(node.worth.dtype)
    weight = jnp.exp(tree.children_prior_logits[index])
    there = node.worth > 0.5 * NEVER
    worth = jnp.where(visits > 0.0, tree.qvalues(index), node.worth)
    low = jnp.where(there, worth, jnp.inf).min()
    high = jnp.where(there, worth, -jnp.inf).max()
    scaled = (worth - low) / jnp.maximum(high - low, _TINY)
    share = weight / (visits + 1.0)
    explore = EXPLORE * jnp.sqrt(tree.node_visits[index].astype(share.dtype))
    score = jnp.where(node.decides, jnp.where(there, scaled + explore * share, NEVER), share)
    return jnp.argmax(score).astype(jnp.int32)


def _select_at_root(key: Array, tree: Any, index: Array) -> Array:
    """Half of the walks go round all edges, as margins need the worse ones too."""
    there = tree.embeddings.worth[index] > 0.5 * NEVER
    visits = jnp.where(there, tree.children_visits[index], jnp.iinfo(jnp.int32).max)
    behind = 2 * visits.min() * there.sum() < tree.node_visits[index]
    return jnp.where(behind, jnp.argmin(visits).astype(jnp.int32), _select(key, tree, index, None))


def _backed_up(tree: Any) -> Array:
    """`[W]`, worth of the root's edges: children come after their parents, so once from the end."""
    nodes: Node = tree.embeddings
    count = nodes.decides.shape[0]

    def back(step: Array, worth: Array) -> Array:
        index = count - 1 - step
        value = value_of(worth[index], nodes.chance[index], nodes.decides[index])
        parent, edge = tree.parents[index], tree.action_from_parent[index]
        reward, discount = (
            tree.children_rewards[parent, edge],
            tree.children_discounts[parent, edge],
        )
        return worth.at[parent, edge].set(reward + discount * value)

    return jax.lax.fori_loop(0, count - 1, back, nodes.worth)[0]
