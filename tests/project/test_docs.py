"""The documentation: it builds without a warning, and its examples run."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
