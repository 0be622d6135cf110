"""Inference: from corrections to a posterior over rewards, and what that posterior says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.inference.posterior import posterior as posterior
    from corrigible.inference.summary import Summary as Summary
    from corrigible.inference.summary import policy_distribution as policy_distribution
    from corrigible.inference.summary import policy_entropy as policy_entropy
    from corrigible.inference.summary import reward_entropy as reward_entropy
    from corrigible.inference.summary import summarise as summarise
    from corrigible.inference.summary import vpi as vpi

attach(
    __name__,
    {
        "Summary": "summary",
        "policy_distribution": "summary",
        "policy_entropy": "summary",
        "posterior": "posterior",
        "reward_entropy": "summary",
        "summarise": "summary",
        "vpi": "summary",
    },
)

__all__ = [
    "Summary",
    "policy_distribution",
    "policy_entropy",
    "posterior",
    "reward_entropy",
    "summarise",
    "vpi",
]
