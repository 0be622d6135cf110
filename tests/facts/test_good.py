"""Advice is never worth silencing (Good 1967), and when it is worth keeping.

Where every disabling action has a keeping twin (same reward, same motion, at every successor d no
larger and x no smaller) on a monotone channel, the margin is not negative, at any belief.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from corrigible.inference.summary import reward_entropy, vpi
from corrigible.overseers import HandOfGod
from corrigible.planners import certify, solve
from corrigible.planners.certificate import Certificate
from corrigible.problem import Problem
from corrigible.worlds import load_level
from corrigible.worlds.optimum import optimal_q
from tests.conftest import Counts
from tests.facts.drawn import after_one, decision_first, twins_everywhere

pytestmark = pytest.mark.slow


def _lower(found: Certificate) -> float:
    assert found.margin_lower is not None
    return found.margin_lower


def _upper(found: Certificate) -> float:
    assert found.margin_upper is not None
    return found.margin_upper


def _margins(problem: Problem) -> Iterator[float]:
    """At the prior and after every first correction, in every state."""
    solution = solve(problem)
    half = problem.world.n_actions // 2
    weights = problem.weights()
    for belief in [weights, *(after for *_, after in after_one(problem, weights))]:
        q = solution.q(belief=problem.prior.with_weights(belief))
        harm = problem.world.expected_disables
        for s in range(problem.world.n_states):
            keeping = harm[s] <= harm[s].min() + 1e-12
            assert keeping[:half].all()
            if not keeping.all():
                yield float(q[s, keeping].max() - q[s, ~keeping].max())


def test_with_twins_on_a_monotone_channel_no_margin_is_negative(counts: Counts) -> None:
    found = []
    for seed in range(counts.n(40, 1000)):
        problem = twins_everywhere(seed)
        assert problem.world.is_monotone
        margins = list(_margins(problem))
        assert min(margins, default=0.0) >= -1e-9, f"twins_everywhere({seed})"
        found.extend(margins)
    assert max(found) > 0.05


def test_without_monotony_a_twin_may_be_better_off_silent() -> None:
    level = load_level("forced-toggle")
    assert not level.problem.world.is_monotone
    found = certify(level.problem)
    assert found.verdict == "disables"
    assert abs(_lower(found) + 0.81) < 1e-9


def _changes_the_plan(problem: Problem) -> bool:
    """Whether the first best policy under the mean meets a belief at which it is not best."""
    world, weights = problem.world, problem.weights()
    mean = np.tensordot(weights, problem.rewards, axes=1)
    policy = optimal_q(world, mean[None])[0].argmax(axis=1)
    moves = world.dense()[np.arange(world.n_states), policy] > 0

    def met_from(states: np.ndarray) -> np.ndarray:
        for _ in range(world.n_states):
            states = states | (states @ moves)
        return states

    arrived = met_from(moves[0])
    for about, _, _, belief in after_one(problem, weights):
        here = np.arange(world.n_states) == about
        if problem.overseer.about == "current" and not arrived[about]:
            continue
        reached = met_from(here) if problem.overseer.about == "current" else arrived
        q = optimal_q(world, np.tensordot(belief, problem.rewards, axes=1)[None])[0]
        lost = q.max(axis=1) - q[np.arange(world.n_states), policy]
        if (lost[reached] > 1e-6).any():
            return True
    return False


def test_a_plan_that_a_correction_can_change_makes_the_margin_positive(counts: Counts) -> None:
    changed = 0
    for seed in range(counts.n(40, 1000)):
        problem = decision_first(seed)
        lower = _lower(certify(problem, state=0))
        assert lower >= -1e-9
        if _changes_the_plan(problem):
            changed += 1
            assert lower > 1e-12, f"decision_first({seed})"
    assert changed >= 10


def test_the_converse_fails_in_the_two_bit_lock() -> None:
    for rate, margin in ((0.3, 2.363950592660), (1.0, 5.480082364341)):
        problem = load_level("lock-2").problem
        hand = HandOfGod(rate, about="uniform", ties="ordered")
        problem = Problem(problem.world, hand, problem.prior)
        for *_, belief in after_one(problem, problem.weights()):
            mean = np.tensordot(belief, problem.rewards, axes=1)
            q = optimal_q(problem.world, mean[None])[0]
            assert q[1].argmax() == 0, "left is still the best there is"
        assert not _changes_the_plan(problem)
        found = certify(problem)
        assert abs(_lower(found) - margin) < 1e-9
        assert found.verdict == "keeps"


def _shaped(seed: int) -> Problem:
    """Hypotheses apart by a potential: one policy is best under all; the hand tells them apart."""
    rng = np.random.default_rng([seed, 14])
    world = decision_first(seed).world
    states, actions, hypotheses = world.n_states, world.n_actions, 3
    base = rng.normal(size=(states, actions))
    base[0] = 0.0
    potential = rng.normal(size=(hypotheses, states))
    potential[:, 0] = 0.0
    ahead = np.einsum("sat,ht->hsa", world.dense(), potential)
    rewards = base + world.discount * ahead - potential[:, :, None]
    said = np.zeros((hypotheses, states, actions))
    for h in range(hypotheses):
        said[h, :, h % 2] = 1.0
    return decision_first(seed, rewards, HandOfGod.table(said, rate=0.7))


def test_one_policy_best_under_every_hypothesis_makes_the_margin_zero(counts: Counts) -> None:
    for seed in range(counts.n(10, 200)):
        problem = _shaped(seed)
        assert len(after_one(problem, problem.weights())) > problem.world.n_states
        found = certify(problem, state=0)
        assert abs(_lower(found)) < 1e-9 and abs(_upper(found)) < 1e-9
        assert found.verdict == "indifferent"


def test_what_reward_it_is_may_stay_open_when_nothing_is_at_stake(counts: Counts) -> None:
    for seed in range(counts.n(10, 200)):
        problem = _shaped(seed)
        told = problem.prior.with_weights(problem.likelihood[:, 1, 0])
        assert reward_entropy(problem, told) > 0.69
        assert vpi(problem, told) < 1e-9
        assert certify(problem, told, state=0).verdict == "indifferent"
