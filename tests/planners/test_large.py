"""Bounds of large problems hold the truth on small ones, where the truth is known."""

from __future__ import annotations

import time

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from corrigible import Belief, Problem
from corrigible.overseers import HandOfGod
from corrigible.planners import certify, judge, large, outline, solve
from corrigible.planners.bounds import Bounds
from corrigible.planners.bribe import excess_disabling, offered_once
from corrigible.planners.exact import Exact
from corrigible.planners.large import Large, bound, is_beyond_exact, is_large
from corrigible.testing.layered import random_layered_problem
from corrigible.testing.strategies import Shape, draw_problem, random_problem
from corrigible.worlds import Tabular
from tests.conftest import Counts

ROUNDING = 1e-8
SEEDS = st.integers(0, 2**31)


def _every(problem: Problem) -> np.ndarray:
    return np.ones(problem.world.n_states, bool)


def _listening(seed: int) -> Problem:
    """A perfect hand that advises about the current state, on a channel that stays off."""
    return draw_problem(seed, Shape(6, 3, 6, "current", seed % 2 == 0, "none", seed % 3 == 0))


def _holds(found: Large, exact: Exact, belief: Belief) -> None:
    finite = exact.q(channel_on=False)
    size = max(1.0, float(np.abs(finite).max()))
    for on in (True, False):
        truth = exact.q(channel_on=on)
        assert (found.lower(belief=belief, channel_on=on) <= truth + ROUNDING * size).all()
        assert (found.upper(belief=belief, channel_on=on) >= truth - ROUNDING * size).all()


def _beliefs(problem: Problem, seed: int) -> list[Belief]:
    rng = np.random.default_rng([seed, 9])
    drawn = rng.dirichlet(np.ones(len(problem.rewards)))
    some = drawn * (rng.random(len(drawn)) < 0.6)
    some[rng.integers(len(drawn))] += 0.1
    return [problem.prior, problem.prior.with_weights(drawn), problem.prior.with_weights(some)]


@given(SEEDS)
def test_ends_hold_the_exact_values_of_every_kind_of_hand(seed: int) -> None:
    problem = random_problem(seed)
    found = Large(problem)
    for belief in _beliefs(problem, seed):
        there = Problem(problem.world, problem.overseer, belief)
        _holds(found, Exact(there, states=_every(problem)), belief)


@given(SEEDS)
def test_ends_hold_the_exact_values_of_noisy_hands(seed: int) -> None:
    problem = random_layered_problem(seed % 10_000)
    _holds(Large(problem), Exact(problem, states=_every(problem)), problem.prior)


@given(SEEDS)
def test_ends_hold_whatever_an_outline_leaves_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = _listening(seed % 10_000)
    names = ("_REGION", "_UNLIKELY", "_TELLING", "_DEPTH", "_ROUNDS", "_SWEEPS", "_MET")
    values = (rng.integers(1, 6), rng.random(), rng.random(), rng.integers(1, 4))
    values = (*values, rng.integers(1, 4), rng.integers(1, 40), 0.1 * rng.random())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in zip(names, values, strict=True):
            patch.setattr(outline, name, value)
        found = Large(problem)
        _holds(found, Exact(problem, states=_every(problem)), problem.prior)


@given(SEEDS)
def test_an_offer_and_a_prohibition(seed: int) -> None:
    problem = random_problem(seed)
    rng = np.random.default_rng([seed, 4])
    excess = excess_disabling(problem)
    offers = (rng.normal() * excess, np.where(excess > 0.0, -np.inf, 0.0))
    for extra in (*offers, rng.normal(size=excess.shape)):
        exact = Exact(problem, states=_every(problem), extra=extra)
        _holds(Large(problem, extra=extra), exact, problem.prior)


