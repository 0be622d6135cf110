"""The figures that the planners are held to, each with its bar.

    ./run python benchmarks/must_show.py [NAME ...] [--json] [--record] [--seconds 60]

Without names every section runs except those that count for minutes (`--list` says which). A
bracket is the distance between the two ends of V at the start, as a share of VPI: the value of
knowing the reward at once, less that of never learning anything. Problems are drawn from the seed
that is printed; times are wall-clock, medians where a figure says so. `--record` appends the
figures to benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from corrigible import Belief, Problem
from corrigible.errors import TooManyBeliefs
from corrigible.inference.summary import vpi
from corrigible.overseers import HandOfGod
from corrigible.planners import certify, solve
from corrigible.planners.bounds import Bounds
from corrigible.planners.certify import default_tolerance
from corrigible.planners.exact import Exact
from corrigible.planners.solution import Solution
from corrigible.testing.cases import k_bit_lock
from corrigible.testing.strategies import HANDS, Shape, draw_problem, draw_world
from corrigible.worlds import Tabular, load_level

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
HEADING = "## `./run python benchmarks/must_show.py`"
HEADER = (
    "| date | machine | section | what | figure | bar | passed |\n|---|---|---|---|---|---|---|\n"
)
SEED = 20


@dataclass(frozen=True)
class Figure:
    """One number against its bar; `passed` is None where there is no bar."""

    section: str
    what: str
    value: float | int | str
    bar: str
    passed: bool | None

    def row(self) -> str:
        """The figure as it is printed and recorded."""
        value = f"{self.value:.4g}" if isinstance(self.value, float) else f"{self.value}"
        verdict = {None: "-", True: "pass", False: "FAIL"}[self.passed]
        return f"{self.section} | {self.what} | {value} | {self.bar} | {verdict}"


@dataclass(frozen=True)
class Settings:
    """What the command line fixes for every section."""

    seconds: float
    seed: int


Section = Callable[[Settings], Iterator[Figure]]


def room(**changes: object) -> Problem:
    """The open 12x12 room, with some of its keys replaced."""
    return load_level("room-12x12", {k.replace("__", "."): v for k, v in changes.items()}).problem


def share(solution: Solution, worth: float) -> float:
    """The bracket at the start as a percentage of VPI."""
    low, high = solution.ends_at_start
    return 100.0 * (high - low) / worth


def bracket(section: str, problem: Problem, settings: Settings, bar: float, aim: float) -> Figure:
    """What bounds reach in the time given."""
    began = time.monotonic()
    solution = solve(problem, method="bounds", budget=settings.seconds)
    took, found = time.monotonic() - began, share(solution, vpi(problem))
    what = f"bracket, % of VPI ({took:.0f} s; aim {aim:g})"
    return Figure(section, what, found, f"<= {bar:g}", found <= bar)


def exact_12x12(settings: Settings) -> Iterator[Figure]:
    """Every support of the open room, solved exactly."""
    began = time.monotonic()
    solution = solve(room(), method="exact")
    took = time.monotonic() - began
    yield Figure("exact_12x12", "seconds", took, "< 30", took < 30)
    assert isinstance(solution, Exact)
    found = len(np.unique(solution.graph.all_weights() > 0.0, axis=0))
    yield Figure("exact_12x12", "supports reached", found, "5358", found == 5358)


def slip_refused(settings: Settings) -> Iterator[Figure]:
    """With slip there are too many supports: exact says so."""
    began = time.monotonic()
    try:
        solve(room(world__slip=0.1), method="exact")
        line, refused = "not refused", False
    except TooManyBeliefs as error:
        line, refused = str(error), "\n" not in str(error)
    took = time.monotonic() - began
    yield Figure("slip_refused", f"refusal ({took:.1f} s)", line, "one line", refused)


def slip_supports(settings: Settings) -> Iterator[Figure]:
    """Every support that corrections can lead to with slip, as bit sets."""
    problem = room(world__slip=0.1)
    chosen = problem.likelihood.argmax(axis=2)
    sets = set()
    for s in range(problem.world.n_states):
        for a in np.unique(chosen[:, s]):
            sets.add(sum(1 << int(h) for h in np.flatnonzero(chosen[:, s] == a)))
    every = (1 << len(chosen)) - 1
    found, stack = {every}, [every]
    while stack:
        here = stack.pop()
        for one in sets:
            after = here & one
            if after and after not in found:
                found.add(after)
                stack.append(after)
    yield Figure("slip_supports", "supports in all", len(found), "938505", len(found) == 938505)


def bounds_slip(settings: Settings) -> Iterator[Figure]:
    """The open room with slip .1, ordered ties."""
    yield bracket("bounds_slip", room(world__slip=0.1), settings, 15, 5)


def bounds_ties(settings: Settings) -> Iterator[Figure]:
    """The open room without slip, ties drawn uniformly."""
    yield bracket("bounds_ties", room(overseer__ties="uniform"), settings, 12, 6)


def bounds_beta5(settings: Settings) -> Iterator[Figure]:
    """The open room without slip, a Boltzmann hand."""
    yield bracket("bounds_beta5", room(overseer__rationality=5.0), settings, 25, 10)


def with_button(problem: Problem, bonus: float) -> Problem:
    """A decision put before a world: action 0 keeps, action 1 presses once, both lead to its start.

    The pressing twin pays `bonus` under every hypothesis, so a margin at bonus 0 becomes exactly
    that margin less the bonus.
    """
    world = problem.world
    states, actions = world.n_states, world.n_actions
    lead_in = sp.csr_array(np.tile(world.start, (actions, 1)))
    first = sp.csr_array((actions, 1))
    moves = sp.block_array([[first, lead_in], [None, world.transition_matrix]], format="csr")
    disables = np.zeros((states + 1, actions))
    disables[0, 1] = 1.0
    rewards = np.zeros((len(problem.rewards), states + 1, actions))
    rewards[:, 1:] = problem.rewards
    rewards[:, 0, 1] = bonus
    start = np.eye(states + 1)[0]
    after = Tabular(sp.csr_array(moves), disables, world.discount, start)
    return Problem(after, problem.overseer, Belief(rewards, problem.prior.log_weights))


def margin(solution: Solution, state: int = 0) -> tuple[float, float]:
    """The margin's two ends, straight from the ends of Q."""
    low, high = solution.lower(state), solution.upper(state)
    keeping = solution.problem.world.expected_disables[state] == 0.0
    k = int(np.where(keeping, low, -np.inf).argmax())
    j = int(np.where(keeping, -np.inf, high).argmax())
    return low[k] - high[j], high[keeping].max() - low[~keeping].max()


