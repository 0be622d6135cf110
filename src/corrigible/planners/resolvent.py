"""Discounted sums and hitting probabilities of a sparse chain.

With K the flow of a chain, discounted on the steps that take time,

    v = r + K v        what is still to come, from each node
    m = s + K' m       how often each node is met, starting from s

and any discounted sum is m.r = s.v. Undiscounted, the probability that an event ever happens is the
least solution of p(n) = best over rows { event(row) + sum_n' flow(row, n') p(n') }, found by policy
iteration from a policy that settles which nodes have probability zero.

Guarantee: sums by a direct factorisation, or, on large chains, by an iteration whose error is at
most 1e-10 of the largest possible sum; probabilities are those of a policy, and no single change of
a row improves it by more than 1e-12.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from jaxtyping import Float, Int

DIRECT = 30_000
_ERROR = 1e-10
_GAIN = 1e-12
_ROUNDS = 200


class Resolvent:
    """The inverse of I - K, applied.

    Args:
        flow: K, `[N, N]`; rows sum to at most one, and K twice in a row contracts.

    Source: Puterman 1994, section 6.1.
    """

    def __init__(self, flow: sp.csr_array) -> None:
        self._flow = flow
        count = len(flow.indptr) - 1
        self._factor = None
        if count <= DIRECT:
            self._factor = spla.splu(sp.csc_array(sp.eye_array(count) - flow))

    def to_come(self, gain: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
        """v = r + K v.

        Args:
            gain: r, `[N]`.

        Returns:
            v, `[N]`.

        Raises:
            Nothing.

        Source: Puterman 1994, section 6.1.
        """
        if self._factor is not None:
            return self._factor.solve(gain)
        return _sweep(self._flow, gain, np.max)

    def met(self, start: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
        """m = s + K' m.

        Args:
            start: s, `[N]`.

        Returns:
            m, `[N]`, the discounted number of visits.

        Raises:
            Nothing.

        Source: Puterman 1994, section 6.9 (the dual linear programme's variables).
        """
        if self._factor is not None:
            return self._factor.solve(start, "T")
        return _sweep(sp.csr_array(self._flow.T), start, np.sum)


def _sweep(flow: sp.csr_array, right: np.ndarray, size: Callable[[np.ndarray], Any]) -> np.ndarray:
    """x = right + flow x. The size is the norm in which the flow, twice in a row, contracts."""
    if not right.any():
        return np.zeros_like(right)
    # Two sweeps shrink an error by g, so an error is at most 2 / (1 - g) changes.
    allowed = 0.5 * _ERROR * float(size(np.abs(right)))
    shifted = sp.csr_array(sp.eye_array(len(right)) - flow)
    values, _ = spla.bicgstab(shifted, right, rtol=1e-13, maxiter=_ROUNDS)
    if not np.isfinite(values).all():
        values = right
    while True:
        after = right + flow @ values
        change = float(size(np.abs(after - values)))
        values = after
        if change <= allowed:
            return values


def ever(
    row_node: Int[np.ndarray, " R"],
    flow: sp.csr_array,
    event: Float[np.ndarray, " R"],
    count: int,
    largest: bool,
) -> Float[np.ndarray, " N"]:
    """The probability that an event ever happens, under the best or worst choice of rows.

    Args:
        row_node: `[R]`, nondecreasing; every node has a row.
        flow: `[R, N]`, where a row leads if the event does not happen.
        event: `[R]`, the probability that the row brings the event about.
        count: N.
        largest: the largest probability, else the smallest.

    Returns:
        `[N]`.

    Raises:
        Nothing.

    Source: Puterman 1994, chapter 7 (positive and negative models).
    """
    if not event.any():
        return np.zeros(count)
    first = np.searchsorted(row_node, np.arange(count))
    policy, open_ = (_reaching if largest else _avoiding)(row_node, flow, event, first)
    while True:
        values = _hitting(sp.csr_array(flow[policy]), event[policy], open_)
        through = event + flow @ values
        gain = through - values[row_node] if largest else values[row_node] - through
        best = np.maximum.reduceat(gain, first)
        better = open_ & (best > _GAIN)
        if not better.any():
            return np.clip(values, 0.0, 1.0)
        top = np.flatnonzero(gain >= best[row_node])
        pick = np.full(count, -1)
        pick[row_node[top][::-1]] = top[::-1]
        policy = np.where(better, pick, policy)


def _reaching(
    row_node: np.ndarray, flow: sp.csr_array, event: np.ndarray, first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A policy under which every node that can bring the event about does so with luck."""
    policy = first.copy()
    reached = np.zeros(len(first), dtype=bool)
    while True:
        luck = event + flow @ reached
        rows = np.flatnonzero((luck > 0.0) & ~reached[row_node])
        if not rows.size:
            return policy, reached
        # The luckiest row of a node: with luck of 1e-17 the policy could not be told from a circle.
        rows = rows[np.argsort(-luck[rows], kind="stable")]
        nodes, at = np.unique(row_node[rows], return_index=True)
        policy[nodes] = rows[at]
        reached[nodes] = True


def _avoiding(
    row_node: np.ndarray, flow: sp.csr_array, event: np.ndarray, first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A policy that surely avoids the event wherever that is possible."""
    policy = first.copy()
    safe = np.ones(len(first), dtype=bool)
    while True:
        rows = (event <= 0.0) & (flow @ ~safe <= 0.0) & safe[row_node]
        nodes, at = np.unique(row_node[rows], return_index=True)
        still = np.zeros_like(safe)
        still[nodes] = True
        if np.array_equal(still, safe):
            policy[nodes] = np.flatnonzero(rows)[at]
            return policy, ~safe
        safe = still


def _hitting(flow: sp.csr_array, event: np.ndarray, open_: np.ndarray) -> np.ndarray:
    """The least solution of p = event + flow p, zero outside the open nodes."""
    values = np.zeros(len(event))
    where = np.flatnonzero(open_)
    if where.size:
        inside = sp.csc_array(flow[where][:, where])
        matrix = sp.csc_array(sp.eye_array(len(where)) - inside)
        values[where] = np.asarray(spla.spsolve(matrix, event[where]), dtype=np.float64)
    return values
