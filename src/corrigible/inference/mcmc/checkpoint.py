"""A file to go on from.

Guarantee: the file is at every moment either what one round ended with or what another did, never
half of either (it is written beside and renamed), and what is read back is bit for bit what was
written. It holds arrays only and is read without pickle.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from corrigible.errors import UserError


@dataclass(frozen=True)
class Checkpoint:
    """Where a run saves what it goes on from.

    Args:
        path: the file, made when the first round ends.
        asked: a digest of everything that decides the draws.
        kind: the dataclass of arrays and numbers that is saved.

    Source: this package.
    """

    path: Path
    asked: str
    kind: type[Any]

    def load(self) -> Any:
        """What was saved last.

        Returns:
            An instance of `kind`, or None where there is no file. Shapes are as they were saved.

        Raises:
            UserError: the file is no checkpoint, or of another call.

        Source: this package.
        """
        if not self.path.exists():
            return None
        names = [field.name for field in fields(self.kind)]
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
                asked = str(saved["asked"])
                values = {name: saved[name] for name in names}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            raise UserError("this is no checkpoint of a posterior", self.path) from None
        if asked != self.asked:
            raise UserError(
                "this checkpoint is of another call (another problem, corrections, key, samples "
                "or method); name another file, or delete it",
                self.path,
            )
        return self.kind(**{n: v if v.ndim else v.item() for n, v in values.items()})

    def save(self, state: Any) -> None:
        """Replace the file.

        Args:
            state: an instance of `kind`. Arrays of any shape.

        Returns:
            Nothing.

        Raises:
            UserError: the file cannot be written.

        Source: this package.
        """
        values = {field.name: getattr(state, field.name) for field in fields(state)}
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            try:
                with os.fdopen(handle, "wb") as file:
                    np.savez(file, asked=self.asked, **values)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, self.path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise UserError(f"cannot be written: {error.strerror}", self.path) from None
