"""A hand that tells more bounds from above, an agent that keeps only a set from below."""

from __future__ import annotations

import time
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import Float

from corrigible import Belief, Problem
from corrigible.overseers import HandOfGod
from corrigible.planners import book
from corrigible.planners.bounds import Bounds
from corrigible.planners.envelope import ends
from corrigible.planners.exact import Exact
from corrigible.planners.layers import Layers
from corrigible.planners.parts import Sandwich, make_parts
from corrigible.planners.sets import Sets
from corrigible.testing.layered import random_layered_problem
from corrigible.testing.strategies import random_problem
from corrigible.worlds import load_level

ROUNDING = 1e-8
SEEDS = st.integers(0, 2**32 - 1)


def _advised(seed: int) -> Problem:
    """A noisy hand that advises about the current state: finitely many beliefs."""
    while True:
        problem = random_layered_problem(seed)
        if problem.overseer.mode == "advises" and not problem.world.has_restores:
            return problem
        seed += 1


def _any_state(
    seed: int, rationality: float, ties: Literal["uniform", "ordered"] = "uniform"
) -> Problem:
    given = random_problem(seed)
    while given.world.has_restores:
        seed += 1
        given = random_problem(seed)
    rate = 0.1 + 0.8 * (seed % 97) / 97
    hand = HandOfGod(rate=rate, rationality=rationality, about="uniform", ties=ties)
    return Problem(given.world, hand, given.prior)


def _sandwich(problem: Problem, seconds: float = float("inf")) -> Sandwich:
    floor = ends(problem, None).floor_value
    return Sandwich(problem, floor, time.monotonic() + seconds)


def _beliefs(problem: Problem, seed: int, count: int = 12) -> Float[np.ndarray, "N H"]:
    rng = np.random.default_rng(seed)
    hypotheses = len(problem.weights())
    some = rng.random((count, hypotheses)) * (rng.random((count, hypotheses)) < 0.7)
    some *= problem.weights() > 0.0
    some[some.sum(axis=1) == 0.0] = problem.weights()
    return some / some.sum(axis=1, keepdims=True)


def _unheard(count: int) -> np.ndarray:
    return np.full((count, 2), -1)


@given(SEEDS)
def test_the_ends_hold_the_exact_value_at_every_belief(seed: int) -> None:
    problem = _advised(seed % 10_000)
    plan = Exact(problem, states=np.ones(problem.world.n_states, bool))
    beliefs = plan.graph.all_weights()
    heard = plan.graph.heard(np.arange(len(beliefs)), 2)
    low, high = _sandwich(problem).ends(beliefs, heard)
    for row, weights in enumerate(beliefs):
        value = plan.at(weights).on.mean(axis=0).max(axis=1)
        known = np.isfinite(value)
        scale = ROUNDING * max(1.0, np.abs(problem.rewards).max())
        assert (low[row] <= value + scale)[known].all()
        assert (value <= high[row] + scale)[known].all()


@given(SEEDS, st.sampled_from([0.0, 1.0, 5.0, float("inf")]))
def test_the_ends_agree_with_other_bounds_at_any_belief(seed: int, rationality: float) -> None:
    problem = _any_state(seed % 10_000, rationality)
    beliefs = _beliefs(problem, seed)
    low, high = _sandwich(problem).ends(beliefs, _unheard(len(beliefs)))
    other = Bounds(problem, deadline=time.monotonic() + 0.05)
    for row, weights in enumerate(beliefs):
        ends_there = other.at(weights).on.max(axis=2)
        assert (low[row] <= ends_there[1] + ROUNDING).all()
        assert (ends_there[0] <= high[row] + ROUNDING).all()


@given(SEEDS)
def test_a_hand_of_zeros_and_ones_has_nothing_more_to_tell(seed: int) -> None:
    problem = _any_state(seed % 10_000, float("inf"), "ordered")
    plan = Exact(problem, states=np.ones(problem.world.n_states, bool))
    beliefs = plan.graph.all_weights()
    value = np.stack([plan.at(b).on.mean(axis=0).max(axis=1) for b in beliefs])
    low, high = _sandwich(problem).ends(beliefs, _unheard(len(beliefs)))
    np.testing.assert_allclose(high, value, atol=ROUNDING * 10)
    assert (low <= value + ROUNDING).all()


