"""Planners: values over beliefs, brackets around them, and the verdict on keeping the overseer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.planners.certificate import Certificate as Certificate
    from corrigible.planners.certify import certify as certify
    from corrigible.planners.dp import Values as Values
    from corrigible.planners.dp import optimal_values as optimal_values
    from corrigible.planners.evaluate import Outcome as Outcome
    from corrigible.planners.evaluate import evaluate as evaluate
    from corrigible.planners.solution import Solution as Solution
    from corrigible.planners.solve import solve as solve

attach(
    __name__,
    {
        "Certificate": "certificate",
        "Outcome": "evaluate",
        "Solution": "solution",
        "Values": "dp",
        "certify": "certify",
        "evaluate": "evaluate",
        "optimal_values": "dp",
        "solve": "solve",
    },
)

__all__ = [
    "Certificate",
    "Outcome",
    "Solution",
    "Values",
    "certify",
    "evaluate",
    "optimal_values",
    "solve",
]
