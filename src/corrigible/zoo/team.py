"""A finite one-shot game of a human and a robot who want the same and know different things.

A state s is drawn; the human sees human(s) and chooses m by a map of what it sees; the robot sees
robot(s), and m as well where it hears it, and chooses a; both are paid u(s, m, a). The robot is of
one of several types, each with a prior, a payoff and a model of the human of its own; it answers
best as it sees things, and is scored as they are.

Every map of the human is tried, and for each the best answer at every place where a robot may find
itself. For one robot that knows the human's map and is right about all else this is the optimum
over pairs of policies: no pair is better than the best answer to its own map, and chance helps
nobody.

Guarantee: exact up to rounding; answers within 1e-12 of the best count as equal, and the first is
taken where they lead to different scores.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

TIE = 1e-12


@dataclass(frozen=True)
class Robot:
    """A type of robot.

    Args:
        weight: how likely it is.
        prior: `[N]`, over states, as it assumes.
        payoff: `[N, M, A]`, as it assumes.
        human: `[N, M]`, the probability of what the human chooses, as it assumes; None where it
            knows the human's map.

    Raises:
        Nothing.

    Source: this package.
    """

    weight: float
    prior: Float[np.ndarray, " N"]
    payoff: Float[np.ndarray, "N M A"]
    human: Float[np.ndarray, "N M"] | None = None


@dataclass(frozen=True)
class Team:
    """The game as it is.

    Args:
        prior: `[N]`, over states.
        payoff: `[N, M, A]`.
        human: `[N]`, what the human sees, counted from 0.
        robot: `[N]`, what the robot sees, counted from 0.
        hears: whether the robot chooses after it has heard what the human chose.
        types: the robots there may be; one that is right about everything where there are none.

    Raises:
        Nothing.

    Source: this package; Garber et al. 2024, definitions 3.1 and 3.2, for the games without types.
    """

    prior: Float[np.ndarray, " N"]
    payoff: Float[np.ndarray, "N M A"]
    human: Int[np.ndarray, " N"]
    robot: Int[np.ndarray, " N"]
    hears: bool = False
    types: tuple[Robot, ...] = ()


@dataclass(frozen=True)
class Play:
    """A map of the human and the robots' best answers to it.

    Args:
        human: what it chooses, by what it sees.
        robots: for each type, what it chooses, by what it sees (and hears: what is heard runs
            fastest).
        value: the expected payoff.
        ties: how many ways there are of answering best.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    human: tuple[int, ...]
    robots: tuple[tuple[int, ...], ...]
    value: float
    ties: int


def plays(team: Team, allowed: Sequence[int] | None = None) -> tuple[Play, ...]:
    """Every map of the human, answered best.

    Args:
        team: the game.
        allowed: the robot's choices, where it may not take all of them.

    Returns:
        As many as the human has maps, in lexicographic order. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    choices = team.payoff.shape[1]
    seen = int(team.human.max()) + 1
    maps = itertools.product(range(choices), repeat=seen)
    return tuple(_play(team, chosen, allowed) for chosen in maps)


def best(team: Team, allowed: Sequence[int] | None = None) -> tuple[Play, ...]:
    """The maps of the human that are worth most.

    Args:
        team: the game.
        allowed: the robot's choices, where it may not take all of them.

    Returns:
        One or more, all of the same value. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    found = plays(team, allowed)
    most = max(play.value for play in found)
    return tuple(play for play in found if play.value >= most - TIE)


def _play(team: Team, chosen: tuple[int, ...], allowed: Sequence[int] | None) -> Play:
    spoken = np.array(chosen)[team.human]
    types = team.types or (Robot(1.0, team.prior, team.payoff),)
    value, ties = 0.0, 1
    maps: list[tuple[int, ...]] = []
    for robot in types:
        answers, ways = _answers(team, robot, spoken, allowed)
        maps.append(tuple(answers))
        ties *= ways
        states = np.arange(len(team.prior))
        done = np.array(answers)[_places(team, spoken)]
        value += robot.weight * float(team.prior @ team.payoff[states, spoken, done])
    return Play(chosen, tuple(maps), value, ties)


def _places(team: Team, spoken: np.ndarray) -> np.ndarray:
    """`[N]`: where the robot finds itself, by what it sees and hears."""
    return team.robot * team.payoff.shape[1] + spoken if team.hears else team.robot


def _answers(
    team: Team, robot: Robot, spoken: np.ndarray, allowed: Sequence[int] | None
) -> tuple[list[int], int]:
    """The best answer at every place, and how many ways there are of answering best."""
    choices, actions = robot.payoff.shape[1:]
    open_ = np.isin(np.arange(actions), range(actions) if allowed is None else list(allowed))
    assumed = np.eye(choices)[spoken] if robot.human is None else robot.human
    # [N, M, A]: what each state adds to each action where m is chosen.
    gain = (robot.prior[:, None] * assumed)[:, :, None] * robot.payoff
    answers: list[int] = []
    ways: list[int] = []
    for seen in range(int(team.robot.max()) + 1):
        here = gain[team.robot == seen].sum(axis=0)
        for worth in here if team.hears else [here.sum(axis=0)]:
            level = np.where(open_, worth, -np.inf)
            equal = np.flatnonzero(level >= level.max() - TIE)
            answers.append(int(equal[0]))
            ways.append(len(equal))
    reached = set(_places(team, spoken)[team.prior > 0.0].tolist())
    return answers, math.prod(w for place, w in enumerate(ways) if place in reached)
