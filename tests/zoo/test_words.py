"""What the page "Does it work?" claims in words of hands and rivals, over random problems."""

from __future__ import annotations

import numpy as np
import pytest

from corrigible import Problem, Truth
from corrigible.overseers import HandOfGod
from corrigible.planners import evaluate, solve
from corrigible.zoo import load
from corrigible.zoo.games import off_switch
from corrigible.zoo.measure import margin
from corrigible.zoo.neutral_training import expected_return
from corrigible.zoo.orders import advantages
from corrigible.zoo.teaching_hand import always, lesson
from tests.conftest import Counts
from tests.facts.drawn import decision_first


def test_of_hands_that_tell_the_better_is_worth_more_and_flattery_nothing(counts: Counts) -> None:
    """A hand that says what a better one says, garbled, is worth less (Blackwell 1953)."""
    for seed in range(counts.n(8, 300)):
        problem = decision_first(seed)
        rng = np.random.default_rng([seed, 50])
        actions = problem.world.n_actions
        good = rng.dirichlet(np.ones(actions) * 0.3, problem.rewards.shape[:2])
        noise = rng.dirichlet(np.ones(actions), (problem.world.n_states, actions))
        noisy = np.einsum("hsa,sab->hsb", good, noise)
        flat = np.broadcast_to(noise[:, 0], good.shape)
        rate = float(rng.uniform(0.2, 1.0))
        worths = [_once(problem, table, rate) for table in (good, noisy, flat)]
        assert worths[0] >= worths[1] - 1e-9, f"decision_first({seed})"
        assert worths[1] >= worths[2] - 1e-9
        assert worths[2] == pytest.approx(0.0, abs=1e-9)


def _once(problem: Problem, table: np.ndarray, rate: float) -> float:
    """What one word on the first arrival is worth, by Bayes' rule over plans without a channel."""
    plan, weights = solve(problem), problem.weights()
    arrivals = problem.world.transition_matrix.toarray()[0]
    total = 0.0
    for state in np.flatnonzero(arrivals):
        untold = plan.value(int(state), channel_on=False)
        for action in range(problem.world.n_actions):
            joint = weights * table[:, state, action]
            if joint.sum() > 1e-12:
                belief = problem.prior.with_weights(joint)
                told = plan.value(int(state), belief, channel_on=False)
                total += arrivals[state] * rate * float(joint.sum()) * (told - untold)
    return problem.world.discount * total


def _drawn_lesson(seed: int, chooses: np.ndarray) -> Problem:
    rng = np.random.default_rng([seed, 51])
    settings = {
        "taste, right": rng.uniform(1, 9),
        "taste, wrong": -rng.uniform(1, 9),
        "size, right": rng.uniform(1, 9),
        "size, wrong": -rng.uniform(1, 9),
        "likely taste": rng.uniform(0.5, 0.95),
        "rate": rng.uniform(0.1, 1.0),
        "discount": rng.uniform(0.5, 0.95),
    }
    return lesson(settings, chooses)


def test_to_know_how_a_teacher_chooses_is_worth_no_less_than_to_think_so(counts: Counts) -> None:
    loses = False
    for seed in range(counts.n(8, 300)):
        rng = np.random.default_rng([seed, 52])
        true, assumed = (rng.dirichlet(np.ones(2) * 0.3, 4) for _ in range(2))
        mine, real = _drawn_lesson(seed, assumed), _drawn_lesson(seed, true)
        knows = solve(real)
        thinks, plan = 0.0, solve(mine)
        for h, weight in enumerate(real.weights().tolist()):
            truth = Truth(real.world, real.overseer.only(h), real.rewards[h])
            thinks += weight * evaluate(plan, truth).value
        assert thinks <= knows.value_at_start + 1e-9, f"seed {seed}"
        loses = loses or thinks < knows.value_at_start - 1e-3
    assert loses


def test_the_topic_that_saves_most_is_what_the_pupil_would_ask_for(counts: Counts) -> None:
    for seed in range(counts.n(8, 300)):
        taught = [_drawn_lesson(seed, always(topic)) for topic in (0, 1)]
        world, prior = taught[0].world, taught[0].prior
        hand = HandOfGod(taught[0].overseer.rate, about="asked", ties="ordered")
        asks = margin(Problem(world, hand, prior))
        assert asks == pytest.approx(max(margin(problem) for problem in taught), abs=1e-9)


def test_indifference_does_not_depend_on_what_is_believed(counts: Counts) -> None:
    for seed in range(counts.n(6, 200)):
        rng = np.random.default_rng([seed, 53])
        case = load("indifference")
        assert case.problem is not None
        problem = case.problem({**case.settings, "bonus": float(rng.uniform(0.01, 1.0))})
        believed = problem.given(problem.prior.with_weights(rng.dirichlet(np.ones(2))))
        assert margin(believed) == pytest.approx(margin(problem), abs=1e-9)
        plain = off_switch([3.0, -2.0], rng.dirichlet(np.ones(2)).tolist())
        assert margin(plain) > 0.0


def test_who_knows_every_feature_gains_by_thinking(counts: Counts) -> None:
    """Milli et al. 2017, theorem 1, on average over humans; and a feature too few is no gain."""
    for error in np.linspace(0.7, 1.5, counts.n(2, 9)).tolist():
        settings = {"error": error, "weight of the third": 2.0}
        gains = [np.mean(advantages(settings, features)) for features in (2, 3, 4)]
        assert gains[0] < 0.0 < gains[2] < gains[1], f"error {error}"


def test_with_enough_runs_the_neutral_policy_is_never_the_best(counts: Counts) -> None:
    for decay in np.linspace(0.3, 0.95, counts.n(5, 30)).tolist():
        even, seldom = ([expected_return(decay, n, p) for n in (2, 3, 1000)] for p in (0.5, 0.2))
        assert even[0] > seldom[0]
        assert even[1] > seldom[1]
        assert even[2] < seldom[2]
    assert expected_return(1e-3, 5, 0.21) > expected_return(1e-3, 5, 0.5)
