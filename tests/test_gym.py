"""The Gymnasium face: no reward in sight, and the same world as in `simulate`."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from corrigible import Belief, Problem, Truth, simulate
from corrigible.agents import MeanReward
from corrigible.errors import UserError
from corrigible.gym import ASK, OverseenEnv
from corrigible.overseers import HandOfGod
from corrigible.worlds import Tabular


def _truth(about: Any = "current", mode: Any = "advises", cost: float = 0.0) -> Truth:
    rng = np.random.default_rng(3)
    transition = rng.dirichlet(np.ones(4) * 0.4, size=(4, 3))
    disables = np.zeros((4, 3))
    disables[:, 2] = 0.2
    world = Tabular(transition, disables, 0.9, np.array([0.5, 0.5, 0, 0]), np.full((4, 3), 0.1))
    hand = HandOfGod(0.6, ties="ordered", about=about, mode=mode, ask_cost=cost)
    return Truth(world, hand, rng.normal(size=(4, 3)))


@pytest.mark.parametrize(
    "truth",
    [_truth(), _truth("uniform"), _truth("asked", cost=0.3), _truth(mode="overrides")],
    ids=["current", "uniform", "asked", "overrides"],
)
def test_it_passes_gymnasiums_own_checker(truth: Truth) -> None:
    check_env(OverseenEnv(truth, key=1, score=True), skip_render_check=True)


@pytest.mark.parametrize("about", ["current", "asked"])
def test_the_reward_is_zero_and_the_score_is_shown_only_where_asked_for(about: str) -> None:
    for score in (False, True):
        env = OverseenEnv(_truth(about, cost=0.3 if about == "asked" else 0.0), 0, 50, score)
        env.reset()
        env.action_space.seed(0)
        infos = []
        truncated = False
        while not truncated:
            seen, reward, terminated, truncated, info = env.step(env.action_space.sample())
            assert reward == 0.0 and not terminated
            assert "reward" not in " ".join(seen)
            infos.append(info)
        assert any(i.get("reward_true") for i in infos) == score
        assert all(bool(i) == score for i in infos)
        charged = {i.get("ask_cost", 0.0) for i in infos}
        assert charged == ({0.0, 0.3} if score and about == "asked" else {0.0})


def test_a_key_repeats_an_episode() -> None:
    def play(env: OverseenEnv) -> list[str]:
        seen = [str(env.reset())]
        return seen + [str(env.step(t % 3)) for t in range(40)]

    first, again, other = (play(OverseenEnv(_truth(), key)) for key in (5, 5, 6))
    assert first == again != other


def test_a_question_is_put_only_after_an_arrival_with_the_channel_on() -> None:
    env = OverseenEnv(_truth("asked"), 2, 200)
    seen, _ = env.reset()
    assert seen["phase"] == 0
    answered, truncated = 0, False
    for _ in range(600):
        asking = seen["phase"] == ASK
        assert not asking or (seen["channel"] == 1 and seen["signal"][0] == -1)
        seen, _, _, truncated, _ = env.step(np.array([0, 3]))
        if seen["signal"][0] >= 0:
            assert asking and seen["signal"][0] == 3
            answered += 1
        if truncated:
            break
    assert truncated and answered > 0
    seen, _ = env.reset()
    for _ in range(100):
        seen = env.step(np.array([0, 4]))[0]
        assert seen["signal"][0] == -1


def test_an_overriding_hand_executes_what_it_said() -> None:
    env = OverseenEnv(_truth(mode="overrides"), 2, 400, score=True)
    seen, _ = env.reset()
    overridden = 0
    for _ in range(400):
        told = int(seen["signal"][1])
        seen, _, _, _, info = env.step(1)
        assert info["overridden"] == (told >= 0)
        assert info["executed"] == (told if told >= 0 else 1)
        overridden += info["overridden"]
    assert overridden > 50


def test_returns_agree_with_simulate() -> None:
    truth = _truth("uniform", mode="advises")
    action = 2
    rewards = np.zeros((1, 4, 3))
    rewards[:, :, action] = 1.0
    problem = Problem(truth.world, truth.overseer, Belief.uniform(rewards))
    record = simulate(MeanReward(problem), truth, 0, steps=60, episodes=2000)
    env = OverseenEnv(truth, 1, 60, score=True)
    totals, heard, on = [], [], []
    for _ in range(120):
        env.reset()
        steps = [env.step(action) for _ in range(60)]
        totals.append(sum(s[4]["reward_true"] for s in steps))
        heard.append(sum(s[0]["signal"][0] >= 0 for s in steps))
        on.append(sum(int(s[0]["channel"]) for s in steps))
    pairs = (
        (totals, record.rewards_true.sum(axis=1)),
        (heard, (record.corrections[:, 1:, 0] >= 0).sum(axis=1)),
        (on, record.channel[:, 1:].sum(axis=1)),
    )
    for mine, theirs in pairs:
        error = np.sqrt(np.var(mine) / len(mine) + np.var(theirs) / len(theirs))
        assert abs(np.mean(mine) - np.mean(theirs)) < 5 * error


def test_bad_input_is_one_line() -> None:
    with pytest.raises(UserError, match="at least 1"):
        OverseenEnv(_truth(), 0, steps=0)
    env = OverseenEnv(_truth(), 0)
    env.reset()
    with pytest.raises(UserError, match="outside"):
        env.step(3)


def test_without_the_extra_one_line_says_what_installs_it() -> None:
    program = (
        "import sys; sys.modules['gymnasium'] = None\n"
        "from corrigible.errors import UserError\n"
        "try:\n    import corrigible.gym\n"
        "except UserError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("\n") == 1
    assert 'pip install "corrigible[gym]"' in done.stdout
