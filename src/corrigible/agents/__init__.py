"""Agents: what acts on a belief, well planned or failing in a known way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.agents.base import Agent as Agent
    from corrigible.agents.base import Decision as Decision
    from corrigible.agents.base import Info as Info
    from corrigible.agents.baselines import MaximumAPosteriori as MaximumAPosteriori
    from corrigible.agents.baselines import MeanReward as MeanReward
    from corrigible.agents.bayes import Bayes as Bayes
    from corrigible.agents.bayes import Follower as Follower
    from corrigible.agents.memory import AlwaysObey as AlwaysObey
    from corrigible.agents.memory import Thompson as Thompson

attach(
    __name__,
    {
        "Agent": "base",
        "AlwaysObey": "memory",
        "Bayes": "bayes",
        "Decision": "base",
        "Follower": "bayes",
        "Info": "base",
        "MaximumAPosteriori": "baselines",
        "MeanReward": "baselines",
        "Thompson": "memory",
    },
)

__all__ = [
    "Agent",
    "AlwaysObey",
    "Bayes",
    "Decision",
    "Follower",
    "Info",
    "MaximumAPosteriori",
    "MeanReward",
    "Thompson",
]
