"""A level as text, with the agent in it.

Guarantee: no line is wider than asked for and no map is higher; where a map is, the part around the
agent is shown and the rest is said to be there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corrigible.cli.text import plain

if TYPE_CHECKING:
    from corrigible.worlds.level import Level

_HEIGHT = 24
_MARKERS = "@&*%A"
_SHOWN = ("pays", "disables", "restores", "opens", "way", "goal")
_LABEL = 40


def scene(level: Level, state: int, width: int) -> list[str]:
    """The map with the agent on it.

    Args:
        level: drawn as a map.
        state: where the agent is.
        width: of a line, at least 20.

    Returns:
        Lines; none for a graph. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if not level.rows:
        return []
    row, column = level.cells[state]
    mark = marker(level)
    lines = [line.replace("@", ".") if mark == "@" else line for line in level.rows]
    lines[row] = lines[row][:column] + mark + lines[row][column + 1 :]
    top, left = _from(row, len(lines), _HEIGHT), _from(column, len(lines[0]), width)
    shown = [line[left : left + width] for line in lines[top : top + _HEIGHT]]
    if len(shown) == len(lines) and len(shown[0]) == len(lines[0]):
        return shown
    parts = f"rows {top} to {top + len(shown) - 1}, columns {left} to {left + len(shown[0]) - 1}"
    return [*shown, f"({parts} of {len(lines)} x {len(lines[0])})"]


def marker(level: Level) -> str:
    """The sign that stands for the agent.

    Args:
        level: drawn as a map.

    Returns:
        @, or another sign where the level gives @ a meaning of its own. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    legend = level.settings.get("legend", {})
    used = set("".join(level.rows)) - ({"@"} - set(legend))
    return next((mark for mark in _MARKERS if mark not in used), "@")


def legend(level: Level) -> str:
    """What the signs on the map mean.

    Args:
        level: drawn as a map.

    Returns:
        One line, "" for a graph. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if not level.rows:
        return ""
    present = set("".join(level.rows))
    known = level.settings.get("legend", {}).items()
    meant = [f"{glyph} {_kind(entry)}" for glyph, entry in known if glyph in present]
    return ", ".join([f"{marker(level)} the agent", *(plain(entry) for entry in meant)])


def place(level: Level, state: int) -> str:
    """A state's name, short enough for a line.

    Args:
        level: whose state it is.
        state: its index.

    Returns:
        Text without control characters. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return short(level.world.label(state))


def short(text: object) -> str:
    """A name, short enough for a line.

    Args:
        text: any.

    Returns:
        At most 40 characters, none of them a control character. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    kept = plain(text)
    return kept if len(kept) <= _LABEL else kept[: _LABEL - 3] + "..."


def _from(at: int, whole: int, shown: int) -> int:
    return max(0, min(at - shown // 2, whole - shown))


def _kind(entry: Any) -> str:
    if isinstance(entry, str):
        return entry
    told = [f"{key} {entry[key]}" for key in _SHOWN if key in entry]
    return f"{entry.get('kind', 'plain')}{' (' + ', '.join(told) + ')' if told else ''}"
