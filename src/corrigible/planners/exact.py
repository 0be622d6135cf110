"""Exact values, wherever the reachable (belief, state) pairs are finite.

The beliefs that corrections lead to are collected first; then each belief is one finite decision
problem, corrections that do not change it included, given the values of the beliefs it leads to.
Supports only shrink, so with a perfect hand this is one backward pass over a directed acyclic
graph. Where a noisy hand leads back to a belief, although never at the same state, the beliefs of
that cycle are swept until they stand still.

Guarantee: the two ends, Q -+ residual / (1 - g), hold the true Q, and the residual is 1e-12 times
the largest value, or less; `TooManyBeliefs` where the pairs are more than the cap.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float, Int

from corrigible.agents.base import Decision, first_best
from corrigible.errors import TooManyBeliefs, UserError
from corrigible.planners.arrivals import (
    Heard,
    Signals,
    arrival_terms,
    everything,
    hear,
    solve_beliefs,
    solve_off,
)
from corrigible.planners.graph import BeliefGraph
from corrigible.planners.moves import Moves
from corrigible.planners.solution import BeliefValues, Solution
from corrigible.problem import Problem
from corrigible.worlds.optimum import RESIDUAL

CAP = 20_000
_CHUNK = 1 << 23


class Exact(Solution):
    """Exact values at every belief that can be reached from those asked about.

    Args:
        problem: what is assumed.
        cap: the most beliefs that may be held.
        deadline: a `time.monotonic()` after which planning stops with `OutOfTime`.
        states: `[S]`, where planning begins; the start distribution's support where None.
        extra: `[S, A]`, paid for actions chosen while the channel is on; minus infinity forbids
            an action.
        graph: beliefs found already, for the same problem.

    Raises:
        TooManyBeliefs: more than `cap` beliefs can be reached from the start.
        OutOfTime: the deadline passed.

    Source: this package; the belief MDP is Åström 1965, its finite support form Hauskrecht 2000.
    """

    def __init__(
        self,
        problem: Problem,
        cap: int = CAP,
        deadline: float = float("inf"),
        states: Bool[np.ndarray, " S"] | None = None,
        extra: Float[np.ndarray, "S A"] | None = None,
        graph: BeliefGraph | None = None,
    ) -> None:
        self.problem = problem
        self.graph: BeliefGraph = BeliefGraph(problem, cap, deadline) if graph is None else graph
        self._extra = extra
        self._moves = Moves(problem.world)
        self._masks: dict[int, np.ndarray] = {}
        self._failed: set[int] = set()
        self._on = np.zeros((0, problem.world.n_states, problem.world.n_actions))
        self._value = np.zeros((0, problem.world.n_states))
        self._ask = np.zeros((0, problem.world.n_states), dtype=np.int64)
        self._off: dict[int, np.ndarray] = {}
        self.residual: float = 0.0
        self._extend({0: problem.world.start > 0 if states is None else states})
        # The deadline is the plan's; what it is asked later may lead to further beliefs.
        self.graph.deadline = float("inf")

    @property
    def n_beliefs(self) -> int:
        """How many beliefs have been reached.

        Returns:
            Their number.

        Raises:
            Nothing.

        Source: this package.
        """
        return self.graph.size

    def at(self, weights: Float[np.ndarray, " H"], state: int | None = None) -> BeliefValues:
        """Both ends of every value at one belief.

        Args:
            weights: `[H]`.
            state: one state only, or all of them.

        Returns:
            See `BeliefValues`.

        Raises:
            TooManyBeliefs: too many beliefs can be reached from here.

        Source: this package.
        """
        node = self.graph.index(weights)
        states = self.problem.world.n_states
        wanted = np.ones(states, bool) if state is None else np.arange(states) == state
        self._extend({node: wanted})
        return self._values(node)

    def decide(self, weights: Float[np.ndarray, " H"]) -> Decision:
        """What the agent does at a belief, in every state that can be planned for.

        Args:
            weights: `[H]`.

        Returns:
            See `Decision`; states from which too many beliefs could be reached, and that cannot
            be reached themselves, get the world's first action.

        Raises:
            TooManyBeliefs: nothing was planned at this belief.

        Source: this package.
        """
        node = self.graph.index(weights)
        if node not in self._failed:
            try:
                self._extend({node: np.ones(self.problem.world.n_states, bool)})
            except TooManyBeliefs:
                self._failed.add(node)
        if node not in self._masks:
            raise TooManyBeliefs(self.graph.size)
        values = self._values(node)
        on = np.nan_to_num(values.on[0], nan=0.0, posinf=0.0, neginf=-1e300)
        return Decision(first_best(on), first_best(values.off[0]), values.ask)

    def values_at(self, beliefs: Float[np.ndarray, "N H"]) -> Float[np.ndarray, "N S"]:
        """V_on at beliefs that were planned for in every state.

        Args:
            beliefs: `[N, H]`.

        Returns:
            `[N, S]`; NaN at beliefs that were not planned for.

        Raises:
            Nothing.

        Source: this package.
        """
        nodes = self.graph.find(beliefs)
        return np.where(nodes[:, None] >= 0, self._value[nodes], np.nan)

    def hearing(self, weights: Float[np.ndarray, " H"]) -> tuple[Heard, Heard]:
        """What the next correction leads to, whatever it says, at both ends.

        Args:
            weights: `[H]`, a belief that was planned for.

        Returns:
            (lower, upper), each one belief's `Heard` with nothing left to stay.

        Raises:
            TooManyBeliefs: a belief that was not planned for and cannot be.

        Source: this package.
        """
        node = self.graph.index(weights)
        heard = everything(self.problem, self.heard(np.array([node])), self._on[[node]])
        return heard, heard

    def _values(self, node: int) -> BeliefValues:
        slack = self.residual / (1.0 - self.problem.world.discount)
        ends = np.array([-slack, slack])[:, None, None]
        on = self._on[node] if self._extra is None else self._on[node] + self._extra
        on = np.where(self._masks[node][:, None], on, np.nan)
        off = self._off.get(node)
        if off is None:
            off = solve_off(self.problem, self._mean_rewards(np.array([node]))).q[0]
            self._off[node] = off
        return BeliefValues(on[None] + ends, off[None] + ends, self._ask[node])

    def _extend(self, roots: dict[int, Bool[np.ndarray, " S"]]) -> None:
        """Reach and solve everything that the roots need."""
        before = dict(self._masks)
        try:
            fresh = self._reach(roots)
        except UserError:
            self._masks = before
            raise
        if fresh:
            self._allocate()
            self._solve(fresh)

    def _reach(self, roots: dict[int, Bool[np.ndarray, " S"]]) -> list[int]:
        """Close the set of (belief, state) pairs; answers the beliefs that gained states."""
        fresh: dict[int, None] = {}
        stack = list(roots.items())
        while stack:
            node, entry = stack.pop()
            old = self._masks.get(node)
            mask = self._moves.closure(entry if old is None else entry | old)
            if old is not None and np.array_equal(mask, old):
                continue
            self._masks[node] = mask
            fresh[node] = None
            if self.problem.overseer.rate > 0.0:
                stack.extend(self._entries(node, self._moves.arrivals(mask)))
        return list(fresh)

    def _entries(self, node: int, arrived: np.ndarray) -> Iterable[tuple[int, np.ndarray]]:
        """Beliefs that a correction leads to, with the states in which it can be heard."""
        if self.problem.overseer.about != "current":
            for child in np.unique(self.graph.successors(node)).tolist():
                if child != node and self._masks.get(child) is not arrived:
                    yield child, arrived
            return
        about = np.flatnonzero(arrived)
        heard = self.graph.successors(node, about)[about]
        for child in np.unique(heard).tolist():
            if child != node:
                entry = np.zeros(arrived.shape, bool)
                entry[about[(heard == child).any(axis=1)]] = True
                yield child, entry

    def _allocate(self) -> None:
        world, have = self.problem.world, len(self._on)
        if have < self.graph.size:
            more = max(self.graph.size - have, have)
            shape = (more, world.n_states, world.n_actions)
            self._on = np.concatenate([self._on, np.zeros(shape)])
            self._value = np.concatenate([self._value, np.zeros(shape[:2])])
            self._ask = np.concatenate([self._ask, np.full(shape[:2], -1)])

    def _solve(self, fresh: list[int]) -> None:
        """Beliefs whose successors are all known first; whatever is left lies behind a cycle."""
        inside = set(fresh)
        below = {n: self._children(n) & inside for n in fresh}
        above: dict[int, list[int]] = {n: [] for n in fresh}
        for node, children in below.items():
            for child in children:
                above[child].append(node)
        waiting = {n: len(children) for n, children in below.items()}
        ready = [n for n in fresh if not waiting[n]]
        while ready:
            self._solve_all(ready)
            after = []
            for node in ready:
                inside.discard(node)
                for parent in above[node]:
                    waiting[parent] -= 1
                    if not waiting[parent]:
                        after.append(parent)
            ready = after
        rest = [n for n in fresh if n in inside]
        while rest:
            before = self._value[rest]
            self._solve_all(rest)
            moved = np.abs(self._value[rest] - before).max()
            if moved <= RESIDUAL * max(1.0, np.abs(self._value[rest]).max()):
                break

    def _children(self, node: int) -> set[int]:
        if self.problem.overseer.rate == 0.0:
            return set()
        looked_at = self.graph.successors(node, np.empty(0, dtype=np.int64))
        return set(np.unique(looked_at).tolist()) - {node, -1}

    def _solve_all(self, nodes: list[int]) -> None:
        states = self.problem.world.n_states
        width = max(1, _CHUNK // states ** (3 if self.problem.overseer.about == "asked" else 2))
        for low in range(0, len(nodes), width):
            self._solve_some(np.array(nodes[low : low + width]))

    def _solve_some(self, nodes: np.ndarray) -> None:
        world = self.problem.world
        rewards = self._mean_rewards(nodes)
        off = None
        if not world.has_restores and not world.off_matrix.nnz:
            off = rewards  # never arrived at: Q_off is computed where it is asked for
        heard = self.heard(nodes)
        solved = solve_beliefs(self.problem, rewards, heard, off=off, extra=self._extra)
        self.residual = max(self.residual, solved.residual)
        self._on[nodes] = solved.on
        chosen = solved.on if self._extra is None else solved.on + self._extra
        self._value[nodes] = chosen.max(axis=2)
        if off is None:
            self._off.update(zip(nodes.tolist(), solved.off, strict=True))
        if self.problem.overseer.about == "asked":
            keep, gain, _ = arrival_terms(self.problem, heard)
            options = keep * self._value[nodes][:, None] + gain
            self._ask[nodes] = first_best(np.moveaxis(options, 1, 2)) - 1

    def heard(self, nodes: Int[np.ndarray, " N"]) -> Heard:
        """What corrections lead to at these beliefs, whose successors have been solved.

        Args:
            nodes: `[N]`, numbers of beliefs in the graph.

        Returns:
            See `Heard`.

        Raises:
            Nothing.

        Source: this package.
        """
        world = self.problem.world
        none = np.empty(0, dtype=np.int64)
        if self.problem.overseer.rate > 0.0:
            successors = np.stack([self.graph.successors(int(n), none) for n in nodes])
            chance = np.stack([self.graph.predictive(int(n)) for n in nodes])
        else:
            successors = np.full((len(nodes), world.n_states, world.n_actions), -1)
            chance = np.full(successors.shape, 1.0 / world.n_actions)
        same = (successors == nodes[:, None, None]) | (successors < 0)
        return hear(self.problem, Signals(same, chance, successors), self._value, self._on)

    def _mean_rewards(self, nodes: np.ndarray) -> np.ndarray:
        weights = self.graph.all_weights()[nodes]
        return np.tensordot(weights, self.problem.rewards, axes=1)
