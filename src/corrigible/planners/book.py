"""The book that bounds are kept in: a library of planned beliefs and a table of all known ones.

Guarantee: entries only tighten: upper ends never rise, lower ends never fall.
"""

from __future__ import annotations

import time

import numpy as np
from jaxtyping import Float, Int

from corrigible.planners.arrivals import Policy, Solved, solve_beliefs, solve_off
from corrigible.planners.envelope import Ends, Library, unheard, value_under_each
from corrigible.planners.graph import BeliefGraph
from corrigible.planners.parts import Parts, make_parts
from corrigible.problem import Problem

_PLANS = 1 << 25
_ADAPTIVE = 1 << 21
_LEAVES = 4000
_HEARD = 2
# By place, and by node.
LIBRARY = ("lower", "upper", "off", "ask", "choice")
TABLES = ("low", "high", "plan_of")


def _longer(array: np.ndarray, size: int, fill: float = 0.0) -> np.ndarray:
    """At least `size` rows, at least doubling."""
    if len(array) >= size:
        return array
    more = np.full((max(size - len(array), len(array)), *array.shape[1:]), fill, array.dtype)
    return np.concatenate([array, more])


class Book:
    """Ends at library beliefs, by place, and at every belief of the graph, by node.

    Args:
        problem: what is assumed.
        ends: top and floor of every plan under each hypothesis.
        graph: where beliefs are numbered.
        extra: `[S, A]`, paid for actions chosen with the channel on.
        deadline: a `time.monotonic()` by which all planning is to be done.

    Source: this package.
    """

    def __init__(
        self,
        problem: Problem,
        ends: Ends,
        graph: BeliefGraph,
        extra: Float[np.ndarray, "S A"] | None,
        deadline: float,
    ) -> None:
        hypotheses, states, actions = problem.rewards.shape
        self.problem: Problem = problem
        self.graph: BeliefGraph = graph
        self.extra: Float[np.ndarray, "S A"] | None = extra
        self.overrides: bool = problem.overseer.mode == "overrides"
        self.adaptive: bool = hypotheses * states**3 <= _ADAPTIVE
        chances = problem.likelihood
        self.shrinks: bool = bool(((chances == 0.0) | (chances == 1.0)).all())
        self.top: Float[np.ndarray, "H ..."] = ends.top if self.overrides else ends.top_value
        self.floor: Float[np.ndarray, "H ..."] = ends.floor if self.overrides else ends.floor_value
        tail = self.top.shape[1:]
        # Without the time for any the library has to bound by itself.
        large = not self.adaptive and extra is None
        self.parts: Parts | None = make_parts(problem, ends, deadline) if large else None
        self.size: int = 0
        self.place: dict[int, int] = {}
        self.nodes: list[int] = []
        self.lower: Float[np.ndarray, "L S A"] = np.zeros((0, states, actions))
        self.upper: Float[np.ndarray, "L S A"] = np.zeros((0, states, actions))
        self.off: Float[np.ndarray, "L 2 S A"] = np.zeros((0, 2, states, actions))
        self.ask: Int[np.ndarray, "L S"] = np.zeros((0, states), dtype=np.int64)
        self.choice: Int[np.ndarray, "L S"] = np.zeros((0, states), dtype=np.int64)
        self.low: Float[np.ndarray, "N ..."] = np.zeros((0, *tail))
        self.high: Float[np.ndarray, "N ..."] = np.zeros((0, *tail))
        self.where: Int[np.ndarray, " N"] = np.zeros(0, dtype=np.int64)
        self.plan_of: Int[np.ndarray, " N"] = np.zeros(0, dtype=np.int64)
        self.known: int = 0
        self.own_plan: dict[int, int] = {}
        self.held_plans: Float[np.ndarray, "K H ..."] = np.zeros((0, hypotheses, *tail))
        self.n_plans: int = 0
        # Where parts say what is learned later, plans that learn nothing add nothing.
        for h in range(1 if self.parts is not None else min(hypotheses, self._room())):
            known = ends.policy
            self._add_plan(Policy(known.on[[h]], known.off[[h]], known.choice[[h]]))
        self.grow_tables()

    def add(self, nodes: list[int]) -> list[int]:
        """Take beliefs into the library.

        Args:
            nodes: their numbers in the graph, none of them in the library yet.

        Returns:
            Their places.

        Raises:
            Nothing.

        Source: this package.
        """
        first, self.size = self.size, self.size + len(nodes)
        places = list(range(first, self.size))
        self.nodes.extend(nodes)
        self.place.update(zip(nodes, places, strict=True))
        for name in LIBRARY:
            setattr(self, name, _longer(getattr(self, name), self.size))
        self.lower[places], self.upper[places] = -np.inf, np.inf
        self.off[places, 0], self.off[places, 1], self.ask[places] = -np.inf, np.inf, -1
        self.grow_tables()
        self.where[nodes] = places
        weights = self.graph.all_weights()[nodes]
        rewards = np.tensordot(weights, self.problem.rewards, axes=1)
        if not self.problem.world.has_restores:
            self.off[places] = solve_off(self.problem, rewards).q[:, None]
        if self.parts is None:
            self._plan_without_hearing(nodes, weights, rewards)
        return places

    def grow_tables(self) -> None:
        """Give every belief that the graph has found since its first ends.

        Returns:
            Nothing.

        Raises:
            Nothing.

        Source: this package.
        """
        size = self.graph.size
        if size == self.known:
            return
        for name in TABLES:
            setattr(self, name, _longer(getattr(self, name), size))
        self.where = _longer(self.where, size, -1)
        for start in range(self.known, size, _LEAVES):
            part = slice(start, min(start + _LEAVES, size))
            weights = self.graph.all_weights()[part]
            library = self._library()
            self.high[part] = np.tensordot(weights, self.top, axes=1)
            self.low[part] = library.lower(weights)
            self.plan_of[part] = library.best_plan(weights)
        self.tighten_by_parts(self.known, size)
        self.known = size

    def tighten_by_parts(self, first: int, end: int) -> None:
        """Bring beliefs up to date with the parts, where there are any.

        Args:
            first: number of the first belief.
            end: one more than the last's.

        Returns:
            Nothing.

        Raises:
            Nothing.

        Source: this package.
        """
        if self.parts is None:
            return
        for start in range(first, end, _LEAVES):
            part = slice(start, min(start + _LEAVES, end))
            heard = self.graph.heard(np.arange(part.start, part.stop), _HEARD)
            below, above = self.parts.ends(self.graph.all_weights()[part], heard)
            self.low[part] = np.maximum(self.low[part], below)
            self.high[part] = np.minimum(self.high[part], above)

    def tighten_leaves(self, deadline: float) -> None:
        """Bring the ends of beliefs outside the library up to date with it.

        Args:
            deadline: a `time.monotonic()` after which the rest are left as they are.

        Returns:
            Nothing.

        Raises:
            Nothing.

        Source: Hauskrecht 2000; Pineau, Gordon & Thrun 2003.
        """
        if self.parts is not None:
            return  # their ends do not depend on the library
        leaves = np.flatnonzero(self.where[: self.known] < 0)
        library = self._library()
        for start in range(0, len(leaves), _LEAVES):
            if time.monotonic() > deadline:
                return
            part = leaves[start : start + _LEAVES]
            weights = self.graph.all_weights()[part]
            above = library.upper_at(weights, self.top, self.floor)
            self.high[part] = np.minimum(self.high[part], above)
            self.low[part] = np.maximum(self.low[part], library.lower(weights))
            self.plan_of[part] = library.best_plan(weights)

    def record(self, places: list[int], low: Solved, high: Solved) -> None:
        """Enter what a backup found, where it is tighter.

        Args:
            places: of the beliefs backed up.
            low: solved from lower ends.
            high: solved from upper ends.

        Returns:
            Nothing.

        Raises:
            Nothing.

        Source: this package.
        """
        nodes = [self.nodes[p] for p in places]
        self.lower[places] = np.maximum(self.lower[places], low.on)
        self.upper[places] = np.minimum(self.upper[places], high.on)
        self.off[places, 0] = np.maximum(self.off[places, 0], low.off)
        self.off[places, 1] = np.minimum(self.off[places, 1], high.off)
        self.choice[places] = high.choice
        for table, ends, better in (
            (self.low, self.lower, np.maximum),
            (self.high, self.upper, np.minimum),
        ):
            q = ends[places] if self.extra is None else ends[places] + self.extra
            table[nodes] = better(table[nodes], ends[places] if self.overrides else q.max(axis=2))

    def learn(self, places: list[int], values: Float[np.ndarray, "N H ..."]) -> None:
        """Enter what the plans of these beliefs are worth under each hypothesis.

        Args:
            places: of the beliefs.
            values: `[N, H, S]`, or `[N, H, S, A]` where the overseer overrides.

        Returns:
            Nothing.

        Raises:
            Nothing.

        Source: Pineau, Gordon & Thrun 2003.
        """
        nodes = np.array([self.nodes[p] for p in places])
        weights = self.graph.all_weights()[nodes]
        mine = self.plan_of[nodes]
        old = np.einsum("nh,nh...->n...", weights, self.plans[mine])
        new = np.einsum("nh,nh...->n...", weights, values)
        axes = tuple(range(1, new.ndim))
        better = np.flatnonzero((new - old).mean(axis=axes) > 1e-12)
        room = self._room()
        for i in better:
            plan = self.own_plan.get(int(nodes[i]))
            if plan is not None:
                self.held_plans[plan] = values[i]
            elif room > 0:
                plan, room = self._keep_plan(values[i]), room - 1
                self.own_plan[int(nodes[i])] = plan
            else:
                continue
            self.plan_of[nodes[i]] = plan

    def gap(
        self, nodes: Int[np.ndarray, " N"], state: Int[np.ndarray, " N"] | None = None
    ) -> np.ndarray:
        """The distance between the ends.

        Args:
            nodes: `[N]`.
            state: `[N]`; every state where None.

        Returns:
            `[N]`, or `[N, S]`.

        Raises:
            Nothing.

        Source: this package.
        """
        pick = nodes if state is None else (nodes, state)
        apart = self.high[pick] - self.low[pick]
        return apart.max(axis=-1) if self.overrides else apart

    @property
    def ordered(self) -> bool:
        """Whether one sweep in `order` is as good as many, or nearly.

        Returns:
            False where beliefs may be led back to.

        Raises:
            Nothing.

        Source: this package.
        """
        return self.shrinks or self.parts is not None

    def order(self) -> list[list[int]]:
        """The library in the order in which backing it up pays: what is narrowed down most first.

        Returns:
            Groups of places.

        Raises:
            Nothing.

        Source: this package.
        """
        if self.shrinks:
            counts = (self.graph.all_weights()[self.nodes] > 0.0).sum(axis=1)
        elif self.parts is not None:
            counts = -np.array([self.graph.depth[node] for node in self.nodes])
        else:
            return [list(range(self.size))]
        return [np.flatnonzero(counts == c).tolist() for c in np.unique(counts)]

    def _library(self) -> Library:
        size = self.size
        upper = self.upper[:size]
        backed_up = np.isfinite(upper).all(axis=(1, 2))
        upper = upper[backed_up]
        if not self.overrides:
            paid = upper if self.extra is None else upper + self.extra
            upper = paid.max(axis=2)
        points = self.graph.all_weights()[self.nodes] if size else np.zeros((0, len(self.top)))
        return Library(points[backed_up], upper, self.plans)

    @property
    def plans(self) -> Float[np.ndarray, "K H ..."]:
        """Values of plans under each hypothesis.

        Returns:
            `[K, H, S]`, or `[K, H, S, A]` where the overseer overrides.

        Raises:
            Nothing.

        Source: Pineau, Gordon & Thrun 2003.
        """
        return self.held_plans[: self.n_plans]

    def _room(self) -> int:
        """How many more plans fit."""
        return max(0, _PLANS // int(np.prod(self.top.shape)) - len(self.plans))

    def _add_plan(self, policy: Policy) -> None:
        q = value_under_each(self.problem, policy, self.extra)
        if not self.overrides:
            paid = q if self.extra is None else q + self.extra
            on = np.repeat(policy.on, len(q), axis=0)
            q = Policy.pick(paid, on)
        self._keep_plan(q)

    def _keep_plan(self, values: np.ndarray) -> int:
        self.held_plans = _longer(self.held_plans, self.n_plans + 1)
        self.held_plans[self.n_plans] = values
        self.n_plans += 1
        return self.n_plans - 1

    def _plan_without_hearing(
        self, nodes: list[int], weights: np.ndarray, rewards: np.ndarray
    ) -> None:
        """The best policies that ignore what they hear, as plans for the new beliefs."""
        executed = np.tensordot(weights, self.problem.likelihood, axes=1)
        blind = unheard(self.problem, executed)
        best = solve_beliefs(self.problem, rewards, blind, extra=self.extra)
        paid = best.on if self.extra is None else best.on + self.extra
        on, off = paid.argmax(axis=2), best.off.argmax(axis=2)
        for i in range(min(len(nodes), self._room())):
            self._add_plan(Policy(on[[i]], off[[i]], np.zeros_like(on[[i]])))
            self.plan_of[nodes[i]] = self.n_plans - 1
