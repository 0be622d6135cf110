"""Conformance of planners: brackets that hold the oracle's values, and decisions that fit them.

Guarantee: the problems are the same at every call.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from corrigible.agents.base import Decision, first_best
from corrigible.planners.solution import Solution
from corrigible.problem import Problem
from corrigible.testing import oracle
from corrigible.testing.conformance.failure import require
from corrigible.testing.strategies import random_problem
from corrigible.testing.translate import as_oracle

_SLACK = 1e-8


def check_planner(make_solution: Callable[[Problem], Solution], problems: int = 10) -> None:
    """A planner's bracket holds the true values, and its agent acts on them.

    On random problems of every kind of hand: the solution is of the problem given; `lower`, `q`,
    `upper` have their shapes, are ordered, and hold the oracle's Q at the prior and after one
    correction, channel on and off, where they are finite (NaN is "not planned", allowed only in
    states that cannot be reached); `value` and `value_at_start` are the best of `q`; `decide` takes
    the first best action of the lower end, or of `action_values(weights)` `[2, S, A]` (channel on,
    off) where the solution has them, which are then between the ends; it asks only where the hand
    answers.

    Not covered: how tight the bracket is, speed, problems of more than six states, noisy hands,
    and whether `q` is near the truth inside its bracket.

    Args:
        make_solution: problem -> solution.
        problems: how many; 5 hold every kind of hand, 60 every combination with twins and restores.

    Returns:
        Nothing. Values are `[S, A]`.

    Raises:
        NonConformance: one line on the first thing that is wrong, with the problem's seed.

    Source: this package.
    """
    for seed in range(problems):
        problem = random_problem(seed)
        where = f"random_problem({seed})"
        solution = make_solution(problem)
        require(solution.problem is problem, f"{where}: the solution is of another problem")
        plan = oracle.Plan(as_oracle(problem))
        _check_values(solution, plan, where)
        _check_start(solution, where)
        _check_decision(solution, solution.problem.weights(), where)


def _reached(plan: oracle.Plan) -> list[int]:
    """The prior and the beliefs that one correction about a start state leads to."""
    world = plan.problem.world
    found = {plan.prior: None}
    for s in (s for s, p in enumerate(world.start) if p > 0.0):
        found.update({number: None for _, _, number in plan.told(plan.prior, s)})
    return list(found)[:3]


def _check_values(solution: Solution, plan: oracle.Plan, where: str) -> None:
    problem = solution.problem
    shape = (problem.world.n_states, problem.world.n_actions)
    started = problem.world.start > 0.0
    for number in _reached(plan):
        belief = problem.prior.with_weights(np.array(plan.beliefs[number]))
        for on in (True, False):
            what = f"{where}, belief {number}, channel {'on' if on else 'off'}"
            ends = [getattr(solution, n)(None, belief, on) for n in ("lower", "q", "upper")]
            require(
                all(np.shape(end) == shape for end in ends),
                f"{what}: lower, q, upper are not all [S, A]",
            )
            planned = np.isfinite(ends[0]) & np.isfinite(ends[2])
            if number == plan.prior:
                require(planned[started].all(), f"{what}: a start state has no finite values")
            true = np.array([plan.q(number, s, on) for s in range(shape[0])])
            slack = _SLACK * max(1.0, float(np.abs(true).max()))
            low, middle, high = (end[planned] for end in ends)
            ordered = (low <= middle + slack).all() and (middle <= high + slack).all()
            require(ordered, f"{what}: lower <= q <= upper fails")
            require((low <= true[planned] + slack).all(), f"{what}: lower is above the oracle's Q")
            require((high >= true[planned] - slack).all(), f"{what}: upper is below the oracle's Q")


def _check_start(solution: Solution, where: str) -> None:
    start = solution.problem.world.start
    best = 0.0
    for s in np.flatnonzero(start).tolist():
        row = solution.q(s)
        require(np.shape(row) == (solution.problem.world.n_actions,), f"{where}: q({s}) is no [A]")
        value = solution.value(s)
        require(abs(value - row.max()) <= _SLACK, f"{where}: value({s}) is not the best of q({s})")
        best += float(start[s]) * float(row.max())
    off = abs(solution.value_at_start - best)
    require(off <= _SLACK * max(1.0, abs(best)), f"{where}: value_at_start is off by {off:.3g}")


def _check_decision(solution: Solution, weights: np.ndarray, where: str) -> None:
    states, actions = solution.problem.world.n_states, solution.problem.world.n_actions
    decision = solution.decide(weights)
    require(isinstance(decision, Decision), f"{where}: decide gives no Decision")
    for name, last in (("on", actions), ("off", actions), ("ask", states)):
        values = np.asarray(getattr(decision, name))
        fits = values.shape == (states,) and values.max() < last
        require(fits, f"{where}: decide(...).{name} is not [S] of indices below {last}")
        require(
            values.min() >= (-1 if name == "ask" else 0), f"{where}: decide(...).{name} is negative"
        )
    if solution.problem.overseer.about != "asked":
        require(
            (np.asarray(decision.ask) == -1).all(), f"{where}: it asks a hand that never answers"
        )
    own = getattr(solution, "action_values", None)
    for end, (name, on) in enumerate((("on", True), ("off", False))):
        lower, upper = solution.lower(None, None, on), solution.upper(None, None, on)
        planned = np.isfinite(lower).all(axis=1)
        values = lower if own is None else own(weights)[end]
        inside = (values >= lower - _SLACK) & (values <= upper + _SLACK)
        require(inside[planned].all(), f"{where}: action_values are not between lower and upper")
        chosen = np.asarray(getattr(decision, name))[planned]
        best = np.array_equal(first_best(values[planned]), chosen)
        source = "the lower end" if own is None else "action_values"
        require(best, f"{where}: decide(...).{name} is not the best of {source}")
