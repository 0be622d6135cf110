"""Certificates of a belief that is known by draws.

Let b be a continuous belief and b^ the uniform belief over draws of it. The value of a plan is
linear in the belief and the best plan is chosen knowing it, so Q is convex in b, and over the draws

    E Q_on(b^, s, a) >= Q_on(b, s, a) >= E_h v_h(s, a)

for any plan made before the h were drawn, v_h being what it is worth under h. The left hand side is
a plan for the draws (`exact` or `bounds`, its upper end), the right hand side a `Listener` that was
planned on other draws. With k and j the best keeping and disabling action on those other draws,
each of B batches of fresh draws gives one estimate of a lower end of the margin and one of an upper
end,

    mean_h v_h(k) - max_disable U          max_keep U - mean_h v_h(j),

and Student's t over the batches makes of them an interval. Draws of a prior come in mirrored pairs
(both densities are symmetric): each draw has the prior's distribution, which is all that the
inequality needs, and the mean reward of every batch is then exact.

Guarantee: the bracket holds the margin with the stated confidence, as far as batch means are
normal; so does each of `others` by itself. A plan's optimism about its own draws (they are few, so
corrections identify them too fast) widens the bracket and never moves it across the margin.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import scipy.stats
from jaxtyping import Float

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.keys import Key, generator
from corrigible.planners.certificate import (
    Certificate,
    Ledger,
    Sampling,
    default_tolerance,
    verdict_of,
)
from corrigible.planners.judge import Judge, advised
from corrigible.planners.listener import listening, under
from corrigible.priors.density import StudentT
from corrigible.problem import Problem
from corrigible.worlds.optimum import optimal_q

SAMPLES = 2048
CONFIDENCE = 0.99
_BATCHES = 8
_LEAST = 16.0
_BELIEFS = 256
_WORK = 2_000_000_000
_PLANNING = 0.25


def certify_draws(
    problem: Problem,
    belief: Belief | None,
    state: int | None,
    tol: float | None,
    budget: float,
    key: Key,
    samples: int | None,
) -> Certificate:
    """Judge a continuous belief. The key is consumed.

    Args:
        problem: with a continuous prior, in a world of S states.
        belief: draws of a posterior, rewards `[n, S]` or `[n, S, A]`; draws of the prior where
            None.
        state: the state to judge; where None, those that the plan reaches before a correction.
        tol: as in `certify`; the span is that of the draws.
        budget: seconds.
        key: an int or a JAX key.
        samples: draws of the prior, 2,048 where None; all draws of a given belief.

    Returns:
        A `Certificate` with `sampling`; its bribes are not bounded.

    Raises:
        UserError: too few draws, or a prior whose tails leave no interval.

    Source: Mak, Morton & Wood 1999.
    """
    began = time.monotonic()
    known, fresh = _drawn(problem, belief, key, samples)
    finite = problem.given(Belief.uniform(known))
    tol = default_tolerance(finite) if tol is None else tol
    judge = Judge(finite, tol, began, budget)
    if state is not None and not judge.excess[state].any():
        return judge.empty(state)
    share = budget if problem.overseer.mode == "advises" else 0.5 * budget
    study = _Study(judge, fresh, began, share)
    states, unjudged = ([state], []) if state is not None else judge.judged(study.plan)
    informed = study
    if states and problem.overseer.mode != "advises":
        other = Judge(advised(finite), tol, began, budget)
        informed = _Study(other, fresh, time.monotonic(), share)
    found = [_certificate(study, informed, s) for s in states]
    return judge.worst(found, unjudged) if state is None else found[0]


def _drawn(
    problem: Problem, belief: Belief | None, key: Key, samples: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """(rewards to plan on `[n, ...]`, fresh ones in batches `[B, m, ...]`)."""
    prior = problem.prior
    if isinstance(prior, StudentT) and prior.degrees <= 2.0:
        raise UserError(
            f"the prior has {prior.degrees:g} degrees of freedom and so no variance, and without "
            "one draws give no interval; degrees must be above 2"
        )
    if belief is None:
        many = SAMPLES if samples is None else samples
        half = -(-many // (4 * _BATCHES)) * _BATCHES
        theta = prior.draw(problem.world, key, 2 * half)
        mirrored = 2.0 * prior.mean - theta
        pairs = np.stack([theta, mirrored], axis=1).reshape(4 * half, -1)
        rewards = prior.rewards(problem.world, pairs)
    else:
        rewards = np.asarray(belief.hypotheses, dtype=np.float64)
        weights = np.asarray(belief.weights, dtype=np.float64)
        if np.ptp(weights) > 1e-12:
            # Systematic: each draw comes up within one of its expected number of times.
            places = (np.arange(len(weights)) + generator(key).random()) / len(weights)
            rewards = rewards[np.searchsorted(np.cumsum(weights), places * weights.sum())]
            rewards = generator(key).permutation(rewards)
    each = len(rewards) // (2 * _BATCHES)
    if each < 2:
        raise UserError(
            f"{len(rewards)} draws are too few for an interval; at least {4 * _BATCHES} are needed"
        )
    fresh = rewards[: _BATCHES * each].reshape(_BATCHES, each, *rewards.shape[1:])
    return rewards[_BATCHES * each :], fresh


@dataclass(frozen=True)
class _Bracket:
    """Both ends of a margin as estimated, one number a batch, for the pair (k, j)."""

    keep: int
    disable: int
    lower: Float[np.ndarray, " B"]
    upper: Float[np.ndarray, " B"]

    @property
    def middle(self) -> float:
        return 0.5 * float(self.lower.mean() + self.upper.mean())


class _Study:
    """A plan on some draws, and what fresh draws say of every action's value."""

    def __init__(self, judge: Judge, fresh: np.ndarray, began: float, budget: float) -> None:
        problem = judge.problem
        states = problem.world.n_states
        self.judge = judge
        # Each belief is one linear system of S states for every fresh draw.
        most = int(np.clip(_WORK // (fresh.shape[0] * fresh.shape[1] * states**3), 1, _BELIEFS))
        self.plan = listening(problem, _LEAST, most)
        parts = [replace(problem, prior=Belief.uniform(batch)) for batch in fresh]
        rewards, likelihood = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("rewards", "likelihood")
        )
        worth = under(self.plan, rewards, likelihood)
        self.below: Float[np.ndarray, "B S A"] = np.stack(
            [part.mean(axis=0) for part in np.split(worth, len(fresh))]
        )
        spent = time.monotonic() - began
        each = max(_PLANNING * budget, budget - spent) / len(fresh)
        self.above: Float[np.ndarray, "B S A"] = np.stack([self._above(p, each) for p in parts])
        pooled = np.concatenate([problem.rewards, rewards])
        self.mean: Float[np.ndarray, "S A"] = pooled.mean(axis=0)
        self.ordinary: Float[np.ndarray, "S A"] = optimal_q(problem.world, self.mean[None])[0]
        self.draws: int = len(pooled)

    def _above(self, problem: Problem, budget: float) -> np.ndarray:
        judge = Judge(problem, self.judge.tol, time.monotonic(), budget)
        everywhere = np.ones(problem.world.n_states, bool)
        return judge.plan(problem, everywhere).at(problem.weights()).on[1]

    def bracket(self, state: int) -> _Bracket:
        """Estimates of both ends of the margin in one state."""
        keeping = self.judge.excess[state] == 0.0
        _, _, keep, disable = self.judge.margin(self.plan, state)
        below, above = self.below[:, state], self.above[:, state]
        return _Bracket(
            keep,
            disable,
            below[:, keep] - above[:, ~keeping].max(axis=1),
            above[:, keeping].max(axis=1) - below[:, disable],
        )


def _certificate(study: _Study, informed: _Study, state: int) -> Certificate:
    found = study.bracket(state)
    k, j, batches = found.keep, found.disable, len(found.lower)
    # Each end fails with half of what the confidence leaves.
    reach = float(scipy.stats.t.ppf(0.5 + 0.5 * CONFIDENCE, batches - 1))
    errors = [float(end.std(ddof=1) / np.sqrt(batches)) for end in (found.lower, found.upper)]
    estimates = float(found.lower.mean()), float(found.upper.mean())
    lower, upper = estimates[0] - reach * errors[0], estimates[1] + reach * errors[1]
    whole, mean, ordinary = 0.5 * (lower + upper), study.mean[state], study.ordinary[state]
    direct = float(mean[k] - mean[j])
    path = float(ordinary[k] - ordinary[j]) - direct
    control = 0.0 if informed is study else found.middle - informed.bracket(state).middle
    information = whole - direct - path - control
    return Certificate(
        verdict_of(lower, upper, study.judge.tol),
        lower,
        upper,
        Ledger(direct, path, information, control, upper - lower),
        state,
        study.judge.problem.world.label(state),
        k,
        j,
        tol=study.judge.tol,
        sampling=Sampling(
            CONFIDENCE, study.draws, batches, estimates[0], errors[0], estimates[1], errors[1]
        ),
        _once=_unknown,
        _always=_unknown,
    )


def _unknown() -> tuple[float, float]:
    return -float("inf"), float("inf")
