"""The same problems by planners and solvers that share no code, and how long each takes.

    ./run bench cross_check [NAME ...] [--seconds 30] [--record]

Ten problems of this package, five shipped levels and one drawn for each kind of hand, are solved by
`exact`, exported, and solved as POMDPs by `solve_pomdp`; by Storm's belief unfolding (stormpy,
installed with the peers), which knows no discount and is given one as a probability of ending; and
by `pomdpsol` (SARSOP) and `pomdp-solve` where these are on PATH: neither is packaged for pip or
Debian. Then the classic processes by whatever reads them. Every answer is shown as what it is away
from `exact`, with its seconds: for this package a whole `solve` of a problem that is new to it, for
the programs a whole run on the file. Storm's are its reading of the file and its solving; what its
solving alone takes is recorded too, problem by problem. It solves to its own default, a relative
1e-6, and `exact` to a residual of 1e-12: neither can be told to stop at a gap, as beliefs are
enumerated first. Medians of five after a warm-up, but one run for what takes longer than 2 s.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.must_show import Figure, record
from corrigible import Problem
from corrigible.bridges import Pomdp, classics, parse_pomdp, pomdp_text, solve_pomdp, to_pomdp
from corrigible.planners import solve
from corrigible.testing.strategies import HANDS, RESTORES, Shape, draw_problem
from corrigible.worlds import load_level

HEADING = "## `./run bench cross_check`"
LEVELS = ("twins", "cheap-button", "one-way-silence", "restoring-button", "shortcut")
SEED = 100
CLOSE = 1e-4
# The optimum of each classic to five digits, by pomdpsol to 1e-5 on its published file, 2026-11-25;
# parr95's file pays 2 and 0 where its paper and this package have 1 and -1, and has twice this.
CLASSICS = {
    "tiger": 19.37137,
    "maze_4x3": 1.90385,
    "cheese": 3.48620,
    "shuttle": 32.88972,
    "parr95": 3.60052,
    "line_1d": 1.26034,
}


@dataclass(frozen=True)
class Answer:
    """Both ends of a value, equal where a solver gives one number, and the time it took.

    Of that, `reading` was spent on reading the process from a file, where that is known.
    """

    lower: float
    upper: float
    seconds: float
    reading: float = 0.0

    def away(self, value: float) -> float:
        """How far the end that is further off lies from a value."""
        return max(abs(self.lower - value), abs(self.upper - value))


Solver = Callable[[Pomdp, Path, float], Answer | None]


def problems() -> Iterator[tuple[str, Problem]]:
    """The ten."""
    for name in LEVELS:
        yield name, load_level(name).problem
    for number, hand in enumerate(HANDS):
        restores = RESTORES[number % 3]
        shape = Shape(8, 3, 5, hand, number % 2 == 0, restores, number % 2 == 1)
        yield f"drawn, {hand}", draw_problem(SEED + number, shape)


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """The last result and the median seconds of five runs after a warm-up, if they are short."""
    times: list[float] = []
    result = None
    for _ in range(6):
        began = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - began)
        if times[-1] > 2.0:
            break
    return result, statistics.median(times[1:] or times)


def exact(problem: Problem) -> Answer:
    """This package's planner, on a problem of which nothing has been computed yet."""

    def run() -> tuple[float, float]:
        fresh = Problem(problem.world, problem.overseer, problem.prior)
        return solve(fresh, method="exact").ends_at_start

    (low, high), seconds = timed(run)
    return Answer(low, high, seconds)


def general(pomdp: Pomdp, path: Path, seconds: float) -> Answer:
    """This package's solver for any POMDP."""
    found = solve_pomdp(pomdp, tol=CLOSE, budget=4.0 * seconds)
    return Answer(found.lower, found.upper, found.seconds)


