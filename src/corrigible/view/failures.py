"""When it fails, on the same level: one number changed at a time, and where the sign changes.

- bonus: every press is paid c (each disabling action c times its excess disabling), in every
  hypothesis and in truth; the believed margin falls in c.
- rationality: the true hand is as rational as x while the agent goes on believing in its own; the
  believed margin stays, the true one falls as x does.
- overrides: the hand speaks about the current state and executes what it says, at rate x; beside
  it a hand that says the same and only advises.

Guarantee: a boundary is bracketed by two points whose margins have opposite signs; `shown`, where
it is not None, is a point where the failure is there: a believed margin below zero (bonus), a
believed margin above zero with a true one below (rationality), a believed margin below zero where
advice has none below zero (overrides).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from corrigible.belief import Belief
from corrigible.overseers.base import Mode
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.bribe import excess_disabling
from corrigible.planners.certificate import Certificate
from corrigible.planners.certify import certify
from corrigible.planners.evaluate import evaluate
from corrigible.planners.solution import Solution
from corrigible.problem import Problem, Truth
from corrigible.view.ends import ends, root, sign
from corrigible.view.snapshot import Ends, Failure, SweepPoint

RATES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
RATIONALITIES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
BONUSES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
_LEAST = 0.05


@dataclass(frozen=True)
class Sweeping:
    """What every sweep is about.

    Args:
        problem: what the agent assumes.
        truth: what is.
        state: where margins are asked for.
        tol: margins within it of zero are indifferent; the planner's own where None.
        deadline: a `time.monotonic()` after which no more points are begun.

    Source: this package.
    """

    problem: Problem
    truth: Truth
    state: int
    tol: float | None
    deadline: float

    def certify(self, problem: Problem) -> Certificate:
        """The certificate of a changed problem at the state.

        Args:
            problem: the changed one.

        Returns:
            See `Certificate`. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        pause = max(_LEAST, (self.deadline - time.monotonic()) / 16)
        return certify(problem, None, self.state, self.tol, pause)

    @property
    def late(self) -> bool:
        """Whether the time is up.

        Returns:
            True where it is.

        Raises:
            Nothing.

        Source: this package.
        """
        return time.monotonic() > self.deadline


def applies(kind: str, sweep: Sweeping) -> bool:
    """Whether a sweep makes sense on a level.

    Args:
        kind: "bonus", "rationality" or "overrides".
        sweep: what it would be about.

    Returns:
        False where there is no hand whose rationality or mode could be changed.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """
    assumed, true = sweep.problem.overseer, sweep.truth.overseer
    if kind == "overrides":
        return isinstance(assumed, HandOfGod)
    if kind == "rationality":
        hands = isinstance(assumed, HandOfGod) and isinstance(true, HandOfGod)
        return hands and len(_rationalities(sweep)) > 1
    return True


def bonus(sweep: Sweeping) -> Failure | None:
    """What happens when every press is paid.

    Args:
        sweep: what it is about.

    Returns:
        See `Failure`; None where not in time. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """

    def at(c: float) -> Ends | None:
        return _margin(sweep.certify(_paid(sweep.problem, c)))

    here = at(0.0)
    if here is None or sweep.late:
        return None
    tol = sweep.certify(sweep.problem).tol
    boundary = None
    if sign(here, tol) > 0 and here[1] is not None:
        most = here[1]
        while sign(at(most), tol) >= 0 and not sweep.late:
            most *= 2.0
        boundary = root(at, 0.0, most, sweep.deadline)
    shown = None
    xs: Sequence[float] = (0.0,)
    if boundary is not None and boundary[1] is not None:
        xs = [f * boundary[1] for f in BONUSES]
        shown = xs[-2]
    points = [_point(x, sweep.certify(_paid(sweep.problem, x))) for x in xs]
    return Failure("bonus", tuple(points), boundary, shown, 0.0)


