"""A world without structure: every transition is drawn."""

from __future__ import annotations

import numpy as np

from corrigible.worlds import Tabular


def dense_world(seed: int, states: int, actions: int, discount: float = 0.9) -> Tabular:
    """Rows drawn from a Dirichlet distribution with mass on few successors."""
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.full(states, 0.5), (states, actions))
    start = np.full(states, 1.0 / states)
    return Tabular(transition, np.zeros((states, actions)), discount, start)
