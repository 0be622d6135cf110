"""`corrigible run LEVEL`: put an agent into a level and see what happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corrigible.cli.flags import LevelName, Planning, Stored, positive
from corrigible.cli.players import Name
from corrigible.cli.reply import Reply
from corrigible.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

MAX_STEPS = 5 * 10**6


@dataclass(frozen=True)
class Run(Planning, Stored):
    """Put an agent into a level, see what happens, and what the judge says of it.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    level: LevelName
    agent: Name = "bayes"
    """bayes plans in belief space; the others are baselines that fail in known ways."""
    steps: int = 40
    """How long an episode is."""
    episodes: int = 1
    """How many episodes; the first is printed."""

    def check(self) -> None:
        """Refuse lengths that are not positive, or more steps than memory is for.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            UserError: such a flag.

        Source: this package.
        """
        super().check()
        positive("--steps", self.steps)
        positive("--episodes", self.episodes)
        if self.steps * self.episodes > MAX_STEPS:
            raise UserError(
                f"--episodes {self.episodes} of --steps {self.steps} are more than {MAX_STEPS:,} "
                "steps in all"
            )

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Play.

        Args:
            overrides: key of the level -> what replaces it.

        Returns:
            The outcome and the first episode. No arrays, no shapes.

        Raises:
            UserError: a level that cannot be used.

        Source: this package.
        """
        from corrigible.cli.episodes import episode_fields, judged_fields, outcome_fields, show_run
        from corrigible.cli.players import player
        from corrigible.cli.screen import working
        from corrigible.simulate import simulate
        from corrigible.worlds.level import load_level

        level = load_level(self.level, overrides)
        with working(f"planning {level.name}", self.json):
            agent = player(self.agent, level.problem, self.tol, self.budget)
            record = simulate(
                agent, level.truth, self.seed, steps=self.steps, episodes=self.episodes
            )
            judged = judged_fields(agent, level.truth)
        asked = {"agent": self.agent, "steps": self.steps, "episodes": self.episodes}
        settings = {
            **asked,
            "level": level.settings,
            "name": level.name,
            "seed": self.seed,
            "tol": self.tol,
            "budget": self.budget,
        }
        fields = {
            "level": level.name,
            **asked,
            "outcome": outcome_fields(level, record),
            "judged": judged,
            "episode": episode_fields(level, record),
        }

        def show(screen: Console) -> None:
            show_run(screen, fields)

        return Reply(settings, fields, show)
