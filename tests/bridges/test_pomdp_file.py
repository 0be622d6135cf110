"""The `.pomdp` format: what is written is read back, what is no file is one line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible.bridges import load_pomdp, parse_pomdp, pomdp_text, pomdpx_text, to_pomdp
from corrigible.bridges.classics import line_1d, parr95, shuttle, tiger
from corrigible.errors import UserError
from corrigible.worlds import load_level
from tests.bridges.processes import Draw, draws

HEAD = "discount: .9\nvalues: reward\nstates: a b c\nactions: go stop\nobservations: x y\n"
REST = "T: * identity\nO: * uniform\n"
MORE = ("T:", "O:", "R:", "start:", "*", "0", "1e9", "reset")
TIGER = """
# Listening is cheap.
discount : 0.95 values: reward
states: tiger-left tiger-right actions: listen open-left open-right
observations: hear-left hear-right
start: uniform
T: listen identity
T: open-left uniform
T: 2
.5 .5 5e-1 0.5
O: *
uniform
O: listen : tiger-left 0.85 0.15
O: listen : 1 : hear-left .15
O: listen : 1 : hear-right .85
R: listen : * : * : * - 1
R: open-left : tiger-left : * : * -100  # the wrong door
R: open-left : tiger-right : * : * +10
R: open-right : 0 : * : * 10
R: open-right : 1 : * 0 0
R: open-right : 1 -100 -100 -100 -100
"""


LINE = """
discount: 0.75
values: reward
states: left middle right goal
actions: west east
observations: nothing goal
T: west : left : left 1.0
T: west : middle : left 1.0
T: west : right : goal 1.0
T: east : left : middle 1.0
T: east : middle : goal 1.0
T: east : right : right 1.0
T: * : goal 0.333333 0.333333 0.333333 0.0
O: * : * : nothing 1.0
O: * : goal
0.0 1.0
R: * : * : goal : goal 1.0
"""
ROOMS = """
discount: 0.95
values: reward
states: entrance high low above below plus minus
actions: a b c
observations: entrance room above below plus minus
start include: entrance
T: * : entrance
0.0 0.5 0.5 0.0 0.0 0.0 0.0
T: * : plus : entrance 1.0
T: * : minus : entrance 1.0
T: a : high : above 1.0
T: a : low : below 1.0
T: a : above : high 1.0
T: a : below : low 1.0
T: b : above : entrance 1.0
T: b : below : entrance 1.0
T: c : above : entrance 1.0
T: c : below : entrance 1.0
T: b : high : minus 1.0
T: b : low : plus 1.0
T: c : high : plus 1.0
T: c : low : minus 1.0
O: * : entrance : entrance 1.0
O: * : high : room 1.0
O: * : low : room 1.0
O: * : above : above 1.0
O: * : below : below 1.0
O: * : plus : plus 1.0
O: * : minus : minus 1.0
R: * : plus : * : * 1.0
R: * : minus : * : * -1.0
"""
# The rewards of the shuttle by where a step leads, as its file gives them.
SHUTTLE = """
R: * : * : * : * 0.0
R: forward : at-mrv-ahead : at-mrv-ahead : * -3
R: forward : at-lrv-ahead : at-lrv-ahead : * -3
R: backward : at-lrv-behind : docked-lrv : * 10
"""


def test_classics_as_files_say_them() -> None:
    assert parse_pomdp(ROOMS).same(parr95())
    found, known = parse_pomdp(LINE), line_1d()
    assert np.allclose(found.transition, known.transition, rtol=0.0, atol=1e-15)
    assert replace(found, transition=known.transition).same(known)
    text = pomdp_text(shuttle()).split("R:", 1)[0]
    assert parse_pomdp(text + SHUTTLE).same(shuttle())


@given(draws())
def test_what_is_written_is_read_back(draw: Draw) -> None:
    pomdp = draw.pomdp()
    text = pomdp_text(pomdp, "first line\n\nsecond # line")
    assert parse_pomdp(text).same(pomdp)
    assert pomdp_text(parse_pomdp(text.encode()), "first line\n\nsecond # line") == text


@given(draws())
def test_what_is_written_has_the_words_of_the_format_and_no_others(draw: Draw) -> None:
    """Cassandra's scanner knows no exponents, no point without digits around it, no other marks."""
    pomdp = draw.pomdp()
    pomdp = replace(pomdp, reward=pomdp.reward * 10.0 ** (draw.seed % 40 - 20))
    text = pomdp_text(pomdp)
    word = r"[A-Za-z][A-Za-z0-9_-]*|-?\d+(\.\d+)?|[:*]"
    assert all(re.fullmatch(word, found) for found in text.replace(":", " : ").split())
    assert parse_pomdp(text).same(pomdp)


