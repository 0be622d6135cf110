"""The agents, one row each: what each would do about its overseer, and how it fares.

Agents that are a function of their belief are computed; Thompson and always-obey remember more and
are played. How ties are broken decides whether an agent presses that sees nothing in its overseer,
so both ways are given: computed over all ties, or played twice, the world's actions put in the
order that keeps first and in the one that presses first.

Guarantee: no agent is shown more than the problem; the same key gives the same rows, unless time
runs out.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int

from corrigible.agents.base import Agent
from corrigible.agents.baselines import MaximumAPosteriori, MeanReward
from corrigible.agents.memory import AlwaysObey, Thompson
from corrigible.belief import Belief
from corrigible.keys import Key, split
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.bribe import excess_disabling
from corrigible.planners.evaluate import Outcome, evaluate
from corrigible.problem import Problem, Truth
from corrigible.simulate import simulate
from corrigible.view.snapshot import AgentRow, Ends, Judged
from corrigible.worlds.optimum import optimal_q
from corrigible.worlds.tabular import Tabular

EPISODES = 200
CHUNK = 50
_MOST_STEPS = 400
_TAIL = 5e-3
_TIES = 1e-9
_CAP = 4000


@dataclass(frozen=True)
class Scene:
    """What every row is about.

    Args:
        problem: what each agent assumes.
        truth: what is.
        judged: the certificate's worst state.
        tol: margins within it of zero are indifferent.

    Source: this package.
    """

    problem: Problem
    truth: Truth
    judged: Judged
    tol: float


def bayes_row(scene: Scene, outcome: Outcome) -> AgentRow:
    """The row of the agent that plans.

    Args:
        scene: what it is about.
        outcome: its plan in the truth.

    Returns:
        See `AgentRow`; no arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return _computed("bayes", scene.judged.verdict, scene.judged.margin, outcome)


