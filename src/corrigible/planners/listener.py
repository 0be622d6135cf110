"""An agent that stops listening before its draws run out.

A continuous belief is held as draws, and every correction leaves fewer of them with any weight: an
agent that hears all of them soon takes one draw for the truth. This one heeds a correction only
where the effective number of draws stays above a least number and becomes smaller; every other
correction it ignores. Its beliefs are then finitely many, without a cycle, and a plan over them is
a plan for any reward whatever, also for one that is not among the draws:

    v_h(n, .) = what the plan is worth from belief n on, if h is the reward and the hand is as
                assumed: one linear system for each n, those it leads to first.

Guarantee: `under` is exactly the value of that plan under each reward, to the solve's residual. So
for h drawn from a belief b, independently of the plan, its mean is at most the optimal value at b.
"""

from __future__ import annotations

import heapq

import numpy as np
from jaxtyping import Float

from corrigible.planners.arrivals import Policy, Signals, hear, solve_beliefs
from corrigible.planners.exact import Exact
from corrigible.planners.graph import BeliefGraph
from corrigible.problem import Problem

_FEWER = 0.999
_NUMBERS = 1 << 22


class Listener(BeliefGraph):
    """The beliefs of an agent that ignores what would leave it too few draws.

    Args:
        problem: over draws of a continuous belief.
        least: the effective number of draws below which nothing is heeded.
        most: how many beliefs are told apart, the likeliest first.

    Source: this package; Kish 1965, for the effective number.
    """

    def __init__(self, problem: Problem, least: float, most: int) -> None:
        self._least = least
        self._full = False
        states, actions = problem.rewards.shape[1:]
        super().__init__(problem, most + states * actions)
        waiting = [(-1.0, 0)]
        while waiting and self.size < most:
            reach, node = heapq.heappop(waiting)
            before = self.size
            after = self.successors(node)
            chance = self.predictive(node)
            for child in range(before, self.size):
                share = float(chance[after == child].sum()) / states
                heapq.heappush(waiting, (reach * share, child))
        self._full = True

    def effective(self, node: int) -> float:
        """The effective number of draws at a belief.

        Args:
            node: its number.

        Returns:
            1 / sum_h b_h^2. No arrays, no shapes.

        Raises:
            Nothing.

        Source: Kish 1965.
        """
        weights = self.weights(node)
        return 1.0 / float(weights @ weights)

    def _heeded(self, node: int, joint: np.ndarray, chance: np.ndarray) -> np.ndarray:
        if self._full:
            return np.zeros(len(chance), bool)
        left = chance**2 / np.maximum((joint**2).sum(axis=0), np.finfo(np.float64).tiny)
        return (left >= self._least) & (left <= _FEWER * self.effective(node))


def listening(problem: Problem, least: float, most: int) -> Exact:
    """A plan over the beliefs of a `Listener`.

    Args:
        problem: over draws of a continuous belief, `[H, S, A]`.
        least: the effective number of draws below which nothing is heeded.
        most: how many beliefs are told apart.

    Returns:
        The plan. What it says of its own value is a guess, as what it ignores is lost to it.

    Raises:
        Nothing.

    Source: this package.
    """
    everywhere = np.ones(problem.world.n_states, bool)
    return Exact(problem, graph=Listener(problem, least, most), states=everywhere)


def under(
    plan: Exact, rewards: Float[np.ndarray, "N S A"], likelihood: Float[np.ndarray, "N S A"]
) -> Float[np.ndarray, "N S A"]:
    """What a listening plan is worth under rewards that it need not know.

    Args:
        plan: from `listening`.
        rewards: `[N, S, A]`.
        likelihood: `[N, S, A]`, of the assumed hand under each of them.

    Returns:
        `[N, S, A]`: from the first belief, channel on, each action and then the plan; a lower end
        where the solve leaves a residual.

    Raises:
        Nothing.

    Source: Hansen 1998, for the value of a finite controller.
    """
    width = max(1, _NUMBERS // (rewards.shape[1] ** 2 * plan.n_beliefs))
    parts = [
        _under(plan, rewards[low : low + width], likelihood[low : low + width])
        for low in range(0, len(rewards), width)
    ]
    return np.concatenate(parts)


def _under(plan: Exact, rewards: np.ndarray, likelihood: np.ndarray) -> np.ndarray:
    problem, graph = plan.problem, plan.graph
    count, states, actions = rewards.shape
    nodes = sorted(range(graph.size), key=lambda n: 1.0 / (graph.weights(n) @ graph.weights(n)))
    value = np.zeros((graph.size, count, states))
    on = np.zeros((graph.size, count, states, actions))
    residual, none = 0.0, np.empty(0, dtype=np.int64)
    for node in nodes:
        successors = graph.successors(node, none)
        same = (successors == node) | (successors < 0)
        after = np.where(same, node, successors) * count + np.arange(count)[:, None, None]
        decision = plan.decide(graph.weights(node))
        on_policy, off_policy, choice = (
            np.repeat(np.asarray(part)[None], count, axis=0)
            for part in (decision.on, decision.off, decision.ask + 1)
        )
        policy = Policy(on_policy, off_policy, choice)
        heard = hear(
            problem,
            Signals(np.repeat(same[None], count, axis=0), likelihood, after),
            value.reshape(-1, states),
            on.reshape(-1, states, actions),
        )
        solved = solve_beliefs(problem, rewards, heard, policy=policy)
        on[node] = solved.on
        value[node] = Policy.pick(solved.on, policy.on)
        residual = max(residual, solved.residual)
    return on[0] - residual / (1.0 - problem.world.discount)
