"""What a person at the keyboard is told follows the numbers."""

from __future__ import annotations

import numpy as np
import pytest

from corrigible.view.explain import spoken

NAMES = ("north", "east", "south")


@pytest.mark.parametrize(
    ("weights", "vpi", "parts"),
    [
        ([1 / 3, 1 / 3, 1 / 3], 0.25, ["3 of 3", "all alike (0.3333 each)", "worth 0.25"]),
        ([0.5, 0.25, 0.25], 0.25, ["3 of 3", "north the likeliest (0.5)"]),
        ([0.2, 0.4, 0.4], 0.1, ["east and 1 more the likeliest (0.4 each)"]),
        ([0.0, 0.3, 0.7], 0.0, ["2 of 3", "south the likeliest (0.7)", "no longer matters"]),
        ([0.0, 0.0, 1.0], 0.0, ["sure that the reward is south"]),
    ],
)
def test_a_belief(weights: list[float], vpi: float, parts: list[str]) -> None:
    said = spoken.belief(NAMES, np.array(weights), vpi)
    assert all(part in said for part in parts), said


def test_who_it_takes_its_overseer_for() -> None:
    names = ("up", "stay")
    infinite = float("inf")
    assert "20% of its arrivals" in spoken.assumed(0.2, None, False, names)
    assert "errs (rationality 5)" in spoken.assumed(0.2, 5.0, False, names)
    assert "any of equally good" in spoken.assumed(1.0, infinite, False, names)
    assert spoken.assumed(1.0, infinite, True, names).endswith("the first of: up, stay.")


def test_what_it_does_with_a_correction() -> None:
    assert spoken.obeyed("up", "up", False) == "it does up"
    assert "all the same" in spoken.obeyed("up", "stay", False)
    assert spoken.obeyed("up", "up", True) == "your hand does up"
    assert "only up or stay" in spoken.alarm("left at 0,0", ["up", "stay"])
