"""The report in a real browser: it loads nothing, fits, and no text in it does anything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from corrigible.cli import main
from corrigible.view.report import write_report
from corrigible.view.snapshot import as_json
from tests.view.samples import HOSTILE, hostile, sample

pytestmark = pytest.mark.slow

_CROWDED = """() => [...document.querySelectorAll('svg.chart, svg.level')]
    .filter(s => s.getBoundingClientRect().width > 0)
    .flatMap(s => [...s.querySelectorAll('text')]
        .filter(t => t.getBoundingClientRect().right > s.getBoundingClientRect().right + 8
            || t.getBoundingClientRect().left < s.getBoundingClientRect().left - 8)
        .map(t => t.textContent))"""
_CONTRAST = """() => {
    const light = c => {
        const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(Number)
            .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paper = light(getComputedStyle(document.body).backgroundColor);
    const texts = [...document.querySelectorAll('h1, h2, p, dd, dt, td, th, li, code, svg text')];
    return Math.min(...texts.map(e => {
        const style = getComputedStyle(e), svg = e instanceof SVGElement;
        const ink = light(svg ? style.fill : style.color);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    }));
}"""
# Every element with the names of its attributes.
_TREE = "[...document.querySelectorAll('*')].map(e => [e.tagName, ...e.getAttributeNames()].join())"


@pytest.mark.parametrize("name", ["twins", "lock-4", "detours-12x12"])
@pytest.mark.parametrize(("width", "scheme"), [(1000, "light"), (1000, "dark"), (400, "light")])
def test_it_loads_nothing_and_fits(
    visit, tmp_path: Path, name: str, width: int, scheme: str
) -> None:
    path = write_report(sample(name), tmp_path / "report.html")
    seen = visit(path, width, scheme)
    assert [url for url in seen.requests if not url.startswith("data:")] == [path.as_uri()]
    assert seen.console == []
    assert seen.ask("document.documentElement.scrollWidth") <= width
    assert seen.ask(_CROWDED) == []
    assert seen.ask(_CONTRAST) >= 4.5
    paper = seen.ask("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(21, 24, 27)") == (scheme == "dark")


def test_one_of_the_two_drawings_is_shown(visit, tmp_path: Path) -> None:
    path = write_report(sample(), tmp_path / "report.html")
    for width, hidden in ((1000, "narrow"), (400, "wide")):
        shown = visit(path, width).ask(
            "[...document.querySelectorAll('svg.chart')]"
            ".filter(s => s.getBoundingClientRect().width > 0).map(s => s.parentElement.className)"
        )
        assert shown and f"only-{hidden}" not in shown


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        "<!--<script>alert(1)</script>",
        "' onload=alert(1) x=\"'><svg onload=alert(1)>",
        "]]><style>*{display:none}</style>&lt;b&gt;\u2028\u2029\u202e",
        "</title></style></desc><iframe src=javascript:alert(1)>",
    ],
)
def test_a_level_cannot_do_anything(visit, tmp_path: Path, text: str) -> None:
    path = write_report(hostile(text), tmp_path / "report.html")
    seen = visit(path)
    seen.page.wait_for_timeout(50)
    assert seen.dialogs == [] and seen.console == []
    assert [url for url in seen.requests if not url.startswith("data:")] == [path.as_uri()]
    harmless = visit(write_report(hostile("plain"), tmp_path / "harmless.html"))
    assert seen.ask(_TREE) == harmless.ask(_TREE)
    visible = "".join(c for c in text if c not in "\u202e")
    assert seen.ask("document.querySelector('h1').textContent") == visible
    assert json.loads(seen.ask("document.getElementById('data-level').textContent"))["name"] == text


@pytest.mark.parametrize(
    "text", ["x" * 400, "長い名前" * 60, "a\u0301" * 300, "\u05e9\u05dc " * 90]
)
def test_long_names_fit_as_well(visit, tmp_path: Path, text: str) -> None:
    path = write_report(hostile(text), tmp_path / "report.html")
    for width in (1000, 400):
        seen = visit(path, width)
        assert seen.ask("document.documentElement.scrollWidth") <= width
        assert seen.ask(_CROWDED) == []


def test_a_level_file_cannot_either(visit, tmp_path: Path) -> None:
    quoted = json.dumps(HOSTILE)
    text = f"""name = {quoted}
description = {quoted}
[graph]
states = ["decide", {quoted}]
actions = ["<b>", {quoted}]
moves = {{ decide = {quoted} }}
disables = {{ decide = {{ {quoted} = 1.0 }} }}
[world]
discount = 0.9
start = "decide"
[prior]
kind = "list"
[[prior.hypothesis]]
name = {quoted}
pays = {{ {quoted} = {{ "<b>" = 1.0 }} }}
[[prior.hypothesis]]
name = "<i>"
pays = {{ {quoted} = {{ {quoted} = 1.0 }} }}
[overseer]
rate = 0.5
"""
    level, path = tmp_path / "level.toml", tmp_path / "report.html"
    level.write_text(text, encoding="utf-8")
    words = ["certify", str(level), "--budget", "3", "--report", str(path)]
    assert main([*words, "--store", str(tmp_path / "kept")]) == 0
    seen = visit(path)
    assert seen.dialogs == [] and seen.console == []
    assert [url for url in seen.requests if not url.startswith("data:")] == [path.as_uri()]
    assert seen.ask("document.querySelectorAll('img, i').length") == 0
    assert seen.ask("document.querySelector('h1').textContent") == HOSTILE


def test_the_figures_hold_the_snapshots_numbers(visit, tmp_path: Path) -> None:
    snapshot = sample()
    seen = visit(write_report(snapshot, tmp_path / "report.html"))
    found = seen.ask(
        "Object.fromEntries([...document.querySelectorAll('script')]"
        ".map(e => [e.id, JSON.parse(e.textContent)]))"
    )
    assert found == {f"data-{name}": value for name, value in as_json(snapshot).items()}
    sources = "[...document.querySelectorAll('figure')].map(f => f.dataset.numbers)"
    assert set(seen.ask(sources)) <= set(found)


def test_parts_that_are_missing_leave_no_trace(visit, tmp_path: Path) -> None:
    whole = sample()
    snapshot = replace(
        whole, clock=None, truth=None, film=None, agents=(), failures=(), missing=("clock",)
    )
    seen = visit(write_report(snapshot, tmp_path / "report.html"))
    for name in ("clock", "truth", "film", "agents", "failures"):
        assert seen.ask(f"document.getElementById('{name}')") is None
    dead = "[...document.querySelectorAll('nav a')].filter(a => !document.querySelector(a.hash))"
    assert seen.ask(f"{dead}.length") == 0


def test_it_prints(visit, tmp_path: Path) -> None:
    seen = visit(write_report(sample(), tmp_path / "report.html"), scheme="dark")
    seen.page.emulate_media(media="print", color_scheme="dark")
    assert seen.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    pdf = seen.page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF") and 2 <= pdf.count(b"/Type /Page\n") <= 14
