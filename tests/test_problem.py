"""Problems and truths: two objects, checked where they are made."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from corrigible import Belief, Problem, Truth
from corrigible.errors import UserError
from corrigible.overseers import HandOfGod
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
    # Where annotations are checked, as here, the call itself is refused: so it is made elsewhere.
    program = (
        "import numpy as np; from corrigible import Problem; from corrigible.worlds import *; "
        "from corrigible.overseers import HandOfGod; "
        "world = Tabular(np.ones((1, 1, 1)), np.zeros((1, 1)), 0.9, np.ones(1)); "
        "Problem(world, HandOfGod(rate=0.5), np.zeros((2, 1, 1)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    message = "the prior is a ndarray; a Belief over finitely many rewards is needed"
    assert done.returncode == 1 and message in done.stderr.strip().splitlines()[-1]


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
