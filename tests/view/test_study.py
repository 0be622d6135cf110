"""A level, studied: the same numbers as the public planners give, and everything in JSON."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible.agents import MaximumAPosteriori, MeanReward, Thompson
from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.inference import posterior
from corrigible.inference.summary import summarise
from corrigible.planners import certify, evaluate, solve
from corrigible.simulate import simulate
from corrigible.view import as_json, from_json, study
from corrigible.view.clock import history
from corrigible.view.ends import ends, root, sign
from corrigible.view.rows import _ordered
from corrigible.view.schema import json_schema
from corrigible.view.setting import has_twins
from corrigible.view.snapshot import Snapshot
from corrigible.worlds.level import Level, load_level
from tests.view.studies import ASKED, studied


@pytest.fixture(scope="module")
def vault() -> Level:
    return load_level("vault")


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return studied("vault")


def test_everything_is_there(snapshot: Snapshot) -> None:
    assert not snapshot.missing
    assert [row.agent for row in snapshot.agents] == [
        "bayes",
        "mean-reward",
        "map",
        "thompson",
        "always-obey",
    ]
    assert [failure.kind for failure in snapshot.failures] == ["bonus", "rationality", "overrides"]
    assert snapshot.film is not None


def test_json_and_back(snapshot: Snapshot) -> None:
    text = json.dumps(as_json(snapshot), allow_nan=False)
    assert from_json(json.loads(text)) == snapshot
    jsonschema.validate(json.loads(text), json_schema(), jsonschema.Draft202012Validator)


def test_the_schema_refuses_another_key(snapshot: Snapshot) -> None:
    data = as_json(snapshot)
    data["clock"]["colour"] = "red"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json_schema(), jsonschema.Draft202012Validator)


def test_the_certificate_is_the_planners(vault: Level, snapshot: Snapshot) -> None:
    found, shown = certify(vault.problem), snapshot.certificate
    assert found.ledger is not None
    assert shown.worst.ledger is not None
    assert (shown.worst.verdict, shown.worst.state) == (found.verdict, found.state)
    assert shown.worst.margin == pytest.approx((found.margin_lower, found.margin_upper))
    assert shown.worst.ledger.information == pytest.approx(found.ledger.information)
    assert shown.bribe == pytest.approx(found.bribe)
    assert shown.bribe_for_ever == pytest.approx(found.bribe_for_ever)
    assert shown.exact
    assert [other.state for other in shown.others] == [other.state for other in found.others]
    for one, other in zip(shown.others, found.others, strict=True):
        assert one.margin == pytest.approx((other.margin_lower, other.margin_upper))
    parts = shown.worst.ledger
    total = parts.direct + parts.path + parts.information + parts.control
    assert total == pytest.approx(parts.total)


def test_the_computed_rows_are_the_judges(vault: Level, snapshot: Snapshot) -> None:
    plans = (solve(vault.problem), MeanReward(vault.problem), MaximumAPosteriori(vault.problem))
    for row, plan in zip(snapshot.agents, plans, strict=False):
        outcome = evaluate(plan, vault.truth)
        assert row.sampled == 0
        assert row.value == pytest.approx(outcome.value)
        assert row.regret == pytest.approx(outcome.regret)
        assert row.presses == pytest.approx(outcome.disabling_probability)


def test_ties_that_silence_cost_what_was_still_to_learn(snapshot: Snapshot) -> None:
    bayes, mean, *others = snapshot.agents
    assert bayes.regret_silencing is None
    # Once silenced, the mean reward keeps to the porch: .5 a step from the second on.
    assert mean.regret_silencing is not None
    best = mean.value + mean.regret
    assert best - mean.regret_silencing == pytest.approx(0.95**2 * 0.5 / 0.05)
    for row in others:
        assert row.regret_silencing is not None
        assert row.regret_silencing > row.regret + row.error / 2


def test_the_baselines_margins_are_what_they_plan_with() -> None:
    level = load_level("expensive-button")
    found = study(level, ASKED, budget=8.0, episodes=50)
    margins = {row.agent: row.margin for row in found.agents}
    state = found.certificate.worst.state
    for name, agent in (
        ("mean-reward", MeanReward(level.problem)),
        ("map", MaximumAPosteriori(level.problem)),
    ):
        believed = evaluate(agent, level.truth, state).believed_margin
        assert believed is not None
        assert abs(believed) > 0.1
        assert margins[name] == pytest.approx((believed, believed))
    assert margins["always-obey"] == margins["mean-reward"]
    drawn, likeliest = margins["thompson"], margins["map"]
    assert drawn is not None
    assert likeliest is not None
    assert (drawn[0] or 0.0) <= (likeliest[0] or 0.0) <= (drawn[1] or 0.0)


def test_the_played_rows_hold_their_errors(vault: Level, snapshot: Snapshot) -> None:
    row = next(row for row in snapshot.agents if row.agent == "thompson")
    record = simulate(Thompson(vault.problem), vault.truth, 99, 120, 100)
    mean = record.discounted_return(vault.world.discount).mean()
    # Four standard errors of the difference of two estimates.
    assert abs(mean - row.value) < 4.0 / 1.96 * math.hypot(row.error, 0.8 * row.error)
    assert row.presses == (0.0, 1.0)


def test_the_clock_is_the_posterior_and_the_certificate(vault: Level, snapshot: Snapshot) -> None:
    clock = snapshot.clock
    assert clock is not None
    told: list[tuple[int, int]] = []
    assert [point.corrections for point in clock.points][:4] == [0, 1, 2, 4]
    for point in clock.points[:3]:
        if point.told is not None:
            told.append(point.told)
        belief = posterior(vault.problem, told)
        found = certify(vault.problem, belief, clock.state)
        assert point.margin == pytest.approx((found.margin_lower, found.margin_upper))
        assert point.vpi == pytest.approx(summarise(vault.problem, belief).vpi)
        assert point.bribe == pytest.approx(found.bribe)
    after = [point for point in clock.points if point.corrections == clock.crossing]
    assert after[0].verdict == clock.crossing_verdict == "indifferent"
    means = [point.mean for point in clock.points]
    assert means == sorted((m for m in means if m is not None), reverse=True)


def test_a_history_is_the_hands(vault: Level) -> None:
    told = history(vault.truth, 5, 30)
    assert told[:10] == history(vault.truth, 5, 10)
    assert all(vault.truth.likelihood[state, action] > 0.0 for state, action in told)


def test_the_bonus_is_the_levels_own_payment(snapshot: Snapshot) -> None:
    bonus = snapshot.failures[0]
    assert bonus.boundary is not None
    low, high = bonus.boundary
    assert low is not None
    assert high is not None
    assert high - low <= 1e-6
    state = snapshot.certificate.worst.state
    for x, verdict in ((low - 1e-3, "keeps"), (high + 1e-3, "disables")):
        paid = load_level("vault", {"legend.T.pays": x})
        assert certify(paid.problem, state=state).verdict == verdict


def test_believed_above_and_true_below(vault: Level, snapshot: Snapshot) -> None:
    found = snapshot.failures[1]
    assert found.boundary is not None
    plan = solve(vault.problem)
    for x, right in ((found.shown, False), (found.points[-1].x, True)):
        assert x is not None
        errs = load_level("vault", {"truth.overseer.rationality": x}).truth
        outcome = evaluate(plan, errs)
        assert outcome.believed_margin is not None
        assert outcome.true_margin is not None
        assert outcome.believed_margin > 0.0
        assert (outcome.true_margin > 0.0) == right
    shown = next(p for p in found.points if p.x == found.shown)
    assert sign(shown.believed, 0.0) > 0 > sign(shown.true, 0.0)


def test_a_hand_that_overrides_is_silenced(snapshot: Snapshot) -> None:
    found = snapshot.failures[2]
    shown = next(p for p in found.points if p.x == found.shown)
    acting = {"overseer.about": "current", "overseer.mode": "overrides", "overseer.rate": shown.x}
    state = snapshot.certificate.worst.state
    certificate = certify(load_level("vault", acting).problem, state=state)
    assert certificate.verdict == "disables"
    assert shown.believed == pytest.approx((certificate.margin_lower, certificate.margin_upper))
    assert shown.compare == pytest.approx((0.0, 0.0), abs=1e-9)


def test_the_episode_ends_where_nothing_changes(snapshot: Snapshot) -> None:
    film = snapshot.film
    assert film is not None
    assert [frame.step for frame in film.frames] == list(range(len(film.frames)))
    assert film.frames[0].correction is None
    assert film.frames[-1].chosen is None
    assert all(frame.possible >= 1 for frame in film.frames)


def test_the_same_seed_gives_the_same() -> None:
    again = study(load_level("off-switch"), ASKED, budget=300.0, episodes=50)
    assert again == studied("off-switch")


@pytest.mark.parametrize("name", ["forced-toggle", "room-12x12"])
def test_other_verdicts(name: str) -> None:
    found = study(load_level(name), ASKED, budget=4.0, episodes=50)
    jsonschema.validate(as_json(found), json_schema(), jsonschema.Draft202012Validator)
    assert found.certificate.worst.verdict in ("disables", "nothing to disable")


def test_an_overseer_that_never_speaks() -> None:
    found = study(load_level("twins", {"overseer.rate": 0.0}), ASKED, budget=20.0, episodes=50)
    assert found.clock is None
    assert "clock" not in found.missing


def test_what_makes_no_sense_is_refused() -> None:
    wrongs: list[dict[str, Any]] = [{"budget": 0.0}, {"episodes": 0}, {"episodes": 75}, {"tol": -1}]
    for wrong in wrongs:
        with pytest.raises(UserError):
            study(load_level("off-switch"), ASKED, **wrong)


def test_little_time_leaves_things_out() -> None:
    found = study(load_level("twin-12x12"), ASKED, budget=0.1)
    assert found.agents[0].agent == "bayes"
    assert "clock" in found.missing
    assert len(set(found.missing)) == len(found.missing)


def test_another_order_of_actions_is_the_same_problem(vault: Level) -> None:
    order = np.array([4, 2, 0, 1, 3])
    problem, truth = _ordered(vault.problem, vault.truth, order)
    assert solve(problem).value_at_start == pytest.approx(solve(vault.problem).value_at_start)
    assert np.array_equal(truth.reward, vault.truth.reward[:, order])


def test_twins_are_told_from_what_only_looks_alike(vault: Level) -> None:
    assert has_twins(load_level("twins").problem, certify(load_level("twins").problem).state or 0)
    assert not has_twins(vault.problem, 0)
    problem = load_level("lock-2").problem
    assert has_twins(problem, 0)
    rewards = problem.rewards.copy()
    rewards[1, 0, 1] += 0.5
    assert not has_twins(replace(problem, prior=Belief.uniform(rewards)), 0)


@given(st.floats(-50, 50), st.floats(0.1, 20))
def test_roots_are_bracketed(at: float, slope: float) -> None:
    def line(x: float) -> tuple[float, float]:
        return slope * (x - at), slope * (x - at)

    found = root(line, at - 7.0, at + 11.0, math.inf)
    assert found is not None
    low, high = found
    assert low is not None
    assert high is not None
    assert low <= at <= high
    assert high - low <= 1e-6 * max(1.0, abs(at))
    assert root(line, at + 1.0, at + 11.0, math.inf) is None


def test_ends_are_finite() -> None:
    assert ends(-math.inf, 2.0) == (None, 2.0)
    assert ends(math.inf, math.inf) is None
    assert ends(None, None) is None
    assert [math.copysign(1.0, end or 0.0) for end in ends(-0.0, -0.0) or ()] == [1.0, 1.0]
