"""Simulation-based calibration: what a sampler must do if it samples the posterior.

Draw a reward from the prior, corrections from the hand under that reward, and L draws from the
sampler. The rank of the true reward's quantity among the L draws' is then uniform on 0..L, for
every quantity of the reward and the corrections (Talts et al. 2018). Quantities that depend on the
corrections, such as their likelihood, see what the reward's own coordinates do not (Modrak et al.
2023), and the prior's own formula, put to the rewards, sees a wrong scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.stats

from corrigible.belief import Belief
from corrigible.inference.density import density_of
from corrigible.keys import generator
from corrigible.overseers import HandOfGod
from corrigible.priors import Normal, StudentT
from corrigible.problem import Problem
from corrigible.worlds.optimum import optimal_q
from tests.inference.dense import dense_world

STATES, ACTIONS, FEATURES = 4, 3, 3
DRAWS = 31
CORRECTIONS = 8
BINS = 8

Sampler = Callable[[Problem, list[tuple[int, int]], int], Belief]


def features() -> np.ndarray:
    """[S, A, F], the same in every replicate."""
    return generator(9).normal(size=(STATES, ACTIONS, FEATURES))


PRIORS = {
    "Normal, state": Normal(2.0),
    "Normal, state and action": Normal(2.0, over="state_action"),
    "Normal, features": Normal(2.0, over=features(), mean=0.5),
    "StudentT, state": StudentT(1.5, degrees=3.0),
}


@dataclass(frozen=True)
class Study:
    """Ranks [replicates, quantities] and what they say."""

    ranks: np.ndarray
    names: tuple[str, ...]

    def p_values(self) -> dict[str, float]:
        """Pearson's chi-square over equally large bins of ranks, for every quantity."""
        edges = np.linspace(0, DRAWS + 1, BINS + 1)
        found = {}
        for name, ranks in zip(self.names, self.ranks.T, strict=True):
            seen, _ = np.histogram(ranks, bins=edges - 0.5)
            found[name] = float(scipy.stats.chisquare(seen).pvalue)
        return found


def quantities(
    problem: Problem, rewards: np.ndarray, corrections: list[tuple[int, int]]
) -> dict[str, np.ndarray]:
    """What is ranked, of rewards [n, S] or [n, S, A]: each [n]."""
    full = rewards if rewards.ndim == 3 else np.repeat(rewards[:, :, None], ACTIONS, axis=2)
    full = np.asarray(full, dtype=np.float64)
    hand = problem.overseer
    assert isinstance(hand, HandOfGod)
    chances = hand.likelihood(problem.world, full)
    flat = full.reshape(len(full), -1)
    return {
        "reward 0": flat[:, 0],
        "reward 1": flat[:, ACTIONS],
        "reward -1": flat[:, -1],
        "prior": density_of(problem).log_prob(flat),
        "likelihood": np.log([chances[:, s, a] for s, a in corrections]).sum(axis=0),
        "value": optimal_q(problem.world, full)[:, 0].max(axis=1),
    }


def replicate(
    problem: Problem, sampler: Sampler, seed: int, corrections: int, wrong: float
) -> dict[str, int]:
    """The ranks of one reward; the sampler is told a scale that is `wrong` times the true one."""
    rng = np.random.default_rng(seed)
    prior = density_of(problem)
    reward = prior.rewards(problem.world, prior.draw(problem.world, seed, 1))
    full = reward if reward.ndim == 3 else np.repeat(reward[:, :, None], ACTIONS, axis=2)
    chances = problem.overseer.likelihood(problem.world, full)[0]
    heard = [
        (int(s), int(rng.choice(ACTIONS, p=chances[s])))
        for s in rng.integers(STATES, size=corrections)
    ]
    assert isinstance(prior, Normal | StudentT)
    told = Problem(problem.world, problem.overseer, replace(prior, scale=wrong * prior.scale))
    belief = sampler(told, heard, seed)
    # Spread evenly over the rows in random order, so that neighbours in a chain are apart.
    places = (np.arange(DRAWS) + rng.random()) / DRAWS
    chosen = np.searchsorted(np.cumsum(np.asarray(belief.weights)), places).clip(
        max=len(belief.weights) - 1
    )
    draws = quantities(problem, np.asarray(belief.hypotheses)[chosen], heard)
    truly = quantities(problem, reward, heard)
    return {name: int((draws[name] < truly[name][0]).sum()) for name in draws}


def problem_of(prior: str, seed: int) -> Problem:
    """A world of its own for every replicate; the same shapes, so that nothing compiles anew."""
    world = dense_world(seed, STATES, ACTIONS, 0.8)
    return Problem(world, HandOfGod(1.0, 1.0), PRIORS[prior])


def study(
    prior: str,
    sampler: Sampler,
    replicates: int,
    corrections: int = CORRECTIONS,
    wrong: float = 1.0,
) -> Study:
    """Many rewards, each in a world of its own."""
    rows = [
        replicate(problem_of(prior, seed), sampler, seed, corrections, wrong)
        for seed in range(replicates)
    ]
    return Study(np.array([list(row.values()) for row in rows]), tuple(rows[0]))
