"""Problems and truths: two objects, checked where they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from corrigible import Belief, Problem, Truth, priors
from corrigible.errors import UserError
from corrigible.inference import summarise
from corrigible.overseers import HandOfGod
from corrigible.planners import certify, solve
from corrigible.testing.strategies import random_problem
from corrigible.worlds import Tabular

WORLD = Tabular(np.full((2, 3, 2), 0.5), np.zeros((2, 3)), 0.9, np.array([1.0, 0.0]))
HAND = HandOfGod(rate=0.5)


def test_rewards_by_state_are_the_same_for_every_action() -> None:
    problem = Problem(WORLD, HAND, Belief.uniform(np.array([[1.0, 2.0], [3.0, 4.0]])))
    assert problem.rewards.shape == (2, 2, 3) and problem.rewards.dtype == np.float64
    assert np.array_equal(problem.rewards[1, :, 2], [3.0, 4.0])


def test_rewards_in_jax_are_read_as_float64() -> None:
    problem = Problem(WORLD, HAND, Belief.uniform(jnp.ones((2, 2, 3))))
    assert isinstance(problem.rewards, np.ndarray) and problem.rewards.dtype == np.float64
    assert problem.weights().dtype == np.float64
    assert problem.weights().sum() == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("shape", [(2, 3), (2, 2, 2), (2, 3, 2), (2, 2, 3, 1), (2,)])
def test_rewards_of_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match="2 states and 3 actions") as found:
        Problem(WORLD, HAND, Belief.uniform(np.zeros(shape)))
    assert "\n" not in str(found.value)


def test_a_prior_that_is_no_belief() -> None:
    message = "the prior is a ndarray; a Belief over finitely many rewards is needed, or a density"
    with pytest.raises(UserError, match=message) as found:
        Problem(WORLD, HAND, np.zeros((2, 1, 1)))
    assert "\n" not in str(found.value)


CONTINUOUS = Problem(WORLD, HAND, priors.Normal(10.0, "state_action"))


@pytest.mark.parametrize(
    "use",
    [
        lambda: CONTINUOUS.rewards,
        lambda: CONTINUOUS.likelihood,
        lambda: CONTINUOUS.weights(),
        lambda: CONTINUOUS.truth(0),
        lambda: solve(CONTINUOUS, method="bounds"),
        lambda: solve(CONTINUOUS, method="exact"),
        lambda: summarise(CONTINUOUS),
    ],
)
def test_what_needs_finitely_many_rewards_says_so(use: Callable[[], object]) -> None:
    message = r"the prior is continuous \(Normal\) and this needs finitely many rewards; "
    with pytest.raises(UserError, match=message + r"problem.drawn\(key, samples\)") as found:
        use()
    assert "\n" not in str(found.value)


def test_draws_of_a_continuous_prior_are_a_problem_that_can_be_planned() -> None:
    assert CONTINUOUS.continuous and not random_problem(0).continuous
    drawn = CONTINUOUS.drawn(3, 5)
    assert drawn.world is WORLD and drawn.overseer is HAND and not drawn.continuous
    assert np.array_equal(drawn.rewards, CONTINUOUS.prior.belief(WORLD, 3, 5).hypotheses)
    assert certify(drawn).verdict == "nothing to disable"
    assert np.array_equal(CONTINUOUS.given(drawn.prior).rewards, drawn.rewards)
    with pytest.raises(UserError, match="finite already"):
        drawn.drawn(3, 5)


def test_a_table_has_no_rows_for_a_continuous_prior() -> None:
    hand = HandOfGod.table(np.full((1, 2, 3), 1 / 3))
    with pytest.raises(UserError, match="a continuous prior has no list of them"):
        Problem(WORLD, hand, priors.Normal(1.0))


def test_features_of_another_world() -> None:
    with pytest.raises(UserError, match=r"2 states and 3 actions, so \[2, F\] or \[2, 3, F\]"):
        Problem(WORLD, HAND, priors.Normal(1.0, np.ones((3, 2))))


def test_weights_of_a_belief() -> None:
    problem = Problem(WORLD, HAND, Belief.uniform(np.zeros((2, 2))))
    other = problem.prior.with_weights(np.array([3.0, 1.0]))
    assert problem.weights() == pytest.approx([0.5, 0.5], abs=1e-15)
    assert problem.weights(other) == pytest.approx([0.75, 0.25], abs=1e-15)
    with pytest.raises(UserError, match="the belief has 3 hypotheses, the problem 2"):
        problem.weights(Belief.uniform(np.zeros((3, 2))))


def test_the_well_specified_truth() -> None:
    problem = random_problem(3)
    for h in range(len(problem.rewards)):
        truth = problem.truth(h)
        assert truth.world is problem.world
        assert np.array_equal(truth.reward, problem.rewards[h])
        assert truth.likelihood == pytest.approx(problem.likelihood[h], abs=1e-12)
    for h in (-1, len(problem.rewards)):
        with pytest.raises(UserError, match="does not exist"):
            problem.truth(h)


def test_the_truth_of_a_table_is_its_row() -> None:
    table = np.random.default_rng(0).dirichlet(np.ones(3), (2, 2))
    problem = Problem(WORLD, HandOfGod.table(table), Belief.uniform(np.zeros((2, 2))))
    assert problem.likelihood == pytest.approx(table, abs=1e-15)
    assert problem.truth(1).likelihood == pytest.approx(table[1], abs=1e-15)


def test_a_table_that_does_not_fit_is_said_where_it_is_read() -> None:
    problem = Problem(
        WORLD, HandOfGod.table(np.full((3, 2, 3), 1 / 3)), Belief.uniform(np.zeros((2, 2)))
    )
    with pytest.raises(UserError, match="likelihood table has shape"):
        _ = problem.likelihood


def test_a_true_reward_is_checked() -> None:
    assert Truth(WORLD, HAND, np.array([1.0, 2.0])).reward.shape == (2, 3)
    with pytest.raises(UserError, match="reward has shape"):
        Truth(WORLD, HAND, np.zeros((3, 2)))
    with pytest.raises(UserError, match="reward must be finite"):
        Truth(WORLD, HAND, np.array([1.0, np.nan]))


def test_a_changed_problem_is_read_anew() -> None:
    problem = random_problem(0)
    assert problem.likelihood.shape == problem.rewards.shape
    noisy = replace(problem, overseer=HandOfGod(rate=0.5, rationality=1.0))
    assert (noisy.likelihood > 0.0).all()
