"""The shipped levels: each is what its first line says, and the counterexamples have their numbers.

The numbers are computed by the plain-Python oracle, which shares no code with the planners.
"""

from __future__ import annotations

import pytest

from corrigible.testing.oracle.certify import judged_states, margin
from corrigible.testing.oracle.plan import Plan
from corrigible.testing.translate import as_oracle
from corrigible.worlds.level import SHIPPED, load_level, shipped_levels

NAMES = {
    "cheap-button",
    "detours-12x12",
    "expensive-button",
    "forced-toggle",
    "lock-2",
    "lock-3",
    "lock-4",
    "off-switch",
    "one-way-silence",
    "overriding-hand",
    "restoring-button",
    "room-12x12",
    "room-5x5",
    "school",
    "shortcut",
    "twin-12x12",
    "twins",
    "vault",
}


def _margins(name: str, **flags: object) -> list[float]:
    plan = Plan(as_oracle(load_level(name, flags).problem))
    found = [margin(plan, 0, state) for state in judged_states(plan)]
    return [one.margin for one in found if one is not None]


def test_they_are_all_there() -> None:
    assert set(shipped_levels()) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_is_a_level_that_says_what_it_shows(name: str) -> None:
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    assert text.startswith("# ")
    level = load_level(name)
    assert level.name == name
    assert level.description
    assert level.world.transition_matrix.sum(axis=1) == pytest.approx(1.0)
    assert level.problem.rewards.shape[1:] == (level.world.n_states, level.world.n_actions)
    assert len(level.hypotheses) == len(level.problem.rewards)
    assert level.world.is_monotone == (name != "forced-toggle")
    assert level.world.has_restores == (name in ("forced-toggle", "restoring-button"))
    assert bool(level.world.expected_disables.any()) == (name != "room-12x12")


@pytest.mark.parametrize(
    ("name", "flags", "expected"),
    [
        ("lock-2", {}, 2.363950592660),
        ("lock-2", {"overseer.rate": 0.5}, 3.767992097701),
        ("lock-2", {"overseer.rate": 1.0}, 5.480082364341),
        ("school", {}, 2.655),
        ("overriding-hand", {"overseer.rate": 0.1}, -0.23175),
        ("overriding-hand", {}, -0.33075),
        ("overriding-hand", {"overseer.rate": 0.5}, 0.1125),
        ("overriding-hand", {"overseer.rate": 1}, 3.15),
        ("overriding-hand", {"overseer.rate": 0.1, "overseer.mode": "advises"}, 0.0),
        ("forced-toggle", {}, -0.81),
        ("off-switch", {}, 0.36),
        ("off-switch", {"overseer.rationality": 1.0}, 0.291476976556),
        (
            "vault",
            {"overseer.about": "current", "overseer.mode": "overrides"},
            -0.571364096025,
        ),
    ],
)
def test_the_counterexamples_have_their_numbers(
    name: str, flags: dict[str, object], expected: float
) -> None:
    assert _margins(name, **flags) == pytest.approx([expected], abs=1e-11)


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("twins", 1),
        ("cheap-button", 1),
        ("expensive-button", -1),
        ("shortcut", 1),
        ("one-way-silence", -1),
        ("restoring-button", -1),
        ("room-5x5", 1),
        ("vault", 1),
    ],
)
def test_the_rooms_come_out_as_described(name: str, sign: int) -> None:
    margins = _margins(name)
    assert margins
    assert all(sign * one > 0.1 for one in margins)


def test_what_is_slipped_onto_is_no_reason_to_stay_where_there_is_no_slip() -> None:
    assert min(_margins("one-way-silence", **{"world.slip": 0.0})) > 0
