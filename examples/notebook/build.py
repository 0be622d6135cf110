"""The notebook from its script: cells begin with `# %%`, text cells with `# %% [markdown]`.

    ./run python examples/notebook/build.py            # run it and write five_minutes.ipynb
    ./run python examples/notebook/build.py --check    # run it and compare: numbers to 4 digits

What is compared is text and tables; a picture only has to be there.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")

import nbclient
import nbformat

HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "five_minutes.py"
NOTEBOOK = HERE / "five_minutes.ipynb"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
SECONDS = 300
TOLERANCE = 1e-4


def cells(script: str) -> list[tuple[str, str]]:
    """(kind, source) of every cell of a script."""
    found = []
    for part in re.split(r"^# %%", script, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        if "[markdown]" in head:
            text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.split("\n"))
            found.append(("markdown", text.strip()))
        else:
            found.append(("code", body.strip()))
    return found


def notebook(script: str) -> Any:
    """The script as a notebook that has not been run."""
    book = nbformat.v4.new_notebook()
    for index, (kind, source) in enumerate(cells(script)):
        make = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_code_cell
        cell = make(source)
        cell["id"] = f"cell-{index}"  # the same every time
        book.cells.append(cell)
    book.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    book.metadata["language_info"] = {"name": "python"}
    return book


def executed(book: Any, folder: Path) -> Any:
    """The notebook, run from its first cell in a kernel of its own."""
    resources = {"metadata": {"path": str(folder)}}
    client = nbclient.NotebookClient(
        book, timeout=SECONDS, resources=resources, coalesce_streams=True
    )
    client.execute()
    for cell in book.cells:
        cell.metadata.pop("execution", None)  # when it ran
    book.metadata["language_info"] = {"name": "python"}
    return book


def shown(cell: Any) -> list[str]:
    """What stands under a cell, as text; of a picture, only that it is one."""
    texts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if any(kind.startswith("image/") for kind in data):
            texts.append("a picture")
        elif "text/html" in data:
            texts.append(data["text/html"])
        else:
            texts.append(output.get("text", data.get("text/plain", "")))
    return texts


def alike(one: str, other: str) -> bool:
    """The same words, and the same numbers to about four digits."""
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= TOLERANCE * max(1.0, abs(float(a))) for a, b in pairs)


def differences(committed: Any, fresh: Any) -> list[str]:
    """Where two notebooks say something else."""
    if [c.source for c in committed.cells] != [c.source for c in fresh.cells]:
        return ["the cells are not those of the script; run build.py"]
    found = []
    for index, (old, new) in enumerate(zip(committed.cells, fresh.cells, strict=True)):
        before, after = shown(old), shown(new)
        if len(before) != len(after) or not all(map(alike, before, after)):
            found.append(f"cell {index}:\n{old.source}\nwas {before}\nis  {after}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    fresh = executed(notebook(SCRIPT.read_text(encoding="utf-8")), HERE)
    if not check:
        NOTEBOOK.write_text(nbformat.writes(fresh) + "\n", encoding="utf-8")
        return 0
    found = differences(nbformat.read(NOTEBOOK, as_version=4), fresh)
    print("\n\n".join(found) or "the notebook is what its script computes")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
