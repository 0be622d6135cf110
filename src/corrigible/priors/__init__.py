"""Priors over rewards: finite weighted sets (`Belief`), and densities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.priors.density import Density as Density
    from corrigible.priors.density import Normal as Normal
    from corrigible.priors.density import StudentT as StudentT
    from corrigible.priors.finite import MAX_HYPOTHESES as MAX_HYPOTHESES
    from corrigible.priors.finite import MAX_NUMBERS as MAX_NUMBERS
    from corrigible.priors.finite import check_size as check_size
    from corrigible.priors.finite import explicit as explicit
    from corrigible.priors.finite import goals as goals
    from corrigible.priors.finite import k_goals as k_goals
    from corrigible.priors.finite import linear as linear
    from corrigible.priors.finite import normal_draws as normal_draws

attach(
    __name__,
    {
        "Density": "density",
        "MAX_HYPOTHESES": "finite",
        "MAX_NUMBERS": "finite",
        "Normal": "density",
        "StudentT": "density",
        "check_size": "finite",
        "explicit": "finite",
        "goals": "finite",
        "k_goals": "finite",
        "linear": "finite",
        "normal_draws": "finite",
    },
)

__all__ = [
    "MAX_HYPOTHESES",
    "MAX_NUMBERS",
    "Density",
    "Normal",
    "StudentT",
    "check_size",
    "explicit",
    "goals",
    "k_goals",
    "linear",
    "normal_draws",
]
