"""Computes the whole zoo afresh, with times, and writes what ships with the package.

    ./run python benchmarks/zoo.py

Numbers of a case that takes longer than two seconds of processor time go into shipped.json of
src/corrigible/zoo, and what is asked of every case into columns.json, keyed by code and settings.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

from corrigible.zoo import NAMES, columns, load, results
from corrigible.zoo.shipped import COLUMNS, FILE, key_of

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "corrigible" / "zoo"
SLOW = 2.0


def main() -> None:
    """Compute, print, write."""
    kept, asked, total = {}, {}, 0.0
    for name in NAMES:
        case = load(name)
        began = time.process_time()
        found = results(case, fresh=True)
        took = time.process_time() - began
        column = columns(case, fresh=True)
        total += time.process_time() - began
        wrong = [r.quantity for r in found if r.agrees is False and not r.disputed]
        print(
            f"{name:24} {took:7.2f} s  {len(found)} numbers"
            + (f", WRONG: {wrong}" if wrong else "")
        )
        if took > SLOW:
            kept[name] = {"key": key_of(case), "computed": {r.quantity: r.computed for r in found}}
        if column is not None:
            asked[name] = {"key": key_of(case, columns=True), "computed": asdict(column)}
    print(f"{'everything':24} {total:7.2f} s")
    for file, what in ((FILE, kept), (COLUMNS, asked)):
        (FOLDER / file).write_text(json.dumps(what, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
