"""One episode from outside: it is `simulate`'s, and what is taken back has never been."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from corrigible import Truth, simulate
from corrigible.agents import Agent, AlwaysObey, MeanReward, Thompson
from corrigible.errors import UserError
from corrigible.overseers import HandOfGod, Human
from corrigible.planners import evaluate, solve
from corrigible.problem import Problem
from corrigible.simulate import Record, Session
from corrigible.testing.strategies import random_problem
from corrigible.worlds import load_level

STEPS = 12


def _said(record: Record, time: int) -> tuple[int, int] | None:
    state, action = record.corrections[0, time].tolist()
    return None if state < 0 else (state, action)


def _by_a_person(truth: Truth) -> Truth:
    return replace(truth, overseer=Human.instead_of(truth.overseer))


def _follow(session: Session, record: Record, until: int = STEPS) -> None:
    while session.now.time < until:
        session.hear(_said(record, session.now.time))


def _same(session: Session, record: Record) -> None:
    """The last arrival apart: there `simulate` still hears, and nobody acts on it."""
    mine = session.record()
    for field in fields(Record):
        ours, theirs = getattr(mine, field.name), getattr(record, field.name)
        if field.name in ("corrections", "ask_costs"):
            ours, theirs = ours[:, :-1], theirs[:, :-1]
        np.testing.assert_array_equal(ours, theirs, err_msg=field.name)


def _problems(count: int) -> list[Problem]:
    found = [random_problem(seed) for seed in range(count)]
    assert len({(p.overseer.about, p.overseer.mode) for p in found}) >= 3
    return found


@pytest.mark.parametrize("kind", [MeanReward, Thompson, AlwaysObey])
def test_the_same_words_give_the_record_of_simulate(kind: Any, counts: Any) -> None:
    for seed, problem in enumerate(_problems(counts.n(12, 60))):
        agent, truth = kind(problem), problem.truth(0)
        record = simulate(agent, truth, seed, steps=STEPS)
        session = Session(agent, _by_a_person(truth), seed)
        _follow(session, record)
        _same(session, record)


def test_what_is_taken_back_has_never_been(counts: Any) -> None:
    for seed, problem in enumerate(_problems(counts.n(8, 40))):
        agent, truth = Thompson(problem), problem.truth(0)
        record = simulate(agent, truth, seed, steps=STEPS)
        session = Session(agent, _by_a_person(truth), seed)
        _follow(session, record, 5)
        for action in range(problem.world.n_actions):
            if session.refusal((session.now.state, action)) is None:
                session.hear((session.now.state, action))
                session.undo()
        for _ in range(3):
            session.undo()
        assert session.now.time == 2
        _follow(session, record)
        _same(session, record)


def test_to_look_changes_nothing() -> None:
    level = load_level("school")
    session = Session(solve(level.problem).agent(), _by_a_person(level.truth), 0)
    session.hear()
    before = session.now
    told = {a: session.respond((before.state, a)) for a in range(3)}
    assert session.now is before and len(session.responses) == 1
    assert session.hear((before.state, 1)) is told[1]
    assert session.record().corrections[0].tolist() == [[-1, -1], [1, 1], [-1, -1]]


def _school(**changes: Any) -> Session:
    level = load_level("school")
    truth = replace(level.truth, overseer=Human(**changes))
    return Session(MeanReward(level.problem), truth, 0)


def test_a_person_is_refused_what_the_model_does_not_allow() -> None:
    session = _school()
    assert "start" in (session.refusal((0, 0)) or "")
    assert session.refusal(None) is None
    session.hear()
    assert session.refusal((4, 1)) is None
    assert "no state" in (session.refusal((9, 0)) or "")
    with pytest.raises(UserError, match="no state"):
        session.hear((0, 3))
    over = _school(mode="overrides")
    over.hear()
    assert "fork" in (over.refusal((0, 0)) or "")
    assert over.hear((over.now.state, 1)).executed == 1
    asked = _school(about="asked")
    asked.hear()
    assert "asks nothing" in (asked.refusal((1, 0)) or "")
    with pytest.raises(UserError, match="nothing to take back"):
        _school().undo()


def test_nothing_is_heard_once_the_channel_is_off() -> None:
    level = load_level("school", {"prior.hypothesis.0.pays.decide": {"right": 9.0}})
    session = Session(MeanReward(level.problem), _by_a_person(level.truth), 0)
    session.hear()
    assert not session.now.channel_on
    assert "off" in (session.refusal((1, 0)) or "")
    assert session.record().turned_off_by_choice.all()


def test_answers_are_charged_and_only_about_what_was_asked() -> None:
    over = {"overseer.about": "asked", "overseer.ask_cost": 0.01}
    level = load_level("school", over)
    session = Session(solve(level.problem).agent(), _by_a_person(level.truth), 0)
    while session.now.asked is None:
        session.hear()
    about = session.now.asked
    other = (about + 1) % level.world.n_states
    assert level.world.label(about) in (session.refusal((other, 0)) or "")
    session.hear((about, 0))
    assert session.record().ask_costs.sum() == pytest.approx(0.01)


def test_what_a_person_says_cannot_be_drawn_or_judged() -> None:
    level = load_level("school")
    truth = _by_a_person(level.truth)
    agent = MeanReward(level.problem)
    for attempt in (lambda: simulate(agent, truth, 0, steps=3), lambda: evaluate(agent, truth)):
        with pytest.raises(UserError, match="a person has no likelihood"):
            attempt()
    assert Human.instead_of(HandOfGod(0.1, about="asked", ask_cost=0.5)).ask_cost == 0.5
    assert truth.overseer.only(0) is truth.overseer


class _Homeless(Agent):
    """Carries no problem.

    Source: this package.
    """

    def init(self, problem: Problem, key: Any) -> Any:
        raise AssertionError

    def act(self, state: Any, observation: Any, key: Any) -> Any:
        raise AssertionError


def test_a_session_needs_a_problem_that_fits() -> None:
    level, other = load_level("school"), load_level("twins")
    with pytest.raises(UserError, match="the truth has 9 states"):
        Session(MeanReward(level.problem), other.truth, 0)
    with pytest.raises(UserError, match="does not carry its problem"):
        Session(_Homeless(), level.truth, 0)
