"""The lock and the constraints: one public index, and both say the same versions."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

INDEX = "https://pypi.org/simple"
FILE_HOST = "https://files.pythonhosted.org/"


@pytest.fixture(scope="module")
def lock(root: Path) -> dict:
    return tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))


def test_lock_names_only_the_default_index_and_its_file_host(root: Path, lock: dict) -> None:
    for package in lock["package"]:
        source = package["source"]
        assert source in ({"registry": INDEX}, {"editable": "."}), package["name"]
        for file in [*package.get("wheels", []), *filter(None, [package.get("sdist")])]:
            assert file["url"].startswith(FILE_HOST), file["url"]
    urls = re.findall(r"[a-z+]+://[^\s\"']+", (root / "uv.lock").read_text(encoding="utf-8"))
    assert {url for url in urls if url != INDEX and not url.startswith(FILE_HOST)} == set()


def test_one_version_of_each_package(lock: dict) -> None:
    names = [package["name"] for package in lock["package"]]
    assert len(names) == len(set(names))


def test_constraints_are_what_the_lock_says(root: Path, lock: dict) -> None:
    """`./run lock` writes them."""
    locked = {
        package["name"]: package["version"]
        for package in lock["package"]
        if package["source"] != {"editable": "."}
    }
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split(";")[0].strip().split("==") for line in lines)
    assert pinned == locked


def test_uv_would_export_the_same_constraints(root: Path) -> None:
    version = re.search(r"^uv_version=(\S+)$", (root / "run").read_text(), re.MULTILINE)
    assert version is not None
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert pyproject["tool"]["uv"]["required-version"] == f"=={version[1]}"
    uv = root / ".uv" / version[1] / "bin" / "uv"
    if not uv.exists():  # set up by pip alone: the test above has compared the versions
        return
    words = "--frozen --all-extras --all-groups --no-hashes --no-annotate --no-header"
    command = [str(uv), "export", "-q", *words.split(), "--no-emit-project"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert result.stdout == (root / "constraints.txt").read_text(encoding="utf-8")


def test_every_locked_package_installs_from_wheels(root: Path, lock: dict) -> None:
    """But for the peers that benchmarks measure, which nothing else installs."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    peers = {line.split(">=")[0] for line in pyproject["dependency-groups"]["peers"]}
    for package in lock["package"]:
        if package["source"] != {"editable": "."} and package["name"] not in peers:
            assert package.get("wheels"), package["name"]
