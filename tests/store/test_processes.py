"""Processes that end at any moment, and several at once: what was said to be saved is there."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

from tests.store.samples import ids

HERE = Path(__file__).parent
JOURNALS = ["wal", "rollback"]
SAVED = re.compile(r"saved as run (\d+)(?: of a new ledger, .*)?\n")


def start(*words: object, name: str = "driver.py") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(HERE / name), *(str(word) for word in words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(stream: IO[str] | None) -> list[int]:
    """The numbers in whole lines; a line may be cut off."""
    assert stream is not None
    return [int(line) for line in stream.read().splitlines(keepends=True) if line[-1] == "\n"]


@pytest.mark.parametrize("journal", JOURNALS)
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_kills(tmp_path: Path, counts, journal: str, sent: signal.Signals) -> None:
    draw = random.Random(0)
    promised: set[int] = set()
    saved = 0
    for kill in range(counts.n(8, 100)):
        # A new ledger now and then: its beginning is killed as well.
        folder = tmp_path / str(kill // 10)
        if kill % 10 == 0:
            promised = set()
        process = start(folder, 1000 * kill, 1000, journal)
        assert process.stdout is not None
        # By what it has done, so that a busy machine does not end it before it began; and Python
        # itself does not start in good order when it is interrupted.
        for _ in range(draw.randint(sent is signal.SIGINT, 5)):
            promised.add(int(process.stdout.readline()))
        time.sleep(draw.uniform(0.0, 0.1))
        process.send_signal(sent)
        promised.update(told(process.stdout))
        process.communicate(timeout=60)
        assert process.returncode in (-sent, 130)
        there = ids(folder)
        assert promised <= set(there)
        # At most one row a kill was saved and not yet told of.
        assert len(there) <= len(promised) + kill % 10 + 1
        saved = max(saved, len(promised))
    assert saved > 10


def test_kills_of_the_commands(tmp_path: Path, counts) -> None:
    folder, count = tmp_path / "store", counts.n(12, 200)
    promised: set[int] = set()
    with start(folder, count, name="forker.py") as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            for line in process.stdout:
                answer = json.loads(line)
                assert "Traceback" not in answer["said"], answer["said"]
                assert answer["status"] == (130 if answer["signal"] == "SIGINT" else None), answer
                promised.update(int(number) for number in SAVED.findall(answer["said"]))
                assert promised <= set(ids(folder))
                count -= 1
        finally:
            process.terminate()
        assert count == 0, process.stderr.read()
    assert len(promised) > counts.n(3, 50)


def test_kills_of_a_whole_command(tmp_path: Path, counts) -> None:
    draw = random.Random(0)
    promised: set[int] = set()
    words = ["run", "twins", "--steps", "3", "--agent", "map", "--store", str(tmp_path)]
    for kill in range(counts.n(2, 20)):
        process = subprocess.Popen(
            [sys.executable, "-m", "corrigible", *words, "--seed", str(kill)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        # One is left to end by itself.
        try:
            _, err = process.communicate(timeout=draw.uniform(0.2, 3) if kill else 60)
        except subprocess.TimeoutExpired:
            process.kill()
            _, err = process.communicate(timeout=60)
        promised.update(int(number) for number in SAVED.findall(err))
        assert promised <= set(ids(tmp_path))
    assert promised


@pytest.mark.parametrize("journal", JOURNALS)
def test_several_at_once(tmp_path: Path, counts, journal: str) -> None:
    """They begin the ledger together, and none is refused."""
    each = counts.n(15, 200)
    processes = [start(tmp_path, 1000 * k, each, journal) for k in range(3)]
    numbers: list[int] = []
    for process in processes:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        numbers += [int(line) for line in out.split()]
    assert sorted(numbers) == list(range(1, 3 * each + 1))
    assert sorted(ids(tmp_path)) == sorted(numbers)


@pytest.mark.parametrize("journal", JOURNALS)
def test_a_disk_that_fills_up(tmp_path: Path, journal: str) -> None:
    process = start(tmp_path, 0, 1000, journal, 200_000)
    numbers = told(process.stdout)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.count("\n") == 1
    assert "what was saved before is still there" in err
    assert len(numbers) > 5
    assert ids(tmp_path) == numbers[::-1]
    process = start(tmp_path, 0, 1, journal)
    assert told(process.stdout) == [numbers[-1] + 1]
    process.communicate(timeout=60)


def test_no_room_to_begin(tmp_path: Path) -> None:
    process = start(tmp_path, 0, 1, "wal", 1000)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.count("\n") == 1
    assert ids(tmp_path) == []
