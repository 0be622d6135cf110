"""Worlds to infer in: one whose every transition is drawn, and an open grid."""

from __future__ import annotations

import numpy as np

from corrigible.worlds import Tabular
from corrigible.worlds.grid import Cell, Grid


def dense_world(seed: int, states: int, actions: int, discount: float = 0.9) -> Tabular:
    """Rows drawn from a Dirichlet distribution with mass on few successors."""
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.full(states, 0.5), (states, actions))
    start = np.full(states, 1.0 / states)
    return Tabular(transition, np.zeros((states, actions)), discount, start)


def grid_world(side: int, slip: float = 0.1, discount: float = 0.9) -> Tabular:
    """An open grid of five actions, the last one staying."""
    cells = tuple(tuple(Cell() for _ in range(side)) for _ in range(side))
    transition = Grid(cells, slip).transition
    start = np.full(side * side, 1.0 / side**2)
    return Tabular(transition, np.zeros((side * side, 5)), discount, start)
