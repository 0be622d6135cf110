"""Optimal values of a large sparse world by sweeps, cheaper than a linear solve a policy.

A sweep is Jacobi's: what a step that leads back to its own state adds is solved for,

    V(s) <- max_a { c(s,a) + g sum_{s' != s} P(s'|s,a) V(s') } / (1 - g P(s|s,a))

so that a state in which it is best to stay is right at once, and an error dies out in about as many
sweeps as there are steps on the way there. Rewards are swept in chunks that fit the cache, chunks
on as many threads as there are cores.

Guarantee: none but that sweeps contract by the discount; whoever calls measures the residual.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

SWEEPS = 3000
_CACHE = 1 << 20
_EVERY = 10


def chunks(count: int, states: int) -> list[slice]:
    """Slices of a batch whose values fit the cache.

    Args:
        count: rewards in the batch.
        states: S.

    Returns:
        Slices that cover the batch; no arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    width = max(1, _CACHE // (8 * states))
    return [slice(low, min(low + width, count)) for low in range(0, count, width)]


def each(work: Callable[[slice], None], parts: list[slice]) -> None:
    """Do the work on every part, on as many threads as there are cores.

    Args:
        work: writes its results where no other part's go; SciPy's sparse products run in parallel.
        parts: what to call it with; no arrays, no shapes.

    Returns:
        Nothing.

    Raises:
        Exception: whatever the work raises.

    Source: this package.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    workers = min(len(parts), cores or 1)
    if workers <= 1:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(work, parts):
            pass


class Sweeps:
    """One world's sweeps.

    Args:
        flow: csr `[S*A, S]`, rows summing to at most one.
        states: S.
        discount: g.

    Source: Puterman 1994, section 6.3.3 (Jacobi's variant of value iteration).
    """

    def __init__(self, flow: sp.csr_array, states: int, discount: float) -> None:
        rows = len(flow.indptr) - 1
        self._actions, self._discount = rows // states, discount
        entries = sp.coo_array(flow)
        row, column = entries.coords
        own = row // self._actions == column
        stay = np.zeros(rows)
        np.add.at(stay, row[own], entries.data[own])
        self._scale = (1.0 / (1.0 - discount * stay)).reshape(states, self._actions)
        row, column, data = row[~own], column[~own], discount * entries.data[~own]
        data = data * self._scale.ravel()[row]
        self._moves = sp.csr_array((data, (row, column)), shape=flow.shape)

    def _enough(self, close: float) -> int:
        """As many sweeps as make any first error small, if that is not too many."""
        if self._discount == 0.0:
            return _EVERY
        return int(min(SWEEPS, _EVERY + np.log(0.1 * close) / np.log(self._discount)))

    def run(
        self, step: Float[np.ndarray, "N S A"], start: Float[np.ndarray, "N S"], close: float
    ) -> Float[np.ndarray, "N S"]:
        """Sweep until the values stand still, or for as long as that may take.

        Args:
            step: c, `[N, S, A]`.
            start: `[N, S]`, values to start from.
            close: the change at which a sweep is the last, relative to the largest value.

        Returns:
            `[N, S]`.

        Raises:
            Nothing.

        Source: Puterman 1994, section 6.3.3.
        """
        moves = [sp.csr_array(self._moves[a :: self._actions]) for a in range(self._actions)]
        gains = [
            np.ascontiguousarray((step[:, :, a] * self._scale[:, a]).T)
            for a in range(self._actions)
        ]
        values = np.ascontiguousarray(start.T)
        for sweep in range(self._enough(close)):
            after: np.ndarray | None = None
            for move, gain in zip(moves, gains, strict=True):
                option = move @ values if move.nnz else gain.copy()
                if move.nnz:
                    option += gain
                after = option if after is None else np.maximum(after, option, out=after)
            assert after is not None
            if sweep % _EVERY == _EVERY - 1:
                size = max(1.0, float(np.abs(after).max()))
                if float(np.abs(after - values).max()) <= close * size:
                    return after.T
            values = after
        return values.T
