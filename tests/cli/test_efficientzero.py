"""`efficientzero train` and `evaluate`: answers, mistakes, and a run that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_json import check
from tests.conftest import Counts
from tests.efficientzero.quick import quickly_compiled as quickly_compiled

WORDS = ("efficientzero", "train", "--env", "catch", "--env-steps", "800", "--json", "--out")


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
    other = call(*words, "--seed", 1)
    assert other.status == 2 and "another seed" in other.err
    assert "weights" in call(*words).out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("train", "--env", "snake", "--out", "x"), "there is no environment 'snake'"),
        (("train", "--env", "catch", "--out", "x", "--env-steps", "0"), "--env-steps is 0"),
        (("evaluate", "--out", "nowhere"), "there is no checkpoint.npz in nowhere"),
    ],
)
def test_mistakes_are_one_line(call, words: tuple[str, ...], line: str, tmp_path: Path) -> None:
    answer = call("efficientzero", *words)
    assert answer.status == 2 and line in answer.err and answer.err.count("\n") == 1


def _start(folder: Path) -> Any:
    command = [sys.executable, "-m", "corrigible", *WORDS, str(folder)]
    return subprocess.Popen(
        [*command, "--checkpoint-every", "0.001"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
    )


@pytest.mark.slow
def test_killed_anywhere_and_resumed_it_is_the_same_run(tmp_path: Path, counts: Counts) -> None:
    whole, _ = _start(tmp_path / "whole").communicate()
    for cut in range(counts.n(1, 5)):
        folder = tmp_path / str(cut)
        process = _start(folder)
        while not (folder / "checkpoint.npz").exists():
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(0.37 * cut)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        again, _ = _start(folder).communicate()
        key = '"weights_sha256": "'
        assert again.split(key)[1][:64] == whole.split(key)[1][:64]
