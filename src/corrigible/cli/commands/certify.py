"""`corrigible certify LEVEL`: does this agent keep its overseer here, and by what margin?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corrigible.cli.flags import LevelName, Planning, Stored
from corrigible.cli.reply import Reply

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Certify(Planning, Stored):
    """Say whether the agent keeps its overseer in a level, by what margin, and why.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    level: LevelName

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Certify the level's problem.

        Args:
            overrides: key of the level -> what replaces it.

        Returns:
            The certificate. No arrays, no shapes.

        Raises:
            UserError: a level that cannot be used.

        Source: this package.
        """
        from corrigible.cli import views
        from corrigible.cli.screen import working
        from corrigible.planners.certify import certify
        from corrigible.worlds.level import load_level

        level = load_level(self.level, overrides)
        with working(f"certifying {level.name}", self.json):
            certificate = certify(level.problem, tol=self.tol, budget=self.budget)
            fields = {"level": level.name, **views.certificate_fields(level, certificate)}
        settings = {
            "level": level.settings,
            "name": level.name,
            "seed": self.seed,
            "tol": self.tol,
            "budget": self.budget,
        }

        def show(screen: Console) -> None:
            views.show_certificate(screen, fields)

        return Reply(settings, fields, show)
