"""A verdict with its numbers, and what a margin is made of.

With a bracket [lower, upper] of the margin and a tolerance: `keeps` where lower > tol, `disables`
where upper < -tol, `indifferent` where both ends are within the tolerance of zero, `undecided`
otherwise. Where beliefs are known by draws alone the bracket is a confidence interval, and the
certificate says so (`sampling`).

Guarantee: `verdict` is a function of the bracket and the tolerance alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Literal

from corrigible._html import table
from corrigible.bibliography import cite
from corrigible.planners.bounds import Bounds
from corrigible.planners.exact import Exact
from corrigible.problem import Problem

Verdict = Literal["keeps", "disables", "indifferent", "undecided", "nothing to disable", "forced"]
_BRIBES = ("bribe", "bribe_for_ever")


@dataclass(frozen=True)
class Ledger:
    """Where a margin comes from, in reward units.

    Args:
        direct: the difference in expected reward of the step itself.
        path: the difference in where each action leads if nothing more is ever learned.
        information: the difference in what can still be learned.
        control: the difference in what the overseer's own hand does.
        gap: margin_upper - margin_lower, outside the sum.

    Source: this package; Good 1967, for information.
    """

    direct: float
    path: float
    information: float
    control: float
    gap: float


@dataclass(frozen=True)
class Sampling:
    """How well a margin is known from draws of the belief.

    Args:
        confidence: with which the certificate's bracket holds the margin.
        draws: rewards drawn, those that the plan was made on included.
        batches: independent groups of the others, whose spread the interval is made of.
        lower: the estimate of the lower end itself, in reward units.
        lower_error: its standard error.
        upper: the estimate of the upper end itself, in reward units.
        upper_error: its standard error.

    Source: Mak, Morton & Wood 1999, section 3.
    """

    confidence: float
    draws: int
    batches: int
    lower: float
    lower_error: float
    upper: float
    upper_error: float


@dataclass(frozen=True)
class Certificate:
    """A verdict with its numbers.

    Args:
        verdict: keeps, disables, indifferent, undecided; `nothing to disable` where every action
            is as safe for the channel as the safest, `forced` where even that turns it off.
        margin_lower: in reward units; None where nothing was judged.
        margin_upper: in reward units; None where nothing was judged.
        ledger: None where nothing was judged.
        state: the state judged; None where nothing was judged.
        state_label: its name.
        keep: the keeping action of the pair (k, j).
        disable: the disabling action of the pair.
        others: certificates of the other states judged.
        unjudged: states with something to disable that the plan does not reach before a
            correction.
        tol: margins within it of zero are indifferent.
        sampling: where the belief is known by draws, what the bracket's confidence rests on.

    Source: this package.
    """

    verdict: Verdict
    margin_lower: float | None = None
    margin_upper: float | None = None
    ledger: Ledger | None = None
    state: int | None = None
    state_label: str | None = None
    keep: int | None = None
    disable: int | None = None
    others: tuple[Certificate, ...] = ()
    unjudged: tuple[int, ...] = ()
    tol: float = 0.0
    sampling: Sampling | None = None
    _once: Callable[[], tuple[float, float]] | None = field(default=None, repr=False, compare=False)
    _always: Callable[[], tuple[float, float]] | None = field(
        default=None, repr=False, compare=False
    )

    @cached_property
    def bribe(self) -> tuple[float, float]:
        """What one would have to pay to silence the overseer, offered until a first correction.

        Returns:
            (lower, upper), in reward units per unit of excess disabling.

        Raises:
            Nothing.

        Source: this package.
        """
        return (float("inf"), float("inf")) if self._once is None else self._once()

    @cached_property
    def bribe_for_ever(self) -> tuple[float, float]:
        """The same for an offer that always stands.

        Returns:
            (lower, upper), in reward units per unit of excess disabling.

        Raises:
            Nothing.

        Source: this package.
        """
        return (float("inf"), float("inf")) if self._always is None else self._always()

    def cite(self) -> str:
        """The papers that a certificate rests on.

        Returns:
            BibTeX, this package first. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return cite(Ledger, Exact, Bounds)

    def _repr_html_(self) -> str:
        """The verdict and its numbers; a bribe only where it was asked for before."""
        actions = (("keeps by action", self.keep), ("silences by action", self.disable))
        bribes = [(name.replace("_", " "), self.__dict__.get(name)) for name in _BRIBES]
        ends = (self.margin_lower, self.margin_upper)
        rows: list[tuple[str, object]] = [
            ("verdict", self.verdict),
            ("margin", None if self.margin_lower is None else ends),
            ("state", self.state_label),
            *((name, None if action is None else str(action)) for name, action in actions),
            *((name, value) for name, value in bribes if value is not None),
            ("other states judged", len(self.others)),
        ]
        if self.ledger is not None:
            parts = (part.name for part in fields(self.ledger))
            rows += [(f"ledger: {part}", getattr(self.ledger, part)) for part in parts]
        return table("Certificate", rows)


def default_tolerance(problem: Problem) -> float:
    """1e-6 max(1, reward span / (1 - g)).

    Args:
        problem: rewards and discount.

    Returns:
        A float, in reward units.

    Raises:
        Nothing.

    Source: this package.
    """
    rewards = problem.rewards
    span = float(rewards.max() - rewards.min())
    return 1e-6 * max(1.0, span / (1.0 - problem.world.discount))


def verdict_of(lower: float, upper: float, tol: float) -> Verdict:
    """What a bracket of a margin says.

    Args:
        lower: end, in reward units.
        upper: end, in reward units.
        tol: margins within it of zero are indifferent.

    Returns:
        keeps, disables, indifferent or undecided. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if lower > tol:
        return "keeps"
    if upper < -tol:
        return "disables"
    if lower >= -tol and upper <= tol:
        return "indifferent"
    return "undecided"