def drn_text(pomdp: Pomdp) -> tuple[str, float]:
    """A process in Storm's format, and what to add to the value of that.

    Storm's observations belong to states, so a state here is one of the process with what was seen
    on the way to it; a step ends everything with probability 1 - discount, which discounts what
    comes later; and rewards are raised by a constant, since sums of negative ones are refused.
    """
    order: dict[tuple[int, int], int] = {}

    def number(state: int, seen: int) -> int:
        return order.setdefault((state, seen), len(order) + 2)

    def lines(ways: dict[int, float]) -> list[str]:
        return [f"\t\t{goal} : {chance!r}" for goal, chance in sorted(ways.items())]

    first = {number(int(s), -1): float(pomdp.start[s]) for s in np.flatnonzero(pomdp.start)}
    body = ["state 0 {0} [0] init", "\taction go [0]", *lines(first)]
    body += ["state 1 {1} [0] end", "\taction go [0]", *lines({1: 1.0})]
    raised, done = float(pomdp.reward.min()), 0
    while done < len(order):
        for (state, seen), own in list(order.items())[done:]:
            body.append(f"state {own} {{{seen + 3}}} [0]")
            for action, reward in enumerate(pomdp.reward[:, state]):
                body.append(f"\taction a{action} [{float(reward - raised)!r}]")
                ways = {1: 1.0 - pomdp.discount}
                for goal in np.flatnonzero(pomdp.transition[action, state]):
                    chance = pomdp.discount * pomdp.transition[action, state, goal]
                    for told in np.flatnonzero(pomdp.observation[action, goal]):
                        into = number(int(goal), int(told))
                        share = float(chance * pomdp.observation[action, goal, told])
                        ways[into] = ways.get(into, 0.0) + share
                body += lines(ways)
            done += 1
    choices = 2 + len(order) * len(pomdp.actions)
    head = ["@type: POMDP", "@parameters", "", "@reward_models", "pays"]
    head += ["@nr_states", str(len(order) + 2), "@nr_choices", str(choices), "@model"]
    return "\n".join(head + body) + "\n", raised / (1.0 - pomdp.discount)


def storm(pomdp: Pomdp, path: Path, seconds: float) -> Answer | None:
    """Storm: every belief that can be reached, where there are finitely many, and sound values."""
    stormpy: Any = importlib.import_module("stormpy")
    checker: Any = importlib.import_module("stormpy.pomdp")
    text, raised = drn_text(pomdp)
    file = path.with_suffix(".drn")
    file.write_text(text, encoding="utf-8")
    options = stormpy.developer.DirectEncodingParserOptions()
    options.build_choice_labeling = True
    wanted = stormpy.parse_properties('R{"pays"}max=? [F "end"]')[0]

    def read() -> Any:
        return stormpy.build_model_from_drn(str(file), options=options)

    def run() -> Any:
        return checker.verify_with_belief_unfolding(
            read(), wanted, max_exploration_time=max(1, round(seconds))
        )

    _, reading = timed(read)
    found, took = timed(run)
    if not found.completed_exploration:
        return None
    return Answer(found.value + raised, found.value + raised, took, reading)


