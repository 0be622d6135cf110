"""Words taken apart, text made harmless, values made JSON."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible.cli.flags import split_overrides
from corrigible.cli.reply import jsonable, settings_hash
from corrigible.cli.text import plain
from corrigible.errors import UserError


@pytest.mark.parametrize(
    ("words", "rest", "found"),
    [
        (["run", "x", "--overseer.rate", ".1"], ["run", "x"], {"overseer.rate": ".1"}),
        (["--world.discount=.9", "run"], ["run"], {"world.discount": ".9"}),
        (["run", "--a.b", "-1", "x"], ["run", "x"], {"a.b": "-1"}),
        (["run", "--a.b="], ["run"], {"a.b": ""}),
        (["run", "--a.b", "--json"], ["run"], {"a.b": "--json"}),
        (['--legend.".".kind', "tile"], [], {'legend.".".kind': "tile"}),
        (['--legend."=".pays=1'], [], {'legend."=".pays': "1"}),
        (["run", "../a.toml", "--tol", ".1"], ["run", "../a.toml", "--tol", ".1"], {}),
        (["run", "--x=a.b"], ["run", "--x=a.b"], {}),
        (["--", "--a.b", "1"], ["--", "--a.b", "1"], {}),
    ],
)
def test_overrides_are_taken_out(words: list[str], rest: list[str], found: dict[str, str]) -> None:
    assert split_overrides(words) == (rest, found)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--a.b"], "--a.b needs a value"),
        (["--a.b", "1", "--a.b", "2"], "--a.b is given twice"),
    ],
)
def test_overrides_that_make_no_sense(words: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        split_overrides(words)


@given(st.lists(st.text(st.characters(exclude_characters=".=\x00"), max_size=6), max_size=5))
def test_words_without_dots_are_left_alone(words: list[str]) -> None:
    assert split_overrides(words) == (words, {})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x1b]never ended", ""),
        ("\x9b31mx\x1bcx", "xx"),
        ("a\r\nb\tc\x00\x08\x7f", "a  b c"),
        ("\u202eevil\u2066", "evil"),
        ("[bold]not markup[/bold]", "[bold]not markup[/bold]"),
        ("\u6f22\u5b57 \U0001f600", "\u6f22\u5b57 \U0001f600"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_plain_text_steers_nothing(text: str) -> None:
    shown = plain(text)
    assert all(c >= " " and not "\x7f" <= c <= "\x9f" for c in shown)
    assert plain(shown) == shown


def test_jsonable() -> None:
    given_ = {
        "a": np.array([[1.0, math.inf], [math.nan, -0.5]]),
        "b": (np.int64(3), np.float64(-math.inf), np.bool_(True), None, "x"),
        3: {"deep": [np.float32(0.5)]},
    }
    assert jsonable(given_) == {
        "a": [[1.0, None], [None, -0.5]],
        "b": [3, None, True, None, "x"],
        "3": {"deep": [0.5]},
    }
    with pytest.raises(TypeError, match="set"):
        jsonable({1, 2})


@given(st.floats())
def test_no_float_breaks_json(value: float) -> None:
    json.dumps(jsonable([value]), allow_nan=False)


def test_settings_hash() -> None:
    one = settings_hash("run", {"a": 1, "b": [math.inf]})
    assert one == settings_hash("run", {"b": [math.inf], "a": 1})
    others = {
        settings_hash("certify", {"a": 1, "b": [math.inf]}),
        settings_hash("run", {"a": 1, "b": [-math.inf]}),
        settings_hash("run", {"a": 1.5, "b": [math.inf]}),
    }
    assert len(others) == 3
    assert one not in others
