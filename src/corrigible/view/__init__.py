"""What is shown: one computed snapshot, the sentences that follow from it, and its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.view.snapshot import Snapshot as Snapshot
    from corrigible.view.snapshot import as_json as as_json
    from corrigible.view.snapshot import from_json as from_json
    from corrigible.view.study import study as study

attach(
    __name__,
    {
        "Snapshot": "snapshot",
        "as_json": "snapshot",
        "from_json": "snapshot",
        "study": "study",
    },
)

__all__ = ["Snapshot", "as_json", "from_json", "study"]
