"""Random problems whose hands are noisy and whose beliefs are finite all the same.

States come in layers, every step leads to the next layer or to the end, and at the end, where all
rewards are 0, nothing can be learned: a hand that speaks of the current state is heard at most
once a layer. So a Boltzmann hand, any table, and a perfect hand with many ties can be planned for
exactly.

Guarantee: fewer than (A + 1)^(layers) beliefs can be reached; the same seed makes the same problem.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from corrigible.belief import Belief
from corrigible.overseers import HandOfGod
from corrigible.overseers.base import Mode, Overseer
from corrigible.problem import Problem
from corrigible.worlds import Tabular

Noise = Literal["boltzmann", "table", "ties"]
NOISES: tuple[Noise, ...] = ("boltzmann", "table", "ties")


def _world(rng: np.random.Generator, layer: np.ndarray, actions: int, restores: bool) -> Tabular:
    """Layers 0, 0, 1, 1, .. and the end, which is the last state."""
    states = len(layer)
    transition = np.zeros((states, actions, states))
    for s in range(states):
        later = np.flatnonzero((layer == layer[s] + 1) | (layer == layer[-1]))
        transition[s][:, later] = rng.dirichlet(np.full(len(later), 0.5), actions)
    size = (states, actions)
    d = np.where(rng.random(size) < 0.5, rng.choice([0.3, 1.0], size), 0.0)
    x = rng.random(size) if restores else None
    start = np.where(layer == 0, 1.0, 0.0)
    return Tabular(transition, d, float(rng.uniform(0.5, 0.95)), start / start.sum(), x)


def random_layered_problem(seed: int) -> Problem:
    """A problem of up to 7 states, 3 actions and 4 hypotheses with a hand that is not sharp.

    Args:
        seed: any non-negative int; kinds of noise, both modes and restores go round with it.

    Returns:
        The same problem for the same seed; rewards are `[H, S, A]`, 0 in the last state.

    Raises:
        Nothing.

    Source: this package.
    """
    rng = np.random.default_rng([seed, 3])
    depth, width = int(rng.integers(1, 4)), int(rng.integers(1, 3))
    layer = np.append(np.repeat(np.arange(depth), width), depth)
    actions, hypotheses = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    states = len(layer)
    world = _world(rng, layer, actions, restores=seed // 6 % 3 == 2)
    noise, mode = NOISES[seed % 3], _mode(seed)
    rewards = rng.normal(size=(hypotheses, states, actions))
    if noise == "ties":
        rewards = np.round(rewards)
    rewards[:, -1] = 0.0
    rate = float(rng.uniform(0.05, 1.0))
    hand: Overseer = HandOfGod(rate, mode=mode)
    if noise == "boltzmann":
        hand = HandOfGod(rate, rationality=float(rng.uniform(0.2, 3.0)), mode=mode)
    elif noise == "table":
        table = rng.dirichlet(np.full(actions, 0.5), (hypotheses, states))
        table[:, -1] = 1.0 / actions
        hand = HandOfGod.table(table, rate=rate, mode=mode)
    return Problem(world, hand, Belief.uniform(rewards))


def _mode(seed: int) -> Mode:
    return "overrides" if seed // 3 % 2 else "advises"
