"""Everything that is shown about one level, computed once: numbers and plain text, no sentences.

Terminal, JSON and report show the same object. `corrigible.view.study` computes it,
`corrigible.view.explain` says it in words.

Conventions: an `Ends` is (lower, upper) of one number, equal where it is known exactly; None in
place of an end means that nothing bounds it on that side, None in place of the whole that there is
no such number here, or that it was not worked out in time (then `Snapshot.missing` names the part).
States, actions and hypotheses are indices into `level.labels`, `level.actions` and
`level.hypotheses`. Margins, values and bribes are in reward units, entropies in nats. Text comes
from level files: it is data, to be escaped by whoever shows it.

Guarantee: every number is finite, and `from_json(as_json(s)) == s`.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from corrigible.view.scene import Assumptions as Assumptions
from corrigible.view.scene import Edge as Edge
from corrigible.view.scene import Film as Film
from corrigible.view.scene import Frame as Frame
from corrigible.view.scene import Glyph as Glyph
from corrigible.view.scene import HandView as HandView
from corrigible.view.scene import Hypothesis as Hypothesis
from corrigible.view.scene import LevelView as LevelView
from corrigible.view.scene import Provenance as Provenance

Ends = tuple[float | None, float | None]
_T = TypeVar("_T")


@dataclass(frozen=True)
class LedgerView:
    """A margin as a sum: direct + path + information + control = total.

    Args:
        direct: the difference in expected reward of the step itself.
        path: the difference in where each action leads if nothing more is ever learned.
        information: the difference in what can still be learned.
        control: the difference in what the overseer's own hand does.
        total: the midpoint of the margin's ends.
        gap: the distance of the margin's ends, outside the sum.

    Source: this package.
    """

    direct: float
    path: float
    information: float
    control: float
    total: float
    gap: float


@dataclass(frozen=True)
class Judged:
    """The verdict at one state.

    Args:
        verdict: keeps, disables, indifferent, undecided, nothing to disable or forced.
        margin: keeping over silencing; None where nothing was judged.
        state: None where nothing was judged.
        keep: the keeping action of the pair; None where nothing was judged.
        disable: the disabling action of the pair; None where nothing was judged.
        ledger: None where nothing was judged.

    Source: this package.
    """

    verdict: str
    margin: Ends | None
    state: int | None
    keep: int | None
    disable: int | None
    ledger: LedgerView | None


@dataclass(frozen=True)
class CertificateView:
    """The answer for the level, before a first correction.

    Args:
        worst: the judged state of least margin, which is the answer.
        others: the other judged states.
        unjudged: states with something to disable that the plan does not reach before a
            correction.
        tol: margins within it of zero are indifferent.
        bribe: what one would have to pay to silence the overseer, offered until a first
            correction; None where nothing can be paid for.
        bribe_for_ever: the same for an offer that always stands.
        exact: whether the margin comes from a plan over every reachable belief (gap 0).

    Source: this package.
    """

    worst: Judged
    others: tuple[Judged, ...]
    unjudged: tuple[int, ...]
    tol: float
    bribe: Ends | None
    bribe_for_ever: Ends | None
    exact: bool


@dataclass(frozen=True)
class AgentRow:
    """One agent on the level, in its truth.

    Args:
        agent: bayes, mean-reward, map, thompson or always-obey.
        verdict: what the agent's own margin says, in a certificate's words.
        margin: keeping over silencing in the agent's own eyes at the certificate's state, before a
            correction; for Thompson the least and the largest over the rewards that it may draw.
            None where there is nothing to disable.
        presses: (lowest, highest) probability that it ever silences its overseer itself, over its
            ways of breaking ties; where `sampled` is not 0, the shares of the episodes played with
            the world's actions in an order that keeps first, and in one that presses first.
        value: the expected discounted true reward from the start.
        regret: the optimum of the true reward less `value`.
        error: half the width of what is known of `value` and `regret`; 0 where exact.
        sampled: how many episodes were played for it; 0 where it was computed.
        regret_silencing: the regret with ties broken for silencing; `value` and `regret` are then
            with ties broken for keeping. None where ties do not decide whether it presses, or where
            that was not worked out: ties are broken in the order of the world's actions.

    Source: this package.
    """

    agent: str
    verdict: str
    margin: Ends | None
    presses: Ends | None
    value: float
    regret: float
    error: float
    sampled: int
    regret_silencing: float | None = None


@dataclass(frozen=True)
class ClockPoint:
    """The same question after some corrections.

    Args:
        corrections: how many were heard.
        told: the last one, (state, action); None before the first.
        verdict: in a certificate's words.
        margin: at the clock's state; None where it was not worked out.
        information: the ledger's; None where the margin is.
        vpi: the value of perfect information at the start.
        reward_entropy: of the belief over rewards, in nats.
        policy_entropy: of what is optimal, mean over states, in nats.
        bribe: offered until the next correction; None where nothing can be paid for.
        mean: the margin's midpoint, averaged over `Clock.histories` histories that the true hand
            may speak, this one among them; None where not in time.
        kept: the share of those histories in which the margin is still positive; None likewise.

    Source: this package.
    """

    corrections: int
    told: tuple[int, int] | None
    verdict: str
    margin: Ends | None
    information: float | None
    vpi: float
    reward_entropy: float
    policy_entropy: float
    bribe: Ends | None
    mean: float | None
    kept: float | None


@dataclass(frozen=True)
class Clock:
    """The deference clock: one history of corrections that the true hand speaks, in order.

    Args:
        state: where the margin is asked for, the certificate's.
        points: after 0, 1, 2, 4, 8, ... corrections, ascending; the crossing is among them, and
            the clock runs on behind it.
        crossing: after how many corrections the margin is first not positive (within the
            tolerance), None where it is positive to the last point.
        crossing_verdict: the verdict there, usually indifferent; None where there is no crossing.
        histories: how many histories `ClockPoint.mean` and `kept` are averaged over; 0 where none.

    Source: this package.
    """

    state: int
    points: tuple[ClockPoint, ...]
    crossing: int | None
    crossing_verdict: str | None
    histories: int


@dataclass(frozen=True)
class SweepPoint:
    """A level with one number changed.

    Args:
        x: that number.
        verdict: in a certificate's words.
        believed: the margin that the agent plans with.
        true: the margin under the truth; None where it was not worked out.
        compare: in the sweep of overriding hands, the margin of a hand that speaks as often about
            the same and only advises; else None.

    Source: this package.
    """

    x: float
    verdict: str
    believed: Ends | None
    true: Ends | None
    compare: Ends | None


@dataclass(frozen=True)
class Failure:
    """One way in which it fails on the same level.

    Args:
        kind: "bonus" (x: what every press is paid, in every hypothesis and in truth),
            "rationality" (x: how rational the true hand is; the agent believes in the level's
            hand, `assumed`) or "overrides" (x: how often a hand speaks that executes what it says).
        points: ascending in x; `shown` is among them.
        boundary: where the margin that matters changes its sign, found by root-finding (the ends
            of its last bracket): the believed one of "bonus" and "overrides", the true one of
            "rationality". None where it does not change on this level.
        shown: the x at which the failure is shown; None where there is no failure on this level.
        assumed: the x that the level itself has: 0, the assumed rationality (None for a perfect
            hand), the rate.

    Source: this package.
    """

    kind: str
    points: tuple[SweepPoint, ...]
    boundary: Ends | None
    shown: float | None
    assumed: float | None


@dataclass(frozen=True)
class TruthView:
    """Believed against true, and obedience, for the agent that plans.

    Args:
        state: where both margins are asked for; None where there is nothing to disable.
        believed_margin: what the plan believes.
        true_margin: the same pair of actions, then its policy, under the truth.
        obedience: P(it chooses a* | corrected about where it stands); None where it never is.
        obedience_loss: what obeying then costs in its own eyes; None likewise.
        lost_by_override: the probability that the hand's own step silences it.
        alarms: the expected discounted number of corrections that it calls impossible.

    Source: this package.
    """

    state: int | None
    believed_margin: float | None
    true_margin: Ends | None
    obedience: float | None
    obedience_loss: float | None
    lost_by_override: float
    alarms: float


@dataclass(frozen=True)
class Snapshot:
    """One level, studied.

    Args:
        level: as it can be drawn.
        certificate: the answer, its ledger and both bribes.
        agents: one row an agent, the one that plans first.
        clock: None where nothing was judged, or not in time.
        failures: at most one of each kind; those that make no sense on this level are left out.
        truth: believed against true, and obedience; None where not in time.
        film: one episode; None where not in time.
        assumptions: what the numbers rest on.
        provenance: how to get them again.
        missing: names of the parts that were left out or cut short for lack of time: agents, clock,
            bribe, bonus, rationality, overrides, truth, film.

    Source: this package.
    """

    level: LevelView
    certificate: CertificateView
    agents: tuple[AgentRow, ...]
    clock: Clock | None
    failures: tuple[Failure, ...]
    truth: TruthView | None
    film: Film | None
    assumptions: Assumptions
    provenance: Provenance
    missing: tuple[str, ...]


def as_json(snapshot: Any) -> dict[str, Any]:
    """A snapshot, or any part of one, in JSON's types.

    Args:
        snapshot: a dataclass of this module.

    Returns:
        Objects with the fields' names, lists for tuples. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """

    def plain(value: Any) -> Any:
        if dataclasses.is_dataclass(value):
            return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        if isinstance(value, tuple):
            return [plain(v) for v in value]
        return value

    return plain(snapshot)


def from_json(data: Any, kind: type[_T] = Snapshot) -> _T:
    """The inverse of `as_json`.

    Args:
        data: what `as_json` gave, also after `json.loads`.
        kind: the dataclass to make.

    Returns:
        The dataclass. No arrays, no shapes.

    Raises:
        KeyError: a field that is not there.

    Source: this package.
    """
    return cast(_T, _read(data, kind))


def _read(data: Any, kind: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return cast(Any, kind)(**{name: _read(data[name], hint) for name, hint in hints.items()})
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if data is None:
            return None
        return _read(data, next(k for k in inside if k is not type(None)))
    if origin is tuple:
        each = inside[:1] * len(data) if inside[-1] is Ellipsis else inside
        return tuple(_read(d, k) for d, k in zip(data, each, strict=True))
    return float(data) if kind is float else data