@given(SEEDS)
def test_out_of_time_the_ends_still_hold(seed: int) -> None:
    problem = _any_state(seed % 10_000, 1.0)
    beliefs = _beliefs(problem, seed)
    heard = _unheard(len(beliefs))
    low, high = _sandwich(problem).ends(beliefs, heard)
    short_low, short_high = _sandwich(problem, seconds=1e-9).ends(beliefs, heard)
    assert (short_low <= high + ROUNDING).all() and (low <= short_high + ROUNDING).all()
    assert np.isfinite(short_low).all() and np.isfinite(short_high).all()


@given(SEEDS)
def test_bounds_between_parts_hold_the_exact_value(seed: int) -> None:
    problem = _advised(seed % 10_000)
    plan = Exact(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "_ADAPTIVE", 0)
        bounds = Bounds(problem, deadline=time.monotonic() + 0.3)
    assert bounds._book.parts is not None or bounds._book.shrinks
    low, high = bounds.ends_at_start
    value = plan.value_at_start
    assert low <= value + ROUNDING and value <= high + ROUNDING


def test_uniform_ties_on_an_open_room_leave_rectangles() -> None:
    problem = load_level("room-12x12", {"overseer.ties": "uniform"}).problem
    weights = np.asarray(problem.weights()).reshape(12, 12).copy()
    weights[6:], weights[:, 5:] = 0.0, 0.0
    with np.errstate(divide="ignore"):
        prior = Belief(problem.prior.hypotheses, np.log(weights.ravel()))
    layers = Layers(problem.given(prior), float("inf"))
    rectangles = 6 * 7 // 2 * (5 * 6 // 2)
    assert len(layers.sets.members) == rectangles + 144 - 30
    for members in layers.sets.members[144:]:
        rows, columns = np.divmod(members, 12)
        assert len(members) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)


def test_the_bracket_of_a_small_room_is_close() -> None:
    level = load_level("room-5x5", {"overseer.ties": "uniform", "overseer.about": "uniform"})
    problem = level.problem
    low, high = _sandwich(problem).ends(problem.weights()[None], _unheard(1))
    bounds = Bounds(problem, deadline=time.monotonic() + 3.0)
    assert low[0] @ problem.world.start <= bounds.ends_at_start[1] + ROUNDING
    assert bounds.ends_at_start[0] <= high[0] @ problem.world.start + ROUNDING
    value = problem.world.start @ (high - low)[0]
    known = problem.world.start @ (problem.weights() @ ends(problem, None).top_value)
    assert value < 0.3 * known


def test_what_cannot_be_layered_has_no_parts() -> None:
    given = random_problem(3)
    for hand in (HandOfGod(0.5, 1.0, about="asked"), HandOfGod(0.5, 1.0, mode="overrides")):
        problem = Problem(given.world, hand, given.prior)
        assert make_parts(problem, ends(problem, None), float("inf")) is None


@given(st.lists(st.sets(st.integers(0, 30), min_size=1), min_size=1, max_size=60))
def test_sets_are_found_again(many: list[set[int]]) -> None:
    sets = Sets(np.full(31, 1.0 / 31), 200, 10_000)
    numbers = [sets.add(np.array(sorted(one))) for one in many]
    names = np.array([sets.marks[sorted(one)].sum() for one in many], dtype=np.uint64)
    assert sets.find(names).tolist() == numbers
    for one, number in zip(many, numbers, strict=True):
        assert set(sets.members[number].tolist()) == one
        assert sets.mass[number] == pytest.approx(len(one) / 31)
    assert len(set(numbers)) == len({frozenset(one) for one in many})


def test_a_full_family_takes_no_more_in() -> None:
    sets = Sets(np.full(6, 1.0 / 6), 7, 1000)
    assert sets.add(np.array([0, 1])) == 6
    assert sets.add(np.array([1, 2])) == -1 and sets.add(np.array([0, 1])) == 6
    assert sets.add(np.array([3])) == 3
