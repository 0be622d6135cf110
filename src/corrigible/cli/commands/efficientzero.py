"""`corrigible efficientzero train`, `evaluate`, `sweep` and `scores`: learn, and say how well.

Guarantee: the same flags and seed give the same weights, whether or not the run was interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from corrigible.cli.flags import Common, positive
from corrigible.cli.reply import Reply
from corrigible.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.cli.learning import Task

Improvement = Literal["consistency", "prefix", "correction", "reanalyze"]
Folder = Annotated[Path, tyro.conf.arg(metavar="FOLDER")]


@dataclass(frozen=True)
class EfficientZero(Common):
    """Learn a world's model from what is seen and paid, plan in it, and say how well that goes.

    Raises:
        Nothing.

    Source: Ye et al. 2021; no arrays, no shapes.
    """


@dataclass(frozen=True, kw_only=True)
class Learning(EfficientZero):
    """What is tried, however many runs are made of it.

    Raises:
        Nothing.

    Source: Ye et al. 2021; no arrays, no shapes.
    """

    preset: Literal["paper", "fast"] = "fast"
    """Search and targets: PUCT with visit counts, or Gumbel with fewer simulations."""
    env_steps: int = 100_000
    """Actions that may be taken."""
    without: tuple[Improvement, ...] = ()
    """Improvements to switch off."""
    continuation: bool = False
    """Put the model's own continuation in the place of the stale tail of old trajectories."""
    bootstrap: Literal["network", "search"] = "network"
    """What targets end in: the target network's value, or that of its search."""
    devices: int = 1
    """Among how many the work on a batch is split."""
    checkpoint_every: float = 60.0
    """Seconds between two checkpoints."""

    def check(self) -> None:
        """Refuse counts that are not positive.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            UserError: such a flag.

        Source: this package.
        """
        super().check()
        positive("--env-steps", self.env_steps)
        positive("--devices", self.devices)
        positive("--checkpoint-every", self.checkpoint_every)

    def task(self, env: str) -> Task:
        """What is to be trained in one environment.

        Args:
            env: its name.

        Returns:
            The task. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        from corrigible.cli.learning import Task

        changes: dict[str, Any] = dict.fromkeys(self.without, False)
        if "consistency" in changes:
            changes["consistency"] = 0.0
        if self.continuation:
            changes["continuation"] = True
        changes |= {"bootstrap": self.bootstrap, "devices": self.devices}
        return Task(env, self.preset, self.env_steps, tuple(sorted(changes.items())))


@dataclass(frozen=True, kw_only=True)
class Train(Learning):
    """Train; a folder that holds a run of the same flags and seed goes on from its checkpoint.

    Raises:
        Nothing.

    Source: Ye et al. 2021; no arrays, no shapes.
    """

    env: str
    """catch, cartpole-v0, cartpole-v1, minatar-breakout, level:NAME, atari:GAME or gym:ID."""
    out: Folder
    """The run's folder: checkpoint and TensorBoard's events."""

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Train.

        Args:
            overrides: always empty.

        Returns:
            Steps, the mean return of the last episodes, and the weights' hash.

        Raises:
            UserError: an environment that does not exist, or a folder with another run.

        Source: this package; no arrays, no shapes.
        """
        from corrigible.cli import learning

        task, every = self.task(self.env), self.checkpoint_every
        fields = learning.train_task(task, self.seed, self.out, every, quiet=self.json)
        return _reply("train", self.seed, fields)


