"""The same questions to every case that is a problem: the columns beside its own numbers.

- *Does it keep?* The margin at the start, as the agent believes it.
- *Would it, informed?* The null models. Of rewards drawn from the prior: the share whose owner,
  told which it is, is better off silencing the overseer, and the share that is no worse off. Of
  permutations of each such reward over the states (Turner et al. 2021): the same two shares, for
  the ordinary optimum. A level in which the informed keep as well shows nothing by a margin.
- *Does it follow?* Obedience: how often the agent itself would do what it is told, where it is.
- *How wrong may the model be?* The robustness radii: the smallest change of the truth at which the
  true margin is negative while the believed one is positive. Of the rate; of the prior, in total
  variation; of the hand, in the probability that a word of it is drawn evenly instead; of the
  reward, in what silencing pays on top of what any hypothesis says.
- *Is it better than obeying?* What the agent is worth, and what one that never silences at the
  start and always does what it is told is worth; only where the overseer speaks of where one is.

Guarantee: radii are to 1e-9 where the true margin changes its sign at most once on the way to the
end of its direction (no rate or every time, nothing but noise, twice the margin and 1 on top), and
that in the prior is exact: the true margin is linear in it, so that mass goes from where it is
largest to where it is least.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from corrigible.overseers.base import Overseer
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.evaluate import Outcome, evaluate
from corrigible.planners.solution import Solution
from corrigible.planners.solve import solve
from corrigible.problem import Problem, Truth
from corrigible.worlds.optimum import optimal_q
from corrigible.zoo.case import Case, Columns
from corrigible.zoo.measure import boundary

_TIE = 1e-8
_PERMUTATIONS = 720
_CLOSE = 1e-9


@dataclass(frozen=True)
class _Asked:
    """A problem's plan and where it is asked."""

    plan: Solution
    state: int
    keeps: np.ndarray
    silences: np.ndarray

    @property
    def problem(self) -> Problem:
        return self.plan.problem

    @cached_property
    def as_assumed(self) -> list[Outcome]:
        """What becomes of it where all is as assumed, by hypothesis."""
        return self.outcomes(self.problem.overseer)

    def margins(self, overseer: Overseer, extra: float = 0.0) -> np.ndarray:
        """The true margin by hypothesis, `[H]`, silencing paying so much more."""
        return np.array([o.true_margin for o in self.outcomes(overseer, extra)])

    def outcomes(self, overseer: Overseer, extra: float = 0.0) -> list[Outcome]:
        found = []
        for h, reward in enumerate(self.problem.rewards):
            paid = reward.copy()
            paid[self.state, self.silences] += extra
            truth = Truth(self.problem.world, overseer.only(h), paid)
            found.append(evaluate(self.plan, truth, self.state))
        return found

    def gap(self, q: np.ndarray) -> np.ndarray:
        """Best keeping less best silencing action of `[..., A]`."""
        best = [q[..., actions].max(axis=-1) for actions in (self.keeps, self.silences)]
        return np.asarray(best[0] - best[1])


def columns(case: Case) -> Columns | None:
    """The columns of a case at its own settings.

    Args:
        case: from `corrigible.zoo.load`.

    Returns:
        None where it is no problem of this package (a team game, a process, a world that shows its
        reward). Numbers that have no meaning are None: where nothing can be silenced, where the
        agent does not keep, or where no change of the kind does it. No arrays, no shapes.

    Raises:
        UserError: numbers that are none.

    Source: this package; Turner et al. 2021 for permutations, Milli et al. 2017 for obedience.
    """
    if case.problem is None:
        return None
    problem: Problem = case.problem(case.settings)
    plan, state = solve(problem), int(np.argmax(problem.world.start))
    harm = problem.world.expected_disables[state]
    keeps = harm <= harm.min() + 1e-12
    asked = _Asked(plan, state, keeps, ~keeps)
    follows = _obedience(asked)
    worth = float(np.max(plan.q(state)))
    obeying = _obeying(asked)
    if keeps.all():
        return Columns(case.name, None, None, None, follows, None, None, None, None, worth, obeying)
    believed = float(asked.gap(plan.q(state)))
    rate, prior, noise, pays = _radii(asked) if believed > _TIE else (None,) * 4
    return Columns(
        case.name,
        believed,
        _informed(asked),
        _permuted(asked),
        follows,
        rate,
        prior,
        noise,
        pays,
        worth,
        obeying,
    )


