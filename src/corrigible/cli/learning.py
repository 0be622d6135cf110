"""What `efficientzero` does: set a run up, show how it goes, and say how it went.

Guarantee: progress goes to stderr and only to a terminal; TensorBoard's events lie beside the
checkpoint and are never read back.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from corrigible.cli.screen import console
from corrigible.efficientzero.checkpoint import read_head, resume_or_start, save, weights_sha256
from corrigible.efficientzero.environments import Environment, environment
from corrigible.efficientzero.evaluate import evaluate
from corrigible.efficientzero.settings import Settings, preset
from corrigible.efficientzero.train import Report, Run, train

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_WORDS = ("prefix", "value", "policy", "consistency")


@dataclass(frozen=True)
class Task:
    """What is to be trained.

    Args:
        env: an environment's name.
        preset: "paper" or "fast".
        env_steps: of the whole run.
        changes: (field of the settings, value) pairs.

    Source: this package; no arrays, no shapes.
    """

    env: str
    preset: Literal["paper", "fast"]
    env_steps: int
    changes: tuple[tuple[str, Any], ...] = ()

    def settings(self, world: Environment) -> Settings:
        """The whole of the settings.

        Args:
            world: the environment.

        Returns:
            Settings. No arrays, no shapes.

        Raises:
            UserError: a field that does not exist.

        Source: this package.
        """
        chosen = preset(self.preset, world.kind, world.discount, self.env_steps)
        return chosen.switched(**dict(self.changes))


def train_task(task: Task, seed: int, out: Path, every: float, quiet: bool) -> dict[str, Any]:
    """Train, from a checkpoint where there is one.

    Args:
        task: what.
        seed: of the run.
        out: its folder.
        every: seconds between two checkpoints.
        quiet: show nothing.

    Returns:
        What the command answers. No arrays, no shapes.

    Raises:
        UserError: an environment that does not exist, or a folder with another run.

    Source: this package.
    """
    world = environment(task.env)
    settings = task.settings(world)
    run = resume_or_start(world, settings, seed, out)

    def keep(run: Run) -> None:
        save(out, world, settings, run)

    with _events(out) as record, _progress(settings, run, quiet) as show:

        def told(report: Report) -> None:
            record(report)
            show(report)

        run = train(world, settings, run, told, keep, every)
    returns = run.returns
    mean = sum(returns) / len(returns) if returns else None
    return _fields(world, settings, run, mean, None, len(returns), out)


def evaluate_folder(out: Path, seed: int, episodes: int) -> dict[str, Any]:
    """Play episodes from a run's last checkpoint.

    Args:
        out: its folder.
        seed: of the episodes, apart from the run's.
        episodes: how many.

    Returns:
        What the command answers. No arrays, no shapes.

    Raises:
        UserError: a folder without a checkpoint.

    Source: this package.
    """
    name, settings = read_head(out)
    world = environment(name)
    run = resume_or_start(world, settings, None, out)
    found = evaluate(run.learner.weights, world.test(), settings, seed, episodes)
    return _fields(world, settings, run, found.mean, found.interval, episodes, out)


def _fields(
    world: Environment,
    settings: Settings,
    run: Run,
    mean: float | None,
    interval: tuple[float, float] | None,
    episodes: int,
    out: Path,
) -> dict[str, Any]:
    return {
        "environment": world.name,
        "env_steps": run.env_steps,
        "train_steps": int(run.learner.steps),
        "episodes": episodes,
        "return_mean": mean,
        "return_interval": interval,
        "best": world.best,
        "weights_sha256": weights_sha256(run.learner.weights),
        "out": str(out.resolve()),
        "settings": {"environment": world.name, "episodes": episodes, **asdict(settings)},
    }


@contextmanager
def _events(out: Path) -> Iterator[Callable[[Report], None]]:
    """TensorBoard's curves over environment steps."""
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(str(out / "tensorboard"), write_to_disk=True)

    def record(report: Report) -> None:
        step = report.run.env_steps
        if report.run.returns:
            writer.add_scalar("return", _recent(report), step)
        if report.losses is not None:
            for name, loss in zip(_WORDS, report.losses, strict=True):
                writer.add_scalar(f"loss/{name}", float(loss), step)

    try:
        yield record
    finally:
        writer.close()


def _recent(report: Report) -> float:
    return sum(report.run.returns) / len(report.run.returns)


@contextmanager
def _progress(settings: Settings, run: Run, quiet: bool) -> Iterator[Callable[[Report], None]]:
    """One line that moves: steps, their rate, time left, return and losses."""
    screen = console(sys.stderr)
    if quiet or not screen.is_terminal:
        yield lambda report: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    columns = (BarColumn(), MofNCompleteColumn(), TimeLeft(), TextColumn("{task.description}"))
    with Progress(*columns, console=screen) as bar:
        task = bar.add_task("compiling", total=settings.env_steps, completed=run.env_steps)
        yield _teller(bar, task, run.env_steps)


def _teller(bar: Progress, task: TaskID, first: int) -> Callable[[Report], None]:
    began = time.monotonic()

    def show(report: Report) -> None:
        rate = (report.run.env_steps - first) / max(time.monotonic() - began, 1e-9)
        words = [f"{rate:.0f} steps/s"]
        if report.run.returns:
            words.append(f"return {_recent(report):.3g}")
        if report.losses is not None:
            told = zip(_WORDS, report.losses, strict=True)
            words += [f"{name} {float(loss):.2f}" for name, loss in told]
        bar.update(task, completed=report.run.env_steps, description="  ".join(words))

    return show
