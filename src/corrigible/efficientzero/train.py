"""The training path, whole: act, remember, look again, learn.

A run alternates between `rows` steps of every lane and `updates` learner steps, one after the
other on one device. Nothing is asynchronous, so the ratio of learning to acting is what the
settings say and not what a machine happens to manage, and every key is a function of the run's key
and the turn. Every `refresh` turns the target network takes over the weights and the whole buffer
is searched again.

Guarantee: the same environment, settings and key give the same run on the same device and the same
number of threads, interrupted and resumed or not; on a GPU with XLA's flag
`--xla_gpu_deterministic_ops=true`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np

from corrigible.efficientzero import architectures
from corrigible.efficientzero import learner as learning
from corrigible.efficientzero.acting import collect
from corrigible.efficientzero.devices import whole
from corrigible.efficientzero.environments.base import Environment, Lanes, begin
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.learner import Learner, learn
from corrigible.efficientzero.loss import Losses
from corrigible.efficientzero.networks import Network, Weights
from corrigible.efficientzero.reanalyze import reanalyze
from corrigible.efficientzero.replay import STEP, Replay, add, empty
from corrigible.efficientzero.settings import Settings
from corrigible.errors import UserError

RECENT = 100


@dataclass(frozen=True)
class Run:
    """All that a run is, between two turns.

    Args:
        key: of the whole run.
        turn: turns so far.
        env_steps: actions taken so far.
        returns: of the last episodes that ended, at most 100.
        learner: weights, statistics, optimiser.
        target: the target network.
        replay: what was lived through.
        lanes: where the environments stand.

    Source: this package.
    """

    key: Key
    turn: int
    env_steps: int
    returns: tuple[float, ...]
    learner: Learner
    target: Weights
    replay: Replay
    lanes: Lanes


class Report(NamedTuple):
    """What a turn brought.

    Args:
        run: after it.
        losses: of its learner steps; None before learning begins.

    Source: this package; no arrays but the run's, no shapes.
    """

    run: Run
    losses: Losses | None


def start(environment: Environment, settings: Settings, key: Key) -> Run:
    """A run before its first turn. The key is consumed.

    Args:
        environment: where.
        settings: how.
        key: an int or a JAX key.

    Returns:
        The run; its buffer is `[T, B, ...]`.

    Raises:
        Nothing.

    Source: this package.
    """
    key = jax.random.key(key) if isinstance(key, int) else key
    drawing, beginning = jax.random.split(jax.random.fold_in(key, 0))
    network = jax.jit(partial(make_network, environment, settings))(drawing)
    learner = jax.jit(partial(learning.begin, settings=settings))(network)
    lanes = begin(environment, environment.tables(), beginning, settings.lanes)
    shape = (settings.capacity, settings.lanes, environment.shape, environment.dtype)
    replay = empty(*shape, environment.actions, settings.kept)
    return Run(key, 0, 0, (), learner, learner.weights, replay, lanes)


def make_network(environment: Environment, settings: Settings, key: Key) -> Network:
    """The network that suits an environment's observations. The key is consumed.

    Args:
        environment: whose frames have the shape `[*]`.
        settings: the number of atoms.
        key: a JAX key.

    Returns:
        A network that knows nothing yet.

    Raises:
        Nothing.

    Source: this package.
    """
    *sides, last = environment.shape
    channels, rest = last * environment.stack, (environment.actions, settings.atoms, key)
    if environment.kind == "vector":
        return architectures.vector(channels, *rest)
    if environment.kind == "grid":
        height, width = sides
        return architectures.grid((height, width, channels), *rest)
    return architectures.paper(channels, *rest, slim=settings.slim)


def train(
    environment: Environment,
    settings: Settings,
    run: Run,
    told: Callable[[Report], None] = lambda report: None,
    keep: Callable[[Run], None] = lambda run: None,
    every: float = 60.0,
) -> Run:
    """The whole loop.

    Args:
        environment: where.
        settings: how.
        run: from `start`, or from a checkpoint.
        told: hears of every turn.
        keep: saves the run, now and then and at the end.
        every: seconds between two of those.

    Returns:
        The run at its end: no further turn fits into `settings.env_steps`.

    Raises:
        UserError: a loss is no number.

    Source: Ye et al. 2021, made synchronous.
    """
    tables, kept = environment.tables(), time.monotonic()
    parts = (run.learner, run.target, run.replay, run.lanes)
    learner, target, replay, lanes = whole(parts, settings.devices)
    run = replace(run, learner=learner, target=target, replay=replay, lanes=lanes)
    while run.env_steps + settings.rows * settings.lanes <= settings.env_steps:
        report = turn(environment, tables, settings, run)
        if report.losses is not None and not np.isfinite(report.losses).all():
            raise UserError(
                f"a loss is no number after {report.run.env_steps} steps: learning has diverged; "
                "the last checkpoint is from before it did"
            )
        run = report.run
        told(report)
        if time.monotonic() - kept > every:
            keep(run)
            kept = time.monotonic()
    keep(run)
    return run


def turn(environment: Environment, tables: Any, settings: Settings, run: Run) -> Report:
    """Act, remember, look again where it is time, learn.

    Args:
        environment: where.
        tables: of it, `[*]`.
        settings: how.
        run: before the turn.

    Returns:
        The run after it, and its losses.

    Raises:
        Nothing.

    Source: Ye et al. 2021, made synchronous.
    """
    # 0 is the key of the start.
    acting, searching, studying = jax.random.split(jax.random.fold_in(run.key, run.turn + 1), 3)
    progress = run.env_steps / settings.env_steps
    temperature = 1.0 if progress < 0.5 else 0.5 if progress < 0.75 else 0.25
    random = run.env_steps < settings.random_steps
    weights, stack = run.learner.weights, environment.stack

    lanes, rows, earned = collect(
        environment, tables, weights, run.lanes, acting, temperature, settings, random
    )
    replay = _add(run.replay, rows)
    ends = np.asarray(rows.kind) != STEP
    learner, target, losses = run.learner, run.target, None
    if not random:
        spells = int(learner.steps) // settings.updates
        if spells % settings.refresh == 0:
            target = learner.weights
            if settings.reanalyze:
                replay = reanalyze(target, replay, searching, stack=stack, settings=settings)
        learner, priority, losses = learn(
            learner, replay, studying, progress, stack=stack, settings=settings
        )
        replay = eqx.tree_at(lambda r: r.priority, replay, priority)
    return Report(
        replace(
            run,
            turn=run.turn + 1,
            env_steps=run.env_steps + int((~ends).sum()),
            returns=(*run.returns, *np.asarray(earned)[ends].tolist())[-RECENT:],
            learner=learner,
            target=target,
            replay=replay,
            lanes=lanes,
        ),
        losses,
    )


_add = jax.jit(add, donate_argnums=0)
