"""A second opinion: the same definitions in plain floats, importing only the standard library.

Nothing here is fast and nothing here is shared with the planners, on purpose: where the two
agree to eight digits on thousands of random problems, an error would have to have been made
twice, independently. Problems are nested lists; every linear system is solved by Gaussian
elimination and every value is checked to satisfy its own equation to a residual of 1e-12.

    problem   worlds, hands, problems, truths; the ordinary optimum; what a hand says
    affine    systems of the form v = max over options of constant + terms
    reach     the probability that something ever happens
    plan      the values over (belief, state, channel)
    certify   margins, their ledger, the judged states, the bribes
    chain     what the plan does under a truth
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corrigible.testing.oracle.certify import (
        Margin,
        bribe,
        judged_states,
        margin,
    )
    from corrigible.testing.oracle.chain import Outcome, evaluate, spread, true_margin
    from corrigible.testing.oracle.plan import Plan, TooManyOracleBeliefs
    from corrigible.testing.oracle.problem import (
        Hand,
        Problem,
        Truth,
        World,
        likelihood,
        optimal_q,
        policy_distribution,
        policy_entropy,
        posterior,
        reward_entropy,
        vpi,
    )

_HOME = {
    "Hand": "problem",
    "Margin": "certify",
    "Outcome": "chain",
    "Plan": "plan",
    "Problem": "problem",
    "TooManyOracleBeliefs": "plan",
    "Truth": "problem",
    "World": "problem",
    "bribe": "certify",
    "evaluate": "chain",
    "judged_states": "certify",
    "likelihood": "problem",
    "margin": "certify",
    "optimal_q": "problem",
    "policy_distribution": "problem",
    "policy_entropy": "problem",
    "posterior": "problem",
    "reward_entropy": "problem",
    "spread": "chain",
    "true_margin": "chain",
    "vpi": "problem",
}

__all__ = [
    "Hand",
    "Margin",
    "Outcome",
    "Plan",
    "Problem",
    "TooManyOracleBeliefs",
    "Truth",
    "World",
    "bribe",
    "evaluate",
    "judged_states",
    "likelihood",
    "margin",
    "optimal_q",
    "policy_distribution",
    "policy_entropy",
    "posterior",
    "reward_entropy",
    "spread",
    "true_margin",
    "vpi",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
