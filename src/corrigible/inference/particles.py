"""Corrections one at a time: particles that move.

A posterior over theta is a weighted set of particles. A correction (s, a) reweights them, and where
few carry most of the weight they are resampled and moved (resample-move: Gilks & Berzuini 2001):

    w_i <- w_i p(a | s, theta_i);   ESS = (sum w)^2 / sum w^2 < n/2:   resample, then move

- *Cost.* The likelihood depends on the corrections only through how often each was heard, n(s, a),
  and that table is all that is kept. A move costs the same after ten corrections and after ten
  thousand.
- *Surprise.* Where the correction would leave an ESS below n/4, it is heard in parts: the
  likelihood to a power between 0 and 1, as large as the ESS allows, then a move, then the next part
  (Del Moral, Doucet & Jasra 2006). A fraction of a correction is a fraction in n(s, a).
  Many corrections at once are heard the same way, which is annealed sampling from the prior.
- *Moves* are random walks in standard parameters, shaped by the particles' own covariance (Chopin
  2002), scaled to an acceptance of .234, and repeated until no parameter's rank correlation with
  what it was before is above .3.

Guarantee: the moves leave the posterior as it is, and averages over the particles are consistent,
with an error of order 1/sqrt(n). The product of the mean weights estimates the evidence, and
`log_evidence` is its logarithm. The same key and the same corrections in the same updates give the
same particles. Finite priors are enumerated, exactly, and behave alike, alarms included; a hand of
finite rationality calls nothing impossible, so particles have no alarms.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.inference.density import Target, counts, density_of, optimal_values, target
from corrigible.inference.exact import check_corrections, enumerated
from corrigible.keys import Key, generator, split
from corrigible.problem import Problem

LEAST = 4
_RESAMPLED, _IN_PARTS = 0.5, 0.25
_ACCEPTED = 0.234
_FORGOTTEN = 0.3
_WALKS = 40
_STEPS = 10
_HALVINGS, _LEAST_PART = 40, 1e-6


@dataclass(frozen=True)
class Progress:
    """How the particles came about.

    Args:
        ess: (sum w)^2 / sum w^2, between 1 and n.
        acceptance: of the last walk, between 0 and 1; 1 before any.
        correlation: the largest rank correlation that the last moves left; 0 before any.
        walks: of ten steps each, in all so far.
        log_evidence: log p(corrections), in nats.
        seconds: of all updates so far.

    Source: this package.
    """

    ess: float
    acceptance: float = 1.0
    correlation: float = 0.0
    walks: int = 0
    log_evidence: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Enumerated:
    """A finite prior, updated exactly.

    Args:
        problem: with a finite prior over H rewards.
        belief: the posterior, weights `[H]`.
        heard: how many corrections so far.

    Source: this package.
    """

    problem: Problem
    belief: Belief
    heard: int = 0


@dataclass(frozen=True, eq=False)
class Particles:
    """Weighted rewards of a continuous prior.

    Args:
        problem: with a continuous prior over D parameters and a hand of finite rationality.
        target: the posterior's density; its `heard` `[S, A]` is all that is kept of the past.
        z: standard parameters, `[n, D]`.
        choices: log p(a | s, z), `[n, S, A]`.
        log_weights: `[n]`, normalised, in nats.
        key: of what comes next.
        step: of the walk, in units of the usual one.
        progress: see `Progress`.

    Source: Gilks & Berzuini 2001.
    """

    problem: Problem
    target: Target
    z: Float[Array, "n D"]
    choices: Float[Array, "n S A"]
    log_weights: Float[np.ndarray, " n"]
    key: int
    step: float
    progress: Progress

    @cached_property
    def belief(self) -> Belief:
        """The posterior.

        Returns:
            A belief over rewards `[n, S]` or `[n, S, A]`; its diagnostics are `progress`.

        Raises:
            Nothing.

        Source: this package.
        """
        prior = density_of(self.problem)
        theta = prior.mean + prior.scale * np.asarray(self.z, dtype=np.float64)
        rewards = prior.rewards(self.problem.world, theta)
        return Belief(rewards, self.log_weights, self.progress)


def init(problem: Problem, key: Key, samples: int = 1000) -> Particles | Enumerated:
    """The prior, before any correction. The key is consumed.

    Args:
        problem: the assumed world, hand and prior.
        key: an int or a JAX key; a finite prior consumes none.
        samples: n, how many particles, at least 4; a finite prior has its H hypotheses.

    Returns:
        Equally weighted draws of a continuous prior, or the finite prior as it is.

    Raises:
        UserError: too few particles, or too many, or a continuous prior with a hand whose
            rationality is not finite.

    Source: this package.
    """
    if not problem.continuous:
        return Enumerated(problem, problem.prior)
    if samples < LEAST:
        raise UserError(f"samples is {samples}; at least {LEAST} particles are needed")
    first, then = split(key, 2)
    prior, aim = density_of(problem), target(problem, ())
    theta = prior.draw(problem.world, first, samples)
    z = jnp.asarray((theta - prior.mean) / prior.scale)
    even = np.full(samples, -np.log(samples))
    return Particles(problem, aim, z, _survey(aim, z), even, then, 1.0, Progress(float(samples)))


def update(state: Particles | Enumerated, corrections: Iterable[Any]) -> Particles | Enumerated:
    """Hear one correction, or several at once.

    Args:
        state: from `init` or an earlier update; it is unchanged.
        corrections: (state, action) pairs, or an integer array `[N, 2]`.

    Returns:
        The state after; `.belief` is the posterior.

    Raises:
        UserError: something that is no (state, action) pair, or a state or action that does not
            exist.

    Source: Gilks & Berzuini 2001.
    """
    if isinstance(state, Enumerated):
        return _enumerated(state, corrections)
    began = time.perf_counter()
    extra = counts(state.problem, corrections)
    left = 1.0
    while left > 0.0:
        state, part = _reweighted(state, extra, left)
        left -= part
        if state.progress.ess < _RESAMPLED * len(state.log_weights) or left > 0.0:
            state = moved(_resampled(state))
    took = state.progress.seconds + time.perf_counter() - began
    return _with(state, seconds=took)


def _enumerated(state: Enumerated, corrections: Iterable[Any]) -> Enumerated:
    pairs = check_corrections(state.problem, corrections)
    now = enumerated(state.problem.given(state.belief), pairs)
    alarms = (*state.belief.alarms, *(state.heard + index for index in now.alarms))
    belief = Belief(now.hypotheses, now.log_weights, now.diagnostics, alarms)
    return Enumerated(state.problem, belief, state.heard + len(pairs))


def _with(state: Particles, **progress: Any) -> Particles:
    return dataclasses.replace(state, progress=dataclasses.replace(state.progress, **progress))


def _normalised(logs: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Log weights that sum to one, the log of what they summed to, their ESS."""
    top = logs.max()
    weights = np.exp(logs - top)
    total = float(weights.sum())
    return (
        logs - top - np.log(total),
        float(top + np.log(total)),
        total**2 / float(weights @ weights),
    )


