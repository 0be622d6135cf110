"""Random problems: repeatable, of every kind, and twins that are twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from corrigible.overseers import HandOfGod
from corrigible.problem import Problem
from corrigible.testing import oracle
from corrigible.testing.layered import random_layered_problem
from corrigible.testing.strategies import (
    TRUTHS,
    Draw,
    draw_problem,
    draws,
    random_problem,
    random_truth,
    shape_of,
)
from corrigible.testing.translate import as_oracle, as_oracle_truth


def test_same_seed_same_problem() -> None:
    first, second = random_problem(11), random_problem(11)
    assert np.array_equal(first.rewards, second.rewards)
    assert np.array_equal(first.world.dense(), second.world.dense())
    assert first.overseer == second.overseer
    assert not np.array_equal(random_problem(12).rewards, first.rewards)


def test_sixty_seeds_have_every_kind() -> None:
    shapes = [shape_of(seed) for seed in range(60)]
    kinds = {(s.hand, s.twins, s.restores) for s in shapes}
    assert len(kinds) == 5 * 2 * 3
    assert sum(s.twins for s in shapes) == 20
    assert {s.by_successor for s in shapes} == {True, False}
    assert (max(s.states for s in shapes), max(s.hypotheses for s in shapes)) == (6, 6)
    modes = {random_problem(seed).overseer.mode for seed in range(5)}
    assert modes == {"advises", "overrides"}


def test_channels_are_what_their_shape_says() -> None:
    free = 0
    for seed in range(60):
        shape, world = shape_of(seed), random_problem(seed).world
        assert 0.5 <= world.discount <= 0.95
        assert world.is_monotone or shape.restores == "any"
        assert not world.has_restores or shape.restores != "none"
        free += not world.is_monotone
        if shape.twins:
            d = world.expected_disables
            assert (d[:, -1] > d[:, 0]).all()
            assert np.array_equal(world.dense()[:, -1], world.dense()[:, 0])
            assert np.ndim(world.disables) == (3 if shape.by_successor else 2)
    assert free > 5


@given(draws())
def test_every_problem_has_finitely_many_beliefs(draw: Draw) -> None:
    plan = oracle.Plan(as_oracle(draw.problem()), cap=200)
    assert np.isfinite(plan.value_at_start())


def test_translation_keeps_every_number() -> None:
    for seed in range(20):
        problem = random_problem(seed)
        plain = as_oracle(problem)
        assert np.array_equal(plain.world.transition, problem.world.dense())
        flow = np.multiply(plain.world.transition, plain.world.disables)
        assert np.allclose(flow.sum(axis=2), problem.world.expected_disables, atol=1e-15)
        back = np.multiply(plain.world.transition, plain.world.restores).reshape(flow.shape)
        dense = problem.world.back_matrix.toarray().reshape(flow.shape)
        assert np.allclose(back, dense, atol=1e-15)
        assert np.allclose(plain.weights, problem.weights())
        assert oracle.likelihood(plain) == pytest.approx(problem.likelihood)


def test_a_table_is_translated() -> None:
    problem = draw_problem(3, shape_of(3))
    table = HandOfGod.table(problem.likelihood, rate=0.5)
    other = Problem(problem.world, table, problem.prior)
    assert np.array_equal(oracle.likelihood(as_oracle(other)), problem.likelihood)
    said = as_oracle_truth(other.truth(1)).said
    assert np.array_equal(np.asarray(said), problem.likelihood[1])


def test_truths_of_every_kind() -> None:
    problem = random_problem(4)
    for kind in TRUTHS:
        truth = random_truth(4, problem, kind)
        assert truth.reward.shape == problem.rewards.shape[1:]
        inside = any(np.array_equal(truth.reward, reward) for reward in problem.rewards)
        assert inside == (kind != "outside the support")
        assert (truth.world is problem.world) == (kind != "another world")


def test_layered_problems_have_few_beliefs_and_every_noise() -> None:
    sharp = 0
    for seed in range(36):
        problem = random_layered_problem(seed)
        plan = oracle.Plan(as_oracle(problem), cap=4**3 + 1)
        assert np.isfinite(plan.value_at_start())
        sharp += set(np.unique(problem.likelihood)) <= {0.0, 1.0}
    assert sharp <= 6
