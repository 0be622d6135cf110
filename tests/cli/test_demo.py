"""`corrigible demo`, from outside: the numbers, the width, the time, the interrupt, the README."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import record_demo
from corrigible.cli import showcase
from corrigible.cli.flags import split_overrides
from corrigible.cli.main import _parse
from corrigible.view import explain, from_json
from corrigible.view.snapshot import Snapshot
from tests.cli.test_json import check

COMMAND = str(Path(sys.executable).parent / "corrigible")


def _run(folder: Path, *words: str) -> tuple[subprocess.CompletedProcess[str], float]:
    """The command with nothing compiled before, and how long it took."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "COLUMNS"))}
    began = time.monotonic()
    result = subprocess.run(
        [COMMAND, "demo", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**environment, "XDG_CACHE_HOME": str(folder), "JAX_COMPILATION_CACHE_DIR": "cache"},
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result, time.monotonic() - began


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    result, seconds = _run(tmp_path_factory.mktemp("text"))
    assert seconds < 90.0
    assert result.stderr == ""
    return result.stdout


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return check(json.loads(_run(tmp_path_factory.mktemp("json"), "--json")[0].stdout))


@pytest.fixture(scope="module")
def snapshot(answer: Any) -> Snapshot:
    return from_json(answer["snapshot"])


def test_terminal_and_json_are_one_object(text: str, snapshot: Snapshot) -> None:
    assert text.splitlines()[:-1] == list(showcase.lines(snapshot))


def test_the_older_keys_say_the_same(answer: Any, snapshot: Snapshot) -> None:
    (case,) = answer["cases"]
    assert case["level"] == snapshot.level.name
    assert case["verdict"] == snapshot.certificate.worst.verdict
    assert (case["margin_lower"], case["margin_upper"]) == snapshot.certificate.worst.margin
    assert snapshot.provenance.settings_hash == answer["settings_hash"]


def test_what_json_says_is_what_is_explained(answer: Any, snapshot: Snapshot) -> None:
    assert tuple(answer["answer"].values()) == explain.answer(snapshot)
    assert answer["sentences"]["ledger"] == explain.ledger(snapshot)
    for row in snapshot.agents:
        assert answer["sentences"]["agents"][row.agent] == explain.agent(snapshot, row)


def test_it_reads_without_colour_and_in_100_columns(text: str) -> None:
    assert max(len(line) for line in text.splitlines()) <= 100
    assert text.isascii()
    assert "\x1b" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_it_fits_a_terminal_of_80_columns(snapshot: Snapshot) -> None:
    assert max(len(line) for line in showcase.lines(snapshot, 80)) <= 80


def test_it_shows_what_it_is_for(text: str, snapshot: Snapshot) -> None:
    joined = " ".join(text.split())
    for said in (*explain.question(), *explain.answer(snapshot), explain.bribes(snapshot)):
        assert " ".join(said.split()) in joined
    for failure in snapshot.failures:
        assert failure.shown is not None
        assert explain.failure_title(failure) in joined
    assert snapshot.clock is not None
    assert snapshot.clock.crossing_verdict == "indifferent"
    kept = [row.agent for row in snapshot.agents if row.verdict == "keeps"]
    assert kept == ["bayes"]


def test_it_ends_with_commands_that_are_understood(answer: Any) -> None:
    assert len(answer["next"]) == 3
    for command in answer["next"]:
        program, *words = shlex.split(command)
        assert program == "corrigible"
        _parse(split_overrides(words)[0]).check()


def test_the_readme_shows_it(text: str) -> None:
    lines = text.splitlines(keepends=True)[:-1]
    readme = record_demo.README.read_text(encoding="utf-8")
    assert record_demo.with_demo(readme, "".join(lines)) == readme, "benchmarks/record_demo.py"


def test_the_schema_is_the_snapshots() -> None:
    schema = record_demo.SCHEMA.read_text(encoding="utf-8")
    assert record_demo.with_snapshot(schema) == schema, "benchmarks/record_demo.py"


@pytest.mark.parametrize("seconds", [2.0, 3.5, 5.0])
def test_an_interrupt_is_one_line(seconds: float, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [COMMAND, "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    if process.returncode == 0:  # it had already finished
        assert out.splitlines()[-1].startswith("seed 0")
        return
    assert process.returncode == 130
    assert out == ""
    assert err == "interrupted\n"
    assert not list(tmp_path.iterdir())
