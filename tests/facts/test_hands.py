"""What a perfect hand hands over: among the best actions, those that least silence it."""

from __future__ import annotations

import numpy as np
import pytest

from corrigible import Belief, Problem
from corrigible.overseers import HandOfGod
from corrigible.planners import certify
from corrigible.testing.strategies import draw_problem
from corrigible.worlds import Tabular, load_level
from tests.conftest import Counts
from tests.facts.drawn import sized

DISABLES = np.array([[1.0, 0.0, 0.5, 0.0]])


def _said(ties: str, rewards: list[float], rationality: float = np.inf) -> list[float]:
    """P(a*) in a world of one state and four actions."""
    world = Tabular(np.ones((1, 4, 1)), DISABLES, 0.0, np.ones(1))
    assert ties in ("uniform", "ordered")
    hand = HandOfGod(1.0, rationality, ties="uniform" if ties == "uniform" else "ordered")
    return hand.likelihood(world, np.array([[rewards]]))[0, 0].tolist()


def test_a_perfect_hand_does_not_silence_itself_for_nothing() -> None:
    assert _said("uniform", [1.0, 1.0, 1.0, 1.0]) == [0.0, 0.5, 0.0, 0.5]
    assert _said("ordered", [1.0, 1.0, 1.0, 1.0]) == [0.0, 1.0, 0.0, 0.0]
    assert _said("uniform", [1.0, 0.0, 1.0, 0.0]) == [0.0, 0.0, 1.0, 0.0]


def test_but_it_says_what_is_best() -> None:
    assert _said("uniform", [2.0, 1.0, 1.0, 1.0]) == [1.0, 0.0, 0.0, 0.0]
    assert _said("ordered", [1.0, 1.0 - 1e-7, 0.0, 0.0]) == [1.0, 0.0, 0.0, 0.0]


def test_a_boltzmann_hand_is_a_softmax_of_values_and_ignores_the_channel() -> None:
    values = [0.5, -1.0, 2.0, 0.0]
    expected = np.exp(3.0 * np.array(values))
    assert _said("uniform", values, 3.0) == pytest.approx((expected / expected.sum()).tolist())


def test_where_ties_are_ordered_every_likelihood_is_0_or_1(counts: Counts) -> None:
    for seed in range(counts.n(10, 200)):
        drawn = draw_problem(seed, sized(seed, "current"))
        rewards = np.round(drawn.rewards)
        ordered = HandOfGod(1.0, ties="ordered").likelihood(drawn.world, rewards)
        uniform = HandOfGod(1.0, ties="uniform").likelihood(drawn.world, rewards)
        assert np.isin(ordered, (0.0, 1.0)).all()
        assert (uniform[ordered == 1.0] > 0).all()
        assert uniform.sum(axis=2) == pytest.approx(1.0)


def test_the_twin_button_is_never_what_the_hand_hands_over() -> None:
    """So that pressing says nothing that staying does not say."""
    problem: Problem = load_level("twins").problem
    harm = problem.world.expected_disables
    assert harm.any()
    assert problem.likelihood[:, harm > 0].max() == 0.0
    assert certify(problem).verdict == "keeps"
    assert isinstance(problem.prior, Belief)
