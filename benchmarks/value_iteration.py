"""Optimal values under 4,096 rewards of one grid, beside the solvers that can be had with pip.

    ./run bench value_iteration [--rewards 4096] [--runs 5] [--record]

The grid is 10x10 with slip .1, discount .95; rewards r(s,a) are independent N(0, 1). Every answer
is compared with policy iteration in float64; a peer's tolerance is the loosest of a ladder at which
its own stopping rule comes within 1e-4 on rewards drawn apart, and so are its method and settings
the fastest of those listed here. Everybody has the same number of cores: this package two threads
(or as many as there are), peers that many processes over equal shares of the rewards, started and
warmed up beforehand, so that neither their imports nor their compilation count. Transitions are
handed over once where a peer allows it. `solve` counts solving and fetching the values; `build` is
the making of the peer's model objects. A peer ten times slower than the best is timed once. This
package gets the rewards as one NumPy array, has no model objects, and what it derives from the
world counts in every run.

- mdpsolver: sparse transitions (probabilities and columns), given again for every reward, as it
  asks; value iteration, policy iteration and modified policy iteration, standard or Gauss-Seidel.
  Its own threads are off: on 100 states they cost more than they bring; processes use the cores.
- QuantEcon: `DiscreteDP`, dense (sparse is slower here); policy iteration and modified policy
  iteration.
- pymdptoolbox: dense; `PolicyIteration`, which is exact. Its value iterations stop on the span
  without adding the constant, so that their values are not V*.

The roofline counts what a sweep has to read and write once, and is measured on this machine.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

# Before anything loads a BLAS; a process of a peer has one core.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.must_show import Figure, record
from corrigible.planners import optimal_values
from corrigible.worlds import Tabular
from corrigible.worlds.grid import Cell, Grid
from corrigible.worlds.optimum import optimal_q

HEADING = "## `./run bench value_iteration`"
CORES = os.cpu_count() or 1
DISCOUNT, WITHIN, SEED = 0.95, 1e-4, 5
LADDER = (2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 5e-5)
Settings = dict[str, Any]
Solver = Callable[[np.ndarray, Settings], tuple[np.ndarray, float, float]]


def make_world(side: int) -> Tabular:
    """An open grid; five actions, the last of which stays."""
    grid = Grid(tuple(tuple(Cell() for _ in range(side)) for _ in range(side)), slip=0.1)
    return Tabular(grid.transition, grid.disables, DISCOUNT, np.eye(side * side)[0])


WORLD = make_world(10)
DENSE = WORLD.dense()


def by_mdpsolver(rewards: np.ndarray, settings: Settings) -> tuple[np.ndarray, float, float]:
    """Values, seconds to build and seconds to solve."""
    mdpsolver: Any = importlib.import_module("mdpsolver")
    chances = [[row[row > 0.0].tolist() for row in rows] for rows in DENSE]
    columns = [[np.flatnonzero(row).tolist() for row in rows] for rows in DENSE]
    listed = rewards.tolist()
    began = time.perf_counter()
    models = []
    for reward in listed:
        model = mdpsolver.model()
        model.mdp(discount=DISCOUNT, rewards=reward, tranMatProbs=chances, tranMatColumns=columns)
        models.append(model)
    built = time.perf_counter()
    for model in models:
        model.solve(**settings)
    values = [model.getValueVector() for model in models]
    return np.array(values), built - began, time.perf_counter() - built


def by_quantecon(rewards: np.ndarray, settings: Settings) -> tuple[np.ndarray, float, float]:
    """Values, seconds to build and seconds to solve."""
    markov: Any = importlib.import_module("quantecon.markov")
    began = time.perf_counter()
    models = [markov.DiscreteDP(reward, DENSE, DISCOUNT) for reward in rewards]
    built = time.perf_counter()
    values = [model.solve(**settings).v for model in models]
    return np.array(values), built - began, time.perf_counter() - built


def by_mdptoolbox(rewards: np.ndarray, settings: Settings) -> tuple[np.ndarray, float, float]:
    """Values, seconds to build and seconds to solve."""
    mdp: Any = importlib.import_module("mdptoolbox.mdp")
    transition = np.ascontiguousarray(DENSE.transpose(1, 0, 2))
    began = time.perf_counter()
    models = [mdp.PolicyIteration(transition, reward, DISCOUNT) for reward in rewards]
    built = time.perf_counter()
    for model in models:
        model.run()
    return np.array([model.V for model in models]), built - began, time.perf_counter() - built


def _mdpsolver_settings() -> Iterator[Settings]:
    for tolerance in LADDER:
        for update in ("standard", "gs"):
            same: Settings = {"tolerance": tolerance, "update": update, "parallel": False}
            yield same | {"algorithm": "vi"}
            yield same | {"algorithm": "pi"}
            for sweeps in (3, 5, 10, 20, 100):
                yield same | {"algorithm": "mpi", "parIterLim": sweeps}


def _quantecon_settings() -> Iterator[Settings]:
    yield {"method": "policy_iteration"}
    for k in (10, 20, 40):
        for epsilon in LADDER[:-1]:
            yield {"method": "modified_policy_iteration", "k": k, "epsilon": epsilon}


PEERS: dict[str, tuple[Solver, Callable[[], Iterator[Settings]]]] = {
    "mdpsolver": (by_mdpsolver, _mdpsolver_settings),
    "quantecon": (by_quantecon, _quantecon_settings),
    "mdptoolbox": (by_mdptoolbox, lambda: iter([{}])),
}


def share_of(name: str, rewards: np.ndarray, settings: Settings) -> tuple[np.ndarray, float, float]:
    """What one process does."""
    return PEERS[name][0](rewards, settings)


def draw(seed: int, count: int, world: Tabular) -> np.ndarray:
    """Rewards r(s,a)."""
    shape = (count, world.n_states, world.n_actions)
    return np.random.default_rng(seed).normal(size=shape)


def exact(world: Tabular, rewards: np.ndarray) -> np.ndarray:
    """V*, by policy iteration to a residual of 1e-12."""
    return optimal_q(world, rewards).max(axis=2)


def fastest(name: str) -> Settings:
    """The settings that solve rewards drawn apart soonest, of those that come near enough."""
    rewards = draw(SEED + 1, 48, WORLD)
    truth = exact(WORLD, rewards)
    found: list[tuple[float, int, Settings]] = []
    for number, settings in enumerate(PEERS[name][1]()):
        tries = [share_of(name, rewards, settings) for _ in range(3)]
        if np.abs(tries[0][0] - truth).max() <= WITHIN:
            found.append((min(seconds for _, _, seconds in tries), number, settings))
    return min(found)[2]


def time_peer(
    pool: ProcessPoolExecutor, name: str, settings: Settings, rewards: np.ndarray
) -> tuple[np.ndarray, float, float]:
    """Every reward, in as many processes as there are cores: values, build, solve."""
    parts = np.array_split(rewards, CORES)
    works = [pool.submit(share_of, name, part, settings) for part in parts]
    done = [work.result() for work in works]
    return np.concatenate([d[0] for d in done]), max(d[1] for d in done), max(d[2] for d in done)


def time_ours(rewards: np.ndarray, dtype: Any, tol: float) -> tuple[np.ndarray, float]:
    """Values, and seconds from NumPy array to NumPy array."""
    began = time.perf_counter()
    found = optimal_values(WORLD, rewards, tol, dtype)
    return found.values, time.perf_counter() - began


OURS = {
    "float32 to 1e-4": (np.float32, 1e-4),
    "float64 to 1e-4": (np.float64, 1e-4),
    "float64 to 1e-8": (np.float64, 1e-8),
}


def beside(rewards: np.ndarray, runs: int) -> Iterator[Figure]:
    """Everybody in turn, `runs` times."""
    truth, name = exact(WORLD, rewards), "peers"
    times: dict[str, list[float]] = {}
    builds: dict[str, list[float]] = {}
    off: dict[str, float] = {}
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        settings = {peer: fastest(peer) for peer in PEERS}
        for peer in PEERS:
            time_peer(pool, peer, settings[peer], rewards[: 8 * CORES])
        for ours, (dtype, tol) in OURS.items():
            first = time_ours(rewards, dtype, tol)[1]
            yield Figure("ours", f"{ours}, first call, with compilation, s", first, "", None)
        for _ in range(runs):
            for ours, (dtype, tol) in OURS.items():
                values, seconds = time_ours(rewards, dtype, tol)
                times.setdefault(ours, []).append(seconds)
                off[ours] = float(np.abs(values - truth).max())
            soonest = min((times[peer][0] for peer in PEERS if peer in times), default=np.inf)
            for peer in PEERS:
                if peer in times and times[peer][0] > 10.0 * soonest:
                    continue
                values, build, seconds = time_peer(pool, peer, settings[peer], rewards)
                times.setdefault(peer, []).append(seconds)
                builds.setdefault(peer, []).append(build)
                off[peer] = float(np.abs(values - truth).max())
    median = {who: statistics.median(found) for who, found in times.items()}
    for peer in PEERS:
        words = ", ".join(f"{k} {v}" for k, v in settings[peer].items()) or "exact"
        yield Figure(name, f"{peer} ({words}), solve, s", median[peer], "", None)
        yield Figure(name, f"{peer}, build, s", statistics.median(builds[peer]), "", None)
    for ours in OURS:
        yield Figure("ours", f"{ours}, s", median[ours], "", None)
    for who, error in off.items():
        yield Figure("answers", f"{who}: largest error", error, "<= 1e-4", error <= WITHIN)
    best = min(PEERS, key=lambda peer: median[peer])
    for ours, bar in zip(OURS, (10.0, 5.0, 5.0), strict=True):
        ratio = median[best] / median[ours]
        yield Figure("ratio", f"{best}'s solve / {ours}", ratio, f">= {bar:g}", ratio >= bar)


def roofline(rewards: np.ndarray, runs: int) -> Iterator[Figure]:
    """A sweep as it would be if memory or multiplication alone held it up."""
    kinds = (np.float32, np.float64)
    for kind in kinds:
        data = np.ones(1 << 24, kind)
        into, square = np.empty_like(data), np.ones((2048, 2048), kind)
        product = np.empty_like(square)
        copies, products = [], []
        for _ in range(runs):
            began = time.perf_counter()
            np.copyto(into, data)
            copies.append(2 * data.nbytes / (time.perf_counter() - began))
            began = time.perf_counter()
            np.matmul(square, square, out=product)
            products.append(2 * 2048**3 / (time.perf_counter() - began))
        bandwidth, rate = statistics.median(copies), statistics.median(products)
        count, (states, actions) = len(rewards), rewards.shape[1:]
        moved = (actions + 2) * states * count * np.dtype(kind).itemsize
        work, name = 2 * WORLD.transition_matrix.nnz * count, np.dtype(kind).name
        yield Figure("roofline", f"{name}: copy, GB/s, one core", bandwidth / 1e9, "", None)
        yield Figure("roofline", f"{name}: matmul, GFLOP/s, one core", rate / 1e9, "", None)
        what = f"{name}: a sweep, ms, by bytes ({moved / 1e6:.0f} MB)"
        yield Figure("roofline", what, 1e3 * moved / bandwidth, "", None)
        what = f"{name}: a sweep, ms, by its {work / 1e6:.0f} MFLOP"
        yield Figure("roofline", what, 1e3 * work / rate, "", None)
        dense = 2 * states * actions * states * count
        what = f"{name}: a sweep, ms, as a dense product ({dense / 1e6:.0f} MFLOP)"
        yield Figure("roofline", what, 1e3 * dense / rate, "", None)


def scaling(runs: int) -> Iterator[Figure]:
    """Cost against states and hypotheses, float64 to 1e-4; compiled beforehand."""
    for side, count in ((5, 1024), (10, 64), (10, 1024), (10, 16384), (20, 1024), (40, 1024)):
        world = make_world(side)
        rewards, times = draw(SEED, count, world), []
        for number in range(runs + 1):
            began = time.perf_counter()
            optimal_values(world, rewards, WITHIN)
            if number:
                times.append(time.perf_counter() - began)
        what = f"{side * side} states, {count} rewards, s"
        yield Figure("scaling", what, statistics.median(times), "", None)


def main(words: list[str]) -> int:
    """Measure; 0 where every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--rewards", type=int, default=4096)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    given = parser.parse_args(words)
    rewards, figures = draw(given.seed, given.rewards, WORLD), []
    print(f"seed {given.seed}, {given.rewards} rewards, {CORES} cores", flush=True)
    for part in (beside(rewards, given.runs), roofline(rewards, given.runs), scaling(given.runs)):
        for figure in part:
            print(figure.row(), flush=True)
            figures.append(figure)
    if given.record:
        record(figures, HEADING)
    return int(any(figure.passed is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
