"""The ledger, opened: for saving, for reading, or only to see whether saving would work.

One process writes for a moment at a time, in a transaction that begins by taking the right to
write (a transaction that begins by reading could be refused half way), and waits for others that
do the same. The journal is written ahead; where the file system refuses that, a rollback journal
takes its place. Every commit waits for the disk.

Guarantee: what `save` returned a number for is there after any crash of the process; an entry is
one row, so there are no halves; readers change nothing, and see a ledger in a folder where nothing
may be written.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from corrigible.errors import UserError
from corrigible.store import schema
from corrigible.store.entry import Entry
from corrigible.store.faults import in_one_line, is_busy, name_of
from corrigible.store.place import ELSEWHERE, LEDGER, is_networked, refuse_unusable

PATIENCE = 30.0
"""Seconds to wait for another process."""
_PAUSE = 0.01
_COLUMNS = "command, words, version, seed, settings, answer, status, started, ended"
_INSERT = f"INSERT INTO runs ({_COLUMNS}, key, report) VALUES ({', '.join('?' * 11)})"
_SELECT = f"SELECT {_COLUMNS}, key, id FROM runs"


class Store:
    """A ledger, open; use it as a context, or close it.

    Args:
        connection: to the ledger, in autocommit mode.
        path: its file.
        created: whether this call began it.
        copy: of the older version that it had, where it had one.
        warning: one line for the user, or None.

    Raises:
        Nothing.

    Source: SQLite's documentation of write-ahead logging and of atomic commit; no arrays, no
        shapes.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        created: bool = False,
        copy: Path | None = None,
        warning: str | None = None,
    ) -> None:
        self._connection = connection
        self.path: Path = path
        self.created: bool = created
        self.copy: Path | None = copy
        self.warning: str | None = warning

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        self._connection.close()

    @classmethod
    def check(cls, folder: Path, vfs: str | None = None) -> None:
        """Refuse a folder where saving would fail, without creating or changing anything.

        Args:
            folder: the ledger's; it need not exist.
            vfs: as in `write`.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            UserError: a file is in the way, nothing may be written, no ledger, a damaged one, one
                of a later version.

        Source: this package.
        """
        refuse_unusable(folder)
        path = folder / LEDGER
        with in_one_line(path):
            if not path.exists():
                return
            connection = _connect(path, vfs, "rw")
            try:
                schema.version_of(connection, path)
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            finally:
                connection.close()

    @classmethod
    def write(cls, folder: Path, vfs: str | None = None) -> Store:
        """Open a ledger for saving, begin one where there is none, migrate an older one.

        Args:
            folder: created with its parents where it does not exist.
            vfs: SQLite's way to the files, the platform's own where None. With "unix-dotfile"
                there is no write-ahead logging, as on a file system that cannot have it.

        Returns:
            The ledger; its `warning` says, once a ledger, that the journal is a rollback journal.
            No arrays, no shapes.

        Raises:
            UserError: as `check`, or the disk is full.

        Source: SQLite's documentation of its journal modes.
        """
        refuse_unusable(folder)
        path = folder / LEDGER
        with in_one_line(path):
            folder.mkdir(parents=True, exist_ok=True)
            connection = _connect(path, vfs, "rwc")
            try:
                # Before anything is written: a file that is no ledger is not to be changed.
                schema.version_of(connection, path)
                ahead = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
                warning = _set_journal(connection, path)
                # Also the folder's entry of a journal that a commit deletes.
                connection.execute("PRAGMA synchronous = EXTRA")
                with _transaction(connection):
                    created = schema.version_of(connection, path) == 0
                    copy = schema.migrate(connection, path, _uri(path, vfs, "rw"))
            except BaseException:
                connection.close()
                raise
        return cls(connection, path, created, copy, warning if created or ahead else None)

    @classmethod
    def read(cls, folder: Path, vfs: str | None = None) -> Store | None:
        """Open a ledger for reading; an older one is migrated first.

        Args:
            folder: the ledger's.
            vfs: as in `write`.

        Returns:
            None where no run was saved yet. No arrays, no shapes.

        Raises:
            UserError: no ledger, a damaged one, one of a later version, or no right to read.

        Source: this package.
        """
        path = folder / LEDGER
        with in_one_line(path):
            if folder.exists() and not folder.is_dir():
                raise UserError(
                    f"this is a file, and the ledger needs a folder; {ELSEWHERE}", folder
                )
            if not path.exists():
                return None
            connection = _open_to_read(path, vfs)
            try:
                version = schema.version_of(connection, path)
            except BaseException:
                connection.close()
                raise
            if version == len(schema.MIGRATIONS):
                return cls(connection, path)
            connection.close()
        return cls.write(folder, vfs) if version else None

    def save(self, entry: Entry) -> int:
        """Add an entry.

        Args:
            entry: its `id` is not looked at.

        Returns:
            Its number, once the row is on the disk. No arrays, no shapes.

        Raises:
            UserError: the disk is full, or another process does not let go; then nothing is added.

        Source: this package.
        """
        report = json.loads(entry.answer).get("report")
        row = (
            entry.command,
            json.dumps(entry.words),
            entry.version,
            entry.seed,
            entry.settings,
            entry.answer,
            entry.status,
            entry.started,
            entry.ended,
            entry.key,
            # A path need not be Unicode; the answer holds it as it is.
            None if report is None else report.encode("utf-8", "backslashreplace").decode(),
        )
        with in_one_line(self.path), _transaction(self._connection):
            number = self._connection.execute(_INSERT, row).lastrowid
        assert number is not None
        return number

    def entries(self) -> Iterator[Entry]:
        """Every entry, the latest first.

        Returns:
            One at a time, so that a long ledger need not fit into memory. No arrays, no shapes.

        Raises:
            UserError: the ledger is damaged.

        Source: this package.
        """
        with in_one_line(self.path):
            for row in self._connection.execute(f"{_SELECT} ORDER BY id DESC"):
                yield self._entry(row)

    def entry(self, number: int) -> Entry:
        """One entry.

        Args:
            number: its `id`.

        Returns:
            The entry. No arrays, no shapes.

        Raises:
            UserError: there is no such entry, or the ledger is damaged.

        Source: this package.
        """
        row = None
        with in_one_line(self.path):
            if abs(number) < 2**63:
                row = self._connection.execute(f"{_SELECT} WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise UserError(f"no run {number}; `corrigible runs list` shows them", self.path)
        return self._entry(row)

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        command, words, *rest, key, number = row
        try:
            entry = Entry(command, tuple(json.loads(words)), *rest, id=number)
            json.loads(entry.answer)
            if entry.key == key:
                return entry
        except (TypeError, ValueError, AttributeError):
            pass
        raise UserError(f"run {number} was changed after it was saved", self.path)


def _uri(path: Path, vfs: str | None, mode: str) -> str:
    return f"{path.as_uri()}?mode={mode}" + (f"&vfs={vfs}" if vfs else "")


def _connect(path: Path, vfs: str | None, mode: str) -> sqlite3.Connection:
    uri = _uri(path, vfs, mode)
    return sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)


