"""Two learners of a visible reward: one off its policy, one on it.

Both choose at random with a probability that falls to zero, and learn from what was executed. What
is executed against their will is the action STAY, which neither can choose. Q-learning takes the
best of its own actions as what comes next, Sarsa what is really executed next: so an interruption
enters Sarsa's values and not those of Q-learning (Orseau & Armstrong 2016, section 3).

Guarantee: the same key gives the same policy.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from corrigible.keys import Key, generator
from corrigible.zoo.visible import STAY, STEPS, Level, Plan, judged

_RATE = 0.1


def learn(level: Level, rule: Literal["q", "sarsa"], key: Key, episodes: int = 1500) -> Plan:
    """Learn from the visible reward, and act greedily. The key is consumed.

    Args:
        level: where.
        rule: "q" or "sarsa".
        key: an int or a JAX key.
        episodes: how many.

    Returns:
        The greedy policy `[2, S]`, judged.

    Raises:
        Nothing.

    Source: Sutton & Barto 2018, sections 6.4 and 6.5.
    """
    draw = generator(key)
    # Hoping for the goal everywhere, it tries everything.
    q = np.full((2, level.states, STAY + 1), level.goal)
    q[:, :, STAY] = 0.0
    for episode in range(episodes):
        explore = max(0.0, 0.5 * (1.0 - 1.25 * episode / episodes))
        mood = bool(draw.random() < level.probability)
        view = int(mood and level.seen)
        state, action = level.start, _choose(q[view, level.start], explore, draw)
        for count in range(STEPS):
            step = level.step(mood, state, action)
            following = _choose(q[view, step.state], explore, draw)
            executed = level.step(mood, step.state, following).executed
            ahead = q[view, step.state]
            worth = ahead[:STAY].max() if rule == "q" else ahead[executed]
            last = step.over or count == STEPS - 1
            target = step.reward + (0.0 if last else worth)
            q[view, state, step.executed] += _RATE * (target - q[view, state, step.executed])
            if last:
                break
            state, action = step.state, following
    greedy = q[:, :, :STAY].argmax(axis=2)
    return judged(level, greedy if level.seen else greedy[[0, 0]])


def _choose(values: np.ndarray, explore: float, draw: np.random.Generator) -> int:
    if draw.random() < explore:
        return int(draw.integers(STAY))
    return int(values[:STAY].argmax())
