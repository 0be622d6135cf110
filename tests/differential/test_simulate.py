"""The judge against long simulations: z scores as they should be if both are right.

Each problem meets one truth, of a kind that goes round with the seed; what its agent earns in
many episodes, long enough to leave out no more than 1e-6 of the weight, is compared with
`evaluate`, as is how often it is alarmed.
"""

from __future__ import annotations

import math

import numpy as np

from corrigible.planners import evaluate, solve
from corrigible.simulate import simulate
from corrigible.testing import oracle
from corrigible.testing.strategies import random_problem, random_truth
from corrigible.testing.translate import as_oracle, as_oracle_truth
from tests.conftest import Counts

LEAST_EPISODES, MOST_EPISODES = 2_000, 200_000


def _score(values: np.ndarray, expected: float, variance: float, left_out: float) -> float | None:
    """(mean - expected) / standard error; None where nothing varies and the two agree."""
    off = float(values.mean()) - expected
    if variance <= 1e-14 * max(1.0, expected**2):
        assert abs(off) <= left_out + 1e-6 * max(1.0, abs(expected))
        return None
    return off / math.sqrt(variance / len(values))


def _scores(seed: int) -> dict[str, float | None]:
    """A score for each quantity of one problem.

    The standard errors are exact. A sum that hardly ever varies (a start of probability 1e-5) is
    nothing like normal in a few thousand episodes: their number is 100 times the kurtosis, fixed
    before any is played, and a quantity that would need more than the most is not scored.
    """
    problem = random_problem(seed)
    truth = random_truth(seed, problem)
    solution = solve(problem, method="exact")
    outcome = evaluate(solution, truth)
    g = truth.world.discount
    steps = math.ceil(math.log(1e-6) / math.log(g))
    left_out = g**steps / (1 - g)
    largest = float(np.abs(truth.reward).max()) + truth.overseer.ask_cost
    powers = g ** np.arange(steps)
    plan, plain = oracle.Plan(as_oracle(problem)), as_oracle_truth(truth)
    found: dict[str, float | None] = {}
    for what, expected in (("value", outcome.value), ("alarms", outcome.alarms)):
        _, variance, fourth = oracle.spread(plan, plain, what)
        kurtosis = fourth / variance**2 if variance > 1e-14 else 1.0
        episodes = max(LEAST_EPISODES, math.ceil(100 * kurtosis))
        if episodes > MOST_EPISODES:
            continue
        record = simulate(solution.agent(), truth, seed, steps=steps, episodes=episodes)
        alarms = record.alarm_at @ powers
        sums = record.discounted_return(g) if what == "value" else alarms
        found[what] = _score(sums, expected, variance, left_out * max(1.0, largest))
    return found


def test_evaluate_is_what_happens(counts: Counts) -> None:
    found = {seed: _scores(seed) for seed in range(counts.n(60, 2000))}
    for name in ("value", "alarms"):
        assert sum(name in s for s in found.values()) >= 0.9 * len(found)
        scores = {seed: z for seed, s in found.items() if (z := s.get(name)) is not None}
        square = np.square(list(scores.values()))
        worst = max(scores, key=lambda seed: abs(scores[seed]))
        assert square.max() <= 25.0, f"{name}: z = {scores[worst]} at seed {worst}"
        # The mean square of n standard normals has standard deviation sqrt(2 / n).
        slack = 0.1 if len(square) >= 1000 else 4.0 * math.sqrt(2.0 / len(square))
        assert abs(square.mean() - 1.0) <= slack, name