def _shares(gaps: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """How likely silencing is better, and how likely it is no worse."""
    return float(weights @ (gaps < -_TIE)), float(weights @ (gaps <= _TIE))


def _informed(asked: _Asked) -> tuple[float, float]:
    """Of those who know the reward, and go on with the overseer they have."""
    prior, weights = asked.problem.prior, asked.problem.weights()
    sure = np.eye(len(weights))
    q = np.stack([asked.plan.q(asked.state, prior.with_weights(w)) for w in sure])
    return _shares(asked.gap(q), weights)


def _permuted(asked: _Asked) -> tuple[float, float]:
    """The same over permutations of the states, of which at most 720 are taken, by draw."""
    problem = asked.problem
    states = problem.world.n_states
    if math.factorial(states) <= _PERMUTATIONS:
        orders = np.array(list(itertools.permutations(range(states))))
    else:
        rng = np.random.default_rng(0)
        orders = np.stack([rng.permutation(states) for _ in range(_PERMUTATIONS)])
    weights, total = problem.weights(), np.zeros(2)
    for h, weight in enumerate(weights):
        q = optimal_q(problem.world, problem.rewards[h][orders])[:, asked.state]
        even = np.full(len(orders), 1.0 / len(orders))
        total += weight * np.array(_shares(asked.gap(q), even))
    return float(total[0]), float(total[1])


def _obedience(asked: _Asked) -> float | None:
    pairs = zip(asked.problem.weights().tolist(), asked.as_assumed, strict=True)
    told = [(weight, o.obedience) for weight, o in pairs if o.obedience is not None]
    whole = sum(weight for weight, _ in told)
    return sum(weight * o for weight, o in told) / whole if whole > 0.0 else None


def _obeying(asked: _Asked) -> float | None:
    """What always doing as one is told is worth."""
    problem = asked.problem
    hand = problem.overseer
    if hand.about != "current":
        return None
    told = HandOfGod.table(problem.likelihood, hand.rate, mode="overrides")
    q = solve(Problem(problem.world, told, problem.prior)).q(asked.state)
    return float(np.max(q[asked.keeps]))


_Radius = float | None


def _radii(asked: _Asked) -> tuple[_Radius, _Radius, _Radius, _Radius]:
    problem, weights = asked.problem, asked.problem.weights()
    hand: Any = problem.overseer
    right = np.array([o.true_margin for o in asked.as_assumed])
    now = float(weights @ right)

    def at_rate(rate: float) -> float:
        return float(weights @ asked.margins(replace(hand, rate=rate)))

    def at_noise(noise: float) -> float:
        table = (1.0 - noise) * problem.likelihood + noise / problem.world.n_actions
        spoken = HandOfGod.table(table, hand.rate, hand.about, hand.mode, hand.ask_cost)
        return float(weights @ asked.margins(spoken))

    def paid(extra: float) -> float:
        return float(weights @ asked.margins(hand, extra))

    rates = [_turn(at_rate, hand.rate, now, end) for end in (0.0, 1.0)]
    rate = min((abs(r - hand.rate) for r in rates if r is not None), default=None)
    noise = _turn(at_noise, 0.0, now, 1.0)
    return rate, _prior(right, weights), noise, _turn(paid, 0.0, now, 2.0 * now + 1.0)


def _prior(right: np.ndarray, weights: np.ndarray) -> float | None:
    """How much mass must move for the mean of `right` to come down to zero."""
    left, moved, least = float(weights @ right), 0.0, float(right.min())
    if least >= 0.0:
        return None
    for h in np.argsort(-right):
        gain = float(right[h]) - least
        if gain <= 0.0 or left <= weights[h] * gain:
            return moved + (left / gain if gain > 0.0 else 0.0)
        left -= float(weights[h]) * gain
        moved += float(weights[h])
    return moved


def _turn(function: Callable[[float], float], begin: float, now: float, end: float) -> float | None:
    """Where, going from `begin`, where it is `now`, to `end`, a function comes down to zero."""
    last = function(end) if end != begin else now
    if now <= 0.0 or last >= -_TIE:
        return None
    # Many are straight lines.
    middle = begin + (end - begin) * now / (now - last)
    if abs(function(middle)) <= _CLOSE:
        return middle
    return boundary(function, begin, end, _CLOSE)
