"""An interrupt that ends the work, wherever it arrives.

Python raises KeyboardInterrupt between two bytecodes of whatever runs. Where that is a callback of
the garbage collector or a destructor (JAX has one of the former) it is printed and forgotten, and
the work goes on. Here it is raised again until it gets through.

Guarantee: after an interrupt inside `heard`, KeyboardInterrupt leaves it, and nothing is printed.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_AGAIN = 0.2


@contextmanager
def heard() -> Iterator[None]:
    """Make sure that an interrupt gets through.

    Returns:
        A context; outside the main thread, and where there are no timers, it does nothing.

    Raises:
        KeyboardInterrupt: there was one.

    Source: this package; no arrays, no shapes.
    """
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")):
        yield
        return
    noted: list[bool] = []
    usual = sys.unraisablehook

    def forgotten(lost: Any) -> None:
        if lost.exc_type is not KeyboardInterrupt:
            usual(lost)

    def interrupted(number: int, frame: Any) -> None:
        noted.append(True)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupted)
    alarm = signal.signal(signal.SIGALRM, interrupted)
    sys.unraisablehook = forgotten
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, alarm)
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = usual
    if noted:
        raise KeyboardInterrupt
