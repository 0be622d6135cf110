"""Axes, charts and pictures: what is drawn is where the numbers say."""

from __future__ import annotations

import itertools
import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible.view.bars import Row, rows
from corrigible.view.charts import Axis, Line, Panel, panels
from corrigible.view.graph import draw_graph, layered
from corrigible.view.markup import el
from corrigible.view.picture import pointer, ring
from corrigible.view.scale import fitting, spanning, tick, width_of
from corrigible.view.setting import level_view
from corrigible.view.strip import MOST, chosen
from corrigible.view.svg import draw_level, drawn_glyphs, key_icon
from corrigible.worlds.level import load_level, shipped_levels
from tests.view.samples import HOSTILE, sample

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.none() | FINITE, max_size=5), st.booleans())
def test_a_scale_holds_all_of_its_numbers(numbers: list[float | None], zero: bool) -> None:
    scale = spanning(numbers, 10.0, 200.0, zero=zero)
    assert scale.low < scale.high
    known = [v for v in numbers if v is not None and abs(v) < 1e300]
    for value in known:
        assert 10.0 <= scale.at(value) <= 200.0
        assert scale.low <= value <= scale.high
    marks = scale.ticks(4)
    assert 1 <= len(marks) <= 12 and list(marks) == sorted(set(marks))


def test_ticks_are_round() -> None:
    assert spanning([0.0, 1.0], 0, 1, room=0).ticks(4) == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert spanning([-0.3, 0.3], 0, 1, room=0).ticks(3) == (-0.2, 0.0, 0.2)
    assert [tick(v) for v in (-0.2, 0.0, -0.0, 1e6, 12345.0)] == [
        "−0.2",
        "0",
        "0",
        "1e06",
        "1.234e04",
    ]


@given(st.text(max_size=40), st.floats(0, 200))
def test_a_text_is_cut_to_fit(label: str, room: float) -> None:
    cut = fitting(label, room)
    assert cut == "…" or width_of(cut) <= room
    assert cut.rstrip("…") == "" or label.startswith(cut.rstrip("…"))


def _parsed(markup: str) -> ET.Element:
    return ET.fromstring(f"<div>{markup}</div>")


def test_a_waterfall_begins_where_the_last_part_ended() -> None:
    lines = [Row("direct", "0.5", 0.0, 0.5), Row("path", "−0.2", 0.5, 0.3, kind="minus")]
    bars = _parsed(rows("x", "t", "d", lines, "units")).findall(".//rect")
    first, second = bars[:2]
    end = float(first.attrib["x"]) + float(first.attrib["width"])
    assert float(second.attrib["x"]) + float(second.attrib["width"]) == pytest.approx(end, abs=0.02)
    assert len(bars) == 4


def test_a_line_breaks_where_a_number_is_missing() -> None:
    line = Line("margin", (1.0, 0.5, None, 0.0, 0.0), (1.0, 0.75, None, 0.0, 0.0), "first")
    axis = Axis("n", (0.0, 1.0, 2.0, 3.0, 4.0), tuple("01234"), (3.0, "indifferent"))
    drawn = _parsed(panels("x", "t", "d", (Panel("p", (line,)),), axis))
    wide = drawn.findall("div")[0]
    assert len(wide.findall(".//polyline")) == 2
    assert len(wide.findall(".//polygon")) == 1
    assert len(wide.findall(".//circle")) == 4
    mark = next(e for e in wide.iter("line") if e.attrib["class"] == "mark")
    zeros = [c.attrib["cx"] for c in wide.iter("circle")]
    assert float(mark.attrib["x1"]) == float(zeros[2])


def test_names_at_the_ends_of_lines_do_not_cover_each_other() -> None:
    lines = tuple(Line(f"l{i}", (1.0, 0.0), (1.0, 0.0), "first") for i in range(4))
    drawn = _parsed(panels("x", "t", "d", (Panel("p", lines),), Axis("n", (0.0, 1.0))))
    wide = drawn.findall("div")[0]
    at = [float(e.attrib["y"]) for e in wide.iter("text") if "ending" in e.attrib["class"]]
    assert all(b - a >= 14.9 for a, b in itertools.pairwise(at))