@pytest.mark.parametrize("name", ["twins", "lock-2"])
def test_names_of_an_export_are_names_everywhere(name: str) -> None:
    pomdp = to_pomdp(load_level(name).problem)
    for word in (*pomdp.states, *pomdp.actions, *pomdp.observations):
        assert re.fullmatch("[A-Za-z][A-Za-z0-9_-]*", word)


@given(draws())
def test_xml_says_the_same(draw: Draw) -> None:
    pomdp = draw.pomdp()
    root = ElementTree.fromstring(pomdpx_text(pomdp, 'a "name" & <more>'))
    assert root.get("id") == 'a "name" & <more>'
    assert float(root.findtext("Discount") or "nan") == pomdp.discount
    entries = root.findall("StateTransitionFunction/CondProb/Parameter/Entry/ProbTable")
    kept = pomdp.transition[np.nonzero(pomdp.transition)]
    assert [float(entry.text or "nan") for entry in entries] == list(kept)
    rewards = root.findall("RewardFunction/Func/Parameter/Entry/ValueTable")
    kept = pomdp.reward[np.nonzero(pomdp.reward)]
    assert [float(entry.text or "nan") for entry in rewards] == list(kept)


def test_every_way_to_say_it(tmp_path: Path) -> None:
    path = tmp_path / "tiger.pomdp"
    path.write_bytes(b"\xef\xbb\xbf" + TIGER.replace("\n", "\r\n").encode())
    found, known = load_pomdp(path), tiger()
    assert np.allclose(found.observation, known.observation, rtol=0.0, atol=1e-15)
    assert replace(found, observation=known.observation).same(known)


def test_rewards_by_where_it_leads_are_expected() -> None:
    rules = "R: go : a : * : y 4\nR: go : a : a : x 2\nR: go : b : b 1 5\nR: stop : * 1 2 1 2 1 4\n"
    found = parse_pomdp(HEAD + REST + rules).reward
    assert np.array_equal(found, [[3.0, 3.0, 0.0], [1.5, 1.5, 2.5]])
    assert np.array_equal(parse_pomdp(HEAD.replace("reward", "cost") + REST + rules).reward, -found)
    later = parse_pomdp(HEAD + REST + rules + "R: go : * : * : * 7\n").reward
    assert np.array_equal(later, [[7.0, 7.0, 7.0], [1.5, 1.5, 2.5]])


@pytest.mark.parametrize(
    ("said", "start"),
    [
        ("", [1 / 3, 1 / 3, 1 / 3]),
        ("start: uniform", [1 / 3, 1 / 3, 1 / 3]),
        ("start: b", [0, 1, 0]),
        ("start: 2", [0, 0, 1]),
        ("start: 0 .25 .75", [0, 0.25, 0.75]),
        ("start: 1 0 0", [1, 0, 0]),
        ("start include: a 2", [0.5, 0, 0.5]),
        ("start exclude: b", [0.5, 0, 0.5]),
    ],
)
def test_starts(said: str, start: list[float]) -> None:
    assert parse_pomdp(f"{HEAD}{said}\n{REST}").start.tolist() == pytest.approx(start, abs=0)


def test_reset_goes_to_the_start() -> None:
    found = parse_pomdp(f"{HEAD}start: c\n{REST}T: go : a reset\nT: stop reset\n").transition
    assert found[0].tolist() == [[0, 0, 1], [0, 1, 0], [0, 0, 1]]
    assert found[1].tolist() == [[0, 0, 1]] * 3


