"""Saving what a command answered, and saying so.

The ledger is looked at before the work begins, so that hours are not spent on what cannot be
saved, and written to after the answer is printed, so that nothing can come between the user and
the answer. A line on stderr says that the run is saved, and only when it is.

Guarantee: a command that fails leaves no ledger behind and no row in one.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from corrigible.cli.text import complain

if TYPE_CHECKING:
    from corrigible.cli.reply import Reply


class Keeper:
    """Where one answer is going to be saved.

    Args:
        given: what `--store` says.
        words: the command line.

    Raises:
        UserError: a ledger that cannot be written.

    Source: this package; no arrays, no shapes.
    """

    def __init__(self, given: Path | None, words: Sequence[str]) -> None:
        from corrigible.store import Store, locate

        self.folder: Path = locate(given)
        Store.check(self.folder)
        self._words = tuple(words)
        self._started = _now()
        self._ended = self._started

    def stop(self) -> None:
        """The answer is there; what follows is no part of the time it took.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        self._ended = _now()

    def save(self, command: str, seed: int, version: str, reply: Reply) -> None:
        """Save the answer, then say so.

        Args:
            command: its name.
            seed: as given.
            version: this package's.
            reply: what was answered.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            UserError: it could not be saved, and why.

        Source: this package.
        """
        from corrigible.store import Entry, Store

        entry = Entry(
            command,
            self._words,
            version,
            seed,
            reply.canonical(command),
            reply.answer(),
            reply.status,
            self._started,
            self._ended,
        )
        with Store.write(self.folder) as store:
            if store.warning is not None:
                complain(store.warning)
            if store.copy is not None:
                complain(f"{store.path} is of an older version; a copy of it is {store.copy}")
            number = store.save(entry)
            if store.created:
                complain(
                    f"saved as run {number} of a new ledger, {store.path} (--store or "
                    "$CORRIGIBLE_STORE names another folder)"
                )
            else:
                complain(f"saved as run {number}")


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
