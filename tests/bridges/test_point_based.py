"""The general solver, against plain enumeration and known optima."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corrigible.bridges import solve_pomdp
from corrigible.bridges.classics import cheese, line_1d, maze_4x3, parr95, shuttle, tiger
from corrigible.bridges.parts import Parts
from corrigible.errors import UserError
from tests.bridges.processes import draw_pomdp, enumerate_values


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 3), st.sampled_from([0.0, 0.3]))
def test_the_ends_hold_what_enumeration_finds(
    seed: int, states: int, seen: int, discount: float
) -> None:
    pomdp = draw_pomdp(seed, states, 2, seen, discount)
    low, high = enumerate_values(pomdp, 5 if seen == 3 else 7)
    found = solve_pomdp(pomdp, tol=1e-4, budget=5.0)
    assert found.lower <= high + 1e-9 and low <= found.upper + 1e-9
    assert -1e-9 <= found.gap <= 1e-4


@settings(max_examples=6)
@given(st.integers(0, 2**32 - 1))
def test_ends_come_closer_and_never_cross(seed: int) -> None:
    pomdp = draw_pomdp(seed, 4, 3, 2, 0.8)
    rough, fine = solve_pomdp(pomdp, tol=1.0), solve_pomdp(pomdp, tol=0.1)
    assert rough.gap <= 1.0 and fine.gap <= 0.1
    assert rough.lower <= fine.upper + 1e-9 and fine.lower <= rough.upper + 1e-9


def test_the_tiger_is_worth_what_is_known() -> None:
    found = solve_pomdp(tiger(), tol=1e-6)
    assert found.lower == pytest.approx(19.371368, abs=2e-6) and found.gap <= 1e-6
    assert found.action == 0
    assert "Smith" in found.cite()


def test_the_detour_is_worth_what_it_is_by_hand() -> None:
    for discount in (0.5, 0.95):
        found = solve_pomdp(parr95(discount), tol=1e-5)
        assert found.lower == pytest.approx(discount**4 / (1.0 - discount**5), abs=2e-5)


def test_the_classics_are_solved_to_a_thousandth() -> None:
    for pomdp in (cheese(), shuttle(), line_1d()):
        assert 0.0 <= solve_pomdp(pomdp, tol=1e-3).gap <= 1e-3


@pytest.mark.slow
def test_the_4x3_maze_is_solved_to_a_thousandth() -> None:
    found = solve_pomdp(maze_4x3(), tol=1e-3, budget=300.0)
    assert found.gap <= 1e-3
    assert found.lower <= 1.9046 and found.upper >= 1.9042


def test_what_is_seen_is_kept_out_of_beliefs() -> None:
    assert Parts(tiger()).sizes == [2, 1]
    # Rooms that look alike are one part; everything else is seen.
    assert sorted(Parts(parr95()).sizes) == [1, 1, 1, 1, 1, 1, 2]


def test_what_cannot_be_solved() -> None:
    with pytest.raises(UserError, match="below 1"):
        solve_pomdp(replace(tiger(), discount=1.0))
    with pytest.raises(UserError, match="tol"):
        solve_pomdp(tiger(), tol=0.0)
    with pytest.raises(UserError, match="budget"):
        solve_pomdp(tiger(), budget=-1.0)


def test_a_budget_that_is_over_leaves_valid_ends() -> None:
    found = solve_pomdp(maze_4x3(), tol=1e-6, budget=1e-3)
    assert found.lower <= 1.9046 and found.upper >= 1.9042
    assert found.sweeps == 1


def test_an_interrupted_solver_goes_on(tmp_path: Path) -> None:
    """Cut off after its first sweep, and again: both ends come out bit for bit the same."""
    file, pomdp = tmp_path / "process.npz", tiger()
    whole = solve_pomdp(pomdp)
    assert whole.sweeps > 3
    found = solve_pomdp(pomdp, budget=1e-9, checkpoint=file)
    assert found.sweeps == 1
    for seconds in (1e-9, 0.02, 60.0):
        before = found
        found = solve_pomdp(pomdp, budget=seconds, checkpoint=file)
        assert found.lower >= before.lower and found.upper <= before.upper
    assert replace(found, seconds=0.0) == replace(whole, seconds=0.0)
    with pytest.raises(UserError, match="of another call"):
        solve_pomdp(draw_pomdp(4, 4, 3, 2, 0.8), checkpoint=file)
    file.write_text("nothing")
    with pytest.raises(UserError, match="no checkpoint of a process"):
        solve_pomdp(pomdp, checkpoint=file)
