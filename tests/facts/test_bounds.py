"""Bounds: every end is an end, ends only close, and locks are decided in time.

A k-bit lock with a bonus for pressing of (its information) x U(.2, 1.8) asks for a verdict on
either side of the margin; no decided verdict may be wrong.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from corrigible import Belief, Problem
from corrigible.overseers import HandOfGod
from corrigible.planners import certify, solve
from corrigible.planners.bounds import Bounds
from corrigible.planners.certificate import default_tolerance
from corrigible.planners.exact import Exact
from corrigible.planners.solution import Solution
from corrigible.testing import cases
from corrigible.testing.strategies import HANDS, draw_problem
from corrigible.worlds import Tabular
from tests.conftest import Counts
from tests.facts.drawn import after_one, decision_first, sized

pytestmark = pytest.mark.slow

SECONDS = 5.0


def test_first_ends_and_all_later_ones_hold_the_exact_value(counts: Counts) -> None:
    """L_0 and U_0, one backup away from V_off and the hypotheses' own optima."""
    for seed in range(counts.n(20, 500)):
        problem = draw_problem(seed, sized(seed, HANDS[seed % 5], restores=seed % 2 == 1))
        exact = solve(problem)
        for rounds in (0, 1, 3):
            left = [rounds]

            def enough(_: Solution, left: list[int] = left) -> bool:
                left[0] -= 1
                return left[0] < 0

            bounds = Bounds(problem, stop=enough)
            for *_, belief in [(problem.weights(),), *after_one(problem, problem.weights())[:3]]:
                at = problem.prior.with_weights(belief)
                assert (bounds.lower(belief=at) <= exact.q(belief=at) + 1e-9).all(), f"seed {seed}"
                assert (bounds.upper(belief=at) >= exact.q(belief=at) - 1e-9).all(), f"seed {seed}"


def test_every_round_only_narrows_the_ends_and_they_close(counts: Counts) -> None:
    for seed in range(counts.n(15, 300)):
        problem = draw_problem(seed, sized(seed, HANDS[seed % 5]))
        seen: list[tuple[float, float]] = []

        def watch(plan: Solution, seen: list[tuple[float, float]] = seen) -> bool:
            seen.append(plan.ends_at_start)
            return False

        value = solve(problem).value_at_start
        final = Bounds(problem, tol=1e-7, stop=watch, deadline=time.monotonic() + 20).ends_at_start
        lows, highs = np.array([*seen, final]).T
        assert (np.diff(lows) >= -1e-12).all() and (np.diff(highs) <= 1e-12).all()
        assert highs[-1] - lows[-1] <= 1e-6, f"seed {seed}"
        assert lows[-1] - 1e-9 <= value <= highs[-1] + 1e-9


def test_lower_is_below_upper_by_the_solvers_own_residual(counts: Counts) -> None:
    apart = 0.0
    for seed in range(counts.n(15, 300)):
        problem = draw_problem(seed, sized(seed, HANDS[seed % 5]))
        for plan in (Exact(problem), Bounds(problem, deadline=0.0)):
            for on in (True, False):
                width = plan.upper(channel_on=on) - plan.lower(channel_on=on)
                assert width.min() >= 0.0, f"seed {seed}"
                apart = max(apart, float(width.max()))
    assert apart > 0.0


def _endless(seed: int) -> Problem:
    """Twins before a world whose noisy hand is heard for ever."""
    drawn = decision_first(seed)
    hand = HandOfGod(0.8, rationality=1.0)
    world = drawn.world
    longer = Tabular(world.transition, world.disables, 0.95, world.start)
    rewards = np.random.default_rng([seed, 15]).normal(size=(4, world.n_states, world.n_actions))
    rewards[:, 0] = 0.0
    return Problem(longer, hand, Belief.uniform(rewards))


def test_a_bracket_that_had_no_time_is_still_a_bracket(counts: Counts) -> None:
    """What is decided early must be decided as it is later on; ends never cross."""
    wide = 0
    for seed in range(counts.n(3, 20)):
        problem = _endless(seed)
        early, later = certify(problem, state=0, budget=0.05), certify(problem, state=0, budget=2.0)
        for found in (early, later):
            assert found.margin_lower is not None and found.margin_upper is not None
            assert found.ledger is not None
            assert found.margin_lower <= found.margin_upper
            ledger = found.ledger
            assert ledger.gap == pytest.approx(found.margin_upper - found.margin_lower)
            total = ledger.direct + ledger.path + ledger.information + ledger.control
            middle = 0.5 * (found.margin_lower + found.margin_upper)
            assert total == pytest.approx(middle, abs=1e-9)
            assert found.verdict != "disables", "twins are never worth pressing"
            assert found.margin_upper >= -1e-9
            wide += int(found.margin_upper - found.margin_lower > 1e-4)
        assert early.margin_lower is not None and later.margin_upper is not None
        assert later.margin_lower is not None and early.margin_upper is not None
        assert early.margin_lower <= later.margin_upper + 1e-9
        assert later.margin_lower <= early.margin_upper + 1e-9
    assert wide > 0


def _verdict(problem: Problem) -> tuple[str, float]:
    """(what bounds say about `decide`, seconds)."""
    tol, began = default_tolerance(problem), time.monotonic()
    plan = solve(problem, method="bounds", budget=SECONDS)
    low, high = plan.lower(0), plan.upper(0)
    took = time.monotonic() - began
    keeping = np.array([True, False, True])
    lower = low[keeping].max() - high[1]
    upper = high[keeping].max() - low[1]
    if lower > tol:
        return "keeps", took
    if upper < -tol:
        return "disables", took
    return ("indifferent" if lower >= -tol and upper <= tol else "undecided"), took


def test_locks_are_decided_and_never_wrongly(counts: Counts) -> None:
    rng = np.random.default_rng(20)
    decided, asked = 0, 0
    for _ in range(counts.n(1, 20)):
        for k in (2, 3, 4):
            for rate in (0.2, 1.0):
                for discount in (0.95, 0.99):
                    plain = solve(cases.k_bit_lock(k, rate, discount)).q(0)
                    information = float(plain[0] - plain[1])
                    bonus = information * float(rng.uniform(0.2, 1.8))
                    problem = cases.k_bit_lock(k, rate, discount, bonus)
                    verdict, took = _verdict(problem)
                    right = "keeps" if information > bonus else "disables"
                    if abs(information - bonus) <= default_tolerance(problem):
                        right = "indifferent"
                    assert verdict in (right, "undecided"), (k, rate, discount, bonus)
                    decided += int(verdict == right and took <= SECONDS + 1.0)
                    asked += 1
    assert decided >= 0.95 * asked
