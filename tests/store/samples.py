"""Entries to save, and what every entry that was saved must be."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

from corrigible.store import Entry, Store, canonical, key_of


def entry(seed: int, size: int = 3) -> Entry:
    """An entry whose answer can be told from its seed, so that a half of it is noticed."""
    draw = random.Random(seed)
    numbers = [draw.random() for _ in range(size)]
    return Entry(
        command="run",
        words=("run", "twins", "--seed", str(seed)),
        version="0.1.0",
        seed=seed,
        settings=canonical("run", 1, {"seed": seed, "size": size, "rationality": float("inf")}),
        answer=json.dumps({"level": "twins", "numbers": numbers, "report": None}),
        status=0,
        started="2030-01-01T00:00:00.000+00:00",
        ended="2030-01-01T00:00:01.000+00:00",
    )


def ids(folder: Path) -> list[int]:
    """The numbers of a ledger whose every row is whole."""
    store = Store.read(folder)
    if store is None:
        return []
    found = []
    with store:
        for saved in store.entries():
            assert saved.id is not None
            assert saved.settings and saved.key == key_of(saved.settings)
            if "size" in saved.read_settings():
                made = entry(saved.seed, saved.read_settings()["size"])
                assert (saved.answer, saved.settings, saved.words) == (
                    made.answer,
                    made.settings,
                    made.words,
                )
            found.append(saved.id)
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return found
