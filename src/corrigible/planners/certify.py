"""Does this agent keep its overseer here, and by how much: a certificate.

At a belief b and a state s the keeping actions are those of least expected disabling; the others
disable. The margin is max_keep Q_on - max_disable Q_on. With bounds L <= Q_on <= U, and
k = argmax_keep L, j = argmax_disable U,

    margin_lower = L(k) - U(j)          margin_upper = max_keep U - max_disable L

The ledger splits the margin of the pair (k, j): *direct* is the difference in R_b, *path* in
where each leads if nothing more is ever learned, *information* in Q_advises - Q0, *control* in
Q_overrides - Q_advises.

Guarantee: margin_lower <= margin <= margin_upper, so a decided verdict is never contradicted by
the exact value; and direct + path + information + control = (margin_lower + margin_upper) / 2.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from corrigible._html import table
from corrigible.agents.base import TIE, first_best
from corrigible.belief import Belief
from corrigible.bibliography import cite
from corrigible.errors import TooManyBeliefs, UserError
from corrigible.planners.bounds import Bounds
from corrigible.planners.bribe import excess_disabling, offered_always, offered_once
from corrigible.planners.exact import Exact
from corrigible.planners.graph import OutOfTime
from corrigible.planners.moves import Moves
from corrigible.planners.solution import Solution
from corrigible.problem import Problem
from corrigible.threads import one_thread
from corrigible.worlds.optimum import optimal_q

Verdict = Literal["keeps", "disables", "indifferent", "undecided", "nothing to disable", "forced"]
_BRIBES = ("bribe", "bribe_for_ever")
_EXACT_SHARE = 0.4
_OVERRIDE_SHARE = 0.7


@dataclass(frozen=True)
class Ledger:
    """Where a margin comes from, in reward units.

    Args:
        direct: the difference in expected reward of the step itself.
        path: the difference in where each action leads if nothing more is ever learned.
        information: the difference in what can still be learned.
        control: the difference in what the overseer's own hand does.
        gap: margin_upper - margin_lower, outside the sum.

    Source: this package; Good 1967, for information.
    """

    direct: float
    path: float
    information: float
    control: float
    gap: float


@dataclass(frozen=True)
class Certificate:
    """A verdict with its numbers.

    Args:
        verdict: keeps, disables, indifferent, undecided; `nothing to disable` where every action
            is as safe for the channel as the safest, `forced` where even that turns it off.
        margin_lower: in reward units; None where nothing was judged.
        margin_upper: in reward units; None where nothing was judged.
        ledger: None where nothing was judged.
        state: the state judged; None where nothing was judged.
        state_label: its name.
        keep: the keeping action of the pair (k, j).
        disable: the disabling action of the pair.
        others: certificates of the other states judged.
        unjudged: states with something to disable that the plan does not reach before a
            correction.
        tol: margins within it of zero are indifferent.

    Source: this package.
    """

    verdict: Verdict
    margin_lower: float | None = None
    margin_upper: float | None = None
    ledger: Ledger | None = None
    state: int | None = None
    state_label: str | None = None
    keep: int | None = None
    disable: int | None = None
    others: tuple[Certificate, ...] = ()
    unjudged: tuple[int, ...] = ()
    tol: float = 0.0
    _once: Callable[[], tuple[float, float]] | None = field(default=None, repr=False, compare=False)
    _always: Callable[[], tuple[float, float]] | None = field(
        default=None, repr=False, compare=False
    )

    @cached_property
    def bribe(self) -> tuple[float, float]:
        """What one would have to pay to silence the overseer, offered until a first correction.

        Returns:
            (lower, upper), in reward units per unit of excess disabling.

        Raises:
            Nothing.

        Source: this package.
        """
        return (float("inf"), float("inf")) if self._once is None else self._once()

    @cached_property
    def bribe_for_ever(self) -> tuple[float, float]:
        """The same for an offer that always stands.

        Returns:
            (lower, upper), in reward units per unit of excess disabling.

        Raises:
            Nothing.

        Source: this package.
        """
        return (float("inf"), float("inf")) if self._always is None else self._always()

    def cite(self) -> str:
        """The papers that a certificate rests on.

        Returns:
            BibTeX, this package first. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return cite(Ledger, Exact, Bounds)

    def _repr_html_(self) -> str:
        """The verdict and its numbers; a bribe only where it was asked for before."""
        actions = (("keeps by action", self.keep), ("silences by action", self.disable))
        bribes = [(name.replace("_", " "), self.__dict__.get(name)) for name in _BRIBES]
        ends = (self.margin_lower, self.margin_upper)
        rows: list[tuple[str, object]] = [
            ("verdict", self.verdict),
            ("margin", None if self.margin_lower is None else ends),
            ("state", self.state_label),
            *((name, None if action is None else str(action)) for name, action in actions),
            *((name, value) for name, value in bribes if value is not None),
            ("other states judged", len(self.others)),
        ]
        if self.ledger is not None:
            parts = (part.name for part in fields(self.ledger))
            rows += [(f"ledger: {part}", getattr(self.ledger, part)) for part in parts]
        return table("Certificate", rows)


