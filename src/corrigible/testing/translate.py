"""The package's problems as nested lists, for the oracle.

Guarantee: nothing is computed here; every number is the package's own, dense.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from corrigible.overseers import HandOfGod
from corrigible.overseers.base import Overseer
from corrigible.overseers.hand import Table
from corrigible.problem import Problem, Truth
from corrigible.testing import oracle
from corrigible.worlds import Tabular


def as_oracle_world(world: Tabular) -> oracle.World:
    """A world as nested lists.

    Args:
        world: S states, A actions.

    Returns:
        The same world for the oracle, `[S][A][S]`.

    Raises:
        Nothing.

    Source: this package.
    """
    states, actions = world.n_states, world.n_actions

    def cube(values: Any) -> list[list[list[float]]]:
        if values is None:
            values = np.zeros((states, actions))
        if sp.issparse(values):
            values = values.toarray().reshape(states, actions, states)
        array = np.asarray(values, dtype=np.float64)
        full = array if array.ndim == 3 else np.repeat(array[..., None], states, axis=2)
        return full.tolist()

    return oracle.World(
        transition=world.dense().tolist(),
        disables=cube(world.disables),
        restores=cube(world.restores),
        discount=float(world.discount),
        start=world.start.tolist(),
    )


def as_oracle_hand(overseer: Overseer) -> oracle.Hand:
    """An overseer as the oracle knows it.

    Args:
        overseer: a hand of god, a table, or an absent one.

    Returns:
        The same overseer; of a table, its likelihood `[H][S][A]`.

    Raises:
        Nothing.

    Source: this package.
    """
    common = {
        "rate": overseer.rate,
        "about": overseer.about,
        "mode": overseer.mode,
        "ask_cost": overseer.ask_cost,
    }
    if isinstance(overseer, Table):
        return oracle.Hand(**common, table=overseer.values.tolist())
    if isinstance(overseer, HandOfGod):
        return oracle.Hand(**common, rationality=overseer.rationality, ties=overseer.ties)
    return oracle.Hand(**common)


def as_oracle(problem: Problem) -> oracle.Problem:
    """A problem as nested lists.

    Args:
        problem: rewards `[H, S, A]`.

    Returns:
        The same problem for the oracle.

    Raises:
        Nothing.

    Source: this package.
    """
    return oracle.Problem(
        world=as_oracle_world(problem.world),
        hand=as_oracle_hand(problem.overseer),
        rewards=problem.rewards.tolist(),
        weights=tuple(problem.weights().tolist()),
    )


def as_oracle_truth(truth: Truth) -> oracle.Truth:
    """A truth as nested lists.

    Args:
        truth: its reward is `[S, A]`.

    Returns:
        The same truth for the oracle.

    Raises:
        Nothing.

    Source: this package.
    """
    hand = as_oracle_hand(truth.overseer)
    said = hand.table[0] if hand.table is not None else None
    return oracle.Truth(as_oracle_world(truth.world), hand, truth.reward.tolist(), said)
