"""The ledger's tables, their version, and the way from an older version to this one.

A new ledger is one of version 0, and takes the same way as any older one.

Guarantee: a ledger is of one version or of the next, never in between, whenever the process ends;
before a ledger that holds something changes its version, a copy of it is whole on the disk; a file
that is no ledger, or one of a later version, is not touched.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from corrigible.errors import UserError
from corrigible.store.place import ELSEWHERE

# In the file's header, so that no other program's database is taken for a ledger: "corr".
APPLICATION = 0x636F7272

# MIGRATIONS[v] leads from version v to v + 1. Never edit one that was released: append.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL CHECK (length(key) = 64),
            command TEXT NOT NULL,
            words TEXT NOT NULL,
            version TEXT NOT NULL,
            seed INTEGER NOT NULL CHECK (typeof(seed) = 'integer'),
            settings TEXT NOT NULL,
            answer TEXT NOT NULL,
            report TEXT,
            status INTEGER NOT NULL CHECK (typeof(status) = 'integer'),
            started TEXT NOT NULL,
            ended TEXT NOT NULL
        )
        """,
        "CREATE INDEX runs_by_key ON runs (key)",
    ),
)


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a ledger; 0 where the file is empty.

    Args:
        connection: to the ledger.
        path: its file, for the message.

    Returns:
        At most the version that this code writes.

    Raises:
        UserError: another program's database, or a later version.
        sqlite3.Error: no database at all.

    Source: SQLite's `application_id` and `user_version`; no arrays, no shapes.
    """
    # In one transaction: another process may be beginning this ledger.
    own = not connection.in_transaction
    if own:
        connection.execute("BEGIN")
    try:
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    finally:
        if own and connection.in_transaction:
            connection.execute("ROLLBACK")
    if application == version == tables == 0:
        return 0
    if application != APPLICATION or version < 1:
        raise UserError(f"this database is no ledger; {ELSEWHERE}", path)
    if version > len(MIGRATIONS):
        raise UserError(
            f"this ledger has version {version} and this corrigible knows {len(MIGRATIONS)}; "
            f"upgrade corrigible, or {ELSEWHERE}",
            path,
        )
    return version


def migrate(connection: sqlite3.Connection, path: Path, uri: str) -> Path | None:
    """Bring a ledger to this version, within the transaction that the caller holds.

    Args:
        connection: to the ledger, in a transaction that keeps other writers away.
        path: its file.
        uri: the same, for a second connection.

    Returns:
        The copy of what was there, or None where none was needed.

    Raises:
        UserError: as `version_of`.
        sqlite3.Error: the disk is full, or whatever else SQLite meets.
        OSError: the copy cannot be written.

    Source: SQLite's documentation of its online backup; no arrays, no shapes.
    """
    version = version_of(connection, path)
    if version == len(MIGRATIONS):
        return None
    copy = _backup(path, uri, version) if version else None
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    return copy


def _backup(path: Path, uri: str, version: int) -> Path:
    """A copy beside the ledger, under a name that is not taken, whole or not there."""
    count = 1
    while (copy := path.with_name(f"{path.stem}-version-{version}-copy-{count}.sqlite")).exists():
        count += 1
    part = copy.with_suffix(".part")
    part.unlink(missing_ok=True)
    try:
        # A connection of its own: the one that holds the transaction may not be copied from.
        with (
            closing(sqlite3.connect(uri, uri=True)) as source,
            closing(sqlite3.connect(part, isolation_level=None)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        os.replace(part, copy)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return copy
