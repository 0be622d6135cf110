"""No file over 400 lines, no function over 60, and every module postpones its annotations."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FILES = sorted(
    path.relative_to(root).as_posix()
    for root in [Path(__file__).resolve().parents[2]]
    for folder in ("src", "tests", "benchmarks", "docs", "examples")
    for path in (root / folder).rglob("*")
    if path.suffix in {".py", ".sh", ".md", ".toml", ".css", ".js"} and "out" not in path.parts
)


@pytest.mark.parametrize("name", FILES)
def test_sizes(root: Path, name: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    if not name.endswith(".py"):
        return
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"{name}:{node.lineno} {node.name} has {length} lines"
    if any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body):
        assert "from __future__ import annotations" in text


def test_the_script_is_short_enough(root: Path) -> None:
    assert len((root / "run").read_text().splitlines()) <= 400
