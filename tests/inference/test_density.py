"""The density of a continuous posterior: the hand's own, in JAX and in NumPy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

from corrigible import Problem, priors
from corrigible.errors import UserError
from corrigible.inference.density import Target, counts, log_likelihood, optimal_values, target
from corrigible.overseers import HandOfGod
from corrigible.worlds.optimum import optimal_q
from tests.inference.dense import dense_world

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(5, 3, 2))
PRIORS = [
    priors.Normal(2.0, mean=1.0),
    priors.StudentT(2.0, 3.0, "state_action", mean=-1.0),
    priors.Normal(2.0, FEATURES, mean=0.5),
    priors.StudentT(2.0, 1.5, FEATURES[:, 0], mean=0.5),
]
CORRECTIONS = [(0, 1), (3, 2), (0, 1), (4, 0)]


@pytest.mark.parametrize("prior", PRIORS)
def test_the_density_in_jax_is_the_hands_own(prior: priors.Density) -> None:
    problem = Problem(dense_world(1, 5, 3), HandOfGod(rate=1.0, rationality=0.7), prior)
    theta = prior.draw(problem.world, 1, 20)
    z = jnp.asarray((theta - prior.mean) / prior.scale, dtype=jnp.float32)
    goal = target(problem, CORRECTIONS)
    found = np.asarray(jax.vmap(goal.log_likelihood)(z))
    expected = log_likelihood(problem, CORRECTIONS, theta)
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-4)
    shift = np.asarray(jax.vmap(goal.log_prior)(z)) - prior.log_prob(theta)
    assert shift == pytest.approx(np.full(20, shift[0]), abs=1e-4)
    by_action = np.asarray(jax.vmap(goal.rewards)(z)) * prior.scale
    difference = by_action - prior.rewards(problem.world, theta).reshape(20, 5, -1)
    if isinstance(prior.over, str):
        difference += prior.mean
    assert np.abs(difference).max() < 1e-4


def test_the_order_and_the_number_of_corrections_are_in_the_counts() -> None:
    problem = Problem(dense_world(1, 5, 3), HandOfGod(rate=1.0, rationality=0.7), PRIORS[0])
    heard = counts(problem, CORRECTIONS)
    assert heard.sum() == 4 and heard[0, 1] == 2 and heard[3, 2] == 1
    theta = PRIORS[0].draw(problem.world, 2, 10)
    one_by_one = sum(log_likelihood(problem, [c], theta) for c in CORRECTIONS)
    assert log_likelihood(problem, CORRECTIONS[::-1], theta) == pytest.approx(one_by_one)
    assert log_likelihood(problem, [], theta).tolist() == [0.0] * 10


def test_a_perfect_hands_likelihood_is_0_or_1() -> None:
    problem = Problem(dense_world(1, 5, 3), HandOfGod(rate=1.0), PRIORS[1])
    theta = PRIORS[1].draw(problem.world, 2, 50)
    found = log_likelihood(problem, [(0, 1)], theta)
    rewards = PRIORS[1].rewards(problem.world, theta)
    best = optimal_q(problem.world, rewards)[:, 0].argmax(axis=1) == 1
    assert np.array_equal(found, np.where(best, 0.0, -np.inf))
    with pytest.raises(UserError, match="rationality is finite"):
        target(problem, [])


@pytest.mark.parametrize("states", [1, 5, 8, 9, 30])
def test_optimal_values_are_those_of_the_planner(states: int) -> None:
    world = dense_world(states, states, 3)
    rewards = np.random.default_rng(states).normal(size=(30, states, 3))
    given = jnp.asarray(world.dense()), jnp.asarray(world.discount, dtype=jnp.float32)
    found = jax.vmap(lambda r: optimal_values(*given, r))(jnp.asarray(rewards, dtype=jnp.float32))
    assert np.asarray(found) == pytest.approx(optimal_q(world, rewards), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("states", [5, 12])
def test_the_gradient_is_that_of_finite_differences(states: int) -> None:
    problem = Problem(dense_world(3, states, 3), HandOfGod(rate=1.0, rationality=0.7), PRIORS[1])
    goal = target(problem, CORRECTIONS)

    @jax.jit
    def slope(goal: Target, z: Float[Array, " D"]) -> Float[Array, " D"]:
        return jax.grad(goal.log_likelihood)(z)

    theta = PRIORS[1].draw(problem.world, 4, 1)
    z = (theta - PRIORS[1].mean) / PRIORS[1].scale
    found = np.asarray(slope(goal, jnp.asarray(z[0], dtype=jnp.float32)))
    step = 1e-5 * np.eye(3 * states)
    ends = [log_likelihood(problem, CORRECTIONS, theta + sign * step) for sign in (1.0, -1.0)]
    expected = (ends[0] - ends[1]) / 2e-5 * PRIORS[1].scale
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-3)
