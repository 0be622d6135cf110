"""A run: warm-up that adapts, rounds until the chains have mixed, and a place to go on from.

Warm-up starts every chain at a draw of the prior and anneals: the hand's rationality grows to what
it is. After each round the step moves towards an acceptance of 0.8 by the smooth energy, and the
metric becomes the covariance that all chains pool, shrunk towards a diagonal where coordinates are
nearly independent; a chain that is hopelessly behind starts again from one that is not. Then
everything is frozen. A round of sampling adds draws to each chain; where they are as many as wanted
and have not mixed, every other one is dropped, the distance between draws is doubled, and sampling
goes on, up to `DOUBLINGS` times.

Every round has its own key, and
what a round ends with is all that the next one needs: saved to a file, it goes on from there as if
nothing had happened.

Guarantee: draws are a pure function of (space, key, samples, chains), whether or not a run was
interrupted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from corrigible.checkpoint import Checkpoint
from corrigible.inference.diagnostics import Diagnostics, ess_bulk, ess_tail, r_hat
from corrigible.inference.mcmc.kernel import Tuning, walk
from corrigible.inference.mcmc.spaces import Space
from corrigible.inference.mcmc.swaps import Swaps

WARM_UP = 40
BLOCKS = 8
TRAJECTORIES = 8
ACCEPTANCE = 0.8
DOUBLINGS = 9
R_HAT = 1.01
_SETTLING = 8
_LENGTH = 2.5
_STEPS = (6, 64)
# Rounds of annealing; and rounds whose draws are forgotten.
_ANNEALING = 16
_COOLING = 0.7
_FORGOTTEN = 20


@dataclass
class State:
    """What a run goes on from.

    Args:
        x: `[D, C]`.
        inverse: M^-1, `[D, D]`.
        step: of the leapfrog.
        pool: warm-up draws that the covariance is of, `[n, D]`.
        draws: `[N, C, D]`, kept so far.
        done: rounds, warm-up included.
        every: blocks between draws.
        waiting: blocks since the last draw.
        tally: sums over sampling trajectories: smooth, local, block, diverged, and steps of
            warm-up and sampling.
        trajectories: of sampling.
        seconds: so far.

    Source: this package.
    """

    x: np.ndarray
    inverse: np.ndarray
    step: float
    pool: np.ndarray
    draws: np.ndarray
    done: int
    every: int
    waiting: int
    tally: np.ndarray
    trajectories: int
    seconds: float


@dataclass(frozen=True)
class Walked:
    """Where a run ended.

    Args:
        draws: coordinates, `[C, N, D]`.
        diagnostics: of those draws.
        mixed: whether they will do.

    Source: this package.
    """

    draws: Float[np.ndarray, "C N D"]
    diagnostics: Diagnostics
    mixed: bool


@dataclass(frozen=True)
class Run:
    """Chains in a space.

    Args:
        space: where they walk.
        swaps: local moves besides, or None.
        method: what it is called.
        key: a JAX key.
        samples: draws wanted of all chains together.
        checkpoint: where to save, or None.
        progress: called with one line after each round, or None.

    Source: this package.
    """

    space: Space
    swaps: Swaps | None
    method: str
    key: Any
    samples: int
    checkpoint: Checkpoint | None
    progress: Callable[[str], None] | None

    def walk(
        self,
        start: Float[np.ndarray, "D C"],
        spread: Float[np.ndarray, "D n"],
        frame: Float[np.ndarray, "D D"],
    ) -> Walked:
        """Run to the end, from the checkpoint where there is one.

        Args:
            start: where the C chains begin.
            spread: points whose covariance is the first metric.
        frame: `[D, D]`, see `Space`.

        Returns:
            The draws, and whether they mixed.

        Raises:
            UserError: a checkpoint of something else.

        Source: this package; Vehtari et al. 2021 for when chains have mixed.
        """
        state = self.checkpoint.load() if self.checkpoint else None
        if state is None:
            state = _first(start, _covariance(spread.T, frame))
        compiling = self._compile(state)
        chains = start.shape[1]
        wanted = max(16, -(-self.samples // chains))
        while True:
            began = time.monotonic()
            if state.done < WARM_UP:
                self._warm(state, frame)
                found = None
            else:
                found = self._sample(state, wanted, compiling)
            state.done += 1
            state.seconds += time.monotonic() - began
            if found is not None:
                return replace(found, diagnostics=replace(found.diagnostics, seconds=state.seconds))
            self._report(state, wanted)

    def _report(self, state: State, wanted: int) -> None:
        if self.checkpoint:
            self.checkpoint.save(state)
        if self.progress and state.done <= WARM_UP:
            self.progress(f"warm-up {state.done}/{WARM_UP}")
        elif self.progress:
            self.progress(f"draws {len(state.draws)}/{wanted} a chain, one in {state.every} blocks")

    def _compile(self, state: State) -> float:
        """Seconds for a call without trajectories, which is what compiling takes."""
        began = time.monotonic()
        self._blocks(state, _tuning(state, trajectories=0))
        return time.monotonic() - began

    def _blocks(self, state: State, tuning: Tuning) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """One round: states at block ends `[B, C, D]`, sums over trajectories, last densities."""
        key = jax.random.fold_in(self.key, state.done)
        space = self.space.tempered(_COOLING ** max(0, _ANNEALING - state.done))
        ends, tally, level = walk(space, self.swaps, jnp.asarray(state.x), key, tuning, BLOCKS)
        parts = (tally.smooth, tally.local, tally.block, tally.diverged, tally.steps)
        sums = np.array([float(part) for part in parts])
        return np.asarray(ends).transpose(0, 2, 1), sums, np.asarray(level)

    def _warm(self, state: State, frame: np.ndarray) -> None:
        ends, sums, level = self._blocks(state, _tuning(state))
        good = _near(level)
        ends = ends[:, good]
        state.x = np.ascontiguousarray(ends[-1, np.resize(np.arange(len(good)), len(level))].T)
        smooth = sums[0] / (BLOCKS * TRAJECTORIES)
        late = state.done >= WARM_UP - _SETTLING
        state.step *= float(np.exp((0.3 if late else 1.0) * (smooth - ACCEPTANCE)))
        state.tally[4] += sums[4]
        if late:
            return
        if state.done <= _FORGOTTEN:
            state.pool = state.pool[:0]
        state.pool = np.concatenate([state.pool, ends.reshape(-1, ends.shape[2])])
        state.inverse = _covariance(state.pool, frame)

    def _sample(self, state: State, wanted: int, compiling: float) -> Walked | None:
        ends, sums, _ = self._blocks(state, _tuning(state))
        state.x = np.ascontiguousarray(ends[-1].T)
        sums[3] *= state.x.shape[1]
        state.tally += sums
        state.trajectories += BLOCKS * TRAJECTORIES
        kept = [ends[i] for i in range(BLOCKS) if (state.waiting + i + 1) % state.every == 0]
        state.waiting = (state.waiting + BLOCKS) % state.every
        if kept:
            state.draws = np.concatenate([state.draws, np.stack(kept)])
        if len(state.draws) < wanted:
            return None
        draws = state.draws[-wanted:].transpose(1, 0, 2)
        found = self._judge(state, draws, compiling)
        if found.mixed or state.every >= 1 << DOUBLINGS:
            return found
        # Every other draw goes, and the blocks since the last one that stays are remembered.
        state.waiting += state.every * (len(state.draws) % 2)
        state.draws, state.every = state.draws[1::2], 2 * state.every
        return None

    def _judge(self, state: State, draws: np.ndarray, compiling: float) -> Walked:
        at = draws.astype(np.float64)
        bulk, tail, hat = ess_bulk(at).min(), ess_tail(at).min(), r_hat(at).max()
        share = state.tally[:3] / state.trajectories
        diagnostics = Diagnostics(
            method=self.method,
            chains=len(draws),
            ess_bulk_min=float(bulk),
            ess_tail_min=float(tail),
            r_hat_max=float(hat),
            acceptance=float(share[1] * share[2]),
            divergences=round(float(state.tally[3])),
            steps=round(float(state.tally[4])),
            seconds=state.seconds,
            compile_seconds=compiling,
        )
        return Walked(draws, diagnostics, bool(bulk >= self.samples / 10 and hat < R_HAT))


def _first(start: np.ndarray, inverse: np.ndarray) -> State:
    size = len(start)
    return State(
        x=start.astype(np.float32),
        inverse=inverse,
        step=0.05,
        pool=np.zeros((0, size), np.float32),
        draws=np.zeros((0, start.shape[1], size), np.float32),
        done=0,
        every=1,
        waiting=0,
        tally=np.zeros(5),
        trajectories=0,
        seconds=0.0,
    )


def _near(level: np.ndarray) -> np.ndarray:
    """Chains whose density is not hopelessly below that of the rest; these take their places."""
    centre = np.median(level)
    return np.flatnonzero(level >= centre - 20.0 - 8.0 * np.median(np.abs(level - centre)))


def _covariance(points: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """The covariance `[D, D]` of points `[n, D]`, in the frame shrunk towards its diagonal."""
    count, size = points.shape
    raw = np.cov(frame @ points.T.astype(np.float64)).reshape(size, size)
    weight = count / (count + 5.0 * size)
    mixed = weight * raw + (1.0 - weight) * np.diag(np.diag(raw))
    back = np.linalg.inv(frame)
    return back @ (mixed + 1e-9 * np.trace(mixed) / size * np.eye(size)) @ back.T


def _tuning(state: State, trajectories: int = TRAJECTORIES) -> Tuning:
    # A root of M = (M^-1)^-1: with M^-1 = L L', it is L'^-1.
    root = np.linalg.inv(np.linalg.cholesky(state.inverse)).T
    # While chains are far from where they belong, momentum is best drawn anew often.
    most = _STEPS[1] if state.done > _ANNEALING else 2 * _STEPS[0]
    longest = int(np.clip(round(_LENGTH / state.step), _STEPS[0], most))
    return Tuning(
        jnp.asarray(state.inverse, jnp.float32),
        jnp.asarray(root, jnp.float32),
        jnp.asarray(state.step, jnp.float32),
        jnp.asarray(longest),
        jnp.asarray(trajectories),
    )
