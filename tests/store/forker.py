"""The commands themselves, to be killed: `forker.py FOLDER COUNT`.

Starting Python and importing everything takes longer than a run, so that is done once; every
process that is killed is a copy of this one, and does what `corrigible run`, `corrigible runs
list`, again and again, does. What each said on stderr before its end is printed as one JSON line
with the signal, and its exit status where it had one.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import signal
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from corrigible.cli import main

LONGEST = 0.25
LOST = re.compile(r"Exception ignored in.*?\nKeyboardInterrupt: ?\n", re.DOTALL)


def work(seed: int, folder: str) -> int:
    """Commands without end, or until one does not end well."""
    words = ["--steps", "3", "--agent", "map", "--no-report", "--store", folder]
    while True:
        for line in (
            ["run", "twins", *words, "--seed", str(seed)],
            ["runs", "list", "--store", folder],
            ["run", "twins", *words, "--json", "--seed", str(seed)],
        ):
            status = main(line)
            if status:
                return status


def child(seed: int, folder: str, ends: tuple[int, int]) -> None:
    """Never returns."""
    status = 1
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        os.close(ends[0])
        os.dup2(ends[1], 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = work(seed, folder)
    except KeyboardInterrupt:
        status = 130
    finally:
        os._exit(status)


def until_it_ends(pid: int, sent: signal.Signals) -> int:
    """Send a signal, once a second: Python loses an interrupt that comes in a callback."""
    waited = 0
    while True:
        if waited % 100 == 0:
            os.kill(pid, sent)
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(0.01)
        waited += 1


def attempt(draw: random.Random, seed: int, folder: str) -> None:
    """One process, one signal."""
    sent = draw.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
    ends = os.pipe()
    # Until the child is ready to be interrupted.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    pid = os.fork()
    if not pid:
        child(seed, folder, ends)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    os.close(ends[1])
    with open(ends[0], encoding="utf-8") as stream:
        # By what it has done, so that a busy machine does not end it before it began.
        said = "".join(stream.readline() for _ in range(draw.choice([0, 1, 2])))
        time.sleep(draw.uniform(0, LONGEST))
        status = until_it_ends(pid, sent)
        said = LOST.sub("", said + stream.read())
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
    print(json.dumps({"signal": sent.name, "status": code, "said": said}), flush=True)


def serve(folder: str, count: str) -> int:
    """Import everything, then fork and kill COUNT times."""
    # No thread of another library holds a lock here; jax warns of any fork.
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for line in (["run", "twins", "--agent", "map", "--no-report"], ["runs", "list"]):
            assert main([*line, "--store", f"{folder}-warm"]) == 0
    draw = random.Random(0)
    for seed in range(int(count)):
        attempt(draw, seed, folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(serve(*sys.argv[1:]))
