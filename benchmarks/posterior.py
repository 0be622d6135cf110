"""Seconds for an effective draw of a continuous posterior, with peers beside it where asked for.

    ./run bench posterior [NAME ...] [--seeds 3] [--samples 40000] [--peers SECONDS]
        [--record]

Rewards N(0, 10^2), discount .9, 50 corrections about uniformly drawn states by a hand of
rationality 1 whose reward is drawn from the prior; every seed is another reward, other corrections
and other chains. The figure is wall-clock time, warm-up included and compiling apart, by the worst
bulk effective sample size over parameters (rank-normalised, split chains); the median over seeds.
Grids are open, with slip .1 and five actions; the dense world draws every transition from a
Dirichlet distribution of concentration .1. With `--peers` each peer samples the same posteriors
for so many seconds, adaptation included, and its R-hat is shown: where that is not near 1, the
figure means nothing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.must_show import Figure, record
from corrigible import Problem, priors
from corrigible.errors import NotMixed
from corrigible.inference import posterior
from corrigible.inference.diagnostics import ess_bulk, r_hat
from corrigible.overseers import HandOfGod
from corrigible.worlds import Tabular
from corrigible.worlds.grid import Cell, Grid

HEADING = "## `./run bench posterior`"
DISCOUNT, SCALE, CORRECTIONS, SAMPLES = 0.9, 10.0, 50, 40_000


def grid(side: int) -> Tabular:
    """An open grid; five actions, the last of which stays."""
    cells = Grid(tuple(tuple(Cell() for _ in range(side)) for _ in range(side)), slip=0.1)
    return Tabular(cells.transition, cells.disables, DISCOUNT, np.full(side**2, 1 / side**2))


def dense(states: int, actions: int = 5) -> Tabular:
    """A world that is no grid."""
    rng = np.random.default_rng(3)
    transition = rng.dirichlet(np.full(states, 0.1), (states, actions))
    start = np.full(states, 1.0 / states)
    return Tabular(transition, np.zeros((states, actions)), DISCOUNT, start)


# World, what the prior is over, and the bar in seconds.
CASES: dict[str, tuple[Tabular, str, float | None]] = {
    "grid_9": (grid(3), "state", 1e-4),
    "grid_36": (grid(6), "state", 5e-4),
    "grid_144": (grid(12), "state", 1e-2),
    "actions_36": (grid(6), "state_action", None),
    "dense_36": (dense(36), "state", None),
}


def drawn(world: Tabular, over: str, seed: int) -> tuple[Problem, list[tuple[int, int]]]:
    """A problem, and corrections by its hand under a reward of its prior."""
    problem = Problem(world, HandOfGod(rate=1.0, rationality=1.0), priors.Normal(SCALE, over))
    said = problem.drawn(seed, 1).likelihood[0]
    rng = np.random.default_rng(seed)
    states = rng.integers(world.n_states, size=CORRECTIONS)
    return problem, [(int(s), int(rng.choice(world.n_actions, p=said[s]))) for s in states]


def figures(name: str, seeds: int, samples: int) -> Iterator[Figure]:
    """This package on one case."""
    world, over, bar = CASES[name]
    cost: list[float] = []
    hats: list[float] = []
    compiling = 0.0
    for seed in range(100, 100 + seeds):
        problem, heard = drawn(world, over, seed)
        try:
            found = posterior(problem, heard, key=seed, samples=samples).diagnostics
        except NotMixed as error:
            found = error.diagnostics
        cost.append(found.seconds / found.ess_bulk_min)
        hats.append(found.r_hat_max)
        compiling = max(compiling, found.compile_seconds)
        print(f"{name} {seed} {cost[-1]:.3g} {found}", file=sys.stderr, flush=True)
    value, limit = statistics.median(cost), "" if bar is None else f"<= {bar:g}"
    many = f"{samples:,} draws, median of {seeds}, {min(cost):.2g} to {max(cost):.2g}"
    said = f"seconds per effective draw ({many})"
    yield Figure(name, said, value, limit, None if bar is None else value <= bar)
    yield Figure(name, "worst R-hat", max(hats), "< 1.01", max(hats) < 1.01)
    yield Figure(name, "compiling, seconds", compiling, "", None)


def beside(name: str, seeds: int, seconds: float) -> Iterator[Figure]:
    """The peers on one case, where the reward is by state."""
    from benchmarks import posterior_peers as peers

    world, over, _ = CASES[name]
    if over != "state":
        return
    listed: dict[str, Any] = {"PolicyWalk": peers.policy_walk, "blackjax NUTS": peers.nuts}
    for peer, sample in listed.items():
        cost, hats = [], []
        for seed in range(100, 100 + seeds):
            _, heard = drawn(world, over, seed)
            counts = np.zeros((world.n_states, world.n_actions))
            np.add.at(counts, tuple(np.transpose(heard)), 1.0)
            run = sample(peers.setting(world, counts, 1.0, SCALE), seed, seconds)
            draws = np.asarray(run.draws, dtype=np.float64)
            cost.append(run.seconds / float(ess_bulk(draws).min()))
            hats.append(float(r_hat(draws).max()))
        said = f"{peer}: seconds per effective draw (R-hat {max(hats):.3f})"
        yield Figure(name, said, statistics.median(cost), "", None)


def main(words: list[str]) -> int:
    """Run the cases; 0 where every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CASES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=SAMPLES, help="the more, the less warm-up")
    parser.add_argument("--peers", type=float, metavar="SECONDS", help="for each peer and seed")
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    given = parser.parse_args(words)
    unknown = [name for name in given.names if name not in CASES]
    if unknown:
        parser.error(f"no case is called {unknown[0]}; there are {', '.join(CASES)}")
    found: list[Figure] = []
    for name in given.names or CASES:
        found += figures(name, given.seeds, given.samples)
        if given.peers:
            found += beside(name, given.seeds, given.peers)
    for figure in found:
        print(figure.row())
    if given.record:
        record(found, HEADING)
    return 1 if any(figure.passed is False for figure in found) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
