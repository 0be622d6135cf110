"""EfficientZero's scores: what it learns, seed by seed, and what each improvement is worth.

    ./run bench learning [TASK ...] [--seeds N] [--out FOLDER] [--record] [--list]

A run lies in FOLDER/TASK/VARIANT/SEED. What was finished is not run again and what was interrupted
goes on, so the command is repeated until it is through. A score is the mean return of 100 greedy
episodes from the last checkpoint; intervals are Student's, at 95%, over seeds. Seconds are those of
the training, compilation included: on the clock, and of the processor.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import scipy.stats

from benchmarks import claims
from benchmarks.must_show import Figure, record
from corrigible.efficientzero.checkpoint import resume_or_start, save
from corrigible.efficientzero.environments import Environment, environment
from corrigible.efficientzero.evaluate import evaluate
from corrigible.efficientzero.settings import preset
from corrigible.efficientzero.train import Report, Run, train

HEADING = "## `./run bench learning`"
EPISODES, TEST_SEED = 100, 1000
VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "without consistency": {"consistency": 0.0},
    "without prefix": {"prefix": False},
    "without correction": {"correction": False},
    "continuation": {"continuation": True},
}


@dataclass(frozen=True)
class Task:
    """A world, a budget, and the bar: so high a score in so many of the seeds.

    After `early` steps the score is reported besides.
    """

    world: Callable[[], Environment]
    env_steps: int
    variants: tuple[str, ...] = ("full",)
    seeds: int = 5
    bar: float | None = None
    enough: int = 1
    early: int | None = None
    changes: dict[str, Any] = field(default_factory=dict)


def _named(name: str) -> Callable[[], Environment]:
    return functools.partial(environment, name)


TASKS = {
    "catch": Task(_named("catch"), 3000, seeds=1, bar=0.95),
    "cartpole-v0": Task(_named("cartpole-v0"), 20_000, bar=200.0, enough=4),
    "cartpole-v1": Task(_named("cartpole-v1"), 50_000, bar=475.0, enough=4, early=20_000),
    "vault": Task(_named("level:vault"), 20_000, seeds=1),
    "breakout": Task(_named("minatar-breakout"), 30_000, seeds=3, bar=1.3, enough=3),
    "ablation-catch": Task(_named("catch"), 2000, tuple(VARIANTS)),
    "ablation-delayed": Task(claims.delayed, 4000, ("full", "without prefix")),
    "ablation-rare": Task(claims.rare, 5000, ("full", "without consistency")),
    "ablation-walk": Task(
        claims.walk,
        3200,
        ("full", "without correction", "continuation"),
        changes={"random_steps": 1600},
    ),
}


def outcome(task: Task, variant: str, seed: int, folder: Path) -> dict[str, Any]:
    """Train and score one seed, or what was written down of it."""
    written = folder / "outcome.json"
    if written.exists():
        return json.loads(written.read_text())
    world = task.world()
    settings = preset("fast", world.kind, world.discount, task.env_steps)
    settings = settings.switched(**task.changes, **VARIANTS[variant])
    spent = folder / "seconds.json"
    before = json.loads(spent.read_text()) if spent.exists() else [0.0, 0.0]
    began = time.monotonic(), time.process_time()

    def seconds() -> list[float]:
        return [before[0] + time.monotonic() - began[0], before[1] + time.process_time() - began[1]]

    def keep(run: Run) -> None:
        save(folder, world, settings, run)
        spent.write_text(json.dumps(seconds()))

    def score(run: Run) -> float:
        weights = run.learner.weights
        return evaluate(weights, world.test(), settings, TEST_SEED + seed, EPISODES).mean

    sooner = folder / "early.json"

    def look(report: Report) -> None:
        done = report.run.env_steps
        if task.early and 0 <= done - task.early < settings.rows * settings.lanes:
            sooner.write_text(json.dumps(score(report.run)))

    run = resume_or_start(world, settings, seed, folder)
    folder.mkdir(parents=True, exist_ok=True)
    run = train(world, settings, run, told=look, keep=keep)
    told = {"score": score(run), "seconds": seconds(), "env_steps": run.env_steps}
    if task.early:
        told["early"] = json.loads(sooner.read_text())
    written.write_text(json.dumps(told))
    return told


def figure(name: str, variant: str, told: list[dict[str, Any]]) -> Figure:
    """One row: the mean score over seeds, its interval, and whether the bar is met."""
    task, scores = TASKS[name], np.array([one["score"] for one in told])
    bar = task.bar
    if bar is None and name == "vault":
        best = task.world().best
        assert best is not None
        bar = 0.98 * best
    each = ", ".join(f"{score:.4g}" for score in scores)
    what = f"{variant}: mean score after {task.env_steps} steps"
    if len(scores) > 1:
        wide = scipy.stats.t.ppf(0.975, len(scores) - 1) * scipy.stats.sem(scores)
        what += f" +- {wide:.2g}"
    wall, cpu = np.mean([one["seconds"] for one in told], axis=0)
    what += f" ({each}; {wall:.0f} s and {cpu:.0f} CPU s a seed)"
    if task.early:
        sooner = ", ".join(f"{one['early']:.4g}" for one in told)
        what += f"; after {task.early} steps: {sooner}"
    if bar is None:
        return Figure(name, what, float(scores.mean()), "", None)
    reached, enough = int((scores >= bar).sum()), min(task.enough, task.seeds)
    # Fewer seeds than the bar is about say neither that it is met nor that it is not.
    met = reached >= enough if len(scores) >= task.seeds else None
    return Figure(
        name, what, float(scores.mean()), f">= {bar:.4g} in {enough} of {task.seeds}",
        met,
    )  # fmt: skip


def main(words: list[str]) -> int:
    """Run what was named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="TASK", help=", ".join(TASKS))
    parser.add_argument("--seeds", type=int, help="how many, instead of the task's number")
    parser.add_argument("--out", type=Path, default=Path("runs/learning"))
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    given = parser.parse_args(words)
    unknown = [name for name in given.names if name not in TASKS]
    if unknown:
        parser.error(f"no task is called {unknown[0]}; there are {', '.join(TASKS)}")
    figures = []
    for name in given.names or TASKS:
        for variant in TASKS[name].variants:
            told = []
            for seed in range(given.seeds or TASKS[name].seeds):
                folder = given.out / name / variant.replace(" ", "-") / str(seed)
                told.append(outcome(TASKS[name], variant, seed, folder))
                print(f"{name} {variant} {seed}: {told[-1]['score']:.4g}", file=sys.stderr)
            figures.append(figure(name, variant, told))
            print(figures[-1].row(), flush=True)
    if given.record:
        record(figures, HEADING)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