@dataclass(frozen=True, kw_only=True)
class Evaluate(EfficientZero):
    """Play whole episodes greedily from a run's last checkpoint.

    Raises:
        Nothing.

    Source: Ye et al. 2021; no arrays, no shapes.
    """

    out: Folder
    """The run's folder."""
    episodes: int = 100
    """How many."""
    video: Path | None = None
    """A film of one more episode, an animated GIF."""

    def check(self) -> None:
        """Refuse a count that is not positive.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            UserError: such a flag.

        Source: this package.
        """
        super().check()
        positive("--episodes", self.episodes)

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Play.

        Args:
            overrides: always empty.

        Returns:
            The mean return with its interval.

        Raises:
            UserError: a folder without a checkpoint.

        Source: this package; no arrays, no shapes.
        """
        from corrigible.cli import learning

        fields = learning.evaluate_folder(self.out, self.seed, self.episodes, self.video)
        return _reply("evaluate", self.seed, fields)


@dataclass(frozen=True, kw_only=True)
class Sweep(Learning):
    """Train and evaluate in several environments and with several seeds, some at a time.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    envs: tuple[str, ...]
    """Environments, named as in train."""
    out: Folder
    """Of all runs; each has the folder ENV/SEED in it, and goes on from its checkpoint."""
    seeds: int = 3
    """Runs in each environment, from --seed on."""
    jobs: int = 1
    """Processes at a time."""
    ray: str | None = None
    """Let a Ray cluster at this address make the runs; "local" starts one here, of --jobs."""
    episodes: int = 100
    """Played greedily from each last checkpoint."""

    def check(self) -> None:
        """Refuse counts that are not positive, and a sweep of nothing.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            UserError: such a flag.

        Source: this package.
        """
        super().check()
        for name in ("seeds", "jobs", "episodes"):
            positive(f"--{name}", getattr(self, name))
        if not self.envs:
            raise UserError("--envs names no environment")

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Train and evaluate them all.

        Args:
            overrides: always empty.

        Returns:
            What each came to.

        Raises:
            UserError: an environment that does not exist, or a folder with another run.

        Source: this package; no arrays, no shapes.
        """
        from corrigible.cli import screen, sweeping

        # A worker of a cluster stands in another folder.
        out = self.out.resolve()
        jobs = [
            sweeping.Job(self.task(env), seed, out / env.replace(":", "-") / str(seed))
            for env in self.envs
            for seed in range(self.seed, self.seed + self.seeds)
        ]
        heard = screen.console(sys.stderr)

        def told(fields: dict[str, Any]) -> None:
            if not self.json:
                mean = screen.number(fields["return_mean"])
                heard.print(f"{fields['environment']}, seed {fields['seed']}: {mean}")

        found = sweeping.sweep(
            jobs, self.jobs, self.episodes, self.checkpoint_every, told, self.ray
        )
        settings = {"action": "sweep", "runs": [run.pop("settings") for run in found]}
        rows = [
            [r["environment"], r["seed"], r["return_mean"], r["return_interval"]] for r in found
        ]
        heads = ("environment", "seed", "mean return", "95% interval")
        return Reply(settings, _answer("sweep", {"runs": found}), _table(heads, rows))


@dataclass(frozen=True, kw_only=True)
class Scores(EfficientZero):
    """Human-normalised scores of runs on Atari games that evaluate has judged.

    Raises:
        Nothing.

    Source: Agarwal et al. 2021; no arrays, no shapes.
    """

    folders: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER")]
    """Of runs; those of one game are its seeds."""

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Put them together.

        Args:
            overrides: always empty.

        Returns:
            Scores by game; mean, median and interquartile mean with their intervals.

        Raises:
            UserError: a folder without an evaluation on an Atari game.

        Source: this package; no arrays, no shapes.
        """
        from corrigible.cli import learning

        fields = learning.scores_of(self.folders, self.seed)
        rows = [[g["game"], g["runs"], g["return_mean"], g["score"], None] for g in fields["games"]]
        for name in ("mean", "median", "iqm"):
            rows.append([name, None, None, fields[name]["value"], fields[name]["interval"]])
        heads = ("game", "runs", "mean return", "human-normalised", "95% interval")
        settings = {"action": "scores", "seed": self.seed, **fields}
        return Reply(settings, _answer("scores", fields), _table(heads, rows))


ACTIONS: dict[str, type[EfficientZero]] = {
    "train": Train,
    "evaluate": Evaluate,
    "sweep": Sweep,
    "scores": Scores,
}


# What the actions answer; null where that is nothing of theirs.
_OF_RUNS = (
    "environment", "env_steps", "train_steps", "episodes", "return_mean", "return_interval", "best",
    "weights_sha256", "out",
)  # fmt: skip
_OF_MANY = ("runs", "games", "mean", "median", "iqm")


def _answer(action: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"action": action, **{name: fields.get(name) for name in (*_OF_RUNS, *_OF_MANY)}}


def _table(heads: tuple[str, ...], rows: list[list[Any]]) -> Callable[[Console], None]:
    def show(screen: Console) -> None:
        from corrigible.cli.screen import bracket, number, table

        def word(cell: Any) -> str:
            if isinstance(cell, tuple):
                return bracket(cell)
            if isinstance(cell, float):
                return number(cell)
            return "" if cell is None else str(cell)

        screen.print(table(heads, [[word(cell) for cell in row] for row in rows]))

    return show


def _reply(action: str, seed: int, fields: dict[str, Any]) -> Reply:
    def show(screen: Console) -> None:
        from corrigible.cli.screen import bracket, number, pairs

        rows: list[tuple[str, Any]] = [
            ("environment", fields["environment"]),
            ("environment steps", fields["env_steps"]),
            ("learner steps", fields["train_steps"]),
            ("episodes", fields["episodes"]),
            ("mean return", number(fields["return_mean"])),
        ]
        if fields["return_interval"] is not None:
            rows.append(("95% interval", bracket(fields["return_interval"])))
        if fields["best"] is not None:
            rows.append(("best possible", number(fields["best"])))
        screen.print(pairs([*rows, ("weights", fields["weights_sha256"])]))

    settings = {"action": action, "seed": seed, **fields["settings"]}
    return Reply(settings, _answer(action, fields), show)
