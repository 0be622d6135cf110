"""Conformance of agents: a belief that moves as assumed, and nothing hidden.

Guarantee: deterministic given the key.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from corrigible.agents.base import Agent, Info, Observation
from corrigible.agents.bayes import hear
from corrigible.keys import Key, generator, split
from corrigible.problem import Problem, Truth
from corrigible.simulate import simulate
from corrigible.testing.conformance.failure import require, require_distributions

_STEPS = 30
_RECORD = ("states", "chosen", "actions", "corrections", "channel", "alarm_at", "asked")


def check_agent(agent: Agent, problem: Problem, truth: Truth, key: Key = 0) -> None:
    """An agent keeps the contract: told states, the channel and corrections, never a reward.

    Actions and questions are indices that exist; it asks nothing where its own model does not
    ask; states are never changed in place, so that `act` and `ask` repeat with equal arguments;
    its belief starts at the prior, moves by the assumed likelihood, and stays on an alarm, which
    it reports; it plays in `simulate` and repeats with the key.

    Not covered: whether what it does is any good; agents whose belief is not over the problem's
    hypotheses; what it might keep outside its state (files, clocks, a truth it was handed when
    it was made).

    Args:
        agent: the agent.
        problem: what it is to assume.
        truth: somewhere to play it.
        key: an int or a JAX key, consumed.

    Returns:
        Nothing. Beliefs are `[H]`.

    Raises:
        NonConformance: one line on the first thing that is wrong.

    Source: this package.
    """
    walk, play = split(key, 2)
    _check_steps(agent, problem, walk)
    record = simulate(agent, truth, play, _STEPS, 3, problem)
    again = simulate(agent, truth, play, _STEPS, 3, problem)
    for name in _RECORD:
        equal = np.array_equal(getattr(record, name), getattr(again, name))
        require(equal, f"the same key gave another record: {name} differs")


def _check_steps(agent: Agent, problem: Problem, key: int) -> None:
    draw = generator(key)
    states, actions = problem.world.n_states, problem.world.n_actions
    state = agent.init(problem, int(draw.integers(2**62)))
    weights = problem.weights()
    for step in range(_STEPS):
        s = int(draw.integers(states))
        on = step == 0 or bool(draw.random() < 0.7)
        signal = None
        if step and on:
            state = _check_ask(agent, problem, state, s, int(draw.integers(2**62)))
            if draw.random() < 0.7:
                signal = (int(draw.integers(states)), int(draw.integers(actions)))
        observed = (s, on, signal)
        state, info = _check_act(agent, state, observed, int(draw.integers(2**62)), actions)
        weights, alarm = hear(problem, weights, signal)
        require_distributions("the belief", np.asarray(info.weights), 1e-6)
        fits = np.shape(info.weights) == weights.shape
        require(fits, f"info.weights is {list(np.shape(info.weights))}, not [{len(weights)}]")
        require(
            np.abs(np.asarray(info.weights) - weights).max() <= 1e-6,
            f"after {observed} the belief is not what the assumed likelihood makes of it",
        )
        require(bool(info.alarm) == alarm, f"after {observed} the alarm should be {alarm}")


def _same(left: Any, right: Any) -> bool:
    """Whether two agent states hold the same, arrays included."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return np.array_equal(left, right)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_same(left[k], right[k]) for k in left)
    if hasattr(left, "__dict__"):
        return _same(vars(left), vars(right))
    return bool(left == right)


def _check_act(
    agent: Agent, state: Any, observed: Observation, key: int, actions: int
) -> tuple[Any, Info]:
    before = copy.deepcopy(state)
    action, after, info = agent.act(state, observed, key)
    require(_same(before, state), f"act changed its state in place on {observed}")
    require(isinstance(info, Info), "act's third result is no Info")
    whole = isinstance(action, int | np.integer) and not isinstance(action, bool)
    require(whole and 0 <= action < actions, f"action {action!r} does not exist")
    again, _, twin = agent.act(state, observed, key)
    same = action == again and np.array_equal(info.weights, twin.weights)
    require(same, f"act differs with the same state, observation {observed} and key")
    return after, info


def _check_ask(agent: Agent, problem: Problem, state: Any, s: int, key: int) -> Any:
    before = copy.deepcopy(state)
    about, after = agent.ask(state, s, key)
    require(_same(before, state), f"ask changed its state in place in state {s}")
    if about is not None:
        exists = 0 <= about < problem.world.n_states
        require(exists, f"it asks about state {about}, which does not exist")
        require(problem.overseer.about == "asked", "it asks a hand that never answers")
    require(agent.ask(state, s, key)[0] == about, f"ask differs with the same state in {s}")
    return after
