"""What SQLite and the file system say, as one line that tells the user what to do.

Guarantee: only what a user can mend becomes a `UserError`; everything else stays a bug.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corrigible.errors import UserError
from corrigible.store.place import ELSEWHERE

_KEPT = "what was saved before is still there"
_DAMAGED = "this is no ledger, or a damaged one; move it away and the next run begins a new one"
_REASONS = (
    (("SQLITE_FULL",), f"no space is left for the ledger; {_KEPT}; free some, or {ELSEWHERE}"),
    (
        ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"),
        f"the ledger cannot be opened or written here; {ELSEWHERE}",
    ),
    (("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_FORMAT"), _DAMAGED),
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"),
        f"another process does not let go of the ledger; {_KEPT}; try again, or {ELSEWHERE}",
    ),
    (("SQLITE_TOOBIG",), f"this answer is too large for the ledger; {_KEPT}"),
    (("SQLITE_IOERR",), f"the disk does not read or write the ledger; {_KEPT}; {ELSEWHERE}"),
)
_BUGS = (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.IntegrityError)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether waiting may help.

    Args:
        error: what SQLite raised.

    Returns:
        True where another process is in the way.

    Raises:
        Nothing.

    Source: SQLite's result codes; no arrays, no shapes.
    """
    return name_of(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def name_of(error: sqlite3.Error) -> str:
    """The name of SQLite's result code.

    Args:
        error: what SQLite raised.

    Returns:
        Empty where Python's own module raised it.

    Raises:
        Nothing.

    Source: SQLite's result codes; no arrays, no shapes.
    """
    return getattr(error, "sqlite_errorname", None) or ""


@contextmanager
def in_one_line(path: Path) -> Iterator[None]:
    """Turn what stands in a ledger's way into one line about it.

    Args:
        path: the ledger's file.

    Returns:
        A context.

    Raises:
        UserError: SQLite or the file system refused.

    Source: SQLite's result codes; no arrays, no shapes.
    """
    try:
        yield
    except _BUGS:
        raise
    except sqlite3.Error as error:
        code = name_of(error)
        reason = next((text for names, text in _REASONS if code.startswith(names)), _DAMAGED)
        raise UserError(f"{reason} (SQLite: {error})", path) from None
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else path
        reason = error.strerror or str(error)
        raise UserError(f"the ledger cannot be used here: {reason}; {ELSEWHERE}", place) from None
