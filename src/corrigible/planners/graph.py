"""The beliefs that corrections can lead to, and how they are linked.

A node is a belief; hearing (s_o, a*) leads from it to the posterior, which is the node itself
where the correction says nothing new or is impossible under every hypothesis (an alarm). With a
hand whose likelihoods are 0 or 1 the nodes are supports, which only shrink: the graph is finite
and, self-loops apart, has no cycle. With a noisy hand it is usually infinite and is built only as
far as it is asked for.

Guarantee: two beliefs that differ by more than 1e-10 in any weight are different nodes (they are
told apart by two random projections, so with probability 1 - 1e-15 or better).
"""

from __future__ import annotations

import time

import numpy as np
from jaxtyping import Float, Int

from corrigible.errors import TooManyBeliefs, UserError
from corrigible.problem import Problem

SAME = 1e-11
HINT = 'use method="bounds"'


class OutOfTime(UserError):
    """The time allowed for planning is over.

    Source: this package.
    """


class BeliefGraph:
    """Reachable beliefs, found lazily.

    Args:
        problem: whose prior is node 0.
        cap: the most nodes that may be held.
        deadline: a `time.monotonic()` after which growing stops with `OutOfTime`.

    Source: this package.
    """

    def __init__(self, problem: Problem, cap: int, deadline: float = float("inf")) -> None:
        self.problem = problem
        self.cap = cap
        self.deadline = deadline
        hypotheses, states, actions = problem.rewards.shape
        self._shape = (states, actions)
        self._table = problem.likelihood.reshape(hypotheses, states * actions)
        self._lens = np.random.Generator(np.random.PCG64(7)).uniform(1.0, 2.0, (2, hypotheses))
        self._index: dict[tuple[int, int], int] = {}
        self._weights = np.empty((64, hypotheses))
        self._successors: dict[int, np.ndarray] = {}
        self._origin: list[tuple[int, int]] = []
        self.depth: list[int] = []
        self.size: int = 0
        self.index(problem.weights())

    def index(self, weights: Float[np.ndarray, " H"]) -> int:
        """The node of a belief, a new one where it was not known.

        Args:
            weights: `[H]`, summing to one.

        Returns:
            Its number; the prior's is 0.

        Raises:
            TooManyBeliefs: the cap is reached.

        Source: this package.
        """
        return self._number(weights, self._keys((self._lens @ weights)[:, None])[0], (-1, -1))

    def find(self, beliefs: Float[np.ndarray, "N H"]) -> Int[np.ndarray, " N"]:
        """The nodes of beliefs that may or may not be known.

        Args:
            beliefs: `[N, H]`, each summing to one.

        Returns:
            `[N]`, their numbers, -1 where a belief is not known.

        Raises:
            Nothing.

        Source: this package.
        """
        keys = self._keys(self._lens @ beliefs.T)
        return np.array([self._index.get(key, -1) for key in keys], dtype=np.int64)

    def weights(self, node: int) -> Float[np.ndarray, " H"]:
        """A node's belief.

        Args:
            node: its number.

        Returns:
            `[H]`, summing to one.

        Raises:
            Nothing.

        Source: this package.
        """
        return self._weights[node]

    def all_weights(self) -> Float[np.ndarray, "N H"]:
        """Every node's belief.

        Returns:
            `[N, H]`, in the order of their numbers.

        Raises:
            Nothing.

        Source: this package.
        """
        return self._weights[: self.size]

    def predictive(self, node: int) -> Float[np.ndarray, "S A"]:
        """P(a* | s_o, b): what this belief expects to hear about every state.

        Args:
            node: its number.

        Returns:
            `[S, A]`, rows summing to one.

        Raises:
            Nothing.

        Source: this package.
        """
        return (self._weights[node] @ self._table).reshape(self._shape)

    def heard(self, nodes: Int[np.ndarray, " N"], many: int) -> Int[np.ndarray, "N D"]:
        """The corrections by which beliefs were first found.

        Args:
            nodes: `[N]`.
            many: D, how many are wanted.

        Returns:
            `[N, D]`, as s_o * A + a*, the latest first; -1 where there were fewer.

        Raises:
            Nothing.

        Source: this package.
        """
        found = np.full((len(nodes), many), -1, dtype=np.int64)
        for row, node in enumerate(nodes.tolist()):
            for rank in range(many):
                if node < 0:
                    break
                node, found[row, rank] = self._origin[node]
        return found

    def successors(
        self, node: int, about: Int[np.ndarray, " K"] | None = None
    ) -> Int[np.ndarray, "S A"]:
        """The node after each correction.

        Args:
            node: where from.
            about: only corrections about these states are looked at; all of them where None.

        Returns:
            `[S, A]`; the node itself where nothing changes, -1 for states not looked at.

        Raises:
            TooManyBeliefs: the cap is reached.
            OutOfTime: the deadline has passed.

        Source: this package.
        """
        known = self._successors.get(node)
        if known is None:
            known = np.full(self._shape, -1, dtype=np.int64)
            self._successors[node] = known
        wanted = np.arange(self._shape[0]) if about is None else about
        missing = wanted[known[wanted, 0] < 0]
        if missing.size:
            known[missing] = self._find(node, missing)
        return known

    def entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What tells the nodes, for a checkpoint; how they are linked is found again.

        Returns:
            Weights `[N, H]`, keys `[N, 2]` and origins `[N, 2]`, in the order of their numbers.

        Raises:
            Nothing.

        Source: this package.
        """
        keys = np.array(list(self._index), dtype=np.int64)
        return self.all_weights(), keys, np.array(self._origin, dtype=np.int64)

    def restore(
        self,
        weights: Float[np.ndarray, "N H"],
        keys: Int[np.ndarray, "N 2"],
        origins: Int[np.ndarray, "N 2"],
    ) -> None:
        """Take in all nodes of another graph of the same problem, as `entries` gave them.

        Args:
            weights: `[N, H]`.
            keys: `[N, 2]`.
            origins: `[N, 2]`.

        Returns:
            Nothing.

        Raises:
            TooManyBeliefs: more than the cap.

        Source: this package.
        """
        for own, (one, two), (node, signal) in zip(
            weights[self.size :],
            keys[self.size :].tolist(),
            origins[self.size :].tolist(),
            strict=True,
        ):
            self._number(own, (one, two), (node, signal))

    def _find(self, node: int, about: np.ndarray) -> np.ndarray:
        if time.monotonic() > self.deadline:
            raise OutOfTime(f"out of time after {self.size:,} beliefs; {HINT}")
        weights = self._weights[node]
        support = np.flatnonzero(weights)
        columns = (about[:, None] * self._shape[1] + np.arange(self._shape[1])).ravel()
        joint = weights[support, None] * self._table[np.ix_(support, columns)]
        chance = joint.sum(axis=0)
        heard = chance > 0.0
        views = np.where(heard, (self._lens[:, support] @ joint) / np.where(heard, chance, 1.0), 0)
        here = (self._lens @ weights)[:, None]
        changed = heard & (np.abs(views - here).max(axis=0) > SAME)
        changed &= self._heeded(node, joint, np.where(heard, chance, 1.0))
        found = np.full(len(columns), node)
        which = np.flatnonzero(changed)
        for column, key in zip(which, self._keys(views[:, which]), strict=True):
            number = self._index.get(key)
            if number is None:
                posterior = np.zeros_like(weights)
                posterior[support] = joint[:, column] / chance[column]
                number = self._number(posterior, key, (node, int(columns[column])))
            found[column] = number
        return found.reshape(len(about), self._shape[1])

    def _heeded(self, node: int, joint: np.ndarray, chance: np.ndarray) -> np.ndarray:
        """Which corrections, by column, move the belief."""
        return np.ones(len(chance), bool)

    @staticmethod
    def _keys(views: np.ndarray) -> list[tuple[int, int]]:
        rounded = np.rint(views / SAME).astype(np.int64).T.tolist()
        return [(a, b) for a, b in rounded]

    def _number(self, weights: np.ndarray, key: tuple[int, int], origin: tuple[int, int]) -> int:
        known = self._index.get(key)
        if known is not None:
            return known
        if self.size >= self.cap:
            raise TooManyBeliefs(self.size + 1, HINT)
        if self.size == len(self._weights):
            self._weights = np.concatenate([self._weights, np.empty_like(self._weights)])
        self._weights[self.size] = weights
        self._index[key] = self.size
        self._origin.append(origin)
        self.depth.append(0 if origin[0] < 0 else 1 + self.depth[origin[0]])
        self.size += 1
        return self.size - 1
