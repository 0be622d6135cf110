"""Conformance suites: run them on your own worlds, overseers, priors, planners and agents.

Each raises `NonConformance` with one line that says what is wrong, and each docstring says what
the suite does not cover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.testing.conformance.agent import check_agent as check_agent
    from corrigible.testing.conformance.failure import NonConformance as NonConformance
    from corrigible.testing.conformance.model import check_overseer as check_overseer
    from corrigible.testing.conformance.model import check_prior as check_prior
    from corrigible.testing.conformance.model import check_world as check_world
    from corrigible.testing.conformance.planner import check_planner as check_planner

attach(
    __name__,
    {
        "NonConformance": "failure",
        "check_agent": "agent",
        "check_overseer": "model",
        "check_planner": "planner",
        "check_prior": "model",
        "check_world": "model",
    },
)

__all__ = [
    "NonConformance",
    "check_agent",
    "check_overseer",
    "check_planner",
    "check_prior",
    "check_world",
]
