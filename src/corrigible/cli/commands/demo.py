"""`corrigible demo`: every shipped level, and whether its agent keeps the overseer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corrigible.cli.flags import Planning
from corrigible.cli.reply import Reply

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Demo(Planning):
    """Certify every shipped level: who keeps the overseer, by what margin, and who presses.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    budget: float = 20.0
    """Seconds for planning all levels together."""

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Certify them all.

        Args:
            overrides: always empty.

        Returns:
            One case a level. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        from corrigible.cli import showcase
        from corrigible.worlds.level import load_level, shipped_levels

        levels = [load_level(name) for name in shipped_levels()]
        cases = showcase.cases(levels, self.tol, self.budget, quiet=self.json)
        settings = {
            "levels": {level.name: level.settings for level in levels},
            "seed": self.seed,
            "tol": self.tol,
            "budget": self.budget,
        }

        def show(screen: Console) -> None:
            showcase.show(screen, cases)

        return Reply(settings, {"cases": cases}, show)
