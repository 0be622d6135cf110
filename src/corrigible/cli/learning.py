"""What `efficientzero` does: set a run up, show how it goes, and say how it went.

Guarantee: progress goes to stderr and only to a terminal; TensorBoard's events lie beside the
checkpoint and are never read back.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from corrigible.cli.screen import console
from corrigible.efficientzero.checkpoint import read_head, resume_or_start, save, weights_sha256
from corrigible.efficientzero.environments import Environment, environment
from corrigible.efficientzero.evaluate import evaluate
from corrigible.efficientzero.film import film, write
from corrigible.efficientzero.scores import aggregate, normalised
from corrigible.efficientzero.settings import Settings, preset
from corrigible.efficientzero.train import Report, Run, train
from corrigible.errors import UserError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

RETURNS = "evaluation.json"
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


def evaluate_folder(
    out: Path, seed: int, episodes: int, video: Path | None = None
) -> dict[str, Any]:
    """Play episodes from a run's last checkpoint; what they brought is written beside it.

    Args:
        out: its folder.
        seed: of the episodes, apart from the run's.
        episodes: how many.
        video: where to put a film of one more episode.

    Returns:
        What the command answers. No arrays, no shapes.

    Raises:
        UserError: a folder without a checkpoint.

    Source: this package.
    """
    name, settings = read_head(out)
    world = environment(name)
    run = resume_or_start(world, settings, None, out)
    weights, test = run.learner.weights, world.test()
    if video is not None:
        write(video, film(weights, test, settings, seed))
    found = evaluate(weights, test, settings, seed, episodes)
    fields = _fields(world, settings, run, found.mean, found.interval, episodes, out)
    told = {name: fields[name] for name in ("environment", "env_steps", "weights_sha256")}
    told = {**told, "seed": seed, "returns": found.returns.tolist()}
    (out / RETURNS).write_text(json.dumps(told) + "\n", encoding="utf-8")
    return fields


def scores_of(folders: Sequence[Path], seed: int) -> dict[str, Any]:
    """Human-normalised scores of evaluated runs, and what they say together.

    Args:
        folders: of runs on Atari games; runs of one game are its seeds.
        seed: of the bootstrap.

    Returns:
        The games with their runs, and mean, median and IQM. No arrays, no shapes.

    Raises:
        UserError: a folder without an evaluation, or of what is no game of Atari-100k.

    Source: Agarwal et al. 2021.
    """
    scores: dict[str, list[float]] = {}
    returns: dict[str, list[float]] = {}
    for folder in folders:
        game, mean = _evaluated(folder)
        scores.setdefault(game, []).append(normalised(game, mean))
        returns.setdefault(game, []).append(mean)
    together = aggregate(scores, seed)
    games = [
        {
            "game": game,
            "runs": len(runs),
            "return_mean": sum(returns[game]) / len(runs),
            "score": sum(runs) / len(runs),
        }
        for game, runs in sorted(scores.items())
    ]
    parts = {name: {"value": x.value, "interval": x.interval} for name, x in together.items()}
    return {"games": games, **parts}


def _evaluated(folder: Path) -> tuple[str, float]:
    path = folder / RETURNS
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        family, _, game = told["environment"].partition(":")
        mean = statistics.fmean(told["returns"])
    except OSError:
        raise UserError(f"there is no {RETURNS} in {folder}; evaluate writes one") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError("this is not what evaluate writes", path) from None
    if family != "atari":
        raise UserError(f"{folder} holds a run on {told['environment']}, not on atari:GAME")
    return game, mean


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
