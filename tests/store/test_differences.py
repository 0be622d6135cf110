"""What differs, named once each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible.store.differences import MISSING, differences, flatten

DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc."), inner, max_size=3)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": 3}, [("a", 1, 3, 2)]),
        ({"a": 1}, {"a": True}, [("a", 1, True, None)]),
        ({"a": "x"}, {"a": "y"}, [("a", "x", "y", None)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 4, "b": 1}}, [("a.c", 2, 4, 2)]),
        ({"a": 1}, {"b": 1}, [("a", 1, MISSING, None), ("b", MISSING, 1, None)]),
        ({".": {"=": None}}, {".": {"=": 0}}, [('"."."="', None, 0, None)]),
        ({"a": [1, 2]}, {"a": [1, 5, 6]}, [("a[1]", 2, 5, 3), ("a[2]", MISSING, 6, None)]),
        ({"a": {}}, {"a": []}, [("a", {}, [], None)]),
        ({"a": float("nan")}, {"a": float("nan")}, []),
        ({"a": float("inf")}, {"a": 5.0}, [("a", float("inf"), 5.0, float("-inf"))]),
    ],
)
def test_differences(left: Any, right: Any, found: list[Any]) -> None:
    assert [(d.key, d.left, d.right, d.change) for d in differences(left, right)] == found


def test_long_lists_and_records_are_values_of_their_own() -> None:
    records = {"episode": [{"step": 0}, {"step": 1}], "few": [1, 2], "many": list(range(9))}
    assert flatten(records, deep=False) == {
        "episode": records["episode"],
        "few[0]": 1,
        "few[1]": 2,
        "many": records["many"],
    }
    assert len(flatten(records)) == 2 + 2 + 9
    other = {**records, "episode": [{"step": 0}, {"step": 2}]}
    (found,) = differences(records, other, deep=False)
    assert (found.key, found.left) == ("episode", records["episode"])
    assert found.change is None


@given(DATA, st.booleans())
def test_nothing_differs_from_itself(data: Any, deep: bool) -> None:
    assert differences(data, json.loads(json.dumps(data)), deep) == []


@given(DATA, DATA, st.booleans())
def test_what_differs_differs_both_ways(left: Any, right: Any, deep: bool) -> None:
    there, back = differences(left, right, deep), differences(right, left, deep)
    assert {d.key for d in there} == {d.key for d in back}
    assert (not there) == (
        json.dumps(_plain(left), sort_keys=True) == json.dumps(_plain(right), sort_keys=True)
    )


def _plain(value: Any) -> Any:
    """With 1.0 for 1 and 0.0 for -0.0, which differ as text only."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) + 0.0
    return value
