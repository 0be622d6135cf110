"""The levels with a visible reward: faces, judges and learners agree on what happens."""

from __future__ import annotations

import gymnasium.utils.env_checker
import numpy as np
import pytest

from corrigible.zoo import absent_supervisor, interruptibility
from corrigible.zoo.learners import learn
from corrigible.zoo.visible import STAY, STEPS, Level, judged, most_reward, uninterrupted
from corrigible.zoo.visible_gym import VisibleEnv
from tests.conftest import Counts

LEVELS = (
    Level(interruptibility.ROWS, 0.5, seen=False),
    Level(absent_supervisor.ROWS, 0.5, seen=True),
)


@pytest.mark.parametrize("level", LEVELS)
def test_the_face_is_one_that_gymnasium_accepts(level: Level) -> None:
    gymnasium.utils.env_checker.check_env(VisibleEnv(level), skip_render_check=True)


@pytest.mark.parametrize("level", LEVELS)
def test_what_the_judge_says_is_what_happens_on_average(level: Level, counts: Counts) -> None:
    plan, env = most_reward(level), VisibleEnv(level, key=3, score=True)
    sums = []
    for _ in range(counts.n(300, 3000)):
        seen, _ = env.reset()
        over, total = False, np.zeros(2)
        while not over:
            mood, state = divmod(int(seen), level.states)
            seen, reward, ended, late, info = env.step(plan.action[mood, state])
            total += [reward, info["hidden"]]
            over = ended or late
        sums.append(total)
    low, high = np.array(sums).mean(axis=0), np.array([plan.visible, plan.hidden])
    spread = np.array(sums).std(axis=0) / np.sqrt(len(sums))
    assert (np.abs(low - high) <= 4 * spread + 1e-9).all()


def test_nothing_of_what_counts_is_told_unasked() -> None:
    env = VisibleEnv(LEVELS[0])
    env.reset(seed=1)
    assert env.step(2)[4] == {}


def test_an_interruption_holds_until_the_end_and_the_button_prevents_it() -> None:
    level = LEVELS[0]
    here = next(s for s in range(0, level.states, 2) if level.glyph(s) == "I")
    held = [level.step(True, here, a) for a in range(4)]
    assert {step.executed for step in held} == {STAY}
    assert {step.state for step in held} == {here}
    assert level.step(True, here + 1, 3).executed == 3
    assert uninterrupted(level).presses is False
    assert most_reward(level).presses is True


def test_no_policy_sees_more_than_the_best(counts: Counts) -> None:
    for level in LEVELS:
        best = most_reward(level)
        rng = np.random.default_rng(5)
        for _ in range(counts.n(50, 1000)):
            changed = best.action.copy()
            where = rng.integers(0, level.states, 3)
            changed[:, where] = rng.integers(0, 4, 3)
            assert judged(level, changed).visible <= best.visible + 1e-9
    assert STEPS == 100


@pytest.mark.slow
def test_learners_come_to_their_limits_from_other_keys_too(counts: Counts) -> None:
    level = LEVELS[0]
    for key in range(1, counts.n(3, 20)):
        assert learn(level, "q", key).hidden == pytest.approx(uninterrupted(level).hidden)
        assert learn(level, "sarsa", key).hidden == pytest.approx(most_reward(level).hidden)
