"""Rollouts: what happens when an agent with its beliefs meets what is.

The order of events is the model's. At time 0 the channel is on and nothing is heard. Then, again
and again: the agent chooses; the step is taken, by the agent's action or, where an overriding hand
has spoken about this arrival, by the hand's; the step turns the channel off or on *before* the
arrival; on arrival, channel on, the agent may ask (where both the true hand answers questions and
the agent's own model asks), and a correction comes with the true hand's probability, drawn from
the true reward. The agent's belief moves by its *assumed* likelihood. The reward is recorded and
never shown.

Guarantee: the true dynamics, hand and reward alone decide what happens; the agent sees states, the
channel and corrections, nothing else. Episodes are independent and equally distributed. The same
key gives the same record, and the same luck to every agent: what the world draws at a time does
not depend on what the agent did before.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int

from corrigible.agents.base import Agent
from corrigible.agents.crowd import Crowd, gather
from corrigible.errors import UserError
from corrigible.keys import Key, generator, split
from corrigible.problem import Problem, Truth
from corrigible.simulate.nature import Nature
from corrigible.simulate.record import Record

_LEAST = 1e-12


def simulate(
    agent: Agent,
    truth: Truth,
    key: Key,
    steps: int,
    episodes: int = 1,
    problem: Problem | None = None,
) -> Record:
    """Play an agent in a truth. The key is consumed.

    Args:
        agent: plays every episode from its prior.
        truth: decides what happens.
        key: an int or a JAX key.
        steps: T, at least 1.
        episodes: E, at least 1.
        problem: what the agent assumes; its own `problem` where None.

    Returns:
        See `Record`, arrays `[E, T]` and `[E, T+1]`.

    Raises:
        UserError: no steps or episodes, an agent without a problem, or a truth whose states and
            actions are not the problem's.

    Source: this package.
    """
    if steps < 1 or episodes < 1:
        raise UserError(f"steps is {steps} and episodes {episodes}; each must be at least 1")
    assumed = problem if problem is not None else getattr(agent, "problem", None)
    if not isinstance(assumed, Problem):
        raise UserError("this agent does not carry its problem; give problem=")
    check_fit(assumed, truth)
    world_key, agent_key = split(key, 2)
    return _roll(
        gather(agent, assumed, agent_key, episodes),
        Nature(truth, asks=assumed.overseer.about == "asked"),
        generator(world_key),
        steps,
        episodes,
    )


def check_fit(problem: Problem, truth: Truth) -> None:
    """Refuse a truth with other states or actions than the problem's.

    Args:
        problem: what is assumed.
        truth: what is.

    Returns:
        Nothing. No arrays, no shapes.

    Raises:
        UserError: the counts differ.

    Source: this package.
    """
    mine, real = problem.world, truth.world
    if (mine.n_states, mine.n_actions) != (real.n_states, real.n_actions):
        raise UserError(
            f"the truth has {real.n_states} states and {real.n_actions} actions, the problem "
            f"{mine.n_states} and {mine.n_actions}; they must be equal"
        )


def _roll(
    crowd: Crowd, nature: Nature, draw: np.random.Generator, steps: int, episodes: int
) -> Record:
    """The rollout loop: over time, all episodes at once."""
    truth = nature.truth
    overrides = truth.overseer.mode == "overrides"
    states = np.empty((episodes, steps + 1), dtype=np.int64)
    channel = np.ones((episodes, steps + 1), dtype=bool)
    corrections = np.full((episodes, steps + 1, 2), -1)
    asked = np.full((episodes, steps + 1), -1)
    chosen = np.empty((episodes, steps), dtype=np.int64)
    alarms = np.empty((episodes, steps), dtype=bool)
    states[:, 0] = nature.start(draw, episodes)
    for t in range(steps):
        here, on, heard = states[:, t], channel[:, t], corrections[:, t]
        chosen[:, t], alarms[:, t] = crowd.act(here, on, heard)
        forced = overrides & (heard[:, 1] >= 0)
        actions = np.where(forced, heard[:, 1], chosen[:, t])
        luck = draw.random((5, episodes))
        there, after = nature.step(here, actions, on, luck[:2])
        if nature.answers:
            asked[:, t + 1] = crowd.ask(there, after)
        corrections[:, t + 1] = nature.speak(there, after, asked[:, t + 1], luck[2:])
        states[:, t + 1], channel[:, t + 1] = there, after
    return recorded(truth, states, channel, corrections, asked, chosen, alarms)


def recorded(
    truth: Truth,
    states: Int[np.ndarray, "E T1"],
    channel: Bool[np.ndarray, "E T1"],
    corrections: Int[np.ndarray, "E T1 2"],
    asked: Int[np.ndarray, "E T1"],
    chosen: Int[np.ndarray, "E T"],
    alarms: Bool[np.ndarray, "E T"],
) -> Record:
    """What follows from what happened: executed actions, rewards, costs, presses.

    Args:
        truth: in which it happened.
        states: `[E, T+1]`.
        channel: `[E, T+1]`.
        corrections: `[E, T+1, 2]`, -1 where none.
        asked: `[E, T+1]`, -1 where nothing.
        chosen: `[E, T]`.
        alarms: `[E, T]`.

    Returns:
        The record, arrays `[E, T]` and `[E, T+1]`.

    Raises:
        Nothing.

    Source: this package.
    """
    harm = truth.world.expected_disables
    harmful = harm > harm.min(axis=1, keepdims=True) + _LEAST
    overridden = (truth.overseer.mode == "overrides") & (corrections[:, :-1, 0] >= 0)
    actions = np.where(overridden, corrections[:, :-1, 1], chosen)
    answered = (asked >= 0) & (corrections[:, :, 0] >= 0)
    return Record(
        states=states,
        actions=actions,
        chosen=chosen,
        corrections=corrections,
        channel=channel,
        rewards_true=truth.reward[states[:, :-1], actions],
        alarm_at=alarms,
        asked=asked,
        ask_costs=truth.overseer.ask_cost * answered,
        overridden=overridden,
        presses=harmful[states[:, :-1], chosen] & channel[:, :-1] & ~overridden,
    )
