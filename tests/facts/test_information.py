"""What corrections can still be worth: bounded by perfect information, and falling on average.

VPI(b) = sum_h b_h V*_h - V_off(b) >= V_on(b) - V_off(b), the information; E VPI(b^o) <= VPI(b).
Information itself may rise first. Each action's own information is not negative on a monotone
channel.
"""

from __future__ import annotations

import numpy as np
import pytest

from corrigible.inference.summary import policy_entropy, vpi
from corrigible.planners import certify, solve
from corrigible.problem import Problem
from corrigible.testing import cases
from corrigible.testing.strategies import draw_problem
from corrigible.worlds.optimum import optimal_q
from tests.conftest import Counts
from tests.facts.drawn import ADVICE, after_one, sized, twins_everywhere

pytestmark = pytest.mark.slow


def test_perfect_information_is_worth_at_least_what_can_be_heard(counts: Counts) -> None:
    close = 0.0
    for seed in range(counts.n(40, 1000)):
        problem = draw_problem(seed, sized(seed, ADVICE[seed % 4]))
        solution = solve(problem)
        information = solution.value() - solution.value(channel_on=False)
        perfect = np.array([vpi(problem, state=s) for s in range(problem.world.n_states)])
        assert (information <= perfect + 1e-9).all(), f"seed {seed}"
        assert (information >= -1e-9).all(), f"seed {seed}"
        close = max(close, float((information / np.maximum(perfect, 1e-3)).max()))
    assert close > 0.5


def test_on_average_a_correction_leaves_less_to_learn(counts: Counts) -> None:
    fell = 0
    for seed in range(counts.n(30, 1000)):
        problem = draw_problem(seed, sized(seed, "current"))
        now = vpi(problem)
        later = np.zeros(problem.world.n_states)
        for about, _, chance, belief in after_one(problem, problem.weights()):
            later[about] += chance * vpi(problem, problem.prior.with_weights(belief))
        assert (later <= now + 1e-9).all(), f"seed {seed}"
        fell += int((later < now - 1e-6).any())
    assert fell >= 10


def test_information_may_rise_first() -> None:
    """In the lock one bit is worthless and the first one heard makes the second worth more."""
    problem = cases.k_bit_lock(2, 0.5)
    solution = solve(problem)
    off = solution.value(1, channel_on=False)
    assert solution.value(1) - off == pytest.approx(3.7079920977, abs=1e-9)
    after = 0.0
    for _, _, chance, belief in after_one(problem, problem.weights()):
        told = problem.prior.with_weights(belief)
        information = solution.value(1, told) - solution.value(1, told, channel_on=False)
        after += chance * information / problem.world.n_states
    assert after == pytest.approx(4.2246228448, abs=1e-9)


def _own_information(problem: Problem) -> np.ndarray:
    """Q_on - Q0, for every state and action."""
    mean = np.tensordot(problem.weights(), problem.rewards, axes=1)
    return solve(problem).q() - optimal_q(problem.world, mean[None])[0]


def test_each_actions_own_information_is_not_negative_on_a_monotone_channel(
    counts: Counts,
) -> None:
    most = 0.0
    for seed in range(counts.n(24, 600)):
        own = _own_information(twins_everywhere(seed))
        assert own.min() >= -1e-9, f"twins_everywhere({seed})"
        most = max(most, float(own.max()))
    assert most > 0.1


def test_without_monotony_information_can_be_negative() -> None:
    ledger = certify(cases.forced_toggle()).ledger
    assert ledger is not None
    assert (ledger.direct, ledger.path, ledger.control) == pytest.approx((0.0, 0.0, 0.0))
    assert ledger.information == pytest.approx(-0.81, abs=1e-9)


def test_policy_entropy_is_its_formula(counts: Counts) -> None:
    """The mean over states of the entropy of sum_h b_h 1[a optimal under h] / (number optimal)."""
    for seed in range(counts.n(20, 300)):
        problem = draw_problem(seed, sized(seed, "current"))
        best = np.round(optimal_q(problem.world, problem.rewards), 9)
        total = 0.0
        for s in range(problem.world.n_states):
            chance = np.zeros(problem.world.n_actions)
            for h, weight in enumerate(problem.weights()):
                winners = np.flatnonzero(best[h, s] == best[h, s].max())
                chance[winners] += weight / len(winners)
            total -= sum(p * np.log(p) for p in chance if p > 0)
        expected = total / problem.world.n_states
        assert policy_entropy(problem) == pytest.approx(expected, abs=1e-9)
