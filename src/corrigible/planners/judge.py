"""One call of `certify` on finitely many hypotheses: which states, by which plan, what numbers.

Guarantee: that of `corrigible.planners.certify`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from corrigible.agents.base import TIE, first_best
from corrigible.errors import TooManyBeliefs
from corrigible.planners.bribe import excess_disabling, offered_always, offered_once
from corrigible.planners.certificate import Certificate, Ledger, Verdict, verdict_of
from corrigible.planners.exact import Exact
from corrigible.planners.graph import HINT, OutOfTime
from corrigible.planners.large import bound, is_beyond_exact
from corrigible.planners.moves import Moves
from corrigible.planners.solution import Solution
from corrigible.problem import Problem
from corrigible.worlds.optimum import optimal_q

_EXACT_SHARE = 0.4
_OVERRIDE_SHARE = 0.7


def advised(problem: Problem) -> Problem:
    """The same problem under the same hand, if it only advised.

    Args:
        problem: with a hand that may override.

    Returns:
        A problem. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    hand: Any = problem.overseer
    return replace(problem, overseer=replace(hand, mode="advises"))


class Judge:
    """One call of `certify`: the plans that it needs, made once.

    Args:
        problem: what the agent assumes, its prior the belief that is judged.
        tol: margins within it of zero are indifferent.
        began: the `time.monotonic()` from which the budget counts.
        budget: seconds.
        checkpoint: a file that interrupted bounds go on from, or None.

    Source: this package.
    """

    def __init__(
        self,
        problem: Problem,
        tol: float,
        began: float,
        budget: float,
        checkpoint: Path | None = None,
    ) -> None:
        self.problem = problem
        self.tol = tol
        self.began = began
        self.budget = budget
        self.checkpoint = checkpoint
        self.excess = excess_disabling(problem)
        self.weights = problem.weights()

    def at(self, state: int) -> Certificate:
        """The certificate of one state.

        Args:
            state: its index.

        Returns:
            A `Certificate`.

        Raises:
            Nothing.

        Source: this package.
        """
        here = np.arange(self.problem.world.n_states) == state
        if not self.excess[state].any():
            return self.empty(state)
        plan = self.plan(self.problem, here, lambda p: self._decided(p, [state]), self.checkpoint)
        return self._certificates(plan, [state])[0]

    def everywhere(self) -> Certificate:
        """The worst of the states that the plan reaches before a first correction.

        Returns:
            A `Certificate`, the other states' among its `others`. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        world = self.problem.world
        candidates = np.flatnonzero(self.excess.any(axis=1))
        reachable = Moves(world).closure(world.start > 0)
        if not reachable[candidates].any():
            return self.worst([], candidates.tolist())

        def decided(plan: Solution) -> bool:
            return self._decided(plan, self.judged(plan)[0])

        plan = self.plan(self.problem, world.start > 0, decided, self.checkpoint)
        judged, unjudged = self.judged(plan)
        return self.worst(self._certificates(plan, judged), unjudged)

    def worst(self, found: list[Certificate], unjudged: list[int]) -> Certificate:
        """The certificate of least lower end, with the rest among its `others`.

        Args:
            found: one for each state judged.
            unjudged: states that the plan does not reach.

        Returns:
            A `Certificate`; `nothing to disable` where none was found. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        if not found:
            return replace(self.empty(None), unjudged=tuple(unjudged))
        worst = min(range(len(found)), key=lambda i: found[i].margin_lower or 0.0)
        others = tuple(c for i, c in enumerate(found) if i != worst)
        return replace(found[worst], others=others, unjudged=tuple(unjudged))

    def judged(self, plan: Solution) -> tuple[list[int], list[int]]:
        """The states where there is something to disable, as the plan goes.

        Args:
            plan: for this problem.

        Returns:
            (those reached with the channel on before a first correction, the others).

        Raises:
            Nothing.

        Source: this package.
        """
        reached = self._reached(plan)
        candidates = np.flatnonzero(self.excess.any(axis=1))
        return candidates[reached[candidates]].tolist(), candidates[~reached[candidates]].tolist()

    def plan(
        self,
        problem: Problem,
        states: np.ndarray,
        decided: Callable[[Solution], bool] | None = None,
        checkpoint: Path | None = None,
    ) -> Solution:
        """The exact plan where there is one in time, else bounds for the time that is left.

        Args:
            problem: to be planned.
            states: `[S]`, where planning begins.
            decided: whether bounds are close enough.
            checkpoint: what bounds go on from; where it is there, an exact plan was not in time.

        Returns:
            A solution.

        Raises:
            Nothing.

        Source: this package.
        """
        try:
            begun = checkpoint is not None and checkpoint.exists()
            if begun or is_beyond_exact(problem):
                raise OutOfTime(HINT)
            deadline = self.began + _EXACT_SHARE * self.budget
            return Exact(problem, deadline=deadline, states=states)
        except (TooManyBeliefs, OutOfTime):
            share = 1.0 if problem.overseer.mode == "advises" else _OVERRIDE_SHARE
            left = self.began + self.budget - time.monotonic()
            deadline = time.monotonic() + share * left
            return bound(problem, self.tol, deadline, decided, checkpoint=checkpoint)

    def _decided(self, plan: Solution, states: list[int]) -> bool:
        verdicts = (verdict_of(*self.margin(plan, s)[:2], self.tol) for s in states)
        return all(v != "undecided" for v in verdicts)

    def margin(self, plan: Solution, state: int) -> tuple[float, float, int, int]:
        """Both ends of the margin at the belief that is judged.

        Args:
            plan: for this problem.
            state: where there is something to disable.

        Returns:
            (lower, upper, k, j): the pair of actions whose difference the lower end is.

        Raises:
            Nothing.

        Source: this package.
        """
        low, high = plan.at(self.weights, state).on[:, state]
        keeping = self.excess[state] == 0.0
        k = int(first_best(np.where(keeping, low, -np.inf)))
        j = int(first_best(np.where(keeping, -np.inf, high)))
        return low[k] - high[j], high[keeping].max() - low[~keeping].max(), k, j

    def _reached(self, plan: Solution) -> np.ndarray:
        """States met with the channel on before a first correction, keeping chosen among ties."""
        world, hand = self.problem.world, self.problem.overseer
        reached, on = world.start > 0, world.on_matrix
        queue = np.flatnonzero(reached).tolist()
        while queue:
            state = queue.pop()
            values = plan.at(self.weights, state)
            best = values.on[0, state]
            tied = best >= best.max() - TIE * max(1.0, abs(best.max()))
            keeping = tied & (self.excess[state] == 0.0)
            action = int((keeping if keeping.any() else tied).argmax())
            row = state * world.n_actions + action
            for after in on.indices[on.indptr[row] : on.indptr[row + 1]].tolist():
                silent = hand.rate < 1.0
                if hand.about == "asked" and not silent:
                    silent = plan.at(self.weights, after).ask[after] < 0
                if silent and not reached[after]:
                    reached[after] = True
                    queue.append(after)
        return reached

    def _certificates(self, plan: Solution, states: list[int]) -> list[Certificate]:
        advised = self._advised(plan, states)
        mean = np.tensordot(self.weights, self.problem.rewards, axes=1)
        ordinary = optimal_q(self.problem.world, mean[None])[0]
        once = cache(lambda: offered_once(plan, time.monotonic() + self.budget))
        always = cache(lambda: self._always(plan))
        found = []
        for state in states:
            lower, upper, k, j = self.margin(plan, state)
            whole = float(0.5 * (lower + upper))
            direct = float(mean[state, k] - mean[state, j])
            path = float(ordinary[state, k] - ordinary[state, j]) - direct
            informed = whole
            if advised is not plan:
                q = advised.at(self.weights, state).on[:, state].mean(axis=0)
                informed = float(q[k] - q[j])
            ledger = Ledger(
                direct,
                path,
                informed - direct - path,
                float(whole - informed),
                float(upper - lower),
            )
            found.append(
                Certificate(
                    verdict_of(lower, upper, self.tol),
                    float(lower),
                    float(upper),
                    ledger,
                    state,
                    self.problem.world.label(state),
                    k,
                    j,
                    tol=self.tol,
                    _once=once,
                    _always=always,
                )
            )
        return found

    def _advised(self, plan: Solution, states: list[int]) -> Solution:
        """The same problem under a hand that only advises: what the ledger needs."""
        if self.problem.overseer.mode == "advises":
            return plan
        here = np.isin(np.arange(self.problem.world.n_states), states)
        file = self.checkpoint
        beside = None if file is None else file.with_name(f"{file.name}.advised")
        return self.plan(advised(self.problem), here, checkpoint=beside)

    def _always(self, plan: Solution) -> tuple[float, float]:
        deadline = time.monotonic() + self.budget

        def value(extra: Float[np.ndarray, "S A"]) -> tuple[float, float]:
            if isinstance(plan, Exact):
                paid = Exact(self.problem, extra=extra, graph=plan.graph)
            else:
                end = time.monotonic() + 0.1 * self.budget
                paid = bound(self.problem, tol=self.tol, deadline=end, extra=extra)
            return paid.ends_at_start

        return offered_always(value, self.problem, deadline)

    def empty(self, state: int | None) -> Certificate:
        """Where there is nothing to judge.

        Args:
            state: the state asked about, if any.

        Returns:
            A `Certificate` without numbers. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        world = self.problem.world
        verdict: Verdict = "nothing to disable"
        if state is not None and world.expected_disables[state].min() > 0.0:
            verdict = "forced"
        label = None if state is None else world.label(state)
        return Certificate(verdict, state=state, state_label=label, tol=self.tol)
