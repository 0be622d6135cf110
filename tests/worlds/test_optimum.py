"""The one fixed point: against the oracle, dense as sparse, and where it can be read off."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from corrigible.testing import oracle
from corrigible.testing.strategies import random_problem
from corrigible.worlds import Tabular
from corrigible.worlds import optimum as optimum_module
from corrigible.worlds import sweeps as sweeps_module
from corrigible.worlds.optimum import RESIDUAL, optimal_q, optimal_value, solve_arrivals

seeds = st.integers(0, 10_000)


@given(seeds)
def test_the_ordinary_optimum_is_the_oracle(seed: int) -> None:
    problem = random_problem(seed)
    world = problem.world
    found = optimal_q(world, problem.rewards)
    for h, reward in enumerate(problem.rewards):
        expected = oracle.optimal_q(world.dense().tolist(), reward.tolist(), world.discount)
        assert found[h] == pytest.approx(np.array(expected), abs=1e-10)


@given(seeds)
def test_a_sparse_world_is_the_dense_one(seed: int) -> None:
    problem = random_problem(seed)
    world = problem.world
    sparse = Tabular(
        world.transition_matrix, world.disables, world.discount, world.start, world.restores
    )
    assert sparse.dense() == pytest.approx(world.dense(), abs=1e-15)
    assert optimal_q(sparse, problem.rewards) == pytest.approx(
        optimal_q(world, problem.rewards), abs=1e-12
    )


def _arguments(seed: int) -> dict:
    """A fixed point with every term in it: N 5, S 4, A 3, J 2."""
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.ones(5), (5, 4))
    keep = np.stack([share[:, :, 0] + share[:, :, 1], share[:, :, 0]], axis=1)
    return {
        "flow": sp.csr_array(rng.dirichlet(np.full(4, 0.3), 12)),
        "discount": 0.9,
        "step": rng.normal(size=(5, 4, 3)),
        "keep": keep,
        "gain": rng.normal(size=(5, 2, 4)),
        "forced": share[:, :, 2:],
        "extra": np.where(rng.random((4, 3)) < 0.2, -np.inf, rng.normal(size=(4, 3))),
    }


def _once(given: dict, arrival: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Q and A by the formulas, from A."""
    after = (given["flow"] @ arrival.T).T.reshape(given["step"].shape)
    q = given["step"] + given["discount"] * after
    best = (q + given["extra"]).max(axis=2)
    chosen = (given["keep"] * best[:, None] + given["gain"]).max(axis=1)
    return q, chosen + (given["forced"] * q).sum(axis=2)


