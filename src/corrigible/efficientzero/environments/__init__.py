"""Worlds to learn in: Catch, CartPole, MinAtar, levels, Atari, and Gymnasium's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.efficientzero.environments.base import Environment as Environment
    from corrigible.efficientzero.environments.named import NAMES as NAMES
    from corrigible.efficientzero.environments.named import environment as environment

attach(__name__, {"Environment": "base", "NAMES": "named", "environment": "named"})

__all__ = ["NAMES", "Environment", "environment"]
