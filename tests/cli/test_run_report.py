"""The page that `run` writes: about the level, wherever the episode comes from."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from corrigible.view.report import numbers_of
from tests.cli.test_json import check

FAST = ("--budget", "2", "--steps", "3", "--agent", "map")


def test_a_run_writes_the_page_and_says_where(call, small: Path, ledger: Path) -> None:
    answer = check(call("run", small, *FAST, "--json", quick=False).json)
    page = Path(answer["report"])
    assert page.is_absolute() and page.parent == ledger / "reports"
    origin = numbers_of(page.read_text(encoding="utf-8"))["provenance"]
    assert origin["settings_hash"] == answer["settings_hash"]
    assert origin["command"].startswith("corrigible run ") and "--agent map" in origin["command"]
    assert check(call("run", small, *FAST, "--json").json)["report"] is None


def test_after_a_person_too(
    call, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("up\n"))
    page = tmp_path / "page.html"
    answer = call("run", small, *FAST, "--overseer", "human", "--report", page, quick=False)
    assert answer.status == 0, answer.err
    assert f"report: {page}" in answer.out.splitlines()
    assert "--overseer human" in page.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_costs_the_answer_nothing(
    call, small: Path, tmp_path: Path
) -> None:
    answer = call("run", small, *FAST, "--report", tmp_path, quick=False)
    assert answer.status == 2 and "return mean" in answer.out
    assert call("run", small, "--report", tmp_path / "p.html").status == 2  # and --no-report
