"""One episode of the agent that plans, frame by frame, with what it came to believe.

Guarantee: what is shown is what `simulate` recorded; beliefs are worked out again from what was
heard, by the agent's own update.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from corrigible.agents.base import Agent
from corrigible.agents.bayes import hear
from corrigible.keys import Key
from corrigible.problem import Problem, Truth
from corrigible.simulate import Record, simulate
from corrigible.view.snapshot import Film, Frame

STEPS = 80


def episode(
    agent: Agent, problem: Problem, truth: Truth, key: Key, seed: int, steps: int = STEPS
) -> Film:
    """Play one episode and keep what is worth looking at. The key is consumed.

    Args:
        agent: a function of its belief.
        problem: what it assumes.
        truth: what is.
        key: an int or a JAX key.
        seed: what the key was derived from, for the record.
        steps: the most steps.

    Returns:
        See `Film`; no arrays, no shapes.

    Raises:
        UserError: a truth with other states or actions.

    Source: this package.
    """
    record = simulate(agent, truth, key, steps, problem=problem)
    weights = [problem.weights()]
    for t in range(1, steps + 1):
        weights.append(hear(problem, weights[-1], _pair(record.corrections[0, t]))[0])
    last = steps
    while last > 1 and _still(record, weights, last):
        last -= 1
    frames = [_frame(record, weights[t], t, last) for t in range(last + 1)]
    return Film(tuple(frames), seed, last < steps)


def _still(record: Record, weights: list[np.ndarray], t: int) -> bool:
    """Whether arriving at t changed nothing that a frame shows but a correction."""
    states, channel = record.states[0], record.channel[0]
    before = record.actions[0, t - 2], record.chosen[0, t - 2]
    same = before == (record.actions[0, t - 1], record.chosen[0, t - 1])
    return bool(
        same
        and states[t] == states[t - 1]
        and channel[t] == channel[t - 1]
        and np.allclose(weights[t], weights[t - 1], rtol=0.0, atol=1e-12)
    )


def _pair(signal: np.ndarray) -> tuple[int, int] | None:
    return None if signal[0] < 0 else (int(signal[0]), int(signal[1]))


def _frame(record: Record, weights: Float[np.ndarray, " H"], t: int, last: int) -> Frame:
    ends = t == last
    positive = weights[weights > 0.0]
    asked = int(record.asked[0, t])
    return Frame(
        step=t,
        state=int(record.states[0, t]),
        channel=bool(record.channel[0, t]),
        asked=None if asked < 0 else asked,
        correction=_pair(record.corrections[0, t]),
        alarm=False if ends else bool(record.alarm_at[0, t]),
        chosen=None if ends else int(record.chosen[0, t]),
        executed=None if ends else int(record.actions[0, t]),
        overridden=False if ends else bool(record.overridden[0, t]),
        press=False if ends else bool(record.presses[0, t]),
        reward=None if ends else float(record.rewards_true[0, t]),
        likeliest=int((weights >= weights.max() - 1e-12).argmax()),
        weight=float(weights.max()),
        possible=len(positive),
        entropy=float(max(0.0, -(positive * np.log(positive)).sum())) + 0.0,
    )
