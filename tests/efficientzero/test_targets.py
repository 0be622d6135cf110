"""Targets against a reference that walks through episodes one step at a time."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corrigible.efficientzero.replay import CUT, STEP, TERMINAL, Window
from corrigible.efficientzero.search import Search
from corrigible.efficientzero.settings import Settings
from corrigible.efficientzero.targets import make_targets, trusted_steps
from tests.conftest import Counts

BASE = Settings(Search("puct", 2, 5, 0.9), stale=10)
K, N = BASE.unroll, BASE.td_steps
compute = jax.jit(make_targets, static_argnames="settings")


def _windows(seed: int, count: int, kept: int) -> Window:
    """Rows of every kind in every place, the newest row anywhere but first."""
    rng, width = np.random.default_rng(seed), K + N + 1
    kind = rng.choice([STEP, TERMINAL, CUT], p=[0.86, 0.07, 0.07], size=(count, width))
    kind[:, 0] = STEP
    known = np.arange(width)[None] < rng.integers(2, 2 * width, size=count)[:, None]
    return Window(
        action=jnp.zeros((count, width), dtype=jnp.int32),
        reward=jnp.asarray(rng.normal(size=(count, width)), dtype=jnp.float32),
        kind=jnp.asarray(kind, dtype=jnp.int32),
        known=jnp.asarray(known),
        policy=jnp.asarray(rng.dirichlet(np.ones(3), size=(count, width)), dtype=jnp.float32),
        value=jnp.asarray(rng.normal(size=(count, width, kept)), dtype=jnp.float32),
    )


def _walk(window: dict[str, np.ndarray], start: int, steps: int) -> tuple[float, int, bool] | None:
    """(discounted rewards, where one then stands, whether all is over); None: not known."""
    at, total, factor = 0, 0.0, 1.0
    for count in range(start + steps):
        kind = window["kind"][at]
        if kind == TERMINAL:
            return total, at, True
        if kind == CUT or not window["known"][at + 1]:
            if count < start:
                return None
            return total, at, False
        if count >= start:
            total += factor * window["reward"][at]
            factor *= 0.9
        at += 1
    return total, at, bool(window["kind"][at] == TERMINAL)


def _expected(row: dict[str, np.ndarray], k: int, i: int, settings: Settings) -> dict[str, Any]:
    reached = _walk(row, i, 0)
    if reached is None:
        return {"known": False, "acted": False, "seen": False}
    _, at, over = reached
    total, end, over_then = _walk(row, i, k) or (0.0, 0, True)
    worth = row["value"][end][N - k if settings.continuation else 0]
    value = 0.0 if over else total + (0.0 if over_then else 0.9 ** (end - at) * worth)
    horizon = settings.search.horizon
    first = horizon * ((i - 1) // horizon) if i else 0
    prefix = sum(row["reward"][j] for j in range(first, i) if j < at)
    acted = not over and row["kind"][at] == STEP
    seen = acted or (not over and row["kind"][at] == CUT)
    return {"known": True, "acted": acted, "seen": seen, "value": value, "prefix": prefix}


@pytest.mark.parametrize(
    "changes",
    [{}, {"prefix": False}, {"correction": False}, {"continuation": True}],
    ids=["all", "no prefix", "no correction", "continuation"],
)
def test_targets_are_those_of_the_walk(changes: dict[str, bool], counts: Counts) -> None:
    settings, count = BASE.switched(**changes), counts.n(60, 3000)
    window = _windows(len(changes), count, settings.kept)
    age = jnp.asarray(np.random.default_rng(1).integers(0, 70, size=count), dtype=jnp.int32)
    found = jax.tree.map(np.asarray, compute(window, age, settings=settings))
    held = {name: np.asarray(x) for name, x in window._asdict().items()}
    for n in range(count):
        row = {name: x[n] for name, x in held.items()}
        k = max(1, 5 - int(age[n]) // 10) if settings.correction else 5
        for i in range(K + 1):
            expected = _expected(row, k, i, settings)
            for name in ("known", "acted", "seen"):
                assert getattr(found, name)[n, i] == expected[name], (name, n, i)
            if expected["known"]:
                for name in ("value", "prefix"):
                    told = getattr(found, name)[n, i]
                    assert told == pytest.approx(expected[name], abs=1e-5), (name, n, i)


def _short(kinds: list[int], rewards: float = 1.0) -> Window:
    whole = _windows(0, 1, 1)
    kinds = kinds + [STEP] * (K + N + 1 - len(kinds))
    return whole._replace(
        reward=jnp.full((1, K + N + 1), rewards),
        kind=jnp.array([kinds], dtype=jnp.int32),
        known=jnp.ones((1, K + N + 1), dtype=bool),
        value=jnp.full((1, K + N + 1, 1), 7.0),
    )


age = partial(jnp.full, 1, dtype=jnp.int32)


def test_after_a_true_end_nothing_is_paid_and_that_is_trained() -> None:
    found = compute(_short([STEP, STEP, TERMINAL]), age(0), settings=BASE)
    np.testing.assert_allclose(found.value[0], [1.9, 1.0, 0, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(found.prefix[0], [0, 1, 2, 2, 2, 2], atol=1e-6)
    assert found.known.all()
    assert found.acted[0].tolist() == found.seen[0].tolist() == [True, True, *[False] * 4]


def test_a_time_limit_is_bootstrapped_through_and_no_end() -> None:
    found = compute(_short([STEP, STEP, CUT]), age(0), settings=BASE)
    np.testing.assert_allclose(found.value[0, :3], [1.9 + 0.81 * 7, 1 + 0.9 * 7, 7], rtol=1e-6)
    assert found.known[0].tolist() == [True, True, True, False, False, False]
    assert found.acted[0].tolist() == [True, True, *[False] * 4]
    assert found.seen[0].tolist() == [True, True, True, False, False, False]


def test_old_data_are_trusted_for_fewer_steps() -> None:
    ages = jnp.array([0, 29_999, 30_000, 60_000, 119_999, 120_000, 10**6], dtype=jnp.int32)
    settings = Settings(Search("puct", 2, 5, 0.9), stale=30_000)
    assert trusted_steps(ages, settings).tolist() == [5, 5, 4, 3, 2, 1, 1]
    assert set(trusted_steps(ages, settings.switched(correction=False)).tolist()) == {5}
    fresh, old = (compute(_short([]), age(a), settings=BASE).value[0, 0] for a in (0, 40))
    assert float(old) == pytest.approx(1 + 0.9 * 7)
    assert float(fresh) == pytest.approx(sum(0.9**j for j in range(5)) + 0.9**5 * 7, rel=1e-6)