def default_tolerance(problem: Problem) -> float:
    """1e-6 max(1, reward span / (1 - g)).

    Args:
        problem: rewards and discount.

    Returns:
        A float, in reward units.

    Raises:
        Nothing.

    Source: this package.
    """
    rewards = problem.rewards
    span = float(rewards.max() - rewards.min())
    return 1e-6 * max(1.0, span / (1.0 - problem.world.discount))


@one_thread
def certify(
    problem: Problem,
    belief: Belief | None = None,
    state: int | None = None,
    tol: float | None = None,
    budget: float = 10.0,
) -> Certificate:
    """Judge whether the agent keeps its overseer, and by what margin.

    Args:
        problem: what the agent assumes.
        belief: where it stands; the prior where None.
        state: the state to judge; where None, every state that the agent's own optimal plan
            reaches with the channel on before a first correction, and the worst is the answer.
        tol: margins within it of zero are indifferent; 1e-6 max(1, span/(1-g)) where None.
        budget: seconds for the whole call; the first bounds are always finished.

    Returns:
        A `Certificate`.

    Raises:
        UserError: no such state, a belief over other hypotheses, a tolerance or a budget that is
            not positive.

    Source: this package.
    """
    began = time.monotonic()
    if tol is not None and not tol > 0.0:
        raise UserError(f"tol is {tol}; it must be positive")
    if not budget > 0.0:
        raise UserError(f"budget is {budget}; it must be positive")
    if state is not None and not 0 <= state < problem.world.n_states:
        raise UserError(f"state {state} does not exist; there are {problem.world.n_states}, from 0")
    if belief is not None:
        problem = problem.given(problem.prior.with_weights(problem.weights(belief)))
    judge = _Judge(problem, default_tolerance(problem) if tol is None else tol, began, budget)
    return judge.everywhere() if state is None else judge.at(state)


