"""A certificate for 10^4 states and 10^3 hypotheses: its verdict, time, memory and bracket.

    ./run python benchmarks/scale.py [NAME ...] [--json] [--record] [--seed 20] [--seconds 60]

The world is an open grid with slip .1 at discount .95; a hypothesis pays at five cells of its own,
each by a weight from [.5, 1.5]; a perfect hand advises about the current state at rate .2. Before
the grid stands one decision: keep, or press a button that moves alike, silences the hand for good
and pays a bonus whatever the reward. On the mean reward alone the agent would press for any bonus.
Each figure comes from a process of its own, so that its peak memory is its own; seconds are those
of all of `certify`, nothing computed before. Brackets are shares of the value of perfect
information: the margin's when it was decided, and V's at the start from bounds with more time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

# The scripts beside this one, however it is loaded.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from must_show import HEADING, SEED, Figure, Settings, record, share, with_button

from corrigible import Belief, Problem
from corrigible.inference.summary import vpi
from corrigible.overseers import HandOfGod
from corrigible.planners import certify, solve
from corrigible.worlds import Tabular

SMALL_BONUS, LARGE_BONUS = 0.25, 5.0
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1), (0, 0))
ON_THIS_SCRIPT = HEADING.replace("must_show", "scale")


def open_grid(side: int, slip: float = 0.1) -> Tabular:
    """Up, right, down, left, stay; a move slips to either side; nothing to disable."""
    states = side * side
    row, column = np.divmod(np.arange(states), side)
    to = [
        np.clip(row + down, 0, side - 1) * side + np.clip(column + right, 0, side - 1)
        for down, right in MOVES
    ]
    entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for a in range(5):
        parts = [(4, 1.0)] if a == 4 else [(a, 1.0 - slip)]
        parts += [] if a == 4 else [((a + 1) % 4, slip / 2), ((a + 3) % 4, slip / 2)]
        for way, chance in parts:
            entries.append((np.full(states, chance), np.arange(states) * 5 + a, to[way]))
    data, rows, columns = (np.concatenate(x) for x in zip(*entries, strict=True))
    moves = sp.csr_array(sp.coo_array((data, (rows, columns)), shape=(5 * states, states)))
    start = np.eye(states)[states // 2 + side // 2]
    return Tabular(moves, np.zeros((states, 5)), 0.95, start)


def wide(side: int, hypotheses: int, bonus: float, ties: Any, seed: int) -> Problem:
    """The problem that this script is about."""
    rng, states = np.random.default_rng(seed), side * side
    rewards = np.zeros((hypotheses, states, 5))
    for reward in rewards:
        goals = rng.choice(states, 5, replace=False)
        reward[goals] = rng.uniform(0.5, 1.5, (5, 1))
    hand = HandOfGod(rate=0.2, ties=ties)
    return with_button(Problem(open_grid(side), hand, Belief.uniform(rewards)), bonus)


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """One certificate, and, where more time is given, bounds."""
    problem = wide(job["side"], job["hypotheses"], job["bonus"], job["ties"], job["seed"])
    began, worked = time.monotonic(), time.process_time()
    found = certify(problem, budget=job["seconds"])
    took, worked = time.monotonic() - began, time.process_time() - worked
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    assert found.margin_lower is not None and found.margin_upper is not None
    worth = vpi(problem)
    answer = {
        "verdict": found.verdict,
        "seconds": took,
        "worked": worked,
        "load": os.getloadavg()[0],
        "gib": gib,
        "ends": (found.margin_lower, found.margin_upper),
        "bracket": 100.0 * (found.margin_upper - found.margin_lower) / worth,
    }
    if job["more"]:
        answer["refined"] = share(solve(problem, method="bounds", budget=job["more"]), worth)
    return answer


def alone(**job: Any) -> dict[str, Any]:
    """The same in a fresh process."""
    words = [sys.executable, str(Path(__file__).resolve()), "--job", json.dumps(job)]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def _work(found: dict[str, Any]) -> str:
    """What the wall clock leaves out: how much was computed, and beside how many others."""
    return f"{found['worked']:.0f} of one core's work, load {found['load']:.0f}"


def _grid(settings: Settings, ties: str, more: float) -> Iterator[Figure]:
    name = f"grid_{ties}"
    common = {"side": 100, "hypotheses": 1000, "ties": ties, "seed": settings.seed}
    for bonus, right in ((SMALL_BONUS, "keeps"), (LARGE_BONUS, "disables")):
        job = {**common, "bonus": bonus, "seconds": settings.seconds}
        found = alone(**job, more=more if right == "keeps" else 0.0)
        low, high = found["ends"]
        what = f"bonus {bonus}: verdict (margin {low:.3g}..{high:.3g})"
        yield Figure(name, what, found["verdict"], right, found["verdict"] == right)
        took, gib = found["seconds"], found["gib"]
        what = f"bonus {bonus}: seconds of certify ({_work(found)})"
        yield Figure(name, what, took, "< 60", took < 60)
        yield Figure(name, f"bonus {bonus}: peak GiB", gib, "< 8", gib < 8)
        if right == "keeps":
            width = found["bracket"]
            what = "margin's bracket when decided, % of VPI (aim 30)"
            yield Figure(name, what, width, "<= 60", width <= 60)
        if "refined" in found:
            what = f"V's bracket after {more:g} s more, % of VPI (aim 30)"
            yield Figure(name, what, found["refined"], "<= 60", found["refined"] <= 60)


def grid_ordered(settings: Settings) -> Iterator[Figure]:
    """100x100, 1,000 hypotheses, ties broken in the world's order."""
    yield from _grid(settings, "ordered", 60.0)


