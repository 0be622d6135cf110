"""The report as a file: whole or not there, small, and its numbers are the snapshot's."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from corrigible.errors import UserError
from corrigible.view import report as module
from corrigible.view.report import MOST_BYTES, numbers_of, report, write_report
from corrigible.view.snapshot import Glyph, Hypothesis, Snapshot, from_json
from tests.view.samples import HOSTILE, hostile, sample


@pytest.mark.parametrize("name", ["twins", "lock-2", "room-12x12"])
def test_its_data_is_the_snapshot(name: str) -> None:
    snapshot = sample(name)
    assert from_json(numbers_of(report(snapshot)), Snapshot) == snapshot


def test_every_printed_number_is_one_of_the_snapshots() -> None:
    snapshot = sample()
    other = replace(
        snapshot,
        certificate=replace(
            snapshot.certificate,
            worst=replace(snapshot.certificate.worst, margin=(0.515625, 0.53125)),
        ),
    )
    assert "0.5156" in report(other) and "0.5156" not in report(snapshot)


def test_it_names_nothing_outside() -> None:
    text = report(sample())
    assert not re.findall(r"(?:src|href|action|data|poster)=\"(?!#|data:,)", text)
    assert "http" not in text.replace("http-equiv", "")
    assert "@import" not in text and "url(" not in text
    assert "default-src 'none'" in text.replace("&#x27;", "'")
    assert " style=" not in text


def test_text_is_escaped_once() -> None:
    text = report(hostile())
    assert HOSTILE not in text and "<img" not in text and "&amp;lt;" not in text
    assert "&lt;/script&gt;&lt;img onerror=alert(1) src=x&gt;" in text
    assert "\\u003c/script\\u003e" in text


def _vast() -> Snapshot:
    """The largest map that there may be, with a wall on every other cell and a long episode."""
    whole = sample(steps=400)
    rows = tuple("".join("#o"[(r + c) % 2] for c in range(200)) for r in range(200))
    cells = tuple((r, c) for r, row in enumerate(rows) for c, g in enumerate(row) if g == "o")
    labels = tuple(f"{r},{c}" for r, c in cells)
    glyphs = (Glyph("#", "wall", False, 0.0, 0.0, 0.0), Glyph("o", "goal", True, 0.0, 0.0, 0.0))
    hypotheses = tuple(Hypothesis(f"goal at {x}", 1 / len(cells), False, (0,)) for x in labels)
    level = replace(
        whole.level,
        rows=rows,
        cells=cells,
        labels=labels,
        glyphs=glyphs,
        starts=tuple(range(len(cells))),
        hypotheses=hypotheses,
    )
    judged = (whole.certificate.others[0],) * 2000
    return replace(whole, level=level, certificate=replace(whole.certificate, others=judged))


def test_it_is_small(tmp_path: Path) -> None:
    for snapshot in (sample(), sample("lock-4"), sample("room-12x12", 60), _vast()):
        assert write_report(snapshot, tmp_path / "r.html").stat().st_size <= MOST_BYTES
    kept = numbers_of(report(_vast()))["level"]
    assert kept["omitted"]["hypotheses"] + len(kept["hypotheses"]) == 20_000
    assert len(kept["rows"]) == 200


def test_a_graph_too_large_to_read_is_not_drawn() -> None:
    whole = sample("lock-2")
    crowd = tuple(f"s{i}" for i in range(500))
    text = report(replace(whole, level=replace(whole.level, labels=crowd)))
    assert 'class="level"' not in text and 'class="film"' in text


def test_nothing_judged() -> None:
    whole = sample("room-12x12")
    nothing = replace(
        whole.certificate.worst,
        verdict="nothing to disable",
        margin=None,
        state=None,
        keep=None,
        disable=None,
        ledger=None,
    )
    certificate = replace(
        whole.certificate, worst=nothing, others=(), bribe=None, bribe_for_ever=None
    )
    assert whole.truth is not None
    truth = replace(whole.truth, state=None, believed_margin=None, true_margin=None)
    text = report(replace(whole, certificate=certificate, truth=truth, clock=None, failures=()))
    assert 'id="ledger"' not in text and 'id="bribe"' not in text
    assert "nothing to disable" in text


def test_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a folder" / "r.html"
    assert write_report(sample(), path) == path
    first = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(UserError, match="No space left"):
        write_report(sample("lock-2"), path)
    assert path.read_bytes() == first
    assert [p.name for p in path.parent.iterdir()] == ["r.html"]


def test_it_is_readable_by_whom_other_files_are(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    path = write_report(sample(), tmp_path / "r.html")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


@pytest.mark.parametrize("place", ["", "a file/r.html", "no\0such", "x" * 300])
def test_a_path_that_cannot_be_written_is_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(UserError) as caught:
        write_report(sample(), f"{tmp_path}{os.sep}{place}")
    assert "report" in str(caught.value) and "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["a file"]


def test_numbers_that_json_has_no_word_for() -> None:
    from corrigible.view.markup import data

    text = data("data-x", {"a": [float("nan"), float("inf"), 1.5], "b": "</script>\u2028é"})
    assert json.loads(text.split(">", 1)[1].rsplit("<", 1)[0]) == {
        "a": [None, None, 1.5],
        "b": "</script>\u2028é",
    }
    assert text.isascii() and text.count("</script>") == 1
