"""One call for every planner.

Guarantee: whatever the method, the two ends that the solution answers hold the true Q.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

from corrigible.errors import UserError
from corrigible.keys import Key
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
    key: Key = 0,
    simulations: int = 128,
    checkpoint: str | Path | None = None,
) -> Solution:
    """Plan in belief space.

    Args:
        problem: what the agent assumes.
        method: "exact" (finitely many beliefs), "bounds" (anytime, for every overseer), or "search"
            (estimates between bounds; extra `search`).
        tol: with "bounds" and "search", how close the ends at the start are to come, in reward
            units; 1e-6 max(1, span/(1-g)) where None.
        budget: seconds for the plan, or for the bounds of a "search"; without limit where None for
            "exact", 60 for "bounds", 10 for "search".
        key: an int or a JAX key, for "search" alone, which nothing random goes without.
        simulations: nodes of each tree that a "search" grows.
        checkpoint: a file that interrupted bounds go on from, those of a "search" too, with any tol
            and budget; an exact plan is not saved: it is there in a minute, or refused.

    Returns:
        A `Solution`.

    Raises:
        TooManyBeliefs: "exact", and the reachable beliefs are more than its cap.
        UserError: an unknown method, one whose extra is not installed, a tol or budget that is not
            positive, an exact plan that ran out of its budget or has a checkpoint, a checkpoint of
            another problem, or a problem too large to search.

    Source: this package.
    """
    for name, value in (("tol", tol), ("budget", budget)):
        if value is not None and not value > 0.0:
            raise UserError(f"{name} is {value}; it must be positive")
    file = None if checkpoint is None else Path(checkpoint)
    if method == "exact":
        if file is not None:
            raise UserError('an exact plan is not saved; leave checkpoint out, or use "bounds"')
        limit = float("inf") if budget is None else time.monotonic() + budget
        try:
            return Exact(problem, deadline=limit)
        except OutOfTime as error:
            raise UserError(f"exact planning did not end in {budget} s: {error}") from None
    if method not in ("bounds", "search"):
        raise UserError(f'method is {method!r}; it must be "exact", "bounds" or "search"')
    close = default_tolerance(problem) if tol is None else tol
    if method == "bounds":
        deadline = time.monotonic() + (60.0 if budget is None else budget)
        return bound(problem, close, deadline, checkpoint=file)
    # Not before it is asked for: it loads mctx, which is an extra.
    from corrigible.planners.search import Search, check_search

    check_search(problem, simulations)
    deadline = time.monotonic() + (10.0 if budget is None else budget)
    bounds = bound(problem, close, deadline, checkpoint=file)
    return Search(problem, bounds, key, simulations)
