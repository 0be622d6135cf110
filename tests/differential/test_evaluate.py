"""The judge against the oracle: every truth, outside the support and in other worlds included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from corrigible.planners import evaluate, solve
from corrigible.testing import oracle
from corrigible.testing.layered import random_layered_problem
from corrigible.testing.strategies import TRUTHS, random_truth
from corrigible.testing.translate import as_oracle_truth
from tests.conftest import Counts
from tests.differential.compare import BLOCKS, Pair, failures

# Where a chain leaves a state once in 1e8 steps, the rounding of its row (1e-16) moves what happens
# in the end by 1e-8; discounted sums do not feel it.
UNDISCOUNTED = {"disabling, low": 1e-6, "disabling, high": 1e-6, "lost by override": 1e-6}


def _near(mine: float | None, theirs: float | None, within: float) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    return abs(mine - theirs) <= within * max(1.0, abs(theirs))


def _differences(pair: Pair, kinds: Sequence[str] = TRUTHS) -> Iterator[str]:
    solution = solve(pair.problem, method="exact")
    for kind in kinds:
        truth = random_truth(pair.seed, pair.problem, kind)
        found, plain = evaluate(solution, truth), as_oracle_truth(truth)
        expected = oracle.evaluate(pair.plan, plain)
        low, high = found.disabling_probability
        numbers = {
            "value": (found.value, expected.value),
            "regret": (found.regret, expected.regret),
            "disabling, low": (low, expected.disabling[0]),
            "disabling, high": (high, expected.disabling[1]),
            "lost by override": (found.lost_by_override, expected.overridden),
            "obedience": (found.obedience, expected.obedience),
            "obedience loss": (found.obedience_loss, expected.obedience_loss),
            "alarms": (found.alarms, expected.alarms),
        }
        if found.margin_state is not None:
            state, prior = found.margin_state, pair.plan.prior
            believed = oracle.margin(pair.plan, prior, state)
            numbers["believed margin"] = (found.believed_margin, believed and believed.margin)
            true = oracle.true_margin(pair.plan, plain, prior, state)
            numbers["true margin"] = (found.true_margin, true)
        for name, (mine, theirs) in numbers.items():
            if not _near(mine, theirs, UNDISCOUNTED.get(name, 1e-8)):
                yield f"{kind}: {name} is {mine}, the oracle's {theirs}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_evaluate_is_the_oracle(block: int, counts: Counts) -> None:
    assert not failures(block, counts.n(60, 2000), _differences)


def _in_the_same_world(pair: Pair) -> Iterator[str]:
    # In another world a noisy hand may be heard for ever, and the beliefs have no end.
    return _differences(pair, ("as assumed", "outside the support"))


@pytest.mark.parametrize("block", range(BLOCKS))
def test_evaluate_is_the_oracle_for_noisy_hands(block: int, counts: Counts) -> None:
    assert not failures(block, counts.n(30, 500), _in_the_same_world, random_layered_problem)
