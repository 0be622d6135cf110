"""What one would have to pay this agent to silence its overseer.

While the offer stands and the channel is on, an action that the agent chose is paid c e(s,a), e
the expected disabling above the least at s. V(c) is the value of the best plan under the offer,
V_keep that of the best plan that takes no disabling action while the offer stands, and

    c* = sup { c : V(c) = V_keep }.

V(c) - V_keep is a maximum of lines in c, so it is convex and nondecreasing, and zero for c low
enough. Secants from the right therefore never pass c* and end on its last line. The offer stands
until the first correction is heard (`offered_once`) or always (`offered_always`).

Guarantee: lower <= c* <= upper. The upper end is a c at which a lower bound of V(c) exceeds an
upper bound of V_keep; the lower end is a c at which no single disabling action, wherever it can
be taken, gains on keeping (the one-step deviation principle), or for exact values the last secant
less its rounding.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from corrigible.planners.arrivals import Heard, Solved, solve_beliefs
from corrigible.planners.moves import Moves
from corrigible.planners.solution import Solution
from corrigible.problem import Problem
from corrigible.threads import one_thread

LEAST = 1e-12
_STEPS = 60
_ROUNDING = 64.0 * float(np.finfo(np.float64).eps)


def excess_disabling(problem: Problem) -> Float[np.ndarray, "S A"]:
    """e(s,a): expected disabling above the least at s.

    Args:
        problem: its world.

    Returns:
        `[S, A]`, zero for keeping actions.

    Raises:
        Nothing.

    Source: this package.
    """
    harm = problem.world.expected_disables
    excess = harm - harm.min(axis=1, keepdims=True)
    return np.where(excess <= LEAST, 0.0, excess)


@dataclass(frozen=True)
class _Once:
    """The problem at one belief while an offer stands that ends with the first correction."""

    problem: Problem
    weights: np.ndarray
    heard: Heard

    def solve(self, extra: np.ndarray) -> Solved:
        rewards = np.tensordot(self.weights, self.problem.rewards, axes=1)[None]
        return solve_beliefs(self.problem, rewards, self.heard, extra=extra)

    def value(self, extra: np.ndarray) -> float:
        best = (self.solve(extra).on[0] + extra).max(axis=1)
        return float(self.problem.world.start @ best)


@one_thread
def offered_once(solution: Solution, deadline: float = float("inf")) -> tuple[float, float]:
    """c* for an offer that stands until the first correction is heard.

    Args:
        solution: a plan at the problem's prior.
        deadline: a `time.monotonic()` after which the ends are left as they are.

    Returns:
        (lower, upper), in reward units; both infinite where nothing can be paid for.

    Raises:
        TooManyBeliefs: the plan does not cover what the first correction leads to.

    Source: this package.
    """
    problem = solution.problem
    excess = excess_disabling(problem)
    if not _payable(problem, excess):
        return float("inf"), float("inf")
    forbidden = np.where(excess > 0.0, -np.inf, 0.0)
    weights = problem.weights()
    low, high = (_Once(problem, weights, heard) for heard in solution.hearing(weights))
    keep = high.value(forbidden)
    exact = bool(np.array_equal(low.heard.gain, high.heard.gain))
    lower, upper = secant(lambda c: low.value(c * excess) - keep, problem, deadline)
    if exact and lower > -np.inf:
        return lower, upper
    keeping = low.solve(forbidden), high.solve(forbidden)
    lower = _deviation(problem, excess, forbidden, keeping)
    return min(lower, upper), upper


@one_thread
def offered_always(
    value: Callable[[Float[np.ndarray, "S A"]], tuple[float, float]],
    problem: Problem,
    deadline: float = float("inf"),
) -> tuple[float, float]:
    """c* for an offer that always stands.

    Args:
        value: both ends of V at the start when `[S, A]` is paid for chosen actions, channel on.
        problem: whose offer it is.
        deadline: a `time.monotonic()` after which the ends are left as they are.

    Returns:
        (lower, upper), in reward units; both infinite where nothing can be paid for; the lower
        end is minus infinity where the bounds on V are too far apart to tell, or time ran out.

    Raises:
        TooManyBeliefs: the beliefs cannot be enumerated.

    Source: this package.
    """
    excess = excess_disabling(problem)
    if not _payable(problem, excess):
        return float("inf"), float("inf")
    keep_low, keep_high = value(np.where(excess > 0.0, -np.inf, 0.0))
    lower, upper = secant(lambda c: value(c * excess)[0] - keep_high, problem, deadline)
    width = keep_high - keep_low
    return lower if width <= 1e-9 * max(1.0, abs(keep_high)) else -float("inf"), upper


def secant(
    difference: Callable[[float], float], problem: Problem, deadline: float
) -> tuple[float, float]:
    """The last zero of a convex nondecreasing function that is zero far to the left.

    Args:
        difference: V(c) - V_keep.
        problem: its rewards and discount say how large c can be and how exactly V is known.
        deadline: a `time.monotonic()` after which the search stops, still to the right.

    Returns:
        (lower, upper), which hold the zero: apart by the rounding of V over the last slope; minus
        infinity and where the search stopped, if that was before the last line; both infinite
        where the difference never rises.

    Raises:
        Nothing.

    Source: Dinkelbach 1967, whose iteration this is with secants for tangents.
    """
    spare = 1.0 - problem.world.discount
    rewards = problem.rewards
    start = max(float(rewards.max() - rewards.min()), 1e-3) / spare
    level = max(1.0, float(np.abs(rewards).max()))
    c, f_c = start, difference(start)
    while f_c <= 1e-9 * start:
        c *= 16.0
        if c > 1e12 * start:
            return float("inf"), float("inf")
        f_c = difference(c)
    right, f_right = 2.0 * c, difference(2.0 * c)
    slack = 0.0
    for _ in range(_STEPS):
        if f_right <= f_c:  # two points too close to tell apart
            return c - slack, c + slack
        slope = (f_right - f_c) / (right - c)
        noise = _ROUNDING * max(level, abs(c)) / spare
        slack = noise / slope
        if time.monotonic() > deadline:
            break
        if f_c <= noise:
            return _back(difference, (c, right), noise, slack, deadline)
        right, f_right = c, f_c
        c -= f_c / slope
        f_c = difference(c)
    return -float("inf"), c + slack


def _back(
    difference: Callable[[float], float],
    ends: tuple[float, float],
    noise: float,
    slack: float,
    deadline: float,
) -> tuple[float, float]:
    """A secant through two close points may have passed the zero: go back to where V rises."""
    (c, right), reach = ends, 2.0 * slack
    while difference(c + reach) <= noise:
        if time.monotonic() > deadline:
            return c - slack, right
        c, reach = c + reach, 2.0 * reach
    while reach > 2.0 * slack and time.monotonic() <= deadline:
        reach /= 2.0
        if difference(c + reach) <= noise:
            c += reach
    reach = max(slack, reach)
    return c - reach, c + reach


def _payable(problem: Problem, excess: np.ndarray) -> bool:
    reached = Moves(problem.world).closure(problem.world.start > 0)
    return bool(excess[reached].any())


def _deviation(
    problem: Problem, excess: np.ndarray, forbidden: np.ndarray, keeping: tuple[Solved, Solved]
) -> float:
    """The largest c at which no one disabling action gains on keeping, where it can be taken."""
    low, high = keeping
    kept = (low.on[0] + forbidden).max(axis=1)
    room = kept[:, None] - high.on[0]
    reached = Moves(problem.world).closure(problem.world.start > 0)
    paid = (excess > 0.0) & reached[:, None]
    return float((room[paid] / excess[paid]).min())
