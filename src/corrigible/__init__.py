"""Agents that learn what is wanted from corrections alone, and when they keep their overseer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.belief import Belief as Belief
    from corrigible.problem import Problem as Problem
    from corrigible.problem import Truth as Truth
    from corrigible.simulate import simulate as simulate

attach(
    __name__,
    {
        "Belief": "belief",
        "Problem": "problem",
        "Truth": "problem",
        "simulate": "simulate",
    },
)

__all__ = ["Belief", "Problem", "Truth", "simulate"]
