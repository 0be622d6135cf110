"""The deference clock: the margin after each further correction of one history.

The history is what the true hand says about one state after another, drawn as it draws: about the
current state or an asked one, the states are those that can be reached, equally likely. The agent
hears by its assumed hand. Every belief is certified once, at the same state.

Guarantee: the same key gives the same history, and the points up to a time do not depend on how far
the clock is run.
"""

from __future__ import annotations

import time

import numpy as np

from corrigible.belief import Belief
from corrigible.inference.exact import posterior
from corrigible.inference.summary import summarise
from corrigible.keys import Key, split
from corrigible.planners.certify import Certificate, certify
from corrigible.planners.moves import Moves
from corrigible.problem import Problem, Truth
from corrigible.view.ends import ends
from corrigible.view.snapshot import Clock, ClockPoint

LONGEST = 64
_SILENCES = 10_000


def clock(
    problem: Problem,
    truth: Truth,
    state: int,
    key: Key,
    tol: float | None,
    deadline: float,
    longest: int = LONGEST,
) -> Clock | None:
    """Run the clock until the margin is no longer positive. The key is consumed.

    Args:
        problem: what the agent assumes.
        truth: whose hand speaks.
        state: where the margin is asked for.
        key: an int or a JAX key.
        tol: margins within it of zero are indifferent; the planner's own where None.
        deadline: a `time.monotonic()` after which it stops.
        longest: the most corrections.

    Returns:
        See `Clock`; None where not even two points were in time. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    told = history(truth, key, longest)
    known: dict[bytes, tuple[Certificate, Belief]] = {}
    points: list[ClockPoint] = []
    crossing: ClockPoint | None = None
    pause = max(0.05, (deadline - time.monotonic()) / 16)
    for heard in range(len(told) + 1):
        belief = posterior(problem, told[:heard])
        name = np.round(np.asarray(belief.weights), 12).tobytes()
        if name not in known:
            if time.monotonic() + pause > deadline:
                break
            known[name] = certify(problem, belief, state, tol, pause), belief
        listed = heard & (heard - 1) == 0
        point = _point(problem, *known[name], heard, told) if listed or not crossing else None
        if point is None or point.margin is None:
            break
        if point.margin[1] is not None and point.margin[1] <= known[name][0].tol:
            crossing = point
        if listed or crossing:
            points.append(point)
        if crossing:
            break
    if len(points) < 2 and crossing is None:
        return None
    verdict = None if crossing is None else crossing.verdict
    return Clock(state, tuple(points), crossing and crossing.corrections, verdict)


def history(truth: Truth, key: Key, longest: int) -> list[tuple[int, int]]:
    """What the true hand says, one correction after another. The key is consumed.

    Args:
        truth: whose hand.
        key: an int or a JAX key.
        longest: how many corrections; fewer where it hardly ever speaks.

    Returns:
        (state, action) pairs. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    reached = np.flatnonzero(Moves(truth.world).closure(truth.world.start > 0))
    hand, table = truth.overseer, truth.likelihood
    found: list[tuple[int, int]] = []
    if hand.rate == 0.0:
        return found
    for word in split(key, min(_SILENCES, int(4 * longest / hand.rate) + 16)):
        at = int(reached[word % len(reached)])
        signal = hand.sample(word, table, at)
        if signal is not None:
            found.append((int(signal[0]), int(signal[1])))
        if len(found) == longest:
            break
    return found


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
    )
