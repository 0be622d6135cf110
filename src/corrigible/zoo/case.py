"""What a case of the zoo is: settings, numbers computed from them, and what they ought to be.

A case says its payoffs and parameters as named `settings`, so that each can be moved and the answer
be seen to move with it. A `Claim` says how a number is computed, by a call of the general planners
and solvers, what it should be, and who says so. What is to be drawn is data: drawing is the
business of `corrigible.view`.

Guarantee: computing a case reads nothing but the settings, so that the same settings give the same
numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Settings = Mapping[str, float]
PAPER = 1e-4
CLOSED_FORM = 1e-6


@dataclass(frozen=True)
class Claim:
    """A number and what it ought to be.

    Args:
        quantity: its name, unique in the case.
        compute: settings -> the number, by the general planners and solvers.
        expected: a number, which then holds at the case's own settings; a function of the settings,
            for a closed form; None where no source states one.
        source: who says so, with the theorem, the equation or the derivation.
        tol: how far the computed number may be off.
        disputed: why the source is contradicted, with the derivation; empty where it is not.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    quantity: str
    compute: Callable[[Settings], float]
    expected: float | Callable[[Settings], float] | None
    source: str
    tol: float = CLOSED_FORM
    disputed: str = ""

    def at(self, settings: Settings) -> float | None:
        """What the number ought to be at some settings.

        Args:
            settings: of the case.

        Returns:
            A number; None where no source states one. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return float(self.expected(settings)) if callable(self.expected) else self.expected


@dataclass(frozen=True)
class Curve:
    """A line of a chart.

    Args:
        label: what it is.
        values: as many as the chart has places.
        kind: a class of the drawing: first, second, third or against.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    label: str
    values: tuple[float, ...]
    kind: str = "first"


@dataclass(frozen=True)
class Chart:
    """Lines over one axis.

    Args:
        title: what is drawn, with its unit.
        across: what is counted along the axis.
        places: where the points are, ascending.
        curves: the lines.
        mark: a place of note and what is written at it; None where there is none.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    title: str
    across: str
    places: tuple[float, ...]
    curves: tuple[Curve, ...]
    mark: tuple[float, str] | None = None


@dataclass(frozen=True)
class Bars:
    """Numbers beside each other, from zero.

    Args:
        title: what is drawn.
        unit: of the axis.
        rows: (label, number), from above.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    title: str
    unit: str
    rows: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Case:
    """One claim about off-switches, made so that it can be computed.

    Args:
        name: what it is called on the command line.
        title: the claim.
        moral: one line to take home.
        paper: who made the claim, by author and year.
        story: the game and why its numbers are what they are, in a few sentences.
        settings: every payoff and parameter, by name.
        claims: the numbers, in the order they are shown.
        picture: settings -> what is to be drawn.
        problem: settings -> the `Problem` that the columns are computed for; None where the case
            is a game, a process or a world of another kind.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    name: str
    title: str
    moral: str
    paper: str
    story: str
    settings: Settings
    claims: tuple[Claim, ...]
    picture: Callable[[Settings], Chart | Bars]
    problem: Callable[[Settings], Any] | None = None


Shares = tuple[float, float]


@dataclass(frozen=True)
class Columns:
    """What is asked of every case that is a problem; see `corrigible.zoo.asked`.

    Args:
        name: of the case.
        margin: believed, at the start; None where nothing can be silenced.
        informed_prior: of rewards drawn from the prior, the shares whose owner is better off
            silencing, and no worse off.
        informed_permutations: the same over permutations of the states, without an overseer.
        obedience: how often it would itself do what it is told; None where it never is.
        radius_rate: how far off the rate may be; None, here and below, where no such change makes
            keeping wrong, or where the agent does not keep.
        radius_prior: how far off the prior, in total variation.
        radius_noise: how much noise the hand may have.
        radius_reward: how much more silencing may pay.
        worth: what the agent expects at the start.
        worth_obeying: what one expects that always obeys; None where the overseer speaks of other
            states than the current one.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    name: str
    margin: float | None
    informed_prior: Shares | None
    informed_permutations: Shares | None
    obedience: float | None
    radius_rate: float | None
    radius_prior: float | None
    radius_noise: float | None
    radius_reward: float | None
    worth: float
    worth_obeying: float | None
