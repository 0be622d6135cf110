"""`corrigible efficientzero train` and `evaluate`: learn in an environment, and say how well.

Guarantee: the same flags and seed give the same weights, whether or not the run was interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from corrigible.cli.flags import Common, positive
from corrigible.cli.reply import Reply

if TYPE_CHECKING:
    from rich.console import Console

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
class Train(EfficientZero):
    """Train; a folder that holds a run of the same flags and seed goes on from its checkpoint.

    Raises:
        Nothing.

    Source: Ye et al. 2021; no arrays, no shapes.
    """

    env: str
    """catch, cartpole-v0, cartpole-v1, minatar-breakout, level:NAME or atari:GAME."""
    out: Folder
    """The run's folder: checkpoint and TensorBoard's events."""
    preset: Literal["paper", "fast"] = "fast"
    """Search and targets: PUCT with visit counts, or Gumbel with fewer simulations."""
    env_steps: int = 100_000
    """Actions that may be taken."""
    without: tuple[Improvement, ...] = ()
    """Improvements to switch off."""
    continuation: bool = False
    """Put the model's own continuation in the place of the stale tail of old trajectories."""
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
        positive("--checkpoint-every", self.checkpoint_every)

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

        changes: dict[str, Any] = dict.fromkeys(self.without, False)
        if "consistency" in changes:
            changes["consistency"] = 0.0
        if self.continuation:
            changes["continuation"] = True
        task = learning.Task(self.env, self.preset, self.env_steps, tuple(sorted(changes.items())))
        fields = learning.train_task(
            task, self.seed, self.out, self.checkpoint_every, quiet=self.json
        )
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

        fields = learning.evaluate_folder(self.out, self.seed, self.episodes)
        return _reply("evaluate", self.seed, fields)


ACTIONS: dict[str, type[EfficientZero]] = {"train": Train, "evaluate": Evaluate}


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
    answer = {name: value for name, value in fields.items() if name != "settings"}
    return Reply(settings, {"action": action, **answer}, show)