def verdict(ends: tuple[float, float], tol: float) -> str:
    """What a margin's ends decide."""
    if ends[0] > tol:
        return "keeps"
    if ends[1] < -tol:
        return "disables"
    return "indifferent" if ends[0] >= -tol and ends[1] <= tol else "undecided"


def decide(problem: Problem, seconds: float) -> tuple[str, float, tuple[float, float]]:
    """Bounds until they decide: the verdict, the time it took, the margin's ends."""
    tol, began = default_tolerance(problem), time.monotonic()

    def decided(solution: Solution) -> bool:
        return verdict(margin(solution), tol) != "undecided"

    solution = Bounds(problem, tol=tol, deadline=began + seconds, stop=decided)
    ends = margin(solution)
    return verdict(ends, tol), time.monotonic() - began, ends


def bounds_twin_12x12(settings: Settings) -> Iterator[Figure]:
    """A button with a keeping twin before the open room, and a bonus near its exact margin."""
    name, plain = "bounds_twin_12x12", room(world__discount=0.97)
    began = time.monotonic()
    low, high = margin(solve(with_button(plain, 0.0), method="exact"))
    exact = 0.5 * (low + high)
    yield Figure(name, f"exact margin ({time.monotonic() - began:.0f} s)", exact, "", None)
    for factor, right in ((0.9, "keeps"), (1.1, "disables")):
        found, took, ends = decide(with_button(plain, factor * exact), settings.seconds)
        what = (
            f"verdict at a bonus of {factor} margins ({took:.0f} s; {ends[0]:.3g}..{ends[1]:.3g})"
        )
        yield Figure(name, what, found, right, found == right)


def boltzmann(settings: Settings) -> Iterator[Figure]:
    """Small problems with a hand that is often wrong and always speaks."""
    for number in range(6):
        about = ("current", "uniform")[number % 2]
        seed = settings.seed + number
        rng = np.random.default_rng(seed)
        world = draw_world(rng, Shape(4, 3, 3, "current", False, "none", False))
        world = replace(world, disables=np.zeros((4, 3)), discount=0.95)
        prior = Belief.uniform(rng.normal(size=(3, 4, 3)))
        hand = HandOfGod(rate=1.0, rationality=1.0, about=about)
        problem = Problem(world, hand, prior)
        yield from _closing(f"seed {seed}, about {about}", problem)


def _closing(what: str, problem: Problem) -> Iterator[Figure]:
    """The bracket after 10 s and after 60 s, either run ended as soon as it is 5%."""
    worth = vpi(problem)
    for seconds, bar in ((10.0, 10.0), (60.0, 5.0)):
        began = time.monotonic()
        solution = Bounds(problem, tol=0.05 * worth, deadline=began + seconds)
        took, found = time.monotonic() - began, share(solution, worth)
        name = f"{what}: % of VPI in {seconds:.0f} s (took {took:.1f} s)"
        yield Figure("boltzmann", name, found, f"<= {bar:g}", found <= bar)


