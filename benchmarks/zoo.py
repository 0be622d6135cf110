"""Computes the whole zoo afresh, with times, and writes what ships with the package.

    ./run python benchmarks/zoo.py

Numbers of a case that takes longer than two seconds of processor time go into shipped.json of
src/corrigible/zoo, and what is asked of every case into columns.json, keyed by code and settings.

    ./run python benchmarks/zoo.py --record

times the command itself instead, start included, with what ships and without, and appends the
figures to benchmarks/RESULTS.md. Times are wall-clock.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.must_show import Figure, record
from corrigible.zoo import NAMES, columns, load, results
from corrigible.zoo.shipped import COLUMNS, FILE, key_of

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "corrigible" / "zoo"
SLOW = 2.0
HEADING = "## `./run python benchmarks/zoo.py`"
# Seconds that the whole zoo may take, by the words of its command.
BARS = {"zoo --json": 45.0, "zoo --json --fresh": 300.0}


def times() -> list[Figure]:
    """The command in a process of its own."""
    found = []
    for words, bar in BARS.items():
        began = time.monotonic()
        line = [sys.executable, "-m", "corrigible", *words.split()]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        took = time.monotonic() - began
        said = json.loads(done.stdout)["cases"]
        wrong = sum(row["agrees"] is False and not row["disputed"] for row in said)
        cases = len({row["name"] for row in said})
        what = f"{words}, {cases} cases: s"
        found.append(Figure("times", what, took, f"< {bar:g}", took < bar))
        what = f"{words}: numbers that differ from their sources, undisputed, of {len(said)}"
        found.append(Figure("numbers", what, wrong, "0", wrong == 0))
    return found


def main(words: list[str]) -> int:
    """Compute, print, write; or time and record."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    if parser.parse_args(words).record:
        found = times()
        for figure in found:
            print(figure.row())
        record(found, HEADING)
        return 1 if any(figure.passed is False for figure in found) else 0
    compute()
    return 0


def compute() -> None:
    """Every case afresh, and what ships."""
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
    sys.exit(main(sys.argv[1:]))
