"""What is saved comes back; what cannot be saved is one line, and nothing is lost."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible.errors import UserError
from corrigible.store import Entry, Store, canonical, ledger, schema
from tests.store.samples import entry, ids

WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
# As data: an entry is made in the test, where making it checks its types.
ENTRIES = st.fixed_dictionaries(
    {
        "command": st.sampled_from(["run", "certify"]),
        # A file's name need not be Unicode: Python then has surrogates in its place.
        "words": st.lists(st.text(max_size=8), max_size=4).map(tuple),
        "version": st.just("1.2.3"),
        "seed": st.integers(-(2**63), 2**63 - 1),
        "settings": st.dictionaries(WORDS, VALUES).map(lambda data: canonical("run", 1, data)),
        "answer": st.dictionaries(st.text() | st.just("report"), st.text()).map(json.dumps),
        "status": st.integers(0, 255),
        "started": st.just("2030-01-01T00:00:00.000+00:00"),
        "ended": st.just("2030-01-01T00:00:01.000+00:00"),
    }
)


def fill(folder: Path, count: int, vfs: str | None = None) -> list[int]:
    with Store.write(folder, vfs) as store:
        return [store.save(entry(seed)) for seed in range(count)]


def refused(folder: Path) -> str:
    """What both ways to open say, where nothing is changed by saying it."""
    seen = folder if folder.is_dir() else folder.parent
    before = {p: p.read_bytes() for p in seen.rglob("*") if p.is_file()}
    said = []
    for attempt in (Store.check, Store.write):
        with pytest.raises(UserError) as caught:
            attempt(folder)
        said.append(str(caught.value))
        assert "\n" not in said[-1]
    assert {p: p.read_bytes() for p in seen.rglob("*") if p.is_file()} == before
    assert said[0] == said[1]
    return said[0]


@contextmanager
def unprivileged(folder: Path, mode: int) -> Iterator[None]:
    """As somebody who has no more rights to a folder than its mode gives."""
    before = stat.S_IMODE(folder.stat().st_mode)
    folder.chmod(mode)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(before)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody can reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@given(st.lists(ENTRIES, max_size=4))
def test_what_is_saved_comes_back(entries: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        saved = []
        for one in (Entry(**data) for data in entries):
            with Store.write(folder) as store:
                saved.append(replace(one, id=store.save(one)))
        store = Store.read(folder)
        assert (store is None) == (not entries)
        if store is not None:
            with store:
                assert list(store.entries()) == saved[::-1]
                assert [store.entry(one.id or 0) for one in saved] == saved


def test_looking_creates_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    Store.check(folder)
    assert Store.read(folder) is None
    assert not list(tmp_path.iterdir())
    with Store.write(folder) as store:
        assert store.created
    assert ids(folder) == []
    with Store.write(folder) as store:
        assert not store.created


def test_the_ledger_is_written_ahead_and_waits_for_the_disk(tmp_path: Path) -> None:
    with Store.write(tmp_path) as store:
        assert store.warning is None
        asked = [
            store._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous")
        ]
        assert asked == ["wal", 3]
        store.save(entry(0))
        assert (tmp_path / "ledger.sqlite-wal").exists()


def test_where_writing_ahead_is_refused(tmp_path: Path) -> None:
    # SQLite's lock files share no memory, as on a network.
    with Store.write(tmp_path, vfs="unix-dotfile") as store:
        assert store.warning is not None and "rollback journal" in store.warning
        assert store.save(entry(0)) == 1
    with Store.write(tmp_path, vfs="unix-dotfile") as store:
        assert store.warning is None
        assert store.save(entry(1)) == 2
    assert not (tmp_path / "ledger.sqlite-wal").exists()
    assert ids(tmp_path) == [2, 1]


def test_where_asking_to_write_ahead_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(sqlite3.Connection):
        def execute(self, *words):
            if words[0] == "PRAGMA journal_mode = wal":
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorname = "SQLITE_IOERR_SHMMAP"
                raise error
            return super().execute(*words)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Refusing, **k))
    with Store.write(tmp_path) as store:
        assert store.warning is not None
        store.save(entry(0))
    assert ids(tmp_path) == [1]


def test_on_a_network_nothing_is_written_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, 2)
    monkeypatch.setattr(ledger, "is_networked", lambda folder: True)
    with Store.write(tmp_path) as store:
        assert store.warning is not None
        assert store._connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        store.save(entry(2))
    assert ids(tmp_path) == [3, 2, 1]


def test_a_file_in_the_way(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    for folder in (file, file / "below"):
        assert refused(folder).startswith(f"{file}: this is a file")
    with pytest.raises(UserError, match="this is a file"):
        Store.read(file)
    assert Store.read(file / "below") is None


@pytest.mark.parametrize(
    "content",
    [
        b"not a database, and longer than nothing at all " * 100,
        b"SQLite format 3\0" + b"\xff" * 4096,
    ],
)
def test_a_file_that_is_no_ledger(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(content)
    assert "no ledger, or a damaged one" in refused(tmp_path)
    with pytest.raises(UserError, match="damaged"):
        Store.read(tmp_path)


def test_the_database_of_another_program(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    assert "this database is no ledger" in refused(tmp_path)


def test_a_later_version(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as connection:
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
        connection.execute("PRAGMA journal_mode = DELETE")
    assert "upgrade corrigible" in refused(tmp_path)
    with pytest.raises(UserError, match=f"version {len(schema.MIGRATIONS) + 1}"):
        Store.read(tmp_path)


def test_an_empty_file_is_a_ledger_that_was_never_begun(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").touch()
    assert Store.read(tmp_path) is None
    assert fill(tmp_path, 1) == [1]


@pytest.mark.parametrize(
    ("column", "value"),
    [("settings", "{}"), ("answer", '{"half'), ("answer", b"\xff"), ("words", "3")],
)
def test_a_row_that_was_changed(tmp_path: Path, column: str, value: object) -> None:
    fill(tmp_path, 2)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as connection, connection:
        connection.execute(f"UPDATE runs SET {column} = ? WHERE id = 1", (value,))
    store = Store.read(tmp_path)
    assert store is not None
    with store:
        assert store.entry(2).seed == 1
        with pytest.raises(UserError, match="run 1 was changed"):
            store.entry(1)


def test_a_damaged_page(tmp_path: Path) -> None:
    fill(tmp_path, 200)
    path = tmp_path / "ledger.sqlite"
    content = bytearray(path.read_bytes())
    content[3 * 4096 :] = b"\xaa" * (len(content) - 3 * 4096)
    path.write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        ids(tmp_path)


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    store = Store.read(tmp_path)
    assert store is not None
    with store:
        for number in (0, 2, -1, 2**70):
            with pytest.raises(UserError, match=f"no run {number};"):
                store.entry(number)


def test_readers_change_nothing(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    store = Store.read(tmp_path)
    assert store is not None
    with store, pytest.raises(UserError):
        store.save(entry(1))
    assert ids(tmp_path) == [1]


def test_a_folder_that_is_read_only(public: Path) -> None:
    with unprivileged(public, 0o555):
        assert "cannot be written" in refused(public / "store")
    fill(public, 2)
    with unprivileged(public, 0o555):
        assert "cannot be written" in refused(public)
        store = Store.read(public)
        assert store is not None
        with store:
            assert [saved.id for saved in store.entries()] == [2, 1]
    with unprivileged(public, 0o000), pytest.raises(UserError, match="cannot be used"):
        Store.read(public)


def test_a_ledger_that_is_read_only(public: Path) -> None:
    fill(public, 1)
    public.chmod(0o777)
    with unprivileged(public / "ledger.sqlite", 0o444):
        assert "this ledger cannot be written" in refused(public)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = ledger._connect

    def limited(*words: object) -> sqlite3.Connection:
        connection = connect(*words)  # pyright: ignore[reportArgumentType]
        connection.execute("PRAGMA max_page_count = 20")
        return connection

    monkeypatch.setattr(ledger, "_connect", limited)
    saved = []
    with pytest.raises(UserError, match="no space is left"), Store.write(tmp_path) as store:
        for seed in range(1000):
            saved.append(store.save(entry(seed, size=100)))
    assert 5 < len(saved) < 100
    assert ids(tmp_path) == saved[::-1]
    monkeypatch.setattr(ledger, "_connect", connect)
    with Store.write(tmp_path) as store:
        assert store.save(entry(0)) == saved[-1] + 1


def test_a_process_that_does_not_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PATIENCE", 0.2)
    fill(tmp_path, 1)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UserError, match="another process"):
            Store.check(tmp_path)
        with pytest.raises(UserError, match="another process"):
            Store.write(tmp_path)
        store = Store.read(tmp_path)
        assert store is not None
        with store:
            assert [saved.id for saved in store.entries()] == [1]
    assert fill(tmp_path, 1) == [2]


def test_switching_the_journal_waits_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "is_networked", lambda folder: True)
        fill(tmp_path, 1)
    path = tmp_path / "ledger.sqlite"
    monkeypatch.setattr(ledger, "PATIENCE", 0.0)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN")
    other.execute("SELECT * FROM runs").fetchone()
    with pytest.raises(UserError, match="another process"):
        Store.write(tmp_path)
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    release = threading.Timer(0.2, other.close)
    release.start()
    monkeypatch.setattr(ledger, "PATIENCE", 30.0)
    assert ledger._switch(connection, "wal") == "wal"
    connection.close()
    release.join()


def unfinished(source: Path, target: Path) -> None:
    """A copy of a ledger as a process leaves it that dies half way through a long row."""
    with closing(sqlite3.connect(source / "ledger.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE runs SET answer = answer || ?", ("x" * 100_000,))
        connection.execute("UPDATE runs SET status = 7")
        for path in source.iterdir():
            (target / path.name).write_bytes(path.read_bytes())
        connection.execute("ROLLBACK")
    assert (target / "ledger.sqlite-journal").stat().st_size
    assert len((target / "ledger.sqlite").read_bytes()) > 300_000


def test_a_reader_puts_in_order_what_a_crash_left(tmp_path: Path, public: Path) -> None:
    fill(tmp_path, 3)
    unfinished(tmp_path, public)
    with unprivileged(public, 0o555), pytest.raises(UserError):
        Store.read(public)
    assert ids(public) == [3, 2, 1]


def test_what_is_a_bug_stays_one(tmp_path: Path) -> None:
    store = Store.write(tmp_path)
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.save(entry(0))
