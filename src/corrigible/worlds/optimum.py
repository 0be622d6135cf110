"""Optimal values of a finite world, for many reward functions at once.

Everything that is planned here, with or without an overseer, is one fixed point. With `F` the
flow that keeps the problem going, `c` what a step is worth apart from where it leads, and `A` the
value of arriving in a state,

    Q(s,a) = c(s,a) + g sum_s' F(s'|s,a) A(s')
    A(s)   = max_j { m_j(s) max_a (Q(s,a) + e(s,a)) + k_j(s) } + sum_a f(s,a) Q(s,a)

with m_j + sum_a f <= 1. The ordinary optimum has m = 1, k = 0, e = 0 and f = 0; an overseer puts
into k what its corrections lead to, into f the actions that it executes itself, and into j the
questions it can be asked. e is paid for actions that were chosen (minus infinity: forbidden).

Guarantee: the answer is the value of a policy (Howard's iteration ends in a linear solve), with a
Bellman residual of at most 1e-12 times max(1, largest value), which is returned; so the distance
to the true fixed point is at most residual / (1 - g).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from jaxtyping import Float, Int

from corrigible.worlds.tabular import Tabular

RESIDUAL = 1e-12
_DENSE_STATES = 400
_CHUNK_BYTES = 1 << 26
_SWEEPS = 12
_ITERATIONS = 1000


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
    count, states, actions = step.shape
    q = np.empty((count, states, actions))
    arrival = np.empty((count, states))
    choice = np.zeros((count, states), dtype=np.int64)
    residual = 0.0
    dense = flow.toarray().reshape(states, actions, states) if states <= _DENSE_STATES else None
    width = max(1, _CHUNK_BYTES // (8 * states * max(states if dense is not None else 1, 8)))
    for low in range(0, count, width):
        part = slice(low, min(low + width, count))
        block = _Block(
            flow,
            dense,
            discount,
            step[part],
            None if keep is None else keep[part],
            None if gain is None else gain[part],
            None if forced is None else forced[part],
            extra,
        )
        if policy is None:
            found = block.solve(np.zeros(step[part].shape[:2]) if guess is None else guess[part])
        else:
            found = block.value(policy[0][part], policy[1][part])
        q[part], arrival[part], choice[part] = found.q, found.arrival, found.choice
        residual = max(residual, found.residual)
    return Arrivals(q, arrival, choice, residual)


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

    def rows(self, which: np.ndarray) -> _Block:
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

    def solve(self, arrival: np.ndarray) -> Arrivals:
        for _ in range(_SWEEPS):
            arrival, _, _ = self.improve(self.q(arrival))
        _, action, choice = self.improve(self.q(arrival))
        active = np.arange(len(self.step))
        for _ in range(_ITERATIONS):
            part = self.rows(active)
            values = part.evaluate(action[active], choice[active])
            arrival[active] = values
            q = part.q(values)
            best, new_action, new_choice = part.improve(q)
            gap = np.abs(best - values).max(axis=1)
            allowed = RESIDUAL * np.maximum(1.0, np.abs(values).max(axis=1))
            open_ = gap > allowed
            same = (new_action == action[active]).all(1) & (new_choice == choice[active]).all(1)
            action[active], choice[active] = new_action, new_choice
            active = active[open_ & ~same]
            if not active.size:
                break
        else:
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
        count, states, actions = weight.shape
        rows = np.repeat(np.arange(states), actions)
        columns = np.arange(states * actions)
        values = np.empty((count, states))
        for n in range(count):
            mix = sp.csr_array(
                (weight[n].ravel(), (rows, columns)), shape=(states, states * actions)
            )
            step = sp.csc_array(mix @ self.flow)
            matrix = sp.csc_array(sp.eye_array(states) - self.discount * step)
            values[n] = spla.splu(matrix).solve(right[n])
        return values


def _all_equal(rows: np.ndarray) -> bool:
    return bool((rows == rows[:1]).all())
