"""Environments: how rows end, what a level pays, and that frozen emulators go on as they would."""

from __future__ import annotations

from typing import Any

import gymnasium
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


def _same_from_there(world: Environment, steps: int) -> Lanes:
    """Play, freeze, thaw, and play on in both."""
    lanes = begin(world, (), jax.random.key(0), 2)
    rng = np.random.default_rng(0)
    for step in range(steps):
        action = jnp.asarray(rng.integers(world.actions, size=2), dtype=jnp.int32)
        lanes, _ = advance(world, (), lanes, action, jax.random.key(step))
    thawed = lanes._replace(inner=world.thaw(world.freeze(lanes.inner)))
    for step in range(20):
        action = jnp.asarray(rng.integers(world.actions, size=2), dtype=jnp.int32)
        lanes, one = advance(world, (), lanes, action, jax.random.key(step))
        thawed, other = advance(world, (), thawed, action, jax.random.key(step))
        for name in ("frames", "kind", "since", "earned"):
            assert (np.asarray(getattr(lanes, name)) == np.asarray(getattr(thawed, name))).all()
        assert (np.asarray(one) == np.asarray(other)).all()
    return lanes


def test_gymnasium_s_vectors_and_numbers() -> None:
    pole, lake = environment("gym:CartPole-v1"), environment("gym:FrozenLake-v1")
    assert (pole.kind, pole.shape, pole.actions) == ("vector", (4,), 2)
    lanes = _same_from_there(pole, 40)
    assert lanes.frames.dtype == jnp.float32
    lanes = _same_from_there(lake, 10)
    assert (np.asarray(lanes.frames).sum(axis=-1) == 1).all() and lake.shape == (16,)
    right = jax.jit(lambda seen: jnp.ones(seen.shape[0], dtype=jnp.int32))
    lanes, kinds, earned = begin(pole, (), jax.random.key(0), 1), [], []
    for step in range(25):
        lanes, _ = advance(pole, (), lanes, right(observed(lanes)), jax.random.key(step))
        kinds.append(int(lanes.kind[0]))
        earned.append(float(lanes.earned[0]))
    ends = [step for step, kind in enumerate(kinds) if kind == TERMINAL]
    # A pole that is pushed one way falls within a dozen steps, each of which pays 1.
    assert ends and earned[ends[0]] == ends[0] + 1 and earned[ends[0] + 1] == 0


class _Flicker(gymnasium.Env):
    """An image that is all of one grey, until five steps have passed."""

    observation_space = gymnasium.spaces.Box(0, 255, (48, 40), np.uint8)
    action_space = gymnasium.spaces.Discrete(2, start=1)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.left, self.grey = 5, int(self.np_random.integers(100))
        return np.full((48, 40), self.grey, np.uint8), {}

    def step(self, action: int) -> Any:
        assert action in (1, 2)
        self.left, self.grey = self.left - 1, self.grey + int(action)
        return np.full((48, 40), self.grey, np.uint8), 1.0, False, self.left == 0, {}


def test_gymnasium_s_images_and_time_limits() -> None:
    gymnasium.register("Flicker-v0", entry_point=lambda **_: _Flicker())
    world = environment("gym:Flicker-v0")
    assert (world.kind, world.shape, world.stack) == ("image", (96, 96, 1), 4)
    lanes = _same_from_there(world, 3)
    assert observed(lanes).shape == (2, 96, 96, 4)
    grey = np.asarray(lanes.frames)
    assert (grey == grey[:, :, :1, :1]).all()
    still, kinds = jnp.zeros(2, dtype=jnp.int32), []
    lanes = begin(world, (), jax.random.key(0), 2)
    for step in range(7):
        lanes, _ = advance(world, (), lanes, still, jax.random.key(step))
        kinds.append(np.asarray(lanes.kind).tolist())
    assert kinds == [[STEP] * 2] * 4 + [[CUT] * 2] + [[STEP] * 2] * 2


@pytest.mark.parametrize(
    ("name", "line"),
    [("Nothing-v0", "cannot be made"), ("Pendulum-v1", "finitely many"), ("Blackjack-v1", "shows")],
)
def test_what_cannot_be_played_is_said(name: str, line: str) -> None:
    with pytest.raises(UserError, match=line):
        environment(f"gym:{name}")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("catch", (160, 80)),
        ("cartpole-v0", (120, 160)),
        ("minatar-breakout", (160, 160)),
        ("atari:Pong", (210, 160)),
        ("gym:FrozenLake-v1", (160, 160)),
    ],
)
def test_what_people_are_shown(name: str, shape: tuple[int, int]) -> None:
    world = environment(name)
    lanes = begin(world, world.tables(), jax.random.key(0), 1)
    picture = world.picture(lanes.inner, np.asarray(lanes.frames[0, -1]))
    assert picture.shape[:2] == shape or name.startswith("gym:")
    assert picture.dtype == np.uint8 and np.ptp(picture) > 0


@pytest.mark.parametrize("name", ["pong", "level:", "level:nowhere", "atari:Nothing", ""])
def test_what_does_not_exist_is_said(name: str) -> None:
    with pytest.raises(UserError):
        environment(name)
    assert len(NAMES) == 7


def test_a_graph_cannot_be_shown() -> None:
    with pytest.raises(UserError, match="graph"):
        environment("level:lock-2")
