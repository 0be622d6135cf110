"""Priors over rewards, each as a finite weighted set: a `Belief`.

- one goal of several, or k of them at once;
- linear in features, r_h(s, a) = sum_f weights[h, f] features[s, a, f];
- normal draws, one for each state or each (s, a): a fixed seeded sample (`Normal` is the density);
- an explicit list.

Guarantee: the belief is a pure function of the arguments (keys included), and its rewards are
finite.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.keys import Key, generator

MAX_HYPOTHESES = 10**6
MAX_NUMBERS = 5 * 10**7


def goals(
    states: Sequence[int],
    n_states: int,
    pays: float | Sequence[float] = 1.0,
    weights: Sequence[float] | None = None,
) -> Belief:
    """One of the states is the goal: a step taken there pays, nothing else does.

    Args:
        states: the candidates, distinct.
        n_states: S.
        pays: what the goal pays, or `[H]`, one number for each candidate.
        weights: `[H]`, non-negative, up to a factor; equal where None.

    Returns:
        A belief over rewards `[H, S]`, H = len(states), in the order of `states`.

    Raises:
        UserError: no candidates, a state outside the world, twice the same, or weights that are
            no distribution.

    Source: this package.
    """
    return k_goals(states, n_states, 1, pays, weights)


def k_goals(
    states: Sequence[int],
    n_states: int,
    k: int,
    pays: float | Sequence[float] = 1.0,
    weights: Sequence[float] | None = None,
) -> Belief:
    """k of the states are goals at once; every set of k is a hypothesis.

    Args:
        states: the candidates, distinct.
        n_states: S.
        k: goals at once, 1 <= k <= len(states).
        pays: what a goal pays, or one number for each candidate.
        weights: `[H]`, non-negative, up to a factor; equal where None.

    Returns:
        A belief over rewards `[H, S]`, H = len(states) choose k, in lexicographic order of the
        positions in `states`.

    Raises:
        UserError: no candidates, a state outside the world, twice the same, a k that does not
            fit, more than a million hypotheses, or weights that are no distribution.

    Source: this package.
    """
    places = np.asarray(list(states), dtype=np.int64)
    if places.size == 0:
        raise UserError("there are no goals to choose among; name at least one")
    if places.min() < 0 or places.max() >= n_states:
        raise UserError(f"a goal is not one of the {n_states} states")
    if len(set(places.tolist())) != places.size:
        raise UserError("the same goal is named twice")
    if not 1 <= k <= places.size:
        raise UserError(f"k is {k}; it must be between 1 and the number of goals, {places.size}")
    count = math.comb(places.size, k)
    check_size(count, count * n_states)
    amounts = np.broadcast_to(np.asarray(pays, dtype=np.float64), places.shape)
    chosen = np.array(list(itertools.combinations(range(places.size), k)))
    rewards = np.zeros((count, n_states))
    rewards[np.arange(count)[:, None], places[chosen]] = amounts[chosen]
    return explicit(rewards, weights)


def linear(
    features: Float[np.ndarray, "S F"] | Float[np.ndarray, "S A F"],
    weights: Float[np.ndarray, "H F"],
    probabilities: Sequence[float] | None = None,
) -> Belief:
    """Rewards linear in known features.

    Args:
        features: `[S, F]` or `[S, A, F]`.
        weights: `[H, F]`, one row for each hypothesis.
        probabilities: `[H]`, non-negative, up to a factor; equal where None.

    Returns:
        A belief over rewards `[H, S]` or `[H, S, A]`.

    Raises:
        UserError: no hypotheses, shapes that do not fit, numbers that are not finite.

    Source: Ng & Russell 2000, section 4, for the form.
    """
    table, rows = np.asarray(features, np.float64), np.asarray(weights, np.float64)
    if table.ndim not in (2, 3) or rows.ndim != 2 or rows.shape[1] != table.shape[-1]:
        raise UserError(
            f"features of shape {list(table.shape)} and weights of shape {list(rows.shape)} do "
            "not fit; [S, F] or [S, A, F], and [H, F], are needed"
        )
    check_size(len(rows), len(rows) * math.prod(table.shape[:-1]))
    return explicit(np.tensordot(rows, table, axes=(1, table.ndim - 1)), probabilities)


def normal_draws(
    key: Key, count: int, shape: tuple[int, ...], mean: float = 0.0, scale: float = 1.0
) -> Belief:
    """Independent normal rewards, as a finite set of draws. The key is consumed.

    Args:
        key: an int or a JAX key.
        count: H, how many rewards to draw.
        shape: `(S,)` for one number for each state, `(S, A)` for each state and action.
        mean: of every number.
        scale: standard deviation of every number, at least 0.

    Returns:
        A belief with H equally likely rewards `[H, *shape]`.

    Raises:
        UserError: no draws, too many, or a scale that is negative or not finite.

    Source: this package.
    """
    if count < 1:
        raise UserError(f"{count} draws were asked for; at least one is needed")
    if not (math.isfinite(mean) and math.isfinite(scale) and scale >= 0):
        raise UserError(f"mean {mean} and scale {scale} must be finite, and scale at least 0")
    check_size(count, count * math.prod(shape))
    return explicit(generator(key).normal(mean, scale, (count, *shape)))


def explicit(
    rewards: Sequence[Float[np.ndarray, ...]] | Float[np.ndarray, "H ..."],
    weights: Sequence[float] | None = None,
) -> Belief:
    """A list of rewards.

    Args:
        rewards: H arrays, all `[S]` or all `[S, A]`.
        weights: `[H]`, non-negative, up to a factor; equal where None.

    Returns:
        A belief over rewards `[H, S]` or `[H, S, A]`.

    Raises:
        UserError: no hypotheses, unequal shapes, numbers that are not finite, or weights that are
            no distribution.

    Source: this package.
    """
    try:
        stacked = np.asarray(rewards, dtype=np.float64)
    except ValueError:
        raise UserError("the rewards do not all have the same shape [S] or [S, A]") from None
    belief = Belief.uniform(stacked)
    if weights is None:
        return belief
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (len(stacked),):
        raise UserError(f"{given.size} weights were given for {len(stacked)} hypotheses")
    if not (np.isfinite(given).all() and given.min() >= 0):
        raise UserError("weights must be finite and at least 0")
    return belief.with_weights(given)


def check_size(count: int, numbers: int) -> None:
    """Refuse a prior that is too large, before anything is allocated.

    Args:
        count: hypotheses.
        numbers: numbers in all their rewards together.

    Returns:
        Nothing; no arrays.

    Raises:
        UserError: more than a million hypotheses, or 50 million numbers.

    Source: this package.
    """
    if count > MAX_HYPOTHESES:
        raise UserError(f"{count:,} hypotheses; at most {MAX_HYPOTHESES:,} are accepted")
    if numbers > MAX_NUMBERS:
        raise UserError(
            f"the rewards of all hypotheses hold {numbers:,} numbers; at most {MAX_NUMBERS:,} are "
            "accepted"
        )
