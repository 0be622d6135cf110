"""`corrigible certify LEVEL`: does this agent keep its overseer here, and by what margin?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from corrigible.cli.flags import LevelName, Planning, Stored
from corrigible.cli.reply import Reply
from corrigible.cli.reports import ReportPath

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
    report: ReportPath = None
    """Write a page about the level as well: to PATH, else into the ledger's folder."""
    checkpoint: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Save long planning to FILE now and then, and go on from it where it is there."""

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Certify the level's problem.

        Args:
            overrides: key of the level -> what replaces it.

        Returns:
            The certificate. No arrays, no shapes.

        Raises:
            UserError: a level that cannot be used, or of which there is no page.

        Source: this package.
        """
        from corrigible.cli import views
        from corrigible.cli.reports import make_report
        from corrigible.cli.screen import working
        from corrigible.errors import UserError
        from corrigible.planners.certify import certify
        from corrigible.worlds.level import load_level

        level = load_level(self.level, overrides)
        if level.problem.continuous and self.report is not None:
            raise UserError(
                "a page lists the rewards held possible, and this prior is continuous; write "
                "draws = 64 and key = 0 into [prior], or leave --report out"
            )
        with working(f"certifying {level.name}", self.json):
            try:
                certificate = certify(
                    level.problem,
                    tol=self.tol,
                    budget=self.budget,
                    key=self.seed,
                    checkpoint=self.checkpoint,
                )
                judged = views.certificate_fields(level, certificate)
            except KeyboardInterrupt:
                if self.checkpoint is None or not self.checkpoint.exists():
                    raise
                kept = f"the same command goes on from {self.checkpoint}"
                raise KeyboardInterrupt(kept) from None
        settings = {
            "level": level.settings,
            "name": level.name,
            "seed": self.seed,
            "tol": self.tol,
            "budget": self.budget,
        }
        path, status = None, 0
        if self.report is not None:
            path, status = make_report("certify", self, overrides, level, settings, certificate)
        fields = {"level": level.name, **judged, "report": path}

        def show(screen: Console) -> None:
            views.show_certificate(screen, fields)

        return Reply(settings, fields, show, status)
