"""The ledger: what `run` and `certify` answered, kept in one SQLite file in one folder.

Guarantee: `Store.save` returns a number only after the row is on the disk, settings and answer in
one transaction, so that a process killed at any moment leaves every saved row whole and no other;
whatever stands in the way is one `UserError`, and nothing saved before is touched by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.store.entry import Entry as Entry
    from corrigible.store.entry import canonical as canonical
    from corrigible.store.entry import key_of as key_of
    from corrigible.store.ledger import Store as Store
    from corrigible.store.place import locate as locate

attach(
    __name__,
    {
        "Entry": "entry",
        "Store": "ledger",
        "canonical": "entry",
        "key_of": "entry",
        "locate": "place",
    },
)

__all__ = ["Entry", "Store", "canonical", "key_of", "locate"]
