"""Particles: what a move costs after few and after many corrections.

    ./run bench particles [--record]

The problem is `grid_9` of `benchmarks/posterior.py`, its 50 corrections heard once, 20 and 2,000
times over. A walk is ten proposals for each particle, whatever was heard; its time is a median of
five moves, each divided by its walks.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.must_show import Figure, record
from benchmarks.posterior import drawn, grid
from corrigible.inference import particles

HEADING = "## `./run bench particles`"
SEED = 100


def updates() -> Iterator[Figure]:
    """The time of a walk."""
    problem, pairs = drawn(grid(3), "state", SEED)
    took = {}
    for times in (1, 20, 2000):
        state = particles.init(problem, SEED, 1000)
        state = particles.update(state, pairs * times)
        assert isinstance(state, particles.Particles)
        each = []
        for _ in range(5):
            began = time.perf_counter()
            walks = particles.moved(state).progress.walks - state.progress.walks
            each.append((time.perf_counter() - began) / walks)
        took[times] = statistics.median(each)
        what = f"seconds of a walk after {len(pairs) * times:,} corrections"
        yield Figure("update", what, took[times], "", None)
    ratio = took[2000] / took[1]
    yield Figure("update", "after most / after fewest", ratio, "<= 1.5", ratio <= 1.5)


def main(words: list[str]) -> int:
    """All of it; 0 where the bar is met."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    given = parser.parse_args(words)
    found = list(updates())
    for figure in found:
        print(figure.row())
    if given.record:
        record(found, HEADING)
    return 1 if any(figure.passed is False for figure in found) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