def computed_rows(scene: Scene) -> tuple[AgentRow, ...]:
    """The rows of the baselines that are a function of their belief.

    Args:
        scene: what they are about.

    Returns:
        mean-reward and map; no arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    problem, weights = scene.problem, scene.problem.weights()
    rows = []
    for name, kind in (("mean-reward", MeanReward), ("map", MaximumAPosteriori)):
        agent = kind(problem)
        margin = _difference(scene, agent.action_values(weights)[0])
        outcome = evaluate(agent, scene.truth, cap=_CAP)
        ways: list[Outcome] = []
        decided = np.ptp(outcome.disabling_probability) <= _TIES
        if not decided and np.ptp(outcome.value_interval) <= _TIES * max(1.0, abs(outcome.value)):
            ways = [evaluate(kind(p), t, cap=_CAP) for p, t in _both_ways(problem, scene.truth)]
        rows.append(_computed(name, _verdict(scene, margin), margin, outcome, ways))
    return tuple(rows)


def played_rows(
    scene: Scene, key: Key, deadline: float, episodes: int = EPISODES
) -> tuple[AgentRow, ...]:
    """The rows of the baselines that are played. The key is consumed.

    Args:
        scene: what they are about.
        key: an int or a JAX key.
        deadline: a `time.monotonic()` after which no more episodes are begun
            than the first 50 of each.
        episodes: how many, a multiple of 50.

    Returns:
        thompson and always-obey; no arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    problem, weights = scene.problem, scene.problem.weights()
    drawn = optimal_q(problem.world, problem.rewards)[weights > 0.0]
    each = [_difference(scene, q) for q in drawn]
    spread = None
    if each[0] is not None:
        lows = [m[0] for m in each if m is not None and m[0] is not None]
        spread = (min(lows), max(lows))
    mean = _difference(scene, MeanReward(problem).action_values(weights)[0])
    rows: list[AgentRow] = []
    kinds: tuple[tuple[str, Callable[[Problem], Agent], Ends | None], ...] = (
        ("thompson", Thompson, spread),
        ("always-obey", AlwaysObey, mean),
    )
    for index, (name, kind, margin) in enumerate(kinds):
        until = time.monotonic() + (deadline - time.monotonic()) / (len(kinds) - index)
        rows.append(_played(name, kind, scene, margin, split(key, episodes // CHUNK), until))
    return tuple(rows)


def _computed(
    name: str, verdict: str, margin: Ends | None, outcome: Outcome, ways: Sequence[Outcome] = ()
) -> AgentRow:
    """A row; `ways`: the outcomes with ties broken for keeping and for silencing."""
    shown = ways[0] if ways else outcome
    low, high = shown.value_interval
    return AgentRow(
        agent=name,
        verdict=verdict,
        margin=margin,
        presses=_chances(*outcome.disabling_probability),
        value=shown.value,
        regret=shown.regret,
        error=0.5 * (high - low),
        sampled=0,
        regret_silencing=ways[1].regret if ways else None,
    )


def _difference(scene: Scene, q: Float[np.ndarray, "S A"]) -> Ends | None:
    """max_keep q - max_disable q at the certificate's state."""
    state = scene.judged.state
    if state is None:
        return None
    keeping = excess_disabling(scene.problem)[state] == 0.0
    margin = float(q[state][keeping].max() - q[state][~keeping].max())
    return margin, margin


def _verdict(scene: Scene, margin: Ends | None) -> str:
    """A certificate's word for an agent's own margin."""
    if margin is None:
        return scene.judged.verdict
    low, high = margin
    if low is not None and low > scene.tol:
        return "keeps"
    if high is not None and high < -scene.tol:
        return "disables"
    within = low is not None and high is not None and low >= -scene.tol and high <= scene.tol
    return "indifferent" if within else "undecided"


def _chances(low: float, high: float) -> Ends:
    low, high = (min(1.0, max(0.0, float(p))) for p in (low, high))
    return low, max(low, high)


def _played(
    name: str,
    kind: Callable[[Problem], Agent],
    scene: Scene,
    margin: Ends | None,
    keys: list[int],
    deadline: float,
) -> AgentRow:
    problem, truth, discount = scene.problem, scene.truth, scene.truth.world.discount
    longest = math.log(_TAIL) / math.log(discount) if discount > 0.0 else 1
    steps = int(min(_MOST_STEPS, max(8, math.ceil(longest))))
    players = [(kind(assumed), is_) for assumed, is_ in _both_ways(problem, truth)]
    pressed: list[list[bool]] = [[], []]
    returns: list[list[float]] = [[], []]
    for word in keys:
        if returns[0] and time.monotonic() > deadline:
            break
        for way, (agent, is_) in enumerate(players):
            record = simulate(agent, is_, word, steps, CHUNK)
            pressed[way] += record.turned_off_by_choice.tolist()
            returns[way] += record.discounted_return(discount).tolist()
    reward = truth.reward
    best = optimal_q(truth.world, np.stack([reward, -reward])).max(axis=2)
    tail = discount**steps * float(best[0].max() + best[1].max())
    optimum = float(truth.world.start @ best[0])
    value, other = (float(np.mean(r)) for r in returns)
    spread = max(float(np.std(r)) for r in returns) / math.sqrt(len(returns[0]))
    chances = [float(np.mean(p)) for p in pressed]
    return AgentRow(
        agent=name,
        verdict=_verdict(scene, margin),
        margin=margin,
        presses=_chances(min(chances), max(chances)),
        value=value,
        regret=optimum - value,
        error=1.96 * spread + tail,
        sampled=len(returns[0]),
        regret_silencing=optimum - other if abs(chances[0] - chances[1]) > _TIES else None,
    )


def _both_ways(problem: Problem, truth: Truth) -> list[tuple[Problem, Truth]]:
    """Ties broken for keeping, and for silencing: actions in the order of the harm they may do."""
    harm = excess_disabling(problem).sum(axis=0)
    orders = (np.argsort(harm, kind="stable"), np.argsort(-harm, kind="stable"))
    return [_ordered(problem, truth, order) for order in orders]


def _ordered(problem: Problem, truth: Truth, order: Int[np.ndarray, " A"]) -> tuple[Problem, Truth]:
    """The same problem and truth with the world's actions in another order, hands unchanged."""
    world = _reordered(problem.world, order)
    real = world if truth.world is problem.world else _reordered(truth.world, order)
    rewards = problem.rewards[:, :, order]
    hands = [
        HandOfGod.table(table[..., order], hand.rate, hand.about, hand.mode, hand.ask_cost)
        for hand, table in (
            (problem.overseer, problem.likelihood),
            (truth.overseer, truth.likelihood),
        )
    ]
    prior = Belief(rewards, np.asarray(problem.prior.log_weights))
    return Problem(world, hands[0], prior), Truth(real, hands[1], truth.reward[:, order])


def _reordered(world: Tabular, order: Int[np.ndarray, " A"]) -> Tabular:
    states, actions = world.n_states, world.n_actions

    def turn(values: Any) -> Any:
        if values is None:
            return None
        if sp.issparse(values):
            rows = (np.arange(states)[:, None] * actions + order).ravel()
            return sp.csr_array(values)[rows]
        return np.asarray(values)[:, order]

    return replace(
        world,
        transition=turn(world.transition),
        disables=turn(world.disables),
        restores=turn(world.restores),
    )
