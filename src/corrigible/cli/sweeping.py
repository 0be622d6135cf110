"""Many runs of `efficientzero`, several at a time: games, seeds, or both.

Each run is a process of its own with a folder of its own, so a sweep that was interrupted goes on
where every one of its runs was: those that are done answer at once. Processes are on this machine,
or wherever a Ray cluster (Moritz et al. 2018) has room; folders then have to be where every machine
of it sees them, and a run whose machine is lost goes on elsewhere from its checkpoint.

Guarantee: a run of a sweep is the run that `train` makes of the same flags and seed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from corrigible.cli import learning
from corrigible.errors import UserError


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


Told = Callable[[dict[str, Any]], None]


def sweep(
    jobs: list[Job],
    at_once: int,
    episodes: int,
    every: float,
    told: Told,
    cluster: str | None = None,
) -> list[dict[str, Any]]:
    """Train every one and play it greedily, several at a time.

    Args:
        jobs: what is to be done.
        at_once: processes on this machine.
        episodes: of each evaluation.
        every: seconds between two checkpoints of a run.
        told: hears of each that is done, in the order in which they are.
        cluster: the address of a Ray cluster that does it instead; "local" starts one of `at_once`
            processors here.

    Returns:
        What `evaluate` answers of each, in the order of the jobs. No arrays, no shapes.

    Raises:
        UserError: a run that cannot be made, or a cluster that does not answer.

    Source: this package; Moritz et al. 2018 for the cluster.
    """
    work = partial(run, episodes=episodes, every=every)
    if cluster is None:
        return _here(work, jobs, at_once, told)
    return _on_cluster(work, jobs, cluster, at_once, told)


def _here(work: Callable[[Job], Any], jobs: list[Job], at_once: int, told: Told) -> list[Any]:
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


def _on_cluster(
    work: Callable[[Job], Any], jobs: list[Job], address: str, at_once: int, told: Told
) -> list[Any]:
    ray = _ray()
    local = address == "local"
    if not local:
        _reach(address)
    # It would otherwise print what every worker prints.
    ray.init(
        address=address,
        num_cpus=at_once if local else None,
        include_dashboard=False if local else None,
        log_to_driver=False,
        logging_level="error",
    )
    try:
        remote = ray.remote(num_cpus=1)(lambda job: work(job))
        pending = [remote.remote(job) for job in jobs]
        waiting = list(pending)
        while waiting:
            (done,), waiting = ray.wait(waiting)
            told(ray.get(done))
        return ray.get(pending)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Say that nobody is there; Ray itself would wait for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        with socket.create_connection((host, int(port)), 5.0):
            return
    except (OSError, ValueError, OverflowError):
        raise UserError(
            f'--ray is {address}, where nothing answers; it must be "local" or the HOST:PORT of a '
            "Ray cluster"
        ) from None


def _ray() -> Any:
    # It would otherwise report on its use.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # The runs are the work here, not something beside it.
    os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        import ray
    except ModuleNotFoundError:
        raise UserError(
            '--ray needs an extra; pip install "corrigible[efficientzero,ray]" installs it'
        ) from None
    return ray


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
