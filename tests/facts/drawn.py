"""Random problems for facts: twins everywhere, or twins at one decision before a random world."""

from __future__ import annotations

import numpy as np

from corrigible import Belief, Problem
from corrigible.overseers import HandOfGod
from corrigible.overseers.base import Overseer
from corrigible.testing.strategies import Hand, Shape, draw_hand
from corrigible.worlds import Tabular

ADVICE: tuple[Hand, ...] = ("current", "uniform", "asked", "asked at a cost")


def _sizes(rng: np.random.Generator) -> tuple[int, int, int]:
    """S, A, H."""
    return int(rng.integers(2, 5)), int(rng.integers(2, 4)), int(rng.integers(2, 6))


def twins_everywhere(seed: int) -> Problem:
    """Each action has a twin that is at least as bad for a monotone channel, at every successor."""
    rng = np.random.default_rng([seed, 11])
    states, actions, hypotheses = _sizes(rng)
    transition = rng.dirichlet(np.full(states, 0.3), (states, actions))
    shape = (states, actions, states)
    harm = np.broadcast_to(rng.uniform(0, 0.5, (states, 1, 1)) * (rng.random() < 0.5), shape)
    worse = harm + (1 - harm) * rng.random(shape) * (rng.random(shape) < 0.6)
    back = (1 - harm) * rng.random(shape) * (seed % 2)
    less = np.minimum(back * rng.random(shape), 1 - worse)
    rewards = rng.normal(size=(hypotheses, states, actions))
    world = Tabular(
        np.concatenate([transition, transition], axis=1),
        np.concatenate([harm, worse], axis=1),
        float(rng.uniform(0.5, 0.95)),
        rng.dirichlet(np.ones(states)),
        np.concatenate([back, less], axis=1),
    )
    hand = draw_hand(rng, ADVICE[seed // 2 % 4])
    return Problem(world, hand, Belief.uniform(np.concatenate([rewards, rewards], axis=2)))


def decision_first(
    seed: int, rewards: np.ndarray | None = None, hand: Overseer | None = None
) -> Problem:
    """State 0: keep, or a twin with d = 1; then a random world that leaves the channel alone."""
    rng = np.random.default_rng([seed, 12])
    (states, _, hypotheses), actions = _sizes(rng), 2
    transition = np.zeros((states + 1, actions, states + 1))
    transition[1:, :, 1:] = rng.dirichlet(np.full(states, 0.3), (states, actions))
    transition[0, :, 1:] = rng.dirichlet(np.full(states, 0.3))
    disables = np.zeros((states + 1, actions))
    disables[0, 1:] = 1.0
    discount = float(rng.uniform(0.5, 0.95))
    if rewards is None:
        rewards = rng.normal(size=(hypotheses, states + 1, actions))
        rewards[:, 0] = 0.0
    start = np.eye(states + 1)[0]
    world = Tabular(transition, disables, discount, start)
    about = "uniform" if seed % 2 else "current"
    drawn = HandOfGod(float(rng.uniform(0.05, 1.0)), about=about, ties="ordered")
    return Problem(world, hand or drawn, Belief.uniform(rewards))


def sized(seed: int, hand: Hand, restores: bool = False) -> Shape:
    """A small shape with this hand."""
    rng = np.random.default_rng([seed, 13])
    states, actions, hypotheses = _sizes(rng)
    kind = "any" if restores else "none"
    return Shape(states, actions, hypotheses, hand, seed % 3 == 0, kind, bool(seed % 2))


def after_one(problem: Problem, weights: np.ndarray) -> list[tuple[int, int, float, np.ndarray]]:
    """(s_o, a*, P(a* | s_o), belief `[H]` after it), wherever that is possible."""
    found = []
    for s in range(problem.world.n_states):
        for a in range(problem.world.n_actions):
            joint = weights * problem.likelihood[:, s, a]
            if joint.sum() > 1e-12:
                found.append((s, a, float(joint.sum()), joint / joint.sum()))
    return found
