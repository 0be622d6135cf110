"""The nodes of a belief-space search: what can follow each, how likely, and a first guess of it.

Four kinds of node take turns. The agent *acts*; the world *moves* (a next state, the channel on or
off); with the channel on there is an *arrival*, where the hand speaks or is silent, or the agent
asks or declines; and where the hand speaks about one of several states, an answer is *told*. What
is heard leads to the posterior by Bayes' rule. Where a hand overrides, a node after a correction
has one action only.

A node holds, for each of its edges, a probability (chance nodes) and a first guess of what the edge
is worth, from the leaves of `corrigible.planners.leaves` one or two steps further on. A hand that
speaks about any of many states is followed at a systematic sample of them, from a place that the
node's own number decides.

Guarantee: probabilities are the predictive distribution of the belief, exactly (to float32), where
states are at most `ABOUT`; else unbiased over the node's number.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt

ACT, MOVE, ARRIVE, TOLD = range(4)
ABOUT = 16
NEVER = -1e9
Mode = Literal["current", "overrides", "uniform", "asked"]


class Game(NamedTuple):
    """A problem and its leaves as padded arrays; M successors of a step, Q states spoken of.

    Args:
        rewards: `[H, S, A]`.
        likelihood: `[H, S, A]`; zero for padding.
        to: `[S, A, M]`, next states.
        moves: `[2, S, A, M, 2]`, their probabilities, by the channel before (on, off) and after.
        valid: `[A]`, which actions exist.
        q: `[2, K, H, S, A]`, the leaves' Q with the channel on, off.
        value: `[2, K, H, S]`, their V.
        about: `[Q]`, states that are spoken of, before they are shifted.
        weight: `[Q]`, how likely each is to be spoken of (uniform); zero for padding.
        shift: `[]`, how far a node's number shifts them: 0 or 1.
        states: `[]`, how many states there are.
        rate: `[]`.
        cost: `[]`, of an answer.
        discount: `[]`.

    Source: this package.
    """

    rewards: Float[Array, "H S A"]
    likelihood: Float[Array, "H S A"]
    to: Int[Array, "S A M"]
    moves: Float[Array, "2 S A M 2"]
    valid: Bool[Array, " A"]
    q: Float[Array, "2 K H S A"]
    value: Float[Array, "2 K H S"]
    about: Int[Array, " Q"]
    weight: Float[Array, " Q"]
    shift: UInt[Array, ""]
    states: UInt[Array, ""]
    rate: Float[Array, ""]
    cost: Float[Array, ""]
    discount: Float[Array, ""]


class Place(NamedTuple):
    """Where a node is.

    Args:
        belief: `[H]`.
        state: `[]`.
        off: `[]`, 1 where the channel is off.
        pick: `[]`, the action taken (move), the number of the state spoken of (told), or the only
            action there is (act); -1 for none.
        kind: `[]`, one of the four.
        number: `[]`, what decides which states are sampled.

    Source: this package.
    """

    belief: Float[Array, " H"]
    state: Int[Array, ""]
    off: Int[Array, ""]
    pick: Int[Array, ""]
    kind: Int[Array, ""]
    number: UInt[Array, ""]


class Node(NamedTuple):
    """A place and its edges, W of them with padding.

    Args:
        place: where it is.
        worth: `[W]`, a first guess of what each edge is worth; `NEVER` for edges not to be chosen.
        chance: `[W]`, probabilities; zeros where the agent decides.
        decides: `[]`, whether it does.

    Source: this package.
    """

    place: Place
    worth: Float[Array, " W"]
    chance: Float[Array, " W"]
    decides: Bool[Array, ""]


def width(game: Game, mode: Mode) -> int:
    """W, the most edges that a node has.

    Args:
        game: padded arrays.
        mode: what the hand is about and how it is heard.

    Returns:
        W; no arrays.

    Raises:
        Nothing.

    Source: this package.
    """
    actions, successors = game.to.shape[1:]
    spoken = 1 + len(game.about) if mode in ("uniform", "asked") else 0
    return max(1 + actions, 2 * successors, spoken)


def node_at(game: Game, mode: Mode, place: Place) -> tuple[Node, Float[Array, ""]]:
    """A node, with its edges and their first guesses.

    Args:
        game: padded arrays.
        mode: what the hand is about and how it is heard.
        place: where.

    Returns:
        (the node, `[W]` edges; a first guess of its value, `[]`).

    Raises:
        Nothing.

    Source: this package.
    """
    edges = [_acting(game, place), _moving(game, mode, place), _arriving(game, mode, place)]
    decides = place.kind == ACT
    if mode == "asked":
        decides = decides | (place.kind == ARRIVE)
    if mode in ("uniform", "asked"):
        edges.append(_answering(game, mode, place))
    size = width(game, mode)
    worth = jnp.stack([_padded(w, size, NEVER) for w, _ in edges])[place.kind]
    chance = jnp.stack([_padded(c, size, 0.0) for _, c in edges])[place.kind]
    node = Node(place, worth, chance, decides)
    return node, value_of(worth, chance, decides)


def value_of(
    worth: Float[Array, " W"], chance: Float[Array, " W"], decides: Bool[Array, ""]
) -> Float[Array, ""]:
    """What a node is worth, given what its edges are: the best, or the mean.

    Args:
        worth: `[W]`.
        chance: `[W]`.
        decides: `[]`.

    Returns:
        `[]`.

    Raises:
        Nothing.

    Source: Puterman 1994, section 4.3.
    """
    return jnp.where(decides, worth.max(), (worth * chance).sum())


def follow(
    game: Game, mode: Mode, place: Place, edge: Int[Array, ""]
) -> tuple[Float[Array, ""], Float[Array, ""], Place]:
    """Where an edge leads.

    Args:
        game: padded arrays.
        mode: what the hand is about and how it is heard.
        place: where from.
        edge: `[]`.

    Returns:
        (reward, discount, place).

    Raises:
        Nothing.

    Source: this package.
    """
    successors = game.to.shape[2]
    belief, state, picked = place.belief, place.state, jnp.maximum(place.pick, 0)
    number = place.number * jnp.uint32(1664525) + edge.astype(jnp.uint32) + jnp.uint32(1013904223)
    nothing, on = jnp.int32(-1), jnp.int32(0)
    zero, whole = jnp.float32(0.0), jnp.float32(1.0)
    action = jnp.minimum(edge, game.valid.shape[0] - 1)

    def then(kind: int | Array, **changes: Array) -> Place:
        kept = place._replace(pick=nothing, number=number, kind=jnp.asarray(kind, jnp.int32))
        return kept._replace(**changes)

    acted = (belief @ game.rewards[:, state, action], game.discount, then(MOVE, pick=action))
    off = edge // successors
    there = game.to[state, picked, edge % successors]
    moved = (zero, whole, then(jnp.where(off == 1, ACT, ARRIVE), state=there, off=off))
    heard = _heard(game, belief, state, edge - 1)
    if mode in ("current", "overrides"):
        forced = edge - 1 if mode == "overrides" else nothing
        ways = [acted, moved, (zero, whole, then(ACT, belief=heard, off=on, pick=forced))]
    else:
        spoken = then(jnp.where(edge == 0, ACT, TOLD), off=on, pick=edge - 1)
        # The states spoken of were sampled by the number of the arrival, not of what follows it.
        ways = [acted, moved, (zero, whole, spoken._replace(number=place.number))]
        about = _about(game, place.number)[picked]
        answer = edge - 1 if mode == "asked" else edge
        paid = jnp.where(edge > 0, -game.cost, zero) if mode == "asked" else zero
        after = _heard(game, belief, about, answer)
        ways.append((paid, whole, then(ACT, belief=after, off=on)))
    return jax.tree.map(lambda *options: jnp.stack(options)[place.kind], *ways)


def _acting(game: Game, place: Place) -> tuple[Array, Array]:
    worth = _best(place.belief, game.q[place.off, :, :, place.state])
    allowed = (place.pick < 0) | (jnp.arange(game.valid.shape[0]) == place.pick)
    return jnp.where(game.valid & allowed, worth, NEVER), jnp.zeros_like(worth)


def _moving(game: Game, mode: Mode, place: Place) -> tuple[Array, Array]:
    action = jnp.maximum(place.pick, 0)
    there = game.to[place.state, action]
    chance = game.moves[place.off, place.state, action]

    def arrived(state: Array) -> Array:
        worth, likely = _arriving(game, mode, place._replace(state=state))
        return worth.max() if mode == "asked" else (worth * likely).sum()

    silenced = _best(place.belief, game.value[1][:, :, there])
    worth = jnp.concatenate([jax.vmap(arrived)(there), silenced])
    return worth, chance.T.ravel()


def _arriving(game: Game, mode: Mode, place: Place) -> tuple[Array, Array]:
    """Silence (or declining) first, then what is said (or who is asked about)."""
    silent = _best(place.belief, game.value[0, :, :, place.state])[None]
    if mode in ("current", "overrides"):
        worth, chance = _told(game, mode, place, place.state)
    else:
        each = jax.vmap(lambda about: _told(game, mode, place, about))
        answers, chances = each(_about(game, place.number))
        worth, chance = (answers * chances).sum(axis=1), game.weight
    if mode == "asked":
        worth = game.rate * (worth - game.cost) + (1.0 - game.rate) * silent
        worth = jnp.where(game.weight > 0.0, worth, NEVER)
        return jnp.concatenate([silent, worth]), jnp.zeros(1 + worth.shape[0], worth.dtype)
    chance = jnp.concatenate([1.0 - game.rate[None], game.rate * chance])
    return jnp.concatenate([silent, worth]), chance


def _answering(game: Game, mode: Mode, place: Place) -> tuple[Array, Array]:
    about = _about(game, place.number)[jnp.maximum(place.pick, 0)]
    worth, chance = _told(game, mode, place, about)
    if mode == "uniform":
        return worth, chance
    silent = _best(place.belief, game.value[0, :, :, place.state])[None]
    chance = jnp.concatenate([1.0 - game.rate[None], game.rate * chance])
    return jnp.concatenate([silent, worth - game.cost]), chance


def _told(game: Game, mode: Mode, place: Place, about: Array) -> tuple[Array, Array]:
    """`[A]`, what each correction about a state is worth on arrival, and its probability."""
    joint = (place.belief[:, None] * game.likelihood[:, about]).T
    chance = joint.sum(axis=1)
    after = joint / jnp.where(chance > 0.0, chance, 1.0)[:, None]
    if mode == "overrides":
        plans = game.q[0, :, :, place.state]
        return jnp.einsum("ah,kha->ka", after, plans).max(axis=0), chance
    return (after @ game.value[0, :, :, place.state].T).max(axis=1), chance


def _heard(game: Game, belief: Array, about: Array, answer: Array) -> Array:
    """The posterior; the belief itself where nothing is said, or nothing possible."""
    last = game.valid.shape[0] - 1
    joint = belief * game.likelihood[:, about, jnp.clip(answer, 0, last)]
    total = joint.sum()
    said = (answer >= 0) & (total > 0.0)
    return jnp.where(said, joint / jnp.where(said, total, 1.0), belief)


def _about(game: Game, number: Array) -> Array:
    # The high bits, as the low ones of a linear congruence hardly vary.
    start = game.shift * (number >> jnp.uint32(8))
    return ((game.about.astype(jnp.uint32) + start % game.states) % game.states).astype(jnp.int32)


def _best(belief: Array, plans: Array) -> Array:
    """`[...]`, the best plan at a belief; plans are `[K, H, ...]`."""
    return jnp.tensordot(belief, plans, axes=(0, 1)).max(axis=0)


def _padded(values: Array, size: int, fill: float) -> Array:
    more = jnp.full((size - values.shape[0],), fill, values.dtype)
    return jnp.concatenate([values, more])
