"""What a person may type at an arrival, read.

    (nothing)          silence
    left               an action: it would have been best where the agent stands
    left at 1,2        the same, about another state: a cell, a name or an index
    go 5               silence on five arrivals
    undo  quit  help   commands; with a slash before them where an action has that name

Actions may be shortened as long as one only is meant, or given as their index.

Guarantee: every text is read as one of these or answered by one line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from corrigible.cli.scenery import short
from corrigible.errors import UserError

if TYPE_CHECKING:
    from corrigible.worlds.level import Level

_COMMANDS = {"undo": "undo", "u": "undo", "quit": "quit", "q": "quit", "help": "help", "?": "help"}
MAX_GO = 10**6


@dataclass(frozen=True)
class Word:
    """What was typed.

    Args:
        kind: say, go, undo, quit or help.
        state: what a correction is about; None for the state that the agent is to be told about.
        action: of a correction.
        count: of arrivals to be silent on.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    kind: Literal["say", "go", "undo", "quit", "help"]
    state: int | None = None
    action: int = -1
    count: int = 1


def read(text: str, level: Level) -> Word:
    """What a text means in a level.

    Args:
        text: as typed.
        level: whose states and actions may be named.

    Returns:
        The word. No arrays, no shapes.

    Raises:
        UserError: it means nothing, or more than one thing.

    Source: this package.
    """
    text = " ".join(text.split())
    if not text:
        return Word("go")
    bare = text.removeprefix("/").lower()
    if bare in _COMMANDS and (text.startswith("/") or text not in level.action_names):
        kind = _COMMANDS[bare]
        return Word("undo" if kind == "undo" else "quit" if kind == "quit" else "help")
    head, _, tail = bare.partition(" ")
    if head == "go" and tail.isascii() and tail.isdigit() and len(tail) < 8:
        return Word("go", count=max(1, min(int(tail), MAX_GO)))
    action = _action(text, level, exact=True)
    if action is not None:
        return Word("say", None, action)
    what, found, where = text.partition(" at ")
    action = _action(what, level)
    if action is None:
        names = ", ".join(short(name) for name in level.action_names[:12])
        raise UserError(f"'{short(text)}' is no word here; actions: {names}; ? for help")
    return Word("say", _state(where, level) if found else None, action)


def _action(text: str, level: Level, exact: bool = False) -> int | None:
    names = [" ".join(name.split()) for name in level.action_names]
    if text in names:
        return names.index(text)
    if exact:
        return None
    if text.isascii() and text.isdigit() and len(text) < 8 and int(text) < len(names):
        return int(text)
    meant = [index for index, name in enumerate(names) if name.lower().startswith(text.lower())]
    if len(meant) > 1:
        both = ", ".join(short(names[index]) for index in meant[:4])
        raise UserError(f"'{short(text)}' may be any of {both}; type more of it")
    return meant[0] if meant else None


def _state(text: str, level: Level) -> int:
    labels = [" ".join(level.world.label(s).split()) for s in range(level.world.n_states)]
    compact = text.strip("[]() ").replace(" ", "")
    for wanted in (text, compact):
        if wanted in labels:
            return labels.index(wanted)
    if text.isascii() and text.isdigit() and len(text) < 8 and int(text) < len(labels):
        return int(text)
    example = short(labels[0])
    raise UserError(f"there is no place '{short(text)}' here; a place is written like {example}")
