"""A ledger that another process begins is no stranger's database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from corrigible.store import Store, schema
from corrigible.store.place import LEDGER


class Slow(sqlite3.Connection):
    """Somebody else begins the ledger after this connection's first look at it."""

    folder: Path
    looks: int = 0

    def execute(self, *words: Any) -> sqlite3.Cursor:
        cursor = super().execute(*words)
        if not words[0].startswith(("BEGIN", "ROLLBACK")):
            rows = cursor.fetchall()
            self.looks += 1
            if self.looks == 1:
                Store.write(self.folder).close()
            return _Rows(rows)  # pyright: ignore[reportReturnType]
        return cursor


class _Rows:
    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def fetchone(self) -> Any:
        return self._rows[0]


def test_it_is_looked_at_as_it_was_at_one_moment(tmp_path: Path) -> None:
    path = tmp_path / LEDGER
    with closing(sqlite3.connect(path)) as empty:
        empty.execute("PRAGMA journal_mode = WAL")
    with closing(sqlite3.connect(path, isolation_level=None, factory=Slow)) as slow:
        slow.folder = tmp_path
        assert schema.version_of(slow, path) == 0
        assert slow.looks == 3
        assert schema.version_of(slow, path) == len(schema.MIGRATIONS)
