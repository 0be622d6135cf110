"""The mutants still fit the sources that they spoil."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import mutants

MUTANTS = mutants.load()


def test_there_are_enough_and_no_two_are_alike() -> None:
    assert len(MUTANTS) >= 25
    assert len({m.name for m in MUTANTS}) == len(MUTANTS)
    assert len({(m.file, m.old, m.new) for m in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_applies_exactly_once_and_is_still_python(
    mutant: mutants.Mutant, root: Path
) -> None:
    path = root / "src" / "corrigible" / mutant.file
    text = path.read_text(encoding="utf-8")
    spoiled = mutant.applied(text)
    assert spoiled != text
    compile(spoiled, str(path), "exec")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_its_tests_exist(mutant: mutants.Mutant, root: Path) -> None:
    assert mutant.tests
    assert all((root / test.split("::")[0]).exists() for test in (*mutant.tests, *mutants.EVERY))


def test_a_mutant_that_no_longer_applies_is_said() -> None:
    mutant = mutants.Mutant("gone", "priors/finite.py", "no such line", "", ("tests",))
    with pytest.raises(ValueError, match="occurs 0 times"):
        mutant.applied("some text")


@pytest.mark.slow
def test_a_mutant_is_killed_in_a_copy_and_the_checkout_is_left_alone(
    root: Path, tmp_path: Path
) -> None:
    mutant = next(m for m in MUTANTS if m.file == "priors/finite.py")
    source = root / "src" / "corrigible" / mutant.file
    before = source.read_bytes()
    copy = mutants.Copy(tmp_path)
    digest = copy.digest()
    assert copy.is_what_runs()
    assert mutants.judge(copy, mutant)["fate"] == "killed"
    assert source.read_bytes() == before
    assert copy.read(mutant.file).encode() == before
    assert copy.digest() == digest


@pytest.mark.slow
def test_a_test_that_fails_by_itself_kills_nobody(tmp_path: Path) -> None:
    mutant = next(m for m in MUTANTS if m.file == "priors/finite.py")
    copy = mutants.Copy(tmp_path)
    broken = "def test_it() -> None:\n    assert False\n"
    (tmp_path / "tests" / "priors" / "test_finite.py").write_text(broken)
    assert mutants.judge(copy, mutant)["fate"] == "broken"
