"""Many runs of `efficientzero`, several at a time: games, seeds, or both.

Each run is a process of its own with a folder of its own, so a sweep that was interrupted goes on
where every one of its runs was: those that are done answer at once.

Guarantee: a run of a sweep is the run that `train` makes of the same flags and seed.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from corrigible.cli import learning


@dataclass(frozen=True)
class Job:
    """One run of a sweep.

    Args:
        task: what is to be trained.
        seed: of the run, and of its evaluation.
        out: its folder.

    Source: this package; no arrays, no shapes.
    """

    task: learning.Task
    seed: int
    out: Path


def sweep(
    jobs: list[Job],
    at_once: int,
    episodes: int,
    every: float,
    told: Callable[[dict[str, Any]], None],
) -> list[dict[str, Any]]:
    """Train every one and play it greedily, several at a time.

    Args:
        jobs: what is to be done.
        at_once: processes.
        episodes: of each evaluation.
        every: seconds between two checkpoints of a run.
        told: hears of each that is done, in the order in which they are.

    Returns:
        What `evaluate` answers of each, in the order of the jobs. No arrays, no shapes.

    Raises:
        UserError: a run that cannot be made.

    Source: this package.
    """
    work = partial(run, episodes=episodes, every=every)
    # Forked processes would share the threads of JAX, and hang.
    with ProcessPoolExecutor(at_once, mp_context=get_context("spawn")) as pool:
        pending = [pool.submit(work, job) for job in jobs]
        try:
            for done in as_completed(pending):
                told(done.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [done.result() for done in pending]


def run(job: Job, episodes: int, every: float) -> dict[str, Any]:
    """One run, in a process of its own.

    Args:
        job: which.
        episodes: of its evaluation.
        every: seconds between two checkpoints.

    Returns:
        What `evaluate` answers, and the seed. No arrays, no shapes.

    Raises:
        UserError: it cannot be made.

    Source: this package.
    """
    from corrigible.cli.environment import prepare

    prepare()
    learning.train_task(job.task, job.seed, job.out, every, quiet=True)
    return {"seed": job.seed, **learning.evaluate_folder(job.out, job.seed, episodes)}
