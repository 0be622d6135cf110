"""Every case of the zoo computes what its sources say, and follows from its settings."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

import pytest

import corrigible.zoo
from corrigible.bibliography import PAPERS, keys_in
from corrigible.errors import UserError
from corrigible.view.zoo import draw_case
from corrigible.zoo import NAMES, Case, Claim, load, results
from corrigible.zoo.shipped import shipped
from tests.conftest import Counts

FOLDER = Path(corrigible.zoo.__file__).parent
# What is no case: what cases are made of and kept by.
PARTS = {"__init__", "case", "registry", "shipped", "measure", "normal", "games"} | {
    "team",
    "hidden_information",
    "visible",
    "learners",
    "visible_gym",
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


@pytest.mark.parametrize("name", NAMES)
def test_what_is_computed_is_what_the_sources_say(name: str, counts: Counts) -> None:
    """What takes long is taken from what ships, and computed again where counts are full."""
    case = load(name)
    found = results(case, fresh=counts.full)
    assert [r.quantity for r in found] == [c.quantity for c in case.claims]
    for result in found:
        assert math.isfinite(result.computed), result.quantity
        assert result.agrees is not False or result.disputed, (
            f"{result.quantity}: {result.computed}, expected {result.expected}"
        )
        assert not (result.agrees and result.disputed), "what agrees is not disputed"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_ships_is_what_is_computed(name: str, counts: Counts) -> None:
    case = load(name)
    kept = shipped(case)
    if not kept:
        return
    assert set(kept) == {claim.quantity for claim in case.claims}
    for claim in case.claims[: counts.n(1, len(case.claims))]:
        assert kept[claim.quantity] == pytest.approx(claim.compute(case.settings), abs=claim.tol)


def _moved(case: Case, name: str) -> Mapping[str, float]:
    value = case.settings[name]
    return {**case.settings, name: 0.9 * value if value else 0.05}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_moving_a_payoff_moves_the_answer(name: str) -> None:
    """Whatever a case calls a setting matters: the first number that moves is enough."""
    case = load(name)
    at_home: dict[str, float] = dict(shipped(case))

    def before(claim: Claim) -> float:
        if claim.quantity not in at_home:
            at_home[claim.quantity] = claim.compute(case.settings)
        return at_home[claim.quantity]

    for setting in case.settings:
        moved = _moved(case, setting)
        assert any(
            abs(claim.compute(moved) - before(claim)) > 1e-9 * max(1.0, abs(before(claim)))
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
    monkeypatch.setattr(module, "_read", lambda: {"toggle": entry})
    assert module.shipped(case) == {"margin": 7.0}
    assert results(case)[0].computed == 7.0
    assert results(case, fresh=True)[0].computed != 7.0
    entry["key"] = "0" * 64
    assert module.shipped(case) == {}
