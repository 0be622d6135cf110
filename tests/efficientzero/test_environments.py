"""Environments: how rows end, what a level pays, and that frozen emulators go on as they would."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corrigible.efficientzero.environments import NAMES, environment
from corrigible.efficientzero.environments.base import (
    Environment,
    Lanes,
    advance,
    begin,
    observed,
)
from corrigible.efficientzero.environments.levels import best_return
from corrigible.efficientzero.replay import CUT, STEP, TERMINAL
from corrigible.errors import UserError
from corrigible.worlds import load_level

forward = jax.jit(advance, static_argnums=0)


def _play(world: Environment, policy: Any, steps: int, lanes: int = 3) -> Any:
    """(kinds, rewards, lanes) of a policy from observations to actions."""
    tables, key = world.tables(), jax.random.key(0)
    state = begin(world, tables, key, lanes)
    kinds, rewards = [], []
    for step in range(steps):
        state, reward = forward(
            world, tables, state, policy(observed(state)), jax.random.fold_in(key, step)
        )
        kinds.append(np.asarray(state.kind))
        rewards.append(np.asarray(reward))
    return np.array(kinds), np.array(rewards), state


def _catcher(seen: Any) -> Any:
    board = seen.reshape(-1, 10, 5)
    ball = jnp.argmax(board[:, :9].sum(1, dtype=jnp.int32), axis=1)
    # At an end ball and paddle may be one pixel, and the action does not count.
    alone = board[:, :9].sum((1, 2), dtype=jnp.int32) == 0
    paddle = jnp.argmax(board[:, 9], axis=1)
    return jnp.where(alone, 1, 1 + jnp.sign(ball - paddle)).astype(jnp.int32)


def test_catch_is_won_by_moving_below_the_ball() -> None:
    kinds, rewards, _ = _play(environment("catch"), jax.jit(_catcher), 20)
    assert (kinds[8] == TERMINAL).all() and (kinds[18] == TERMINAL).all()
    assert (np.delete(kinds, [8, 18], axis=0) == STEP).all()
    # The row after an end begins the next episode and pays nothing.
    assert rewards.sum() == 6 and (rewards[8] == 1).all() and (rewards[9] == 0).all()


def _balance(seen: Any) -> Any:
    lean = seen[:, 2] + 0.5 * seen[:, 3] + 0.02 * seen[:, 0] + 0.05 * seen[:, 1]
    return (lean > 0).astype(jnp.int32)


def test_a_pole_that_stands_is_cut_at_the_limit() -> None:
    kinds, rewards, state = _play(environment("cartpole-v0"), jax.jit(_balance), 200)
    assert (kinds[:-1] == STEP).all() and (kinds[-1] == CUT).all()
    assert (rewards == 1).all() and (np.asarray(state.earned) == 200).all()


def test_a_pole_that_falls_has_ended() -> None:
    right = jax.jit(lambda seen: jnp.ones(seen.shape[0], dtype=jnp.int32))
    kinds, _, _ = _play(environment("cartpole-v1"), right, 12)
    assert (kinds == TERMINAL).any(axis=0).all() and not (kinds == CUT).any()


def test_breakout_shows_boards_and_repeats_actions() -> None:
    world = environment("minatar-breakout")
    assert isinstance(begin(world, (), jax.random.key(0), 2), Lanes)
    still = jax.jit(lambda seen: jnp.zeros(seen.shape[0], dtype=jnp.int32))
    kinds, _, state = _play(world, still, 12, 2)
    assert state.frames.shape == (2, 1, 10, 10, 4) and state.frames.dtype == jnp.uint8
    assert (kinds == TERMINAL).any()


def test_a_level_pays_what_its_judge_says() -> None:
    world, level = environment("level:vault"), load_level("vault")
    truth = level.truth
    pays = np.broadcast_to(truth.reward, (truth.world.n_states, truth.world.n_actions))
    tables, rng = world.tables(), np.random.default_rng(0)
    lanes, key = begin(world, tables, jax.random.key(0), 2), jax.random.key(1)
    for step in range(30):
        before = np.asarray(lanes.inner[0])
        action = rng.integers(world.actions, size=2)
        lanes, reward = forward(
            world,
            tables,
            lanes,
            jnp.asarray(action, dtype=jnp.int32),
            jax.random.fold_in(key, step),
        )
        np.testing.assert_allclose(np.asarray(reward), pays[before, action], rtol=1e-6)
        dense = truth.world.dense()
        assert (dense[before, action, np.asarray(lanes.inner[0])] > 0).all()
        boards = np.asarray(lanes.frames[:, 0])
        for lane, state in enumerate(np.asarray(lanes.inner[0])):
            assert np.argwhere(boards[lane, ..., -1]).tolist() == [list(level.cells[state])]


def test_the_best_return_of_a_level_is_near_the_optimum() -> None:
    from corrigible.worlds.optimum import optimal_q

    truth = load_level("vault").truth
    pays = np.broadcast_to(truth.reward, (truth.world.n_states, truth.world.n_actions))
    q = optimal_q(truth.world, np.array(pays, dtype=np.float64)[None])[0]
    best = float(truth.world.start @ q.max(axis=1))
    assert best_return(truth, 1000) == pytest.approx(best, abs=1e-9)
    assert environment("level:vault").best == pytest.approx(best, rel=0.01)


def test_an_atari_game_goes_on_from_what_was_frozen() -> None:
    world = environment("atari:Pong")
    lanes = begin(world, (), jax.random.key(0), 1)
    assert observed(lanes).shape == (1, 96, 96, 12) and world.actions == 6
    assert world.discount == pytest.approx(0.997**4)
    play = partial(advance, world, ())
    for step in range(3):
        lanes, _ = play(lanes, jnp.array([2]), jax.random.key(step))
    frozen = world.freeze(lanes.inner)
    thawed = lanes._replace(inner=world.thaw(frozen))
    for step in range(12):
        action = jnp.array([step % 6])
        lanes, one = play(lanes, action, jax.random.key(step))
        thawed, other = play(thawed, action, jax.random.key(step))
        assert float(one[0]) == float(other[0])
        assert (np.asarray(lanes.frames) == np.asarray(thawed.frames)).all()


def test_lives_are_episodes_in_training_and_not_in_the_test() -> None:
    from corrigible.efficientzero.environments.atari import Atari

    world = environment("atari:Breakout")
    assert isinstance(world, Atari)
    for game, expected in ((world, {STEP, TERMINAL}), (world.test(), {STEP})):
        lanes, kinds = begin(game, (), jax.random.key(0), 1), []
        for step in range(70):
            lanes, _ = advance(game, (), lanes, jnp.array([1]), jax.random.key(step))
            kinds.append(int(lanes.kind[0]))
        assert set(kinds) == expected
    assert world.test().limit == 27_000 and world.limit == 3000


@pytest.mark.parametrize("name", ["pong", "level:", "level:nowhere", "atari:Nothing", ""])
def test_what_does_not_exist_is_said(name: str) -> None:
    with pytest.raises(UserError):
        environment(name)
    assert len(NAMES) == 6


def test_a_graph_cannot_be_shown() -> None:
    with pytest.raises(UserError, match="graph"):
        environment("level:lock-2")
