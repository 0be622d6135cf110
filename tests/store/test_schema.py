"""From one version of the ledger to the next: a copy first, all of it or nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from corrigible.errors import UserError
from corrigible.store import Store, schema
from tests.store.samples import entry, ids

# What a next version might do.
NEXT = ("ALTER TABLE runs ADD COLUMN note TEXT", "CREATE INDEX runs_by_note ON runs (note)")
BROKEN = (NEXT[0], "CREATE TABLE runs (x)")


def later(monkeypatch: pytest.MonkeyPatch, *steps: tuple[str, ...]) -> None:
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, *steps))


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def columns(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {row[1] for row in connection.execute("PRAGMA table_info(runs)")}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder whose ledger is of today's version, which is going to be an older one."""
    with Store.write(tmp_path) as store:
        assert [store.save(entry(seed, size=200)) for seed in range(3)] == [1, 2, 3]
    return tmp_path


@pytest.mark.parametrize("steps", [(NEXT,), (NEXT, ("CREATE TABLE more (x)",))])
def test_an_older_ledger_is_copied_then_migrated(
    old: Path, monkeypatch: pytest.MonkeyPatch, steps: tuple[tuple[str, ...], ...]
) -> None:
    before = version(old / "ledger.sqlite")
    later(monkeypatch, *steps)
    Store.check(old)
    assert version(old / "ledger.sqlite") == before
    with Store.write(old) as store:
        assert not store.created
        copy = store.copy
        assert copy is not None and copy == old / f"ledger-version-{before}-copy-1.sqlite"
        assert store.save(entry(3)) == 4
    assert version(old / "ledger.sqlite") == before + len(steps)
    assert "note" in columns(old / "ledger.sqlite")
    assert ids(old) == [4, 3, 2, 1]
    assert version(copy) == before
    assert "note" not in columns(copy)
    assert {path.name for path in old.iterdir()} == {"ledger.sqlite", copy.name}
    with Store.write(old) as store:
        assert store.copy is None


def test_the_copy_is_a_ledger_of_the_version_that_it_had(
    old: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        later(patch, NEXT)
        with Store.write(old) as store:
            assert store.copy is not None
            copy = store.copy
    with pytest.raises(UserError, match="upgrade"):
        Store.check(old)
    back = tmp_path_factory.mktemp("back")
    copy.rename(back / "ledger.sqlite")
    assert ids(back) == [3, 2, 1]


def test_reading_migrates_as_well(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, NEXT)
    assert ids(old) == [3, 2, 1]
    assert "note" in columns(old / "ledger.sqlite")


def test_a_copy_is_never_overwritten(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = old / f"ledger-version-{len(schema.MIGRATIONS)}-copy-1.sqlite"
    taken.write_text("mine", encoding="utf-8")
    later(monkeypatch, NEXT)
    with Store.write(old) as store:
        assert store.copy is not None
        assert store.copy.name.endswith("-copy-2.sqlite")
    assert taken.read_text(encoding="utf-8") == "mine"


def test_half_a_migration_is_none(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = version(old / "ledger.sqlite")
    with pytest.MonkeyPatch.context() as patch:
        later(patch, BROKEN)
        with pytest.raises(UserError):
            Store.write(old)
    assert version(old / "ledger.sqlite") == before
    assert columns(old / "ledger.sqlite").isdisjoint({"note", "x"})
    assert ids(old) == [3, 2, 1]


def test_without_a_copy_nothing_is_migrated(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = version(old / "ledger.sqlite")
    later(monkeypatch, NEXT)

    def full(*words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(schema.os, "replace", full)
    with pytest.raises(UserError, match="No space left"):
        Store.write(old)
    assert version(old / "ledger.sqlite") == before
    assert {path.name for path in old.iterdir()} == {"ledger.sqlite"}
