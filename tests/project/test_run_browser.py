"""Which browser the script tests pages in, and what it says where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

# What the script itself calls; nothing else is on the path, so no browser is.
_NEEDED = ("sh", "dirname", "uname", "getconf", "cat", "cksum", "mkdir", "rm", "id", "kill", "ps")
# Stands in for the environment's Python: only playwright's own browser may be asked for.
_PYTHON = """\
case "$1 $2 $3" in
"- "*) exit "${PLAYWRIGHT_HAS_NONE:-1}" ;;
"-m playwright install") echo "installs $4"; exit "${INSTALLS:-0}" ;;
"-m pytest -c") echo "tests in ${CHROMIUM:-its own}" ;;
esac
"""


def _tool(folder: Path, name: str, text: str) -> None:
    # A link would be followed, and the machine's own program overwritten.
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.fixture
def place(root: Path, tmp_path: Path) -> Path:
    """A checkout that is set up, but for a browser."""
    for name in ("run", "pyproject.toml", "uv.lock"):
        shutil.copy(root / name, tmp_path / name)
    script = (tmp_path / "run").read_text(encoding="utf-8")
    (tmp_path / "run").write_text(
        script.replace("/Applications/", "/nowhere/").replace("/etc/os-release", "./os-release"),
        encoding="utf-8",
    )
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    _tool(tmp_path / ".venv" / "bin", "python", _PYTHON)
    files = [str(tmp_path / "pyproject.toml"), str(tmp_path / "uv.lock")]
    joined = subprocess.run(["cat", *files], capture_output=True, check=True).stdout
    total = subprocess.run(["cksum"], input=joined, capture_output=True, check=True).stdout
    (tmp_path / ".venv" / ".corrigible-all").write_text(f"{tmp_path} {total.decode().strip()}")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in _NEEDED:
        found = shutil.which(name)
        if found is not None:
            (tools / name).symlink_to(found)
    _tool(tools, "id", "echo 1000")
    return tmp_path


def _test(place: Path, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k != "CHROMIUM"}
    return subprocess.run(
        [str(place / "run"), "test", "-q"],
        cwd=place,
        env={**kept, "PATH": str(place / "tools"), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def _debian(place: Path, installs: str) -> None:
    (place / "os-release").write_text("NAME='x'\nID=debian\n")
    _tool(place / "tools", "id", "echo 0")
    _tool(place / "tools", "apt-get", f"echo apt-get $*; {installs}")


def test_one_that_is_named(place: Path) -> None:
    result = _test(place, CHROMIUM=str(place / "tools" / "id"))
    assert result.stdout == f"tests in {place}/tools/id\n"
    result = _test(place, CHROMIUM="/no/such")
    assert result.returncode == 1 and "/no/such" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_one_that_is_installed(place: Path, name: str) -> None:
    _tool(place / "tools", name, "")
    assert _test(place).stdout == f"tests in {place}/tools/{name}\n"


def test_the_one_that_playwright_has(place: Path) -> None:
    result = _test(place, PLAYWRIGHT_HAS_NONE="0")
    assert result.stdout == "tests in its own\n" and result.stderr == ""


def test_debians_where_one_may_install_it(place: Path) -> None:
    tools = place / "tools"
    # Its last call is the installation.
    _debian(
        place,
        f"printf '#!/bin/sh\\n' >'{tools}/chromium'; {shutil.which('chmod')} +x '{tools}/chromium'",
    )
    result = _test(place)
    assert result.stdout == f"tests in {tools}/chromium\n"
    assert "apt-get install" in result.stderr and "playwright" not in result.stdout


def test_else_playwrights(place: Path) -> None:
    result = _test(place)
    assert "installs chromium" in result.stderr and result.stdout == "tests in its own\n"
    _debian(place, "exit 1")
    result = _test(place)
    assert "apt-get update" in result.stderr and "installs chromium" in result.stderr
    assert result.returncode == 0


def test_else_the_command_to_type(place: Path) -> None:
    result = _test(place, INSTALLS="1")
    assert result.returncode == 1 and "tests in" not in result.stdout
    assert "sudo apt install chromium" in result.stderr.splitlines()[-1]
