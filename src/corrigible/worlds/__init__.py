"""Worlds: how states follow states, and which steps silence the overseer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.worlds.level import load_level as load_level
    from corrigible.worlds.tabular import Tabular as Tabular

attach(
    __name__,
    {
        "Tabular": "tabular",
        "load_level": "level",
    },
)

__all__ = ["Tabular", "load_level"]
