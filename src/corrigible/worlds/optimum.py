"""Optimal values of a finite world, for many reward functions at once.

Everything that is planned here, with or without an overseer, is one fixed point. With `F` the
flow that keeps the problem going, `c` what a step is worth apart from where it leads, and `A` the
value of arriving in a state,

    Q(s,a) = c(s,a) + g sum_s' F(s'|s,a) A(s')
    A(s)   = max_j { m_j(s) max_a (Q(s,a) + e(s,a)) + k_j(s) } + sum_a f(s,a) Q(s,a)

with m_j + sum_a f <= 1. The ordinary optimum has m = 1, k = 0, e = 0 and f = 0; an overseer puts
into k what its corrections lead to, into f the actions that it executes itself, and into j the
questions it can be asked. e is paid for actions that were chosen (minus infinity: forbidden).

Ordinary optima of a large sparse world come by sweeps (`corrigible.worlds.sweeps`); whatever those
leave open goes on from there by policy iteration.

Guarantee: the answer has a Bellman residual of at most 1e-12 times max(1, largest value), or is the
value of a policy that no change improves; the residual is returned, and the distance to the true
fixed point is at most residual / (1 - g).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from jaxtyping import Float, Int

from corrigible.worlds.sweeps import Sweeps, chunks, each
from corrigible.worlds.tabular import Tabular

RESIDUAL = 1e-12
_DENSE_STATES = 400
_CHUNK_BYTES = 1 << 26
_SWEEPS = 12
_ITERATIONS = 1000
_MANY = 4
_GROUP = 1 << 24


@dataclass(frozen=True)
class Arrivals:
    """The fixed point for N sets of rewards.

    Args:
        q: `[N, S, A]`, the value of an action chosen in a state.
        arrival: `[N, S]`, the value of arriving in a state, before what happens on arrival.
        choice: `[N, S]`, the index j that the maximum chose.
        residual: the largest Bellman residual.

    Source: Puterman 1994, section 6.4 (policy iteration).
    """

    q: Float[np.ndarray, "N S A"]
    arrival: Float[np.ndarray, "N S"]
    choice: Int[np.ndarray, "N S"]
    residual: float


def optimal_q(world: Tabular, rewards: Float[np.ndarray, "N S A"]) -> Float[np.ndarray, "N S A"]:
    """The ordinary optimal action values: all actions, no channel.

    Args:
        world: its channel is ignored.
        rewards: `[N, S, A]`.

    Returns:
        `[N, S, A]`, float64.

    Raises:
        ArithmeticError: policy iteration did not settle.

    Source: Puterman 1994, section 6.4.
    """
    return solve_arrivals(world.transition_matrix, world.discount, rewards).q


def optimal_value(world: Tabular, rewards: Float[np.ndarray, "N S A"]) -> Float[np.ndarray, "N S"]:
    """The ordinary optimal values, without holding those of every action at once.

    Args:
        world: its channel is ignored.
        rewards: `[N, S, A]`.

    Returns:
        `[N, S]`, float64.

    Raises:
        ArithmeticError: policy iteration did not settle.

    Source: Puterman 1994, section 6.4.
    """
    values = np.empty(rewards.shape[:2])
    for part in groups(rewards.shape):
        values[part] = optimal_q(world, rewards[part]).max(axis=2)
    return values


def groups(shape: tuple[int, ...]) -> list[slice]:
    """Slices of a batch, so that arrays of one slice stay small.

    Args:
        shape: (N, S, A).

    Returns:
        Slices that cover the batch; no arrays.

    Raises:
        Nothing.

    Source: this package.
    """
    count, width = shape[0], max(1, _GROUP // (shape[1] * shape[2]))
    return [slice(low, min(low + width, count)) for low in range(0, count, width)]


def solve_arrivals(
    flow: sp.csr_array,
    discount: float,
    step: Float[np.ndarray, "N S A"],
    keep: Float[np.ndarray, "N J S"] | None = None,
    gain: Float[np.ndarray, "N J S"] | None = None,
    forced: Float[np.ndarray, "N S A"] | None = None,
    guess: Float[np.ndarray, "N S"] | None = None,
    extra: Float[np.ndarray, "S A"] | None = None,
    policy: tuple[Int[np.ndarray, "N S"], Int[np.ndarray, "N S"]] | None = None,
) -> Arrivals:
    """Solve the fixed point of the module's docstring by policy iteration.

    Args:
        flow: F, csr `[S*A, S]`, rows summing to at most one.
        discount: g.
        step: c, `[N, S, A]`.
        keep: m, `[N, J, S]`; one where None.
        gain: k, `[N, J, S]`; zero where None.
        forced: f, `[N, S, A]`; zero where None.
        guess: `[N, S]`, arrival values to start from.
        extra: e, `[S, A]`; zero where None.
        policy: (actions, choices), each `[N, S]`, to be valued instead of improved.

    Returns:
        The fixed point, see `Arrivals`.

    Raises:
        ArithmeticError: policy iteration did not settle.

    Source: Puterman 1994, section 6.4, on states after arrival.
    """
    (count, states, _), dense = step.shape, _dense(flow, step.shape[1])
    whole = _Block(flow, dense, discount, step, keep, gain, forced, extra)
    plain = all(x is None for x in (keep, gain, forced, extra, policy))
    many = plain and dense is None and count >= _MANY
    sweeps = Sweeps(flow, states, discount) if many else None
    like, residuals = np.zeros((count, states)), [0.0]
    found = Arrivals(np.empty(step.shape), like, like.astype(np.int64), 0.0)

    def work(part: slice) -> None:
        block = whole.rows(part)
        start = np.zeros(block.step.shape[:2]) if guess is None else guess[part]
        if policy is not None:
            solved = block.value(policy[0][part], policy[1][part])
        elif sweeps is None:
            solved = block.solve(start)
        else:
            solved = block.settle(sweeps.run(block.step, start, 0.5 * RESIDUAL).copy())
        for name in ("q", "arrival", "choice"):
            getattr(found, name)[part] = getattr(solved, name)
        residuals.append(solved.residual)

    if sweeps is not None:
        each(work, chunks(count, states))
    else:
        width = max(1, _CHUNK_BYTES // (8 * states * (8 if dense is None else states)))
        for low in range(0, count, width):
            work(slice(low, low + width))
    return replace(found, residual=max(residuals))


def _dense(flow: sp.csr_array, states: int) -> np.ndarray | None:
    """`[S, A, S]` of a small world."""
    return flow.toarray().reshape(states, -1, states) if states <= _DENSE_STATES else None


@dataclass(frozen=True)
class _Block:
    """One chunk of the batch."""

    flow: sp.csr_array
    dense: np.ndarray | None
    discount: float
    step: np.ndarray
    keep: np.ndarray | None
    gain: np.ndarray | None
    forced: np.ndarray | None
    extra: np.ndarray | None

    def rows(self, which: np.ndarray | slice) -> _Block:
        keep, gain, forced = (
            None if x is None else x[which] for x in (self.keep, self.gain, self.forced)
        )
        return _Block(
            self.flow, self.dense, self.discount, self.step[which], keep, gain, forced, self.extra
        )

    def q(self, arrival: np.ndarray) -> np.ndarray:
        return self.step + self.discount * (self.flow @ arrival.T).T.reshape(self.step.shape)

    def improve(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The best arrival values, actions and choices for given action values."""
        paid = q if self.extra is None else q + self.extra
        action = paid.argmax(axis=2)
        top = np.take_along_axis(paid, action[:, :, None], axis=2)[:, :, 0]
        choice = np.zeros(top.shape, dtype=np.int64)
        if self.keep is not None:
            options = self.keep * top[:, None] + (0.0 if self.gain is None else self.gain)
            choice = options.argmax(axis=1)
            top = np.take_along_axis(options, choice[:, None], axis=1)[:, 0]
        if self.forced is not None:
            top = top + (self.forced * q).sum(axis=2)
        return top, action, choice

    def best(self, q: np.ndarray) -> np.ndarray:
        """The best arrival values alone, in half the time."""
        top = (q if self.extra is None else q + self.extra).max(axis=2)
        if self.keep is not None:
            options = self.keep * top[:, None] + (0.0 if self.gain is None else self.gain)
            top = options.max(axis=1)
        return top if self.forced is None else top + (self.forced * q).sum(axis=2)

    def solve(self, arrival: np.ndarray) -> Arrivals:
        for _ in range(_SWEEPS):
            arrival = self.best(self.q(arrival))
        _, action, choice = self.improve(self.q(arrival))
        return self._iterate(arrival, action, choice, np.arange(len(self.step)))

    def settle(self, arrival: np.ndarray) -> Arrivals:
        """The same from values that may be the fixed point already."""
        best, action, choice = self.improve(self.q(arrival))
        open_ = np.abs(best - arrival).max(axis=1) > _allowed(arrival)
        return self._iterate(arrival, action, choice, np.flatnonzero(open_))

    def _iterate(
        self, arrival: np.ndarray, action: np.ndarray, choice: np.ndarray, active: np.ndarray
    ) -> Arrivals:
        """Policy iteration on the rows that are active."""
        for _ in range(_ITERATIONS):
            if not active.size:
                break
            part = self.rows(active)
            values = part.evaluate(action[active], choice[active])
            arrival[active] = values
            q = part.q(values)
            best, new_action, new_choice = part.improve(q)
            open_ = np.abs(best - values).max(axis=1) > _allowed(values)
            same = (new_action == action[active]).all(1) & (new_choice == choice[active]).all(1)
            action[active], choice[active] = new_action, new_choice
            active = active[open_ & ~same]
        if active.size:
            raise ArithmeticError("policy iteration did not settle")
        q = self.q(arrival)
        best, _, choice = self.improve(q)
        return Arrivals(q, best, choice, float(np.abs(best - arrival).max(initial=0.0)))

    def value(self, action: np.ndarray, choice: np.ndarray) -> Arrivals:
        """A fixed policy's values."""
        arrival = self.evaluate(action, choice)
        return Arrivals(self.q(arrival), arrival, choice, 0.0)

    def evaluate(self, action: np.ndarray, choice: np.ndarray) -> np.ndarray:
        """Arrival values of fixed policies, by a linear solve each."""
        count, states = self.step.shape[:2]
        weight = np.zeros(self.step.shape) if self.forced is None else self.forced.copy()
        kept = np.ones((count, states))
        if self.keep is not None:
            kept = np.take_along_axis(self.keep, choice[:, None], axis=1)[:, 0]
        index = np.indices((count, states))
        weight[index[0], index[1], action] += kept
        right = (weight * self.step).sum(axis=2)
        if self.extra is not None:
            right += kept * self.extra[index[1], action]
        if self.gain is not None:
            right += np.take_along_axis(self.gain, choice[:, None], axis=1)[:, 0]
        if self.dense is None:
            return self._evaluate_sparse(weight, right)
        if self.forced is None and count > 1 and _all_equal(action) and _all_equal(kept):
            matrix = (
                np.eye(states)
                - self.discount * kept[0][:, None] * self.dense[np.arange(states), action[0]]
            )
            return np.linalg.solve(matrix, right.T).T
        if self.forced is None:
            matrix = self.dense[np.arange(states)[None], action] * kept[:, :, None]
        else:
            matrix = np.einsum("nsa,sat->nst", weight, self.dense)
        matrix *= -self.discount
        matrix[:, np.arange(states), np.arange(states)] += 1.0
        return np.linalg.solve(matrix, right[:, :, None])[:, :, 0]

    def _evaluate_sparse(self, weight: np.ndarray, right: np.ndarray) -> np.ndarray:
        if _all_equal(weight.reshape(len(weight), -1)):
            return self._factor(weight[0]).solve(np.ascontiguousarray(right.T)).T
        solved = [self._factor(w).solve(r) for w, r in zip(weight, right, strict=True)]
        return np.array(solved)

    def _factor(self, weight: np.ndarray) -> spla.SuperLU:
        """I - g (flow under these weights of actions)."""
        states, actions = weight.shape
        rows, columns = np.repeat(np.arange(states), actions), np.arange(states * actions)
        mix = sp.csr_array((weight.ravel(), (rows, columns)), shape=(states, states * actions))
        step = sp.csc_array(mix @ self.flow)
        return spla.splu(sp.csc_array(sp.eye_array(states) - self.discount * step))


def _allowed(values: np.ndarray) -> np.ndarray:
    return RESIDUAL * np.maximum(1.0, np.abs(values).max(axis=1))


def _all_equal(rows: np.ndarray) -> bool:
    return bool((rows == rows[:1]).all())
