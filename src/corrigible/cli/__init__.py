"""The command line: one file a command, no arithmetic in any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.cli.main import main as main

attach(__name__, {"main": "main"})

__all__ = ["main"]
