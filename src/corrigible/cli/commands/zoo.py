"""`corrigible zoo [NAME]`: the claims about off-switches, computed.

Guarantee: status 1 where a number is not what its source says and the case does not dispute it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from corrigible.cli.flags import Stored
from corrigible.cli.reply import Reply

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.zoo.case import Case, Columns
    from corrigible.zoo.registry import Result

_WORDS = {
    "margin": "margin at the start",
    "informed_prior": "rewards drawn from the prior, informed",
    "informed_permutations": "permutations of rewards, informed",
    "obedience": "obedience",
    "radius_rate": "radius in the rate",
    "radius_prior": "radius in the prior, total variation",
    "radius_noise": "radius in the noise of the hand",
    "radius_reward": "radius in what silencing pays",
    "worth": "worth at the start",
    "worth_obeying": "worth of one that always obeys",
}
_HELP = "One case, explained with a picture; every case without it."


@dataclass(frozen=True)
class Zoo(Stored):
    """Compute the claims about off-switches: what was claimed, what comes out, whether they agree.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    name: Annotated[
        str | None, tyro.conf.Positional, tyro.conf.arg(metavar="[NAME]", help=_HELP)
    ] = None
    fresh: bool = False
    """Compute also what ships with the package."""
    picture: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None
    """Where to draw a case; else into the ledger's folder."""

    def check(self) -> None:
        """Refuse a picture of every case at once.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            UserError: such a flag.

        Source: this package.
        """
        super().check()
        if self.picture is not None and self.name is None:
            from corrigible.errors import UserError

            raise UserError("--picture is of one case; name it, as in corrigible zoo school")

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Compute.

        Args:
            overrides: always empty.

        Returns:
            A row for each number. No arrays, no shapes.

        Raises:
            UserError: there is no such case, or the picture cannot be written.

        Source: this package.
        """
        from corrigible.cli.interrupt import heard
        from corrigible.cli.screen import working
        from corrigible.zoo import NAMES, columns, load, results

        names = NAMES if self.name is None else (self.name,)
        cases = [load(name) for name in names]
        found: list[Result] = []
        asked: list[Columns | None] = []
        with heard():
            for case in cases:
                with working(f"computing {case.name}", self.json):
                    found += results(case, fresh=self.fresh)
                    asked.append(columns(case, fresh=self.fresh))
            path = self._draw(cases[0]) if self.name is not None else None
        fields = {
            "cases": [_row(result) for result in found],
            "stories": [_story(case) for case in cases],
            "columns": [asdict(column) for column in asked if column is not None],
            "picture": path,
        }
        settings = {case.name: dict(case.settings) for case in cases}

        def show(screen: Console) -> None:
            _show(screen, fields, whole=self.name is None)

        wrong = [r for r in found if r.agrees is False and not r.disputed]
        return Reply(settings, fields, show, status=1 if wrong else 0)

    def _draw(self, case: Case) -> str:
        """Write the picture; its absolute path."""
        from corrigible.cli.text import plain
        from corrigible.errors import UserError
        from corrigible.store import locate
        from corrigible.view.zoo import draw_case

        path = self.picture or locate(self.store) / "zoo" / f"{case.name}.svg"
        path = path.expanduser().absolute()
        drawn = draw_case(case)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(drawn + "\n", encoding="utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError(f"the picture cannot be written: {reason}", plain(path)) from None
        return str(path)


def _row(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "quantity": result.quantity,
        "computed": result.computed,
        "expected": result.expected,
        "source": result.source,
        "tolerance": result.tol,
        "agrees": result.agrees,
        "disputed": result.disputed or None,
    }


def _story(case: Case) -> dict[str, Any]:
    return {
        "name": case.name,
        "title": case.title,
        "moral": case.moral,
        "story": case.story,
        "paper": case.paper,
        "settings": dict(case.settings),
    }


def _verdict(row: Mapping[str, Any]) -> str:
    if row["agrees"] is None:
        return "not stated"
    if row["agrees"]:
        return "agrees"
    return "disputed" if row["disputed"] else "DIFFERS"


def _answers(column: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The columns of a case in words."""
    from corrigible.cli.screen import number

    for key, words in _WORDS.items():
        value = column[key]
        if value is None:
            yield words, "-"
        elif isinstance(value, (list, tuple)):
            better, no_worse = (f"{share:.1%}" for share in value)
            yield words, f"{better} better off silencing, {no_worse} no worse"
        else:
            yield words, number(value)


def _show(screen: Console, fields: Mapping[str, Any], whole: bool) -> None:
    from corrigible.cli.screen import number, pairs, table
    from corrigible.cli.text import plain

    for story in fields["stories"]:
        rows = [row for row in fields["cases"] if row["name"] == story["name"]]
        screen.print(plain(f"{story['name']}: {story['title']}"), style="bold")
        if not whole:
            screen.print(plain(story["story"]))
            screen.print(pairs((name, number(value)) for name, value in story["settings"].items()))
        cells = [
            (row["quantity"], number(row["computed"]), number(row["expected"]), _verdict(row))
            for row in rows
        ]
        screen.print(table(["quantity", "computed", "expected", ""], cells))
        for row in rows:
            if row["disputed"] and not row["agrees"]:
                screen.print(plain(f"{row['quantity']}: {row['disputed']}"))
        if not whole:
            screen.print(pairs((row["quantity"], row["source"]) for row in rows))
            for column in fields["columns"]:
                screen.print("asked of every case:", style="bold")
                screen.print(pairs(_answers(column)))
        screen.print(plain(story["moral"]), style="italic")
        screen.print()
    said = [_verdict(row) for row in fields["cases"]]
    kinds = ("agrees", "not stated", "disputed", "DIFFERS")
    counts = ", ".join(f"{said.count(kind)} {kind}" for kind in kinds if kind in said)
    screen.print(plain(f"{len(said)} numbers: {counts}"))
    if fields["picture"]:
        screen.print(plain(f"picture: {fields['picture']}"), soft_wrap=True)
