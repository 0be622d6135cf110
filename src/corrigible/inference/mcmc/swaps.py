"""Which of two neighbours attracts: local moves between modes.

Where two neighbouring states were never named, either may be the one that pays, and its values
draw the other's: two modes that a trajectory seldom connects. So for an edge {s, t} the values
trade places,

    (V(s), V(t)) -> (V(t) + c, V(s) - c),      c ~ N(0, SPREAD^2) drawn beforehand,

which is its own inverse and keeps volume, whatever c is. A change of V(s) changes the reward and
the choice of s and of those that can step to s, nobody else's. Edges with disjoint such
neighbourhoods share a *colour* and are decided at once, each by its own Metropolis ratio.

Guarantee: a move leaves the local density invariant: each edge's ratio has every term that the
edge changes, as the terms of different edges of a colour are disjoint.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from corrigible.inference.mcmc.spaces import Chains
from corrigible.inference.mcmc.values import Values
from corrigible.worlds.tabular import Tabular

SPREAD = 0.5
MOST_COLOURS = 64
_AT_ONCE = 6


class Swaps(eqx.Module):
    """Edges by colour.

    Args:
        partner: `[K, S]`, whom a state trades with in a colour, itself where with nobody.
        edge: `[K, S]`, which of a colour's edges changes a state's term, S where none does.
        sign: `[K, S]`, +1 and -1 at the two ends of an edge, 0 elsewhere.

    Source: this package.
    """

    partner: Int[Array, "K S"]
    edge: Int[Array, "K S"]
    sign: Float[Array, "K S"]

    def move(self, space: Any, x: Chains, key: Any) -> Chains:
        """Try the edges of a few colours. The key is consumed.

        Args:
            space: of values by state.
            x: V, `[S, C]`.
            key: a JAX key.

        Returns:
            `[S, C]`.

        Raises:
            Nothing.

        Source: this package.
        """
        for_colour, for_rest = jax.random.split(key)
        colours = jax.random.randint(for_colour, (_AT_ONCE,), 0, len(self.partner))
        states = jnp.arange(len(x))

        def one(carry: Any, given: Any) -> Any:
            x, before = carry
            colour, key = given
            for_shift, for_choice = jax.random.split(key)
            shift = SPREAD * jax.random.normal(for_shift, x.shape[1:], x.dtype)
            moved = x[self.partner[colour]] + self.sign[colour][:, None] * shift[None]
            after = space.by_state(moved)
            belongs = (self.edge[colour][:, None] == states[None]).astype(x.dtype)
            gain = belongs.T @ (after - before)
            chance = jnp.exp(jnp.minimum(gain, 0))
            taken = jax.random.uniform(for_choice, gain.shape, x.dtype) < chance
            changed = belongs @ taken.astype(x.dtype) > 0
            return (jnp.where(changed, moved, x), jnp.where(changed, after, before)), None

        (x, _), _ = jax.lax.scan(
            one, (x, space.by_state(x)), (colours, jax.random.split(for_rest, _AT_ONCE))
        )
        return x


def swaps(world: Tabular, space: Any) -> Swaps | None:
    """Colour the edges of a world in which steps are short.

    Args:
        world: S states and A actions.
        space: where the chains walk.

    Returns:
        The moves `[K, S]`; None where the chains do not walk in V, or where edges meddle with so
        many states that they would need more than `MOST_COLOURS` colours.

    Raises:
        Nothing.

    Source: greedy colouring (Welsh & Powell 1967).
    """
    if not isinstance(space, Values) or space.target.over != "state":
        return None
    states = world.n_states
    link = world.dense().max(axis=1) > 0
    near = [set(np.flatnonzero(link[:, s]).tolist()) | {s} for s in range(states)]
    colours: list[tuple[list[tuple[int, int]], set[int]]] = []
    for s, t in zip(*np.nonzero(np.triu(link | link.T, 1)), strict=True):
        changed = near[s] | near[t]
        for edges, taken in colours:
            if not taken & changed:
                edges.append((int(s), int(t)))
                taken |= changed
                break
        else:
            if len(colours) == MOST_COLOURS:
                return None
            colours.append(([(int(s), int(t))], set(changed)))
    if not colours:
        return None
    partner = np.tile(np.arange(states), (len(colours), 1))
    edge = np.full(partner.shape, states)
    sign = np.zeros(partner.shape)
    for colour, (edges, _) in enumerate(colours):
        for number, (s, t) in enumerate(edges):
            partner[colour, [s, t]] = t, s
            sign[colour, [s, t]] = 1.0, -1.0
            edge[colour, sorted(near[s] | near[t])] = number
    return Swaps(
        jnp.asarray(partner),
        jnp.asarray(edge),
        jnp.asarray(sign, dtype=space.target.heard.dtype),
    )
