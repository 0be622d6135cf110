"""Overseers: who speaks up, about which state, and how reliably."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.overseers.absent import Absent as Absent
    from corrigible.overseers.hand import HandOfGod as HandOfGod

attach(
    __name__,
    {
        "Absent": "absent",
        "HandOfGod": "hand",
    },
)

__all__ = ["Absent", "HandOfGod"]
