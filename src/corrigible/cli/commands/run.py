"""`corrigible run LEVEL`: put an agent into a level and see what happens."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from corrigible.cli.flags import LevelName, Planning, Stored, positive
from corrigible.cli.players import Name
from corrigible.cli.reply import Reply
from corrigible.cli.reports import ReportPath
from corrigible.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.agents.base import Agent
    from corrigible.cli.hand import Course
    from corrigible.simulate.record import Record
    from corrigible.simulate.session import Session
    from corrigible.worlds.level import Level

MAX_STEPS = 5 * 10**6
_File = Annotated[Path | None, tyro.conf.arg(metavar="FILE")]


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
    overseer: Literal["level", "human"] = "level"
    """Who corrects the agent: the level's own hand, or you, at this keyboard."""
    corrections: _File = None
    """What a person has said, as infer reads it, in place of the keyboard."""
    export: _File = None
    """A new file for what the agent heard from a person; infer reads it."""
    report: ReportPath = ""
    """Where to write the page about the level; without a PATH in the ledger's folder."""
    no_report: bool = False
    """Write no page."""

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
        if self._by_a_person and self.episodes != 1:
            raise UserError("a person corrects one episode at a time; leave --episodes 1")
        if self.export is not None and not self._by_a_person:
            raise UserError("--export keeps what a person says; add --overseer human")
        if self.no_report and self.report:
            raise UserError("--report and --no-report contradict each other; keep one")
        if self.export is not None and self.export.exists():
            raise UserError("this file exists; --export writes new files only", self.export)

    @property
    def _by_a_person(self) -> bool:
        return self.overseer == "human" or self.corrections is not None

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Play.

        Args:
            overrides: key of the level -> what replaces it.

        Returns:
            The outcome and the first episode. No arrays, no shapes.

        Raises:
            UserError: a level or a file that cannot be used.

        Source: this package.
        """
        from corrigible.cli.episodes import episode_fields, outcome_fields, show_run
        from corrigible.cli.players import drawn
        from corrigible.worlds.level import load_level

        level = drawn(load_level(self.level, overrides), self.seed)
        record, own, words = self._played(level)
        asked = {"agent": self.agent, "steps": self.steps, "episodes": self.episodes}
        settings = {
            **asked,
            **words,
            "level": level.settings,
            "name": level.name,
            "seed": self.seed,
            "tol": self.tol,
            "budget": self.budget,
        }
        path, status = self._page(overrides, level, settings)
        fields = {
            "level": level.name,
            **asked,
            "overseer": words.get("overseer", "level"),
            "outcome": outcome_fields(level, record),
            **own,
            "episode": episode_fields(level, record),
            "report": path,
        }

        def show(screen: Console) -> None:
            show_run(screen, fields)

        return Reply(settings, fields, show, status)

    def _played(self, level: Level) -> tuple[Record, dict[str, Any], dict[str, Any]]:
        """What happened; what is said of it by the judge or the person; what it follows from."""
        from corrigible.cli.episodes import judged_fields
        from corrigible.cli.hand import session_fields
        from corrigible.cli.players import player
        from corrigible.cli.screen import working
        from corrigible.simulate import simulate
        from corrigible.worlds.corrections import read_corrections

        said = None if self.corrections is None else read_corrections(self.corrections, level)
        with working(f"planning {level.name}", self.json):
            agent = player(self.agent, level.problem, self.tol, self.budget)
        if self._by_a_person:
            played, course = self._talk(level, agent, said)
            kept = None if self.export is None else str(self.export.absolute())
            session = session_fields(played, level, course, kept)
            words = {"overseer": "human", "corrections": _heard(session)}
            return played.record(), {"judged": None, "session": session}, words
        with working(f"playing {level.name}", self.json):
            record = simulate(
                agent, level.truth, self.seed, steps=self.steps, episodes=self.episodes
            )
            judged = judged_fields(agent, level.truth)
        return record, {"judged": judged, "session": None}, {}

    def _page(
        self, overrides: Mapping[str, str], level: Level, settings: Mapping[str, Any]
    ) -> tuple[str | None, int]:
        """The page about the level, where one is wanted; only one asked for by name may fail."""
        from corrigible.cli.reports import make_report
        from corrigible.cli.text import complain

        if self.no_report:
            return None, 0
        try:
            path, status = make_report("run", self, overrides, level, settings)
        except UserError as error:
            complain(f"no report: {error}")
            path, status = None, 2
        return path, status if self.report else 0

    def _talk(self, level: Level, agent: Agent, said: Any) -> tuple[Session, Course]:
        """One episode with a person, at the keyboard or from a file."""
        from corrigible.cli.export import Export
        from corrigible.cli.hand import Conversation, from_file
        from corrigible.cli.keyboard import Keyboard
        from corrigible.overseers.human import Human
        from corrigible.simulate.session import Session

        person = replace(level.truth, overseer=Human.instead_of(level.truth.overseer))
        session = Session(agent, person, self.seed)
        with ExitStack() as stack:
            export = None
            if self.export is not None:
                export = stack.enter_context(Export(self.export, level))
            if said is not None:
                return session, from_file(session, self.steps, said, export)
            keyboard = stack.enter_context(Keyboard(sys.stdin, _echo))
            talk = Conversation(session, level, self.steps, keyboard, sys.stderr, export)
            return session, talk.run()


def _echo(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _heard(session: Mapping[str, Any]) -> list[Any]:
    """What an answer follows from, where a person spoke."""
    said = [[c["step"], c["state"], c["action"]] for c in session["corrections"]]
    return [session["played"], *said]
