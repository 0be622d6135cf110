"""An independent answer to `benchmarks/posterior.py`: tempered particles that walk in rewards.

Particles start as draws of the prior; the hand's words are heard to a power that grows from 0 to 1,
each time by as much as leaves half of the particles effective (Del Moral, Doucet & Jasra 2006);
between, particles are resampled and walk at random, shaped by their own covariance, and the world
is planned anew for every proposal, by batched value iteration. So nothing is shared with chains
that walk in values: neither the density, nor its gradient, nor the determinant.
"""

from __future__ import annotations

import numpy as np

from corrigible.planners import optimal_values
from corrigible.worlds import Tabular

PARTICLES = 1024
ERROR = 1e-2
STEPS, LAST = 150, 1500
ACCEPTED = 0.234


def log_likelihood(
    world: Tabular, counts: np.ndarray, rationality: float, rewards: np.ndarray
) -> np.ndarray:
    """Of the words heard, n(s, a) `[S, A]`, under rewards `[n, S]`."""
    value = optimal_values(world, rewards, ERROR, np.float32).values
    heard = np.flatnonzero(counts.sum(axis=1))
    rows = (heard[:, None] * world.n_actions + np.arange(world.n_actions)).ravel()
    ahead = world.discount * (world.transition_matrix[rows] @ value.T.astype(np.float64))
    scores = rationality * ahead.reshape(len(heard), world.n_actions, -1)
    top = scores.max(axis=1)
    total = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    said = counts[heard]
    return np.einsum("sa,san->n", said, scores) - said.sum(axis=1) @ total


def tempered(
    world: Tabular, counts: np.ndarray, rationality: float, scale: float, seed: int
) -> np.ndarray:
    """Equally weighted rewards, `[PARTICLES, S]`."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(PARTICLES, world.n_states))
    level = log_likelihood(world, counts, rationality, scale * z)
    power, size, root = 0.0, 1.0, _root(z)
    while power < 1.0:
        weights, power = _heard(level, power)
        chosen = _resampled(weights, rng)
        z, level = z[chosen], level[chosen]
        for step in range(STEPS if power < 1.0 else LAST):
            if step % 10 == 0:
                root = _root(z)
            moved = z + size * rng.normal(size=z.shape) @ root.T
            there = log_likelihood(world, counts, rationality, scale * moved)
            gain = power * (there - level) - 0.5 * (moved**2 - z**2).sum(axis=1)
            taken = np.log(rng.random(PARTICLES)) < gain
            z = np.where(taken[:, None], moved, z)
            level = np.where(taken, there, level)
            size *= float(np.exp(0.3 * (taken.mean() - ACCEPTED)))
    return scale * z


def _heard(level: np.ndarray, power: float) -> tuple[np.ndarray, float]:
    """Weights after the next power, and the power: half of the particles effective."""

    def weights(after: float) -> np.ndarray:
        found = np.exp((after - power) * (level - level.max()))
        return found / found.sum()

    low, high = power, 1.0
    if 1.0 / (weights(1.0) ** 2).sum() < 0.5 * len(level):
        for _ in range(40):
            middle = 0.5 * (low + high)
            enough = 1.0 / (weights(middle) ** 2).sum() >= 0.5 * len(level)
            low, high = (middle, high) if enough else (low, middle)
        high = low
    return weights(high), high


def _resampled(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    places = (np.arange(len(weights)) + rng.random()) / len(weights)
    return np.minimum(np.searchsorted(np.cumsum(weights), places), len(weights) - 1)


def _root(z: np.ndarray) -> np.ndarray:
    size = z.shape[1]
    spread = np.cov(z.T)
    return 2.38 / np.sqrt(size) * np.linalg.cholesky(0.9 * spread + 0.1 * np.diag(np.diag(spread)))
