"""The hand of god: what it says, how likely, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible.errors import UserError
from corrigible.overseers import Absent, HandOfGod
from corrigible.overseers.base import Overseer
from corrigible.overseers.hand import perfect_choice
from corrigible.testing import oracle
from corrigible.testing.strategies import random_problem
from corrigible.testing.translate import as_oracle
from corrigible.worlds import Tabular
from tests.conftest import Counts

TABLE = np.random.default_rng(5).dirichlet(np.ones(3), (2, 4))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate": 1.5}, "rate is 1.5"),
        ({"rate": -0.1}, "rate is -0.1"),
        ({"rate": float("nan")}, "rate is nan"),
        ({"about": "someone"}, "about is 'someone'"),
        ({"mode": "shouts"}, "mode is 'shouts'"),
        ({"ties": "random"}, "ties is 'random'"),
        ({"rationality": -1.0}, "rationality is -1.0"),
        ({"rationality": float("nan")}, "rationality is nan"),
        ({"about": "asked", "ask_cost": -0.5}, "ask_cost is -0.5"),
        ({"about": "asked", "ask_cost": float("inf")}, "ask_cost is inf"),
        ({"ask_cost": 0.5}, "only paid where about is"),
        ({"about": "uniform", "mode": "overrides"}, 'about must be "current"'),
        ({"about": "asked", "mode": "overrides"}, 'about must be "current"'),
    ],
)
def test_what_is_refused(settings: dict[str, Any], message: str) -> None:
    _refused(lambda: HandOfGod(**{"rate": 0.5, **settings}), message)


def _refused(make: Any, message: str) -> None:
    with pytest.raises(Exception) as found:
        make()
    # Words outside the annotation are refused by the checked annotation before they are looked at.
    assert isinstance(found.value, UserError) or "Type-check error" in str(found.value)
    if isinstance(found.value, UserError):
        assert message in str(found.value) and "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones((2, 4, 3)), "must be a distribution"),
        (np.full((2, 4, 3), np.nan), "must be a distribution"),
        (TABLE - 0.4, "must be a distribution"),
        (TABLE[0, 0], "has shape"),
    ],
)
def test_tables_that_are_refused(values: np.ndarray, message: str) -> None:
    _refused(lambda: HandOfGod.table(values), message)


def test_a_table_knows_its_hypotheses() -> None:
    hand = HandOfGod.table(TABLE, rate=0.3, about="uniform")
    world = random_problem(0).world
    with pytest.raises(UserError, match="likelihood table has shape"):
        hand.likelihood(world, np.zeros((3, 4, 3)))
    assert np.array_equal(hand.only(1).values, TABLE[[1]])
    assert hand.only(1).rate == 0.3 and hand.only(1).about == "uniform"
    for h in (-1, 2):
        with pytest.raises(UserError, match="does not exist in the likelihood table"):
            hand.only(h)


def hands() -> list[Overseer]:
    kinds: list[dict[str, Any]] = [
        {"about": "current"},
        {"about": "uniform"},
        {"about": "asked", "ask_cost": 0.1},
        {"about": "current", "mode": "overrides"},
    ]
    noisy = [HandOfGod(0.4, rationality=beta, **k) for k in kinds for beta in (0.0, 1.5, np.inf)]
    tied = [HandOfGod(1.0, ties="ordered", **k) for k in kinds]
    return [*noisy, *tied, HandOfGod.table(TABLE, rate=0.7, about="uniform"), Absent()]


@pytest.mark.parametrize("hand", hands(), ids=lambda h: f"{type(h).__name__}-{h.about}-{h.mode}")
def test_what_can_be_heard_sums_to_one(hand: Overseer) -> None:
    for s in range(4):
        signals = [None, *((o, a) for o in range(4) for a in range(3))]
        chances = np.exp([hand.log_prob(signal, TABLE, s) for signal in signals])
        assert chances.shape == (13, 2)
        assert chances.sum(axis=0) == pytest.approx([1.0, 1.0], abs=1e-12)
        one = np.exp([hand.log_prob(signal, TABLE[1], s) for signal in signals])
        assert one == pytest.approx(chances[:, 1], abs=1e-15)


@pytest.mark.parametrize("about", ["current", "uniform", "asked"])
def test_samples_have_these_probabilities(about: Any, counts: Counts) -> None:
    hand, s, draws = HandOfGod.table(TABLE, rate=0.6, about=about), 2, counts.n(3_000, 30_000)
    heard = [hand.sample(key, TABLE[0], s) for key in range(draws)]
    assert heard[:50] == [hand.sample(key, TABLE[0], s) for key in range(50)]
    for signal in [None, *((o, a) for o in range(4) for a in range(3))]:
        chance = float(np.exp(hand.log_prob(signal, TABLE[0], s)))
        spread = np.sqrt(chance * (1 - chance) / draws)
        assert abs(heard.count(signal) / draws - chance) <= 5 * spread


def test_silence_and_speech_that_are_certain() -> None:
    always, never = HandOfGod(1.0), Absent()
    assert float(always.log_prob(None, TABLE[0], 0)) == -np.inf
    assert all(always.sample(key, TABLE[0], 1) is not None for key in range(50))
    assert float(never.log_prob(None, TABLE[0], 0)) == 0.0
    assert all(never.sample(key, TABLE[0], 1) is None for key in range(50))


def test_a_correction_about_another_state_is_impossible_where_it_is_about_this_one() -> None:
    assert float(HandOfGod(0.5).log_prob((1, 0), TABLE[0], 0)) == -np.inf


@given(st.integers(0, 10_000), st.sampled_from(["ordered", "uniform"]))
def test_likelihoods_are_the_oracle(seed: int, ties: Any) -> None:
    problem = random_problem(seed)
    for rationality in (0.7, np.inf):
        hand = HandOfGod(0.5, rationality=rationality, ties=ties)
        found = hand.likelihood(problem.world, problem.rewards)
        assert found.sum(axis=2) == pytest.approx(np.ones(found.shape[:2]), abs=1e-12)
        plain = as_oracle(problem)
        said = oracle.Hand(rate=0.5, about="current", rationality=rationality, ties=ties)
        expected = oracle.likelihood(
            oracle.Problem(plain.world, said, plain.rewards, plain.weights)
        )
        assert found == pytest.approx(np.array(expected), abs=1e-8)


def test_ties_and_least_disabling() -> None:
    q = np.array([[[1.0, 1.0, 1.0, 0.0], [2.0, 2.0 - 1e-7, 2.0 - 1e-9, 2.0]]])
    harm = np.array([[0.5, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.3]])
    uniform = perfect_choice(q, harm, "uniform")
    assert np.array_equal(uniform[0], [[0.0, 0.5, 0.5, 0.0], [0.5, 0.0, 0.5, 0.0]])
    ordered = perfect_choice(q, harm, "ordered")
    assert np.array_equal(ordered[0], [[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]])


def test_tolerance_grows_with_the_values() -> None:
    q = np.array([[[1e6, 1e6 - 1e-3, 1e6 - 1.0]]])
    assert np.array_equal(perfect_choice(q, np.zeros((1, 3)), "uniform")[0, 0], [0.5, 0.5, 0.0])


def test_rationality_between_indifferent_and_perfect() -> None:
    problem = random_problem(5)
    hand = HandOfGod(0.5, rationality=0.0)
    actions = problem.world.n_actions
    said = hand.likelihood(problem.world, problem.rewards)
    assert said == pytest.approx(np.full(said.shape, 1 / actions), abs=1e-15)
    sharp = HandOfGod(0.5, rationality=1e9).likelihood(problem.world, problem.rewards)
    perfect = HandOfGod(0.5).likelihood(problem.world, problem.rewards)
    assert sharp == pytest.approx(perfect, abs=1e-6)


def test_a_huge_rationality_does_not_overflow() -> None:
    world = Tabular(np.ones((1, 2, 1)), np.zeros((1, 2)), 0.5, np.ones(1))
    said = HandOfGod(0.5, rationality=1e300).likelihood(world, np.array([[[1e3, -1e3]]]))
    assert np.array_equal(said, [[[1.0, 0.0]]])


def test_an_absent_hand_says_nothing_about_anything() -> None:
    problem = random_problem(2)
    said = Absent().likelihood(problem.world, problem.rewards)
    assert (said == 1 / problem.world.n_actions).all()
    assert Absent().only(3) == Absent()
    hand = HandOfGod(0.5)
    assert hand.only(3) is hand
