"""Where chains walk: the densities there, by other means."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corrigible import Problem, priors
from corrigible.inference.density import log_likelihood
from corrigible.inference.mcmc.spaces import Space
from corrigible.inference.mcmc.swaps import swaps
from corrigible.inference.mcmc.values import Rows, Values
from corrigible.inference.posterior import goal_of, space_of
from corrigible.overseers import HandOfGod
from corrigible.worlds import Tabular
from tests.inference.dense import dense_world, grid_world

FEATURES = np.random.default_rng(0).normal(size=(9, 2))
CORRECTIONS = [(0, 1), (3, 2), (0, 1), (4, 0), (8, 4)]
KNOWN = np.random.default_rng(3).normal(scale=2.0, size=(9, 5))
PRIORS = [
    priors.Normal(2.0, mean=1.0, known=KNOWN),
    priors.Normal(2.0, "state_action", known=KNOWN),
    priors.StudentT(2.0, 3.0, FEATURES, mean=0.5, known=KNOWN),
    priors.Normal(2.0, mean=1.0),
    priors.StudentT(2.0, 3.0, "state_action", mean=-1.0),
    priors.StudentT(2.0, 2.5),
    priors.Normal(2.0, FEATURES, mean=0.5),
]
WORLDS = [grid_world(3), dense_world(1, 9, 5)]


def made(world: Tabular, prior: priors.Density, beta: float = 0.7) -> tuple[Problem, Space]:
    problem = Problem(world, HandOfGod(rate=1.0, rationality=beta), prior)
    z = (prior.draw(world, 0, 64) - prior.mean) / prior.scale
    goal, rivals, alarms = goal_of(problem, CORRECTIONS)
    assert alarms == ()
    return problem, space_of(problem, "auto", goal, rivals, z)[0]


def points(problem: Problem, space: Space, count: int = 12) -> tuple[np.ndarray, jax.Array]:
    """Parameters [n, D], and where they are."""
    prior = problem.prior
    theta = prior.draw(problem.world, 7, count)
    x = space.start(problem.world, (theta - prior.mean) / prior.scale)
    return theta, jnp.asarray(x, jnp.float32)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("prior", PRIORS)
def test_coordinates_and_back(world: Tabular, prior: priors.Density) -> None:
    problem, space = made(world, prior)
    theta, _ = points(problem, space)
    z = (theta - prior.mean) / prior.scale
    assert space.standard(world, space.start(world, z).T) == pytest.approx(z, abs=1e-9)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("prior", PRIORS)
def test_the_exact_density_is_the_posterior_in_these_coordinates(
    world: Tabular, prior: priors.Density
) -> None:
    """Prior and likelihood in float64, and the determinant of the map by finite differences."""
    problem, space = made(world, prior)
    theta, x = points(problem, space)
    found = np.asarray(space.terms(x)[2] + space.remainder(x), dtype=np.float64)
    expected = prior.log_prob(theta) + log_likelihood(problem, CORRECTIONS, theta)
    for i, at in enumerate(np.asarray(x, dtype=np.float64).T):
        step = 1e-6 * np.eye(len(at))
        ahead, behind = (space.standard(world, at + sign * step) for sign in (1.0, -1.0))
        expected[i] += np.linalg.slogdet((ahead - behind) / 2e-6)[1]
    assert found - found[0] == pytest.approx(expected - expected[0], abs=2e-3)


@pytest.mark.parametrize("beta", [0.7, np.inf])
@pytest.mark.parametrize("prior", PRIORS)
def test_the_gradient_is_that_of_the_smooth_density(prior: priors.Density, beta: float) -> None:
    problem, space = made(WORLDS[0], prior, beta)
    _, x = points(problem, space)
    _, slope, _ = space.terms(x)
    expected = jax.grad(lambda x: space.terms(x)[0].sum())(x)
    assert np.asarray(slope) == pytest.approx(np.asarray(expected), rel=1e-3, abs=1e-3)


def test_compiled_or_not_the_best_action_is_the_best() -> None:
    """Fused multiplications once rounded the best action below itself."""
    problem, space = made(WORLDS[0], PRIORS[0])
    _, x = points(problem, space)
    plain = space.terms(x)
    compiled = jax.jit(lambda s, x: s.terms(x))(space, x)
    for one, other in zip(plain, compiled, strict=True):
        assert np.asarray(other) == pytest.approx(np.asarray(one), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize(("world", "few"), [(grid_world(6), True), (dense_world(1, 40, 3), False)])
def test_a_world_by_its_entries_is_its_matrix(world: Tabular, few: bool) -> None:
    problem = Problem(world, HandOfGod(rate=1.0, rationality=1.0), priors.Normal(2.0))
    goal, rivals, _ = goal_of(problem, [])
    z = problem.prior.draw(world, 0, 8) / 2.0
    space = space_of(problem, "auto", goal, rivals, z)[0]
    assert isinstance(space, Values)
    assert isinstance(space.ahead, Rows) == isinstance(space.back, Rows) == few
    x = jnp.asarray(z.T, jnp.float32)
    there = space.moves @ x
    assert np.asarray(space.ahead @ x) == pytest.approx(np.asarray(there), abs=1e-5)
    back = np.asarray(space.moves.T @ there)
    assert np.asarray(space.back @ there) == pytest.approx(back, abs=1e-4)


def test_an_annealed_space_has_one_density_and_a_milder_hand() -> None:
    problem, space = made(WORLDS[0], PRIORS[0])
    _, x = points(problem, space)
    milder = space.tempered(0.5)
    assert float(milder.target.rationality) == pytest.approx(0.5 * float(space.target.rationality))
    smooth, _, local = milder.terms(x)
    assert np.array_equal(smooth, local)
    assert not np.array_equal(space.terms(x)[0], space.terms(x)[2])


def test_the_local_density_is_a_sum_over_states() -> None:
    problem, space = made(WORLDS[0], PRIORS[0])
    assert isinstance(space, Values)
    _, x = points(problem, space)
    total = np.asarray(space.by_state(x).sum(axis=0))
    assert total == pytest.approx(np.asarray(space.terms(x)[2]), rel=1e-4)


def test_an_edge_changes_the_terms_that_are_its_own() -> None:
    world = grid_world(5)
    problem, space = made(world, priors.Normal(2.0))
    assert isinstance(space, Values)
    moves = swaps(world, space)
    assert moves is not None
    _, x = points(problem, space)
    before = np.asarray(space.by_state(x))
    edges = 0
    for partner, edge in zip(np.asarray(moves.partner), np.asarray(moves.edge), strict=True):
        for s in np.flatnonzero(partner > np.arange(len(partner))):
            t = partner[s]
            moved = np.asarray(x).copy()
            moved[[s, t]] = moved[[t, s]] + np.array([[0.3], [-0.3]])
            changed = (np.asarray(space.by_state(jnp.asarray(moved))) != before).any(axis=1)
            assert set(np.flatnonzero(changed)) <= set(np.flatnonzero(edge == edge[s]))
            edges += 1
    assert edges == 2 * 5 * 4


def test_where_every_state_leads_everywhere_nothing_is_swapped() -> None:
    world = dense_world(1, 12, 5)
    assert swaps(world, made(world, priors.Normal(2.0))[1]) is None
