"""Conformance of worlds, overseers and priors: what every planner takes for granted.

Guarantee: deterministic given the key; the object checked is not changed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from corrigible.belief import Belief
from corrigible.keys import Key, split
from corrigible.overseers.base import Overseer, Signal
from corrigible.testing.conformance.failure import require, require_distributions
from corrigible.worlds.tabular import Tabular

_EXACT = 1e-12


def check_world(world: Tabular) -> None:
    """A world's numbers are probabilities and its views of itself agree.

    Rows of the transition and the start are distributions; the flows that turn the channel off and
    on are parts of the transition; `expected_disables`, `has_restores`, `is_monotone` and `dense`
    say the same as they do; labels and indices are inverse.

    Not covered: whether the dynamics are the ones you meant, and whether they depend on the reward
    (they must not).

    Args:
        world: of S states and A actions.

    Returns:
        Nothing. Matrices are `[S*A, S]`.

    Raises:
        NonConformance: one line on the first thing that is wrong.

    Source: this package.
    """
    states, actions = world.n_states, world.n_actions
    require(0.0 <= world.discount < 1.0, f"discount is {world.discount}, outside [0, 1)")
    require(np.shape(world.start) == (states,), "start is not [S]")
    require_distributions("start", np.asarray(world.start))
    flows: dict[str, np.ndarray] = {}
    for name in ("transition_matrix", "off_matrix", "on_matrix", "back_matrix"):
        matrix: Any = getattr(world, name)
        require(matrix.shape == (states * actions, states), f"{name} is not [S*A, S]")
        flows[name] = matrix.toarray()
        require(np.isfinite(flows[name]).all(), f"{name} has entries that are not finite")
        require(flows[name].min() >= 0.0, f"{name} has a negative entry")
    moves, off, on, back = flows.values()
    require_distributions("transition_matrix", moves)
    require((off <= moves + _EXACT).all(), "off_matrix is more than the transition somewhere")
    require((back <= moves + _EXACT).all(), "back_matrix is more than the transition somewhere")
    require(np.abs(off + on - moves).max() <= _EXACT, "off_matrix + on_matrix is not transition")
    expected = off.sum(axis=1).reshape(states, actions)
    require(
        np.abs(world.expected_disables - expected).max() <= 1e-9,
        "expected_disables is not the row sum of off_matrix",
    )
    require(world.has_restores == bool(back.any()), "has_restores disagrees with back_matrix")
    monotone = bool((off + back <= moves + _EXACT).all())
    require(world.is_monotone == monotone, "is_monotone disagrees with off_matrix + back_matrix")
    dense = world.dense()
    require(dense.shape == (states, actions, states), "dense() is not [S, A, S]")
    require(np.array_equal(dense.reshape(moves.shape), moves), "dense() is not the transition")
    for state in range(states):
        label = world.label(state)
        require(world.index(label) == state, f"index({label!r}) is not state {state}")


def check_overseer(
    overseer: Overseer,
    world: Tabular,
    rewards: Float[np.ndarray, "H S A"],
    key: Key = 0,
    draws: int = 4000,
) -> None:
    """An overseer is a likelihood, and what derives from it agrees with it.

    The likelihood is `[H, S, A]`, rows are distributions, the same at every call, whatever else
    there is in the batch (`only`); silence and corrections together have probability one;
    `sample` repeats with its key, never says what has probability zero, and comes as often as
    `log_prob` says (each frequency within five standard errors).

    Not covered: whether the hand is rational; deviations smaller than five standard errors of
    `draws` draws; hands whose rate depends on the reward.

    Args:
        overseer: the hand.
        world: of S states and A actions.
        rewards: `[H, S, A]`.
        key: an int or a JAX key, consumed.
        draws: samples for each of at most three states.

    Returns:
        Nothing.

    Raises:
        NonConformance: one line on the first thing that is wrong.

    Source: this package.
    """
    before = rewards.copy()
    table = np.asarray(overseer.likelihood(world, rewards))
    require(table.shape == rewards.shape, f"likelihood is {list(table.shape)}, not [H, S, A]")
    require_distributions("likelihood", table)
    require(np.array_equal(rewards, before), "likelihood changed the rewards that it was given")
    again = overseer.likelihood(world, rewards)
    require(np.array_equal(table, again), "likelihood differs from one call to the next")
    require(0.0 <= overseer.rate <= 1.0, f"rate is {overseer.rate}, outside [0, 1]")
    for h in range(len(rewards)):
        alone = overseer.only(h).likelihood(world, rewards[h : h + 1])
        require(
            np.abs(alone - table[h]).max() <= 1e-9,
            f"only({h}) has another likelihood than row {h}",
        )
    for number, s in zip(split(key, 3), range(world.n_states), strict=False):
        _check_sampling(overseer, table[0], s, number, draws)


def _check_sampling(overseer: Overseer, table: np.ndarray, s: int, key: int, draws: int) -> None:
    states, actions = table.shape
    signals: list[Signal | None] = [None]
    signals += [(o, a) for o in range(states) for a in range(actions)]
    chances = {x: float(np.exp(overseer.log_prob(x, table, s))) for x in signals}
    total = sum(chances.values())
    require(abs(total - 1.0) <= 1e-9, f"in state {s} the signals' probabilities sum to {total:.9g}")
    keys = split(key, draws)
    first = overseer.sample(keys[0], table, s)
    require(first == overseer.sample(keys[0], table, s), "sample differs with the same key")
    counts = dict.fromkeys(signals, 0)
    for k in keys:
        heard = overseer.sample(k, table, s)
        require(heard in counts, f"sample said {heard!r}, which is no (state, action) or None")
        counts[heard] += 1
    for x, chance in chances.items():
        error = np.sqrt(chance * (1.0 - chance) / draws)
        off = abs(counts[x] / draws - chance)
        require(
            off <= 5.0 * error + 1e-12,
            f"in state {s}, {x!r} came {counts[x]} times in {draws}, log_prob says {chance:.4g}",
        )


def check_prior(belief: Belief, world: Tabular) -> None:
    """A prior over rewards of this world that Bayes' rule can be applied to.

    Weights are a distribution; hypotheses are finite rewards `[H, S]` or `[H, S, A]`; a certain
    piece of evidence changes nothing, an impossible one changes nothing and is an alarm; the order
    of two pieces of evidence does not matter; `mean` and `disagreement` are those of the weights.

    Not covered: whether the prior holds the true reward, or anything near it.

    Args:
        belief: over H rewards.
        world: of S states and A actions.

    Returns:
        Nothing.

    Raises:
        NonConformance: one line on the first thing that is wrong.

    Source: Bayes' rule.
    """
    weights = np.asarray(belief.weights, dtype=np.float64)
    require(weights.ndim == 1 and weights.size > 0, "weights are not [H] with H at least 1")
    require_distributions("weights", weights, 1e-6)
    rewards = np.asarray(belief.hypotheses, dtype=np.float64)
    count, states, actions = len(weights), world.n_states, world.n_actions
    fits = rewards.shape in ((count, states), (count, states, actions))
    require(fits, f"hypotheses are {list(rewards.shape)}, not [H, S] or [H, S, A]")
    require(np.isfinite(rewards).all(), "a hypothesis is not finite")

    def same(left: Belief, right: Any) -> bool:
        other = right.weights if isinstance(right, Belief) else right
        return bool(np.abs(np.asarray(left.weights) - np.asarray(other)).max() <= 1e-6)

    dtype = np.asarray(belief.log_weights).dtype
    certain, one, two = (
        np.asarray(x, dtype=dtype)
        for x in (np.zeros(count), -0.1 * np.arange(count), np.cos(np.arange(count)) - 1.0)
    )
    impossible = np.full(count, -np.inf, dtype=dtype)
    require(same(belief.update(certain), weights), "certain evidence changed the belief")
    require(same(belief.update(impossible), weights), "impossible evidence changed the belief")
    require(np.isneginf(belief.log_evidence(impossible)), "impossible evidence is no alarm")
    joint = weights * np.exp(one + two)
    require(same(belief.update(one).update(two), joint / joint.sum()), "update is not Bayes' rule")
    require(
        same(belief.update(one).update(two), belief.update(two).update(one)),
        "the order of two pieces of evidence matters",
    )
    mean = np.tensordot(weights, rewards, axes=1)
    scale = max(1.0, float(np.abs(rewards).max()))
    require(np.abs(np.asarray(belief.mean(rewards)) - mean).max() <= 1e-5 * scale, "mean is wrong")
    spread = np.tensordot(weights, (rewards - mean) ** 2, axes=1)
    require(
        np.abs(np.asarray(belief.disagreement(rewards)) - spread).max() <= 1e-5 * scale**2,
        "disagreement is not the weighted variance",
    )
