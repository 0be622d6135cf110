"""The small solver of team games, against all pairs of policies and against chance."""

from __future__ import annotations

import itertools

import numpy as np

from corrigible.zoo.hidden_information import ACT, OFF, WAIT, game, optimal_pairs, optimum
from corrigible.zoo.team import Robot, Team, best, plays
from tests.conftest import Counts


def _drawn(seed: int, hears: bool) -> Team:
    rng = np.random.default_rng([seed, 40])
    states, choices, actions = 5, 2, 3
    return Team(
        rng.dirichlet(np.ones(states)),
        rng.integers(-2, 3, (states, choices, actions)).astype(float),
        np.append(rng.integers(0, 2, states - 2), [0, 1]),
        np.append(rng.integers(0, 2, states - 2), [1, 0]),
        hears,
    )


def _payoff(team: Team, human: tuple[int, ...], robot: tuple[int, ...]) -> float:
    total = 0.0
    for s, weight in enumerate(team.prior):
        spoken = human[team.human[s]]
        place = team.robot[s] * 2 + spoken if team.hears else team.robot[s]
        total += weight * team.payoff[s, spoken, robot[place]]
    return total


def test_no_pair_of_policies_is_better(counts: Counts) -> None:
    for seed in range(counts.n(20, 500)):
        team = _drawn(seed, hears=seed % 2 == 1)
        places = 4 if team.hears else 2
        robots = list(itertools.product(range(3), repeat=places))
        found = {play.human: play for play in plays(team)}
        assert len(found) == 4
        for human, play in found.items():
            every = [_payoff(team, human, robot) for robot in robots]
            assert abs(play.value - max(every)) < 1e-12, f"seed {seed}"
            assert abs(_payoff(team, human, play.robots[0]) - play.value) < 1e-12
            if not team.hears:
                assert play.ties == sum(v > max(every) - 1e-9 for v in every), f"seed {seed}"


def test_chance_helps_nobody(counts: Counts) -> None:
    """Garber et al. 2024, lemma A.5: mixtures of pairs are worth no more than the best pair."""
    for seed in range(counts.n(10, 200)):
        team = _drawn(seed, hears=False)
        rng = np.random.default_rng([seed, 41])
        human, robot = rng.dirichlet(np.ones(2), 2), rng.dirichlet(np.ones(3), 2)
        mixed = np.einsum(
            "n,nm,na,nma->", team.prior, human[team.human], robot[team.robot], team.payoff
        )
        assert mixed <= best(team)[0].value + 1e-12


def test_a_robot_that_is_wrong_is_scored_by_what_is(counts: Counts) -> None:
    for seed in range(counts.n(10, 200)):
        team = _drawn(seed, hears=True)
        wrong = Robot(1.0, team.prior, -team.payoff)
        deceived = Team(team.prior, team.payoff, team.human, team.robot, True, (wrong,))
        for right, play in zip(plays(team), plays(deceived), strict=True):
            assert play.value <= right.value + 1e-12
        halves = tuple(Robot(0.5, team.prior, u) for u in (team.payoff, -team.payoff))
        both = Team(team.prior, team.payoff, team.human, team.robot, True, halves)
        for right, play, mean in zip(plays(team), plays(deceived), plays(both), strict=True):
            assert abs(mean.value - 0.5 * (right.value + play.value)) < 1e-12


def test_where_the_human_sees_all_that_the_robot_sees_it_may_always_wait(counts: Counts) -> None:
    """Garber et al. 2024, proposition 4.3, over random games; and never worse to see more."""
    for seed in range(counts.n(20, 500)):
        rng = np.random.default_rng([seed, 42])
        worth = rng.normal(size=6)
        robot, coarse = np.arange(6) % 2, np.arange(6) // 2
        full = game(worth, np.arange(6), robot)
        assert abs(best(full, [WAIT])[0].value - optimum(full)) < 1e-12
        assert optimum(full) >= optimum(game(worth, coarse, robot)) - 1e-12
        assert optimal_pairs(full) >= 1
    assert {ACT, WAIT, OFF} == {0, 1, 2}
