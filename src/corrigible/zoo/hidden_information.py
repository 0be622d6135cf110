"""The off-switch games in which the human does not see what the robot sees (Garber et al. 2024).

The robot acts, waits or switches itself off; where it waits, the human lets it act or switches it
off, by what the human sees. Acting pays u(s), being off pays 0.

Guarantee: a game is a pure function of its arguments.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from corrigible.zoo.team import Team, best

ACT, WAIT, OFF = 0, 1, 2


def game(
    worth: Float[np.ndarray, " N"],
    human: Int[np.ndarray, " N"],
    robot: Int[np.ndarray, " N"],
) -> Team:
    """A partially observable off-switch game with equally likely states.

    Args:
        worth: `[N]`, what acting pays; being off pays 0.
        human: `[N]`, what the human sees, counted from 0.
        robot: `[N]`, what the robot sees, counted from 0.

    Returns:
        The human chooses 0, let it act, or 1, switch it off; the robot ACT, WAIT or OFF. Payoffs
        are `[N, 2, 3]`.

    Raises:
        Nothing.

    Source: Garber et al. 2024, definitions 3.1 and 3.2.
    """
    states = len(worth)
    payoff = np.zeros((states, 2, 3))
    payoff[:, :, ACT] = worth[:, None]
    payoff[:, 0, WAIT] = worth
    return Team(np.full(states, 1.0 / states), payoff, human, robot)


def optimum(team: Team) -> float:
    """What the best pair of policies is worth.

    Args:
        team: from `game`.

    Returns:
        The expected payoff. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Garber et al. 2024, definition 3.3, the optimal policy pairs.
    """
    return best(team)[0].value


def always_waiting(team: Team) -> float:
    """What the best pair is worth whose robot always waits.

    Args:
        team: from `game`.

    Returns:
        The expected payoff. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Garber et al. 2024, section 4.1.
    """
    return best(team, [WAIT])[0].value


def optimal_pairs(team: Team) -> int:
    """How many pairs of policies are optimal.

    Args:
        team: from `game`.

    Returns:
        At least 1. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Garber et al. 2024, section 4.1.
    """
    return sum(play.ties for play in best(team))


def waits(team: Team) -> int:
    """On how many of the things it may see the robot waits, in the first optimal pair.

    Args:
        team: from `game`.

    Returns:
        A count. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Garber et al. 2024, definition 4.8.
    """
    return best(team)[0].robots[0].count(WAIT)
