"""Does it work? The claims about off-switches, each a case that computes its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.zoo.case import Bars as Bars
    from corrigible.zoo.case import Case as Case
    from corrigible.zoo.case import Chart as Chart
    from corrigible.zoo.case import Claim as Claim
    from corrigible.zoo.case import Columns as Columns
    from corrigible.zoo.registry import NAMES as NAMES
    from corrigible.zoo.registry import Result as Result
    from corrigible.zoo.registry import columns as columns
    from corrigible.zoo.registry import load as load
    from corrigible.zoo.registry import results as results

attach(
    __name__,
    {
        "NAMES": "registry",
        "Bars": "case",
        "Case": "case",
        "Chart": "case",
        "Claim": "case",
        "Columns": "case",
        "Result": "registry",
        "columns": "registry",
        "load": "registry",
        "results": "registry",
    },
)

__all__ = [
    "NAMES",
    "Bars",
    "Case",
    "Chart",
    "Claim",
    "Columns",
    "Result",
    "columns",
    "load",
    "results",
]
