"""`corrigible demo`: the claim, the number and the failures, on one level."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from corrigible.cli.flags import Planning
from corrigible.cli.reply import Reply, settings_hash

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.view.snapshot import Snapshot


DemoLevel = Annotated[
    str | None,
    tyro.conf.Positional,
    tyro.conf.arg(metavar="LEVEL", help="The level to show; the shipped level vault if none."),
]


@dataclass(frozen=True)
class Demo(Planning):
    """Show who keeps its overseer on one level, by what margin, why, and when it fails.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    level: DemoLevel = None
    budget: float = 60.0
    """Seconds for planning; far fewer are needed."""
    levels: bool = False
    """Certify every shipped level instead, a line each."""

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Study the level of the demo, or certify all levels.

        Args:
            overrides: key of the level -> what replaces it; empty with --levels.

        Returns:
            The snapshot and what is said of it; a case for each level. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        from corrigible.cli.interrupt import heard

        with heard():
            return self._tour(overrides) if self.levels else self._study(overrides)

    def _study(self, overrides: Mapping[str, str]) -> Reply:
        from corrigible.cli import showcase
        from corrigible.cli.players import drawn
        from corrigible.cli.screen import working
        from corrigible.view.study import provenance, study
        from corrigible.worlds.level import load_level

        name = self.level or showcase.LEVEL
        level = drawn(load_level(name, overrides), self.seed)
        settings = {"level": level.settings, "name": level.name, **self._settings()}
        words = ["corrigible", "demo", *filter(None, [self.level])]
        for key, value in overrides.items():
            words += [f"--{key}", value]
        words += ["--seed", str(self.seed)] if self.seed else []
        began = time.monotonic()
        with working(f"studying {level.name}", self.json):
            snapshot = study(
                level,
                provenance(shlex.join(words), self.seed, settings_hash("demo", settings)),
                self.tol,
                self.budget,
            )
        fields = _fields(snapshot, time.monotonic() - began, name)

        def show(screen: Console) -> None:
            showcase.show(screen, snapshot, name)

        return Reply(settings, fields, show)

    def _tour(self, overrides: Mapping[str, str]) -> Reply:
        from corrigible.cli import showcase
        from corrigible.cli.flags import no_overrides
        from corrigible.errors import UserError
        from corrigible.worlds.level import load_level, shipped_levels

        if self.level is not None:
            raise UserError(f"--levels shows every shipped level; leave {self.level!r} out")
        no_overrides(overrides, "demo --levels")
        levels = [load_level(name) for name in shipped_levels()]
        cases = showcase.cases(levels, self.tol, self.budget, quiet=self.json)
        settings = {"levels": {level.name: level.settings for level in levels}, **self._settings()}

        def show(screen: Console) -> None:
            showcase.show_cases(screen, cases)

        return Reply(settings, _whole(cases, showcase.LEVEL), show)

    def _settings(self) -> dict[str, Any]:
        return {"seed": self.seed, "tol": self.tol, "budget": self.budget}


def _whole(cases: list[dict[str, Any]], level: str, **studied: Any) -> dict[str, Any]:
    """Every key of the answer; null for what is only said of a studied level."""
    from corrigible.cli import showcase
    from corrigible.view import explain

    return {
        "cases": cases,
        "question": explain.question(),
        **{name: studied.get(name) for name in ("answer", "sentences", "snapshot")},
        "next": [command for command, _ in showcase.next_steps(level)],
    }


def _fields(snapshot: Snapshot, seconds: float, level: str) -> dict[str, Any]:
    from corrigible.view import explain
    from corrigible.view.snapshot import as_json

    worst, bayes = snapshot.certificate.worst, snapshot.agents[0]
    low, high = worst.margin or (None, None)
    for_, against = explain.answer(snapshot)
    case = {
        "level": snapshot.level.name,
        "description": snapshot.level.description,
        "verdict": worst.verdict,
        "margin_lower": low,
        "margin_upper": high,
        "presses": bayes.presses,
        "seconds": seconds,
    }
    return _whole(
        [case],
        level,
        answer={"for": for_, "against": against},
        sentences={
            "ledger": explain.ledger(snapshot),
            "bribes": explain.bribes(snapshot),
            "agents": {row.agent: explain.agent(snapshot, row) for row in snapshot.agents},
            "clock": explain.clock(snapshot),
            "failures": {f.kind: explain.failure(snapshot, f) for f in snapshot.failures},
        },
        snapshot=as_json(snapshot),
    )