@pytest.mark.parametrize("name", shipped_levels())
def test_every_shipped_level_is_drawn(name: str) -> None:
    level = level_view(load_level(name))
    for upright in (False, True):
        picture = draw_level(level, upright)
        assert picture is not None
        drawn = _parsed(picture.base)
        assert len(picture.spots) == len(level.labels) == len(set(picture.spots))
        for x, y in picture.spots:
            assert 0 < x < picture.width and 0 < y < picture.height
        if not level.rows:
            assert {t.text for t in drawn.iter("title")} == set(level.labels)
    for glyph in level.glyphs:
        assert _parsed(key_icon(glyph)).find("svg") is not None


def test_walls_are_where_the_map_has_them() -> None:
    level = level_view(load_level("twins"))
    walled = replace(level, rows=("##.", "...", "..."), cells=level.cells[2:])
    walls = replace(level.glyphs[0], glyph="#", kind="wall")
    picture = draw_level(replace(walled, glyphs=(walls,), hypotheses=(), starts=()))
    assert picture is not None
    path = next(e for e in _parsed(picture.base).iter("path") if "wall" in e.attrib["class"])
    assert re.findall(r"M(\S+) (\S+)h(\S+)v", path.attrib["d"]) == [("0", "0", "2")]


def test_what_silences_is_drawn_apart() -> None:
    level = level_view(load_level("off-switch"))
    picture = draw_graph(level)
    assert picture is not None
    kinds = [e.attrib["class"] for e in _parsed(picture.base).iter("path")]
    assert "step silences" in kinds and "step" in kinds


def test_layers_follow_the_steps() -> None:
    level = level_view(load_level("lock-2"))
    names = [[level.labels[s] for s in layer] for layer in layered(level)]
    assert names[:2] == [["decide"], ["s1"]] and set(names[2]) == {"bit1", "end"}


def test_a_pointer_points() -> None:
    level = level_view(load_level("twins"))
    picture = draw_level(level)
    assert picture is not None
    assert pointer(picture, 0, "stay", "told") is None
    for action in ("up", "right", "down", "left"):
        assert pointer(picture, 4, action, "told") is not None
    x, y = picture.spots[4]
    circle = _parsed(ring(picture, 4, 0.5, "told"))[0]
    assert math.isclose(float(circle.attrib["cx"]), x) and math.isclose(
        float(circle.attrib["cy"]), y
    )


def test_names_on_a_picture_are_text() -> None:
    level = level_view(load_level("lock-2"))
    picture = draw_graph(replace(level, labels=(HOSTILE,) * len(level.labels)))
    assert picture is not None
    assert {e.tag for e in _parsed(picture.base).iter()} <= {
        "div",
        "g",
        "title",
        "rect",
        "text",
        "path",
    }


def test_the_filmstrip_shows_what_matters() -> None:
    film = sample(steps=400).film
    assert film is not None
    shown = chosen(film.frames)
    assert len(shown) == MOST and shown[0] == 0 and shown[-1] == 400
    assert {5, 396, 397} <= set(shown)  # the alarm, the press, and the channel that it turned off
    still = tuple(replace(f, step=i) for i, f in enumerate([film.frames[1]] * 9))
    assert chosen(still) == [0, 8]


def test_plain_floor_that_may_pay_is_a_goal() -> None:
    level = level_view(load_level("vault"))
    kinds = {glyph.glyph: glyph.kind for glyph in drawn_glyphs(level)}
    assert {kinds[g] for g in "abcdefgh"} == {"goal"} and kinds["P"] == kinds["v"] == "plain"
    picture = draw_level(level)
    assert picture is not None
    letters = [t.text or "" for t in _parsed(picture.base).iter("text")]
    assert sorted(letters) == sorted("TPDvvvvabcdefgh")


def test_elements() -> None:
    assert el("a", "<", None, 1, href='"&') == '<a href="&quot;&amp;">&lt;1</a>'
    assert el("br") == "<br>"
    assert el("p", hidden=True, class_=None, data_x=1.005) == '<p hidden data-x="1"></p>'
