"""Every count in full: the suite, then what belongs to it, then a line in RESULTS.md.

`./run test --full` starts this. Each step is a command; a step whose script is absent is a
failure. The suite's closing line is printed last, and the exit status is 0 only where every step
passed.
"""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
HEADING = "## `./run test --full`"
CLOSING = re.compile(r"^=+ (.*(?:passed|failed|error|no tests ran).*?) =+$")

# Beyond the suite: name, command. Each prints one closing line and exits 0 where it passed.
STEPS: list[tuple[str, list[str]]] = [
    ("figures", ["benchmarks/must_show.py", "--record"]),
    ("mutants", ["benchmarks/mutants.py", "--resume"]),
]


def stream(command: list[str]) -> tuple[int, list[str]]:
    """Run `command`, showing its output as it comes; the exit status and the lines."""
    lines = []
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line.rstrip("\n"))
    return process.returncode, lines


def commit() -> str:
    """The checkout's commit, with a plus where files differ from it."""
    try:
        name = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "no git"
    return name


def append(results: list[tuple[str, str]]) -> None:
    """Add today's results under the heading, newest last."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Results\n"
    if HEADING not in text:
        header = "| date | commit | machine | step | result |\n|---|---|---|---|---|\n"
        text = f"{text.rstrip()}\n\n{HEADING}\n\n{header}"
    rows = "".join(
        f"| {today} | {commit()} | {machine} | {name} | {result} |\n" for name, result in results
    )
    before, after = text.split(HEADING, 1)
    table, separator, rest = after.partition("\n## ")
    text = f"{before}{HEADING}{table.rstrip()}\n{rows}"
    if separator:
        text += f"\n## {rest}"
    RESULTS.write_text(text, encoding="utf-8")


def main(words: list[str]) -> int:
    """Run every step; 0 where all passed."""
    pytest = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "worksteal", "tests", *words]
    status, lines = stream(pytest)
    matches = [match for line in lines if (match := CLOSING.match(line))]
    closing = matches[-1].group(0) if matches else f"pytest ended with status {status}"
    results = [("suite", matches[-1].group(1) if matches else closing)]
    for name, command in STEPS:
        began = time.monotonic()
        code, lines = stream([sys.executable, *command])
        status = status or code
        last = next((line for line in reversed(lines) if line.strip()), "no output")
        results.append((name, f"{last} ({time.monotonic() - began:.0f} s, status {code})"))
    append(results)
    print(closing)
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
