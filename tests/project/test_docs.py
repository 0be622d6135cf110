"""The documentation: it builds without a warning, and its examples run."""

from __future__ import annotations

import importlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from corrigible.cli import main
from corrigible.worlds.corrections import parse_corrections
from corrigible.worlds.level import parse_level

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _blocks(page: Path, language: str) -> list[tuple[int, str]]:
    text = page.read_text(encoding="utf-8")
    return [
        (text.count("\n", 0, found.start(2)), found[2])
        for found in BLOCK.finditer(text)
        if found[1] == language
    ]


def _having(language: str) -> list[Any]:
    return [
        pytest.param(page, id=page.relative_to(ROOT).as_posix())
        for page in PAGES
        if _blocks(page, language)
    ]


@pytest.mark.parametrize("page", _having("python"))
def test_python_examples_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks of a page run in order and share their names."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": page.stem}
    for line, block in _blocks(page, "python"):
        code = compile("\n" * line + block, str(page), "exec", dont_inherit=True)
        exec(code, names)
    capsys.readouterr()


def _commands(page: Path) -> list[str]:
    """Command lines without placeholders, as one would type them in a folder of one's own."""
    lines = [line for _, block in _blocks(page, "sh") for line in block.splitlines()]
    typed = [line.split(" #")[0].strip() for line in lines]
    mine = [re.sub(r"^(?:\./run|corrigible) ", "", line) for line in typed if " " in line]
    others = ("demo", "test", "check", "lock", "python", "certify LEVEL")
    return [line for line in mine if not line.startswith(others)]


@pytest.mark.parametrize("page", _having("sh"))
def test_commands_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands of a page, in order, in one folder; a person who is asked says one thing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CORRIGIBLE_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(sys, "stdin", io.StringIO("up at 0,2\nquit\n"))
    for line in _commands(page):
        words = [*shlex.split(line), *(["--no-report"] if line.startswith("run ") else [])]
        status = main(words)
        assert status == 0, f"{line}: {capsys.readouterr().err}"
    capsys.readouterr()


def test_the_session_in_the_tutorial_is_what_is_shown(
    call_quietly: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ROOT / "docs" / "tutorial.md"
    assert len(_commands(page)) >= 10
    (said,) = (block for _, block in _blocks(page, "text") if block.startswith("arrival 1"))
    monkeypatch.setattr(sys, "stdin", io.StringIO("up at 0,2\nquit\n"))
    shown = call_quietly("run", "twins", "--overseer", "human", "--no-report")
    lines = [line.rstrip() for line in shown.splitlines()]
    assert said in "\n".join(lines) + "\n"


@pytest.fixture
def call_quietly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    monkeypatch.setenv("CORRIGIBLE_STORE", str(tmp_path / "store"))

    def call(*words: str) -> str:
        assert main(list(words)) == 0
        return capsys.readouterr().err

    return call


def test_corrections_in_the_documentation_are_read() -> None:
    page = ROOT / "docs" / "levels.md"
    level = parse_level(next(block for _, block in _blocks(page, "toml") if "[world]" in block))
    lines = [line for _, block in _blocks(page, "json") for line in block.splitlines()]
    found = parse_corrections([line.encode() for line in lines], level)
    assert len(found) >= 2


def test_levels_in_the_documentation_can_be_loaded() -> None:
    whole = [b for page in PAGES for _, b in _blocks(page, "toml") if "[world]" in b]
    assert len(whole) == 2
    for block in whole:
        level = parse_level(block)
        assert level.problem.rewards.shape[0] == 2


def test_a_page_has_examples() -> None:
    assert len(_having("python")) >= 2


def test_every_exported_name_is_on_the_reference_page() -> None:
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    packages = ("", ".worlds", ".overseers", ".inference", ".planners", ".agents", ".simulate")
    for package in packages:
        row = re.search(rf"^\| `corrigible{re.escape(package)}` \| (.*) \|$", text, re.MULTILINE)
        assert row is not None, package
        named = set(re.findall(r"`(\w+)`", row[1]))
        exported = set(importlib.import_module(f"corrigible{package}").__all__)
        beyond = exported - named
        # What another row already names need not be repeated.
        assert all(f"`{name}`" in text for name in beyond), (package, beyond)
        assert named <= exported, (package, named - exported)


@pytest.mark.slow
def test_the_pages_build_without_a_warning(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    result = subprocess.run(
        [*command, "--site-dir", str(tmp_path / "site")],
        cwd=root,
        env=quiet,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    pages = list((tmp_path / "site").glob("*.html"))
    assert {"index.html", "mathematics.html", "levels.html"} <= {page.name for page in pages}
    for page in pages:
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=\"(https?:[^\"]*)", text)
        assert not loaded, f"{page.name} loads {loaded}"


@pytest.mark.slow
def test_the_picture_is_what_the_planner_says(root: Path) -> None:
    from benchmarks import picture

    drawn = (root / "docs" / "margin.svg").read_text(encoding="utf-8")
    assert picture.picture() == drawn
