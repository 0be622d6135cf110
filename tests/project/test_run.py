"""The script that sets up and runs, as far as it can be tried without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def bare(root: Path, tmp_path: Path) -> Path:
    """A folder with a space in its name that holds the script, and no environment."""
    place = tmp_path / "a checkout"
    place.mkdir()
    for name in ("run", "pyproject.toml", "uv.lock", "constraints.txt"):
        shutil.copy(root / name, place / name)
    return place


def _tool(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def _run(place: Path, *words: str, path: Path | None = None, cwd: Path | None = None, **env: str):
    search = os.environ["PATH"] if path is None else f"{path}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(place / "run"), *words],
        cwd=cwd or place,
        env={**os.environ, "PATH": search, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def _ready(place: Path) -> None:
    """As the script leaves a folder that is set up, with this Python for its environment."""
    (place / ".venv" / "bin").mkdir(parents=True)
    (place / ".venv" / "bin" / "python").symlink_to(sys.executable)
    files = [str(place / "pyproject.toml"), str(place / "uv.lock")]
    joined = subprocess.run(["cat", *files], capture_output=True, check=True).stdout
    total = subprocess.run(["cksum"], input=joined, capture_output=True, check=True).stdout
    (place / ".venv" / ".corrigible-all").write_text(f"{place} {total.decode().strip()}")


@pytest.mark.parametrize("words", [[], ["--help"], ["help"]])
def test_usage_needs_no_set_up(bare: Path, words: list[str]) -> None:
    result = _run(bare, *words)
    assert result.returncode == 0
    assert "usage: ./run" in result.stdout
    assert not (bare / ".venv").exists()


@pytest.mark.parametrize(
    ("system", "machine", "word"),
    [("Darwin", "x86_64", "Intel"), ("Linux", "riscv64", "riscv64"), ("FreeBSD", "amd64", "WSL")],
)
def test_platforms_without_wheels_are_told_first(
    bare: Path, system: str, machine: str, word: str
) -> None:
    tools = bare / "tools"
    _tool(tools, "uname", f"case $1 in -s) echo {system};; *) echo {machine};; esac")
    result = _run(bare, "demo", path=tools)
    assert result.returncode == 1
    assert word in result.stderr and len(result.stderr.splitlines()) == 1
    assert not (bare / ".uv").exists()


def test_musl_is_told_first(bare: Path) -> None:
    if not list(Path("/lib").glob("ld-musl-*")):
        loader = f'for loader in "{bare}"/ld-musl-*'
        script = (bare / "run").read_text().replace("for loader in /lib/ld-musl-*", loader)
        (bare / "run").write_text(script)
        (bare / "ld-musl-x86_64.so.1").touch()
    tools = bare / "tools"
    _tool(tools, "uname", "case $1 in -s) echo Linux;; *) echo x86_64;; esac")
    _tool(tools, "getconf", "exit 1")
    result = _run(bare, "demo", path=tools)
    assert result.returncode == 1
    assert "Alpine" in result.stderr and len(result.stderr.splitlines()) == 1
    assert not (bare / ".uv").exists()


def test_a_python_without_pip_is_told_what_to_install(bare: Path) -> None:
    tools = bare / "tools"
    for name in ("dirname", "uname", "getconf", "cat", "cksum", "mkdir", "rm"):
        found = shutil.which(name)
        assert found is not None
        tools.mkdir(exist_ok=True)
        (tools / name).symlink_to(found)
    _tool(tools, "python3", "exit 1")
    script = (bare / "run").read_text().replace("/usr/bin/python3", "no-python3")
    (bare / "run").write_text(script)
    result = _run(bare, "demo", PATH=str(tools))
    assert result.returncode == 1
    assert "python3-pip" in result.stderr


def test_second_run_keeps_the_folder_and_the_words(bare: Path, tmp_path: Path) -> None:
    _ready(bare)
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    code = "import os, sys; print(os.getcwd()); print(sys.argv[1:])"
    result = _run(bare, "python", "-c", code, "a b", "", "*", cwd=elsewhere)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [str(elsewhere), "['a b', '', '*']"]
    assert result.stderr == ""


def test_exit_status_and_environment_are_passed_on(bare: Path) -> None:
    _ready(bare)
    code = "import os, sys; sys.exit(7 if 'PYTHONDONTWRITEBYTECODE' not in os.environ else 8)"
    result = _run(bare, "python", "-c", code, PYTHONDONTWRITEBYTECODE="1", PYTHONPATH="/nowhere")
    assert result.returncode == 7, result.stderr


def test_changed_lock_means_set_up_again(bare: Path) -> None:
    _ready(bare)
    with (bare / "uv.lock").open("a") as lock:
        lock.write("\n")
    tools = bare / "tools"
    _tool(tools, "uname", "echo FreeBSD")
    assert _run(bare, "python", "-c", "", path=tools).returncode == 1


def test_ci_uses_the_readme_command(root: Path) -> None:
    assert "./run test" in (root / "README.md").read_text()
    assert "./run test" in (root / ".ci" / "run").read_text()
    for name in ("run", ".ci/run"):
        assert os.access(root / name, os.X_OK), name
        subprocess.run(["sh", "-n", str(root / name)], check=True)
