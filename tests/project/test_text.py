"""The repository speaks of itself alone, and leaves nothing half done."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

# Put together here, so that this file does not contain what it looks for.
_FORBIDDEN = [
    r"/(?:home|root|Users)/" + r"\w+",
    r"(?<![\w.])/" + r"work/",
    r"/tmp/" + r"team",
    r"\bDESIGN" + r"\.md\b",
    r"\bANCHORS" + r"\.md\b",
    r"\.\./" + r"shared",
    r"\bTO" + r"DO\b|\bFIX" + r"ME\b|\bXX" + r"X\b",
    r"pytest\.mark\." + r"(?:skip|xfail)|pytest\." + r"skip\(",
    r"\bco-authored" + r"-by\b",
    r"\b(?:Clau" + r"de|Chat" + r"GPT|Copi" + r"lot|Anthro" + r"pic)\b",
]
FORBIDDEN = re.compile("|".join(_FORBIDDEN), re.IGNORECASE)
EXEMPT = {"uv.lock", "LICENSE"}


def _files(root: Path) -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [
            path.relative_to(root).as_posix()
            for folder in ("src", "tests", "docs", "benchmarks", "examples")
            for path in (root / folder).rglob("*.*")
        ]
    return [root / name for name in listed if name and (root / name).is_file()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_nothing_of_elsewhere_and_nothing_half_done(root: Path) -> None:
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in _files(root)
        if path.name not in EXEMPT
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if FORBIDDEN.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("line", ["see /home/" + "ann/x", "# TO" + "DO: later", "../" + "shared/x"])
def test_the_search_finds(line: str) -> None:
    assert FORBIDDEN.search(line)


def test_text_files_end_in_one_newline(root: Path) -> None:
    kinds = {".py", ".md", ".toml", ".sh", ".yml", ".cff", ".json", ".svg", ".txt"}
    for path in _files(root):
        text = _text(path)
        if path.suffix in kinds and text:
            assert text.endswith("\n") and not text.endswith("\n\n"), path


def test_links_in_the_documents_lead_somewhere(root: Path) -> None:
    link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
    for path in _files(root):
        if path.suffix == ".md":
            for target in link.findall(_text(path)):
                assert (path.parent / target).exists(), f"{path.relative_to(root)}: {target}"


def test_version_licence_and_authors_are_said_alike(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    authors = project["authors"][0]["name"]
    assert f"\nversion: {project['version']}\n" in citation
    assert f"\nlicense: {project['license']}\n" in citation
    assert f"  - name: {authors}\n" in citation
    assert authors in (root / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in (root / "LICENSE").read_text(encoding="utf-8")


def test_the_changelog_has_a_place_for_results(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text
    assert "Results change" in text
