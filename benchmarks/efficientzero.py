"""EfficientZero's rates: searches, learner steps and environment steps per second.

    ./run bench efficientzero [NAME ...] [--runs 5] [--step N] [--record]

Names are environments; without one: catch, cartpole-v1, minatar-breakout. Every rate is the median
of several timed calls after one that compiles, whose seconds are stated apart. Searches are the
preset's, in chunks of 64; environment steps include the search that acts.

`--step N` measures one learner step on Atari with the paper's networks and N examples instead of
its 256, and how far that is from the floor: the arithmetic that the layers need, counted from the
networks and not from what a compiler made of them, at the rate that this machine reaches when it
multiplies two large matrices.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
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


def step(examples: int, runs: int) -> Iterator[Figure]:
    """One learner step on Pong at the paper's size, but for the number of examples."""
    world = environment("atari:Pong")
    settings = preset("paper", "image", world.discount, 100_000)
    small = {"batch": examples, "capacity": 64, "lanes": 1, "rows": 30, "updates": 1}
    settings = replace(settings, **small)
    run, key = start(world, settings, 0), jax.random.key(1)
    _, rows, _ = collect(world, (), run.learner.weights, run.lanes, key, 1.0, settings, True)
    held = add(run.replay, rows)

    def study() -> Any:
        return learn(run.learner, held, key, 0.0, stack=world.stack, settings=settings)

    each, first = rate(study, 1, runs)
    needed = examples * arithmetic(settings.unroll)
    reached = matrix_rate(runs)
    what = f"learner step, {examples} examples"
    yield Figure("atari:Pong", f"{what}, seconds (first call {first:.1f} s)", 1 / each, "", None)
    yield Figure("atari:Pong", f"{what}, TFLOP needed", needed / 1e12, "", None)
    yield Figure("atari:Pong", "a product of 2048x2048 matrices, TFLOP/s", reached / 1e12, "", None)
    yield Figure("atari:Pong", f"{what}, times its floor", reached / each / needed, "", None)
    paper = 256 * arithmetic(settings.unroll)
    yield Figure(
        "atari:Pong",
        "seconds a step of 256 examples, at that share",
        paper / needed / each,
        "",
        None,
    )


def arithmetic(unroll: int) -> float:
    """FLOP of one example: forward, and twice as much back through what is trained.

    Millions of FLOP a forward pass: representation 284, dynamics with the reward 11, prediction
    4.5, projection and its predictor 8.9 and 2.1. The observed side of consistency goes forward
    only.
    """
    represent, dynamics, prediction, project, foresee = 284e6, 11e6, 4.5e6, 8.9e6, 2.1e6
    trained = represent + unroll * (dynamics + project + foresee) + (unroll + 1) * prediction
    return 3 * trained + unroll * (represent + project)


def matrix_rate(runs: int) -> float:
    """FLOP per second of a large product of matrices."""
    size = 2048
    square = jax.random.normal(jax.random.key(0), (size, size))
    each, _ = rate(lambda: square @ square, 1, max(runs, 5))
    return each * 2 * size**3


def main(words: list[str]) -> int:
    """Time what was named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--preset", choices=["paper", "fast"], default="fast")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--step", type=int, metavar="N", help="one step at the paper's size")
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    given = parser.parse_args(words)
    print(f"{os.cpu_count()} cores, JAX {jax.__version__}, {jax.devices()[0]}", file=sys.stderr)
    figures = []
    names = () if given.step else given.names or ENVIRONMENTS
    sections = [rates(name, given.preset, given.runs) for name in names]
    for figure in chain(*sections, step(given.step, given.runs) if given.step else ()):
        print(figure.row(), flush=True)
        figures.append(figure)
    if given.record:
        record(figures, HEADING)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
