"""What a belief says, against numbers worked out by hand, and the facts that bind them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.inference import (
    policy_distribution,
    policy_entropy,
    posterior,
    reward_entropy,
    summarise,
    vpi,
)
from corrigible.overseers import HandOfGod
from corrigible.problem import Problem
from corrigible.worlds import Tabular


def problem_of(rewards: object, weights: object = None, discount: float = 0.5) -> Problem:
    """Every action stays where it is; the start is state 0."""
    rewards = np.asarray(rewards, dtype=np.float64)
    _, states, actions = rewards.shape
    transition = np.repeat(np.eye(states)[:, None], actions, axis=1)
    world = Tabular(transition, np.zeros((states, actions)), discount, np.eye(states)[0])
    prior = Belief.uniform(rewards)
    if weights is not None:
        prior = prior.with_weights(np.asarray(weights))
    return Problem(world, HandOfGod(0.5), prior)


def random_problem(seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    states, actions, hypotheses = (int(rng.integers(1, top)) for top in (5, 4, 6))
    transition = rng.dirichlet(np.full(states, 0.3), size=(states, actions))
    world = Tabular(
        transition, np.zeros((states, actions)), rng.uniform(0.1, 0.9), np.eye(states)[0]
    )
    prior = Belief.uniform(rng.integers(-1, 2, size=(hypotheses, states, actions)) * 1.0)
    prior = prior.with_weights(rng.dirichlet(np.ones(hypotheses)))
    return Problem(world, HandOfGod(0.5, rationality=1.5), prior)


def test_policy_distribution_by_hand() -> None:
    problem = problem_of([[[1, 1, 0]], [[0, 0, 2]], [[3, 0, 0]]], [0.5, 0.3, 0.2])
    np.testing.assert_allclose(policy_distribution(problem), [[0.45, 0.25, 0.3]])
    expected = -sum(p * math.log(p) for p in (0.45, 0.25, 0.3))
    assert policy_entropy(problem) == pytest.approx(expected, abs=1e-12)


def test_policy_entropy_is_the_mean_over_states() -> None:
    problem = problem_of([[[1, 0], [1, 0]], [[0, 1], [1, 0]]])
    assert policy_entropy(problem) == pytest.approx(math.log(2) / 2, abs=1e-12)


def test_certainty_has_entropy_zero_without_a_sign() -> None:
    problem = problem_of([[[1, 0]], [[2, 0]]], [1.0, 0.0])
    for entropy in (policy_entropy(problem), reward_entropy(problem)):
        assert math.copysign(1.0, entropy) == 1.0
        assert entropy == 0.0


def test_optimal_has_the_hand_s_tolerance() -> None:
    problem = problem_of([[[1.0, 1.0 - 1e-9, 1.0 - 1e-6]]])
    np.testing.assert_allclose(policy_distribution(problem), [[0.5, 0.5, 0.0]])


def test_reward_entropy_counts_equal_rewards_once() -> None:
    problem = problem_of([[[1, 0.0]], [[1, -0.0]], [[0, 1]], [[2, 2]]], [0.1, 0.3, 0.6, 0.0])
    expected = -(0.4 * math.log(0.4) + 0.6 * math.log(0.6))
    assert reward_entropy(problem) == pytest.approx(expected, abs=1e-12)
    assert reward_entropy(problem, problem.prior.with_weights([0, 0, 1.0, 0])) == 0.0


def test_vpi_by_hand() -> None:
    # Known: 1 / (1 - .5) = 2 either way. Unknown: the better arm's mean, .7 / .5 = 1.4.
    problem = problem_of([[[1, 0], [0, 0]], [[0, 1], [0, 0]]], [0.7, 0.3])
    assert vpi(problem) == pytest.approx(0.6, abs=1e-12)
    assert vpi(problem, state=1) == 0.0
    assert vpi(problem, problem.prior.with_weights([1.0, 0.0])) == 0.0


def test_reward_entropy_can_stay_high_while_nothing_is_at_stake() -> None:
    problem = problem_of([[[k, 0]] for k in (1, 2, 3, 4)])
    after = posterior(problem, [(0, 0)] * 5)
    assert reward_entropy(problem, after) == pytest.approx(math.log(4), abs=1e-12)
    assert vpi(problem, after) == 0.0


def test_summary_agrees_with_its_parts() -> None:
    problem = random_problem(7)
    belief = posterior(problem, [(0, 0)])
    summary = summarise(problem, belief)
    weights = np.asarray(belief.weights)
    np.testing.assert_allclose(summary.reward_mean, belief.mean(problem.rewards))
    spread = np.sqrt(np.average((problem.rewards - summary.reward_mean) ** 2, 0, weights))
    np.testing.assert_allclose(summary.reward_std, spread, atol=1e-12)
    np.testing.assert_allclose(summary.policy, policy_distribution(problem, belief))
    assert summary.policy_entropy == pytest.approx(policy_entropy(problem, belief))
    assert summary.reward_entropy == pytest.approx(reward_entropy(problem, belief))
    assert summary.vpi == pytest.approx(vpi(problem, belief))


@given(st.integers(0, 10**6))
def test_bounds_of_everything(seed: int) -> None:
    problem = random_problem(seed)
    policy = policy_distribution(problem)
    np.testing.assert_allclose(policy.sum(axis=1), 1.0, atol=1e-12)
    assert 0.0 <= policy_entropy(problem) <= math.log(problem.world.n_actions) + 1e-12
    classes = len(np.unique(problem.rewards.reshape(len(problem.rewards), -1), axis=0))
    assert 0.0 <= reward_entropy(problem) <= math.log(classes) + 1e-12
    assert vpi(problem) >= 0.0


@given(st.integers(0, 10**6))
def test_envelope_falls(seed: int) -> None:
    """E VPI(b^o) <= VPI(b), and no correction raises the expected reward entropy."""
    problem = random_problem(seed)
    chance = np.einsum("h,hsa->sa", problem.weights(), problem.likelihood)
    for s in range(problem.world.n_states):
        after = [posterior(problem, [(s, a)]) for a in range(problem.world.n_actions)]
        for state in range(problem.world.n_states):
            expected = sum(
                c * vpi(problem, b, state) for c, b in zip(chance[s], after, strict=True)
            )
            assert expected <= vpi(problem, state=state) + 1e-10
        entropy = sum(c * reward_entropy(problem, b) for c, b in zip(chance[s], after, strict=True))
        assert entropy <= reward_entropy(problem) + 1e-10


def test_misfits_are_said() -> None:
    problem = problem_of([[[1, 0]], [[0, 1]]])
    with pytest.raises(UserError, match="state 1 does not exist"):
        vpi(problem, state=1)
    with pytest.raises(UserError, match="3 hypotheses"):
        policy_distribution(problem, Belief.uniform(np.zeros((3, 1, 2))))
