"""Leaves of a search: ends at shares of 0 and 1, and a share in between that one backup keeps."""

from __future__ import annotations

import numpy as np
import pytest

from corrigible import Problem
from corrigible.inference.summary import vpi
from corrigible.overseers import HandOfGod
from corrigible.planners.envelope import ends
from corrigible.planners.exact import Exact
from corrigible.planners.leaves import calibrated_leaves, make_leaves, most_plans, questions
from corrigible.testing.cases import school
from corrigible.testing.strategies import random_problem

ROUNDING = 1e-8


@pytest.mark.parametrize("seed", range(15))
def test_shares_of_0_and_1_are_ends_at_the_points(seed: int) -> None:
    problem = random_problem(seed)
    prior = problem.weights()[None]
    exact = Exact(problem, states=np.ones(problem.world.n_states, bool))
    known = ends(problem, None)
    low, high = (make_leaves(problem, known, prior, share) for share in (0.0, 1.0))
    assert (low.q_at(prior)[0] <= exact.q() + ROUNDING).all()
    assert (high.q_at(prior)[0] >= exact.q() - ROUNDING).all()
    assert (low.at(prior)[0] <= exact.value() + ROUNDING).all()
    assert (high.at(prior)[0] >= exact.value() - ROUNDING).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_share_of_0_is_a_lower_end_at_any_belief(seed: int) -> None:
    problem = random_problem(seed)
    known = ends(problem, None)
    leaves = make_leaves(problem, known, np.eye(len(problem.rewards)), 0.0)
    rng = np.random.default_rng(seed)
    for _ in range(3):
        weights = rng.dirichlet(np.ones(len(problem.rewards)))
        belief = problem.prior.with_weights(weights)
        there = Exact(
            Problem(problem.world, problem.overseer, belief),
            states=np.ones(problem.world.n_states, bool),
        )
        assert (leaves.at(weights[None])[0] <= there.value() + ROUNDING).all()
        off = np.einsum("h,khs->ks", weights, leaves.value_off).max(axis=0)
        assert (off <= there.value(channel_on=False) + ROUNDING).all()


def test_certainty_needs_no_search() -> None:
    problem = random_problem(7)
    leaves = calibrated_leaves(problem, ends(problem, None))
    every = np.flatnonzero(problem.weights() > 0.0)
    for h in every[: most_plans(problem) - 1]:
        certain = np.eye(len(problem.rewards))[[h]]
        assert leaves.at(certain)[0] == pytest.approx(ends(problem, None).top_value[h], abs=1e-6)


def test_the_share_follows_how_much_the_hand_teaches() -> None:
    given = random_problem(7)
    shares = []
    for rationality in (0.0, 0.5, 2.0, float("inf")):
        hand = HandOfGod(0.6, rationality, about=given.overseer.about)
        problem = Problem(given.world, hand, given.prior)
        shares.append(calibrated_leaves(problem, ends(problem, None)).share)
    assert shares[0] == 0.0 and shares == sorted(shares) and shares[-1] > 0.3


def test_calibrated_leaves_are_near_the_exact_values() -> None:
    error: dict[str, float] = dict.fromkeys(("calibrated", "all told", "never told"), 0.0)
    worth = 0.0
    for seed in range(20):
        problem = random_problem(seed)
        prior, start = problem.weights()[None], problem.world.start
        known = ends(problem, None)
        true = Exact(problem, states=np.ones(len(start), bool)).value()
        for name, leaves in (
            ("calibrated", calibrated_leaves(problem, known)),
            ("all told", make_leaves(problem, known, prior, 1.0)),
            ("never told", make_leaves(problem, known, prior, 0.0)),
        ):
            error[name] += float(start @ np.abs(leaves.at(prior)[0] - true))
        worth += vpi(problem)
    assert error["calibrated"] <= 0.03 * worth
    assert error["calibrated"] < 0.5 * error["all told"] < 0.25 * error["never told"]


def test_questions_are_those_whose_answers_are_worth_most() -> None:
    given = school()
    problem = Problem(given.world, HandOfGod(1.0, about="asked"), given.prior)
    leaves = calibrated_leaves(problem, ends(problem, None))
    table = problem.likelihood
    telling = np.flatnonzero(np.abs(table[0] - table[1]).max(axis=1) > 0.5)
    chosen = questions(problem, leaves, len(telling))
    assert set(chosen) <= set(telling.tolist())
    assert np.array_equal(questions(problem, leaves, 99), np.arange(problem.world.n_states))
