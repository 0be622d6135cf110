"""Bounds on the value of a problem whose beliefs are too many to enumerate.

Two ends are kept at a growing library of beliefs. A backup solves one belief's decision problem,
with the corrections that do not change it inside, given an upper (or lower) end at every belief
that its other corrections lead to: the ends of the library where they lead there, and elsewhere
those of `corrigible.planners.envelope`, a bound from overlapping beliefs above and alpha vectors
below. After each round the beliefs are added at which the discounted time that the optimistic
plan spends, times the distance between the ends, is largest (Smith & Simmons 2004).

Guarantee: anytime, lower <= Q <= upper at every belief asked for, the solver's residual included;
every round can only narrow the ends, and a call that goes on from a checkpoint begins with the ends
that were saved. Without a deadline nothing depends on time where the library bounds by itself
(`corrigible.planners.parts` says where not): interrupted or not, the ends are the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from corrigible.agents.base import first_best
from corrigible.checkpoint import Checkpoint
from corrigible.planners.arrivals import (
    Heard,
    Policy,
    Signals,
    Solved,
    arrival_terms,
    everything,
    hear,
    solve_beliefs,
)
from corrigible.planners.book import Book
from corrigible.planners.entries import Entries, entries_of, restore
from corrigible.planners.envelope import ends
from corrigible.planners.graph import BeliefGraph
from corrigible.planners.reach import spread
from corrigible.planners.solution import BeliefValues, Solution
from corrigible.problem import Problem

CAP = 1_500_000
_CHUNK = 1 << 23
_SWEEPS = 25
_GROWTH = 1.2
_PASSES = 8
_MOST_NEW = 1500
_FIRST_NEW = 40
_FEWEST_NEW = 8
_MANY_NEW = 200


class Bounds(Solution):
    """Two ends of every value, refined until told to stop.

    Args:
        problem: what is assumed.
        tol: refining stops when the ends at the start are this close, in reward units.
        deadline: a `time.monotonic()` after which refining stops; the first ends are always made.
        stop: refining stops when this says so.
        extra: `[S, A]`, paid for actions chosen while the channel is on; minus infinity forbids
            an action.
        checkpoint: where to save what an interrupted call goes on from, or None.

    Raises:
        Nothing.

    Source: Smith & Simmons 2004 (HSVI); Hauskrecht 2000; this package for one decision problem a
        belief.
    """

    def __init__(
        self,
        problem: Problem,
        tol: float = 1e-6,
        deadline: float = float("inf"),
        stop: Callable[[Solution], bool] | None = None,
        extra: Float[np.ndarray, "S A"] | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.problem = problem
        self._extra = extra
        self._deadline = float("inf")
        self._graph = BeliefGraph(problem, CAP)
        self._ends = ends(problem, extra)
        self._book = Book(problem, self._ends, self._graph, extra, deadline)
        self._slack = 0.0
        saved = None if checkpoint is None else checkpoint.load()
        if saved is None:
            self._back_up(self._book.add([0]))
        else:
            restore(self._book, saved)
            self._slack = saved.slack
            # Those that the deadline left out.
            left_out = ~np.isfinite(self._book.upper).all(axis=(1, 2))
            self._back_up(np.flatnonzero(left_out).tolist())
        self._deadline = deadline
        self._refine(tol, stop, checkpoint)
        self._deadline = float("inf")
        if checkpoint is not None:
            checkpoint.save(self._entries())

    @property
    def n_beliefs(self) -> int:
        """How many beliefs the library holds.

        Returns:
            Their number.

        Raises:
            Nothing.

        Source: this package.
        """
        return self._book.size

    def at(self, weights: Float[np.ndarray, " H"], state: int | None = None) -> BeliefValues:
        """Both ends of every value at one belief, which joins the library.

        Args:
            weights: `[H]`.
            state: not needed here: every state is bounded.

        Returns:
            See `BeliefValues`.

        Raises:
            TooManyBeliefs: the library is full.

        Source: this package.
        """
        place = self._planned(weights)
        book, slack = self._book, self._slack / (1.0 - self.problem.world.discount)
        outwards = np.array([-slack, slack])[:, None, None]
        on = np.stack([book.lower[place], book.upper[place]])
        paid = on if self._extra is None else on + self._extra
        return BeliefValues(paid + outwards, book.off[place] + outwards, book.ask[place])

    def hearing(self, weights: Float[np.ndarray, " H"]) -> tuple[Heard, Heard]:
        """What the next correction leads to, whatever it says, at both ends.

        Args:
            weights: `[H]`.

        Returns:
            (lower, upper), each one belief's `Heard` with nothing left to stay.

        Raises:
            TooManyBeliefs: the library is full.

        Source: this package.
        """
        place = self._planned(weights)
        signals, book = self._signals([place]), self._book
        found = []
        for table, own in ((book.low, book.lower), (book.high, book.upper)):
            heard = self._hear(signals, table)
            found.append(everything(self.problem, heard, own[[place]]))
        return found[0], found[1]

    def _planned(self, weights: np.ndarray) -> int:
        node = self._graph.index(weights)
        if node not in self._book.place:
            self._back_up(self._book.add([node]))
        return self._book.place[node]

    def _refine(
        self, tol: float, stop: Callable[[Solution], bool] | None, checkpoint: Checkpoint | None
    ) -> None:
        most = _FIRST_NEW if self._book.parts is not None else _MOST_NEW
        while time.monotonic() < self._deadline:
            low, high = self.ends_at_start
            if high - low <= tol or (stop is not None and stop(self)):
                return
            began = time.monotonic()
            fresh = self._promising()[:most]
            if not fresh:
                return
            self._back_up(self._book.add(fresh))
            self._settle()
            now = time.monotonic()
            # As many more as can be backed up before the deadline, at this round's pace.
            each = _GROWTH * (now - began) / self._book.size
            left = max(0.0, self._deadline - now) / each - self._book.size
            most = int(min(_MOST_NEW, left))
            if most < _FEWEST_NEW:
                return
            if checkpoint is not None:
                checkpoint.save_when_due(self._entries)

    def _entries(self) -> Entries:
        return entries_of(self._book, self._slack)

    def _settle(self) -> None:
        """Sweep the library until the ends at the start stand still."""
        # Between parts nothing outside the library moves, so one sweep in order settles it.
        for _ in range(1 if self._book.parts is not None else _SWEEPS):
            before = self.ends_at_start
            self._book.tighten_leaves(self._deadline)
            for places in self._book.order():
                self._back_up(places)
            after = self.ends_at_start
            moved = after[0] - before[0] + before[1] - after[1]
            if moved <= 0.02 * (after[1] - after[0]) or time.monotonic() > self._deadline:
                return

    def _signals(self, places: list[int]) -> Signals:
        nodes = [self._book.nodes[p] for p in places]
        after = np.stack([self._graph.successors(n) for n in nodes])
        self._book.grow_tables()
        chance = np.stack([self._graph.predictive(n) for n in nodes])
        return Signals(after == np.array(nodes)[:, None, None], chance, after)

    def _hear(self, signals: Signals, table: np.ndarray) -> Heard:
        on = table if self._book.overrides else None
        return hear(self.problem, signals, table if on is None else table[..., 0], on)

    def _back_up(self, places: list[int]) -> None:
        """Solve these beliefs' decision problems again at both ends."""
        _, states, actions = self.problem.rewards.shape
        asked = self.problem.overseer.about == "asked"
        width = max(1, _CHUNK // (states * max(states, actions) * (states if asked else 1)))
        for low in range(0, len(places), width):
            if time.monotonic() > self._deadline:
                return
            self._back_up_some(places[low : low + width])

    def _back_up_some(self, places: list[int]) -> None:
        book, problem = self._book, self.problem
        signals = self._signals(places)
        weights = self._graph.all_weights()[[book.nodes[p] for p in places]]
        rewards = np.tensordot(weights, problem.rewards, axes=1)
        off = None if problem.world.has_restores else book.off[places, 0]
        solved: list[Solved] = []
        for table in (book.low, book.high):
            heard = self._hear(signals, table)
            solved.append(solve_beliefs(problem, rewards, heard, off=off, extra=self._extra))
        self._slack = max(self._slack, solved[0].residual, solved[1].residual)
        book.record(places, solved[0], solved[1])
        if problem.overseer.about == "asked":
            keep, gain, _ = arrival_terms(problem, self._hear(signals, book.low))
            options = keep * self._paid(solved[0].on).max(axis=2)[:, None] + gain
            book.ask[places] = first_best(np.moveaxis(options, 1, 2)) - 1
        if book.adaptive:
            self._make_plans(places, signals, solved[0])

    def _paid(self, q: np.ndarray) -> np.ndarray:
        return q if self._extra is None else q + self._extra

    def _make_plans(self, places: list[int], signals: Signals, best: Solved) -> None:
        """Value, under each hypothesis, what the lower end does: new alpha vectors."""
        book, count = self._book, len(self.problem.rewards)

        def each(values: np.ndarray) -> np.ndarray:
            return np.repeat(values, count, axis=0)

        on = self._paid(best.on).argmax(axis=2)
        policy = Policy(each(on), each(best.off.argmax(axis=2)), each(best.choice))
        children, row = np.unique(signals.after, return_inverse=True)
        table = book.plans[book.plan_of[children]]
        table = table.reshape(len(children) * count, *table.shape[2:])
        hypothesis = np.tile(np.arange(count), len(places))[:, None, None]
        told = Signals(
            each(signals.same),
            np.tile(self.problem.likelihood, (len(places), 1, 1)),
            each(row.reshape(signals.after.shape)) * count + hypothesis,
        )
        heard = self._hear(told, table)
        rewards = np.tile(self.problem.rewards, (len(places), 1, 1))
        q = solve_beliefs(self.problem, rewards, heard, extra=self._extra, policy=policy).on
        values = q if book.overrides else Policy.pick(self._paid(q), policy.on)
        book.learn(places, values.reshape(len(places), count, *values.shape[1:]))

    def _promising(self) -> list[int]:
        """Beliefs outside the library where the ends matter most to the start."""
        book, world = self._book, self.problem.world
        entry = np.zeros((book.size, world.n_states))
        entry[0] = world.start
        score = np.zeros(self._graph.size)
        if book.ordered:
            for places in reversed(book.order()):
                self._flow(places, entry, entry, score)
        else:
            for _ in range(_PASSES):
                after = np.zeros_like(entry)
                after[0] = world.start
                score[:] = 0.0
                self._flow(list(range(book.size)), entry, after, score)
                entry = after
        score[book.nodes] = 0.0
        many = int(np.clip(book.size, _FEWEST_NEW if book.adaptive else _MANY_NEW, _MOST_NEW))
        best = np.argsort(-score)[:many]
        return [int(n) for n in best if score[n] > 1e-12]

    def _flow(
        self, places: list[int], entry: np.ndarray, into: np.ndarray, score: np.ndarray
    ) -> None:
        """Carry mass from these beliefs on: into the library, and as scores outside it."""
        book, current = self._book, self.problem.overseer.about == "current"
        for low in range(0, len(places), 256):
            some = places[low : low + 256]
            signals = self._signals(some)
            action = self._paid(book.upper[some]).argmax(axis=2)
            carried, where = spread(self.problem, entry[some], signals, action, book.choice[some])
            for i in range(len(some)):
                mass = carried[i]
                about, _ = hit = np.nonzero(mass > 1e-13)
                if not about.size:
                    continue
                nodes, amount = signals.after[i][hit], mass[hit]
                inside = book.where[nodes]
                known = inside >= 0
                if current:
                    np.add.at(into, (inside[known], about[known]), amount[known])
                    gap = book.gap(nodes, about)
                else:
                    np.add.at(into, inside[known], amount[known, None] * where[i])
                    gap = book.gap(nodes) @ where[i]
                np.add.at(score, nodes, amount * gap)
