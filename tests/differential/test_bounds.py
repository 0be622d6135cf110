"""Bounds around the oracle: lower <= exact <= upper, at the prior and after corrections.

The solver is given little time, so that what is tested is its brackets and not their closing; the
margin's bracket, from which verdicts are read, must hold the oracle's margin at every state.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from corrigible.planners import solve
from corrigible.testing import oracle
from corrigible.testing.layered import random_layered_problem
from tests.conftest import Counts
from tests.differential.compare import BLOCKS, Pair, failures

ROUNDING = 1e-9
SECONDS = 0.2


def _margins(low: np.ndarray, high: np.ndarray, keeping: list[int]) -> tuple[float, float]:
    disabling = [a for a in range(len(low)) if a not in keeping]
    k = max(keeping, key=lambda a: low[a])
    j = max(disabling, key=lambda a: high[a])
    return low[k] - high[j], high[keeping].max() - low[disabling].max()


def _differences(pair: Pair) -> Iterator[str]:
    solution = solve(pair.problem, method="bounds", budget=SECONDS)
    world = pair.plan.problem.world
    for number in pair.beliefs():
        belief = pair.belief(number)
        for channel in (True, False):
            low = solution.lower(belief=belief, channel_on=channel)
            high = solution.upper(belief=belief, channel_on=channel)
            exact = pair.q(number, channel)
            for name, short in (("lower", low - exact), ("upper", exact - high)):
                if not short.max() <= ROUNDING * max(1.0, np.abs(exact).max()):
                    yield f"{name} passes exact by {short.max():.1e} at {number}, on: {channel}"
        low, high = solution.lower(belief=belief), solution.upper(belief=belief)
        for s in range(world.states):
            margin = oracle.margin(pair.plan, number, s)
            if margin is None:
                continue
            least, most = _margins(low[s], high[s], world.keeping(s))
            if not least - ROUNDING <= margin.margin <= most + ROUNDING:
                yield f"margin {margin.margin} is not in [{least}, {most}] at {number}, state {s}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_bounds_hold_the_oracle(block: int, counts: Counts) -> None:
    assert not failures(block, counts.n(60, 2000), _differences)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_bounds_hold_the_oracle_for_noisy_hands(block: int, counts: Counts) -> None:
    assert not failures(block, counts.n(30, 500), _differences, random_layered_problem)