def certify_time(settings: Settings) -> Iterator[Figure]:
    """`certify` at 20 states and 6 hypotheses, every kind of hand."""
    medians = {}
    for number in range(10):
        seed = settings.seed + number
        shape = Shape(20, 4, 6, HANDS[number % 5], number % 3 == 0, "none", False)
        problem = draw_problem(seed, shape)
        times = []
        for _ in range(5):
            fresh = Problem(problem.world, problem.overseer, problem.prior)
            began = time.monotonic()
            certify(fresh)
            times.append(time.monotonic() - began)
        medians[f"seed {seed}, {HANDS[number % 5]}"] = statistics.median(times)
    usual = statistics.median(medians.values())
    worst = max(medians, key=lambda name: medians[name])
    took = medians[worst]
    yield Figure("certify_time", "seconds, median of 5, 10 problems", usual, "<= .2", usual <= 0.2)
    yield Figure("certify_time", f"the slowest ({worst})", took, "<= .2", took <= 0.2)


def locks(settings: Settings) -> Iterator[Figure]:
    """k-bit locks with a bonus for pressing of information x U(.2, 1.8)."""
    rng = np.random.default_rng(settings.seed)
    right = decided = total = 0
    slowest = 0.0
    for k in (2, 3, 4):
        for rate in (0.2, 1.0):
            for discount in (0.95, 0.99):
                plain = solve(k_bit_lock(k, rate, discount), method="exact")
                exact = 0.5 * sum(margin(plain))
                for factor in rng.uniform(0.2, 1.8, 10):
                    problem = k_bit_lock(k, rate, discount, bonus=float(factor) * exact)
                    found, took, _ = decide(problem, 5.0)
                    truly = "keeps" if factor < 1.0 else "disables"
                    total += 1
                    decided += found != "undecided"
                    right += found in (truly, "undecided")
                    slowest = max(slowest, took)
    what = f"of {total} verdicts, seed {settings.seed}"
    yield Figure("locks", f"not wrong, {what}", right, f"{total}", right == total)
    enough = decided >= 0.95 * total
    yield Figure("locks", f"decided in 5 s, {what}", decided, f">= {0.95 * total:g}", enough)
    yield Figure("locks", "seconds, the slowest", slowest, "", None)


def help_time(settings: Settings) -> Iterator[Figure]:
    """`corrigible --help`, the installed command."""
    beside = Path(sys.executable).parent / "corrigible"
    command = str(beside) if beside.exists() else shutil.which("corrigible") or "corrigible"
    times = []
    for _ in range(5):
        began = time.monotonic()
        subprocess.run([command, "--help"], check=True, capture_output=True)
        times.append(time.monotonic() - began)
    took = statistics.median(times)
    yield Figure("help_time", "seconds, median of 5", took, "<= .8", took <= 0.8)


SECTIONS: dict[str, Section] = {
    "help_time": help_time,
    "certify_time": certify_time,
    "locks": locks,
    "boltzmann": boltzmann,
    "exact_12x12": exact_12x12,
    "slip_refused": slip_refused,
    "bounds_slip": bounds_slip,
    "bounds_ties": bounds_ties,
    "bounds_beta5": bounds_beta5,
    "bounds_twin_12x12": bounds_twin_12x12,
    "slip_supports": slip_supports,
}
ONLY_BY_NAME = {"slip_supports"}


def record(figures: list[Figure], heading: str = HEADING) -> None:
    """Append today's figures under a script's heading, this one's where none is given."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Results\n"
    if heading not in text:
        text = f"{text.rstrip()}\n\n{heading}\n\n{HEADER}"
    rows = "".join(f"| {today} | {machine} | {f.row()} |\n" for f in figures)
    before, after = text.split(heading, 1)
    table, separator, rest = after.partition("\n## ")
    text = f"{before}{heading}{table.rstrip()}\n{rows}"
    RESULTS.write_text(text + (f"\n## {rest}" if separator else ""), encoding="utf-8")


def main(words: list[str]) -> int:
    """Run the sections; 0 where every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SECTIONS))
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    parser.add_argument("--list", action="store_true", help="name the sections and stop")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each 12x12 bracket")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(words)
    unknown = [name for name in given.names if name not in SECTIONS]
    if unknown:
        parser.error(f"no section is called {unknown[0]}; there are {', '.join(SECTIONS)}")
    if given.list:
        for name, section in SECTIONS.items():
            print(f"{name:18} {'(by name only) ' * (name in ONLY_BY_NAME)}{section.__doc__}")
        return 0
    names = given.names or [name for name in SECTIONS if name not in ONLY_BY_NAME]
    settings = Settings(given.seconds, given.seed)
    print(f"seed {settings.seed}, {settings.seconds:g} s", file=sys.stderr)
    found: list[Figure] = []
    for name in names:
        for figure in SECTIONS[name](settings):
            found.append(figure)
            print(figure.row(), file=sys.stderr if given.json else sys.stdout, flush=True)
    if given.json:
        figures = [asdict(f) for f in found]
        print(json.dumps({"seed": settings.seed, "figures": figures}, allow_nan=False))
    if given.record:
        record(found)
    failed = [f for f in found if f.passed is False]
    print(f"{len(found)} figures, {len(failed)} below their bar", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    # On a busy machine BLAS threads wait for each other, and NumPy reads this when it is loaded.
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.argv])
    raise SystemExit(main(sys.argv[1:]))
