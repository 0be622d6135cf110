"""Where planning further is worth it: how much discounted time a plan spends at each belief.

Guarantee: none is needed; these are weights that decide only where bounds are refined next.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from corrigible.planners.arrivals import Signals
from corrigible.problem import Problem

_SWEEPS = 40


def spread(
    problem: Problem,
    entry: Float[np.ndarray, "N S"],
    signals: Signals,
    action: Int[np.ndarray, "N S"],
    choice: Int[np.ndarray, "N S"],
) -> tuple[Float[np.ndarray, "N S A"], Float[np.ndarray, "N S"]]:
    """Discounted arrivals that corrections carry to other beliefs.

    Args:
        problem: world and overseer.
        entry: `[N, S]`, discounted mass about to act, by belief and state.
        signals: what can be heard there.
        action: `[N, S]`, what is done there.
        choice: `[N, S]`, what is asked there: 0 for nothing, 1 + s_o.

    Returns:
        (carried, where): `[N, S_o, A]`, the mass that each correction (s_o, a*) carries to another
        belief; `[N, S]`, the share of it by the state arrived in (for corrections about the
        current state that is s_o itself).

    Raises:
        Nothing.

    Source: this package.
    """
    world, hand = problem.world, problem.overseer
    count, states = entry.shape
    other = np.where(signals.same, 0.0, signals.chance)
    leave = other.sum(axis=2)
    if hand.about == "uniform":
        leave = np.broadcast_to(leave.mean(axis=1, keepdims=True), leave.shape)
    elif hand.about == "asked":
        asks = choice > 0
        leave = np.where(asks, np.take_along_axis(leave, np.maximum(choice - 1, 0), axis=1), 0.0)
    flow = world.on_matrix.T
    rows = np.arange(states)[None] * world.n_actions + action
    total = np.zeros_like(entry)
    mass = entry
    for _ in range(_SWEEPS):
        placed = np.zeros((count, states * world.n_actions))
        np.put_along_axis(placed, rows, mass, axis=1)
        if hand.mode == "overrides":
            by_hand = mass[:, :, None] * signals.chance
            placed = (1.0 - hand.rate) * placed + hand.rate * by_hand.reshape(placed.shape)
        arrived = world.discount * (flow @ placed.T).T
        total += arrived
        mass = arrived * (1.0 - hand.rate * leave)
    where = total / np.maximum(total.sum(axis=1, keepdims=True), 1e-300)
    if hand.about == "current":
        return hand.rate * total[:, :, None] * other, where
    if hand.about == "uniform":
        return hand.rate / states * total.sum(axis=1)[:, None, None] * other, where
    asked = np.zeros((count, states))
    np.add.at(asked, (np.arange(count)[:, None], np.maximum(choice - 1, 0)), total * (choice > 0))
    return hand.rate * asked[:, :, None] * other, where