def _reweighted(state: Particles, extra: np.ndarray, left: float) -> tuple[Particles, float]:
    """As large a part of the corrections as leaves an ESS of n/4, and which part that was."""
    gains = np.einsum("nsa,sa->n", np.asarray(state.choices, dtype=np.float64), extra)
    floor = _IN_PARTS * len(gains)

    def after(part: float) -> tuple[np.ndarray, float, float]:
        return _normalised(state.log_weights + part * gains)

    part, low = left, 0.0
    if after(part)[2] < floor:
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + part)
            low, part = (middle, part) if after(middle)[2] >= floor else (low, middle)
        part = max(low, _LEAST_PART)
    logs, gained, ess = after(part)
    heard = state.target.heard
    aim = dataclasses.replace(
        state.target, heard=heard + jnp.asarray(part * extra, dtype=heard.dtype)
    )
    state = dataclasses.replace(state, target=aim, log_weights=logs)
    return _with(state, ess=ess, log_evidence=state.progress.log_evidence + gained), part


def _resampled(state: Particles) -> Particles:
    """Equal weights, by systematic resampling."""
    now, then = split(state.key, 2)
    count = len(state.log_weights)
    edges = np.cumsum(np.exp(state.log_weights))
    places = (np.arange(count) + generator(now).random()) / count * edges[-1]
    chosen = np.minimum(np.searchsorted(edges, places, side="right"), count - 1)
    even = np.full(count, -np.log(count))
    z, choices = state.z[chosen], state.choices[chosen]
    state = dataclasses.replace(state, z=z, choices=choices, log_weights=even, key=then)
    return _with(state, ess=float(count))


