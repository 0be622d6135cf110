"""What a belief over rewards says: about the reward, about what is optimal, about what is at stake.

    P(R)         the mean reward, its spread, the entropy of the reward
    P(pi*)       P(pi*(s) = a) = sum_h b_h 1[a is optimal in s under h] / (number optimal)
    VPI(b)       sum_h b_h V*_h - V0(b), what knowing the reward at once would be worth,

with V*_h the ordinary optimum under h and V0(b) the ordinary optimum under the mean reward. An
action counts as optimal with the perfect hand's tolerance, 1e-8 max(1, max|Q*_h|).

Guarantee: entropies are in nats, between 0 and the log of the number of reward classes or of
actions; hypotheses with the same reward are one class. VPI is at least 0, and its expectation after
any correction is at most what it was (the maximum of linear functions is convex). Reward entropy
can stay high while VPI is 0: corrections do not tell apart rewards with the same optimal actions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.overseers.hand import OPTIMAL_TOLERANCE
from corrigible.problem import Problem
from corrigible.worlds.optimum import optimal_q


@dataclass(frozen=True)
class Summary:
    """A belief in numbers.

    Args:
        reward_mean: `[S, A]`, sum_h b_h r_h.
        reward_std: `[S, A]`, the standard deviation of r_h under b.
        policy: `[S, A]`, P(pi*(s) = a).
        reward_entropy: in nats, over classes of equal rewards.
        policy_entropy: in nats, the mean over states.
        vpi: the value of perfect information at the start, in reward units.

    Source: this package.
    """

    reward_mean: Float[np.ndarray, "S A"]
    reward_std: Float[np.ndarray, "S A"]
    policy: Float[np.ndarray, "S A"]
    reward_entropy: float
    policy_entropy: float
    vpi: float


def summarise(problem: Problem, belief: Belief | None = None) -> Summary:
    """Everything this module computes, at once.

    Args:
        problem: H rewards over S states and A actions.
        belief: over the same hypotheses; the prior where None.

    Returns:
        See `Summary`; its arrays are `[S, A]`.

    Raises:
        UserError: a belief over another number of hypotheses.

    Source: this package.
    """
    weights = problem.weights(belief)
    mean = np.tensordot(weights, problem.rewards, axes=1)
    variance = np.tensordot(weights, (problem.rewards - mean) ** 2, axes=1)
    policy = policy_distribution(problem, belief)
    return Summary(
        reward_mean=mean,
        reward_std=np.sqrt(variance),
        policy=policy,
        reward_entropy=reward_entropy(problem, belief),
        policy_entropy=float(_entropy(policy).mean()),
        vpi=vpi(problem, belief),
    )


def optimal_actions(q: Float[np.ndarray, "H S A"]) -> Bool[np.ndarray, "H S A"]:
    """Which actions are optimal, within 1e-8 max(1, max|q_h|).

    Args:
        q: `[H, S, A]`, optimal action values.

    Returns:
        `[H, S, A]`, at least one True in every row.

    Raises:
        Nothing.

    Source: this package, as the perfect hand has it.
    """
    tolerance = OPTIMAL_TOLERANCE * np.maximum(1.0, np.abs(q).max(axis=(1, 2), keepdims=True))
    return q >= q.max(axis=2, keepdims=True) - tolerance


def policy_distribution(problem: Problem, belief: Belief | None = None) -> Float[np.ndarray, "S A"]:
    """P(pi*(s) = a) = sum_h b_h 1[a optimal in s under h] / (number optimal).

    Args:
        problem: H rewards over S states and A actions.
        belief: over the same hypotheses; the prior where None.

    Returns:
        `[S, A]`, each row a distribution.

    Raises:
        UserError: a belief over another number of hypotheses.

    Source: this package.
    """
    best = optimal_actions(optimal_q(problem.world, problem.rewards)).astype(np.float64)
    shares = best / best.sum(axis=2, keepdims=True)
    return np.tensordot(problem.weights(belief), shares, axes=1)


def policy_entropy(problem: Problem, belief: Belief | None = None) -> float:
    """The mean over states of the entropy of P(pi*(s) = a).

    Args:
        problem: H rewards over S states and A actions.
        belief: over the same hypotheses; the prior where None.

    Returns:
        A float in nats, between 0 and log A.

    Raises:
        UserError: a belief over another number of hypotheses.

    Source: Shannon 1948, section 6.
    """
    return float(_entropy(policy_distribution(problem, belief)).mean())


def reward_entropy(problem: Problem, belief: Belief | None = None) -> float:
    """The entropy of the reward; hypotheses with equal reward arrays are one class.

    Args:
        problem: H rewards over S states and A actions.
        belief: over the same hypotheses; the prior where None.

    Returns:
        A float in nats, between 0 and the log of the number of classes.

    Raises:
        UserError: a belief over another number of hypotheses.

    Source: Shannon 1948, section 6.
    """
    weights = problem.weights(belief)
    # Adding zero makes -0.0 and 0.0 the same reward.
    rows = problem.rewards.reshape(len(weights), -1) + 0.0
    _, which = np.unique(rows, axis=0, return_inverse=True)
    return float(_entropy(np.bincount(which.ravel(), weights=weights)[None])[0])


def vpi(problem: Problem, belief: Belief | None = None, state: int | None = None) -> float:
    """The value of perfect information, sum_h b_h V*_h - V0(b).

    Args:
        problem: H rewards over S states and A actions.
        belief: over the same hypotheses; the prior where None.
        state: where it is asked for; the start distribution where None.

    Returns:
        A float, at least 0, in reward units.

    Raises:
        UserError: no such state, or a belief over another number of hypotheses.

    Source: Howard 1966; V0 is the ordinary optimum under the mean reward.
    """
    world = problem.world
    if state is not None and not 0 <= state < world.n_states:
        raise UserError(f"state {state} does not exist; there are {world.n_states}, from 0")
    weights = problem.weights(belief)
    mean = np.tensordot(weights, problem.rewards, axes=1)
    gain = weights @ problem.optimum - optimal_q(world, mean[None]).max(axis=2)[0]
    at = world.start @ gain if state is None else gain[state]
    # Rounding alone can make it negative: the maximum over policies is convex in the reward.
    return max(0.0, float(at))


def _entropy(chances: Float[np.ndarray, "N A"]) -> Float[np.ndarray, " N"]:
    """-sum p log p along the last axis; rounding never takes it below zero."""
    safe = np.where(chances > 0, chances, 1.0)
    # Adding zero makes the -0.0 of a certain choice 0.0.
    return np.maximum(0.0, -(chances * np.log(safe)).sum(axis=-1)) + 0.0
