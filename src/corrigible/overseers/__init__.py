"""Overseers: who speaks up, about which state, and how reliably."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.overseers.absent import Absent as Absent
    from corrigible.overseers.hand import HandOfGod as HandOfGod
    from corrigible.overseers.human import Human as Human

attach(
    __name__,
    {
        "Absent": "absent",
        "HandOfGod": "hand",
        "Human": "human",
    },
)

__all__ = ["Absent", "HandOfGod", "Human"]
