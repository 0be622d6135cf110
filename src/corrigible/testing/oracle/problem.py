"""Worlds, hands, problems and truths as nested lists; the ordinary optimum; what a hand says.

Shapes: S states, A actions, H hypotheses. P, d, x are [S][A][S]; a reward is [S][A]; a problem's
rewards are [H][S][A]; a belief is a tuple of H weights that sum to one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from corrigible.testing.oracle.affine import Node, Option, combine, solve, worth

Table = Sequence[Sequence[float]]
Cube = Sequence[Sequence[Sequence[float]]]
Weights = tuple[float, ...]

OPTIMAL_WITHIN = 1e-8
LEAST_WITHIN = 1e-12


@dataclass(frozen=True)
class World:
    """How the world moves and what turns the channel off (d) and on (x); no reward.

    Shapes: transition, disables, restores [S][A][S]; start [S].

    Source: this package.
    """

    transition: Cube
    disables: Cube
    restores: Cube
    discount: float
    start: Sequence[float]

    @property
    def states(self) -> int:
        """The number of states.

        Returns:
            S.

        Raises:
            Nothing.

        Source: this package.
        """
        return len(self.transition)

    @property
    def actions(self) -> int:
        """The number of actions.

        Returns:
            A.

        Raises:
            Nothing.

        Source: this package.
        """
        return len(self.transition[0])

    def expected_disabling(self, s: int, a: int) -> float:
        """Sum over s' of P(s'|s,a) d(s,a,s').

        Returns:
            A probability.

        Raises:
            Nothing.

        Source: this package.
        """
        return math.fsum(
            p * d for p, d in zip(self.transition[s][a], self.disables[s][a], strict=True)
        )

    def excess_disabling(self, s: int) -> list[float]:
        """e(s, .) [A]: expected d above the least at s; 0 within 1e-12 of it.

        Returns:
            A floats.

        Raises:
            Nothing.

        Source: this package.
        """
        expected = [self.expected_disabling(s, a) for a in range(self.actions)]
        above = [d - min(expected) for d in expected]
        return [e if e > LEAST_WITHIN else 0.0 for e in above]

    def keeping(self, s: int) -> list[int]:
        """The actions of least expected d at s.

        Returns:
            Indices in the world's order.

        Raises:
            Nothing.

        Source: this package.
        """
        return [a for a, e in enumerate(self.excess_disabling(s)) if e == 0.0]


@dataclass(frozen=True)
class Hand:
    """An overseer: when it speaks (rate), about which state, how well, and with what force.

    `table`, if given, is [H][S][A] (in a truth a single [S][A]) and replaces the rationality.

    Source: this package.
    """

    rate: float
    rationality: float = math.inf
    about: str = "current"
    ties: str = "uniform"
    mode: str = "advises"
    ask_cost: float = 0.0
    table: Cube | None = None


@dataclass(frozen=True)
class Problem:
    """What the agent assumes: a world, a hand, hypotheses [H][S][A] and their weights [H].

    Source: this package.
    """

    world: World
    hand: Hand
    rewards: Sequence[Table]
    weights: Weights


@dataclass(frozen=True)
class Truth:
    """What is: a world, a hand and one reward [S][A]; `said`, if given, is the hand's [S][A].

    Source: this package.
    """

    world: World
    hand: Hand
    reward: Table
    said: Table | None = None


def optimal_q(transition: Cube, reward: Table, discount: float) -> list[list[float]]:
    """The ordinary optimal Q [S][A] of an MDP, to a residual of 1e-12.

    Returns:
        Q as nested lists.

    Raises:
        Unsolved: the residual is missed.

    Source: Howard (1960); Puterman (1994), section 6.4.
    """
    table: dict[Node, list[Option]] = {
        s: [
            combine(reward[s][a], ((t, discount * p) for t, p in enumerate(row)))
            for a, row in enumerate(rows)
        ]
        for s, rows in enumerate(transition)
    }
    values: dict[Node, float] = {}
    solve(table, table.__getitem__, values)
    return [[worth(option, values) for option in options] for options in table.values()]


def optimal_actions(q: Table) -> list[list[int]]:
    """For each state the actions within 1e-8 max(1, max|Q|) of the best; q is [S][A].

    Returns:
        S lists of indices in the world's order.

    Raises:
        Nothing.

    Source: this package.
    """
    slack = OPTIMAL_WITHIN * max(1.0, max(abs(v) for row in q for v in row))
    return [[a for a, v in enumerate(row) if v >= max(row) - slack] for row in q]


def hand_says(world: World, hand: Hand, reward: Table) -> list[list[float]]:
    """p(a*|s_o) [S][A] of a hand that knows this reward [S][A].

    Returns:
        S probability vectors over actions.

    Raises:
        Unsolved: as `optimal_q`.

    Source: Ziebart (2008) and Ramachandran and Amir (2007) for the softmax; this package for
        the least-disabling rule among the optimal actions of a perfect hand.
    """
    q = optimal_q(world.transition, reward, world.discount)
    said: list[list[float]] = []
    if math.isinf(hand.rationality):
        for s, best in enumerate(optimal_actions(q)):
            d = {a: world.expected_disabling(s, a) for a in best}
            least = [a for a in best if d[a] <= min(d.values()) + LEAST_WITHIN]
            named = least[:1] if hand.ties == "ordered" else least
            said.append([1.0 / len(named) if a in named else 0.0 for a in range(world.actions)])
        return said
    for row in q:
        top = max(row)
        raw = [math.exp(hand.rationality * (v - top)) for v in row]
        said.append([v / math.fsum(raw) for v in raw])
    return said


def likelihood(problem: Problem) -> list[list[list[float]]]:
    """p(a*|s_o, h) [H][S][A] as the agent assumes it.

    Returns:
        H tables of S probability vectors.

    Raises:
        Unsolved: as `optimal_q`.

    Source: this package.
    """
    if problem.hand.table is not None:
        return [[list(row) for row in table] for table in problem.hand.table]
    return [hand_says(problem.world, problem.hand, reward) for reward in problem.rewards]


def posterior(weights: Weights, said: Cube, s: int, a: int) -> tuple[float, Weights | None]:
    """Bayes' rule after "in s, a was optimal"; weights [H], said [H][S][A].

    Returns:
        (predictive probability, new weights), or (0, None) where every hypothesis that is
        left calls the correction impossible.

    Raises:
        Nothing.

    Source: Bayes' rule.
    """
    joint = [w * table[s][a] for w, table in zip(weights, said, strict=True)]
    total = math.fsum(joint)
    if total <= 0.0:
        return 0.0, None
    return total, tuple(j / total for j in joint)


def mean_reward(problem: Problem, weights: Weights) -> list[list[float]]:
    """R_b [S][A].

    Returns:
        The mean reward under these weights.

    Raises:
        Nothing.

    Source: this package.
    """
    return [
        [
            math.fsum(
                w * reward[s][a] for w, reward in zip(weights, problem.rewards, strict=True) if w
            )
            for a in range(problem.world.actions)
        ]
        for s in range(problem.world.states)
    ]


def vpi(problem: Problem, weights: Weights, s: int) -> float:
    """What knowing the reward would be worth at s: sum_h b_h V*_h(s) - V0_b(s).

    Returns:
        A float >= 0, up to rounding.

    Raises:
        Unsolved: as `optimal_q`.

    Source: Howard (1966), Information value theory.
    """
    g, transition = problem.world.discount, problem.world.transition
    informed = math.fsum(
        w * max(optimal_q(transition, reward, g)[s])
        for w, reward in zip(weights, problem.rewards, strict=True)
        if w
    )
    return informed - max(optimal_q(transition, mean_reward(problem, weights), g)[s])


def policy_distribution(problem: Problem, weights: Weights) -> list[list[float]]:
    """P(pi*(s) = a) [S][A]: each hypothesis shares its weight evenly among its optimal actions.

    Returns:
        S probability vectors.

    Raises:
        Unsolved: as `optimal_q`.

    Source: this package.
    """
    total = [[0.0] * problem.world.actions for _ in range(problem.world.states)]
    for w, reward in zip(weights, problem.rewards, strict=True):
        q = optimal_q(problem.world.transition, reward, problem.world.discount)
        for s, best in enumerate(optimal_actions(q)):
            for a in best:
                total[s][a] += w / len(best)
    return total


def _entropy(p: Sequence[float]) -> float:
    return -math.fsum(v * math.log(v) for v in p if v > 0.0)


def policy_entropy(problem: Problem, weights: Weights) -> float:
    """Mean over states of the entropy of P(pi*(s) = .), in nats.

    Returns:
        A float.

    Raises:
        Unsolved: as `optimal_q`.

    Source: this package.
    """
    rows = policy_distribution(problem, weights)
    return math.fsum(_entropy(row) for row in rows) / len(rows)


def reward_entropy(weights: Weights) -> float:
    """Entropy of the belief over hypotheses, in nats; weights [H].

    Returns:
        A float.

    Raises:
        Nothing.

    Source: Shannon (1948).
    """
    return _entropy(weights)
