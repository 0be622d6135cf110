"""EfficientZero's rates: searches, learner steps and environment steps per second.

    ./run bench efficientzero [NAME ...] [--runs 5] [--record]

Names are environments; without one: catch, cartpole-v1, minatar-breakout. Every rate is the median
of several timed calls after one that compiles, whose seconds are stated apart. Searches are the
preset's, in chunks of 64; environment steps include the search that acts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import jax
import jax.numpy as jnp

from benchmarks.must_show import Figure, record
from corrigible.efficientzero.acting import collect
from corrigible.efficientzero.environments import environment
from corrigible.efficientzero.learner import learn
from corrigible.efficientzero.replay import add
from corrigible.efficientzero.search import search
from corrigible.efficientzero.settings import Settings, preset
from corrigible.efficientzero.train import Run, start

HEADING = "## `./run bench efficientzero`"
ENVIRONMENTS = ("catch", "cartpole-v1", "minatar-breakout")
CHUNK = 64


def rate(call: Callable[[], Any], count: int, runs: int) -> tuple[float, float]:
    """(units per second, median; seconds of the first call, compilation included)."""
    began = time.perf_counter()
    jax.block_until_ready(call())
    first = time.perf_counter() - began
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        jax.block_until_ready(call())
        times.append(time.perf_counter() - began)
    return count / statistics.median(times), first


def rates(name: str, kind: Any, runs: int) -> Iterator[Figure]:
    """Three rates of one environment under one preset."""
    world = environment(name)
    settings = replace(preset(kind, world.kind, world.discount, 4000), updates=20)
    run, key, tables = start(world, settings, 0), jax.random.key(1), world.tables()

    def act(random: bool) -> Any:
        weights = run.learner.weights
        return collect(world, tables, weights, run.lanes, key, 1.0, settings, random)

    _, rows, _ = act(True)
    held = add(run.replay, rows)
    yield _figure(name, kind, "searches", rate(_searching(run, settings), CHUNK, runs))

    def study() -> Any:
        return learn(run.learner, held, key, 0.0, stack=world.stack, settings=settings)

    yield _figure(name, kind, "learner steps", rate(study, settings.updates, runs))
    steps = settings.rows * settings.lanes
    yield _figure(name, kind, "environment steps", rate(lambda: act(False), steps, runs))


def _searching(run: Run, settings: Settings) -> Callable[[], Any]:
    frames = run.lanes.frames[:, 0]
    seen = jnp.tile(frames, (CHUNK // frames.shape[0], *(1,) * (frames.ndim - 1)))
    call = jax.jit(search, static_argnames="settings")
    key = jax.random.key(2)
    return lambda: call(run.learner.weights, seen, key, settings=settings.search)


def _figure(name: str, kind: str, what: str, found: tuple[float, float]) -> Figure:
    each, first = found
    return Figure(name, f"{what} per second, {kind} (first call {first:.1f} s)", each, "", None)


def main(words: list[str]) -> int:
    """Time what was named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--preset", choices=["paper", "fast"], default="fast")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    given = parser.parse_args(words)
    print(f"{os.cpu_count()} cores, JAX {jax.__version__}, {jax.devices()[0]}", file=sys.stderr)
    figures = []
    for name in given.names or ENVIRONMENTS:
        for figure in rates(name, given.preset, given.runs):
            print(figure.row(), flush=True)
            figures.append(figure)
    if given.record:
        record(figures, HEADING)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
