"""Wrong on purpose: does the suite notice?

Each mutant in mutants*.toml is one wrong line, put into a temporary copy of the sources (never into
the checkout), where the tests named beside it run at their reduced size. A mutant is killed where a
test fails or does not end; one that outlives its tests meets every test that says something about
numbers. A mutant whose tests fail on the copy as it is is called broken, so a kill is its doing.

    ./run python benchmarks/mutants.py [--resume] [--only NAME]...

Results are kept in benchmarks/out/mutants.json as they come; `--resume` trusts the kills of
the same sources and tests. Exits 1 where a mutant survives or is broken, or does not apply.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "out" / "mutants.json"
COPIED = ("src", "tests", "benchmarks", "pyproject.toml")
# What a mutant meets that outlived its own tests.
EVERY = (
    "tests/facts",
    "tests/differential",
    "tests/planners",
    "tests/agents",
    "tests/inference",
    "tests/testing",
    "tests/worlds",
    "tests/priors/test_finite.py",
    "tests/test_simulate.py",
)
FAILED = 1
SECONDS = 900.0


@dataclass(frozen=True)
class Mutant:
    """One wrong line.

    Args:
        name: what is wrong.
        file: where, under src/corrigible.
        old: the text, which occurs there exactly once.
        new: what takes its place.
        tests: what must notice.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """The file's text with the mutation; ValueError where `old` is not there exactly once."""
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"{self.name}: its text occurs {count} times in {self.file}")
        return text.replace(self.old, self.new)


def load(folder: Path = ROOT / "benchmarks") -> list[Mutant]:
    """Every mutant, in the files' order."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("mutants*.toml"))]
    entries = [entry for text in texts for entry in tomllib.loads(text)["mutant"]]
    return [Mutant(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]


class Copy:
    """A copy of the sources and tests, to be spoiled.

    Args:
        root: an empty folder to make it in.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._passed: set[str] = set()
        ignored = shutil.ignore_patterns("__pycache__", "out")
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=ignored)
            else:
                shutil.copy2(source, root / name)

    def digest(self) -> str:
        """A name for these sources and tests."""
        found = hashlib.sha256()
        for folder in ("src", "tests"):
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in (".py", ".toml"):
                    found.update(str(path.relative_to(self.root)).encode())
                    found.update(path.read_bytes())
        return found.hexdigest()[:16]

    def write(self, file: str, text: str) -> None:
        """Put a text into a module, and forget what was compiled from the last one."""
        path = self.root / "src" / "corrigible" / file
        path.write_text(text, encoding="utf-8")
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()

    def read(self, file: str) -> str:
        """A module's text."""
        return (self.root / "src" / "corrigible" / file).read_text(encoding="utf-8")

    def run(self, tests: tuple[str, ...], seconds: float = SECONDS) -> tuple[int | None, str]:
        """pytest's exit status (None where it did not end) and its last words."""
        env = {**os.environ, "PYTHONPATH": str(self.root / "src"), "OMP_NUM_THREADS": "1"}
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "--no-header",
            "-p",
            "no:cacheprovider",
        ]
        try:
            done = subprocess.run(
                [*command, "--rootdir", str(self.root), *tests],
                cwd=self.root,
                env=env,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None, f"no end after {seconds:.0f} s"
        lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        said = lines[0] if lines else (done.stdout + done.stderr).strip()[-300:]
        return done.returncode, said

    def fault(self, tests: tuple[str, ...]) -> str | None:
        """What fails among these tests without any mutant; None where nothing does."""
        fresh = tuple(test for test in tests if test not in self._passed)
        code, said = self.run(fresh, 4 * SECONDS) if fresh else (0, "")
        if code != 0:
            return f"without any mutant: {said}"
        self._passed.update(fresh)
        return None

    def is_what_runs(self) -> bool:
        """Whether Python here finds the copy and not an installed package."""
        env = {**os.environ, "PYTHONPATH": str(self.root / "src")}
        code = "import corrigible; print(corrigible.__file__)"
        found = subprocess.run(
            [sys.executable, "-c", code], cwd=self.root, env=env, capture_output=True, text=True
        )
        return found.stdout.startswith(str(self.root))


def judge(copy: Copy, mutant: Mutant) -> dict[str, object]:
    """Whether the suite notices one mutant; tests that fail without it do not count."""
    began = time.monotonic()
    fault = copy.fault(mutant.tests)
    if fault is not None:
        return {"fate": "broken", "by": "its tests", "said": fault, "seconds": 0.0}
    original = copy.read(mutant.file)
    copy.write(mutant.file, mutant.applied(original))
    try:
        code, said = copy.run(mutant.tests)
        by = "its tests"
        if code == 0:
            code, said = copy.run(EVERY, 4 * SECONDS)
            by = "every test"
    finally:
        copy.write(mutant.file, original)
    fate = "killed" if code in (FAILED, None) else "survived" if code == 0 else "broken"
    return {"fate": fate, "by": by, "said": said, "seconds": round(time.monotonic() - began, 1)}


def _known(digest: str) -> dict[str, dict[str, object]]:
    if not RESULTS.exists():
        return {}
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    return kept["mutants"] if kept["digest"] == digest else {}


def _keep(digest: str, found: dict[str, dict[str, object]]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    part = RESULTS.with_suffix(".part")
    part.write_text(json.dumps({"digest": digest, "mutants": found}, indent=1), encoding="utf-8")
    part.replace(RESULTS)


def _sound(copy: Copy, mutants: list[Mutant]) -> str | None:
    """A patch that does not apply, or a copy that is not what runs; None where all is well."""
    for mutant in mutants:
        try:
            mutant.applied(copy.read(mutant.file))
        except ValueError as error:
            return str(error)
    return None if copy.is_what_runs() else "Python does not find the copy"


def main(words: list[str]) -> int:
    """Judge every mutant; 0 where all are killed."""
    parser = argparse.ArgumentParser(description="Wrong on purpose: does the suite notice?")
    parser.add_argument("--resume", action="store_true", help="keep what is known already")
    parser.add_argument("--only", action="append", metavar="NAME", help="this mutant; repeatable")
    options = parser.parse_args(words)
    mutants = load()
    wanted = [m for m in mutants if options.only is None or m.name in options.only]
    if not wanted:
        print(f"no such mutant; there are: {', '.join(m.name for m in mutants)}")
        return 1
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Copy(Path(folder))
        digest = copy.digest()
        found = _known(digest)
        killed = {name for name, fate in found.items() if fate["fate"] == "killed"}
        ahead = [m for m in wanted if not options.resume or m.name not in killed]
        fault = _sound(copy, ahead) if ahead else None
        if fault is not None:
            print(fault)
            return 1
        for mutant in ahead:
            found[mutant.name] = fate = judge(copy, mutant)
            print(
                f"{fate['fate']:9} {mutant.name} ({fate['seconds']} s, {fate['said']})", flush=True
            )
            _keep(digest, found)
    left = [m.name for m in wanted if found[m.name]["fate"] != "killed"]
    names = f": {', '.join(left)}" if left else ""
    print(f"{len(wanted) - len(left)} of {len(wanted)} mutants killed{names}")
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