@pytest.mark.parametrize("seed", range(10))
def test_the_answer_satisfies_its_own_equation(seed: int) -> None:
    given = _arguments(seed)
    given["extra"][:, 0] = 0.0
    found = solve_arrivals(**given)
    q, arrival = _once(given, found.arrival)
    level = RESIDUAL * max(1.0, np.abs(arrival).max())
    assert np.abs(q - found.q).max() <= level
    assert np.abs(arrival - found.arrival).max() <= 10 * level
    assert found.residual <= 10 * level
    iterated = np.zeros((5, 4))
    for _ in range(400):
        iterated = _once(given, iterated)[1]
    assert iterated == pytest.approx(found.arrival, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_dense_and_sparse_solvers_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given = _arguments(seed)
    given["extra"][:, 0] = 0.0
    dense = solve_arrivals(**given)
    monkeypatch.setattr(optimum_module, "_DENSE_STATES", 0)
    sparse = solve_arrivals(**given)
    assert sparse.q == pytest.approx(dense.q, abs=1e-11)
    assert np.array_equal(sparse.choice, dense.choice)


def test_chunks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    given = _arguments(3)
    given["extra"][:, 0] = 0.0
    whole = solve_arrivals(**given)
    monkeypatch.setattr(optimum_module, "_CHUNK_BYTES", 1)
    assert solve_arrivals(**given).q == pytest.approx(whole.q, abs=1e-12)


def test_a_guess_changes_nothing_but_time() -> None:
    given = _arguments(4)
    given["extra"][:, 0] = 0.0
    plain = solve_arrivals(**given)
    far = solve_arrivals(**given, guess=np.full((5, 4), 1e3))
    assert far.q == pytest.approx(plain.q, abs=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_a_policy_is_valued_and_none_is_better_than_the_best(seed: int) -> None:
    given = _arguments(seed)
    given["extra"] = np.zeros((4, 3))
    best = solve_arrivals(**given)
    action = (best.q + given["extra"]).argmax(axis=2)
    same = solve_arrivals(**given, policy=(action, best.choice))
    assert same.q == pytest.approx(best.q, abs=1e-9)
    rng = np.random.default_rng(seed)
    other = (rng.integers(0, 3, (5, 4)), rng.integers(0, 2, (5, 4)))
    worse = solve_arrivals(**given, policy=other)
    assert (worse.q <= best.q + 1e-9).all()


def test_one_state_by_hand() -> None:
    flow = sp.csr_array(np.ones((2, 1)))
    found = solve_arrivals(flow, 0.5, np.array([[[1.0, 3.0]]]))
    assert found.q == pytest.approx(np.array([[[4.0, 6.0]]]), abs=1e-12)
    half = solve_arrivals(
        flow, 0.5, np.array([[[1.0, 3.0]]]), np.array([[[0.5]]]), np.array([[[1.0]]])
    )
    # A = .5 Q(second) + 1 and Q(second) = 3 + .5 A, so A = 10 / 3.
    assert half.arrival == pytest.approx(np.array([[10 / 3]]), abs=1e-12)


def test_forbidden_actions_are_not_taken() -> None:
    flow = sp.csr_array(np.ones((2, 1)))
    extra = np.array([[0.0, -np.inf]])
    found = solve_arrivals(flow, 0.5, np.array([[[1.0, 3.0]]]), extra=extra)
    assert found.arrival == pytest.approx(np.array([[2.0]]), abs=1e-12)


def test_payment_is_for_the_chosen_and_not_in_q() -> None:
    flow = sp.csr_array(np.ones((2, 1)))
    extra = np.array([[0.0, 5.0]])
    found = solve_arrivals(flow, 0.5, np.array([[[1.0, 0.0]]]), extra=extra)
    # A = Q(second) + 5 with Q(second) = .5 A, so A = 10.
    assert found.arrival == pytest.approx(np.array([[10.0]]), abs=1e-12)
    assert found.q == pytest.approx(np.array([[[6.0, 5.0]]]), abs=1e-12)


def test_no_discount_is_the_step_itself() -> None:
    step = np.random.default_rng(0).normal(size=(2, 3, 2))
    flow = sp.csr_array(np.random.default_rng(1).dirichlet(np.ones(3), 6))
    assert np.array_equal(solve_arrivals(flow, 0.0, step).q, step)


def test_many_states_are_solved_sparsely() -> None:
    states = 450
    rows = np.arange(2 * states)
    after = np.minimum(rows // 2 + 1, states - 1) * (rows % 2) + (rows // 2) * (rows % 2 == 0)
    flow = sp.csr_array((np.ones(2 * states), (rows, after)), shape=(2 * states, states))
    step = np.zeros((1, states, 2))
    step[0, -1] = 1.0
    found = solve_arrivals(flow, 0.99, step)
    expected = 0.99 ** (states - 1 - np.arange(states)) / (1 - 0.99)
    assert found.arrival[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("most", [1, 20, 3000])
@pytest.mark.parametrize("seed", range(4))
def test_sweeps_come_to_what_policy_iteration_does(
    seed: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = random_problem(seed)
    world = problem.world
    rewards = np.concatenate([problem.rewards, 3.0 * problem.rewards, -problem.rewards])
    expected = optimal_q(world, rewards)
    monkeypatch.setattr(optimum_module, "_DENSE_STATES", 0)
    monkeypatch.setattr(sweeps_module, "SWEEPS", most)
    monkeypatch.setattr(sweeps_module, "_CACHE", 8 * world.n_states * (1 + seed))
    found = solve_arrivals(world.transition_matrix, world.discount, rewards)
    assert found.q == pytest.approx(expected, abs=1e-10)
    size = max(1.0, float(np.abs(found.arrival).max()))
    assert found.residual <= 2.0 * RESIDUAL * size
    assert optimal_value(world, rewards) == pytest.approx(expected.max(axis=2), abs=1e-10)