@given(SEEDS)
def test_no_verdict_is_contradicted(seed: int) -> None:
    problem = random_problem(seed)
    exact = certify(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "is_large", lambda _: True)
        patch.setattr(judge, "is_beyond_exact", lambda _: True)
        found = certify(problem)
    if found.margin_lower is None or exact.margin_lower is None or found.state != exact.state:
        return
    assert found.margin_upper is not None and exact.margin_upper is not None
    slack = ROUNDING * max(1.0, abs(exact.margin_upper))
    assert found.margin_lower <= exact.margin_upper + slack
    assert found.margin_upper >= exact.margin_lower - slack
    if "undecided" not in (found.verdict, exact.verdict) and found.verdict != "indifferent":
        assert found.verdict == exact.verdict


@pytest.mark.parametrize("seed", range(6))
def test_the_bribe_holds_the_exact_one(seed: int) -> None:
    problem = random_problem(seed)
    low, high = offered_once(Large(problem))
    exact_low, exact_high = offered_once(Exact(problem, states=_every(problem)))
    assert low <= exact_high + 1e-6 and high >= exact_low - 1e-6


def corridor(states: int, hypotheses: int, seed: int) -> Problem:
    """A long corridor with goals, and at its middle a button that moves as waiting does."""
    rng = np.random.default_rng(seed)
    here = np.arange(states)
    to = [np.maximum(here - 1, 0), np.minimum(here + 1, states - 1), here, here]
    rows = np.concatenate([here * 4 + a for a in range(4)])
    moves = sp.csr_array((np.ones(4 * states), (rows, np.concatenate(to))))
    disables = np.zeros((states, 4))
    disables[states // 2, 3] = 1.0
    rewards = np.zeros((hypotheses, states, 4))
    goals = states // 2 + rng.choice(np.r_[-20:-4, 5:21], hypotheses)
    rewards[np.arange(hypotheses), goals] = rng.uniform(0.5, 1.5, (hypotheses, 1))
    start = np.eye(states)[states // 2]
    world = Tabular(moves, disables, 0.95, start)
    return Problem(world, HandOfGod(rate=0.3, ties="ordered"), Belief.uniform(rewards))


def test_a_long_corridor_between_its_ends(counts: Counts) -> None:
    for seed in range(counts.n(1, 20)):
        problem = corridor(420, 4, seed)
        exact = solve(problem, method="exact").value_at_start
        low, high = Large(problem).ends_at_start
        off = float(problem.world.start @ solve(problem).value(channel_on=False))
        assert low - ROUNDING <= exact <= high + ROUNDING
        # What is heard is used: the outline alone has most of what information is worth.
        assert low - off >= 0.6 * (exact - off)


def test_a_large_problem_is_certified_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = corridor(450, 40, 3)
    monkeypatch.setattr(large, "_TABLE", 1 << 16)
    monkeypatch.setattr(large, "_FEW", 16)
    assert is_large(problem) and is_beyond_exact(problem)
    found = certify(problem, budget=1.0)
    assert found.verdict == "keeps" and found.state == 225
    assert found.margin_lower is not None and found.margin_upper is not None
    assert 0.0 < found.margin_lower < found.margin_upper
    solution = solve(problem, method="bounds", budget=1.0)
    assert isinstance(solution, Large)


def test_size_decides_who_bounds() -> None:
    small = random_problem(3)
    assert not is_large(small) and isinstance(bound(small, deadline=0.0), Bounds)
    # Many states and two hypotheses: three beliefs, which every planner can enumerate.
    assert not is_large(corridor(2500, 2, 0))


def test_a_hand_that_says_nothing_new_is_worth_nothing() -> None:
    problem = corridor(30, 3, 1)
    told = np.zeros(problem.rewards.shape)
    told[:, :, 0] = 1.0
    hand = HandOfGod.table(told, rate=0.5)
    low, high = Large(Problem(problem.world, hand, problem.prior)).ends_at_start
    assert high - low <= 1e-8


def test_finer_outlines_are_no_worse_and_time_is_kept() -> None:
    problem = corridor(401, 20, 5)
    first = Large(problem, deadline=0.0)
    began = time.process_time()
    finer = Large(problem, deadline=time.monotonic() + 1.0)
    assert time.process_time() - began < 10.0
    assert finer.ends_at_start[0] >= first.ends_at_start[0] - ROUNDING
