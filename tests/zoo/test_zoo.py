"""Every case of the zoo computes what its sources say, and follows from its settings."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import corrigible.zoo
from corrigible.bibliography import PAPERS, keys_in
from corrigible.errors import UserError
from corrigible.view.zoo import draw_case
from corrigible.zoo import NAMES, Case, load, results
from corrigible.zoo.shipped import FILE, shipped, shipped_columns
from tests.conftest import Counts
from tests.zoo.conftest import Fresh

FOLDER = Path(corrigible.zoo.__file__).parent
# What is no case: what cases are made of and kept by.
PARTS = {"__init__", "case", "registry", "shipped", "measure", "normal", "games"} | {
    "team",
    "hidden_information",
    "visible",
    "learners",
    "visible_gym",
    "asked",
}


def test_every_case_is_registered() -> None:
    cases = {path.stem.replace("_", "-") for path in FOLDER.glob("*.py") if path.stem not in PARTS}
    assert cases == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_case_says_what_it_is(name: str) -> None:
    case = load(name)
    assert case.name == name
    quantities = [claim.quantity for claim in case.claims]
    assert len(set(quantities)) == len(quantities)
    for text in (case.title, case.moral, case.story, *(c.source for c in case.claims)):
        assert text
        assert "\n" not in text
    assert len(case.moral) <= 100
    for key in keys_in(" ".join([case.paper, case.story, *(c.source for c in case.claims)])):
        assert key in PAPERS
    assert keys_in(case.paper)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_is_computed_afresh_is_what_the_sources_say(name: str, fresh: Fresh) -> None:
    case = load(name)
    found = fresh.rows[name]
    assert list(found) == [claim.quantity for claim in case.claims]
    for quantity, row in found.items():
        assert math.isfinite(row["computed"]), quantity
        assert row["agrees"] is not False or row["disputed"], (
            f"{quantity}: {row['computed']}, expected {row['expected']}"
        )
        assert not (row["agrees"] and row["disputed"]), "what agrees is not disputed"


@pytest.mark.slow
def test_what_ships_fits_the_code_and_is_what_is_computed_afresh(fresh: Fresh) -> None:
    kept = json.loads((FOLDER / FILE).read_text(encoding="utf-8"))
    assert set(kept) <= set(NAMES)
    for name in kept:
        case = load(name)
        numbers = shipped(case)
        assert set(numbers) == {claim.quantity for claim in case.claims}, f"{name} is out of date"
        for claim in case.claims:
            now = fresh.rows[name][claim.quantity]["computed"]
            assert numbers[claim.quantity] == pytest.approx(now, abs=claim.tol), claim.quantity


@pytest.mark.slow
def test_columns_ship_for_every_problem_and_are_what_is_computed_afresh(fresh: Fresh) -> None:
    problems = {name for name in NAMES if load(name).problem is not None}
    assert set(fresh.columns) == problems
    for name in problems:
        kept = shipped_columns(load(name))
        assert kept is not None, f"{name} is out of date"
        for key, value in asdict(kept).items():
            now = fresh.columns[name][key]
            if key == "name" or value is None:
                assert now == value, f"{name}: {key}"
            else:
                assert np.asarray(value) == pytest.approx(np.asarray(now), abs=1e-6), (name, key)


def _moved(case: Case, name: str) -> Mapping[str, float]:
    value = case.settings[name]
    return {**case.settings, name: 0.9 * value if value else 0.05}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_moving_a_payoff_moves_the_answer(name: str, fresh: Fresh) -> None:
    """Whatever a case calls a setting matters: the first number that moves is enough."""
    case = load(name)
    before = {quantity: row["computed"] for quantity, row in fresh.rows[name].items()}
    for setting in case.settings:
        moved = _moved(case, setting)
        assert any(
            abs(claim.compute(moved) - before[claim.quantity])
            > 1e-9 * max(1.0, abs(before[claim.quantity]))
            for claim in case.claims
        ), f"{setting} moves nothing"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_closed_forms_hold_elsewhere_too(name: str, counts: Counts) -> None:
    """Each closed form is compared with the solver at other settings than those of the case."""
    case = load(name)
    closed = [claim for claim in case.claims if callable(claim.expected)]
    if not counts.full and shipped(case):
        closed = closed[:1]
    for index, setting in enumerate(case.settings):
        moved = _moved(case, setting)
        for claim in closed if counts.full else closed[index % max(1, len(closed)) :][:1]:
            expected = claim.at(moved)
            assert claim.compute(moved) == pytest.approx(expected, abs=2 * claim.tol), (
                f"{claim.quantity}, {setting} moved"
            )


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_picture_is_a_file_of_its_own(name: str) -> None:
    drawn = draw_case(load(name))
    root = ElementTree.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    assert sum(1 for _ in root.iter()) > 10


def test_a_case_that_is_none() -> None:
    with pytest.raises(UserError, match="no case 'nothing'"):
        load("nothing")
    with pytest.raises(UserError, match="no setting 'height'"):
        results(load("school"), {"height": 1.0})


def test_settings_can_be_replaced() -> None:
    case = load("school")
    (margin, *_) = results(case, {"bonus": 3.0})
    assert margin.computed == pytest.approx(2.655 - 3.0)
    assert margin.agrees


def test_nothing_shipped_is_taken_for_another_code_or_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from corrigible.zoo import shipped as module

    case = load("toggle")
    entry = {"key": module.key_of(case), "computed": {"margin": 7.0}}
    monkeypatch.setattr(module, "_read", lambda _file: {"toggle": entry})
    assert module.shipped(case) == {"margin": 7.0}
    assert results(case)[0].computed == 7.0
    assert results(case, fresh=True)[0].computed != 7.0
    entry["key"] = "0" * 64
    assert module.shipped(case) == {}
