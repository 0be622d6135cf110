"""An interrupt gets through, also where Python would forget it."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time

import pytest

from corrigible.cli.interrupt import heard


def test_it_gets_through_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), heard():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)


def test_it_gets_through_a_callback_that_forgets_it(capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[str] = []

    def callback(phase: str, info: dict[str, int]) -> None:
        if not calls:
            calls.append(phase)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    gc.callbacks.append(callback)
    try:
        with pytest.raises(KeyboardInterrupt), heard():
            gc.collect()
            time.sleep(5)
    finally:
        gc.callbacks.remove(callback)
    assert calls
    assert capsys.readouterr().err == ""


def test_what_was_there_comes_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM), sys.unraisablehook
    with heard():
        assert signal.getsignal(signal.SIGINT) != before[0]
    after = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM), sys.unraisablehook
    assert after == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_another_thread_is_left_alone() -> None:
    done: list[bool] = []

    def work() -> None:
        with heard():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