def test_rows_rounded_to_six_digits_are_scaled_once() -> None:
    text = HEAD + REST + "T: go : a .333333 .333333 .333333\n"
    found = parse_pomdp(text)
    assert found.transition[0, 0].sum() == pytest.approx(1.0, abs=1e-15)
    assert parse_pomdp(pomdp_text(found)).same(found)


WRONG = [
    ("", "1:1", "states must be given"),
    ("discount: .9\nstates 3", "2:8", "colon is needed after states"),
    ("discount: 1.5", "1:1", "between 0 and 1"),
    ("discount: .9\ndiscount: .9", "2:1", "said twice"),
    ("states: a a", "1:11", "must differ"),
    ("states: 0", "1:9", "whole number from 1"),
    ("states: 10000000", "1:9", "at most"),
    ("states: 5000\nactions: 5000\nobservations: 2\nT: *", "4:1", "entries; at most"),
    ("values: money", "1:9", "reward or cost"),
    ("? what", "1:1", "no word of the format"),
    ("states: a.b c", "1:10", "no word of the format"),
    ("hello: 1", "1:1", "begins nothing"),
    (HEAD + "T: walk identity", "6:4", "none of the actions"),
    (HEAD + "T: 2 identity", "6:4", "there are 2, from 0"),
    (HEAD + "T: go\n1 0 0\n0 1 0\n0 0", "9:4", "9 numbers"),
    (HEAD + "T: go : a : b x", "6:15", "'x'"),
    (HEAD + "T: go : a : b 1e999", "6:15", "too large a number"),
    (HEAD + "O: go : a : z 1", "6:13", "none of the observations"),
    (HEAD + "R: go 3", "6:7", "colon is needed"),
    (HEAD + REST + "T: go : b .5 .4 0", "8:1", "of action go and state b sums to 0.9"),
    (HEAD + REST + "O: stop : c 2 -1", "8:13", "between 0 and 1"),
    (HEAD + "O: * uniform\n", "7:1", "of action go and state a sums to 0"),
    (HEAD + "start: 7\n" + REST, "6:8", "none of the states"),
    (HEAD + "start exclude: *\n" + REST, "6:16", "no state to start in"),
    (HEAD[13:] + REST, "7:1", "discount is missing"),
]


@pytest.mark.parametrize(("text", "place", "says"), WRONG)
def test_what_is_wrong_is_said_with_its_place(text: str, place: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_pomdp(text, "f.pomdp")
    assert str(caught.value).startswith(f"f.pomdp:{place}: ")
    assert says in str(caught.value)


@given(st.binary(max_size=200))
def test_bytes_are_a_process_or_one_line(data: bytes) -> None:
    _never_worse(data)


@given(st.lists(st.sampled_from([*TIGER.split(), *MORE])))
def test_words_in_any_order_are_a_process_or_one_line(words: list[str]) -> None:
    _never_worse((HEAD + " ".join(words)).encode())
    _never_worse(" ".join(words).encode())


@given(st.integers(0, len(TIGER)), st.integers(0, 8), st.text(max_size=6))
def test_damage_gives_a_process_or_one_line(at: int, gone: int, new: str) -> None:
    _never_worse((TIGER[:at] + new + TIGER[at + gone :]).encode("utf-8", "replace"))


def _never_worse(data: bytes) -> None:
    try:
        found = parse_pomdp(data, "f")
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert parse_pomdp(pomdp_text(found)).same(found)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", tmp_path / "a\0b"):
        with pytest.raises(UserError, match="cannot be read"):
            load_pomdp(path)
    with pytest.raises(UserError, match="2:3: the file is not UTF-8"):
        parse_pomdp(b"# a\n# \xff")


def test_a_process_that_is_none() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"actions": ("a", "b")}, "shape"),
        ({"reward": np.full((3, 2), np.inf)}, "finite"),
        ({"start": np.array([0.5, 0.4])}, "start sums to 0.9"),
        ({"discount": 1.5}, "discount"),
        ({"states": ("a", "a")}, "names must differ"),
        ({"actions": ("uniform", "b", "c")}, "cannot name"),
        ({"observations": ()}, "no observations"),
    ]
    for change, says in wrong:
        with pytest.raises(UserError, match=says):
            replace(tiger(), **change)
