"""An agent that keeps only a set: a lower end of the value, from finitely many plans.

At a set R the agent does what is best there if the hand also told its layers. Hearing a*, it moves
on to those members of R under which a* is a plausible answer, or ignores it, whichever its plans
make the better of the two; nothing else is remembered. Under each hypothesis h in R this is a
Markov chain, so that the plan has a value v_h there; where h is left out, the plan may be worth as
little as any. The agent that keeps the whole belief is worth no less, at any belief x:

    V(x) >= sum_{h in R} x_h v_h + sum_{h not in R} x_h floor_h

Guarantee: `ends_below` is never above V.
"""

from __future__ import annotations

import time

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from corrigible.planners.layers import Layers

_CHUNK = 1 << 18
_SWEEPS = 60
_CLOSE = 1e-6
_NOTHING = 1e-14
_MEMBERS = 32


class Keeper:
    """Plans that keep only a set, with their values under each of its hypotheses.

    Args:
        layers: the sets, and what is plausible where.
        floor: `[H, S]`, the least that any plan is worth under each hypothesis.
        deadline: a `time.monotonic()` by which the plans are made, as far as that goes.

    Source: this package; finite-state controllers are Hansen 1998, alpha vectors Pineau, Gordon &
        Thrun 2003.
    """

    def __init__(self, layers: Layers, floor: Float[np.ndarray, "H S"], deadline: float) -> None:
        self.problem, self._layers, self._floor = layers.problem, layers, floor
        problem, self._sets = layers.problem, layers.sets
        hypotheses, states, actions = problem.rewards.shape
        self._table = problem.likelihood.reshape(hypotheses, states * actions)
        self._current = problem.overseer.about == "current"
        sizes = np.array([len(m) for m in self._sets.members])
        self._first = np.concatenate([[0], np.cumsum(sizes)])
        self._values = np.zeros((self._first[-1], states))
        self._average = np.repeat(floor.mean(axis=1)[None], len(sizes), axis=0)
        self._made = np.zeros(len(sizes), bool)
        self._place = np.full((len(sizes), hypotheses), -1, dtype=np.int32)
        for number, members in enumerate(self._sets.members):
            self._place[number, members] = np.arange(len(members))
        world = problem.world
        self._on = world.on_matrix.toarray().reshape(states, actions, states)
        self._plan(sizes, deadline)
        self._average = self._average.astype(np.float32)

    def ends_below(self, beliefs: Float[np.ndarray, "N H"]) -> Float[np.ndarray, "N S"]:
        """A lower end of V_on at any belief.

        Args:
            beliefs: `[N, H]`.

        Returns:
            `[N, S]`.

        Raises:
            Nothing.

        Source: Pineau, Gordon & Thrun 2003.
        """
        best = np.empty(len(beliefs), dtype=np.int64)
        made = np.flatnonzero(self._made)
        width = max(1, (1 << 23) // max(1, len(made)))
        for low in range(0, len(beliefs), width):
            part = beliefs[low : low + width].astype(np.float32)
            best[low : low + width] = made[(part @ self._average[made].T).argmax(axis=1)]
        found = beliefs @ self._floor
        for number in np.unique(best):
            rows = np.flatnonzero(best == number)
            members = self._sets.members[number]
            more = self._values[self._first[number] :][: len(members)] - self._floor[members]
            found[rows] += beliefs[np.ix_(rows, members)] @ more
        return found

    def _plan(self, sizes: np.ndarray, deadline: float) -> None:
        """From the smallest sets on; where time is short, at those that are reached most."""
        # One matrix is inverted a set; what its members cost comes on top.
        work = 1.0 + sizes / _MEMBERS
        began = time.monotonic()
        self._make_all(np.flatnonzero(sizes == 1))
        now = time.monotonic()
        able = max(0.0, deadline - now) * work[sizes == 1].sum() / (now - began)
        most = np.argsort(-self._layers.reached, kind="stable")
        most = most[sizes[most] > 1]
        wanted = most[: max(1, int((np.cumsum(work[most]) <= able).sum()))]
        for size in np.unique(sizes[wanted]):
            self._make_all(wanted[sizes[wanted] == size])

    def _make_all(self, numbers: np.ndarray) -> None:
        size = len(self._sets.members[numbers[0]])
        width = max(1, _CHUNK // (size * self._table.shape[1]))
        for low in range(0, len(numbers), width):
            self._make(numbers[low : low + width])

    def _make(self, numbers: np.ndarray) -> None:
        """Plans at some sets of one size."""
        members = np.stack([self._sets.members[i] for i in numbers])
        share = self._layers.share(members)
        child = self._children(numbers, members)
        chance = self._table[members].transpose(0, 2, 1)
        joint = share[:, None, :] * chance
        there = self._average[child[:, :, None], members[:, None, :]]
        worth = np.where(child >= 0, (joint * there).sum(axis=2), -np.inf)
        values = self._value(numbers, members, chance, child)
        own = (joint * values.mean(axis=2)[:, None, :]).sum(axis=2)
        ignored = (child >= 0) & (worth <= own)
        if ignored.any():
            values = self._value(numbers, members, chance, np.where(ignored, -1, child))
        for i, number in enumerate(numbers):
            self._values[self._first[number] : self._first[number + 1]] = values[i]
            self._average[number, members[i]] = values[i].mean(axis=1)
        self._made[numbers] = True

    def _children(self, numbers: np.ndarray, members: np.ndarray) -> np.ndarray:
        """`[B, K]`, where each correction may lead; -1 for nowhere else."""
        marks = self._sets.marks[members][:, :, None]
        names = (self._layers.plausible[members] * marks).sum(axis=1, dtype=np.uint64)
        child = self._sets.find(names.ravel()).reshape(names.shape)
        return np.where((child == numbers[:, None]) | ~self._made[child], -1, child)

    def _value(
        self,
        numbers: np.ndarray,
        members: np.ndarray,
        chance: np.ndarray,
        target: np.ndarray,
    ) -> np.ndarray:
        """`[B, n, S]`, the value of moving on to the targets, under each member."""
        problem, world = self.problem, self.problem.world
        stay, gain = (self._here if self._current else self._anywhere)(members, chance, target)
        action, states = self._layers.on[numbers], np.arange(world.n_states)
        step = problem.rewards[members[:, :, None], states, action[:, None, :]]
        if world.off_matrix.nnz:
            step = step + self._lost(members, action, self._layers.off[numbers])
        move = world.discount * self._on[states, action]
        rate = problem.overseer.rate
        return _fixed_point(
            step + rate * gain @ move.transpose(0, 2, 1),
            move,
            1.0 - rate + rate * stay,
            world.discount,
        )

    def _lost(self, members: np.ndarray, action: np.ndarray, off: np.ndarray) -> np.ndarray:
        """`[B, n, S]`, what steps that silence the overseer lead to."""
        world, states = self.problem.world, np.arange(self.problem.world.n_states)
        shape = (world.n_states, world.n_actions, world.n_states)
        silent = world.discount * world.transition_matrix.toarray().reshape(shape)[states, off]
        step = self.problem.rewards[members[:, :, None], states, off[:, None, :]]
        value = _fixed_point(step, silent, np.ones_like(step), world.discount)
        lost = world.discount * world.off_matrix.toarray().reshape(shape)[states, action]
        return value @ lost.transpose(0, 2, 1)

    def _anywhere(
        self, members: np.ndarray, chance: np.ndarray, target: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """About any state: probability of staying and worth of moving on, `[B, n, S]` each."""
        (count, size), states = members.shape, self.problem.world.n_states
        order = np.argsort(target, axis=1, kind="stable")
        target = np.take_along_axis(target, order, axis=1)
        first = np.ones(target.shape, bool)
        first[:, 1:] = target[:, 1:] != target[:, :-1]
        begin = np.flatnonzero(first)
        chance = np.take_along_axis(chance, order[:, :, None], axis=1).reshape(-1, size)
        chance = np.add.reduceat(chance, begin, axis=0) / states
        where, target = begin // target.shape[1], target.ravel()[begin]
        stay = np.zeros((count, size))
        stay[where[target < 0]] = chance[target < 0]
        place = self._place[target[:, None], members[where]]
        moves = (target >= 0)[:, None]
        row, column = np.nonzero(moves & (place >= 0))
        entry = self._first[target[row]] + place[row, column]
        shape = (count * size, len(self._values))
        into = (where[row] * size + column, entry)
        gain = sp.csr_array((chance[row, column], into), shape=shape) @ self._values
        left_out = np.zeros((count, size))
        np.add.at(left_out, where, np.where(moves & (place < 0), chance, 0.0))
        full = (count, size, states)
        gain = gain.reshape(full) + left_out[:, :, None] * self._floor[members]
        return np.broadcast_to(stay[:, :, None], full), gain

    def _here(
        self, members: np.ndarray, chance: np.ndarray, target: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """About the state arrived in: the same."""
        (count, size), states = members.shape, self.problem.world.n_states
        place = self._place[target[:, :, None], members[:, None, :]]
        moves = (target >= 0)[:, :, None]
        entry = np.where(moves & (place >= 0), self._first[target][:, :, None] + place, 0)
        state = np.repeat(np.arange(states), chance.shape[1] // states)[:, None]
        after = np.where(
            place >= 0, self._values[entry, state], self._floor[members[:, None], state]
        )
        gain = np.where(moves, chance * after, 0.0)
        stay = np.where(moves, 0.0, chance)
        shape = (count, states, -1, size)
        both = (x.reshape(shape).sum(axis=2).transpose(0, 2, 1) for x in (stay, gain))
        first, second = both
        return first, second


def _fixed_point(
    step: np.ndarray, move: np.ndarray, kept: np.ndarray, discount: float
) -> np.ndarray:
    """The solution v of v = step + move (kept v), from below.

    Args:
        step: `[B, n, S]`.
        move: `[B, S, S]`, discounted.
        kept: `[B, n, S]`.
        discount: g; row sums of `move` are at most that.
    """
    least = kept.min(axis=1)
    excess = kept - least[:, None]
    matrix = np.eye(move.shape[1]) - move * least[:, None, :]
    if excess.max() <= _NOTHING:
        value = np.linalg.solve(matrix, step.transpose(0, 2, 1)).transpose(0, 2, 1)
    else:
        inverse = np.linalg.inv(matrix)
        value = base = step @ inverse.transpose(0, 2, 1)
        again = (inverse @ move).transpose(0, 2, 1)
        for _ in range(_SWEEPS):
            before, value = value, base + (excess * value) @ again
            if np.abs(value - before).max() <= _CLOSE * max(1.0, np.abs(value).max()):
                break
    gap = np.abs(step + (kept * value) @ move.transpose(0, 2, 1) - value).max(axis=2)
    return value - gap[:, :, None] / (1.0 - discount)
