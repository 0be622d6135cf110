"""The installed command, from outside: speed, status, streams and signals."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

COMMAND = str(Path(sys.executable).parent / "corrigible")
STUB = "import os, sys, time, corrigible.cli.health as health; from corrigible.cli import main\n"
HEAVY = ("jax", "jaxlib", "numpy", "scipy", "matplotlib")


def run(
    *words: object, program: tuple[str, ...] = (COMMAND,), **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program, *(str(word) for word in words)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
    )


def test_help_is_quick() -> None:
    """The median of five, in seconds of computing, so that a busy machine tells the same."""
    taken = []
    for _ in range(5):
        before = os.times()
        result = run("--help")
        after = os.times()
        taken.append(sum(after[2:4]) - sum(before[2:4]))
        assert result.returncode == 0
        assert "certify" in result.stdout
    assert statistics.median(taken) <= 0.8


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from corrigible.cli import main; status = main(sys.argv[1:]);"
        "sys.stderr.write(' '.join(sys.modules)); sys.exit(status)"
    )
    result = run("-c", code, *words, program=(sys.executable,))
    assert result.returncode == 0
    loaded = {name.split(".")[0] for name in result.stderr.split()}
    assert not loaded.intersection(HEAVY)


def test_module_and_command_are_the_same() -> None:
    for words in (["--version"], ["--help"]):
        module = run("-m", "corrigible", *words, program=(sys.executable,))
        assert module.returncode == 0
        assert module.stdout == run(*words).stdout


def test_user_error(tmp_path: Path) -> None:
    result = run("certify", tmp_path / "missing.toml", "--json")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "missing.toml" in result.stderr


def test_internal_error() -> None:
    code = STUB + "health.examine = lambda: 1 / 0\nsys.exit(main(['doctor']))"
    result = run("-c", code, program=(sys.executable,))
    assert result.returncode == 1
    assert result.stdout == ""
    assert "Traceback" in result.stderr
    assert "ZeroDivisionError" in result.stderr


def test_interrupt() -> None:
    code = STUB + (
        "def wait():\n    print('ready', file=sys.stderr, flush=True)\n    time.sleep(60)\n"
        "health.examine = wait\nsys.exit(main(['doctor']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err == "interrupted\n"


def test_interrupted_planning_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "plan.npz"
    words = ["certify", "twins", "--overseer.rationality", "1", "--checkpoint", str(file)]
    process = subprocess.Popen(
        [COMMAND, *words, "--tol", "1e-9", "--budget", "60"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60.0
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and out == ""
    assert err == f"interrupted; the same command goes on from {file}\n"
    held = np.load(file, allow_pickle=False)
    before = len(held["nodes"])
    again = run(*words, "--budget", "0.5", "--json")
    assert again.returncode == 0 and json.loads(again.stdout)["verdict"] in ("keeps", "undecided")
    assert len(np.load(file, allow_pickle=False)["nodes"]) >= before
    other = run(*words[:3], "2", *words[4:])
    assert other.returncode == 2 and other.stderr.count("\n") == 1
    assert "of another call (another problem)" in other.stderr


@pytest.mark.parametrize("words", [["doctor", "--json"], ["doctor"], ["--help"], ["--version"]])
def test_nobody_reads_on(words: list[str]) -> None:
    fields = {"ok": True, "platform": {}, "versions": {}, "extras": [], "checks": []}
    code = STUB + f"health.examine = lambda: {fields}\nsys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1
    assert err == ""


def test_any_encoding_will_do() -> None:
    code = STUB + (
        "health.examine = lambda: {'ok': True, 'platform': {'system': '\u6f22\u5b57'},"
        "'versions': {}, 'extras': [], 'checks': []}\nsys.exit(main(['doctor']))"
    )
    result = run("-c", code, program=(sys.executable,), PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "\\u6f22" in result.stdout


@pytest.mark.parametrize("given", [None, "elsewhere"])
def test_compiled_code_is_kept_where_the_user_says(given: str | None, tmp_path: Path) -> None:
    code = STUB + (
        "health.examine = lambda: print(os.environ['JAX_COMPILATION_CACHE_DIR'])\nmain(['doctor'])"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    environment["XDG_CACHE_HOME"] = environment["LOCALAPPDATA"] = str(tmp_path)
    if given is not None:
        environment["JAX_COMPILATION_CACHE_DIR"] = given
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120
    )
    folder = Path("~/Library/Caches").expanduser() if sys.platform == "darwin" else tmp_path
    assert result.stdout.strip() == (given or str(folder / "corrigible" / "jax"))
    assert not list(tmp_path.iterdir())
