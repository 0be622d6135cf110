"""Which states can follow which, whatever is done.

Guarantee: `closure` is the smallest set that holds the given states and every state that some
action can lead to from a state it holds.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool
from scipy.sparse import csgraph

from corrigible.worlds.tabular import Tabular


def _any_action(matrix: sp.csr_array, states: int, actions: int) -> sp.csr_array:
    """`[S, S]`, one where some action has an entry."""
    rows = np.repeat(np.arange(states), actions)
    pick = sp.csr_array((np.ones(states * actions), (rows, np.arange(states * actions))))
    entries = sp.csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)
    reached = sp.csr_array(pick @ entries)
    reached.data[:] = 1.0
    return reached


class Moves:
    """A world's possible moves.

    Args:
        world: whose dynamics are meant.

    Source: this package.
    """

    def __init__(self, world: Tabular) -> None:
        states, actions = world.n_states, world.n_actions
        self._steps = _any_action(world.transition_matrix, states, actions)
        listening = sp.csr_array(world.on_matrix + world.back_matrix)
        self._listening = _any_action(listening, states, actions)
        self._closures: dict[bytes, np.ndarray] = {}

    def closure(self, entry: Bool[np.ndarray, " S"]) -> Bool[np.ndarray, " S"]:
        """Every state that can follow.

        Args:
            entry: `[S]`, the states to begin with.

        Returns:
            `[S]`; equal sets are the same object.

        Raises:
            Nothing.

        Source: this package.
        """
        name = entry.tobytes()
        known = self._closures.get(name)
        if known is None:
            known = entry.copy()
            for state in np.flatnonzero(entry):
                order = csgraph.breadth_first_order(
                    self._steps, int(state), return_predecessors=False
                )
                known[order] = True
                if known.all():
                    break
            known = self._closures.setdefault(known.tobytes(), known)
            self._closures[name] = known
        return known

    def arrivals(self, states: Bool[np.ndarray, " S"]) -> Bool[np.ndarray, " S"]:
        """Every state that one step can lead to with the channel on after it.

        Args:
            states: `[S]`, where the step may begin.

        Returns:
            `[S]`.

        Raises:
            Nothing.

        Source: this package.
        """
        reached = np.asarray(self._listening.T @ states.astype(np.float64)) > 0.0
        name = reached.tobytes()
        return self._closures.get(name, reached) if bool(reached.any()) else reached
