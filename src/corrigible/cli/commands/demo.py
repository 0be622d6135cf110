"""`corrigible demo`: the claim, the number and the failures, on one level."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corrigible.cli.flags import Planning
from corrigible.cli.reply import Reply, settings_hash

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.view.snapshot import Snapshot


@dataclass(frozen=True)
class Demo(Planning):
    """Show who keeps its overseer on one level, by what margin, why, and when it fails.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    budget: float = 60.0
    """Seconds for planning; far fewer are needed."""
    levels: bool = False
    """Certify every shipped level instead, a line each."""

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Study the level of the demo, or certify all levels.

        Args:
            overrides: always empty.

        Returns:
            The snapshot and what is said of it; a case for each level. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        from corrigible.cli.interrupt import heard

        with heard():
            return self._tour() if self.levels else self._study()

    def _study(self) -> Reply:
        from corrigible.cli import showcase
        from corrigible.cli.screen import working
        from corrigible.view.study import provenance, study
        from corrigible.worlds.level import load_level

        level = load_level(showcase.LEVEL)
        settings = {"level": level.settings, "name": level.name, **self._settings()}
        command = "corrigible demo" + (f" --seed {self.seed}" if self.seed else "")
        began = time.monotonic()
        with working(f"studying {level.name}", self.json):
            snapshot = study(
                level,
                provenance(command, self.seed, settings_hash("demo", settings)),
                self.tol,
                self.budget,
            )
        fields = _fields(snapshot, time.monotonic() - began)

        def show(screen: Console) -> None:
            showcase.show(screen, snapshot)

        return Reply(settings, fields, show)

    def _tour(self) -> Reply:
        from corrigible.cli import showcase
        from corrigible.worlds.level import load_level, shipped_levels

        levels = [load_level(name) for name in shipped_levels()]
        cases = showcase.cases(levels, self.tol, self.budget, quiet=self.json)
        settings = {"levels": {level.name: level.settings for level in levels}, **self._settings()}

        def show(screen: Console) -> None:
            showcase.show_cases(screen, cases)

        return Reply(settings, _whole(cases), show)

    def _settings(self) -> dict[str, Any]:
        return {"seed": self.seed, "tol": self.tol, "budget": self.budget}


def _whole(cases: list[dict[str, Any]], **studied: Any) -> dict[str, Any]:
    """Every key of the answer; null for what is only said of a studied level."""
    from corrigible.cli import showcase
    from corrigible.view import explain

    return {
        "cases": cases,
        "question": explain.question(),
        **{name: studied.get(name) for name in ("answer", "sentences", "snapshot")},
        "next": [command for command, _ in showcase.NEXT],
    }


def _fields(snapshot: Snapshot, seconds: float) -> dict[str, Any]:
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
