"""`corrigible runs list`, `show` and `compare`: what was saved.

Guarantee: nothing is saved, changed or created here, but for the migration of an older ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from corrigible.cli.flags import Stored
from corrigible.cli.reply import Reply
from corrigible.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.store import Entry

Number = Annotated[
    int, tyro.conf.Positional, tyro.conf.arg(metavar="ID", help="A number from `runs list`.")
]


@dataclass(frozen=True)
class Runs(Stored):
    """What `run` and `certify` have saved: a list, one of them, or what differs between two.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """


@dataclass(frozen=True)
class List(Runs):
    """List the saved runs, the latest first.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """List them.

        Args:
            overrides: always empty.

        Returns:
            Each in short. No arrays, no shapes.

        Raises:
            UserError: a ledger that cannot be read.

        Source: this package.
        """
        from corrigible.cli import kept
        from corrigible.store import Store, locate

        folder = locate(self.store)
        store = Store.read(folder)
        runs = []
        if store is not None:
            with store:
                runs = [kept.summary(entry) for entry in store.entries()]
        fields = kept.fields_of("list", folder, runs)

        def show(screen: Console) -> None:
            kept.show_list(screen, fields)

        return Reply({"action": "list", "store": str(folder)}, fields, show, signed=False)


@dataclass(frozen=True)
class Show(Runs):
    """Show one saved run: its command line, its settings and its answer.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    id: Number

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Show it.

        Args:
            overrides: always empty.

        Returns:
            The run in full. No arrays, no shapes.

        Raises:
            UserError: there is no such run, or a ledger that cannot be read.

        Source: this package.
        """
        from corrigible.cli import kept
        from corrigible.store import locate

        folder = locate(self.store)
        (entry,) = _entries(folder, self.id)
        run = kept.whole(entry)
        fields = kept.fields_of("show", folder, [kept.summary(entry)], run=run)

        def show(screen: Console) -> None:
            kept.show_run(screen, run)

        return Reply(
            {"action": "show", "store": str(folder), "id": self.id}, fields, show, signed=False
        )


@dataclass(frozen=True)
class Compare(Runs):
    """Compare two saved runs: the settings and the numbers in which they differ.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    id: Number
    other: Number

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Compare them.

        Args:
            overrides: always empty.

        Returns:
            What differs. No arrays, no shapes.

        Raises:
            UserError: there is no such run, or a ledger that cannot be read.

        Source: this package.
        """
        from corrigible.cli import kept
        from corrigible.store import locate

        folder = locate(self.store)
        one, other = _entries(folder, self.id, self.other)
        runs = [kept.summary(entry) for entry in (one, other)]
        fields = kept.fields_of("compare", folder, runs, found=kept.compared(one, other))

        def show(screen: Console) -> None:
            kept.show_comparison(screen, fields)

        settings = {"action": "compare", "store": str(folder), "ids": [self.id, self.other]}
        return Reply(settings, fields, show, signed=False)


ACTIONS: dict[str, type[Runs]] = {"list": List, "show": Show, "compare": Compare}


def _entries(folder: Path, *numbers: int) -> list[Entry]:
    from corrigible.store import Store

    store = Store.read(folder)
    if store is None:
        raise UserError("nothing is saved here; `corrigible run LEVEL` saves a run", folder)
    with store:
        return [store.entry(number) for number in numbers]
