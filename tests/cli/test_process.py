"""The installed command, from outside: speed, status, streams and signals."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).parent / "corrigible")
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
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        result = run("--help")
        taken.append(time.perf_counter() - began)
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
    code = (
        "import sys, corrigible.cli.health as health; from corrigible.cli import main;"
        "health.examine = lambda: 1 / 0; sys.exit(main(['doctor']))"
    )
    result = run("-c", code, program=(sys.executable,))
    assert result.returncode == 1
    assert result.stdout == ""
    assert "Traceback" in result.stderr
    assert "ZeroDivisionError" in result.stderr


def test_interrupt() -> None:
    code = (
        "import sys, time, corrigible.cli.health as health; from corrigible.cli import main\n"
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


def test_nobody_reads_on() -> None:
    process = subprocess.Popen(
        [COMMAND, "doctor", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)
    assert "Traceback" not in err
    assert "Exception ignored" not in err


def test_any_encoding_will_do(small: Path, corrections: Path) -> None:
    text = small.read_text(encoding="utf-8").replace('"small"', '"\u6f22\u5b57"')
    small.write_text(text, encoding="utf-8")
    result = run("infer", small, corrections, PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "\\u6f22" in result.stdout


def test_compiled_code_is_kept_where_the_user_says(tmp_path: Path) -> None:
    code = (
        "import os; from corrigible.cli import main; main(['demo', '--budget', '0']);"
        "main(['certify', 'no-such-level']); print(os.environ['JAX_COMPILATION_CACHE_DIR'])"
    )
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    unset = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**unset, **environment},
        timeout=120,
    )
    expected = {
        "darwin": Path("~/Library/Caches/corrigible/jax").expanduser(),
        "linux": tmp_path / "cache" / "corrigible" / "jax",
    }
    assert result.stdout.strip() == str(expected.get(sys.platform, result.stdout.strip()))
    mine = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**unset, "JAX_COMPILATION_CACHE_DIR": "elsewhere"},
        timeout=120,
    )
    assert mine.stdout.strip() == "elsewhere"
