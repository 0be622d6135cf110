"""From corrections to a posterior over rewards, exactly, over any finite set of hypotheses.

A correction (s_o, a*) is evidence by the assumed hand's likelihood, whichever state it names:

    b_h <- b_h p(a* | s_o, h) / sum_h' b_h' p(a* | s_o, h')

When it comes and about which state does not depend on the reward, so neither the rate nor silence
is evidence, and the corrections of a whole history multiply.

Guarantee: the posterior is Bayes' rule to float64 rounding and does not depend on the order of the
corrections. The exception is an alarm: a correction that every hypothesis left at that point calls
impossible is kept out of the belief and its index is listed in `belief.alarms`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.problem import Problem


def enumerated(problem: Problem, corrections: Iterable[Any]) -> Belief:
    """What corrections say about which of finitely many rewards it is.

    Args:
        problem: the assumed world, hand and finite prior, over H rewards of S states and A actions.
        corrections: (state, action) pairs, or an integer array `[N, 2]`, in the order heard.

    Returns:
        A belief over the prior's hypotheses, weights `[H]`. `diagnostics` is None (it is exact)
        and `alarms` lists the indices of the corrections that were impossible when they came.

    Raises:
        UserError: something that is no (state, action) pair, a state or action that does not
            exist, or a continuous prior.

    Source: Bayes' rule; Ramachandran & Amir 2007, section 3, for rewards inferred from actions.
    """
    pairs = check_corrections(problem, corrections)
    with np.errstate(divide="ignore"):
        logs = np.log(problem.weights())
        log_likelihood = np.log(problem.likelihood)
    alarms: list[int] = []
    for index, (state, action) in enumerate(pairs):
        joint = logs + log_likelihood[:, state, action]
        if np.isneginf(joint).all():
            alarms.append(index)
        else:
            logs = joint - joint.max()
    return Belief(problem.prior.hypotheses, logs, None, tuple(alarms))


def check_corrections(problem: Problem, corrections: Iterable[Any]) -> list[tuple[int, int]]:
    """Corrections as pairs of indices that exist.

    Args:
        problem: whose world has S states and A actions.
        corrections: (state, action) pairs, or an integer array `[N, 2]`.

    Returns:
        N pairs of ints.

    Raises:
        UserError: not a pair of integers, or a state or action that does not exist.

    Source: this package.
    """
    limits = (("state", problem.world.n_states), ("action", problem.world.n_actions))
    pairs: list[tuple[int, int]] = []
    for index, correction in enumerate(corrections):
        try:
            values = tuple(correction)
        except TypeError:
            values = ()
        if len(values) != 2 or not all(_is_index(v) for v in values):
            raise UserError(
                f"correction {index} is {correction!r}; a pair of integers, (state, action), "
                "is needed"
            )
        for value, (name, count) in zip(values, limits, strict=True):
            if not 0 <= value < count:
                raise UserError(
                    f"correction {index} names {name} {value}, which does not exist; there are "
                    f"{count}, from 0"
                )
        pairs.append((int(values[0]), int(values[1])))
    return pairs


def _is_index(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
