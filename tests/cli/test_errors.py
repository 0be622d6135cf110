"""Bad input: one line with file, line and column, status 2, nothing on stdout or on disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import LEVEL


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(autouse=True)
def nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test here does by way of the command line leaves no trace."""
    monkeypatch.chdir(tmp_path)
    yield
    made = {path.name for path in tmp_path.iterdir()}
    assert made <= {"small.toml", "bad.toml", "corrections.jsonl", "bad.jsonl", "folder"}


def refused(call, *words: object) -> str:
    """The one line that a refused call prints."""
    before = snapshot(Path.cwd())
    answer = call(*words)
    assert answer.status == 2, answer.err
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert snapshot(Path.cwd()) == before
    return answer.err


LEVELS = [
    pytest.param(("#..a#", "#..a"), 4, None, "map", id="a ragged map"),
    pytest.param(("#..a#", "#.?a#"), 4, 3, "?", id="an unknown glyph"),
    pytest.param(("rate = 0.5", "rate = 1.5"), 15, 8, "rate", id="rate above 1"),
    pytest.param(("rate = 0.5", "rate = -0.1"), 15, 8, "rate", id="rate below 0"),
    pytest.param(("rate = 0.5", "rate = nan"), 15, 8, "rate", id="rate is no number"),
    pytest.param(("discount = 0.9", "discount = 1.0"), 13, 12, "discount", id="discount 1"),
    pytest.param(
        ('about = "uniform"', 'about = "asked"\nask_cost = -1.0'), 17, 12, "ask_cost", id="ask_cost"
    ),
    pytest.param(
        ('about = "uniform"', 'about = "uniform"\nmode = "overrides"'),
        16,
        9,
        "overrides",
        id="overrides about another state",
    ),
    pytest.param(("pays = 0.1", "pays = nan"), 11, None, "pays", id="NaN rewards"),
    pytest.param(("a = {", "c = {"), None, None, "a", id="a legend without the glyph"),
    pytest.param(
        ('kind = "goal", pays = 1.0', 'kind = "plain"'), None, None, "hypothes", id="no hypotheses"
    ),
    pytest.param(("rate = 0.5", "rate = 0.5\nrate = 0.6"), 16, 1, "twice", id="duplicate keys"),
    pytest.param(("[world]", "[world"), 12, None, "TOML", id="not TOML"),
    pytest.param(("[overseer]", "[overseer]\nrite = 1"), 15, 1, "rite", id="an unknown key"),
    pytest.param(('name = "small"', 'name = "a\\ud800b"'), 1, None, "", id="a lone surrogate"),
]


@pytest.mark.parametrize("command", ["certify", "run", "infer"])
@pytest.mark.parametrize(("change", "line", "column", "word"), LEVELS)
def test_levels(
    call,
    tmp_path: Path,
    corrections: Path,
    command: str,
    change: tuple[str, str],
    line: int | None,
    column: int | None,
    word: str,
) -> None:
    assert change[0] in LEVEL
    bad = tmp_path / "bad.toml"
    bad.write_text(LEVEL.replace(*change), encoding="utf-8")
    rest = [corrections] if command == "infer" else []
    said = refused(call, command, bad, *rest, "--json")
    found = re.match(re.escape(str(bad)) + r":(\d+):(\d+): ", said)
    assert found, said
    assert line is None or int(found[1]) == line, said
    assert column is None or int(found[2]) == column, said
    assert word in said


