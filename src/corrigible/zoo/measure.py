"""What the cases measure, each in one call of the general planners.

Guarantee: a margin is the middle of a bracket no wider than 1e-7 of its scale, and a boundary is
where the sign changes, to 1e-12 or as said.
"""

from __future__ import annotations

from collections.abc import Callable

from scipy.optimize import root_scalar

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.overseers.base import Overseer
from corrigible.planners.certify import certify
from corrigible.planners.evaluate import evaluate
from corrigible.planners.solution import Solution
from corrigible.problem import Problem, Truth

_WIDEST = 1e-7
# A margin that is zero over an interval has no change of sign: what is looked for is where it
# exceeds so little.
SEEN = 1e-8


def margin(problem: Problem, state: int = 0, belief: Belief | None = None) -> float:
    """By how much the agent prefers to keep its overseer.

    Args:
        problem: what it assumes.
        state: where.
        belief: what it believes; the prior where None.

    Returns:
        In reward units. No arrays, no shapes.

    Raises:
        UserError: nothing to disable there, or a bracket that did not close.

    Source: this package.
    """
    found = certify(problem, belief, state, budget=60.0)
    low, high = found.margin_lower, found.margin_upper
    if low is None or high is None:
        raise UserError(f"there is nothing to disable in {problem.world.label(state)}")
    if high - low > _WIDEST * max(1.0, abs(low), abs(high)):
        raise UserError(f"the margin is between {low} and {high}; it could not be told closer")
    return 0.5 * (low + high)


def true_margin(plan: Solution, overseer: Overseer, state: int = 0) -> float:
    """The same under the truth, on average over what the agent believes the reward may be.

    Args:
        plan: what the agent does.
        overseer: the true one.
        state: where.

    Returns:
        In reward units. No arrays, no shapes.

    Raises:
        UserError: nothing to disable there.

    Source: this package.
    """
    problem, total = plan.problem, 0.0
    for hypothesis, weight in enumerate(problem.weights().tolist()):
        is_ = Truth(problem.world, overseer.only(hypothesis), problem.rewards[hypothesis])
        found = evaluate(plan, is_, state).true_margin
        if found is None:
            raise UserError(f"there is nothing to disable in {problem.world.label(state)}")
        total += weight * found
    return total


def boundary(
    function: Callable[[float], float], low: float, high: float, close: float = 1e-12
) -> float:
    """Where a function changes its sign.

    Args:
        function: continuous, of opposite signs at the two ends.
        low: one end.
        high: the other.
        close: how close the place is to be told.

    Returns:
        The place. No arrays, no shapes.

    Raises:
        UserError: the signs are not opposite.

    Source: Brent 1973, by way of SciPy.
    """
    ends = function(low), function(high)
    if not ends[0] * ends[1] < 0.0:
        raise UserError(f"no change of sign between {low} and {high}: {ends[0]} and {ends[1]}")
    solved = root_scalar(function, bracket=(low, high), method="brentq", xtol=close)
    return float(solved.root)
