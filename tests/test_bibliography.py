"""Every paper that is named can be cited, and every entry is named."""

from __future__ import annotations

import re
from pathlib import Path

from corrigible.agents import Bayes, MaximumAPosteriori, Thompson
from corrigible.bibliography import PACKAGE, PAPERS, cite, keys_in, papers_in, sources
from corrigible.overseers import HandOfGod
from corrigible.planners import certify

# What the search must find, however it is written and wherever the line breaks.
SAMPLE = """Source: Ramachandran
    & Amir 2007, section 2; Grassmann, Taksar and Heyman (1985), steps 1-4;
    Hadfield-Menell et al. 2017, section 4; Good (1967); Version 3 of 2020."""


def test_names_are_found_however_they_are_written() -> None:
    expected = ("ramachandran2007", "grassmann1985", "hadfield-menell2017", "good1967")
    assert keys_in(SAMPLE) == expected
    assert tuple(paper.key for paper in papers_in(SAMPLE + " Nobody 1999.")) == expected


def test_every_paper_named_as_a_source_has_an_entry(root: Path) -> None:
    section = re.compile(r"Source:(.*?)(?:\"\"\"|\n\s*\n)", re.DOTALL)
    for path in (root / "src").rglob("*.py"):
        for found in section.findall(path.read_text(encoding="utf-8")):
            assert set(keys_in(found)) <= set(PAPERS), (path.name, found)


def test_every_entry_is_named_in_the_code_or_the_pages(root: Path) -> None:
    files = [*(root / "src").rglob("*.py"), *(root / "docs").glob("*.md")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert set(PAPERS) <= set(keys_in(text))


def test_every_paper_of_the_mathematics_page_has_an_entry(root: Path) -> None:
    text = (root / "docs" / "mathematics.md").read_text(encoding="utf-8")
    entries = re.findall(r"^- (.*?)\.$", text.split("## Papers")[1], re.MULTILINE | re.DOTALL)
    titles = {re.sub(r"\W+", " ", paper.title.lower()) for paper in PAPERS.values()}
    assert len(entries) >= 12
    for entry in entries:
        found = re.search(r"\*(.+?)\*", entry, re.DOTALL)
        assert found is not None, entry
        title = re.sub(r"\W+", " ", found[1].lower())
        assert any(known.startswith(title) for known in titles), entry


def test_an_entry_is_bibtex() -> None:
    for key, paper in PAPERS.items():
        assert key == paper.key
        text = paper.bibtex()
        assert text.startswith(f"@{paper.kind}{{{key},\n") and text.endswith("\n}")
        assert text.count("{") == text.count("}")
        assert f"  year = {{{paper.year}}}" in text


def test_what_is_cited_is_what_is_documented() -> None:
    found = cite(Bayes, MaximumAPosteriori)
    assert found.startswith("@software{corrigible2026,\n")
    assert "kaelbling1998" in found and "ramachandran2007" in found
    assert cite(Thompson).count("@") == 3  # this package, Thompson, Strens
    assert cite(HandOfGod(0.5)) == cite(HandOfGod)
    assert "good1967" not in cite(certify) and cite(object()) == cite()


def test_sources_of_what_has_none() -> None:
    assert sources(object()) == ""
    assert "2007" in sources(HandOfGod.likelihood)


def test_the_package_is_cited_as_its_citation_file_says(root: Path) -> None:
    said = (root / "CITATION.cff").read_text(encoding="utf-8")
    assert f'title: "{PACKAGE.title}"' in said
    assert f"version: {dict(PACKAGE.place)['version']}" in said
    assert f"name: {PACKAGE.authors[0]}" in said
