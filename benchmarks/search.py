"""What search finds beside what is true: `./run bench search [--record] [--problems 500]`.

Raw root values are what the trees say, not moved between the ends of the bounds; the bounds beside
them have their first ends only, so that nothing is known beforehand. Errors are absolute, weighted
by the start distribution, and their sum is given as a share of the sum of VPI over the same
problems. A verdict is drawn from the two ends at every start state where something can be disabled.

- *perfect hands*: the random problems of `corrigible.testing.strategies`, every kind of hand,
  against exact values;
- *noisy hands*: every tenth of them with rationality 1 or 3, against bounds that come within 2% of
  VPI or have 1 s; the error is the distance from their middle, and what these may be wrong by is
  given beside it.

`--record` appends the figures to benchmarks/RESULTS.md. Times are wall-clock.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.must_show import SEED, Figure, record, verdict
from corrigible import Problem
from corrigible.inference.summary import vpi
from corrigible.planners import solve
from corrigible.planners.bounds import Bounds
from corrigible.planners.bribe import excess_disabling
from corrigible.planners.certify import default_tolerance
from corrigible.planners.exact import Exact
from corrigible.planners.search import Search
from corrigible.planners.solution import Solution
from corrigible.planners.tree import grow
from corrigible.testing.strategies import random_problem

HEADING = "## `./run bench search`"
BAR = 5.0
STRIDE = 1000


@dataclass
class Tally:
    """Sums over problems."""

    error: float = 0.0
    guess: float = 0.0
    worth: float = 0.0
    blur: float = 0.0
    seconds: float = 0.0
    decided: int = 0
    verdicts: int = 0
    wrong: int = 0
    signs: int = 0


def noisy(problem: Problem, seed: int) -> Problem:
    """The same problem with a hand that errs."""
    hand: Any = problem.overseer
    return replace(problem, overseer=replace(hand, rationality=(1.0, 3.0)[seed % 2]))


def margin(solution: Solution, state: int, keeping: np.ndarray) -> tuple[float, float]:
    """Both ends of the margin of one state."""
    low, high = solution.lower(state), solution.upper(state)
    below = low[keeping].max() - high[~keeping].max()
    return float(below), float(high[keeping].max() - low[~keeping].max())


def add(tally: Tally, problem: Problem, truth: Solution, simulations: int) -> None:
    """Search one problem and compare."""
    start = problem.world.start
    states = np.flatnonzero(start)
    began = time.monotonic()
    found = Search(problem, Bounds(problem, deadline=0.0), simulations=simulations)
    raw = np.stack([found.raw(int(s)) for s in states])
    tally.seconds += time.monotonic() - began
    guess = found.leaves.at(problem.weights()[None])[0][states]
    true = np.stack([truth.q(int(s)) for s in states])
    tally.error += float(start[states] @ np.abs(raw.max(axis=1) - true.max(axis=1)))
    tally.guess += float(start[states] @ np.abs(guess - true.max(axis=1)))
    low, high = truth.ends_at_start
    tally.blur += 0.5 * (high - low)
    tally.worth += vpi(problem)
    excess, tol = excess_disabling(problem), default_tolerance(problem)
    for s, values in zip(states.tolist(), raw, strict=True):
        keeping = excess[s] == 0.0
        if keeping.all():
            continue
        drawn, right = (verdict(margin(p, s, keeping), tol) for p in (found, truth))
        tally.verdicts += 1
        tally.decided += drawn != "undecided"
        tally.wrong += "undecided" not in (drawn, right) and drawn != right
        sign = values[keeping].max() - values[~keeping].max()
        tally.signs += (sign > tol) == (right == "keeps")


def figures(name: str, tally: Tally, count: int) -> Iterator[Figure]:
    """The sums as shares."""
    share = 100.0 * tally.error / tally.worth
    yield Figure(name, f"raw root values, {count} problems: sum of |error|, % of sum of VPI", share,
                 f"<= {BAR:g}", share <= BAR)  # fmt: skip
    yield Figure(name, "the leaves alone", 100.0 * tally.guess / tally.worth, "", None)
    blur = 100.0 * tally.blur / tally.worth
    yield Figure(name, "what the true values may be wrong by", blur, "", None)
    what = f"verdicts contradicted, of {tally.verdicts} ({tally.decided} decided)"
    yield Figure(name, what, tally.wrong, "0", tally.wrong == 0)
    signs = 100.0 * tally.signs / max(1, tally.verdicts)
    yield Figure(name, "raw margins of the right sign, %", signs, "", None)
    yield Figure(name, "seconds each, compilation included", tally.seconds / count, "", None)


def main(words: list[str]) -> int:
    """Both sets; 0 where every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--problems", type=int, default=500)
    parser.add_argument("--simulations", type=int, default=128)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    given = parser.parse_args(words)
    first = STRIDE * given.seed
    perfect, erring, few = Tally(), Tally(), 0
    for seed in range(first, first + given.problems):
        problem = random_problem(seed)
        add(perfect, problem, Exact(problem), given.simulations)
        if seed % 10 == seed // 10 % 10:
            other, few = noisy(problem, seed), few + 1
            close = 0.02 * max(vpi(other), 1e-3)
            tight = solve(other, method="bounds", tol=close, budget=1.0)
            add(erring, other, tight, given.simulations)
    found = [*figures("perfect hands", perfect, given.problems)]
    found += figures("noisy hands", erring, few) if few else []
    compiled: Any = grow
    found.append(Figure("compiled", "searches compiled", compiled._cache_size(), "4",
                        compiled._cache_size() <= 4))  # fmt: skip
    print(f"seeds {first} to {first + given.problems - 1}, {given.simulations} simulations")
    for figure in found:
        print(figure.row())
    if given.record:
        record(found, HEADING)
    return 1 if any(figure.passed is False for figure in found) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
