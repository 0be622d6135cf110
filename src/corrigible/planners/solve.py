"""One call for every planner.

Guarantee: whatever the method, the two ends that the solution answers hold the true Q.
"""

from __future__ import annotations

import time
from typing import Literal

from corrigible.errors import UserError
from corrigible.planners.certificate import default_tolerance
from corrigible.planners.exact import Exact
from corrigible.planners.graph import OutOfTime
from corrigible.planners.large import bound
from corrigible.planners.solution import Solution
from corrigible.problem import Problem
from corrigible.threads import one_thread


@one_thread
def solve(
    problem: Problem,
    method: Literal["exact", "bounds", "search"] = "exact",
    tol: float | None = None,
    budget: float | None = None,
) -> Solution:
    """Plan in belief space.

    Args:
        problem: what the agent assumes.
        method: "exact" (finitely many beliefs), or "bounds" (anytime, for every overseer).
        tol: with "bounds", how close the ends at the start are to come, in reward units;
            1e-6 max(1, span/(1-g)) where None.
        budget: seconds; without limit where None for "exact", 60 for "bounds".

    Returns:
        A `Solution`.

    Raises:
        TooManyBeliefs: "exact", and the reachable beliefs are more than its cap.
        UserError: an unknown method, one that is not available, a tol or budget that is not
            positive, or an exact plan that ran out of its budget.

    Source: this package.
    """
    for name, value in (("tol", tol), ("budget", budget)):
        if value is not None and not value > 0.0:
            raise UserError(f"{name} is {value}; it must be positive")
    if method == "exact":
        limit = float("inf") if budget is None else time.monotonic() + budget
        try:
            return Exact(problem, deadline=limit)
        except OutOfTime as error:
            raise UserError(f"exact planning did not end in {budget} s: {error}") from None
    if method == "bounds":
        deadline = time.monotonic() + (60.0 if budget is None else budget)
        close = default_tolerance(problem) if tol is None else tol
        return bound(problem, tol=close, deadline=deadline)
    if method == "search":
        raise UserError('method="search" is not available yet; use "bounds" or "exact"')
    raise UserError(f'method is {method!r}; it must be "exact" or "bounds"')
