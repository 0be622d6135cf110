"""What a notebook shows of an object: its own numbers, and text as text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from corrigible import Belief, simulate
from corrigible._html import cell
from corrigible.agents import MeanReward, Thompson
from corrigible.inference import posterior
from corrigible.overseers import HandOfGod
from corrigible.planners import Certificate, certify, evaluate, solve
from corrigible.worlds import load_level
from tests.test_html import EVIL, Reader

TABLE = {"table", "caption", "thead", "tbody", "tr", "th", "td"}


def _read(thing: object) -> Reader:
    page = Reader(getattr(thing, "_repr_html_")())  # noqa: B009 (a protocol of notebooks)
    assert set(page.tags) <= TABLE
    return page


def test_a_belief() -> None:
    page = _read(Belief(np.zeros((20, 2)), np.log(np.arange(1.0, 21.0))))
    assert page.text[:3] == ["Belief over 20 hypotheses", "hypothesis", "probability"]
    assert page.text[3:5] == ["19", cell(20 / 210)]
    assert page.text[-2:] == ["8 more", cell(36 / 210)]
    level = load_level("twins")
    heard = posterior(level.problem, [(7, 0), (7, 2)])
    assert _read(heard).text[-2:] == ["alarms at", "1"]


def test_a_certificate_shows_a_bribe_once_it_was_asked_for() -> None:
    certificate = certify(load_level("twins").problem)
    text = _read(certificate).text
    assert cell(certificate.margin_lower) in text and "keeps" in text
    assert certificate.ledger is not None
    at = text.index("ledger: information")
    assert text[at + 1] == cell(certificate.ledger.information)
    assert "bribe" not in text
    bribe = certificate.bribe
    text = _read(certificate).text
    assert text[text.index("bribe") + 1] == cell(bribe)


def test_a_label_is_text() -> None:
    page = _read(replace(certify(load_level("twins").problem), state_label=EVIL))
    assert EVIL in page.text
    assert "nothing to disable" in _read(Certificate("nothing to disable")).text


def test_an_outcome_and_a_record() -> None:
    level = load_level("twins")
    agent = MeanReward(level.problem)
    outcome = evaluate(agent, level.truth)
    text = _read(outcome).text
    assert text[text.index("regret") + 1] == cell(outcome.regret)
    assert text[text.index("disabling probability") + 1] == cell(outcome.disabling_probability)
    record = simulate(agent, level.truth, 0, steps=9, episodes=4)
    text = _read(record).text
    assert text[text.index("episodes") + 1] == "4" and text[text.index("steps") + 1] == "9"
    assert text[text.index("presses, mean") + 1] == cell(float(record.presses.sum(1).mean()))


@pytest.mark.parametrize(
    ("name", "papers"),
    [
        ("agent", ["strens2000", "thompson1933"]),
        ("overseer", ["ramachandran2007"]),
        ("exact", ["astrom1965", "hauskrecht2000"]),
        ("bounds", ["hauskrecht2000", "smith2004"]),
        ("certificate", ["good1967", "smith2004"]),
    ],
)
def test_what_has_a_paper_cites_it(name: str, papers: list[str]) -> None:
    problem = load_level("twins").problem
    made = {
        "agent": lambda: Thompson(problem),
        "overseer": lambda: HandOfGod(0.5),
        "exact": lambda: solve(problem, method="exact"),
        "bounds": lambda: solve(problem, method="bounds", budget=0.2),
        "certificate": lambda: certify(problem),
    }
    text = made[name]().cite()
    assert text.startswith("@software{")
    assert all(f"{{{paper}," in text for paper in papers), text
