"""Atari: the paper's protocol point by point, and a real game that is learnt from and resumed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corrigible.efficientzero.checkpoint import resume_or_start, save, weights_sha256
from corrigible.efficientzero.environments import environment
from corrigible.efficientzero.environments.atari import Atari
from corrigible.efficientzero.environments.base import advance, begin, observed
from corrigible.efficientzero.replay import CUT, STEP, TERMINAL
from corrigible.efficientzero.search import Search
from corrigible.efficientzero.settings import Settings
from corrigible.efficientzero.train import make_network, start, train

TINY = Settings(
    Search("gumbel", 2, 5, 0.997**4),
    env_steps=60,
    random_steps=20,
    lanes=2,
    rows=10,
    updates=10,
    capacity=40,
    batch=4,
    chunk=8,
    slim=16,
)


def _game(name: str) -> Atari:
    world = environment(f"atari:{name}")
    assert isinstance(world, Atari)
    return world


def _play(game: Atari, actions: list[int]) -> tuple[list[int], list[float], Any]:
    """(kinds, rewards, the console afterwards) of one lane."""
    lanes, kinds, rewards = begin(game, (), jax.random.key(0), 1), [], []
    for step, action in enumerate(actions):
        lanes, reward = advance(game, (), lanes, jnp.array([action]), jax.random.key(step))
        kinds.append(int(lanes.kind[0]))
        rewards.append(float(reward[0]))
    return kinds, rewards, lanes.inner[0]


def _areas(out: int, size: int) -> np.ndarray:
    """[out, size]: how much of each pixel lies in each cell; rows sum to 1."""
    edges = np.linspace(0, size, out + 1)
    low = np.maximum(edges[:-1, None], np.arange(size)[None])
    high = np.minimum(edges[1:, None], np.arange(size)[None] + 1)
    return np.maximum(high - low, 0) * out / size


def test_four_frames_the_brighter_of_the_last_two_averaged_over_areas() -> None:
    world = _game("MsPacman")
    lanes = begin(world, (), jax.random.key(3), 1)
    for step in range(70):
        lanes, _ = advance(world, (), lanes, jnp.array([0]), jax.random.key(step))
    beside = world.thaw(world.freeze(lanes.inner))[0].emulator
    first = beside.getEpisodeFrameNumber()
    screens = []
    for _ in range(4):
        beside.act(world.minimal[3])
        screens.append(beside.getScreenRGB().astype(np.float64))
    brighter = np.maximum(screens[-1], screens[-2])
    assert (screens[-1] != screens[-2]).any()
    expected = np.einsum("ay,yxc,bx->abc", _areas(96, 210), brighter, _areas(96, 160))
    lanes, _ = advance(world, (), lanes, jnp.array([3]), jax.random.key(99))
    shown = np.asarray(lanes.frames[0, -1]).astype(np.float64)
    assert shown.shape == (96, 96, 3)
    # Rounded to bytes.
    assert np.abs(shown - expected).max() <= 1.0
    console = lanes.inner[0]
    assert console.emulator.getEpisodeFrameNumber() == first + 4
    assert console.emulator.getFloat("repeat_action_probability") == 0.0


def test_what_the_network_sees() -> None:
    world = _game("Pong")
    assert world.actions == 6 and world.discount == pytest.approx(0.997**4)
    lanes = begin(world, (), jax.random.key(0), 2)
    seen = observed(lanes)
    assert seen.shape == (2, 96, 96, 12) and seen.dtype == jnp.uint8
    # An episode's first frame stands for those before it.
    assert (np.asarray(lanes.frames) == np.asarray(lanes.frames[:, :1])).all()
    network = jax.eval_shape(partial(make_network, world, TINY), jax.random.key(0))
    assert network.divisor == 255.0


def test_a_game_begins_with_up_to_thirty_idle_frames_and_without_fire() -> None:
    world = _game("Breakout")
    # Of a new game the emulator itself lets a few frames pass.
    least = world.thaw(world.freeze(begin(world, (), jax.random.key(0), 1).inner))[0].emulator
    least.reset_game()
    start_frame, still = least.getEpisodeFrameNumber(), least.getRAM()
    consoles, _ = world.reset((), jax.random.key(1), 24)
    waited = np.array([c.emulator.getEpisodeFrameNumber() for c in consoles]) - start_frame
    assert waited.min() >= 0 and waited.max() <= 30 and len(set(waited.tolist())) > 8
    # The ball of Breakout appears when fire is pressed: nobody has.
    ball = 99
    assert {int(c.emulator.getRAM()[ball]) for c in consoles} == {int(still[ball])}


def test_rewards_are_signs_in_training_and_themselves_in_the_test() -> None:
    actions = [2] * 12
    _, signs, _ = _play(_game("MsPacman"), [0] * 70 + actions)
    _, points, _ = _play(replace(_game("MsPacman"), training=False), [0] * 70 + actions)
    assert max(points) >= 10 and signs == np.sign(points).tolist()


def test_lives_are_episodes_in_training_and_the_game_goes_on() -> None:
    world = _game("Breakout")
    kinds, _, console = _play(world, [1] * 70)
    assert set(kinds) == {STEP, TERMINAL} and not console.finished
    # Rows that follow a lost life take no frame; the others four each, of one and the same game.
    frames = 4 * (len(kinds) - kinds[:-1].count(TERMINAL))
    assert 0 <= console.emulator.getEpisodeFrameNumber() - frames <= 35
    assert set(_play(world.test(), [1] * 70)[0]) == {STEP}


def test_games_are_cut_at_3000_actions_and_at_27000_in_the_test() -> None:
    world = _game("Breakout")
    tested = world.test()
    assert isinstance(tested, Atari) and (world.limit, tested.limit) == (3000, 27_000)
    kinds, _, console = _play(replace(world, limit=5), [0] * 7)
    assert kinds == [STEP] * 4 + [CUT] + [STEP] * 2
    assert console.steps == 1


def test_a_game_goes_on_from_what_was_frozen() -> None:
    world = _game("Pong")
    lanes, play = begin(world, (), jax.random.key(0), 1), partial(advance, world, ())
    for step in range(3):
        lanes, _ = play(lanes, jnp.array([2]), jax.random.key(step))
    thawed = lanes._replace(inner=world.thaw(world.freeze(lanes.inner)))
    for step in range(12):
        action = jnp.array([step % 6])
        lanes, one = play(lanes, action, jax.random.key(step))
        thawed, other = play(thawed, action, jax.random.key(step))
        assert float(one[0]) == float(other[0])
        assert (np.asarray(lanes.frames) == np.asarray(thawed.frames)).all()


@pytest.mark.slow
def test_a_real_game_steps_searches_learns_and_goes_on(tmp_path: Path) -> None:
    """Twenty learner steps on Pong with narrow networks; a run resumed after ten is the same."""
    world, kept = environment("atari:Pong"), []

    def keep(run: Any) -> None:
        if int(run.learner.steps) == 10:
            save(tmp_path, world, TINY, run)
            kept.append(run.turn)

    whole = train(world, TINY, start(world, TINY, 0), keep=keep, every=0.0)
    assert int(whole.learner.steps) == 20 and kept == [2]
    assert weights_sha256(whole.learner.weights) != weights_sha256(whole.target)
    policy = np.asarray(whole.replay.rows.policy)[: int(whole.replay.written)]
    assert np.ptp(policy) > 0
    again = resume_or_start(world, TINY, 0, tmp_path)
    assert again.turn == 2 and again.env_steps < whole.env_steps
    again = train(world, TINY, again)
    assert weights_sha256(again.learner.weights) == weights_sha256(whole.learner.weights)
