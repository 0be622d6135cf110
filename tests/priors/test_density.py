"""Priors with a density: the density is one, and the draws are its own."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from corrigible import priors
from corrigible.errors import UserError
from corrigible.worlds import Tabular

WORLD = Tabular(np.full((2, 3, 2), 0.5), np.zeros((2, 3)), 0.9, np.array([1.0, 0.0]))
DENSITIES = [
    priors.Normal(3.0, mean=1.0),
    priors.StudentT(3.0, 1.0, mean=1.0),
    priors.StudentT(0.5, 4.5, "state_action"),
]


@pytest.mark.parametrize("prior", DENSITIES)
def test_the_density_integrates_to_one(prior: priors.Density) -> None:
    mass, _ = scipy.integrate.quad(lambda x: np.exp(prior.log_prob(np.array([x]))), -np.inf, np.inf)
    assert mass == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize("prior", DENSITIES)
def test_parameters_are_independent_and_the_same_in_jax(prior: priors.Density) -> None:
    theta = np.random.default_rng(0).normal(0.0, 5.0, (4, 5, prior.dimension(WORLD)))
    one = np.stack([prior.log_prob(x[..., None]) for x in np.moveaxis(theta, -1, 0)])
    assert prior.log_prob(theta) == pytest.approx(one.sum(axis=0), rel=1e-12)
    single = prior.log_prob(jnp.asarray(theta, dtype=jnp.float32))
    assert isinstance(single, jax.Array) and single.dtype == jnp.float32
    assert np.asarray(single) == pytest.approx(prior.log_prob(theta), rel=1e-5)


@pytest.mark.parametrize("prior", DENSITIES)
def test_draws_have_that_density(prior: priors.Density) -> None:
    count = 4000
    draws = prior.draw(WORLD, 5, count)
    assert draws.shape == (count, prior.dimension(WORLD)) and draws.dtype == np.float64
    assert np.array_equal(draws, prior.draw(WORLD, 5, count))
    assert not np.array_equal(draws, prior.draw(WORLD, 6, count))
    grid = prior.mean + prior.scale * np.sinh(np.linspace(-12.0, 12.0, 40001))
    density = np.exp(prior.log_prob(grid[:, None]))
    cumulative = scipy.integrate.cumulative_trapezoid(density, grid, initial=0.0)
    for column in draws.T:
        places = np.interp(column, grid, cumulative)
        assert scipy.stats.kstest(places, "uniform").pvalue > 1e-3


def test_rewards_of_every_kind() -> None:
    theta = np.arange(12.0).reshape(2, 6)
    assert priors.Normal(1.0).rewards(WORLD, theta[:, :2]).tolist() == [[0, 1], [6, 7]]
    by_action = priors.Normal(1.0, "state_action").rewards(WORLD, theta)
    assert np.array_equal(by_action, theta.reshape(2, 2, 3))
    features = np.random.default_rng(1).normal(size=(2, 3, 4))
    weights = np.random.default_rng(2).normal(size=(5, 4))
    for table in (features, features[:, 0]):
        prior = priors.StudentT(2.0, 3.0, table)
        expected = priors.linear(table, weights).hypotheses
        assert prior.dimension(WORLD) == 4
        assert prior.rewards(WORLD, weights) == pytest.approx(expected, rel=1e-12)
        single = prior.rewards(WORLD, jnp.asarray(weights, dtype=jnp.float32))
        assert isinstance(single, jax.Array)
        assert np.asarray(single) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("over", ["state", "state_action", np.ones((2, 4))])
def test_what_is_known_is_added(over: object) -> None:
    known = np.arange(6.0).reshape(2, 3)
    plain, more = priors.Normal(1.0, over), priors.Normal(1.0, over, known=known)
    theta = plain.draw(WORLD, 0, 5)
    rewards = np.broadcast_to(np.atleast_3d(plain.rewards(WORLD, theta)), (5, 2, 3))
    assert more.dimension(WORLD) == plain.dimension(WORLD) and more.shape(WORLD) == (2, 3)
    assert np.array_equal(more.draw(WORLD, 0, 5), theta)
    assert more.rewards(WORLD, theta) == pytest.approx(rewards + known)
    assert np.asarray(more.rewards(WORLD, jnp.asarray(theta, dtype=jnp.float32))) == pytest.approx(
        rewards + known, abs=1e-5
    )


def test_features_are_copied() -> None:
    features = np.ones((2, 1))
    prior = priors.Normal(1.0, features)
    features[0, 0] = 5.0
    assert prior.rewards(WORLD, np.ones((1, 1))).tolist() == [[1.0, 1.0]]


def test_a_belief_of_draws() -> None:
    prior = priors.Normal(10.0)
    belief = prior.belief(WORLD, 3, 7)
    assert np.array_equal(belief.hypotheses, prior.draw(WORLD, 3, 7))
    assert np.asarray(belief.weights) == pytest.approx(np.full(7, 1 / 7))


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: priors.Normal(0.0), "scale above 0"),
        (lambda: priors.Normal(float("nan")), "must be finite"),
        (lambda: priors.Normal(1.0, mean=float("inf")), "must be finite"),
        (lambda: priors.StudentT(1.0, 0.0), "degrees is 0.0"),
        (lambda: priors.StudentT(1.0, float("inf")), "degrees is inf"),
        (lambda: priors.Normal(1.0, np.ones(3)), r"features have shape \[3\]"),
        (lambda: priors.Normal(1.0, np.ones((2, 0))), r"features have shape \[2, 0\]"),
        (lambda: priors.Normal(1.0, np.array([[np.nan]])), "features must be finite"),
        (lambda: priors.Normal(1.0, known=np.ones(3)), r"known rewards have shape \[3\]"),
        (lambda: priors.Normal(1.0, known=np.full((2, 3), np.nan)), "known rewards must be"),
        (lambda: priors.Normal(1.0, known=np.ones((2, 2))).shape(WORLD), "this world needs"),
        (lambda: priors.Normal(1.0, "states"), "over is 'states'"),
        (lambda: priors.Normal(1.0).draw(WORLD, 0, 0), "at least one"),
        (lambda: priors.Normal(1.0).draw(WORLD, 0, 10**7), "hypotheses"),
        (lambda: priors.Normal(1.0, np.ones((3, 1))).dimension(WORLD), "2 states and 3 actions"),
    ],
)
def test_what_cannot_be_a_density_is_refused(build: Callable[[], object], says: str) -> None:
    with pytest.raises(UserError, match=says):
        build()
