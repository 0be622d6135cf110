"""A hand that tells more: an upper end of the value, from finitely many sets of hypotheses.

Every likelihood is a sum of layers, p(a* | s_o, h) = sum_l c_l 1[h in X_l] with c_l >= 0. A hand
that also tells which layer its correction was drawn from tells more, so that it is worth no less
(Blackwell), and what it leaves of a belief that is the prior restricted to a set X is again such a
belief. As V is convex, the layers may differ from one belief to the next:

    V(b) <= sum_l w_l V(u_l)    wherever  b = sum_l w_l u_l,   u_l the prior restricted to X_l

Layers are cut along nested partitions of a set: whether the action is a plausible answer there,
which actions are, and then smaller and smaller blocks; from each cell comes off what all of its
members have, first from the whole set, then from its cells. What is left in the end is told
outright.

Guarantee: `ends_above` is never below V. With ties drawn uniformly, and room and time for every
set, the layers are the level sets of p(a* | s_o, .), and next to nothing is told outright.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int

from corrigible.planners.arrivals import Heard, solve_beliefs
from corrigible.planners.sets import Sets
from corrigible.planners.tiles import split
from corrigible.problem import Problem

PLAUSIBLE = 0.5
_MOST = 12_000
_ROOM = 1 << 25
_CHUNK = 1 << 17
_NOTHING = 1e-14
_OUTRIGHT = 2e-4
_RARE = 1e-5
_DONE = 0.3
_DENSE = 1 << 22
_BLOCKS = (4, 16, 48)


@dataclass(frozen=True)
class _Mixtures:
    """What corrections at sets of one size lead to.

    Args:
        sets: `[B]`, their numbers.
        stay: `[B, S]`, probability that a correction about that state tells nothing.
        after: csr `[B, N]` (about uniform) or `[B*S, N]` (current), the sets that it leads to.
        held: N, how many sets there were.
    """

    sets: np.ndarray
    stay: np.ndarray
    after: sp.csr_array
    held: int


class Layers:
    """Upper ends at sets of hypotheses and, from those, at any belief.

    Args:
        problem: whose overseer advises, about the current or any state.
        deadline: a `time.monotonic()` after which no more sets are looked for.

    Source: this package; Blackwell 1953, Hauskrecht 2000 (section 4.3) for the convexity.
    """

    def __init__(self, problem: Problem, deadline: float) -> None:
        hypotheses, states, actions = problem.rewards.shape
        self.problem, self._deadline = problem, deadline
        self._prior = problem.weights()
        self._current = problem.overseer.about == "current"
        self._table = problem.likelihood.reshape(hypotheses, states * actions)
        plausible = problem.likelihood >= PLAUSIBLE * problem.likelihood.max(axis=2, keepdims=True)
        self.plausible: Bool[np.ndarray, "H SA"] = plausible.reshape(len(plausible), -1)
        self._pattern = _patterns(plausible)
        self._patterns = int(self._pattern.max()) + 1
        self._blocks = _nested_blocks(problem)
        keys, self._radices = self._cells(np.arange(states * actions)[:, None])
        self._keys = np.ascontiguousarray(keys.T)
        room = min(_ROOM // states, _ROOM // hypotheses * 8)
        self.sets: Sets = Sets(self._prior, _MOST + hypotheses, room)
        root = np.flatnonzero(self._prior)
        root_number = self.sets.add(root)
        self.reached: Float[np.ndarray, " N"] = np.zeros(len(self.sets.members))
        self.reached[root_number] = 1.0
        self._mixtures = list(self._discover())
        held = (len(self.sets.members), states)
        self.value: Float[np.ndarray, "N S"] = np.zeros(held)
        self.on: Int[np.ndarray, "N S"] = np.zeros(held, dtype=np.int64)
        self.off: Int[np.ndarray, "N S"] = np.zeros(held, dtype=np.int64)
        self.residual: float = 0.0
        for mixtures in reversed(self._mixtures):
            self._solve(mixtures)

    def ends_above(
        self, beliefs: Float[np.ndarray, "N H"], heard: Int[np.ndarray, "N D"]
    ) -> Float[np.ndarray, "N S"]:
        """An upper end of V_on at any belief.

        Args:
            beliefs: `[N, H]`.
            heard: `[N, D]`, the last corrections heard, as s_o * A + a*, the latest first; -1
                where there were fewer.

        Returns:
            `[N, S]`.

        Raises:
            Nothing.

        Source: this package.
        """
        found = np.empty((len(beliefs), self.problem.world.n_states))
        width = max(1, _CHUNK // beliefs.shape[1])
        for low in range(0, len(beliefs), width):
            part = slice(low, low + width)
            found[part] = self._above(beliefs[part], heard[part])
        slack = self.residual / (1.0 - self.problem.world.discount)
        return found + slack

    def _above(self, beliefs: np.ndarray, heard: np.ndarray) -> np.ndarray:
        inside = beliefs > 0.0
        height = np.where(inside, beliefs, 0.0) / np.where(inside, self._prior, 1.0)
        whole = self.sets.find((inside * self.sets.marks).sum(axis=1, dtype=np.uint64))
        least = np.where(inside, height, np.inf).min(axis=1) * (whole >= 0)
        height = np.where(inside, height - least[:, None], 0.0)
        keys, radices = self._cells(heard)
        keys += np.where(inside, 0, np.prod(radices)).astype(keys.dtype)
        who = np.broadcast_to(np.arange(inside.shape[1]), inside.shape)
        row, sets, weight = self._peel(who, height, keys, [2, *radices], grow=False)
        kept = np.flatnonzero(whole >= 0)
        own = least[kept] * self.sets.mass[whole[kept]]
        row, sets = np.concatenate([row, kept]), np.concatenate([sets, whole[kept]])
        mix = self._mix(row, sets, np.concatenate([weight, own]), len(beliefs))
        return mix @ self.value

    def _mix(
        self, row: np.ndarray, sets: np.ndarray, weight: np.ndarray, rows: int
    ) -> sp.csr_array:
        """`[rows, N]`, entries added up."""
        shape = (rows, len(self.sets.members))
        if rows * shape[1] <= _DENSE:
            added = np.bincount(row * shape[1] + sets, weight, rows * shape[1])
            return sp.csr_array(added.reshape(shape))
        return sp.csr_array(sp.coo_array((weight, (row, sets)), shape=shape))

    def _discover(self) -> Iterator[_Mixtures]:
        """Sets by falling size, each with what its corrections lead to."""
        seen, pending = 0, {}
        size = self._prior.size
        while size > 1:
            for number in range(seen, len(self.sets.members)):
                pending.setdefault(len(self.sets.members[number]), []).append(number)
            seen = len(self.sets.members)
            width = max(1, _CHUNK // (size * self._table.shape[1]))
            group = pending.pop(size, [])
            for low in range(0, len(group), width):
                numbers = np.array(group[low : low + width])
                worth = self.reached[numbers] > _RARE
                if time.monotonic() > self._deadline:
                    worth[:] = False
                if not worth.all():
                    yield self._told(numbers[~worth])
                if worth.any():
                    found = self._mixture(numbers[worth])
                    self._reach(found)
                    yield found
            size -= 1
        yield self._told(np.arange(len(self._prior)))

    def _reach(self, mixtures: _Mixtures) -> None:
        """Carry the discounted number of visits on to the sets that corrections lead to."""
        discount, rate = self.problem.world.discount, self.problem.overseer.rate
        more = len(self.sets.members) - len(self.reached)
        self.reached = np.concatenate([self.reached, np.zeros(more)])
        leaving = 1.0 - mixtures.stay.mean(axis=1)
        visits = self.reached[mixtures.sets] * discount * rate
        visits /= 1.0 - discount * (1.0 - rate * leaving)
        if self._current:
            states = mixtures.stay.shape[1]
            visits = np.repeat(visits / states, states)
        self.reached += mixtures.after.T @ visits

    def _told(self, numbers: np.ndarray) -> _Mixtures:
        """The first correction tells which hypothesis it is."""
        hypotheses, states = len(self._prior), self.problem.world.n_states
        members = np.stack([self.sets.members[i] for i in numbers])
        count, size = members.shape
        stay = np.full((count, states), float(size == 1))
        share = np.zeros((count, hypotheses))
        if size > 1:
            np.put_along_axis(share, members, self.share(members), axis=1)
        after = sp.csr_array(np.repeat(share, states if self._current else 1, axis=0))
        return _Mixtures(numbers, stay, after, hypotheses)

    def _mixture(self, numbers: np.ndarray) -> _Mixtures:
        states, actions = self.problem.world.n_states, self.problem.world.n_actions
        members = np.stack([self.sets.members[i] for i in numbers])
        count = len(members)
        chance = self._table[members].transpose(0, 2, 1)
        least = chance.min(axis=2)
        stay = least.reshape(count, states, actions).sum(axis=2)
        where, signal = np.nonzero(chance.max(axis=2) > least + _NOTHING)
        who = members[where]
        row, sets, weight = self._peel(
            who,
            chance[where, signal] - least[where, signal][:, None],
            self._keys[who, signal[:, None]],
            self._radices,
            grow=True,
        )
        place = where[row]
        weight /= self.sets.mass[numbers][place]
        if self._current:
            place, count = place * states + signal[row] // actions, count * states
        else:
            weight /= states
        after = self._mix(place, sets, weight, count)
        return _Mixtures(numbers, stay, after, len(self.sets.members))

    def _cells(self, heard: np.ndarray) -> tuple[np.ndarray, list[int]]:
        """Nested partitions by what was heard: a mixed-radix number a hypothesis, coarsest first.

        Args:
            heard: `[N, D]`, corrections; -1 where there is none.

        Returns:
            `[N, H]`, and the radices.
        """
        radices: list[int] = []
        key = np.zeros((len(heard), len(self._prior)), dtype=np.int64)
        for signal in heard.T:
            known = (signal >= 0)[:, None]
            pattern = self._pattern[:, signal // self.problem.world.n_actions].T
            key = key * 2 + known * self.plausible[:, signal].T
            key = key * self._patterns + known * pattern
            radices += [2, self._patterns]
        for block in self._blocks:
            radix = int(block.max()) + 1
            key = key * radix + block
            radices.append(radix)
        return key.astype(np.int16 if 2 * np.prod(radices) < 1 << 15 else np.int64), radices

    def _peel(
        self,
        who: np.ndarray,
        height: np.ndarray,
        key: np.ndarray,
        radices: list[int],
        grow: bool,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Cut functions on hypotheses into layers: rows, sets and their weights.

        Args:
            who: `[N, n]`, hypotheses.
            height: `[N, n]`, the functions, zero somewhere on the whole set.
            key: `[N, n]`, the cells, see `_cells`.
            radices: of the key's digits.
            grow: take in sets that are not held yet.
        """
        order = np.argsort(key, axis=1, kind="stable")
        key, who, height = (np.take_along_axis(x, order, axis=1) for x in (key, who, height))
        rows, found = np.arange(len(who)), []
        for level in range(len(radices)):
            if not len(rows):
                break
            cell = key // key.dtype.type(np.prod(radices[level + 1 :], dtype=np.int64))
            first = np.ones(cell.shape, bool)
            first[:, 1:] = cell[:, 1:] != cell[:, :-1]
            begin = np.flatnonzero(first)
            length = np.diff(np.append(begin, cell.size))
            layer = np.minimum.reduceat(height.ravel(), begin)
            layer[layer < _NOTHING] = 0.0
            good = np.flatnonzero(layer)
            sets = self._numbers(who.ravel(), begin, length, good, grow)
            layer[good[sets < 0]] = 0.0
            good, sets = good[sets >= 0], sets[sets >= 0]
            weight = layer[good] * self.sets.mass[sets]
            found.append((rows[begin[good] // cell.shape[1]], sets, weight))
            height -= np.repeat(layer, length).reshape(height.shape)
            done = height.sum(axis=1) <= _OUTRIGHT * height.shape[1]
            if done.mean() > _DONE:
                found.append(self._outright(rows, who, height, done))
                key, who, height, rows = (x[~done] for x in (key, who, height, rows))
        found.append(self._outright(rows, who, height, np.ones(len(rows), bool)))
        row, sets, weight = (np.concatenate(x) for x in zip(*found, strict=True))
        return row, sets, weight

    def _outright(
        self, rows: np.ndarray, who: np.ndarray, height: np.ndarray, which: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is left is told hypothesis by hypothesis: a set each."""
        row, column = np.nonzero(which[:, None] & (height > 0.0))
        told = who[row, column]
        return rows[row], told, height[row, column] * self._prior[told]

    def _numbers(
        self, who: np.ndarray, begin: np.ndarray, length: np.ndarray, good: np.ndarray, grow: bool
    ) -> np.ndarray:
        """The sets that some cells are, new ones where there is room."""
        names = np.add.reduceat(self.sets.marks[who], begin)[good]
        numbers = self.sets.find(names)
        if grow and not self.sets.closed:
            fresh, at = np.unique(names[numbers < 0], return_index=True)
            at = np.flatnonzero(numbers < 0)[at]
            for cell in good[at]:
                self.sets.add(np.sort(who[begin[cell] : begin[cell] + length[cell]]))
            if fresh.size:
                numbers = self.sets.find(names)
        return numbers

    def _solve(self, mixtures: _Mixtures) -> None:
        """The decision problems of these sets, from those of smaller ones."""
        problem, states = self.problem, self.problem.world.n_states
        members = np.stack([self.sets.members[i] for i in mixtures.sets])
        rewards = np.einsum("bn,bnsa->bsa", self.share(members), problem.rewards[members])
        value = self.value[: mixtures.held]
        if self._current:
            after = sp.coo_array(mixtures.after)
            row, number = after.coords
            worth = after.data * value[number, row % states]
            gain = np.zeros_like(mixtures.stay)
            np.add.at(gain.reshape(-1), row, worth)
        else:
            gain = mixtures.after @ value
        # What is learned next is not worth much more than what is known now: a guess to start from.
        told = 1.0 - (mixtures.stay if self._current else mixtures.stay.mean(axis=1)[:, None])
        guess = np.where(told > 0.0, gain / np.where(told > 0.0, told, 1.0), 0.0)
        solved = solve_beliefs(problem, rewards, Heard(mixtures.stay, gain, None), guess)
        self.residual = max(self.residual, solved.residual)
        self.on[mixtures.sets] = solved.on.argmax(axis=2)
        self.off[mixtures.sets] = solved.off.argmax(axis=2)
        self.value[mixtures.sets] = solved.on.max(axis=2)

    def share(self, members: Int[np.ndarray, "B n"]) -> Float[np.ndarray, "B n"]:
        """The prior restricted to sets.

        Args:
            members: `[B, n]`, sets of one size.

        Returns:
            `[B, n]`, rows summing to one; a hypothesis of no weight by itself is certain.

        Raises:
            Nothing.

        Source: this package.
        """
        mass = self._prior[members]
        if mass.shape[1] == 1:
            return np.ones(mass.shape)
        return mass / mass.sum(axis=1, keepdims=True)


def _patterns(plausible: np.ndarray) -> np.ndarray:
    """`[H, S]`, which actions are plausible, numbered within each state."""
    hypotheses, states, _ = plausible.shape
    found = np.empty((hypotheses, states), dtype=np.int64)
    for s in range(states):
        found[:, s] = np.unique(plausible[:, s], axis=0, return_inverse=True)[1].ravel()
    return found


def _nested_blocks(problem: Problem) -> list[np.ndarray]:
    """Smaller and smaller blocks of hypotheses, `[H]` each, numbered within the block before."""
    table, weights = problem.likelihood, problem.weights()
    said = np.zeros_like(table)
    np.put_along_axis(said, table.argmax(axis=2)[:, :, None], 1.0, axis=2)
    cells = [np.flatnonzero(weights)]
    blocks = []
    for count in _BLOCKS:
        label = np.zeros(len(weights), dtype=np.int64)
        finer = []
        for cell in cells:
            parts = split(cell, said, weights, max(1, int(weights.astype(bool).sum()) // count), 0)
            for rank, part in enumerate(parts):
                label[part] = rank
            finer.extend(parts)
        cells = finer
        blocks.append(label)
    return blocks