def _open_to_read(path: Path, vfs: str | None) -> sqlite3.Connection:
    """A connection that changes no row.

    It may write beside the file all the same: after a crash, the reader is the one who puts the
    journal in order. Where nothing can be written and no journal is left, the file cannot change.
    """
    connection = _connect(path, vfs, "rw")
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection
    except sqlite3.OperationalError as error:
        connection.close()
        journals = (path.with_name(path.name + end) for end in ("-wal", "-journal"))
        unfinished = any(journal.exists() and journal.stat().st_size for journal in journals)
        if unfinished or not name_of(error).startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise
    except BaseException:
        connection.close()
        raise
    return _connect(path, vfs, "ro&immutable=1")


def _set_journal(connection: sqlite3.Connection, path: Path) -> str | None:
    """Write ahead where that is possible; otherwise say so, in the line that is returned."""
    wanted = "delete" if is_networked(path.parent) else "wal"
    if _switch(connection, wanted) == "wal":
        return None
    _switch(connection, "delete")
    return (
        f"{path}: this file system does not allow write-ahead logging; the ledger keeps a rollback "
        "journal, which is slower and as safe"
    )


def _switch(connection: sqlite3.Connection, wanted: str) -> str:
    """The journal mode after asking for one."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
        except sqlite3.OperationalError as error:
            if name_of(error).startswith(("SQLITE_IOERR_SHM", "SQLITE_PROTOCOL")):
                return "refused"
            # Switching needs the file for itself, and SQLite does not wait for that.
            if not is_busy(error) or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
