"""Does this agent keep its overseer here, and by how much: a certificate.

At a belief b and a state s the keeping actions are those of least expected disabling; the others
disable. The margin is max_keep Q_on - max_disable Q_on. With bounds L <= Q_on <= U, and
k = argmax_keep L, j = argmax_disable U,

    margin_lower = L(k) - U(j)          margin_upper = max_keep U - max_disable L

The ledger splits the margin of the pair (k, j): *direct* is the difference in R_b, *path* in
where each leads if nothing more is ever learned, *information* in Q_advises - Q0, *control* in
Q_overrides - Q_advises.

Guarantee: margin_lower <= margin <= margin_upper, so a decided verdict is never contradicted by
the exact value; and direct + path + information + control = (margin_lower + margin_upper) / 2.
"""

from __future__ import annotations

import time
from pathlib import Path

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.keys import Key
from corrigible.planners.certificate import Certificate, default_tolerance
from corrigible.planners.judge import Judge
from corrigible.planners.sampled import certify_draws
from corrigible.problem import Problem
from corrigible.threads import one_thread


@one_thread
def certify(
    problem: Problem,
    belief: Belief | None = None,
    state: int | None = None,
    tol: float | None = None,
    budget: float = 10.0,
    key: Key | None = None,
    samples: int | None = None,
    checkpoint: str | Path | None = None,
) -> Certificate:
    """Judge whether the agent keeps its overseer, and by what margin.

    Args:
        problem: what the agent assumes.
        belief: where it stands; the prior where None.
        state: the state to judge; where None, every state that the agent's own optimal plan
            reaches with the channel on before a first correction, and the worst is the answer.
        tol: margins within it of zero are indifferent; 1e-6 max(1, span/(1-g)) where None.
        budget: seconds for the whole call; the first bounds are always finished.
        key: an int or a JAX key, for a continuous belief, which is judged by draws; a finite one
            consumes none.
        samples: how many draws of a continuous prior, 2,048 where None.
        checkpoint: a file that an interrupted call goes on from, with any tol and budget; beside it
            one that ends in `.advised`, where the overseer overrides. Nothing is saved where an
            exact plan is there in time, nor of the bribes.

    Returns:
        A `Certificate`; for a continuous belief its bracket is an interval (`sampling`).

    Raises:
        UserError: no such state, a belief over other hypotheses, a tolerance or a budget that is
            not positive, a checkpoint of another problem, or a continuous belief without a key,
            with too few draws, with tails that leave no interval, or with a checkpoint: it is
            judged by many small plans, each with an equal share of the time.

    Source: this package.
    """
    began = time.monotonic()
    if tol is not None and not tol > 0.0:
        raise UserError(f"tol is {tol}; it must be positive")
    if not budget > 0.0:
        raise UserError(f"budget is {budget}; it must be positive")
    if state is not None and not 0 <= state < problem.world.n_states:
        raise UserError(f"state {state} does not exist; there are {problem.world.n_states}, from 0")
    if problem.continuous:
        if key is None:
            raise UserError("the prior is continuous, so it is judged by draws; give key=")
        if checkpoint is not None:
            raise UserError("a certificate by draws is not saved; leave checkpoint out")
        return certify_draws(problem, belief, state, tol, budget, key, samples)
    if belief is not None:
        problem = problem.given(problem.prior.with_weights(problem.weights(belief)))
    close = default_tolerance(problem) if tol is None else tol
    file = None if checkpoint is None else Path(checkpoint)
    judge = Judge(problem, close, began, budget, file)
    return judge.everywhere() if state is None else judge.at(state)
