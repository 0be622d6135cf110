"""A listening plan is worth what its docstring says, under rewards that it knows and others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from corrigible.belief import Belief
from corrigible.overseers import HandOfGod
from corrigible.overseers.base import About
from corrigible.planners import evaluate, solve
from corrigible.planners.listener import Listener, listening, under
from corrigible.problem import Problem, Truth
from corrigible.testing.strategies import random_problem
from corrigible.worlds.optimum import optimal_q
from tests.conftest import Counts


def _uniform(seed: int) -> Problem:
    problem = random_problem(seed)
    return replace(problem, prior=Belief.uniform(problem.rewards))


def test_who_heeds_everything_is_worth_the_optimum(counts: Counts) -> None:
    """Supports only shrink, so under a uniform prior every correction that says anything counts."""
    for seed in range(counts.n(15, 600)):
        problem = _uniform(seed)
        plan = listening(problem, least=0.0, most=10_000)
        worth = under(plan, problem.rewards, problem.likelihood)
        exact = solve(problem, "exact")
        optimum = exact.q()
        chosen = plan.decide(problem.weights()).on
        rows = np.arange(len(chosen))
        mean = worth.mean(axis=0)
        np.testing.assert_allclose(mean[rows, chosen], optimum.max(axis=1), atol=1e-8)
        assert (mean <= optimum + 1e-8).all()


def test_each_reward_by_itself_is_what_the_judge_says(counts: Counts) -> None:
    for seed in range(counts.n(5, 200)):
        problem = _uniform(seed)
        plan = listening(problem, least=0.0, most=10_000)
        worth = under(plan, problem.rewards, problem.likelihood)
        first = plan.decide(problem.weights()).on
        start, rows = problem.world.start, np.arange(problem.world.n_states)
        for h in range(len(problem.rewards)):
            outcome = evaluate(plan, problem.truth(h))
            assert start @ worth[h][rows, first] == pytest.approx(outcome.value, abs=1e-7)


def _strange(seed: int) -> tuple[Problem, Truth]:
    """A reward that the plan does not know, heard by the hand that it assumes."""
    problem = _uniform(seed)
    reward = np.random.default_rng(seed).normal(size=problem.rewards.shape[1:])
    about: About = ("current", "uniform", "asked")[seed % 3]
    hand = HandOfGod(rate=0.5, rationality=1.0, about=about)
    problem = replace(problem, overseer=hand)
    return problem, Truth(problem.world, hand, reward)


def test_deaf_is_the_value_of_one_policy(counts: Counts) -> None:
    """With nothing heeded the plan is a policy, whatever the reward and however it is corrected."""
    for seed in range(counts.n(10, 100)):
        problem, truth = _strange(seed)
        plan = listening(problem, least=np.inf, most=50)
        assert plan.n_beliefs == 1
        worth = under(plan, truth.reward[None], truth.likelihood[None])[0]
        world, action = problem.world, plan.decide(problem.weights())
        rows = np.arange(world.n_states)
        if not np.array_equal(action.on, action.off):
            continue
        moves = world.dense()[rows, action.on]
        system = np.eye(world.n_states) - world.discount * moves
        value = np.linalg.solve(system, truth.reward[rows, action.on])
        if (problem.overseer.about != "asked") or (action.ask < 0).all():
            np.testing.assert_allclose(worth[rows, action.on], value, atol=1e-8)


def test_beliefs_keep_enough_draws_and_have_no_cycle() -> None:
    problem, _ = _strange(3)
    draws = np.random.default_rng(0).normal(size=(64, *problem.rewards.shape[1:]))
    finite = replace(problem, prior=Belief.uniform(draws))
    graph = Listener(finite, least=8.0, most=40)
    assert 1 < graph.size <= 40 + draws[0].size
    for node in range(graph.size):
        assert graph.effective(node) >= 8.0 - 1e-9
        after = set(graph.successors(node).ravel().tolist()) - {node}
        assert all(graph.effective(n) < graph.effective(node) for n in after)


def test_nothing_is_worth_more_than_knowing(counts: Counts) -> None:
    for seed in range(counts.n(5, 200)):
        problem, truth = _strange(seed)
        draws = np.random.default_rng(seed).normal(size=(48, *problem.rewards.shape[1:]))
        plan = listening(replace(problem, prior=Belief.uniform(draws)), least=6.0, most=30)
        worth = under(plan, truth.reward[None], truth.likelihood[None])[0]
        assert (worth <= optimal_q(truth.world, truth.reward[None])[0] + 1e-8).all()


def test_overriding_hands_are_heard_as_they_act() -> None:
    hand = HandOfGod(rate=0.7, mode="overrides")
    for seed in range(6):
        problem = replace(_uniform(seed), overseer=hand)
        plan = listening(problem, least=0.0, most=10_000)
        worth = under(plan, problem.rewards, problem.likelihood).mean(axis=0)
        np.testing.assert_allclose(worth.max(axis=1), solve(problem, "exact").value(), atol=1e-8)