def moved(state: Particles) -> Particles:
    """Walks until the particles have forgotten where they stood, which changes no posterior.

    Args:
        state: equally weighted particles, rewards of S states.

    Returns:
        The state after, shapes as before; its weights are not looked at.

    Raises:
        Nothing.

    Source: Gilks & Berzuini 2001; Chopin 2002 for the covariance.
    """
    stood = _ranks(state.z)
    *keys, then = split(state.key, _WALKS + 1)
    state = dataclasses.replace(state, key=then)
    for key in keys:
        root = state.step * _root(np.asarray(state.z, dtype=np.float64))
        shape = jnp.asarray(root, dtype=state.z.dtype)
        z, choices, taken = _walk(state.target, state.z, state.choices, shape, _jax_key(key))
        rate = float(taken)
        step = state.step * float(np.exp(rate - _ACCEPTED))
        state = dataclasses.replace(state, z=z, choices=choices, step=step)
        left = float((stood * _ranks(z)).mean(axis=0).max())
        state = _with(state, acceptance=rate, correlation=left, walks=state.progress.walks + 1)
        if left < _FORGOTTEN:
            break
    return state


def _root(z: np.ndarray) -> np.ndarray:
    """A root of the particles' covariance, tails cut off, in the walk's usual units."""
    count, size = z.shape
    inner = np.clip(z, *np.quantile(z, (0.02, 0.98), axis=0))
    spread = np.atleast_2d(np.cov(inner.T))
    # With few particles the covariance is little more than their noise; with enough of them its
    # thinnest direction counts.
    share = min(1.0, count / (4.0 * size))
    spread = share * spread + (1.0 - share) * np.diag(np.diag(spread)) + 1e-8 * np.eye(size)
    return 2.38 / np.sqrt(size) * np.linalg.cholesky(spread)


def _ranks(z: Any) -> np.ndarray:
    """Ranks of every coordinate, centred, of variance one."""
    ranks = np.argsort(np.argsort(np.asarray(z), axis=0), axis=0).astype(np.float64)
    return (ranks - ranks.mean(axis=0)) / ranks.std(axis=0)


def _jax_key(key: int) -> Any:
    return jax.random.wrap_key_data(jnp.array([key >> 32, key & 0xFFFFFFFF], dtype=jnp.uint32))


def _choices(aim: Target, z: Float[Array, " D"]) -> Float[Array, "S A"]:
    q = optimal_values(aim.transition, aim.discount, aim.rewards(z))
    return jax.nn.log_softmax(aim.rationality * q, axis=-1)


@jax.jit
def _survey(aim: Target, z: Float[Array, "n D"]) -> Float[Array, "n S A"]:
    return jax.vmap(_choices, in_axes=(None, 0))(aim, z)


@jax.jit
def _walk(
    aim: Target,
    z: Float[Array, "n D"],
    choices: Float[Array, "n S A"],
    root: Float[Array, "D D"],
    key: Any,
) -> tuple[Float[Array, "n D"], Float[Array, "n S A"], Float[Array, ""]]:
    """Some Metropolis steps of every particle: the particles, their choices, the acceptance."""

    def density(z: Any, choices: Any) -> Any:
        return jax.vmap(aim.log_prior)(z) + (aim.heard[None] * choices).sum(axis=(1, 2))

    def step(carry: Any, key: Any) -> Any:
        z, choices, held = carry
        to, keep = jax.random.split(key)
        moved = z + jax.random.normal(to, z.shape, z.dtype) @ root.T
        chosen = _survey(aim, moved)
        found = density(moved, chosen)
        taken = jnp.log(jax.random.uniform(keep, held.shape, held.dtype)) < found - held
        carry = (
            jnp.where(taken[:, None], moved, z),
            jnp.where(taken[:, None, None], chosen, choices),
            jnp.where(taken, found, held),
        )
        return carry, taken.mean(dtype=z.dtype)

    first = (z, choices, density(z, choices))
    (z, choices, _), taken = jax.lax.scan(step, first, jax.random.split(key, _STEPS))
    return z, choices, taken.mean()
