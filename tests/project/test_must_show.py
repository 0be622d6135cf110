"""The script that measures is itself right: its verdicts, its button, its table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import must_show
from corrigible.planners import certify, solve
from corrigible.worlds import load_level


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((0.2, 0.3), "keeps"),
        ((-0.3, -0.2), "disables"),
        ((-0.05, 0.05), "indifferent"),
        ((-0.2, 0.2), "undecided"),
        ((-0.05, 0.2), "undecided"),
        ((0.1, 0.2), "undecided"),
    ],
)
def test_verdicts(ends: tuple[float, float], expected: str) -> None:
    assert must_show.verdict(ends, 0.1) == expected


def test_a_bonus_is_subtracted_from_the_margin() -> None:
    plain = load_level("room-5x5").problem
    low, high = must_show.margin(solve(must_show.with_button(plain, 0.0), method="exact"))
    assert high - low < 1e-8 and low > 0.1
    for factor, expected in ((0.9, "keeps"), (1.1, "disables")):
        problem = must_show.with_button(plain, factor * low)
        found = certify(problem, state=0)
        assert found.verdict == expected
        assert found.margin_lower == pytest.approx((1 - factor) * low, abs=1e-8)
        by_bounds, _, ends = must_show.decide(problem, 10.0)
        assert by_bounds == expected
        assert ends[0] - 1e-9 <= (1 - factor) * low <= ends[1] + 1e-9


def test_figures_are_recorded_under_their_heading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "RESULTS.md"
    target.write_text("# Results\n\n## another\n\nsomething\n", encoding="utf-8")
    monkeypatch.setattr(must_show, "RESULTS", target)
    figures = [
        must_show.Figure("one", "seconds", 1.25, "< 2", True),
        must_show.Figure("two", "seconds", 3, "< 2", False),
    ]
    must_show.record(figures[:1])
    must_show.record(figures[1:])
    text = target.read_text(encoding="utf-8")
    assert text.count(must_show.HEADING) == 1 and "## another\n\nsomething\n" in text
    rows = text.split(must_show.HEADING, 1)[1].strip().splitlines()
    assert len(rows) == 4
    assert rows[2].endswith("| one | seconds | 1.25 | < 2 | pass |")
    assert rows[3].endswith("| two | seconds | 3 | < 2 | FAIL |")
    must_show.record(figures[:1], "## a script of its own")
    assert target.read_text(encoding="utf-8").startswith(text.rstrip())
    own = target.read_text(encoding="utf-8").split("## a script of its own")[1].strip()
    assert own.splitlines()[2:] == rows[2:3]


def test_sections_run_by_name_and_say_so_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    status = must_show.main(["help_time", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["seed"] == must_show.SEED
    assert [f["section"] for f in found["figures"]] == ["help_time"]
    assert status == int(not found["figures"][0]["passed"])


def test_an_unknown_section_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as found:
        must_show.main(["nothing"])
    assert found.value.code == 2
    assert "no section is called nothing" in capsys.readouterr().err