def grid_uniform(settings: Settings) -> Iterator[Figure]:
    """100x100, 1,000 hypotheses, ties drawn uniformly."""
    yield from _grid(settings, "uniform", 0.0)


def cost(settings: Settings) -> Iterator[Figure]:
    """What a certificate costs against states and hypotheses."""
    for side, hypotheses in ((32, 1000), (58, 1000), (100, 100), (100, 300), (100, 1000)):
        job = {"side": side, "hypotheses": hypotheses, "bonus": SMALL_BONUS, "ties": "ordered"}
        found = alone(**job, seed=settings.seed, seconds=settings.seconds, more=0.0)
        size = f"{side * side} states, {hypotheses} hypotheses"
        rest = f"{found['verdict']}, {found['gib']:.2g} GiB, bracket {found['bracket']:.0f}% of VPI"
        rest = f"{_work(found)}; {rest}"
        yield Figure("cost", f"{size}: seconds ({rest})", found["seconds"], "", None)


SECTIONS: dict[str, Callable[[Settings], Iterator[Figure]]] = {
    "grid_ordered": grid_ordered,
    "grid_uniform": grid_uniform,
    "cost": cost,
}


def main(words: list[str]) -> int:
    """Run the sections; 0 where every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SECTIONS))
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    parser.add_argument("--seconds", type=float, default=60.0, help="the budget of a certificate")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    if given.job is not None:
        print(json.dumps(measure(json.loads(given.job))))
        return 0
    unknown = [name for name in given.names if name not in SECTIONS]
    if unknown:
        parser.error(f"no section is called {unknown[0]}; there are {', '.join(SECTIONS)}")
    settings = Settings(given.seconds, given.seed)
    found: list[Figure] = []
    for name in given.names or SECTIONS:
        for figure in SECTIONS[name](settings):
            found.append(figure)
            print(figure.row(), file=sys.stderr if given.json else sys.stdout, flush=True)
    if given.json:
        print(json.dumps({"seed": settings.seed, "figures": [asdict(f) for f in found]}))
    if given.record:
        record(found, ON_THIS_SCRIPT)
    return 1 if any(f.passed is False for f in found) else 0


if __name__ == "__main__":
    # On a busy machine BLAS threads wait for each other, and NumPy reads this when it is loaded.
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.argv])
    raise SystemExit(main(sys.argv[1:]))
