"""`corrigible doctor`: what is installed, and whether it computes what it should.

Guarantee: every check is made afresh; a check that fails is reported as such and turns the reply's
`ok` false, never into a traceback.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corrigible.cli.flags import Common
from corrigible.cli.reply import Reply

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Doctor(Common):
    """Say what is installed and check that it computes what it should.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Run every check.

        Args:
            overrides: always empty.

        Returns:
            Versions, extras and checks. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        from corrigible.cli import health

        fields = health.examine()

        def show(screen: Console) -> None:
            from corrigible.cli.screen import number, pairs, table

            known = {**fields["platform"], **fields["versions"]}
            screen.print(pairs((name, value or "missing") for name, value in known.items()))
            extras = [
                (e["name"], "yes" if e["installed"] else f"no: {e['install']}")
                for e in fields["extras"]
            ]
            screen.print(table(["extra", "installed"], extras))
            checks = [
                (
                    c["name"],
                    "ok" if c["ok"] else c["error"] or "FAILED",
                    number(c["computed"]),
                    c["expected"],
                )
                for c in fields["checks"]
            ]
            screen.print(table(["check", "", "computed", "expected"], checks))

        return Reply({}, fields, show, status=0 if fields["ok"] else 1)
