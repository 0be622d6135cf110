"""Corrections from JSONL, and every way in which a line can be none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible.errors import UserError
from corrigible.worlds.corrections import line_of, parse_corrections, read_corrections
from corrigible.worlds.level import Level, load_level, parse_level

LEVEL = load_level("twins")
WALLED = load_level("cheap-button")
GRAPH = load_level("school")
GOOD = b'{"at": [0, 1], "action": "left"}\n'


def _error(content: bytes, folder: Path, level: Level = LEVEL) -> UserError:
    path = folder / "c.jsonl"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_corrections(path, level)
    assert str(caught.value).isprintable()
    assert caught.value.path == str(path)
    return caught.value


def test_cells_states_names_and_indices(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    lines = [
        b'\xef\xbb\xbf{"at":[0,1],"action":"left"}\r\n',
        b"\n",
        b' {"state":8, "action":5} \n',
        b'{"action":"up","state":"2,2"}',
    ]
    path.write_bytes(b"".join(lines))
    found = read_corrections(path, LEVEL)
    assert found == [(1, 3, 1, None), (8, 5, 3, None), (8, 0, 4, None)]
    third = b'{"step": 7, "state": "quiz", "action": "third"}'
    assert parse_corrections([third], GRAPH) == [(3, 2, 1, 7)]
    assert parse_corrections([], LEVEL) == []


@pytest.mark.parametrize("level", [LEVEL, WALLED, GRAPH])
@pytest.mark.parametrize("step", [None, 0, 12])
def test_what_is_written_is_read_back(level: Level, step: int | None) -> None:
    states, actions = level.world.n_states, level.world.n_actions
    all_ = [(s, a) for s in range(states) for a in range(actions)]
    found = parse_corrections([line_of(level, s, a, step) for s, a in all_], level)
    assert [(c.state, c.action) for c in found] == all_
    assert {c.step for c in found} == {step}
    assert line_of(LEVEL, 1, 3) == b'{"at": [0, 1], "action": "left"}\n'


def test_names_too_long_for_a_line_are_written_as_indices() -> None:
    name = "x" * 70_000
    graph = f'[graph]\nstates = ["a", "{name}"]\nactions = ["b"]\n[graph.moves]\na = "{name}"\n'
    rest = '[world]\ndiscount = 0.5\nstart = "a"\n[[prior.hypothesis]]\npays = { a = 1.0 }\n'
    level = parse_level(graph + rest + "[overseer]\nrate = 1.0\n")
    assert line_of(level, 1, 0, 2) == b'{"state": 1, "action": 0, "step": 2}\n'
    assert parse_corrections([line_of(level, 1, 0, 2)], level) == [(1, 0, 1, 2)]


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        ('{"at": [0, 9], "action": "left"}', 8, "outside the map; rows go from 0 to 4"),
        ('{"at": [-1, 0], "action": "left"}', 8, "outside the map"),
        ('{"at": [0, 0], "action": "left"}', 8, "is a wall"),
        ('{"at": [0], "action": "left"}', 8, "two integers"),
        ('{"at": [true, 1], "action": "left"}', 8, "two integers"),
        ('{"at": [1.0, 1], "action": "left"}', 8, "two integers"),
        ('{"state": 15, "action": "left"}', 11, "states go from 0 to 14"),
        ('{"state": -1, "action": "left"}', 11, "there is no state -1"),
        ('{"state": true, "action": "left"}', 11, "an integer from 0 to 14"),
        ('{"state": 1.0, "action": "left"}', 11, "an integer from 0"),
        ('{"state": "9,9", "action": "left"}', 11, "no state is called"),
        ('{"state": 1, "action": "lift"}', 24, "did you mean 'left'"),
        ('{"state": 1, "action": 6}', 24, "actions go from 0 to 5"),
        ('{"state": 1, "action": false}', 24, "is one of up, right"),
        ('{"state": 1, "action": null}', 24, "or its index"),
        ('{"state": 1}', 1, "needs 'action'"),
        ('{"action": 1}', 1, "this one has neither"),
        ('{"state": 1, "at": [1, 1], "action": 1}', 1, "this one has both"),
        ('{"state": 1, "action": 1, "weight": 2}', 27, "no key 'weight'"),
        ('{"state": 1, "action": 1, "step": -1}', 35, "an integer from 0"),
        ('{"state": 1, "action": 1, "step": null}', 35, "an integer from 0"),
        ('{"state": 1, "action": 1, "step": true}', 35, "an integer from 0"),
        ('{"state": 1, "state": 2, "action": 1}', 14, "given twice"),
        ('{"state": NaN, "action": 1}', 11, "NaN is not JSON"),
        ('{"state": -Infinity, "action": 1}', 11, "-Infinity is not JSON"),
        ('{"state": 1, "action": "\\ud800"}', 24, "lone surrogate"),
        ('{"state": {"a": 1}, "action": 1}', 11, "not expected"),
        ('{"state": ' + "9" * 5000 + ', "action": 1}', 11, "not JSON|no state"),
        ('{"state": ' + "9" * 500 + ', "action": 1}', 11, "a huge number"),
        ('{"state": ' + "[" * 30_000 + ', "action": 1}', 11, "not JSON"),
        ("[1, 2]", 1, "a JSON object"),
        ("17", 1, "a JSON object"),
        ('{"state": 1, "action": 1} {}', 27, "more behind the object"),
        ('{"state": 1, "action": 1,}', 26, "a key in double quotes"),
        ("{'state': 1}", 2, "a key in double quotes"),
        ('{"state" 1}', 10, "':' is needed"),
        ('{"state": 1 "action": 1}', 13, "',' is needed"),
        ('{"state": , "action": 1}', 11, "not JSON: expecting value"),
        ("{", 2, "cut short"),
    ],
)
def test_a_line_that_is_no_correction(tmp_path: Path, line: str, column: int, says: str) -> None:
    error = _error(GOOD.replace(b"0", b"1") + line.encode() + b"\n", tmp_path, WALLED)
    assert re.search(says, error.message), str(error)
    if "[[[" not in line:
        assert (error.line, error.column) == (2, column), str(error)


@pytest.mark.parametrize("cut", range(1, len(GOOD) - 1))
def test_a_truncated_last_line_is_an_error_wherever_it_is_cut(tmp_path: Path, cut: int) -> None:
    error = _error(GOOD + GOOD[:cut], tmp_path)
    assert error.line == 2
    assert "cut short; the file ends in the middle of a line" in str(error)


def test_a_line_end_is_not_needed(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(GOOD + GOOD.rstrip())
    assert len(read_corrections(path, LEVEL)) == 2


def test_a_line_is_at_most_64_kib(tmp_path: Path) -> None:
    error = _error(GOOD + b'{"state": 1,' + b" " * 70_000 + b'"action": 1}\n', tmp_path)
    assert error.line == 2
    assert "more than 65,536 bytes" in str(error)


def test_bytes_that_are_not_text_are_placed(tmp_path: Path) -> None:
    error = _error(GOOD + b'{"\xff": 1}\n', tmp_path)
    assert (error.line, error.column) == (2, 3)


def test_a_graph_has_no_cells(tmp_path: Path) -> None:
    assert "write 'state'" in str(_error(GOOD, tmp_path, GRAPH))


@pytest.mark.parametrize("name", ["nowhere.jsonl", "a\0b"])
def test_a_file_that_cannot_be_read_is_one_line(name: str) -> None:
    with pytest.raises(UserError, match="cannot read these corrections"):
        read_corrections(name, LEVEL)


def test_a_folder_holds_no_corrections(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="directory"):
        read_corrections(tmp_path, LEVEL)


JSON_BITS = st.sampled_from(
    ["{", "}", '"at"', '"state"', '"action"', ":", ",", "[", "]", "1", "true", "NaN", '"left"', " "]
)


@given(st.one_of(st.binary(max_size=60), st.lists(JSON_BITS).map(lambda b: "".join(b).encode())))
def test_random_bytes_are_corrections_or_an_error(content: bytes) -> None:
    try:
        found = parse_corrections(content.splitlines(keepends=True), LEVEL, "c.jsonl")
    except UserError as error:
        assert error.line is not None
        assert error.column is not None
        assert str(error).isprintable()
    else:
        for state, action, *_ in found:
            assert 0 <= state < LEVEL.world.n_states
            assert 0 <= action < len(LEVEL.action_names)
