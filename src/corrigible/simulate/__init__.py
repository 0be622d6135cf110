"""Rollouts: an agent with its beliefs meets what is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.simulate.nature import Nature as Nature
    from corrigible.simulate.record import Record as Record
    from corrigible.simulate.rollout import simulate as simulate
    from corrigible.simulate.session import Session as Session

attach(
    __name__, {"Nature": "nature", "Record": "record", "simulate": "rollout", "Session": "session"}
)

__all__ = ["Nature", "Record", "Session", "simulate"]
