"""Planning that was interrupted goes on: nothing is lost, and nothing comes out otherwise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible import Problem, priors
from corrigible.errors import UserError
from corrigible.overseers import HandOfGod
from corrigible.planners import book, certify, large, solve
from corrigible.planners.bounds import Bounds
from corrigible.planners.exact import Exact
from corrigible.planners.large import Large, bound
from corrigible.planners.solution import Solution
from corrigible.testing.layered import random_layered_problem
from corrigible.testing.strategies import random_problem
from tests.conftest import Counts
from tests.planners.test_bounds import KINDS
from tests.planners.test_large import corridor

ROUNDING = 1e-9
BELIEFS = 60


class Stopped(Exception):
    pass


def noisy(kind: dict[str, Any]) -> Problem:
    """Beliefs without end."""
    given = random_problem(7)
    return Problem(given.world, HandOfGod(rate=0.6, rationality=1.0, **kind), given.prior)


def planned(problem: Problem, file: Path | None, killed: int = 0) -> Solution:
    """Bounds after so many rounds, by the beliefs that they hold, or a stop in the middle."""
    left = [killed]

    def stop(solution: Solution) -> bool:
        left[0] -= 1
        if not left[0]:
            raise Stopped
        assert isinstance(solution, Bounds)
        return solution.n_beliefs > BELIEFS

    return bound(problem, tol=1e-12, stop=stop, checkpoint=file)


def same(one: Solution, other: Solution) -> bool:
    """Whether everything that two plans hold is the same, bit for bit."""
    assert isinstance(one, Bounds) and isinstance(other, Bounds)
    pairs = [
        (vars(one._entries())[name], vars(other._entries())[name]) for name in vars(one._entries())
    ]
    return all(np.array_equal(mine, its) for mine, its in pairs)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_interrupted_bounds_go_on(kind: dict[str, Any], tmp_path: Path) -> None:
    problem, file = noisy(kind), tmp_path / "plan.npz"
    with pytest.raises(Stopped):
        planned(problem, file, killed=3)
    assert [p.name for p in tmp_path.iterdir()] == ["plan.npz"]
    resumed, whole = planned(problem, file), planned(problem, None)
    assert isinstance(whole, Bounds) and whole.n_beliefs > BELIEFS
    assert resumed.ends_at_start == whole.ends_at_start and same(resumed, whole)


KILLED = (
    "import sys, pathlib; from tests.planners.test_entries import noisy, planned; "
    "planned(noisy({{'about': 'uniform'}}), pathlib.Path({file!r}))"
)


@pytest.mark.slow
def test_a_killed_process_goes_on(tmp_path: Path, root: Path, counts: Counts) -> None:
    """Killed outright, at whatever moment, and taken up by another process."""
    problem, file = noisy({"about": "uniform"}), tmp_path / "plan.npz"
    code = KILLED.format(file=str(file))
    rng = np.random.default_rng(1)
    for _ in range(counts.n(1, 8)):
        before = file.stat().st_mtime_ns if file.exists() else 0
        process = subprocess.Popen([sys.executable, "-c", code], cwd=root)
        deadline = time.monotonic() + 120.0
        while process.poll() is None and time.monotonic() < deadline:
            if file.exists() and file.stat().st_mtime_ns != before:
                break
            time.sleep(0.002)
        time.sleep(0.05 * rng.random())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert file.exists()
    assert same(planned(problem, file), planned(problem, None))


@given(st.integers(0, 2000), st.booleans())
def test_what_goes_on_holds_the_exact_value(seed: int, between_parts: bool) -> None:
    """Stopped by its budget at any time, in either kind of library."""
    problem = random_layered_problem(seed)
    exact = Exact(problem)
    truth, size = exact.value_at_start, max(1.0, float(np.abs(problem.rewards).max()))
    ends = (-np.inf, np.inf)
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        if between_parts:
            patch.setattr(book, "_ADAPTIVE", 0)
        for seconds in (1e-3, 3e-3, 0.02):
            deadline = time.monotonic() + seconds
            found = bound(problem, 1e-12, deadline, checkpoint=Path(folder) / "plan.npz")
            low, high = found.ends_at_start
            assert low <= truth + ROUNDING * size and truth <= high + ROUNDING * size
            # The solver's residual, by which ends are moved outwards, may grow.
            assert low >= ends[0] - 1e-8 * size and high <= ends[1] + 1e-8 * size
            ends = low, high


def test_plans_for_thousands_of_states_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, file = corridor(120, 12, 5), tmp_path / "plan.npz"
    monkeypatch.setattr(large, "is_large", lambda _: True)
    monkeypatch.setattr(large, "_FIRST", 0.3)
    monkeypatch.setattr(large, "_FINER", 0.03)

    def after_each_plan(checkpoint: Path | None) -> list[tuple[float, float]]:
        seen: list[tuple[float, float]] = []

        def stop(solution: Solution) -> bool:
            seen.append(solution.ends_at_start)
            return False

        found = bound(problem, stop=stop, checkpoint=checkpoint)
        assert isinstance(found, Large)
        # Nobody is asked after the finest plan.
        return [*seen, found.ends_at_start]

    first = bound(problem, deadline=0.0, checkpoint=file)
    whole = after_each_plan(None)
    assert len(whole) > 2 and first.ends_at_start == whole[0]
    lower = [low for low, _ in whole]
    assert lower == sorted(lower) and lower[0] < lower[-1]
    assert after_each_plan(file) == whole
    # Nothing finer is left to be found.
    assert bound(problem, checkpoint=file).ends_at_start == whole[-1]


def test_another_problem_or_no_checkpoint_is_one_line(tmp_path: Path) -> None:
    problem, file = noisy({"about": "uniform"}), tmp_path / "plan.npz"
    solve(problem, method="bounds", budget=0.05, checkpoint=file)
    for kind in KINDS:
        if kind != {"about": "uniform"}:
            with pytest.raises(UserError, match="of another call"):
                solve(noisy(kind), method="bounds", budget=0.05, checkpoint=file)
    belief = problem.prior.with_weights(np.arange(1.0, 1.0 + len(problem.rewards)))
    with pytest.raises(UserError, match="of another call"):
        certify(problem, belief, checkpoint=file)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(UserError, match="this is no checkpoint of a plan"):
        certify(problem, checkpoint=file)
    with pytest.raises(UserError, match="an exact plan is not saved"):
        solve(problem, checkpoint=file)
    continuous = Problem(problem.world, problem.overseer, priors.Normal(1.0))
    with pytest.raises(UserError, match="by draws is not saved"):
        certify(continuous, key=1, checkpoint=file)


def test_a_certificate_goes_on_and_its_bracket_is_no_wider(tmp_path: Path) -> None:
    """A hand that overrides needs a plan of the advising one too."""
    problem, file = noisy({"about": "current", "mode": "overrides"}), tmp_path / "plan.npz"
    state = int(np.ptp(problem.world.expected_disables, axis=1).argmax())
    first = certify(problem, state=state, tol=1e-9, budget=0.3, checkpoint=file)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plan.npz", "plan.npz.advised"]
    again = certify(problem, state=state, tol=1e-9, budget=0.3, checkpoint=file)
    assert first.margin_lower is not None and first.margin_upper is not None
    assert again.margin_lower is not None and again.margin_upper is not None
    assert again.margin_upper - again.margin_lower <= first.margin_upper - first.margin_lower + 1e-9
    assert max(first.margin_lower, again.margin_lower) <= min(
        first.margin_upper, again.margin_upper
    )
