"""The whole zoo, computed afresh once, as its command prints it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from corrigible import Belief, Problem


@dataclass(frozen=True)
class Fresh:
    """What the command prints, by case.

    Source: this package.
    """

    rows: Mapping[str, Mapping[str, Mapping[str, Any]]]
    columns: Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="session")
def fresh() -> Fresh:
    """`corrigible zoo --fresh --json`, in a process of its own."""
    words = [sys.executable, "-m", "corrigible", "zoo", "--fresh", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said, rows = json.loads(done.stdout), dict[str, dict[str, Mapping[str, Any]]]()
    for row in said["cases"]:
        rows.setdefault(row["name"], {})[row["quantity"]] = row
    return Fresh(rows, {column["name"]: column for column in said["columns"]})


def paid_silence(problem: Problem, bonus: float) -> Problem:
    """The same where silencing at the first state pays a bonus."""
    rewards = problem.rewards.copy()
    rewards[:, 0, 1] += bonus
    return Problem(problem.world, problem.overseer, Belief.uniform(rewards))
