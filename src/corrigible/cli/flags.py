"""What the commands take: the flags that they share, and flags that replace one key of a level.

Any flag with a dot in its name, `--overseer.rate .1`, replaces that key of the level for this run.
Levels are open-ended, so these flags are taken out of the words before the argument parser, which
knows every other flag, sees them.

Guarantee: a word is read as an override only if it begins with two dashes and has a dot before any
equals sign; everything else reaches the parser unchanged.
"""

from __future__ import annotations

import abc
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from corrigible.errors import UserError

if TYPE_CHECKING:
    from corrigible.cli.reply import Reply

LevelName = Annotated[
    str,
    tyro.conf.Positional,
    tyro.conf.arg(
        metavar="LEVEL",
        help="A level file, or the name of a shipped level. A flag with a dot replaces one of its "
        "keys, as in --overseer.rate .1",
    ),
]

_SEEDS = 2**63
_PART = r"""(?:"[^"]*"|[^\s."=]+)"""
_OVERRIDE = re.compile(rf"--({_PART}(?:\.{_PART})+)(?:=(.*))?", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Common(abc.ABC):
    """A command, parsed; these are the flags of every one.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    seed: int = 0
    """What every draw of this run is derived from; the same seed gives the same run."""
    json: bool = False
    """Print exactly one JSON object on stdout."""

    def check(self) -> None:
        """Refuse flags that parse and make no sense.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            UserError: such a flag.

        Source: this package.
        """
        if not -_SEEDS <= self.seed < _SEEDS:
            raise UserError(f"--seed is {self.seed}; it must fit into 64 bits, with its sign")

    @abc.abstractmethod
    def reply(self, overrides: Mapping[str, str]) -> Reply:
        """Do what the command is for.

        Args:
            overrides: key of the level -> what replaces it.

        Returns:
            What to print. No arrays, no shapes.

        Raises:
            UserError: input that cannot be used.

        Source: this package.
        """


@dataclass(frozen=True, kw_only=True)
class Planning(Common):
    """The flags of every command that plans.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    tol: Annotated[float | None, tyro.conf.arg(metavar="FLOAT")] = None
    """How far apart the ends of a bracket may stay; by default 1e-6 of the values' scale."""
    budget: float = 10.0
    """Seconds for planning."""

    def check(self) -> None:
        """Refuse a tolerance or a budget that is not positive.

        Returns:
            Nothing. No arrays, no shapes.

        Raises:
            UserError: such a flag.

        Source: this package.
        """
        super().check()
        if self.tol is not None:
            positive("--tol", self.tol)
        positive("--budget", self.budget)


@dataclass(frozen=True, kw_only=True)
class Stored(Common):
    """The flag of every command whose answers the ledger keeps, or that reads them there.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    store: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """The ledger's folder; else $CORRIGIBLE_STORE, else ./.corrigible."""


def positive(flag: str, value: float | int) -> None:
    """Refuse a number that is not positive and finite.

    Args:
        flag: its name, for the message.
        value: what was given.

    Returns:
        Nothing.

    Raises:
        UserError: the number cannot be used.

    Source: this package; no arrays, no shapes.
    """
    if not (math.isfinite(value) and value > 0):
        raise UserError(f"{flag} is {value}; a positive number is needed")


def split_overrides(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Separate the flags that replace a level's key from all other words.

    Args:
        words: the command line.

    Returns:
        (the other words, key -> value), the keys with their dots, the values as written.

    Raises:
        UserError: a flag without a value, or given twice.

    Source: this package; no arrays, no shapes.
    """
    rest: list[str] = []
    found: dict[str, str] = {}
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "--":
            rest += [word, *queue]
            break
        match = _OVERRIDE.fullmatch(word)
        if match is None:
            rest.append(word)
            continue
        key, text = match[1], match[2]
        if text is None:
            if not queue:
                raise UserError(f"--{key} needs a value, as in --{key} 0.1")
            text = queue.pop(0)
        if key in found:
            raise UserError(f"--{key} is given twice; keep one")
        found[key] = text
    return rest, found


def no_overrides(overrides: Mapping[str, str], command: str) -> None:
    """Refuse flags that replace a level's key where there is no level.

    Args:
        overrides: from `split_overrides`.
        command: its name, for the message.

    Returns:
        Nothing.

    Raises:
        UserError: there are some.

    Source: this package; no arrays, no shapes.
    """
    if overrides:
        raise UserError(
            f"--{next(iter(overrides))} changes a level's key; {command} takes no level"
        )
