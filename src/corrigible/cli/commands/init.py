"""`corrigible init FILE`: a level to start from.

Guarantee: no file is ever overwritten, and on an error nothing has been written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from corrigible.cli.flags import Common
from corrigible.cli.reply import Reply
from corrigible.cli.text import plain
from corrigible.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Init(Common):
    """Write a small commented level, with something to judge, to a new file.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    file: Annotated[
        Path,
        tyro.conf.Positional,
        tyro.conf.arg(metavar="FILE", help="The file to write; it must not exist."),
    ]

    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Write the file.

        Args:
            overrides: always empty.

        Returns:
            Its path and name. No arrays, no shapes.

        Raises:
            UserError: the file exists or cannot be written.

        Source: this package.
        """
        from corrigible.worlds.level import level_template, parse_level

        text = level_template(self.file.stem)
        name = parse_level(text).name
        try:
            with self.file.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except FileExistsError:
            raise UserError("this file exists; init writes new files only", self.file) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UserError(f"cannot write this file: {reason}", self.file) from None
        path = str(self.file.absolute())

        def show(screen: Console) -> None:
            screen.print(f"wrote {plain(path)}", soft_wrap=True)
            screen.print(f"next: corrigible certify {plain(self.file)}", soft_wrap=True)

        return Reply({"name": name, "text": text}, {"path": path, "name": name}, show)
