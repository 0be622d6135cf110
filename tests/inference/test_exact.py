"""The exact posterior: Bayes' rule by hand, alarms, order, and what cannot be a correction."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.inference import posterior
from corrigible.overseers import HandOfGod
from corrigible.problem import Problem
from corrigible.worlds import Tabular


def one_state(
    rewards: object, overseer: HandOfGod | None = None, weights: object = None
) -> Problem:
    """A single state that every action stays in; discount .5."""
    rewards = np.asarray(rewards, dtype=np.float64)
    actions = rewards.shape[-1]
    world = Tabular(np.ones((1, actions, 1)), np.zeros((1, actions)), 0.5, np.ones(1))
    prior = Belief.uniform(rewards)
    if weights is not None:
        prior = prior.with_weights(np.asarray(weights))
    return Problem(world, overseer or HandOfGod(1.0), prior)


def random_problem(seed: int, rationality: float = 1.0) -> Problem:
    rng = np.random.default_rng(seed)
    states, actions, hypotheses = (int(rng.integers(1, top)) for top in (5, 4, 6))
    transition = rng.dirichlet(np.full(states, 0.3), size=(states, actions))
    world = Tabular(
        transition, np.zeros((states, actions)), rng.uniform(0.1, 0.9), np.eye(states)[0]
    )
    prior = Belief.uniform(rng.normal(size=(hypotheses, states, actions)))
    prior = prior.with_weights(rng.dirichlet(np.ones(hypotheses)))
    return Problem(world, HandOfGod(0.5, rationality=rationality), prior)


def random_corrections(problem: Problem, seed: int, count: int) -> list[tuple[int, int]]:
    rng = np.random.default_rng(seed)
    return [
        (int(rng.integers(problem.world.n_states)), int(rng.integers(problem.world.n_actions)))
        for _ in range(count)
    ]


def test_boltzmann_by_hand() -> None:
    # One state: Q*_h(a) = r_h(a) + constant, so p(a|h) = softmax(beta r_h).
    problem = one_state([[[0, 1]], [[1, 0]]], HandOfGod(1.0, rationality=2.0), [0.25, 0.75])
    right = math.exp(2) / (1 + math.exp(2))
    belief = posterior(problem, [(0, 0), (0, 0), (0, 1)])
    first = 0.25 * (1 - right) ** 2 * right
    second = 0.75 * right**2 * (1 - right)
    np.testing.assert_allclose(belief.weights, np.array([first, second]) / (first + second))
    assert belief.diagnostics is None
    assert belief.alarms == ()


def test_perfect_hand_rules_out_and_shares_ties() -> None:
    problem = one_state([[[1, 0, 0]], [[1, 1, 0]], [[0, 1, 0]]])
    belief = posterior(problem, [(0, 0)])
    np.testing.assert_allclose(belief.weights, [2 / 3, 1 / 3, 0], atol=1e-15)


def test_rate_and_silence_are_no_evidence() -> None:
    rewards = [[[0, 1]], [[1, 0]]]
    often = posterior(one_state(rewards, HandOfGod(1.0, rationality=1.0)), [(0, 1)])
    seldom = posterior(one_state(rewards, HandOfGod(0.01, rationality=1.0)), [(0, 1)])
    np.testing.assert_array_equal(often.weights, seldom.weights)


def test_alarm_is_kept_out_where_it_came() -> None:
    problem = one_state([[[1, 0, 0]], [[0, 1, 0]]])
    belief = posterior(problem, [(0, 2), (0, 0), (0, 1), (0, 0)])
    np.testing.assert_allclose(belief.weights, [1, 0])
    assert belief.alarms == (0, 2)


def test_after_an_alarm_the_belief_is_what_it_was() -> None:
    problem = one_state([[[1, 0, 0]], [[1, 1, 0]], [[0, 1, 0]]], weights=[0.2, 0.3, 0.5])
    before, after = posterior(problem, [(0, 0)]), posterior(problem, [(0, 0), (0, 2)])
    np.testing.assert_array_equal(after.weights, before.weights)
    assert after.alarms == (1,)


def test_alarms_are_those_of_this_call() -> None:
    problem = one_state([[[1, 0, 0]], [[0, 1, 0]]])
    alarmed = posterior(problem, [(0, 2)])
    again = posterior(Problem(problem.world, problem.overseer, alarmed), [(0, 1)])
    assert again.alarms == ()


def test_no_corrections_is_the_prior_and_nothing_is_changed() -> None:
    problem = one_state([[[1, 0]], [[0, 1]]], weights=[0.3, 0.7])
    belief = posterior(problem, [], key=3, samples=5)
    np.testing.assert_allclose(belief.weights, [0.3, 0.7])
    posterior(problem, [(0, 1)])
    np.testing.assert_allclose(problem.prior.weights, [0.3, 0.7])


def test_many_corrections_do_not_underflow() -> None:
    problem = one_state([[[0, 1]], [[0, 1.5]]], HandOfGod(1.0, rationality=1.0))
    belief = posterior(problem, [(0, 0)] * 20_000 + [(0, 1)] * 5_000)
    assert belief.weights[0] == pytest.approx(1.0)
    assert belief.alarms == ()


def test_an_array_will_do() -> None:
    problem = one_state([[[1, 0]], [[0, 1]]])
    belief = posterior(problem, np.array([[0, 1], [0, 1]]))
    np.testing.assert_allclose(belief.weights, [0, 1])


@given(st.integers(0, 10**6), st.sampled_from([0.3, 3.0, math.inf]), st.integers(1, 6))
def test_order_does_not_matter_where_nothing_is_impossible(
    seed: int, rationality: float, count: int
) -> None:
    problem = random_problem(seed, rationality)
    corrections = random_corrections(problem, seed, count)
    forward = posterior(problem, corrections)
    backward = posterior(problem, corrections[::-1])
    if not forward.alarms:
        assert not backward.alarms
        np.testing.assert_allclose(forward.weights, backward.weights, atol=1e-12)


@given(st.integers(0, 10**6), st.integers(0, 5))
def test_one_at_a_time_is_all_at_once(seed: int, count: int) -> None:
    problem = random_problem(seed, math.inf)
    corrections = random_corrections(problem, seed, count)
    step, alarms = problem, []
    for index, correction in enumerate(corrections):
        belief = posterior(step, [correction])
        alarms += [index] * len(belief.alarms)
        step = Problem(problem.world, problem.overseer, belief)
    whole = posterior(problem, corrections)
    np.testing.assert_allclose(step.prior.weights, whole.weights, atol=1e-12)
    assert whole.alarms == tuple(alarms)


@given(st.integers(0, 10**6))
def test_expected_posterior_is_the_prior(seed: int) -> None:
    problem = random_problem(seed)
    weights = problem.weights()
    chance = np.einsum("h,ha->a", weights, problem.likelihood[:, 0])
    after = sum(
        chance[a] * np.asarray(posterior(problem, [(0, a)]).weights)
        for a in range(problem.world.n_actions)
    )
    np.testing.assert_allclose(after, weights, atol=1e-12)


@pytest.mark.parametrize(
    ("corrections", "message"),
    [
        ([(1, 0)], "correction 0 names state 1, which does not exist; there are 1, from 0"),
        ([(0, 0), (0, 2)], "correction 1 names action 2"),
        ([(-1, 0)], "state -1"),
        ([(0, -1)], "action -1"),
        ([(0, True)], "a pair of integers"),
        ([(0, 1.0)], "a pair of integers"),
        ([(0,)], "a pair of integers"),
        ([(0, 1, 1)], "a pair of integers"),
        ([7], "a pair of integers"),
        (["ab"], "a pair of integers"),
    ],
)
def test_what_is_no_correction(corrections: list, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        posterior(one_state([[[1, 0]], [[0, 1]]]), corrections)
    assert "\n" not in str(caught.value)


def test_samples_must_be_positive() -> None:
    with pytest.raises(UserError, match="samples is 0"):
        posterior(one_state([[[1, 0]]]), [], samples=0)
