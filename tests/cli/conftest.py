"""A command line to call in this process, and files to give it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corrigible.cli import main

# One decision, one guess: small enough that every command answers at once.
LEVEL = """\
name = "small"
map = '''
#####
#..a#
#B.b#
#####
'''
[legend]
a = { kind = "goal", pays = 1.0 }
b = { kind = "goal", pays = 1.0 }
B = { kind = "press", pays = 0.1, disables = 1.0, start = true }
[world]
discount = 0.9
[overseer]
rate = 0.5
about = "uniform"
ties = "ordered"
[truth]
hypothesis = 1
"""


@dataclass(frozen=True)
class Answer:
    """What a call left behind.

    Source: this package.
    """

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        assert self.status == 0, self.err
        assert self.out.count("\n") == 1
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def ledger(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a ledger of the test's own, outside of the folder that the test looks at."""
    folder = tmp_path_factory.mktemp("ledger") / "store"
    monkeypatch.setenv("CORRIGIBLE_STORE", str(folder))
    return folder


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    def run(*words: object, quick: bool = True) -> Answer:
        """A command; `quick` leaves out the page that `run` writes, which takes seconds."""
        if quick and words[:1] == ("run",) and "--no-report" not in words:
            words = (*words, "--no-report")
        status = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Answer(status, captured.out, captured.err)

    return run


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(LEVEL, encoding="utf-8")
    return path


@pytest.fixture
def corrections(tmp_path: Path) -> Path:
    path = tmp_path / "corrections.jsonl"
    path.write_text(
        '{"at": [1, 2], "action": "right"}\n\n{"state": 4, "action": 1}\n', encoding="utf-8"
    )
    return path
