"""Ends of the value at beliefs that were not planned at.

Every plan has one value under each hypothesis, between what knowing the hypothesis is worth (top)
and the worst that can be done (floor); V(b) is the best plan's sum_h b_h v_h. So, for any weight
w >= 0 and any belief y with V(y) <= U(y),

    V(x) <= w U(y) + sum_h (x_h - w y_h)^+ top_h - sum_h (w y_h - x_h)^+ floor_h

which is Hauskrecht's sawtooth where w y <= x, the monotone bound where w y >= x, and a bound for
any overlap between. From below, the value v_h of any plan at all gives V(x) >= sum_h x_h v_h
(an alpha vector).

Guarantee: `top` and `floor` bound every plan's value under each hypothesis, so `upper` is never
below V and `lower` never above it, whichever y, w and plan are chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from corrigible.belief import Belief
from corrigible.planners.arrivals import Heard, Policy, solve_beliefs
from corrigible.problem import Problem

_WORK = 1 << 26
_NEAREST = 6


def unheard(problem: Problem, forced: Float[np.ndarray, "N S A"]) -> Heard:
    """Corrections that change no belief, though a hand that overrides still acts.

    Args:
        problem: its overseer's subject and mode.
        forced: `[N, S, A]`, P(a* | s) that is executed where the overseer overrides.

    Returns:
        A `Heard` that always stays.

    Raises:
        Nothing.

    Source: this package.
    """
    count, states, _ = forced.shape
    asked = problem.overseer.about == "asked"
    gain = np.zeros((count, states, states) if asked else (count, states))
    return Heard(
        np.ones((count, states)), gain, forced if problem.overseer.mode == "overrides" else None
    )


@dataclass(frozen=True)
class Ends:
    """Top and floor of every plan's value under each hypothesis.

    Args:
        top: `[H, S, A]`, Q with the channel on, the hypothesis known.
        floor: `[H, S, A]`, the least Q of any plan.
        top_value: `[H, S]`, V with the channel on.
        floor_value: `[H, S]`.
        policy: what is best under each hypothesis.

    Source: this package.
    """

    top: Float[np.ndarray, "H S A"]
    floor: Float[np.ndarray, "H S A"]
    top_value: Float[np.ndarray, "H S"]
    floor_value: Float[np.ndarray, "H S"]
    policy: Policy


def ends(problem: Problem, extra: Float[np.ndarray, "S A"] | None) -> Ends:
    """Solve every hypothesis as if it were known, and upside down.

    Args:
        problem: world, overseer and hypotheses.
        extra: `[S, A]`, paid for chosen actions with the channel on.

    Returns:
        See `Ends`; both ends are moved outwards by the solver's residual.

    Raises:
        Nothing.

    Source: Littman, Cassandra & Kaelbling 1995 (the MDP bound), here with the hand's own actions.
    """
    world, hand = problem.world, problem.overseer
    blind = unheard(problem, problem.likelihood)
    known = solve_beliefs(problem, problem.rewards, blind, extra=extra)
    upside = Problem(world, hand, Belief(-problem.rewards, problem.prior.log_weights))
    worst_extra = None if extra is None else np.where(np.isfinite(extra), -extra, extra)
    worst = solve_beliefs(upside, -problem.rewards, blind, extra=worst_extra)
    step = 1.0 / (1.0 - world.discount)
    asking = world.discount * hand.rate * hand.ask_cost * step
    top, floor = known.on + known.residual * step, -worst.on - worst.residual * step - asking
    paid, owed = (top, floor) if extra is None else (top + extra, -worst.on + extra)
    if extra is not None:
        owed = np.where(np.isfinite(extra), owed - worst.residual * step - asking, np.inf)
    policy = Policy(paid.argmax(axis=2), known.off.argmax(axis=2), np.zeros(top.shape[:2], int))
    return Ends(top, floor, paid.max(axis=2), owed.min(axis=2), policy)


def value_under_each(
    problem: Problem, policy: Policy, extra: Float[np.ndarray, "S A"] | None
) -> Float[np.ndarray, "H S A"]:
    """Q of one policy that ignores what it hears, under each hypothesis, the channel on.

    Args:
        problem: world, overseer and hypotheses.
        policy: one policy (N = 1).
        extra: `[S, A]`, paid for chosen actions with the channel on.

    Returns:
        `[H, S, A]`.

    Raises:
        Nothing.

    Source: this package.
    """
    count = len(problem.rewards)
    same = Policy(*(np.repeat(x, count, axis=0) for x in (policy.on, policy.off, policy.choice)))
    blind = unheard(problem, problem.likelihood)
    return solve_beliefs(problem, problem.rewards, blind, extra=extra, policy=same).on


@dataclass
class Library:
    """Beliefs that were planned at, and plans whose values are known under every hypothesis.

    Args:
        points: `[M, H]`.
        upper: `[M, S]` or `[M, S, A]`, upper ends at the points.
        plans: `[K, H, S]` or `[K, H, S, A]`, values of plans.

    Source: Pineau, Gordon & Thrun 2003; Smith & Simmons 2004.
    """

    points: Float[np.ndarray, "M H"]
    upper: Float[np.ndarray, "M ..."]
    plans: Float[np.ndarray, "K H ..."]

    def best_plan(self, beliefs: Float[np.ndarray, "N H"]) -> Int[np.ndarray, " N"]:
        """The plan that is best on average over states, for each belief.

        Args:
            beliefs: `[N, H]`.

        Returns:
            `[N]`, indices of plans.

        Raises:
            Nothing.

        Source: this package.
        """
        average = self.plans.reshape(*self.plans.shape[:2], -1).mean(axis=2)
        return (beliefs @ average.T).argmax(axis=1)

    def lower(self, beliefs: Float[np.ndarray, "N H"]) -> Float[np.ndarray, "N ..."]:
        """A lower end at any belief.

        Args:
            beliefs: `[N, H]`.

        Returns:
            `[N, S]` or `[N, S, A]`.

        Raises:
            Nothing.

        Source: Pineau, Gordon & Thrun 2003.
        """
        tail = self.plans.shape[2:]
        flat = self.plans.reshape(*self.plans.shape[:2], -1)
        if len(beliefs) * flat.size <= _WORK:
            return np.einsum("nh,khs->nks", beliefs, flat).max(axis=1).reshape(-1, *tail)
        chosen = self.best_plan(beliefs)
        found = np.empty((len(beliefs), flat.shape[2]))
        for plan in np.unique(chosen):
            rows = chosen == plan
            found[rows] = beliefs[rows] @ flat[plan]
        return found.reshape(-1, *tail)

    def upper_at(
        self,
        beliefs: Float[np.ndarray, "N H"],
        top: Float[np.ndarray, "H ..."],
        floor: Float[np.ndarray, "H ..."],
    ) -> Float[np.ndarray, "N ..."]:
        """An upper end at any belief.

        Args:
            beliefs: `[N, H]`.
            top: `[H, S]` or `[H, S, A]`, the most that any plan is worth under each hypothesis.
            floor: the least, of the same shape.

        Returns:
            `[N, S]` or `[N, S, A]`.

        Raises:
            Nothing.

        Source: Hauskrecht 2000, section 4.3, for the sawtooth; the rest is this package's.
        """
        hypotheses = len(top)
        tops, floors = top.reshape(hypotheses, -1), floor.reshape(hypotheses, -1)
        found = beliefs @ tops
        if not len(self.points):
            return found.reshape(len(beliefs), *top.shape[1:])
        uppers = self.upper.reshape(len(self.points), -1)
        likeness = np.sqrt(beliefs).astype(np.float32) @ np.sqrt(self.points).astype(np.float32).T
        thorough = likeness.size * hypotheses * tops.shape[1] <= 16 * _WORK
        many = min(_NEAREST if thorough else 1, len(self.points))
        nearest = np.argpartition(-likeness, many - 1, axis=1)[:, :many]
        for rank in range(many):
            points = self.points[nearest[:, rank]]
            for weight in _weights(beliefs, points, thorough and hypotheses <= 8):
                rest = beliefs - weight[:, None] * points
                bound = weight[:, None] * uppers[nearest[:, rank]]
                bound += np.maximum(rest, 0.0) @ tops - np.maximum(-rest, 0.0) @ floors
                np.minimum(found, bound, out=found)
        return found.reshape(len(beliefs), *top.shape[1:])


def _weights(beliefs: np.ndarray, points: np.ndarray, every: bool) -> list[np.ndarray]:
    """Weights w worth trying: every ratio x_h / y_h, or the least and that of the overlap."""
    inside = points > 0.0
    ratio = np.where(inside, beliefs / np.where(inside, points, 1.0), np.inf)
    if every:
        return [np.where(inside[:, h], ratio[:, h], 0.0) for h in range(ratio.shape[1])]
    overlap = inside & (beliefs > 0.0)
    covered = np.where(overlap, points, 0.0).sum(axis=1)
    shared = np.where(overlap, beliefs, 0.0).sum(axis=1)
    return [ratio.min(axis=1), shared / np.where(covered > 0.0, covered, 1.0)]
