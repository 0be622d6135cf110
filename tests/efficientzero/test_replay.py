"""The buffer: what is drawn, what follows it, and what a wrapped buffer forgets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corrigible.efficientzero.replay import (
    CUT,
    STEP,
    TERMINAL,
    Replay,
    Rows,
    add,
    draw,
    empty,
    frames,
    window,
)

CAPACITY, LANES = 8, 2
put = jax.jit(add)


def _rows(first: int, kinds: list[list[int]], since: list[list[int]]) -> Rows:
    """Frames that say their time and lane."""
    count = len(kinds)
    times = first + np.arange(count)[:, None] + 100 * np.arange(LANES)[None]
    return Rows(
        seen=jnp.asarray(times[..., None], dtype=jnp.int32),
        action=jnp.asarray(times % 3, dtype=jnp.int32),
        reward=jnp.asarray(times, dtype=jnp.float32),
        kind=jnp.asarray(kinds, dtype=jnp.int32),
        since=jnp.asarray(since, dtype=jnp.int32),
        policy=jnp.full((count, LANES, 3), 1 / 3),
        value=jnp.asarray(times[..., None], dtype=jnp.float32),
    )


@pytest.fixture
def replay() -> Replay:
    """Eleven rows in a buffer of eight."""
    held = empty(CAPACITY, LANES, (1,), "int32", 3, 1)
    ends = [[STEP, STEP]] * 3 + [[TERMINAL, STEP], [STEP, CUT]]
    held = put(held, _rows(0, ends, [[0, 0], [1, 1], [2, 2], [3, 3], [0, 4]]))
    more = [[STEP, STEP]] * 6
    return put(held, _rows(5, more, [[1, 0], [2, 1], [3, 2], [4, 3], [5, 4], [6, 5]]))


def test_only_steps_with_a_known_successor_are_drawn(replay: Replay) -> None:
    drawn = jax.jit(draw, static_argnums=(2, 3))(replay, jax.random.key(0), 500, 0.6)
    seen = {(int(t), int(b)) for t, b in zip(drawn.time, drawn.lane, strict=True)}
    every = {(t, b) for t in range(3, 10) for b in range(LANES)}
    assert seen == every - {(3, 0), (4, 1)}


def test_rounding_gives_no_chance_to_what_has_no_priority() -> None:
    """In a large buffer sums are rounded: an end that was drawn had an infinite weight."""
    rng, rows = np.random.default_rng(0), 4687
    held = empty(rows, 8, (1,), "int32", 3, 1)
    priority = rng.random((rows, 8)) ** 3 * (rng.random((rows, 8)) < 0.8)
    held = replace(held, priority=jnp.asarray(priority, jnp.float32), written=jnp.asarray(rows))
    drawn = jax.jit(draw, static_argnums=(2, 3))(held, jax.random.key(0), 2**21, 0.6)
    assert float(drawn.share.min()) > 0.0


def test_draws_are_in_proportion(replay: Replay) -> None:
    weights = jnp.zeros((CAPACITY, LANES)).at[5, 1].set(1.0).at[6, 0].set(9.0)
    held = Replay(replay.rows, weights, replay.written)
    for alpha, share in ((1.0, 0.9), (0.5, 0.75)):
        drawn = draw(held, jax.random.key(1), 1000, alpha)
        found = np.asarray(drawn.time) == 6
        assert found.mean() == pytest.approx(share, abs=0.002)
        np.testing.assert_allclose(np.asarray(drawn.share)[found], share, rtol=1e-5)


def test_what_follows_stops_at_the_newest_row(replay: Replay) -> None:
    drawn = draw(replay, jax.random.key(0), 64, 0.6)
    ahead = window(replay, drawn, 4)
    times = np.asarray(drawn.time)[:, None] + np.arange(4)
    known = np.asarray(ahead.known)
    assert (known == (times <= 10)).all()
    told = times + 100 * np.asarray(drawn.lane)[:, None]
    assert (np.asarray(ahead.reward)[known] == told[known]).all()


def test_new_rows_get_the_largest_priority(replay: Replay) -> None:
    raised = Replay(replay.rows, replay.priority.at[0, 0].set(5.0), replay.written)
    after = put(raised, _rows(11, [[STEP, TERMINAL]], [[7, 6]]))
    assert after.priority[3].tolist() == [5.0, 0.0]


def _stack(replay: Replay, time: int, lane: int) -> list[int]:
    whole: Any = frames(replay, jnp.array([time]), jnp.array([lane]), 3)
    return [int(x) for x in whole[0]]


def test_frames_are_those_of_the_episode(replay: Replay) -> None:
    assert _stack(replay, 10, 0) == [8, 9, 10]
    assert _stack(replay, 4, 0) == [4, 4, 4]
    assert _stack(replay, 6, 1) == [105, 105, 106]
    # Row 2 was written over: the oldest that is left stands for it.
    assert _stack(replay, 4, 1) == [103, 103, 104]
    # A slot is as good as a row number.
    assert _stack(replay, 10 % CAPACITY, 0) == [8, 9, 10]
