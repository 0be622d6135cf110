"""The examples run as they stand, and a number that each prints is right."""

from __future__ import annotations

import math
import re
import runpy
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from corrigible.planners import solve
from corrigible.worlds import load_level

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def _printed(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    return capsys.readouterr().out


def _after(text: str, label: str) -> list[float]:
    line = next(line for line in text.splitlines() if line.strip().startswith(label))
    return [float(n) for n in re.findall(r"-?\d+\.\d+", line.strip().removeprefix(label))]


def test_certify_a_level(capsys: pytest.CaptureFixture[str]) -> None:
    text = _printed("01_certify_a_level.py", capsys)
    # Unheard, it walks to a corner three steps away, right half the time; a press costs one step.
    assert _after(text, "path") == [pytest.approx(0.5 * 0.9**3, abs=1e-6)]
    up, *_, press = solve(load_level("twins").problem, method="exact").q(7)
    assert _after(text, "margin  ") == [pytest.approx(up - press, abs=1e-4)] * 2


def test_your_own_world(capsys: pytest.CaptureFixture[str]) -> None:
    text = _printed("02_your_own_world.py", capsys)
    assert _after(text, "planned") == [pytest.approx(0.5 * 0.9), pytest.approx(0.2)]
    # Heard half the time and then right more often than wrong by tanh(1/2); unheard, it says 0.
    value = 0.9 * (0.5 * math.tanh(0.5) - 0.5)
    assert _after(text, "a hand that errs")[0] == pytest.approx(value, abs=1e-6)


def test_simulate_agents(capsys: pytest.CaptureFixture[str]) -> None:
    text = _printed("03_simulate_agents.py", capsys)
    assert _after(text, "mean reward")[-1] == pytest.approx(0.1 + 0.95)
    problem = load_level("lock-2", {"graph.pays.decide.right": 0.1}).problem
    # Two hundred episodes with returns between -1 and 10: five standard errors are less than 2.
    assert abs(_after(text, "planned")[-1] - solve(problem).value_at_start) < 2.0
    assert _after(text, "planned")[0] == 0.0 and _after(text, "Thompson")[0] == 1.0


def test_corrections_to_beliefs(capsys: pytest.CaptureFixture[str]) -> None:
    text = _printed("04_corrections_to_beliefs.py", capsys)
    # Every corner is four steps away; one in four is right, and to know which is worth three more.
    assert _after(text, "VPI") == [pytest.approx(0.75 * 0.95**4 / 0.05, abs=1e-4)]
    assert text.rstrip().endswith("VPI              0.0000\n\nalarms after the contrary: (3,)")


def test_gymnasium_worlds(capsys: pytest.CaptureFixture[str]) -> None:
    text = _printed("05_gymnasium_worlds.py", capsys)
    steps = gymnasium.make("FrozenLake-v1").unwrapped.P  # pyright: ignore[reportAttributeAccessIssue]
    value, goes = np.zeros(16), np.empty((0, 0))
    for _ in range(800):
        # One of two goals, never told which; by any action, or standing still.
        goes = np.array(
            [[sum(p * value[n] for p, n, *_ in r) for r in steps[s].values()] for s in steps]
        )
        value = np.isin(range(16), (3, 14)) / 2 + 0.95 * np.maximum(goes.max(axis=1), value)
    slippery = text[text.index("slippery") :]
    assert _after(slippery, "path")[0] == pytest.approx(0.95 * (goes[3].max() - value[3]), abs=1e-6)
    # Around the lava: a turn, two steps down, a turn, two steps to the right, and the last pays.
    assert sum(_after(text, "under its own reward")) == pytest.approx(0.95**5, abs=1e-5)


def test_every_example_is_short_and_tested() -> None:
    scripts = sorted(EXAMPLES.glob("*.py"))
    tested = Path(__file__).read_text(encoding="utf-8")
    assert len(scripts) == 6
    for script in scripts:
        assert len(script.read_text(encoding="utf-8").splitlines()) < 60, script.name
        assert script.name in tested, script.name


def test_continuous_rewards(capsys: pytest.CaptureFixture[str]) -> None:
    text = _printed("06_continuous_rewards.py", capsys)
    verdicts = re.findall(r": (\w+)$", text, re.MULTILINE)
    assert verdicts == ["keeps", "indifferent"]
    (mean, spread), *_, (later, narrower) = re.findall(
        r"worth (-?[\d.]+), give or take ([\d.]+)", text
    )
    # A density of scale 10 before anything is heard; what is heard says that this cell is good.
    assert abs(float(mean)) < 1.5 and abs(float(spread) - 10.0) < 1.0
    assert float(later) > 8.0 and float(narrower) < 8.0
