"""Effective sample sizes and R-hat, beside an implementation of others."""

from __future__ import annotations

import numpy as np
import pytest
from arviz_stats.base.array import array_stats

from corrigible.inference.diagnostics import ess_bulk, ess_tail, r_hat


def chains(count: int, length: int, size: int, memory: float, apart: float) -> np.ndarray:
    rng = np.random.default_rng(count + length)
    draws = rng.standard_t(3.0, (count, length, size))
    for i in range(1, length):
        draws[:, i] += memory * draws[:, i - 1]
    return draws + apart * rng.normal(size=(count, 1, size))


@pytest.mark.parametrize(
    ("count", "length", "size", "memory", "apart"),
    [(4, 1000, 3, 0.9, 0.0), (8, 101, 2, 0.3, 0.0), (16, 500, 2, -0.6, 0.0), (6, 300, 2, 0.5, 1.0)],
)
def test_the_figures_are_those_of_arviz(
    count: int, length: int, size: int, memory: float, apart: float
) -> None:
    draws = chains(count, length, size, memory, apart)
    bulk = array_stats.ess(draws, chain_axis=0, draw_axis=1, method="bulk")
    tail = array_stats.ess(draws, chain_axis=0, draw_axis=1, method="tail", prob=(0.05, 0.95))
    hat = array_stats.rhat(draws, chain_axis=0, draw_axis=1, method="rank")
    assert ess_bulk(draws) == pytest.approx(bulk, rel=0.03)
    assert ess_tail(draws) == pytest.approx(tail, rel=0.03)
    assert r_hat(draws) == pytest.approx(hat, rel=1e-9)


def test_independent_draws_are_worth_their_number() -> None:
    draws = np.random.default_rng(0).normal(size=(8, 1000, 4))
    assert ess_bulk(draws) == pytest.approx(np.full(4, 8000.0), rel=0.1)
    assert r_hat(draws).max() < 1.005


def test_what_never_moves_is_known_or_stuck() -> None:
    still = np.zeros((4, 100, 1))
    assert ess_bulk(still) == 400 and r_hat(still) == 1.0
    stuck = still + np.arange(4.0)[:, None, None]
    assert r_hat(stuck)[0] > 1e6 and ess_bulk(stuck)[0] < 20
