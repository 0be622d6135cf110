"""What stands behind the commands: the judge's yardsticks, the doctor's checks, the players."""

from __future__ import annotations

import numpy as np
import pytest

from corrigible.agents import Thompson
from corrigible.cli import health
from corrigible.cli.episodes import best_return, judged_fields
from corrigible.cli.players import player
from corrigible.cli.views import arrows
from corrigible.overseers import HandOfGod
from corrigible.problem import Truth
from corrigible.worlds import Tabular
from corrigible.worlds.level import Level, parse_level
from tests.cli.conftest import LEVEL


@pytest.fixture
def level() -> Level:
    return parse_level(LEVEL)


def test_best_return_by_hand() -> None:
    # A step of patience (0) leads to 3 for ever, haste pays 1 for ever; discount .5.
    transition = np.zeros((2, 2, 2))
    transition[0, 0, 1] = transition[0, 1, 0] = transition[1, :, 1] = 1.0
    world = Tabular(transition, np.zeros((2, 2)), 0.5, np.array([1.0, 0.0]))
    truth = Truth(world, HandOfGod(0.0), np.array([[0.0, 1.0], [3.0, 3.0]]))
    found = [best_return(truth, steps) for steps in (1, 2, 3, 200)]
    assert found == pytest.approx([1.0, 1.5, 2.25, 3.0])


def test_the_baselines_are_told_the_problem(level: Level) -> None:
    for name in ("mean-reward", "map", "thompson", "always-obey"):
        assert vars(player(name, level.problem, None, 1.0))["problem"] is level.problem


def test_what_remembers_more_than_its_belief_is_not_judged(level: Level) -> None:
    assert judged_fields(Thompson(level.problem), level.truth) is None


def test_a_plan_that_knows_is_judged_best(level: Level) -> None:
    planned = player("bayes", level.problem, None, 5.0)
    naive = player("mean-reward", level.problem, None, 5.0)
    best, worse = (judged_fields(agent, level.truth) for agent in (planned, naive))
    assert best is not None and worse is not None
    assert best["regret"] >= -1e-9
    assert best["believed_margin"] > worse["believed_margin"]


def test_arrows_stand_in_their_cells(level: Level) -> None:
    right = level.action_names.index("right")
    lines = arrows(level, np.full(level.world.n_states, right))
    assert lines == ["#####", "#>>>#", "#>>>#", "#####"]
    actions = [level.action_names.index(n) for n in ("up", "down", "left", "stay", "press", "up")]
    assert arrows(level, actions)[1:3] == ["#^v<#", "#o!^#"]


def test_a_failing_check_is_reported(call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> float:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(health, "_margin", broken)
    monkeypatch.setattr(health, "_precision", lambda: 0.0)
    answer = call("doctor")
    assert answer.status == 1
    assert "RuntimeError: no such thing" in answer.out
    assert "FAILED" in answer.out
    told = call("doctor", "--json")
    assert told.status == 1
    assert '"ok": false' in told.out


def test_a_missing_extra_comes_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    known = health._version
    monkeypatch.setattr(health, "_version", lambda p: None if p == "gymnasium" else known(p))
    extras = {extra["name"]: extra for extra in health.examine()["extras"]}
    assert not extras["gym"]["installed"]
    assert extras["gym"]["missing"] == ["gymnasium"]
    assert extras["gym"]["install"] == "pip install 'corrigible[gym]'"
    assert extras["testing"]["installed"]
