"""What a state of belief is worth at the edge of a search, for the price of one matrix product.

Suppose that a correction, where one comes, tells everything with probability `share` and nothing
otherwise. What is best at a belief is then one decision problem, and its solution, a plan that does
the same until all is told, has a value v_h under each hypothesis, so that

    leaf(x, s) = max over plans of sum_h x_h v_h(s)

costs one product at any belief x. With share 0 the agent never learns and the leaf is a lower end;
with share 1 the first correction reveals the reward, and at the beliefs that plans were made for
the leaf is an upper end (Blackwell 1953). The value lies between, and moves with the share, so
there is a share at which one exact backup at the prior, on average over the start, leaves the leaf
as it is. That one is taken: it knows how far off the information is, that silencing the overseer
ends it, and how much this overseer's corrections teach.

Guarantee: none for shares inside (0, 1): leaves are estimates. At share 0 the leaf is never above
the value (but for the solver's residual).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from corrigible.planners.arrivals import Heard, Policy, Signals, hear, solve_beliefs
from corrigible.planners.envelope import Ends
from corrigible.planners.graph import BeliefGraph
from corrigible.problem import Problem

_PLANS = 16
_WORK = 1 << 19
_ROUNDS = 8
_STILL = 1e-3


@dataclass(frozen=True)
class Leaves:
    """Values of plans under each hypothesis.

    Args:
        share: the probability that a correction tells everything.
        on: `[K, H, S, A]`, Q with the channel on.
        off: `[K, H, S, A]`, Q with the channel off.
        value_on: `[K, H, S]`, V with the channel on.
        value_off: `[K, H, S]`, V with the channel off.

    Source: this package; alpha vectors are Pineau, Gordon & Thrun 2003.
    """

    share: float
    on: Float[np.ndarray, "K H S A"]
    off: Float[np.ndarray, "K H S A"]
    value_on: Float[np.ndarray, "K H S"]
    value_off: Float[np.ndarray, "K H S"]

    def at(self, beliefs: Float[np.ndarray, "N H"]) -> Float[np.ndarray, "N S"]:
        """The leaf at any belief, the channel on.

        Args:
            beliefs: `[N, H]`.

        Returns:
            `[N, S]`.

        Raises:
            Nothing.

        Source: Pineau, Gordon & Thrun 2003.
        """
        return np.einsum("nh,khs->nks", beliefs, self.value_on, optimize=True).max(axis=1)

    def q_at(self, beliefs: Float[np.ndarray, "N H"]) -> Float[np.ndarray, "N S A"]:
        """Its Q-shaped form.

        Args:
            beliefs: `[N, H]`.

        Returns:
            `[N, S, A]`.

        Raises:
            Nothing.

        Source: Pineau, Gordon & Thrun 2003.
        """
        return np.einsum("nh,khsa->nksa", beliefs, self.on, optimize=True).max(axis=1)


def make_leaves(
    problem: Problem, ends: Ends, points: Float[np.ndarray, "K H"], share: float
) -> Leaves:
    """Plans for some beliefs, valued under each hypothesis.

    Args:
        problem: what is assumed.
        ends: what each hypothesis is worth once it is known.
        points: `[K, H]`, the beliefs that plans are made for.
        share: the probability that a correction tells everything, in [0, 1].

    Returns:
        See `Leaves`.

    Raises:
        Nothing.

    Source: this package.
    """
    count, (hypotheses, states, actions) = len(points), problem.rewards.shape
    rewards = np.tensordot(points, problem.rewards, axes=1)
    best = solve_beliefs(problem, rewards, _told(problem, ends, points, share))
    known = _told(problem, ends, np.eye(hypotheses), share)
    on, off = np.empty((2, count, hypotheses, states, actions))
    value_on, value_off = np.empty((2, count, hypotheses, states))
    chosen = best.on.argmax(axis=2), best.off.argmax(axis=2), best.choice
    for k in range(count):
        same = Policy(*(np.tile(x[k], (hypotheses, 1)) for x in chosen))
        solved = solve_beliefs(problem, problem.rewards, known, policy=same)
        on[k], off[k] = solved.on, solved.off
        value_on[k] = Policy.pick(solved.on, same.on)
        value_off[k] = Policy.pick(solved.off, same.off)
    return Leaves(share, on, off, value_on, value_off)


def calibrated_leaves(problem: Problem, ends: Ends) -> Leaves:
    """The leaves that one exact backup at the prior leaves as they are, on average over the start.

    Args:
        problem: what is assumed.
        ends: what each hypothesis is worth once it is known.

    Returns:
        See `Leaves`.

    Raises:
        Nothing.

    Source: this package; a root is found by the Illinois method (Dowell & Jarratt 1971).
    """
    backup = _Backup(problem)
    points = _points(problem, backup.graph)

    def miss(share: float) -> tuple[float, Leaves]:
        leaves = make_leaves(problem, ends, points, share)
        return backup.miss(leaves), leaves

    top, best = miss(1.0)
    if top >= 0.0:
        return best
    bottom, lowest = miss(0.0)
    if bottom <= 0.0:
        return lowest
    allowed = _STILL * min(bottom, -top)
    low, high, side = 0.0, 1.0, 0
    for _ in range(_ROUNDS):
        share = (low * top - high * bottom) / (top - bottom)
        found, best = miss(share)
        if abs(found) <= allowed:
            break
        if found > 0.0:
            low, bottom = share, found
            top = 0.5 * top if side == 1 else top
            side = 1
        else:
            high, top = share, found
            bottom = 0.5 * bottom if side == -1 else bottom
            side = -1
    return best


class _Backup:
    """One exact backup at the prior: what corrections lead to, from the leaves there."""

    def __init__(self, problem: Problem) -> None:
        _, states, actions = problem.rewards.shape
        self.problem = problem
        self.graph = BeliefGraph(problem, 2 + states * actions)
        after = self.graph.successors(0)[None]
        self.signals = Signals(after == 0, self.graph.predictive(0)[None], after)
        self.mean = np.tensordot(problem.weights(), problem.rewards, axes=1)[None]

    def miss(self, leaves: Leaves) -> float:
        """By how much the backup raises the leaves at the start."""
        beliefs = self.graph.all_weights()
        overrides = self.problem.overseer.mode == "overrides"
        q = leaves.q_at(beliefs) if overrides else None
        value = leaves.at(beliefs)
        heard = hear(self.problem, self.signals, value, q)
        there = solve_beliefs(self.problem, self.mean, heard).on[0].max(axis=1)
        return float(self.problem.world.start @ (there - value[0]))


def most_plans(problem: Problem) -> int:
    """How many plans there is time for.

    Args:
        problem: H hypotheses, S states.

    Returns:
        From 1 to 16; no arrays.

    Raises:
        Nothing.

    Source: this package.
    """
    return int(np.clip(_WORK // problem.rewards[..., 0].size, 1, _PLANS))


def _points(problem: Problem, graph: BeliefGraph) -> np.ndarray:
    """The prior, certainty and what may be heard first: half each where they do not all fit."""
    weights, room = problem.weights(), most_plans(problem)
    mass = np.bincount(graph.successors(0).ravel(), graph.predictive(0).ravel(), graph.size)
    mass[0] = 0.0
    heard = graph.all_weights()[np.argsort(-mass, kind="stable")[: int((mass > 0.0).sum())]]
    certain = np.eye(len(weights))[np.argsort(-weights, kind="stable")[: (weights > 0.0).sum()]]
    some = max(room - 1 - len(heard), room // 2)
    return np.concatenate([weights[None], certain[:some], heard])[:room]


def _told(problem: Problem, ends: Ends, weights: np.ndarray, share: float) -> Heard:
    """What corrections lead to where they tell everything with this probability, else nothing."""
    count, states = len(weights), problem.world.n_states
    stay = np.full((count, states), 1.0 - share)
    if problem.overseer.mode == "overrides":
        known = (problem.likelihood * ends.top).sum(axis=2)
        forced = np.tensordot(weights, problem.likelihood, axes=1)
        return Heard(stay, share * weights @ known, (1.0 - share) * forced)
    gain = share * weights @ ends.top_value
    if problem.overseer.about == "asked":
        gain = np.repeat(gain[:, None], states, axis=1)
    return Heard(stay, gain, None)


def questions(problem: Problem, leaves: Leaves, many: int) -> Int[np.ndarray, " Q"]:
    """The states most worth asking about at the prior, by one step of looking ahead.

    Args:
        problem: whose hand is asked.
        leaves: what the answers are worth.
        many: Q, how many; all states where there are no more.

    Returns:
        `[Q]`, in the world's order.

    Raises:
        Nothing.

    Source: this package.
    """
    backup = _Backup(problem)
    signals, value = backup.signals, leaves.at(backup.graph.all_weights())
    told = (signals.chance[0, :, :, None] * value[signals.after[0]]).sum(axis=1)
    gain = (told - value[0]).max(axis=1)
    return np.sort(np.argsort(-gain, kind="stable")[:many])