def rationality(sweep: Sweeping, plan: Solution) -> Failure | None:
    """What happens when the hand is less rational than the agent believes.

    Args:
        sweep: what it is about.
        plan: the agent's, at the problem's prior.

    Returns:
        See `Failure`; None where the true hand is no `HandOfGod`, or not in time. No arrays, no
        shapes.

    Raises:
        TooManyBeliefs: a plan that cannot be continued.

    Source: this package; Hadfield-Menell et al. 2017, section 4, for a hand that errs.
    """
    hand, assumed = sweep.truth.overseer, sweep.problem.overseer
    if not isinstance(hand, HandOfGod) or not isinstance(assumed, HandOfGod):
        return None
    certificate = sweep.certify(sweep.problem)
    believed = _margin(certificate)
    if believed is None:
        return None

    def true(x: float) -> Ends | None:
        is_ = replace(sweep.truth, overseer=replace(hand, rationality=x))
        outcome = evaluate(plan, is_, sweep.state, cap=2000)
        return outcome.true_margin_interval and ends(*outcome.true_margin_interval)

    points = []
    for x in _rationalities(sweep):
        if sweep.late:
            break
        points.append(SweepPoint(x, certificate.verdict, believed, true(x), None))
    if len(points) < 2:
        return None
    boundary, shown = None, None
    if sign(believed, certificate.tol) > 0:
        boundary = _between(points, lambda p: p.true, true, certificate.tol, sweep.deadline)
        wrong = [p.x for p in points if sign(p.true, certificate.tol) < 0]
        shown = max(wrong) if wrong else None
    own = assumed.rationality
    return Failure(
        "rationality", tuple(points), boundary, shown, own if math.isfinite(own) else None
    )


def overrides(sweep: Sweeping) -> Failure | None:
    """What happens when the hand executes what it says.

    Args:
        sweep: what it is about.

    Returns:
        See `Failure`; None where the assumed hand is no `HandOfGod`, or not in time. No arrays,
        no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    hand = sweep.problem.overseer
    if not isinstance(hand, HandOfGod):
        return None

    def acting(rate: float, mode: Mode) -> Certificate:
        changed = replace(hand, rate=rate, about="current", mode=mode, ask_cost=0.0)
        return sweep.certify(replace(sweep.problem, overseer=changed))

    points, tol = [], 0.0
    for x in sorted({*RATES, float(hand.rate)} - {0.0}):
        if sweep.late:
            break
        found = acting(x, "overrides")
        tol = found.tol
        points.append(
            SweepPoint(x, found.verdict, _margin(found), None, _margin(acting(x, "advises")))
        )
    if len(points) < 2:
        return None
    boundary = _between(
        points,
        lambda p: p.believed,
        lambda x: _margin(acting(x, "overrides")),
        tol,
        sweep.deadline,
    )
    wrong = [p for p in points if sign(p.believed, tol) < 0 and sign(p.compare, tol) >= 0]
    own = [p.x for p in wrong if p.x == hand.rate]
    worst = min(wrong, key=lambda p: p.believed[1] or 0.0 if p.believed else 0.0, default=None)
    shown = own[0] if own else worst and worst.x
    return Failure("overrides", tuple(points), boundary, shown, float(hand.rate))


def _rationalities(sweep: Sweeping) -> list[float]:
    """Those below the assumed one, on the scale of the rewards."""
    assumed, rewards = sweep.problem.overseer, sweep.problem.rewards
    span = float(rewards.max() - rewards.min())
    if not isinstance(assumed, HandOfGod) or not span > 0.0:
        return []
    scale = 10.0 ** round(-math.log10(span))
    return [scale * r for r in RATIONALITIES if scale * r < assumed.rationality]


def _margin(certificate: Certificate) -> Ends | None:
    return ends(certificate.margin_lower, certificate.margin_upper)


def _point(x: float, certificate: Certificate) -> SweepPoint:
    return SweepPoint(x, certificate.verdict, _margin(certificate), None, None)


def _paid(problem: Problem, c: float) -> Problem:
    prior = problem.prior
    paid = Belief(problem.rewards + c * excess_disabling(problem), prior.log_weights)
    return replace(problem, prior=paid)


def _between(
    points: Sequence[SweepPoint],
    read: Callable[[SweepPoint], Ends | None],
    function: Callable[[float], Ends | None],
    tol: float,
    deadline: float,
) -> Ends | None:
    """The last change of sign from below zero to above among the points, refined."""
    for left, right in reversed(list(pairwise(points))):
        if sign(read(left), tol) < 0 < sign(read(right), tol):
            return root(function, left.x, right.x, deadline, 1e-6)
    return None
