"""What arriving with the channel on is worth: each formula, written out by loops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible import Problem
from corrigible.overseers import HandOfGod
from corrigible.planners.arrivals import (
    Policy,
    Signals,
    Solved,
    arrival_terms,
    everything,
    hear,
    solve_beliefs,
    solve_off,
)
from corrigible.testing.strategies import random_problem
from corrigible.worlds.optimum import optimal_q

KINDS: list[dict[str, Any]] = [
    {"about": "current"},
    {"about": "uniform"},
    {"about": "asked", "ask_cost": 0.3},
    {"about": "current", "mode": "overrides"},
]
BELIEFS, KNOWN = 3, 5


def _problem(kind: dict[str, Any], seed: int = 9) -> Problem:
    given = random_problem(seed)
    return Problem(given.world, HandOfGod(0.4, **kind), given.prior)


def _signals(problem: Problem, rng: np.random.Generator) -> Signals:
    states, actions = problem.world.n_states, problem.world.n_actions
    size = (BELIEFS, states, actions)
    return Signals(
        rng.random(size) < 0.4,
        rng.dirichlet(np.ones(actions), size[:2]),
        rng.integers(0, KNOWN, size),
    )


def _arrival(
    problem: Problem, told: Signals, known: np.ndarray, on: np.ndarray, n: int, s: int
) -> float:
    """A(b, s) for belief n whose own Q is `on`, by the formulas of the module's docstring."""
    hand, states = problem.overseer, problem.world.n_states
    value = known.max(axis=2)

    def after(about: int, here: int) -> float:
        total = 0.0
        for a, chance in enumerate(told.chance[n, about]):
            stays = told.same[n, about, a]
            total += chance * (on[here].max() if stays else value[told.after[n, about, a], here])
        return total

    if hand.mode == "overrides":
        heard = 0.0
        for a, chance in enumerate(told.chance[n, s]):
            executed = on if told.same[n, s, a] else known[told.after[n, s, a]]
            heard += chance * executed[s, a]
    elif hand.about == "asked":
        asked = max(after(o, s) for o in range(states)) - hand.ask_cost
        heard = max(on[s].max(), asked)
    elif hand.about == "uniform":
        heard = float(np.mean([after(o, s) for o in range(states)]))
    else:
        heard = after(s, s)
    return (1 - hand.rate) * on[s].max() + hand.rate * heard


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("seed", [9, 13, 22, 45])
def test_the_fixed_point_is_the_formula(seed: int, kind: dict[str, Any]) -> None:
    problem, rng = _problem(kind, seed), np.random.default_rng(seed)
    world = problem.world
    size = (world.n_states, world.n_actions)
    told, known = _signals(problem, rng), rng.normal(size=(KNOWN, *size))
    rewards = rng.normal(size=(BELIEFS, *size))
    heard = hear(problem, told, known.max(axis=2), known)
    found = solve_beliefs(problem, rewards, heard)
    for n in range(BELIEFS):
        arrivals = np.array(
            [_arrival(problem, told, known, found.on[n], n, s) for s in range(world.n_states)]
        )
        assert found.arrival[n] == pytest.approx(arrivals, abs=1e-10)
        off = found.off[n].max(axis=1)
        step = world.on_matrix @ arrivals + world.off_matrix @ off
        q = rewards[n] + world.discount * step.reshape(size)
        assert found.on[n] == pytest.approx(q, abs=1e-10)
        back = world.back_matrix
        silent = (world.transition_matrix - back) @ off + back @ arrivals
        q = rewards[n] + world.discount * silent.reshape(size)
        assert found.off[n] == pytest.approx(q, abs=1e-10)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_everything_counts_what_stays(kind: dict[str, Any]) -> None:
    problem, rng = _problem(kind), np.random.default_rng(1)
    size = (problem.world.n_states, problem.world.n_actions)
    told, known = _signals(problem, rng), rng.normal(size=(KNOWN, *size))
    rewards = rng.normal(size=(BELIEFS, *size))
    heard = hear(problem, told, known.max(axis=2), known)
    found = solve_beliefs(problem, rewards, heard)
    whole = everything(problem, heard, found.on)
    assert (whole.stay == 0.0).all()
    again = solve_beliefs(problem, rewards, whole)
    assert again.on == pytest.approx(found.on, abs=1e-9)


@given(st.integers(0, 500), st.sampled_from(KINDS))
def test_more_afterwards_is_never_less_on_arrival(seed: int, kind: dict[str, Any]) -> None:
    problem, rng = _problem(kind), np.random.default_rng(seed)
    size = (problem.world.n_states, problem.world.n_actions)
    told, low = _signals(problem, rng), rng.normal(size=(KNOWN, *size))
    high = low + rng.exponential(size=low.shape) * (rng.random(low.shape) < 0.5)
    rewards = rng.normal(size=(BELIEFS, *size))
    ends: list[Solved] = [
        solve_beliefs(problem, rewards, hear(problem, told, table.max(axis=2), table))
        for table in (low, high)
    ]
    assert (ends[0].on <= ends[1].on + 1e-9).all()
    assert (ends[0].off <= ends[1].off + 1e-9).all()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_shares_never_exceed_one(kind: dict[str, Any]) -> None:
    problem, rng = _problem(kind), np.random.default_rng(2)
    told = _signals(problem, rng)
    known = rng.normal(size=(KNOWN, problem.world.n_states, problem.world.n_actions))
    keep, gain, forced = arrival_terms(problem, hear(problem, told, known.max(axis=2), known))
    options = 1 + problem.world.n_states if kind["about"] == "asked" else 1
    shape = (BELIEFS, options, problem.world.n_states)
    assert keep.shape == gain.shape == shape
    spent = keep if forced is None else keep + forced.sum(axis=2)[:, None]
    assert spent.min() >= 0.0 and spent.max() <= 1.0 + 1e-12
    assert (forced is not None) == (kind.get("mode") == "overrides")


def test_off_is_the_ordinary_optimum() -> None:
    problem = random_problem(9)
    rewards = problem.rewards
    assert np.array_equal(solve_off(problem, rewards).q, optimal_q(problem.world, rewards))


def test_a_policy_is_valued_as_it_is() -> None:
    problem, rng = _problem({"about": "current"}), np.random.default_rng(3)
    states, actions = problem.world.n_states, problem.world.n_actions
    told, known = _signals(problem, rng), rng.normal(size=(KNOWN, states, actions))
    rewards = rng.normal(size=(BELIEFS, states, actions))
    heard = hear(problem, told, known.max(axis=2), None)
    best = solve_beliefs(problem, rewards, heard)
    policy = Policy(best.on.argmax(axis=2), best.off.argmax(axis=2), best.choice)
    same = solve_beliefs(problem, rewards, heard, policy=policy)
    assert same.on == pytest.approx(best.on, abs=1e-9)
    other = replace(policy, on=np.zeros_like(policy.on))
    worse = solve_beliefs(problem, rewards, heard, policy=other)
    assert (worse.on <= best.on + 1e-9).all()
    picked = Policy.pick(best.on, policy.on)
    assert np.array_equal(picked, best.on.max(axis=2))
    actions_joined, choices = policy.joined()
    assert actions_joined.shape == choices.shape == (BELIEFS, 2 * states)
