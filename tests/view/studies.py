"""Studies that several tests read, made once; few episodes, as every call is checked in tests."""

from __future__ import annotations

from functools import cache

from corrigible.view import study
from corrigible.view.snapshot import Snapshot
from corrigible.view.study import provenance
from corrigible.worlds.level import load_level

ASKED = provenance("corrigible demo", 0, "0" * 64)


@cache
def studied(name: str) -> Snapshot:
    """A shipped level, studied."""
    return study(load_level(name), ASKED, budget=300.0, episodes=50)
