"""Simulation-based calibration of the samplers: a rank for every quantity of every replicate.

    ./run bench calibration [SAMPLER ...] [--replicates 1000] [--seconds S] [--record]

The cases, their replicates and the level are those of tests/inference/test_calibration.py; this
takes as long as it takes, and goes on where it was stopped. Ranks are kept in
benchmarks/out/calibration/ as they come; the first replicate is drawn again each time, and ranks of
a sampler that draws otherwise are thrown away. All cases advance together, so that `--seconds` cuts
them off alike; the figure then says how many replicates there were.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.must_show import Figure, record
from tests.inference.calibration import CORRECTIONS, Study, problem_of, replicate
from tests.inference.test_calibration import CASES, LEVEL, SAMPLERS

HEADING = "## `./run bench calibration`"
KEPT = Path(__file__).resolve().parent / "out" / "calibration"
ENOUGH = 1000
_SAVING = 20.0

Ranks = list[dict[str, int]]


def path_of(sampler: str, prior: str) -> Path:
    """Where the ranks of a case are kept."""
    return KEPT / f"{sampler}-{re.sub('[^a-z]+', '-', prior.lower())}.json"


def one(sampler: str, prior: str, seed: int) -> dict[str, int]:
    """The ranks of one replicate."""
    return replicate(problem_of(prior, seed), SAMPLERS[sampler], seed, CORRECTIONS, 1.0)


def load(sampler: str, prior: str) -> Ranks:
    """What is kept of a case, if its sampler still draws the same; the first replicate at least."""
    first, path = [one(sampler, prior, 0)], path_of(sampler, prior)
    kept: Ranks = json.loads(path.read_text(encoding="utf-8")) if path.exists() else first
    return kept if kept[:1] == first else first


def save(sampler: str, prior: str, ranks: Ranks) -> None:
    """Replace what is kept."""
    path = path_of(sampler, prior)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(ranks), encoding="utf-8")
    os.replace(part, path)


def collect(
    cases: list[tuple[str, str]], replicates: int, seconds: float
) -> dict[tuple[str, str], Ranks]:
    """Draw until every case has its replicates, or the time is over; the same number of each."""
    deadline, saved = time.monotonic() + seconds, time.monotonic()
    found = {case: load(*case) for case in cases}
    for seed in range(1, replicates):
        for case in cases:
            if len(found[case]) <= seed:
                found[case].append(one(*case, seed))
        now = time.monotonic()
        if now - saved > _SAVING or now > deadline or seed == replicates - 1:
            for case in cases:
                save(*case, found[case])
            saved = now
            print(f"{seed + 1} of {replicates}", file=sys.stderr, flush=True)
        if now > deadline:
            break
    many = min(replicates, *(len(ranks) for ranks in found.values()))
    return {case: ranks[:many] for case, ranks in found.items()}


def figures(found: dict[tuple[str, str], Ranks]) -> Iterator[Figure]:
    """The least p-value of each case."""
    for (sampler, prior), ranks in found.items():
        table = np.array([list(row.values()) for row in ranks])
        p_values = Study(table, tuple(ranks[0])).p_values()
        worst = min(p_values, key=p_values.__getitem__)
        what = f"{prior}, {len(ranks)} replicates: least p of {len(p_values)} ({worst})"
        # Few replicates can reject a sampler, but not accept it.
        enough = True if len(ranks) >= ENOUGH else None
        passed = enough if p_values[worst] > LEVEL else False
        yield Figure(sampler, what, p_values[worst], f"> {LEVEL:.2g}", passed)


def main(words: list[str]) -> int:
    """All of it; 0 where no sampler is rejected."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("samplers", nargs="*", metavar="SAMPLER", help=", ".join(SAMPLERS))
    parser.add_argument("--replicates", type=int, default=1000, help="of each case")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many")
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    given = parser.parse_args(words)
    for name in given.samplers:
        if name not in SAMPLERS:
            parser.error(f"no sampler is called {name!r}; there are {', '.join(SAMPLERS)}")
    cases = [case for case in CASES if not given.samplers or case[0] in given.samplers]
    found = list(figures(collect(cases, given.replicates, given.seconds)))
    for figure in found:
        print(figure.row())
    if given.record:
        record(found, HEADING)
    return 1 if any(figure.passed is False for figure in found) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
