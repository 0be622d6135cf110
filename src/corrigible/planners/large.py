"""Bounds for thousands of states and hypotheses, where even one table of all beliefs is too large.

Above, the first correction that can tell anything tells everything. Until then the agent knows its
belief b and no more, so that with W(s) = sum_h b_h V*_h(s) and sigma(s) the part of what is said
about s that every hypothesis would say alike,

    A(s') = (1 - rho + rho sigma(s')) V(s') + rho (1 - sigma(s')) W(s')

makes an upper end of V one ordinary decision problem: waiting to be told is paid for. A hand that
overrides is worth no more than one that advises.

Below stand what is best if nothing is ever heard and, where the overseer advises about the current
state, the plans of `corrigible.planners.outline`, finer and finer ones. A hand that overrides is
followed for one step, and worth the least after that.

Guarantee: anytime, lower <= Q <= upper at every belief asked for, the solver's residual included,
for every overseer; of a hand that overrides, is asked or speaks about any state, and of a channel
that something restores, only those first ends are known, which may be far apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from corrigible.checkpoint import Checkpoint, digest
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.arrivals import Heard, Solved, solve_beliefs, solve_off
from corrigible.planners.bounds import Bounds
from corrigible.planners.entries import Entries, Plans
from corrigible.planners.graph import SAME
from corrigible.planners.outline import Outline, Plan
from corrigible.planners.solution import BeliefValues, Solution
from corrigible.planners.stand_by import StandBy
from corrigible.problem import Problem
from corrigible.worlds.optimum import RESIDUAL, Arrivals, groups, solve_arrivals

_MANY_STATES = 400
_TABLE = 1 << 22
_BELIEFS = 1 << 26
_FEW = 64
_FIRST = 1e-4
_FINER = 0.3
_DEARER = 3.0


def is_large(problem: Problem) -> bool:
    """Whether tables over hypotheses, or over beliefs, and states would be too large.

    Args:
        problem: any.

    Returns:
        True where `Large` bounds it, and `Bounds` would not end in reasonable time.

    Raises:
        Nothing.

    Source: this package.
    """
    hypotheses, states, actions = problem.rewards.shape
    if states <= _MANY_STATES:
        return False
    beliefs = min(2.0**hypotheses, states * actions)
    return hypotheses * states * actions >= _TABLE or beliefs * states >= _BELIEFS


def is_beyond_exact(problem: Problem) -> bool:
    """Whether a large problem has far too many beliefs, by those that one correction leads to.

    Args:
        problem: any.

    Returns:
        True where there is no point in trying to enumerate them.

    Raises:
        Nothing.

    Source: this package.
    """
    if not is_large(problem):
        return False
    weights, table = problem.weights(), problem.likelihood
    lens = np.random.Generator(np.random.PCG64(5)).uniform(1.0, 2.0, len(weights))
    chance, view = np.zeros(table.shape[1:]), np.zeros(table.shape[1:])
    for part in groups(table.shape):
        chance += np.tensordot(weights[part], table[part], axes=1)
        view += np.tensordot(weights[part] * lens[part], table[part], axes=1)
    heard = chance > 0.0
    return len(np.unique(np.rint(view[heard] / chance[heard] / SAME))) > _FEW


def bound(
    problem: Problem,
    tol: float = 1e-6,
    deadline: float = float("inf"),
    stop: Callable[[Solution], bool] | None = None,
    extra: Float[np.ndarray, "S A"] | None = None,
    checkpoint: Path | None = None,
) -> Solution:
    """Both ends of every value, by the planner that fits the problem's size.

    Args:
        problem: what is assumed.
        tol: refining stops when the ends at the start are this close, in reward units.
        deadline: a `time.monotonic()` after which refining stops; the first ends are always made.
        stop: refining stops when this says so.
        extra: `[S, A]`, paid for actions chosen while the channel is on; minus infinity forbids
            an action.
        checkpoint: a file that an interrupted call goes on from.

    Returns:
        `Bounds`, or `Large`.

    Raises:
        UserError: the file is no checkpoint, or of another problem, or cannot be written.

    Source: this package.
    """
    large = is_large(problem)
    saved = None
    if checkpoint is not None:
        kind = Plans if large else Entries
        saved = Checkpoint(checkpoint, _asked(problem, extra), kind, "a plan", "problem")
    planner = Large if large else Bounds
    return planner(problem, tol, deadline, stop, extra, saved)


def _asked(problem: Problem, extra: Float[np.ndarray, "S A"] | None) -> str:
    """A digest of the problem: what is believed, what is said, and how the world moves."""
    world, hand = problem.world, problem.overseer
    arrays = [problem.rewards, problem.likelihood, problem.weights(), world.start]
    for matrix in (world.on_matrix, world.off_matrix, world.back_matrix):
        arrays += [matrix.data, matrix.indices, matrix.indptr]
    if extra is not None:
        arrays.append(extra)
    words = [world.discount, hand.rate, hand.about, hand.mode, hand.ask_cost]
    return digest(arrays, map(str, words))


class Large(Solution):
    """Two ends of every value of a large problem.

    Args:
        problem: what is assumed.
        tol: refining stops when the ends at the start are this close, in reward units.
        deadline: a `time.monotonic()` after which refining stops; the first ends are always made.
        stop: refining stops when this says so.
        extra: `[S, A]`, paid for actions chosen while the channel is on; minus infinity forbids
            an action.
        checkpoint: where to save the plans found, or None; what knowing the reward is worth is
            computed again.

    Raises:
        Nothing.

    Source: Littman, Cassandra & Kaelbling 1995 (knowing all at the next step), Blackwell 1953;
        this package for waiting to be told.
    """

    def __init__(
        self,
        problem: Problem,
        tol: float = 1e-6,
        deadline: float = float("inf"),
        stop: Callable[[Solution], bool] | None = None,
        extra: Float[np.ndarray, "S A"] | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.problem = problem
        world, hand = problem.world, problem.overseer
        self._extra = extra
        # Whoever overrides is worth no more than who advises; about which state is all one to W.
        self._plain = replace(problem, overseer=HandOfGod(rate=hand.rate))
        spare = 1.0 - world.discount
        self._floor = problem.rewards.min(axis=(1, 2)) / spare
        size = max(1.0, float(np.abs(problem.optimum).max()))
        self._known_slack = 2.0 * RESIDUAL * size / spare
        self._plans: list[Plan] = []
        self._last: tuple[tuple[bytes, int], BeliefValues] | None = None
        self._base: tuple[bytes, np.ndarray, Arrivals | None, Solved] | None = None
        self._version = 0
        listens = hand.mode == "advises" and hand.about == "current" and hand.rate > 0.0
        if extra is None and listens and not world.has_restores:
            self._refine(tol, deadline, stop, checkpoint)

    def at(self, weights: Float[np.ndarray, " H"], state: int | None = None) -> BeliefValues:
        """Both ends of every value at one belief.

        Args:
            weights: `[H]`.
            state: not needed here: every state is bounded.

        Returns:
            See `BeliefValues`.

        Raises:
            Nothing.

        Source: this package.
        """
        key = weights.tobytes(), self._version
        if self._last is None or self._last[0] != key:
            self._last = key, self._ends(weights)
        return self._last[1]

    def hearing(self, weights: Float[np.ndarray, " H"]) -> tuple[Heard, Heard]:
        """What the next correction leads to, whatever it says, at both ends.

        Args:
            weights: `[H]`.

        Returns:
            (lower, upper), each one belief's `Heard` with nothing left to stay.

        Raises:
            Nothing.

        Source: this package.
        """
        hand, states = self.problem.overseer, self.problem.world.n_states
        if hand.mode == "overrides":
            low = self._followed(weights)
        else:
            paid = self.at(weights).on[0]
            low = paid.max(axis=1)
        high = self._told(weights)
        found = []
        for gain in (low, high):
            every = gain[None]
            if hand.about == "asked":
                every = np.broadcast_to(gain, (1, states, states))
            found.append(Heard(np.zeros((1, states)), every, None))
        return found[0], found[1]

    def _refine(
        self,
        tol: float,
        deadline: float,
        stop: Callable[[Solution], bool] | None,
        checkpoint: Checkpoint | None,
    ) -> None:
        problem = self.problem
        weights, least, limit = problem.weights(), _FIRST, float("inf")
        low, high = -float("inf"), float("inf")
        saved = None if checkpoint is None else checkpoint.load()
        if saved is not None:
            self._plans, least, limit = saved.each(), saved.least, deadline
            low, high = self.ends_at_start
            if saved.done or high - low <= tol or (stop is not None and stop(self)):
                return
        outline = Outline(problem, self._stand_by())
        while True:
            began = time.monotonic()
            plan = outline.plan(weights, problem.world.start, least, limit)
            if not outline.cut:
                before, least = self._plans, least * _FINER
                self._take([*before[-1:], plan])
                after, high = self.ends_at_start
                if after < low:
                    # A finer plan is seldom worse, or worse than the one that made way for it.
                    self._take(before)
                low = max(low, after)
                if checkpoint is not None:
                    checkpoint.save(Plans.of(self._plans, least, not outline.held))
            now = time.monotonic()
            late = now + _DEARER * (now - began) > deadline
            if late or high - low <= tol or not outline.held or (stop is not None and stop(self)):
                return
            limit = deadline

    def _take(self, plans: list[Plan]) -> None:
        self._plans, self._version = plans, self._version + 1

    def _stand_by(self) -> StandBy:
        """What plans fall back on; what is best on average is valued under each hypothesis."""
        problem, world = self.problem, self.problem.world
        mean = np.tensordot(problem.weights(), problem.rewards, axes=1)[None]
        action = solve_off(problem, mean).q.argmax(axis=2)
        every = np.broadcast_to(action, (len(problem.rewards), world.n_states))
        average = np.empty(problem.optimum.shape)
        zero = np.zeros_like(every)
        for part in groups(problem.rewards.shape):
            step = problem.rewards[part]
            fixed = every[part], zero[part]
            average[part] = solve_arrivals(
                world.transition_matrix, world.discount, step, policy=fixed
            ).arrival
        return StandBy(problem.optimum, average, self._floor)

    def _ends(self, weights: np.ndarray) -> BeliefValues:
        problem, world = self.problem, self.problem.world
        name = weights.tobytes()
        if self._base is None or self._base[0] != name:
            rewards = np.tensordot(weights, problem.rewards, axes=1)[None]
            off = None if world.has_restores else solve_off(problem, rewards)
            self._base = name, rewards, off, self._above(weights, rewards, off)
        _, rewards, off, high = self._base
        low = self._below(weights, rewards, off)
        residual = max(low.residual, high.residual, 0.0 if off is None else off.residual)
        outwards = np.array([-1.0, 1.0])[:, None, None] * residual / (1.0 - world.discount)
        on = np.stack([low.on[0], high.on[0]]) + outwards
        lost = np.stack([low.off[0], high.off[0]]) + outwards
        paid = on if self._extra is None else on + self._extra
        return BeliefValues(paid, lost, np.full(world.n_states, -1, dtype=np.int64))

    def _above(self, weights: np.ndarray, rewards: np.ndarray, off: Arrivals | None) -> Solved:
        """Waiting for the first correction that can tell anything, which tells everything."""
        hand, known = self.problem.overseer, None if off is None else off.q
        alike = np.zeros(rewards.shape[1])
        if hand.about != "asked":
            alike = self._said_alike(weights)
        if hand.about == "uniform":
            alike = np.full_like(alike, alike.mean())
        heard = Heard(alike[None], ((1.0 - alike) * self._told(weights))[None], None)
        if self._extra is None or hand.mode == "advises":
            return solve_beliefs(self._plain, rewards, heard, off=known, extra=self._extra)
        # What an overriding hand does is not paid for, nor is it forbidden.
        unpaid = solve_beliefs(self._plain, rewards, heard, off=known)
        more = self.problem.world.discount * self._most_paid()
        return replace(unpaid, on=unpaid.on + more, off=unpaid.off + more * (off is None))

    def _said_alike(self, weights: np.ndarray) -> np.ndarray:
        """`[S]`, the probability of being told what every possible hypothesis would say alike."""
        table = self.problem.likelihood
        least = np.ones(table.shape[1:])
        for part in groups(table.shape):
            possible = weights[part] > 0.0
            some = table[part] if possible.all() else table[part][possible]
            np.minimum(least, some.min(axis=0, initial=1.0), out=least)
        return least.sum(axis=1)

    def _below(self, weights: np.ndarray, rewards: np.ndarray, off: Arrivals | None) -> Solved:
        """What is best if nothing is heard, or a plan is begun on arriving where it runs."""
        problem, world = self.problem, self.problem.world
        known, shape = None if off is None else off.q, (1, world.n_states)
        if problem.overseer.mode == "overrides":
            heard = Heard(np.zeros(shape), self._followed(weights)[None], None)
            return solve_beliefs(self._plain, rewards, heard, off=known, extra=self._extra)
        if off is None or not self._plans:
            heard = Heard(np.ones(shape), np.zeros(shape), None)
            return solve_beliefs(self._plain, rewards, heard, off=known, extra=self._extra)
        keep, gain = np.zeros((1, 2, world.n_states)), np.full((1, 2, world.n_states), -np.inf)
        keep[:, 0], gain[:, 0] = 1.0, 0.0
        for plan in self._plans:
            left_out = np.ones(len(weights), dtype=bool)
            left_out[plan.members] = False
            worth = weights[plan.members] @ plan.arrival + weights[left_out] @ self._floor[left_out]
            gain[0, 1, plan.region] = np.maximum(gain[0, 1, plan.region], worth)
        lost = (world.off_matrix @ off.q.max(axis=2).T).T.reshape(rewards.shape)
        step = rewards + world.discount * lost
        on = solve_arrivals(world.on_matrix, world.discount, step, keep, gain)
        return Solved(on.q, off.q, on.arrival, on.choice, on.residual)

    def _told(self, weights: np.ndarray) -> np.ndarray:
        """`[S]`, an upper end of what knowing the reward is worth on average."""
        return weights @ self.problem.optimum + self._known_slack + self._most_paid()

    def _followed(self, weights: np.ndarray) -> np.ndarray:
        """`[S]`, a lower end of arriving where the hand acts: its step, and then the least."""
        problem, here = self.problem, np.zeros(self.problem.world.n_states)
        for part in groups(problem.rewards.shape):
            executed = problem.likelihood[part] * problem.rewards[part]
            here += weights[part] @ executed.sum(axis=2)
        later = float(weights @ self._floor)
        if self._extra is not None:
            least = float(self._extra.max(axis=1).min())
            later += min(0.0, least) / (1.0 - problem.world.discount)
        return here + problem.world.discount * later

    def _most_paid(self) -> float:
        """The most that offers can add up to."""
        if self._extra is None:
            return 0.0
        most = float(self._extra[np.isfinite(self._extra)].max(initial=0.0))
        return most / (1.0 - self.problem.world.discount)
