"""Text that comes from files, flags and folders, made harmless for a terminal.

Guarantee: what is printed holds no control character, no escape sequence and no character that
reorders the line.
"""

from __future__ import annotations

import re
import sys

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]?"  # colours and cursor movements
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # titles, links and device strings
    r"|\x1b."
    r"|\x9b[0-?]*[ -/]*[@-~]?",
    re.DOTALL,
)
_LAYOUT = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def plain(text: object) -> str:
    """Text that cannot steer a terminal: escapes and control characters removed, on one line.

    Args:
        text: anything.

    Returns:
        One line of printable characters.

    Raises:
        Nothing.

    Source: ECMA-48, for what an escape sequence is; no arrays, no shapes.
    """
    kept = _LAYOUT.sub("", _ESCAPES.sub("", str(text)))
    spaced = "".join(" " if c in "\t\n\r\x0b\x0c\x85\u2028\u2029" else c for c in kept)
    return "".join(c for c in spaced if c >= " " and not "\x7f" <= c <= "\x9f")


def complain(message: object) -> None:
    """One line on stderr.

    Args:
        message: what is wrong.

    Returns:
        Nothing.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """
    print(plain(message), file=sys.stderr)
