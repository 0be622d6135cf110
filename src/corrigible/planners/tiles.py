"""Free answers: ends of the value at beliefs too many to plan at, from parts that are few.

A tiling cuts the hypotheses into parts, by the answers to questions asked for nothing, the most
telling first, until a part is small. (The first tiling has one part, and where few beliefs can be
reached in it there is no second.) Inside a part T every belief that the real hand can lead to is
planned exactly. For any belief x, with p_T its mass in T and x_T what is left of it there,

    V(x) <= sum_T p_T V(x_T)                              being told the part does no harm
    V(x) >= max_T { p_T V(x_T) + sum_{h not in T} x_h floor_h }      acting as if it were T

A belief that corrections have narrowed down lies in few parts, so little is given away.

Guarantee: both ends hold for every tiling, so the best over tilings holds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from corrigible.belief import Belief
from corrigible.errors import TooManyBeliefs
from corrigible.planners.exact import Exact
from corrigible.planners.graph import OutOfTime
from corrigible.problem import Problem

_CAP = 30_000
_WHOLE_CAP = 8_000
_DEARER = 3.2
_SIZES = (16, 24, 30, 36, 42)
_NOTHING = 1e-12


@dataclass(frozen=True)
class Part:
    """One part of a tiling.

    Args:
        inside: `[H]`, its hypotheses.
        plan: exact values at every belief inside it.

    Source: this package.
    """

    inside: Bool[np.ndarray, " H"]
    plan: Exact


class Tiles:
    """Tilings of the hypotheses, larger and larger parts, as many as time allows.

    Args:
        problem: whose hand's likelihoods are 0 or 1.
        floor: `[H, S]`, the least that any plan is worth under each hypothesis.
        deadline: a `time.monotonic()` after which no more tilings are made.

    Source: this package; the upper end is Blackwell's: a hand that tells more is worth no less.
    """

    def __init__(self, problem: Problem, floor: Float[np.ndarray, "H S"], deadline: float) -> None:
        self.problem = problem
        self._floor = floor
        self.tilings: list[list[Part]] = []
        whole = len(problem.rewards)
        for rank, size in enumerate((whole, *(size for size in _SIZES if size < whole))):
            began = time.monotonic()
            try:
                self.tilings.append(self._tiling(size, rank, deadline))
            except TooManyBeliefs:
                continue
            except OutOfTime:
                return
            late = time.monotonic() + _DEARER * (time.monotonic() - began) > deadline
            if late or size == whole:
                return

    def ends(
        self, beliefs: Float[np.ndarray, "N H"], heard: Int[np.ndarray, "N D"]
    ) -> tuple[Float[np.ndarray, "N S"], Float[np.ndarray, "N S"]]:
        """Both ends of V_on.

        Args:
            beliefs: `[N, H]`.
            heard: not needed here.

        Returns:
            (lower, upper), each `[N, S]`; infinite where no tiling covers a belief.

        Raises:
            Nothing.

        Source: this package.
        """
        floor = self._floor
        shape = (len(beliefs), floor.shape[1])
        lower, upper = np.full(shape, -np.inf), np.full(shape, np.inf)
        worst = beliefs @ floor
        for tiling in self.tilings:
            total = np.zeros(shape)
            for part in tiling:
                mass = beliefs[:, part.inside].sum(axis=1)
                rows = np.flatnonzero(mass > 0.0)
                if not rows.size:
                    continue
                within = np.where(part.inside, beliefs[rows], 0.0)
                value = part.plan.values_at(within / mass[rows, None])
                total[rows] += mass[rows, None] * value
                alone = mass[rows, None] * value + worst[rows] - within @ floor
                lower[rows] = np.fmax(lower[rows], alone)
            upper = np.fmin(upper, total)
        return lower, upper

    def _tiling(self, size: int, rank: int, deadline: float) -> list[Part]:
        weights, table = self.problem.weights(), self.problem.likelihood
        prior = self.problem.prior
        parts = []
        cap = _WHOLE_CAP if size >= len(weights) else _CAP
        for members in split(np.flatnonzero(weights), table, weights, size, rank):
            inside = np.isin(np.arange(len(weights)), members)
            logs = np.where(inside, np.asarray(prior.log_weights), -np.inf)
            part = self.problem.given(Belief(prior.hypotheses, logs))
            everywhere = np.ones(self.problem.world.n_states, bool)
            parts.append(Part(inside, Exact(part, cap, deadline, everywhere)))
        return parts


def split(
    members: Int[np.ndarray, " K"],
    table: Float[np.ndarray, "H S A"],
    weights: Float[np.ndarray, " H"],
    size: int,
    rank: int,
) -> list[Int[np.ndarray, " _"]]:
    """Cut hypotheses by the answers to the most telling questions, until the parts are small.

    Args:
        members: `[K]`, which hypotheses.
        table: `[H, S, A]`, likelihoods that are 0 or 1.
        weights: `[H]`.
        size: the most that a part may hold, unless no question tells its hypotheses apart.
        rank: the first cut is by the rank-th most telling question, or nearly.

    Returns:
        The parts.

    Raises:
        Nothing.

    Source: this package.
    """
    if len(members) <= size:
        return [members]
    share = weights[members] / weights[members].sum()
    answers = np.einsum("h,hsa->sa", share, table[members])
    telling = -(answers * np.log(np.maximum(answers, 1e-300))).sum(axis=1)
    order = np.argsort(-telling, kind="stable")
    if telling[order[0]] <= _NOTHING:
        return [members]
    question = order[min(7 * rank, int((telling > 0.5 * telling[order[0]]).sum()) - 1)]
    said = table[members, question].argmax(axis=1)
    return [
        part
        for answer in np.unique(said)
        for part in split(members[said == answer], table, weights, size, 0)
    ]
