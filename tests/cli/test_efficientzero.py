"""`efficientzero train` and `evaluate`: answers, mistakes, and a run that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.test_json import check
from tests.conftest import Counts
from tests.efficientzero.quick import quickly_compiled as quickly_compiled


def test_train_goes_on_and_evaluate_judges(call, tmp_path: Path) -> None:
    words = ("efficientzero", "train", "--env", "catch", "--env-steps", 900, "--out", tmp_path)
    trained = check(call(*words, "--json").json)
    assert 700 < trained["env_steps"] <= 900 and trained["train_steps"] > 0
    assert -1 <= trained["return_mean"] <= 1 and trained["best"] == 1
    assert list((tmp_path / "tensorboard").iterdir())
    # Nothing is left to do, and nothing changes.
    assert check(call(*words, "--json").json) == trained
    judged = check(
        call("efficientzero", "evaluate", "--out", tmp_path, "--episodes", 5, "--json").json
    )
    assert judged["weights_sha256"] == trained["weights_sha256"]
    low, high = judged["return_interval"]
    assert low <= judged["return_mean"] <= high
    told = json.loads((tmp_path / "evaluation.json").read_text())
    assert np.mean(told["returns"]) == judged["return_mean"] and len(told["returns"]) == 5
    filmed = tmp_path / "film.gif"
    call("efficientzero", "evaluate", "--out", tmp_path, "--episodes", 1, "--video", filmed)
    with Image.open(filmed) as film:
        # Ten observations; two that are alike may be one frame that lasts longer.
        assert film.size == (80, 160) and 8 <= getattr(film, "n_frames", 1) <= 10
    other = call(*words, "--seed", 1)
    assert other.status == 2 and "another seed" in other.err
    assert "weights" in call(*words).out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("train", "--env", "snake", "--out", "x"), "there is no environment 'snake'"),
        (("train", "--env", "catch", "--out", "x", "--env-steps", "0"), "--env-steps is 0"),
        (("train", "--env", "catch", "--out", "x", "--devices", "3"), "not a multiple of devices"),
        (("train", "--env", "gym:Pendulum-v1", "--out", "x"), "only finitely many actions"),
        (("scores", "nowhere"), "there is no evaluation.json in nowhere"),
        (("sweep", "--envs", "--out", "x"), "--envs"),
        (("evaluate", "--out", "nowhere"), "there is no checkpoint.npz in nowhere"),
    ],
)
def test_mistakes_are_one_line(call, words: tuple[str, ...], line: str, tmp_path: Path) -> None:
    answer = call("efficientzero", *words)
    assert answer.status == 2 and line in answer.err and answer.err.count("\n") == 1


def test_scores_put_games_and_seeds_together(call, tmp_path: Path) -> None:
    for name, game, mean in (("a", "Pong", -20.7), ("b", "Pong", 14.6), ("c", "Boxing", 6.1)):
        (tmp_path / name).mkdir()
        told = {"environment": f"atari:{game}", "returns": [mean - 1, mean + 1]}
        (tmp_path / name / "evaluation.json").write_text(json.dumps(told))
    folders = [tmp_path / name for name in "abc"]
    found = check(call("efficientzero", "scores", *folders, "--json").json)
    assert [(g["game"], g["runs"]) for g in found["games"]] == [("Boxing", 1), ("Pong", 2)]
    assert found["mean"]["value"] == pytest.approx(0.5)
    assert found["mean"]["interval"] == pytest.approx([0.5 / 3, 2.5 / 3])
    assert "iqm" in call("efficientzero", "scores", *folders).out
    (tmp_path / "a" / "evaluation.json").write_text("[]")
    broken = call("efficientzero", "scores", *folders)
    assert broken.status == 2 and "not what evaluate writes" in broken.err
    (tmp_path / "a" / "evaluation.json").write_text('{"environment": "catch", "returns": [1]}')
    assert "not on atari:GAME" in call("efficientzero", "scores", *folders).err


@pytest.mark.slow
def test_a_sweep_makes_the_runs_that_train_makes(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its processes compile as this one does.
    monkeypatch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
    steps = ("--env-steps", 400, "--json")
    words = ("efficientzero", "sweep", "--envs", "catch", "cartpole-v0", "--seeds", 1, "--jobs", 2)
    swept = check(call(*words, "--out", tmp_path, "--episodes", 2, *steps).json)
    assert [run["environment"] for run in swept["runs"]] == ["catch", "cartpole-v0"]
    single = ("efficientzero", "train", "--env", "catch", "--out", tmp_path / "alone")
    alone = check(call(*single, *steps).json)
    assert swept["runs"][0]["weights_sha256"] == alone["weights_sha256"]
    wrong = call(*words, "--out", tmp_path, "--env-steps", 401)
    assert wrong.status == 2 and "other settings" in wrong.err


def _swept(folder: Path, address: str, steps: int) -> subprocess.CompletedProcess[str]:
    """In a process of its own: Ray forks, which one that holds JAX must not."""
    words = ["efficientzero", "sweep", "--envs", "catch", "--seeds", "2", "--jobs", "2", "--json"]
    words += ["--episodes", "2", "--env-steps", str(steps), "--ray", address, "--out", str(folder)]
    return subprocess.run(
        [sys.executable, "-m", "corrigible", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
    )


@pytest.mark.slow
def test_a_cluster_makes_the_runs_that_train_makes(tmp_path: Path) -> None:
    swept = check(json.loads(_swept(tmp_path, "local", 400).stdout))
    assert [run["seed"] for run in swept["runs"]] == [0, 1]
    alone = json.loads(_start(tmp_path / "alone", 400).communicate()[0])
    assert swept["runs"][0]["weights_sha256"] == alone["weights_sha256"]
    wrong = _swept(tmp_path, "local", 401)
    assert wrong.returncode == 2 and "other settings" in wrong.stderr
    assert wrong.stderr.count("\n") == 1
    for address in ("127.0.0.1:1", "auto"):
        nobody = _swept(tmp_path, address, 400)
        assert nobody.returncode == 2 and "where nothing answers" in nobody.stderr


def _start(folder: Path, steps: int) -> subprocess.Popen[str]:
    words = ["efficientzero", "train", "--env", "catch", "--env-steps", str(steps), "--json"]
    words += ["--out", str(folder), "--checkpoint-every", "0.001"]
    return subprocess.Popen(
        [sys.executable, "-m", "corrigible", *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
    )


def _written(process: subprocess.Popen[str], folder: Path) -> float:
    """When the first checkpoint was there."""
    while not (folder / "checkpoint.npz").exists():
        assert process.poll() is None
        time.sleep(0.01)
    return time.monotonic()


@pytest.mark.slow
def test_killed_anywhere_and_resumed_it_is_the_same_run(tmp_path: Path, counts: Counts) -> None:
    """At moments drawn between the first checkpoint and the end."""
    steps, luck = counts.n(800, 2400), np.random.default_rng(0)
    process = _start(tmp_path / "whole", steps)
    first = _written(process, tmp_path / "whole")
    whole = json.loads(process.communicate()[0])
    rest, killed, cut = time.monotonic() - first, 0, 0
    while killed < counts.n(1, 5):
        folder = tmp_path / str(cut := cut + 1)
        process = _start(folder, steps)
        _written(process, folder)
        time.sleep(luck.uniform(0, rest))
        process.kill()
        # One that had come to its end before was not killed: another one, then.
        killed += process.wait() == -signal.SIGKILL
        process.communicate()
        again = json.loads(_start(folder, steps).communicate()[0])
        for name in ("weights_sha256", "env_steps", "train_steps", "return_mean"):
            assert again[name] == whole[name], (name, cut)
