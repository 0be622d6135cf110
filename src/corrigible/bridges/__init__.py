"""Ways to other formats, environments and solvers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.bridges.export import to_pomdp as to_pomdp
    from corrigible.bridges.imported import Channel as Channel
    from corrigible.bridges.imported import Imported as Imported
    from corrigible.bridges.minigrid import from_minigrid as from_minigrid
    from corrigible.bridges.point_based import PointBased as PointBased
    from corrigible.bridges.point_based import solve_pomdp as solve_pomdp
    from corrigible.bridges.pomdp import Pomdp as Pomdp
    from corrigible.bridges.pomdp_file import load_pomdp as load_pomdp
    from corrigible.bridges.pomdp_file import parse_pomdp as parse_pomdp
    from corrigible.bridges.pomdp_write import pomdp_text as pomdp_text
    from corrigible.bridges.pomdp_write import pomdpx_text as pomdpx_text
    from corrigible.bridges.toy_text import from_toy_text as from_toy_text

attach(
    __name__,
    {
        "Channel": "imported",
        "Imported": "imported",
        "PointBased": "point_based",
        "Pomdp": "pomdp",
        "from_minigrid": "minigrid",
        "from_toy_text": "toy_text",
        "load_pomdp": "pomdp_file",
        "parse_pomdp": "pomdp_file",
        "pomdp_text": "pomdp_write",
        "pomdpx_text": "pomdp_write",
        "solve_pomdp": "point_based",
        "to_pomdp": "export",
    },
)

__all__ = [
    "Channel",
    "Imported",
    "PointBased",
    "Pomdp",
    "from_minigrid",
    "from_toy_text",
    "load_pomdp",
    "parse_pomdp",
    "pomdp_text",
    "pomdpx_text",
    "solve_pomdp",
    "to_pomdp",
]
