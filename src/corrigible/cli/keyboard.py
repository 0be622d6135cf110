"""Words from a person: arrow keys and typed words at a terminal, typed lines everywhere else.

At a terminal an arrow, Enter, the space bar, the backspace key and ? act at once; any other key
begins a word, which Enter ends.

Guarantee: the terminal's settings are those found, whatever ends the `with` block, also a signal
that asks the process to end; the end of the input is None, never an error; an interrupt is passed
on.
"""

from __future__ import annotations

import codecs
import os
import select
import signal
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from corrigible.cli.text import plain

ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left"}
KEYS = {"\r": "", "\n": "", " ": "", "\x7f": "/undo", "\b": "/undo", "?": "/help"}
MAX_LINE = 4096
_END = b"\x04"
_WAIT = 0.05


class Keyboard:
    """Words from a stream; a context.

    Args:
        stream: the standard input; None where there is none.
        echo: shows what is typed, since the terminal does not.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    def __init__(self, stream: Any, echo: Callable[[str], object] = lambda text: None) -> None:
        self._stream, self._echo = stream, echo
        self.keys: bool = _is_terminal(stream)
        self.echoed: bool = False
        self._handlers: dict[signal.Signals, Any] = {}
        self._before: Any = None

    def __enter__(self) -> Keyboard:
        if self.keys:
            import termios
            import tty

            number = self._stream.fileno()
            self._before = termios.tcgetattr(number)
            for kind in (signal.SIGTERM, signal.SIGHUP):
                self._handlers[kind] = signal.signal(kind, _leave)
            tty.setcbreak(number, termios.TCSANOW)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.keys:
            import termios

            termios.tcsetattr(self._stream.fileno(), termios.TCSANOW, self._before)
            for known, handler in self._handlers.items():
                signal.signal(known, handler)

    def word(self) -> str | None:
        """The next word.

        Returns:
            A line, or what a key stands for; "" for silence; None at the end of the input.

        Raises:
            KeyboardInterrupt: an interrupt.

        Source: ECMA-48, for what arrow keys send; no arrays, no shapes.
        """
        if self._stream is None:
            return None
        return self._key() if self.keys else self._line()

    def _line(self) -> str | None:
        source = getattr(self._stream, "buffer", self._stream)
        found = source.readline(MAX_LINE)
        if not found:
            return None
        whole = found
        while whole and whole[-1:] not in (b"\n", "\n"):
            whole = source.readline(MAX_LINE)
        text = found.decode("utf-8", "replace") if isinstance(found, bytes) else found
        return text.strip()

    def _key(self) -> str | None:
        number, self.echoed = self._stream.fileno(), False
        pressed = os.read(number, 1)
        if not pressed or pressed == _END:
            return None
        if pressed == b"\x1b":
            return _escape(number)
        key = KEYS.get(pressed.decode("ascii", "replace"))
        return self._typed(number, pressed) if key is None else key

    def _typed(self, number: int, pressed: bytes) -> str | None:
        """A word, from its first byte to Enter; one that is taken back whole is asked for help."""
        self.echoed = True
        decoder, text = codecs.getincrementaldecoder("utf-8")("replace"), ""
        while True:
            if not pressed or pressed == _END:
                return None
            if pressed in b"\r\n":
                return text.strip() or "/help"
            if pressed in b"\x7f\b" and text:
                text = text[:-1]
                self._echo("\b \b")
            elif pressed == b"\x1b":
                _escape(number)
            elif len(text) < MAX_LINE:
                more = plain(decoder.decode(pressed))
                text += more
                self._echo(more)
            pressed = os.read(number, 1)


def _escape(number: int) -> str:
    """What an escape sequence stands for: an arrow, or nothing that is known."""
    sequence = ""
    while select.select([number], [], [], _WAIT)[0] and len(sequence) < 16:
        sequence += os.read(number, 1).decode("ascii", "replace")
        if len(sequence) > 1 and sequence[-1:] >= "@":
            break
    known = sequence[:1] in ("[", "O") and len(sequence) == 2
    return ARROWS.get(sequence[1:], "/help") if known else "/help"


def _is_terminal(stream: Any) -> bool:
    try:
        import termios

        termios.tcgetattr(stream.fileno())
    except Exception:  # no termios, no file number, or no terminal: all mean typed lines
        return False
    return True


def _leave(kind: int, frame: Any) -> None:
    sys.exit(128 + kind)
