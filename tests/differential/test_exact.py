"""Exact planning against the oracle, to 1e-8, at the prior and after corrections."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from corrigible.planners import solve
from corrigible.testing.layered import random_layered_problem
from tests.conftest import Counts
from tests.differential.compare import BLOCKS, Pair, failures


def _differences(pair: Pair) -> Iterator[str]:
    solution = solve(pair.problem, method="exact")
    off = abs(solution.value_at_start - pair.plan.value_at_start())
    if not off <= 1e-8:
        yield f"value at the start is off by {off:.1e}"
    for belief in pair.beliefs():
        for channel in (True, False):
            q = solution.q(belief=pair.belief(belief), channel_on=channel)
            error = np.abs(q - pair.q(belief, channel)).max()
            if not error <= 1e-8:
                yield f"Q is off by {error:.1e} at belief {belief}, channel on: {channel}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_exact_is_the_oracle(block: int, counts: Counts) -> None:
    assert not failures(block, counts.n(60, 2000), _differences)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_exact_is_the_oracle_for_noisy_hands(block: int, counts: Counts) -> None:
    assert not failures(block, counts.n(30, 500), _differences, random_layered_problem)
