"""The page "Does it work?": its figures, its numbers and its words."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from corrigible import Belief, Problem
from corrigible.overseers import HandOfGod
from corrigible.planners import certify
from corrigible.view.zoo import draw_case
from corrigible.zoo import NAMES, load
from corrigible.zoo.games import quiz
from corrigible.zoo.measure import margin
from tests.conftest import ROOT, Counts
from tests.facts.drawn import decision_first
from tests.zoo.conftest import Fresh, paid_silence

PAGE = (ROOT / "docs" / "works.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| .* \| (.*): ([-0-9.]+) \| `corrigible zoo ([a-z-]+)` \|$", PAGE, re.MULTILINE
)
FIGURES = re.findall(r"`corrigible zoo ([a-z-]+) --picture (docs/zoo/[a-z-]+\.svg)`", PAGE)


def test_every_case_has_its_row_and_every_figure_its_command() -> None:
    assert {name for *_, name in ROWS} == set(NAMES)
    shown = re.findall(r"!\[[^\]]+\]\((zoo/[a-z-]+\.svg)\)", PAGE)
    assert shown == [path.removeprefix("docs/") for _, path in FIGURES]
    assert {f"docs/{path}" for path in shown} == {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "zoo").iterdir()
    }


@pytest.mark.slow
@pytest.mark.parametrize(("quantity", "number", "name"), sorted(set(ROWS)))
def test_a_boundary_on_the_page_is_what_is_computed_afresh(
    quantity: str, number: str, name: str, fresh: Fresh
) -> None:
    assert f"{fresh.rows[name][quantity]['computed'] + 0.0:.4g}" == number


@pytest.mark.slow
@pytest.mark.parametrize(("name", "path"), FIGURES)
def test_a_figure_is_what_its_command_draws(name: str, path: str) -> None:
    assert (ROOT / Path(path)).read_text(encoding="utf-8") == draw_case(load(name)) + "\n"


# What the page says of a case in passing: (words, name, quantity, how it is written).
SAID = (
    ("theta is 1 is worth 1.45", "incorrigible", "best human, hard-coded stop", "{:.2f}"),
    ("advantage (of .012)", "obedience", "autonomy advantage", "{:.3f}"),
    ("drawback of .019", "obedience", "hidden drawback at which autonomy stops paying", "{:.3f}"),
    ("than 2.8%", "interruptibility", "probability from which the button is pressed", "{:.1%}"),
    (
        "probability .317",
        "neutral-training",
        "how likely the best policy chooses the rarer length",
        "{:.3f}",
    ),
    ("lambda .908", "neutral-training", "lambda from which neutral is best", "{:.3f}"),
    (
        "gets 1.1% more",
        "neutral-training",
        "what that gains over a neutral one, in %",
        "{:.1f}%",
    ),
    ("one that obeys by .23", "orders", "advantage at the last", "{:.2f}"),
    ("too many by .16", "orders", "advantage at the last, a feature too many", "{:.2f}"),
    ("behind by .78", "orders", "advantage at the last, a feature too few", "{:.2f}"),
    ("is +.1", "channel-states", "margin that the switch shows, the overseer acting", "{:+.1f}"),
    (
        "silence is -.34",
        "channel-states",
        "margin over flattery and silence, the overseer acting",
        "{:.2f}",
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize(("words", "name", "quantity", "written"), SAID)
def test_a_number_in_passing_is_what_is_computed_afresh(
    words: str, name: str, quantity: str, written: str, fresh: Fresh
) -> None:
    assert words in PAGE
    number = written.format(fresh.rows[name][quantity]["computed"]).replace("0.", ".")
    assert (number.removeprefix("-") if "behind" in words else number) in words


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return " to ".join(f"{share:.2f}" for share in value)
    return f"{float(str(value)) + 0.0:.4g}"


@pytest.mark.slow
def test_the_columns_on_the_page_are_what_is_computed_afresh(fresh: Fresh) -> None:
    shown = {
        name: cells.split(" | ")
        for name, cells in re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", PAGE, re.MULTILINE)
    }
    assert set(shown) == set(fresh.columns)
    for name, column in fresh.columns.items():
        assert shown[name] == [_cell(v) for key, v in column.items() if key != "name"], name


@pytest.mark.slow
def test_a_bonus_for_silence_counts_one_for_one(counts: Counts) -> None:
    for seed in range(counts.n(10, 200)):
        problem = decision_first(seed)
        worth, bonus = margin(problem), 0.1 + 0.05 * seed
        assert margin(paid_silence(problem, bonus)) == pytest.approx(worth - bonus, abs=1e-7)


@pytest.mark.slow
def test_one_who_has_nothing_to_learn_is_kept_by_a_tie_alone(counts: Counts) -> None:
    for seed in range(counts.n(10, 200)):
        problem = decision_first(seed)
        sure = Problem(problem.world, problem.overseer, Belief.uniform(problem.rewards[:1]))
        assert certify(sure, state=0).verdict == "indifferent", f"decision_first({seed})"
        assert certify(paid_silence(sure, 0.01), state=0).verdict == "disables"


@pytest.mark.slow
def test_a_hand_that_knows_nothing_is_never_worth_keeping(counts: Counts) -> None:
    """Whatever it does, whether it tells or acts: its table is the same for every hypothesis."""
    acted = 0.0
    for seed in range(counts.n(10, 200)):
        drawn = decision_first(seed)
        rng = np.random.default_rng([seed, 43])
        rows = rng.dirichlet(np.ones(drawn.world.n_actions), drawn.world.n_states)
        table = np.broadcast_to(rows, drawn.rewards.shape)
        told = HandOfGod.table(table, 0.7)
        done = HandOfGod.table(table, 0.7, mode="overrides")
        assert abs(margin(Problem(drawn.world, told, drawn.prior))) < 1e-8
        found = margin(Problem(drawn.world, done, drawn.prior))
        assert found <= 1e-8, f"decision_first({seed})"
        acted = min(acted, found)
    assert acted < -0.1


@pytest.mark.slow
def test_the_dearer_an_answer_the_less_its_overseer_is_worth(counts: Counts) -> None:
    for seed in range(counts.n(10, 200)):
        rng = np.random.default_rng([seed, 44])
        rate, right, wrong = rng.uniform(0.1, 1.0), rng.uniform(1, 9), -rng.uniform(1, 9)
        worth = [
            margin(quiz(HandOfGod(rate, about="asked", ties="ordered", ask_cost=c), right, wrong))
            for c in np.linspace(0.0, 10.0, 6).tolist()
        ]
        assert (np.diff(worth) <= 1e-9).all()
        assert min(worth) >= -1e-9
        assert worth[-1] == pytest.approx(0.0, abs=1e-9)
