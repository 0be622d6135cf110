"""Sentences follow their numbers: change the level, and every sentence follows."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from corrigible.view import explain, study
from corrigible.view.snapshot import Judged, LedgerView, Snapshot
from corrigible.worlds.level import load_level
from tests.view.studies import ASKED, studied

FLAGS = {
    "overseer.rate": 0.5,
    "prior.weights": "[[0.3, -0.2, -0.2, 1, -2], [0.3, -0.2, -0.2, -2, 1]]",
    "prior.features": '["P", "D", "v", "a", "b"]',
    "prior.names": '["a", "b"]',
    "world.discount": 0.9,
    "truth.hypothesis": "b",
}


@pytest.fixture(scope="module")
def before() -> Snapshot:
    return studied("vault")


@pytest.fixture(scope="module")
def after() -> Snapshot:
    return study(load_level("vault", FLAGS), ASKED, budget=300.0, episodes=50)


def _sentences(snapshot: Snapshot) -> dict[str, str]:
    for_, against = explain.answer(snapshot)
    found = {
        "for": for_,
        "against": against,
        "level": explain.level(snapshot),
        "verdicts": explain.verdicts(snapshot),
        "ledger": explain.ledger(snapshot),
        "bribes": explain.bribes(snapshot),
        "clock": explain.clock(snapshot),
        "truth": explain.truth(snapshot),
        "obedience": explain.obedience(snapshot),
        "bayes": explain.agent(snapshot, snapshot.agents[0]),
    }
    found |= {f.kind: explain.failure(snapshot, f) for f in snapshot.failures}
    return found


def test_every_sentence_follows_the_payoff(before: Snapshot, after: Snapshot) -> None:
    old, new = _sentences(before), _sentences(after)
    assert set(old) == set(new)
    assert not {name for name in old if old[name] == new[name]}


def test_the_numbers_in_the_sentences_are_the_snapshots(before: Snapshot, after: Snapshot) -> None:
    for one in (before, after):
        worst, said = one.certificate.worst, _sentences(one)
        assert worst.ledger is not None
        assert f"{explain.ends(worst.margin)} more" in said["for"]
        assert f"information {explain.number(worst.ledger.information)}" in said["ledger"]
        assert said["ledger"].count(explain.number(worst.ledger.total)) >= 1
        assert explain.ends(one.certificate.bribe) in said["bribes"]
        assert explain.ends(one.certificate.bribe_for_ever) in said["bribes"]
        assert one.clock is not None
        assert f"after {one.clock.crossing}" in said["clock"]
        for failure in one.failures:
            if failure.boundary is not None:
                assert explain.ends(failure.boundary) in said[failure.kind]


def test_a_boundary_that_was_not_found_is_not_claimed(before: Snapshot) -> None:
    bonus, rationality, overrides = before.failures
    wide = (replace(bonus, boundary=(0.0, 1.5)), replace(rationality, boundary=None), overrides)
    _, against = explain.answer(replace(before, failures=wide))
    assert "a bonus of 1.5 each time" in against
    assert f"of rationality {explain.number(rationality.shown)} makes" in against
    assert "somewhere between 0 and 1.5 on" in explain.failure(before, wide[0])
    unpaid = replace(before.certificate, bribe=None, bribe_for_ever=None)
    nothing = replace(before, certificate=unpaid, clock=None, failures=(), missing=("bribe",))
    assert "not worked out in the time" in explain.answer(nothing)[1]


def test_one_sentence_is_one_sentence(before: Snapshot) -> None:
    for name, said in _sentences(before).items():
        assert said.endswith("."), name
        assert len(re.findall(r"\.(?:\s|$)", said)) == 1, said
        assert "None" not in said


def _with(snapshot: Snapshot, judged: Judged) -> Snapshot:
    return replace(snapshot, certificate=replace(snapshot.certificate, worst=judged))


def _judged(verdict: str, low: float, high: float, information: float) -> Judged:
    total = 0.5 * (low + high)
    parts = LedgerView(total - information, 0.0, information, 0.0, total, high - low)
    return Judged(verdict, (low, high), 0, 1, 2, parts)


@pytest.mark.parametrize(
    ("judged", "for_", "against"),
    [
        (_judged("keeps", 1.5, 1.5, 2.0), "It keeps", "But"),
        (_judged("disables", -1.5, -1.5, 0.5), "information (0.5)", "It silences"),
        (_judged("disables", -1.5, -1.5, 0.0), "Nothing speaks", "1.5 more"),
        (_judged("indifferent", 0.0, 0.0, 0.0), "costs it nothing", "order of its actions"),
        (_judged("undecided", -0.25, 0.75, 0.5), "up to 0.75", "up to 0.25"),
        (Judged("nothing to disable", None, None, None, None, None), "want of a choice", "no"),
        (Judged("forced", None, 0, None, None, None), "not up to it", "no margin"),
    ],
)
def test_every_verdict_has_its_answer(
    before: Snapshot, judged: Judged, for_: str, against: str
) -> None:
    snapshot = _with(before, judged)
    said = explain.answer(snapshot)
    assert for_ in said[0]
    assert against in said[1]
    assert judged.verdict in dict(explain.verdict_key())
    for sentence in (explain.verdicts(snapshot), explain.ledger(snapshot)):
        assert sentence.endswith(".")
    row = replace(before.agents[0], verdict=judged.verdict, margin=judged.margin)
    reasons = {explain.agent(snapshot, replace(row, agent=name)) for name in _AGENTS}
    assert len(reasons) == len(_AGENTS)


_AGENTS = ("bayes", "mean-reward", "map", "thompson", "always-obey")


def test_ties_are_not_blamed_for_a_plan_cut_short(before: Snapshot) -> None:
    row = replace(before.agents[0], presses=(0.0, 1.0))
    assert "ties" in explain.agent(before, row)
    rough = replace(row, error=2.5)
    assert "not worked out any closer" in explain.agent(before, rough)
    assert explain.regret(rough).startswith("~")
    said = explain.agents(replace(before, agents=(rough,)))
    assert "bayes: followed through so many beliefs only, regret within 2.5" in said


@pytest.mark.parametrize(
    ("margin", "part"), [(1.0, "less than the 1.25"), (-1.0, "on top of the 0.75")]
)
def test_what_silences_may_leave_more_to_learn(before: Snapshot, margin: float, part: str) -> None:
    judged = _judged("keeps" if margin > 0 else "disables", margin, margin, -0.25)
    row = replace(before.agents[0], verdict=judged.verdict, margin=judged.margin)
    said = explain.agent(_with(before, judged), row)
    assert "leaves it 0.25 more to learn" in said
    assert part in said


def test_what_disables_says_so() -> None:
    snapshot = studied("overriding-hand")
    said = _sentences(snapshot)
    assert "It silences its overseer" in said["against"]
    assert "all of it control" in said["against"]
    assert "less than nothing" in said["bribes"]
    assert "no reason to lose" in said["clock"]
    assert "needs no bonus" in said["bonus"]
    assert "no reason to keep its overseer that could be undone" in explain.failures(snapshot)
    assert "a mistake" in said["truth"]


def test_no_failure_is_claimed_where_none_is_shown() -> None:
    snapshot = studied("off-switch")
    said = _sentences(snapshot)
    assert "does not fall below 0" in said["rationality"]
    assert "that alone does not turn it" in said["overrides"]
    assert "rationality below" not in said["against"]
    assert "is silenced" not in said["against"]


def test_what_was_not_worked_out_is_named(before: Snapshot) -> None:
    assert explain.missing(before) == ""
    cut = replace(before, clock=None, film=None, truth=None, missing=("clock", "film"))
    assert explain.missing(cut) == (
        "Cut short or left out for lack of time: the deference clock and the episode."
    )
    for said in (explain.clock(cut), explain.film(cut), explain.truth(cut), explain.obedience(cut)):
        assert said.endswith(".")


def test_frames_say_what_happened(before: Snapshot) -> None:
    film = before.film
    assert film is not None
    for frame in film.frames:
        said = explain.frame(before, frame)
        assert said.startswith(f"step {frame.step}, ")
        assert ("told" in said) == (frame.correction is not None)


def test_assumptions_follow(before: Snapshot) -> None:
    about = before.assumptions
    other = replace(about, twins=True, monotone=False, same_hand=False, true_possible=False)
    said = " ".join(explain.assumptions(replace(before, assumptions=other)))
    assert "has a twin" in said
    assert "not monotone" in said
    assert "the true one is not among them" in said
    assert explain.assumptions(before) != explain.assumptions(replace(before, assumptions=other))
    assert len(explain.not_shown(before)) >= 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (1e-9, "0"),
        (-1e-9, "0"),
        (1.97893, "1.979"),
        (12345.6, "12346"),
        (-0.5, "-0.5"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert explain.number(value) == text


@pytest.mark.parametrize(
    ("pair", "text"),
    [
        (None, "-"),
        ((1.0, 1.0 + 1e-9), "1"),
        ((0.33074999, 0.33075011), "0.3308"),
        ((1.0, 2.0), "1 to 2"),
        ((None, 2.0), "at most 2"),
        ((1.0, None), "at least 1"),
    ],
)
def test_intervals(pair: tuple[float | None, float | None] | None, text: str) -> None:
    assert explain.ends(pair) == text
