"""The committed notebook is its script, was run to its end, and says what running it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from examples.notebook import build


@pytest.fixture(scope="module")
def committed() -> Any:
    return nbformat.read(build.NOTEBOOK, as_version=4)


def test_its_cells_are_those_of_the_script(committed: Any) -> None:
    fresh = build.notebook(build.SCRIPT.read_text(encoding="utf-8"))
    assert [(c.cell_type, c.source) for c in committed.cells] == [
        (c.cell_type, c.source) for c in fresh.cells
    ]
    assert sum(c.cell_type == "code" for c in committed.cells) >= 8


def test_it_was_run_from_top_to_bottom_without_an_error(committed: Any) -> None:
    nbformat.validate(committed)
    code = [cell for cell in committed.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {
        "stream",
        "execute_result",
        "display_data",
    }
    assert all(output.get("name") != "stderr" for output in outputs)
    tables = [text for cell in code for text in build.shown(cell) if text.startswith("<table>")]
    assert len(tables) >= 5


def test_it_is_small_and_says_nothing_of_where_it_was_made() -> None:
    text = build.NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 200_000 and text.endswith("}\n")
    assert json.loads(text)["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("margin 2.31573", "margin 2.31574", True),
        ("margin 2.31573", "margin 2.32", False),
        ("margin -1", "margin 1", False),
        ("keeps 1", "disables 1", False),
        ("1 of 2", "1 of 2 of 3", False),
    ],
)
def test_what_counts_as_the_same(one: str, other: str, same: bool) -> None:
    assert build.alike(one, other) == same


def test_drift_is_found(committed: Any) -> None:
    fresh: Any = nbformat.from_dict(json.loads(json.dumps(committed)))
    assert build.differences(committed, fresh) == []
    shown = next(c for c in fresh.cells if c.get("outputs") and "text" in c.outputs[0])
    shown.outputs[0]["text"] += "1.5"
    assert len(build.differences(committed, fresh)) == 1
    fresh.cells[1]["source"] += "\n"
    assert "run build.py" in build.differences(committed, fresh)[0]


@pytest.mark.slow
def test_running_it_says_the_same(root: Path) -> None:
    result = subprocess.run(
        [sys.executable, str(root / "examples" / "notebook" / "build.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stdout + result.stderr
