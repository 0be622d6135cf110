"""A file to go on from.

Guarantee: the file is at every moment either what one round ended with or what another did, never
half of either (it is written beside and renamed), and what is read back is bit for bit what was
written. It holds arrays only and is read without pickle.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from corrigible.errors import UserError

_SHARE = 20.0


@dataclass
class Checkpoint:
    """Where a run saves what it goes on from.

    Args:
        path: the file, made when the first round ends.
        asked: a digest of everything that decides the outcome.
        kind: the dataclass of arrays and numbers that is saved.
        what: what it is a checkpoint of, for messages.
        differs: what another call may differ in, for messages.

    Source: this package.
    """

    path: Path
    asked: str
    kind: type[Any]
    what: str
    differs: str
    _due: float = field(default=0.0, init=False)

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
                values = {name: saved[name] for name in names if asked == self.asked}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            raise UserError(f"this is no checkpoint of {self.what}", self.path) from None
        if asked != self.asked:
            raise UserError(
                f"this checkpoint is of another call (another {self.differs}); "
                "name another file, or delete it",
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

    def save_when_due(self, state: Callable[[], Any]) -> None:
        """Replace the file, unless saving would take more than a twentieth of the time.

        Args:
            state: makes an instance of `kind`; called only where it is saved.

        Returns:
            Nothing.

        Raises:
            UserError: the file cannot be written.

        Source: this package.
        """
        began = time.monotonic()
        if began >= self._due:
            self.save(state())
            now = time.monotonic()
            self._due = now + _SHARE * (now - began)


def digest(arrays: Iterable[Any], words: Iterable[str]) -> str:
    """What tells one call from another.

    Args:
        arrays: of any shapes.
        words: anything else that decides the outcome.

    Returns:
        64 hexadecimal digits.

    Raises:
        Nothing.

    Source: this package.
    """
    found = hashlib.sha256("\n".join(words).encode())
    for array in arrays:
        values = np.asarray(array)
        found.update(f"{values.dtype}{values.shape}".encode())
        found.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return found.hexdigest()
