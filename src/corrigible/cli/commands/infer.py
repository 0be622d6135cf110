"""`corrigible infer LEVEL CORRECTIONS.jsonl`: what corrections say about the reward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from corrigible.cli.flags import Common, LevelName
from corrigible.cli.reply import Reply

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.errors import UserError
    from corrigible.worlds.corrections import Correction
    from corrigible.worlds.level import Level


_HELP = (
    'One correction a line, counted from 0: {"at": [row, column], "action": "left"} or '
    '{"state": 17, "action": 2}.'
)


@dataclass(frozen=True)
class Infer(Common):
    """Infer from corrections what is wanted: a posterior over rewards and over optimal policies.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    level: LevelName
    corrections: Annotated[
        Path, tyro.conf.Positional, tyro.conf.arg(metavar="CORRECTIONS.jsonl", help=_HELP)
    ]

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Infer.

        Args:
            overrides: key of the level -> what replaces it.

        Returns:
            The posterior in numbers; rewards and policies are `[S, A]`.

        Raises:
            UserError: a level or a file that cannot be used, an impossible correction, or chains
                that did not mix.

        Source: this package.
        """
        from corrigible.cli import views
        from corrigible.cli.screen import working
        from corrigible.inference import posterior, summarise
        from corrigible.worlds.corrections import read_corrections
        from corrigible.worlds.level import load_level

        level = load_level(self.level, overrides)
        corrections = read_corrections(self.corrections, level)
        pairs = [(correction.state, correction.action) for correction in corrections]
        with working(f"sampling {level.name}", self.json or not level.problem.continuous):
            belief = posterior(level.problem, pairs, key=self.seed)
        for index in belief.alarms[:1]:
            raise impossible(self.corrections, level, corrections[index])
        prior = level.problem
        if prior.continuous:
            prior = prior.drawn(self.seed, len(belief.log_weights))
        before, after = summarise(prior), summarise(level.problem.given(belief))
        fields = {
            **views.posterior_fields(level, belief, before, after),
            "corrections": len(pairs),
        }
        settings = {
            "level": level.settings,
            "name": level.name,
            "seed": self.seed,
            "corrections": pairs,
        }

        def show(screen: Console) -> None:
            views.show_posterior(screen, level, fields)

        return Reply(settings, fields, show)


def impossible(path: Path, level: Level, correction: Correction) -> UserError:
    """What to say of a correction that no hypothesis left allows.

    Args:
        path: the file it stands in.
        level: whose hand was assumed.
        correction: the alarm.

    Returns:
        The error, to be raised by the caller. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    from corrigible.errors import UserError
    from corrigible.worlds.level_source import printable

    action, label = level.action_names[correction.action], level.world.label(correction.state)
    return UserError(
        f"impossible: no hypothesis that the lines above leave lets the assumed overseer hand over "
        f"'{action}' in {label}; correct the line, or assume a hand that errs "
        "(--overseer.rationality 5)",
        printable(path),
        correction.line,
        1,
    )
