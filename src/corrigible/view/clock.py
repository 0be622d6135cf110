"""The deference clock: the margin after each further correction of one history.

The history is what the true hand says about one state after another, drawn as it draws: about the
current state or an asked one, the states are those that can be reached, equally likely. The agent
hears by its assumed hand. Every belief is certified once, at the same state, and more histories of
the same hand say what is usual.

Guarantee: the same key gives the same history, and the points up to a time do not depend on how far
the clock is run.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from corrigible.belief import Belief
from corrigible.inference.exact import enumerated
from corrigible.inference.summary import summarise
from corrigible.keys import Key, split
from corrigible.planners.certificate import Certificate
from corrigible.planners.certify import certify
from corrigible.planners.moves import Moves
from corrigible.problem import Problem, Truth
from corrigible.view.ends import ends
from corrigible.view.snapshot import Clock, ClockPoint

LONGEST = 32
HISTORIES = 100
_DIGITS = 12


class _Known:
    """Certificates of the beliefs met so far, each made once, at one state."""

    def __init__(self, problem: Problem, state: int, tol: float | None, deadline: float) -> None:
        self.problem = problem
        self.state = state
        self.tol = tol
        self.deadline = deadline
        self._pause = max(0.05, (deadline - time.monotonic()) / 16)
        self._found: dict[bytes, Certificate] = {}

    def certificate(self, belief: Belief) -> Certificate | None:
        """The belief's certificate; None where it is new and the time is up."""
        name = np.round(np.asarray(belief.weights), _DIGITS).tobytes()
        if name not in self._found:
            if time.monotonic() + self._pause > self.deadline:
                return None
            self._found[name] = certify(self.problem, belief, self.state, self.tol, self._pause)
        return self._found[name]


def clock(
    problem: Problem,
    truth: Truth,
    state: int,
    key: Key,
    tol: float | None,
    deadline: float,
    longest: int = LONGEST,
) -> Clock | None:
    """Run the clock. The key is consumed.

    Args:
        problem: what the agent assumes.
        truth: whose hand speaks.
        state: where the margin is asked for.
        key: an int or a JAX key.
        tol: margins within it of zero are indifferent; the planner's own where None.
        deadline: a `time.monotonic()` after which it stops.
        longest: the most corrections.

    Returns:
        See `Clock`; None where there is nothing to judge or to hear, or not even two points were
        in time. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    keys = split(key, HISTORIES)
    told = history(truth, keys[0], longest)
    known = _Known(problem, state, tol, deadline)
    points: list[ClockPoint] = []
    crossing: ClockPoint | None = None
    for heard in range(len(told) + 1):
        belief = enumerated(problem, told[:heard])
        certificate = known.certificate(belief)
        if certificate is None or certificate.margin_upper is None:
            break
        ends_here = crossing is None and certificate.margin_upper <= certificate.tol
        if ends_here or _listed(heard):
            points.append(_point(problem, certificate, belief, heard, told))
        if ends_here:
            crossing = points[-1]
    if len(points) < 2:
        return None
    points, histories = _averaged(known, truth, keys, points)
    if crossing is None:
        return Clock(state, tuple(points), None, None, histories)
    return Clock(state, tuple(points), crossing.corrections, crossing.verdict, histories)


def _listed(heard: int) -> bool:
    """0, 1, 2, 4, 8, ..."""
    return heard & (heard - 1) == 0


def _averaged(
    known: _Known, truth: Truth, keys: list[int], points: list[ClockPoint]
) -> tuple[list[ClockPoint], int]:
    """The points with averages over histories, and over how many; as they were if not in time."""
    counts = [point.corrections for point in points]
    margins: list[list[float]] = []
    kept: list[list[bool]] = []
    for word in keys:
        told = history(truth, word, counts[-1])
        found = [known.certificate(enumerated(known.problem, told[:n])) for n in counts]
        ends_of = [(c.margin_lower, c.margin_upper, c.tol) for c in found if c is not None]
        both = [(lo, hi, tol) for lo, hi, tol in ends_of if lo is not None and hi is not None]
        if len(both) < len(counts):
            return points, 0
        margins.append([0.5 * (lo + hi) for lo, hi, _ in both])
        kept.append([hi > tol for _, hi, tol in both])
    means, shares = np.mean(margins, axis=0), np.mean(kept, axis=0)
    return [
        replace(point, mean=float(mean), kept=float(share))
        for point, mean, share in zip(points, means, shares, strict=True)
    ], len(keys)


def history(truth: Truth, key: Key, longest: int) -> list[tuple[int, int]]:
    """What the true hand says, one correction after another. The key is consumed.

    Args:
        truth: whose hand.
        key: an int or a JAX key.
        longest: how many corrections; none where it never speaks.

    Returns:
        (state, action) pairs. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if truth.overseer.rate == 0.0:
        return []
    reached = np.flatnonzero(Moves(truth.world).closure(truth.world.start > 0))
    # Silences carry no evidence, so the hand is made to speak.
    hand: Any = truth.overseer
    hand, table = replace(hand, rate=1.0), truth.likelihood
    return [
        hand.sample(word, table, int(reached[word % len(reached)])) for word in split(key, longest)
    ]


def _point(
    problem: Problem,
    certificate: Certificate,
    belief: Belief,
    heard: int,
    told: list[tuple[int, int]],
) -> ClockPoint:
    about = summarise(problem, belief)
    ledger = certificate.ledger
    return ClockPoint(
        corrections=heard,
        told=told[heard - 1] if heard else None,
        verdict=certificate.verdict,
        margin=ends(certificate.margin_lower, certificate.margin_upper),
        information=None if ledger is None else ledger.information,
        vpi=about.vpi,
        reward_entropy=about.reward_entropy,
        policy_entropy=about.policy_entropy,
        bribe=ends(*certificate.bribe),
        mean=None,
        kept=None,
    )
