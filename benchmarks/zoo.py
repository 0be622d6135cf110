"""Computes the whole zoo afresh, with times, and writes what ships with the package.

    ./run python benchmarks/zoo.py

Numbers of a case that takes longer than two seconds go into src/corrigible/zoo/shipped.json, keyed
by the case's code and settings.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from corrigible.zoo import NAMES, load, results
from corrigible.zoo.shipped import FILE, key_of

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src" / "corrigible" / "zoo" / FILE
SLOW = 2.0


def main() -> None:
    """Compute, print, write."""
    kept, total = {}, 0.0
    for name in NAMES:
        case = load(name)
        began = time.monotonic()
        found = results(case, fresh=True)
        took = time.monotonic() - began
        total += took
        wrong = [r.quantity for r in found if r.agrees is False and not r.disputed]
        print(
            f"{name:24} {took:7.2f} s  {len(found)} numbers"
            + (f", WRONG: {wrong}" if wrong else "")
        )
        if took > SLOW:
            kept[name] = {"key": key_of(case), "computed": {r.quantity: r.computed for r in found}}
    print(f"{'everything':24} {total:7.2f} s")
    TARGET.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
