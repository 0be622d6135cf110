"""Particles: against enumeration, one correction at a time or all at once, at a cost that stays."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.inference import particles, posterior
from corrigible.inference.particles import Enumerated, Particles
from corrigible.overseers import HandOfGod
from corrigible.priors import Normal, StudentT
from corrigible.problem import Problem
from tests.inference.dense import dense_world

WORLD = dense_world(3, 2, 2, 0.8)
HAND = HandOfGod(1.0, 1.5)
HEARD = [(0, 1), (1, 0), (0, 1), (0, 0), (1, 0), (0, 1)]


def continuous(prior: Normal | StudentT) -> Problem:
    return Problem(WORLD, HAND, prior)


def heard_by(state: Particles | Enumerated, heard: list[tuple[int, int]]) -> Particles:
    then = particles.update(state, heard)
    assert isinstance(then, Particles)
    return then


def after(
    problem: Problem, key: int, samples: int, heard: list[tuple[int, int]], singly: bool
) -> Particles:
    parts = [[one] for one in heard] if singly else [heard]
    state = particles.init(problem, key, samples)
    for part in parts:
        state = heard_by(state, part)
    assert isinstance(state, Particles)
    return state


def grid(prior: Normal | StudentT, side: int, reach: float) -> Problem:
    """Two state rewards on a fine grid, weighted by the prior's density."""
    line = np.linspace(-reach, reach, side)
    rewards = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    return Problem(WORLD, HAND, Belief(rewards, prior.log_prob(rewards)))


@pytest.mark.parametrize("singly", [True, False])
@pytest.mark.parametrize(
    ("prior", "reach"), [(Normal(1.5, mean=0.5), 9.0), (StudentT(1.0, degrees=6.0), 25.0)]
)
def test_agreement_with_a_fine_grid(prior: Normal | StudentT, reach: float, singly: bool) -> None:
    exact = posterior(grid(prior, 301, reach), HEARD)
    assert np.exp(exact.log_weights.reshape(301, 301)[[0, -1]]).sum() < 1e-5
    mean, variance = exact.mean(exact.hypotheses), exact.disagreement(exact.hypotheses)
    found = after(continuous(prior), 5, 4000, HEARD, singly)
    belief = found.belief
    error = np.sqrt(variance / found.progress.ess)
    # Particles of one ancestor are not independent: four times twice the plain error.
    assert np.all(np.abs(belief.mean(belief.hypotheses) - mean) < 8.0 * error)
    assert np.allclose(belief.disagreement(belief.hypotheses), variance, rtol=0.2)


def test_the_evidence_is_that_of_the_grid() -> None:
    prior = Normal(1.5, mean=0.5)
    start = grid(prior, 301, 9.0)
    logs = np.log(start.likelihood)
    exact = float(start.prior.log_evidence(sum(logs[:, s, a] for s, a in HEARD)))
    for singly in (True, False):
        found = after(continuous(prior), 6, 4000, HEARD, singly).progress.log_evidence
        assert abs(found - exact) < 0.1


def test_the_order_and_the_grouping_do_not_matter() -> None:
    problem = Problem(dense_world(1, 4, 3), HAND, Normal(2.0, over="state_action"))
    heard = [(s, a) for s in range(4) for a in (0, 0, 1)]
    one = after(problem, 1, 2000, heard, singly=True)
    other = after(problem, 2, 2000, heard[::-1], singly=False)
    assert np.allclose(one.target.heard, other.target.heard, atol=1e-5)
    mean = [state.belief.mean(state.belief.hypotheses) for state in (one, other)]
    spread = np.sqrt(one.belief.disagreement(one.belief.hypotheses))
    assert np.all(np.abs(mean[0] - mean[1]) < 0.25 * spread)


def test_the_same_key_and_corrections_give_the_same_particles() -> None:
    problem = continuous(Normal(3.0))
    one, same, other = (after(problem, key, 300, HEARD * 3, True) for key in (1, 1, 2))
    assert np.array_equal(one.belief.hypotheses, same.belief.hypotheses)
    assert np.array_equal(one.log_weights, same.log_weights)
    assert not np.array_equal(one.belief.hypotheses, other.belief.hypotheses)
    assert one.progress.walks > 0


def test_a_state_is_not_changed_by_an_update() -> None:
    start = particles.init(continuous(Normal(3.0)), 0, 100)
    before = start.belief.hypotheses.copy()
    particles.update(start, HEARD * 5)
    assert np.array_equal(start.belief.hypotheses, before)
    assert np.allclose(start.belief.weights, 0.01)


def test_the_cost_does_not_grow_with_what_was_heard() -> None:
    """The same arrays and the same compiled programs after 10 corrections and after 2,000."""
    problem = Problem(dense_world(0, 4, 3), HAND, Normal(2.0))
    rng = np.random.default_rng(0)
    reward = np.repeat(rng.normal(0.0, 2.0, (1, 4, 1)), 3, axis=2)
    chances = HAND.likelihood(problem.world, reward)[0]
    pairs = [(s, int(rng.choice(3, p=chances[s]))) for s in rng.integers(4, size=2010)]
    walk: Any = particles._walk
    few = heard_by(particles.init(problem, 0, 200), pairs[:10])
    compiled = walk._cache_size()
    many = heard_by(few, pairs[10:])
    shapes = [
        [(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves((state.target, state.z))]
        for state in (few, many)
    ]
    assert shapes[0] == shapes[1]
    assert many.target.heard.sum() == pytest.approx(2010)
    then = [particles.moved(state) for state in (few, many)]
    assert walk._cache_size() == compiled
    done = [
        end.progress.walks - begin.progress.walks
        for begin, end in zip((few, many), then, strict=True)
    ]
    assert 0 < done[0] <= 10 and 0 < done[1] <= 10


def test_a_finite_prior_is_enumerated() -> None:
    rewards = np.random.default_rng(0).normal(size=(7, 2, 2))
    problem = Problem(WORLD, HandOfGod(1.0), Belief.uniform(rewards))
    state = particles.init(problem, 0)
    for one in HEARD:
        state = particles.update(state, [one])
    exact = posterior(problem, HEARD)
    assert isinstance(state, Enumerated)
    assert np.allclose(state.belief.weights, exact.weights)
    assert state.belief.alarms == exact.alarms and len(exact.alarms) > 0
    together = particles.update(particles.init(problem, 0), HEARD)
    assert together.belief.alarms == exact.alarms


@pytest.mark.parametrize(
    ("prior", "hand", "samples", "said"),
    [
        (Normal(1.0), HAND, 3, "at least 4"),
        (Normal(1.0), HandOfGod(1.0), 10, "finite"),
    ],
)
def test_what_cannot_begin(prior: Normal, hand: HandOfGod, samples: int, said: str) -> None:
    with pytest.raises(UserError, match=said):
        particles.init(Problem(WORLD, hand, prior), 0, samples)


def test_what_cannot_be_heard() -> None:
    state = particles.init(continuous(Normal(1.0)), 0, 10)
    with pytest.raises(UserError, match="state 2, which does not exist"):
        particles.update(state, [(2, 0)])
