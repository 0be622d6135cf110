"""A session's corrections as a file that `infer` reads, written as they are accepted.

Guarantee: what `add` has returned from is on the disk, whole. However the process ends, by an
error, an interrupt or a kill, nothing that was shown as accepted is lost; a line being written at
that moment may be there too.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from corrigible.errors import UserError
from corrigible.worlds.corrections import line_of
from corrigible.worlds.level_source import printable

if TYPE_CHECKING:
    from corrigible.worlds.level import Level


_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Export:
    """A new file of corrections.

    Args:
        path: the file, which must not exist.
        level: whose corrections they are.

    Raises:
        UserError: it exists, or cannot be written.

    Source: this package; no arrays, no shapes.
    """

    def __init__(self, path: Path, level: Level) -> None:
        self.path = path
        self._level = level
        self._ends = [0]
        try:
            self._file = os.open(path, _NEW, 0o666)
        except FileExistsError:
            message = "this file exists; --export writes new files only"
            raise UserError(message, printable(path)) from None
        except (OSError, ValueError) as error:
            raise self._failure(error) from None

    def add(self, state: int, action: int, step: int) -> None:
        """Keep a correction.

        Args:
            state: what it is about.
            action: what it says.
            step: the arrival on which it was heard.

        Returns:
            Nothing, when it is on the disk. No arrays, no shapes.

        Raises:
            UserError: it cannot be kept; the file is as before.

        Source: this package.
        """
        line = line_of(self._level, state, action, step)
        try:
            written = 0
            while written < len(line):
                written += os.write(self._file, line[written:])
            self._flush()
        except OSError as error:
            with contextlib.suppress(OSError):
                self._cut(self._ends[-1])
            raise self._failure(error) from None
        self._ends.append(self._ends[-1] + len(line))

    def take_back(self) -> None:
        """Drop the last correction.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            UserError: the file cannot be changed.

        Source: this package.
        """
        try:
            self._cut(self._ends[-2])
            self._flush()
        except OSError as error:
            raise self._failure(error) from None
        self._ends.pop()

    def __enter__(self) -> Export:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def _cut(self, length: int) -> None:
        os.ftruncate(self._file, length)
        os.lseek(self._file, length, os.SEEK_SET)

    def _flush(self) -> None:
        os.fsync(self._file)

    def _failure(self, error: Exception) -> UserError:
        reason = getattr(error, "strerror", None) or str(error)
        return UserError(f"cannot write this file: {reason}", printable(self.path))
