"""Writes down what `corrigible demo` prints, where the README shows it, and the schema of its JSON.

    ./run python benchmarks/record_demo.py            # write both
    ./run python benchmarks/record_demo.py --check    # only say whether they still hold

The README shows the demo between two marks; numbers are rounded as printed and nothing in it is a
time, so the same code prints the same text on every machine.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
SCHEMA = ROOT / "src" / "corrigible" / "cli" / "schemas" / "demo.json"
BEGIN = "<!-- demo: written by ./run python benchmarks/record_demo.py -->"
END = "<!-- end of the demo -->"


def demo_text() -> str:
    """What the demo prints, without its last line (the seed and the hash of the settings)."""
    from corrigible.cli import showcase
    from corrigible.view.study import provenance, study
    from corrigible.worlds.level import load_level

    level = load_level(showcase.LEVEL)
    snapshot = study(level, provenance("corrigible demo", 0, ""), budget=300.0)
    return "\n".join(showcase.lines(snapshot)) + "\n"


def with_demo(readme: str, text: str) -> str:
    """The README with the text between its marks."""
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n```text\n{text}```\n\n{END}{after}"


def with_snapshot(schema: str) -> str:
    """The schema of `demo --json` with the snapshot's."""
    from corrigible.view.schema import json_schema

    whole = json.loads(schema)
    whole["properties"]["snapshot"] = {
        "description": "everything that is shown about the level, null with --levels",
        "anyOf": [{"type": "null"}, json_schema()],
    }
    return json.dumps(whole, indent=2) + "\n"


def main(words: list[str]) -> int:
    """Write the README and the schema, or say whether they hold; 1 where they do not."""
    readme, schema = README.read_text(encoding="utf-8"), SCHEMA.read_text(encoding="utf-8")
    new = with_demo(readme, demo_text()), with_snapshot(schema)
    if new == (readme, schema):
        return 0
    if "--check" in words:
        print("the README's demo or the demo's schema is out of date: run this without --check")
        return 1
    README.write_text(new[0], encoding="utf-8")
    SCHEMA.write_text(new[1], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
