"""Inference: from corrections to a posterior over rewards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.inference.exact import posterior as posterior

attach(
    __name__,
    {
        "posterior": "exact",
    },
)

__all__ = ["posterior"]