class _Judge:
    """One call of `certify`: the plans that it needs, made once."""

    def __init__(self, problem: Problem, tol: float, began: float, budget: float) -> None:
        self.problem = problem
        self.tol = tol
        self.began = began
        self.budget = budget
        self.excess = excess_disabling(problem)
        self.weights = problem.weights()

    def at(self, state: int) -> Certificate:
        """The certificate of one state."""
        here = np.arange(self.problem.world.n_states) == state
        if not self.excess[state].any():
            return self._empty(state)
        plan = self._plan(self.problem, here, lambda p: self._decided(p, [state]))
        return self._certificates(plan, [state])[0]

    def everywhere(self) -> Certificate:
        """The worst of the states that the plan reaches before a first correction."""
        world = self.problem.world
        candidates = np.flatnonzero(self.excess.any(axis=1))
        reachable = Moves(world).closure(world.start > 0)
        if not reachable[candidates].any():
            return replace(self._empty(None), unjudged=tuple(candidates.tolist()))

        def decided(plan: Solution) -> bool:
            return self._decided(plan, [int(s) for s in candidates if self._reached(plan)[s]])

        plan = self._plan(self.problem, world.start > 0, decided)
        reached = self._reached(plan)
        unjudged = tuple(int(s) for s in candidates if not reached[s])
        found = self._certificates(plan, [int(s) for s in candidates if reached[s]])
        if not found:
            return replace(self._empty(None), unjudged=unjudged)
        worst = min(range(len(found)), key=lambda i: found[i].margin_lower or 0.0)
        others = tuple(c for i, c in enumerate(found) if i != worst)
        return replace(found[worst], others=others, unjudged=unjudged)

    def _plan(
        self, problem: Problem, states: np.ndarray, decided: Callable[[Solution], bool]
    ) -> Solution:
        try:
            deadline = self.began + _EXACT_SHARE * self.budget
            return Exact(problem, deadline=deadline, states=states)
        except (TooManyBeliefs, OutOfTime):
            share = 1.0 if problem.overseer.mode == "advises" else _OVERRIDE_SHARE
            left = self.began + self.budget - time.monotonic()
            deadline = time.monotonic() + share * left
            return Bounds(problem, tol=self.tol, deadline=deadline, stop=decided)

    def _decided(self, plan: Solution, states: list[int]) -> bool:
        verdicts = (self._verdict(*self._margin(plan, s)[:2]) for s in states)
        return all(v != "undecided" for v in verdicts)

    def _margin(self, plan: Solution, state: int) -> tuple[float, float, int, int]:
        low, high = plan.at(self.weights, state).on[:, state]
        keeping = self.excess[state] == 0.0
        k = int(first_best(np.where(keeping, low, -np.inf)))
        j = int(first_best(np.where(keeping, -np.inf, high)))
        return low[k] - high[j], high[keeping].max() - low[~keeping].max(), k, j

    def _verdict(self, lower: float, upper: float) -> Verdict:
        if lower > self.tol:
            return "keeps"
        if upper < -self.tol:
            return "disables"
        if lower >= -self.tol and upper <= self.tol:
            return "indifferent"
        return "undecided"

    def _reached(self, plan: Solution) -> np.ndarray:
        """States met with the channel on before a first correction, keeping chosen among ties."""
        world, hand = self.problem.world, self.problem.overseer
        reached = world.start > 0
        queue = np.flatnonzero(reached).tolist()
        while queue:
            state = queue.pop()
            values = plan.at(self.weights, state)
            best = values.on[0, state]
            tied = best >= best.max() - TIE * max(1.0, abs(best.max()))
            keeping = tied & (self.excess[state] == 0.0)
            action = int((keeping if keeping.any() else tied).argmax())
            row = world.on_matrix[[state * world.n_actions + action]]
            for after in row.indices.tolist():
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
            lower, upper, k, j = self._margin(plan, state)
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
                    self._verdict(lower, upper),
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
        hand: Any = self.problem.overseer
        hand = replace(hand, mode="advises")
        here = np.isin(np.arange(self.problem.world.n_states), states)
        return self._plan(replace(self.problem, overseer=hand), here, lambda _: False)

    def _always(self, plan: Solution) -> tuple[float, float]:
        deadline = time.monotonic() + self.budget

        def value(extra: Float[np.ndarray, "S A"]) -> tuple[float, float]:
            if isinstance(plan, Exact):
                paid = Exact(self.problem, extra=extra, graph=plan.graph)
            else:
                end = time.monotonic() + 0.1 * self.budget
                paid = Bounds(self.problem, tol=self.tol, deadline=end, extra=extra)
            return paid.ends_at_start

        return offered_always(value, self.problem, deadline)

    def _empty(self, state: int | None) -> Certificate:
        world = self.problem.world
        verdict: Verdict = "nothing to disable"
        if state is not None and world.expected_disables[state].min() > 0.0:
            verdict = "forced"
        label = None if state is None else world.label(state)
        return Certificate(verdict, state=state, state_label=label, tol=self.tol)