def test_a_level_of_ten_megabytes(call, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(LEVEL + "# " + "x" * 10_000_000, encoding="utf-8")
    assert f"{bad}:1:1: " in refused(call, "certify", bad)


def test_a_level_that_is_not_there(call, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "shipped level" in refused(call, "certify", "no-such-level")
    assert "missing.toml" in refused(call, "certify", "missing.toml")
    assert "folder" in refused(call, "certify", tmp_path / "folder")


def test_a_level_that_is_not_text(call, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b'name = "\xff"\n')
    assert f"{bad}:1:9: " in refused(call, "certify", bad)


LINES = [
    pytest.param(b'{"at": [0, 0], "action": "up"}\n', "1:8", "wall", id="a wall"),
    pytest.param(b'{"at": [9, 0], "action": "up"}\n', "1:8", "outside", id="outside"),
    pytest.param(b'{"state": 99, "action": "up"}\n', "1:11", "99", id="no such state"),
    pytest.param(b'{"state": 1, "action": "jump"}\n', "1:24", "jump", id="an unknown action"),
    pytest.param(b'{"state": 1, "action": 17}\n', "1:24", "17", id="an action's index"),
    pytest.param(b'{"state": 1, "action": 1}\n{"state": 1, "act', "2:18", "cut", id="truncated"),
    pytest.param(b'{"state": 1, "state": 1, "action": 1}\n', "1:14", "twice", id="duplicate"),
    pytest.param(b'{"state": true, "action": 1}\n', "1:11", "integer", id="a boolean"),
    pytest.param(b'{"state": NaN, "action": 1}\n', "1:11", "NaN", id="NaN"),
    pytest.param(b'{"state": 1.0, "action": 1}\n', "1:11", "integer", id="a float"),
    pytest.param(b"[1, 2]\n", "1:1", "object", id="not an object"),
    pytest.param(b'\n{"state": 1, "action": "\\ud800"}\n', "2:24", "surrogate", id="surrogate"),
    pytest.param(b'{"state": 1, "action": "\xff"}\n', "1:25", "UTF-8", id="not UTF-8"),
    pytest.param(b'{"state": 1, "note": "' + b"x" * 70_000 + b'"}\n', "1:", "bytes", id="long"),
    pytest.param(b'{"state": 1, "action": "press"}\n', "1:1", "impossible", id="impossible"),
]


@pytest.mark.parametrize(("content", "place", "word"), LINES)
def test_corrections(call, small: Path, content: bytes, place: str, word: str) -> None:
    bad = small.parent / "bad.jsonl"
    bad.write_bytes(content)
    for words in ((), ("--json",)):
        said = refused(call, "infer", small, bad, *words)
        assert said.startswith(f"{bad}:{place}"), said
        assert word in said


def test_an_impossible_correction_names_its_own_line(call, small: Path) -> None:
    bad = small.parent / "bad.jsonl"
    # Right of the start is the way to goal a, below it the way to goal b: not both.
    bad.write_bytes(b'{"at": [1, 3], "action": "up"}\n\n{"at": [2, 3], "action": "right"}\n')
    said = refused(call, "infer", small, bad)
    assert said.startswith(f"{bad}:3:1: impossible")


def test_corrections_that_are_not_there(call, small: Path) -> None:
    assert "missing.jsonl" in refused(call, "infer", small, "missing.jsonl")


@pytest.mark.parametrize(
    ("flag", "value", "word"),
    [
        ("--overseer.rate", "1.5", "between 0 and 1"),
        ("--overseer.rate", "often", "number"),
        ("--overseer.rate", "nan", "rate"),
        ("--world.discount", "1", "below 1"),
        ("--overseer.ask_cost", "-1", "ask_cost"),
        ("--overseer.rite", "1", "rite"),
        ("--overseers.rate", "1", "overseers"),
        ("--name.first", "x", "name"),
    ],
)
def test_overrides(call, small: Path, flag: str, value: str, word: str) -> None:
    said = refused(call, "certify", small, flag, value)
    assert flag in said
    assert word in said


def test_an_override_that_does_not_fit_the_file(call, small: Path) -> None:
    said = refused(call, "certify", small, "--overseer.mode", "overrides")
    assert said.startswith(f"{small}:16:9: ")
    assert "overrides" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("certify", "twins", "--tol", "0"), "--tol is 0.0; a positive number is needed"),
        (("certify", "twins", "--budget", "nan"), "--budget is nan"),
        (("certify", "twins", "--overseer.rate"), "--overseer.rate needs a value"),
        (("run", "twins", "--agent", "map", "--steps", "0"), "--steps is 0"),
        (("run", "twins", "--agent", "map", "--episodes", "-1"), "--episodes is -1"),
        (("run", "twins", "--agent", "map", "--episodes", "1000000000"), "--episodes"),
        (("doctor", "--overseer.rate", "1"), "doctor takes no level"),
        (("demo", "--budget", "0"), "--budget"),
        (("doctor", "--seed", str(2**63)), "--seed"),
    ],
)
def test_flags(call, words: tuple[str, ...], message: str) -> None:
    assert message in refused(call, *words)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("paint",),
        ("certify",),
        ("certify", "twins", "--seed", "x"),
        ("certify", "twins", "--tol", "x"),
        ("run", "twins", "--agent", "clever"),
        ("certify", "twins", "more"),
        ("certify", "twins", "--bogus"),
    ],
)
def test_words_that_the_parser_refuses(call, words: tuple[str, ...]) -> None:
    answer = call(*words)
    assert answer.status == 2
    assert answer.out == ""
    assert answer.err


def test_init_overwrites_nothing(call, small: Path) -> None:
    before = small.read_bytes()
    assert f"{small}: this file exists" in refused(call, "init", small)
    assert small.read_bytes() == before
    assert "cannot write" in refused(call, "init", small.parent / "missing" / "new.toml")
