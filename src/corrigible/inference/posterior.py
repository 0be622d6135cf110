"""One call for every prior: what corrections say about the reward.

A finite prior is enumerated (`corrigible.inference.exact`); a continuous one is sampled by Markov
chains (`corrigible.inference.mcmc`), which return only what has mixed.

Guarantee: a belief of draws has a worst bulk effective sample size of at least a tenth of its rows
and an R-hat below 1.01; otherwise `NotMixed` is raised, with the draws attached. The same key gives
the same draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import jax
import numpy as np

from corrigible.belief import Belief
from corrigible.checkpoint import Checkpoint, digest
from corrigible.errors import NotMixed, UserError
from corrigible.inference.density import Target, target
from corrigible.inference.exact import check_corrections, enumerated
from corrigible.inference.mcmc.perfect import possible, twins
from corrigible.inference.mcmc.run import Run, State
from corrigible.inference.mcmc.spaces import SOFT, Space, parameters
from corrigible.inference.mcmc.swaps import swaps
from corrigible.inference.mcmc.values import values
from corrigible.keys import Key, split
from corrigible.overseers.absent import Absent
from corrigible.overseers.hand import HandOfGod
from corrigible.problem import Problem

Method = Literal["auto", "values", "rewards"]
SAMPLES = 1000
_SPREAD = 512
_DIFFERS = "problem, corrections, key, samples or method"


def posterior(
    problem: Problem,
    corrections: Iterable[Any],
    key: Key | None = None,
    samples: int | None = None,
    method: Method = "auto",
    checkpoint: str | Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> Belief:
    """What corrections say about the reward. The key is consumed.

    Args:
        problem: the assumed world, hand and prior, over rewards of S states and A actions.
        corrections: (state, action) pairs, or an integer array `[N, 2]`, in the order heard.
        key: an int or a JAX key; a finite prior is enumerated and consumes none.
        samples: how many rows to return, 1,000 where None; a finite prior always returns its H
            hypotheses.
        method: where chains walk: "values" (a reward for each state, or each state and action),
            "rewards" (the parameters themselves), or "auto": values where that can be.
        checkpoint: a file that an interrupted call goes on from; the draws are the same.
        progress: called with one line now and then.

    Returns:
        A belief over the prior's hypotheses, weights `[H]`, `diagnostics` None; or over equally
        likely draws `[n, S]` or `[n, S, A]`, `diagnostics` a `Diagnostics`. `alarms` lists the
        indices of the corrections that were impossible when they came.

    Raises:
        NotMixed: the chains did not mix; what they drew is attached.
        UserError: something that is no (state, action) pair, or a state or action that does not
            exist; with a continuous prior also no key, an overseer that is no hand of god, or a
            method that does not fit.

    Source: Bayes' rule; Ramachandran & Amir 2007, section 3, for rewards inferred from actions.
    """
    if samples is not None and samples < 1:
        raise UserError(f"samples is {samples}; at least 1 is needed")
    if not problem.continuous:
        return enumerated(problem, corrections)
    if key is None:
        raise UserError("a continuous prior is sampled and needs a key: posterior(..., key=0)")
    wanted = SAMPLES if samples is None else samples
    file = None if checkpoint is None else Path(checkpoint)
    return _sampled(problem, corrections, key, wanted, method, file, progress)


def _sampled(
    problem: Problem,
    corrections: Iterable[Any],
    key: Key,
    wanted: int,
    method: Method,
    file: Path | None,
    progress: Callable[[str], None] | None,
) -> Belief:
    prior, world = problem.prior, problem.world
    goal, rivals, alarms = goal_of(problem, check_corrections(problem, corrections))
    for_start, for_walk = split(key, 2)
    z = (prior.draw(world, for_start, _SPREAD) - prior.mean) / prior.scale
    space, named = space_of(problem, method, goal, rivals, z)
    moves = swaps(world, space)
    asked = digest(jax.tree.leaves((space, moves)), [named, str(wanted), str(for_walk)])
    saved = None if file is None else Checkpoint(file, asked, State, "a posterior", _DIFFERS)
    run = Run(space, moves, named, jax.random.key(for_walk % 2**32), wanted, saved, progress)
    points = space.start(world, z)
    chains = 128 if z.shape[1] <= 64 else 32
    found = run.walk(points[:, :chains], points, space.frame(world))
    rows = found.draws.reshape(-1, z.shape[1])
    rows = rows[np.linspace(0, len(rows) - 1, wanted).round().astype(int)]
    theta = prior.mean + prior.scale * space.standard(world, rows)
    belief = Belief(prior.rewards(world, theta), np.zeros(wanted), found.diagnostics, alarms)
    if not found.mixed:
        raise NotMixed(belief)
    return belief


def goal_of(
    problem: Problem, pairs: list[tuple[int, int]]
) -> tuple[Target, np.ndarray | None, tuple[int, ...]]:
    """What is to be sampled.

    Args:
        problem: with a continuous prior.
        pairs: corrections that exist.

    Returns:
        (the target, the rivals `[S, A]` of what a perfect hand said or None, alarms).

    Raises:
        UserError: an overseer that is no hand of god.

    Source: this package.
    """
    hand, world, prior = problem.overseer, problem.world, problem.prior
    if isinstance(hand, Absent):
        hand, pairs = HandOfGod(rate=0.0, rationality=0.0), []
    if not isinstance(hand, HandOfGod):
        raise UserError(
            f"the overseer is {type(hand).__name__}; a continuous prior is sampled for a HandOfGod"
        )
    if math.isfinite(hand.rationality):
        boltzmann = Problem(world, hand, prior)
        return target(boltzmann, pairs), None, ()
    kept, alarms = possible(world, hand, prior, pairs)
    soft = HandOfGod(rate=hand.rate, rationality=SOFT / prior.scale)
    same = twins(world, prior)
    rivals = np.zeros((world.n_states, world.n_actions), dtype=bool)
    for s, a in kept:
        rivals[s] = ~same[s, a]
    return target(Problem(world, soft, prior), sorted(set(kept))), rivals, tuple(alarms)


def space_of(
    problem: Problem, method: Method, goal: Target, rivals: np.ndarray | None, z: np.ndarray
) -> tuple[Space, str]:
    """Where the chains are to walk.

    Args:
        problem: with a continuous prior.
        method: "auto", "values" or "rewards".
        goal: the target.
        rivals: `[S, A]` or None, from `goal_of`.
        z: `[n, D]`, draws of the standard prior.

    Returns:
        (the space, the method by name).

    Raises:
        UserError: an unknown method, or one that does not fit.

    Source: this package.
    """
    if method not in ("auto", "values", "rewards"):
        raise UserError(f'method is {method!r}; it must be "auto", "values" or "rewards"')
    free = goal.over != "features"
    if method == "values" and not free:
        raise UserError(
            'method="values" needs a reward for each state, or each state and action; features '
            'are sampled by "rewards"'
        )
    # Without a future, values are rewards, and what is known cannot be told from them.
    if free and method != "rewards" and (goal.offset is None or problem.world.discount > 0.0):
        return values(problem.world, goal, rivals, z), "values"
    return parameters(goal, rivals), "rewards"