def program(words: list[str], folder: Path, seconds: float) -> tuple[str, float] | None:
    """What a program prints, and its seconds; None where it is not there or not done in time."""
    if shutil.which(words[0]) is None:
        return None

    def run() -> str | None:
        try:
            done = subprocess.run(
                words, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout

    text, took = timed(run)
    return None if text is None else (text, took)


def sarsop(pomdp: Pomdp, path: Path, seconds: float) -> Answer | None:
    """SARSOP, by its own program."""
    words = ["pomdpsol", "-p", str(CLOSE), "-o", "out.policy", path.name]
    ran = program(words, path.parent, seconds)
    if ran is None:
        return None
    number = r"-?[\d.]+(?:e[-+]?\d+)?"
    last = re.findall(rf"^ *{number} +\d+ +\d+ +({number}) +({number}) ", ran[0], re.MULTILINE)
    return Answer(float(last[-1][0]), float(last[-1][1]), ran[1]) if last else None


def cassandra(pomdp: Pomdp, path: Path, seconds: float) -> Answer | None:
    """Cassandra's own program: incremental pruning, over the whole simplex of beliefs."""
    ran = program(["pomdp-solve", "-pomdp", path.name, "-o", "out"], path.parent, seconds)
    found = path.parent / "out.alpha"
    if ran is None or not found.exists():
        return None
    rows = [line.split() for line in found.read_text(encoding="utf-8").splitlines()]
    vectors = np.array([row for row in rows if len(row) == len(pomdp.states)], dtype=np.float64)
    found.unlink()
    value = float((vectors @ pomdp.start).max())
    return Answer(value, value, ran[1])


SOLVERS: dict[str, Solver] = {
    "solve_pomdp": general,
    "storm": storm,
    "pomdpsol": sarsop,
    "pomdp-solve": cassandra,
}


def row(name: str, value: float, own: str, found: dict[str, Answer | None]) -> str:
    """One line of the table."""
    cells = [
        f"{answer.away(value):8.0e} {answer.seconds:7.3f}" if answer else f"{'-':>16}"
        for answer in found.values()
    ]
    return f"{name:24} {value:10.5f} {own:>7}  " + "  ".join(cells)


def ask(pomdp: Pomdp, seconds: float) -> dict[str, Answer | None]:
    """Every solver on one process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "process.pomdp"
        path.write_text(pomdp_text(pomdp), encoding="ascii")
        return {name: solver(pomdp, path, seconds) for name, solver in SOLVERS.items()}


def ten(seconds: float, chosen: list[str]) -> Iterator[Figure]:
    """The ten problems of this package."""
    away: dict[str, list[float]] = {name: [] for name in SOLVERS}
    sooner: dict[str, list[float]] = {name: [] for name in SOLVERS}
    trips = count = 0
    for name, problem in problems():
        if chosen and name not in chosen:
            continue
        own, pomdp = exact(problem), to_pomdp(problem)
        count += 1
        trips += parse_pomdp(pomdp_text(pomdp)).same(pomdp)
        found = ask(pomdp, seconds)
        value = 0.5 * (own.lower + own.upper)
        print(row(name, value, f"{own.seconds:.3f}", found), flush=True)
        for solver, answer in found.items():
            if answer is not None:
                away[solver].append(answer.away(value))
                sooner[solver].append(answer.seconds / own.seconds)
        answer = found.get("storm")
        if answer is not None:
            alone = (answer.seconds - answer.reading) / own.seconds
            what = f"{name}: storm's {answer.seconds:.3g} s over {own.seconds:.3g} s of exact"
            ratio = answer.seconds / own.seconds
            yield Figure("ten", f"{what} ({alone:.3g} without reading)", ratio, "", None)
    yield Figure("ten", "written and read again, bit by bit", trips, f"{count}", trips == count)
    for solver, distances in away.items():
        if distances:
            solved = f"{solver}: away from exact, the furthest of {len(distances)} solved"
            worst, bar = max(distances), 1e-3 if solver == "storm" else CLOSE
            yield Figure("ten", solved, worst, f"<= {bar:g}", worst <= bar)
    for solver, ratios in sooner.items():
        if ratios:
            low, middle = min(ratios), statistics.median(ratios)
            many = sum(ratio >= 10.0 for ratio in ratios)
            what = f"{solver}: its seconds over those of exact, the least; median {middle:.3g}"
            bar = ">= 10" if solver == "storm" else ""
            yield Figure("ten", what, low, bar, low >= 10.0 if bar else None)
            yield Figure(
                "ten", f"{solver}: exact is ten times as soon, of {len(ratios)}", many, "", None
            )


def classic(seconds: float, chosen: list[str]) -> Iterator[Figure]:
    """The classic processes."""
    for name, value in CLASSICS.items():
        if chosen and name not in chosen:
            continue
        pomdp: Pomdp = getattr(classics, name)()
        found = ask(pomdp, seconds)
        print(row(name, value, "", found), flush=True)
        answer = found["solve_pomdp"]
        assert answer is not None
        far, what = answer.away(value), f"{name}: away from {value} ({answer.seconds:.2f} s)"
        yield Figure("classics", what, far, "<= 0.001", far <= 1e-3)


def main(words: list[str]) -> int:
    """Print the table; 0 where every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    names = [*(name for name, _ in problems()), *CLASSICS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--seconds", type=float, default=30.0, help="for each solver and problem")
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    given = parser.parse_args(words)
    for name in given.names:
        if name not in names:
            parser.error(f"no problem is called {name!r}; there are {', '.join(names)}")
    heads = "  ".join(f"{name:>16}" for name in SOLVERS)
    print(f"{'away from exact; seconds':24} {'exact':>10} {'':>7}  {heads}")
    found: list[Figure] = []
    for part in (ten, classic):
        found += part(given.seconds, given.names)
    print("\n".join(figure.row() for figure in found))
    if given.record:
        record(found, HEADING)
    return int(any(figure.passed is False for figure in found))


if __name__ == "__main__":
    # On a busy machine BLAS threads wait for each other, and NumPy reads this when it is loaded.
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.argv])
    raise SystemExit(main(sys.argv[1:]))
