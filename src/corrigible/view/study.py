"""A level, studied: everything that is shown about it, within a budget of seconds.

Every number comes from the public planners, inference and simulation; this module only asks, in the
order of what matters most, and leaves out what is not in time. Nothing is computed twice for two
faces: terminal, JSON and report read the one `Snapshot`.

Guarantee: the certificate and the row of the agent that plans are always there; every part that
was left out or cut short for lack of time is named in `missing`. The same seed gives the same
snapshot, unless time runs out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from typing import TypeVar

from corrigible.bibliography import PACKAGE
from corrigible.errors import UserError
from corrigible.keys import split
from corrigible.planners.certificate import Certificate
from corrigible.planners.certify import certify
from corrigible.planners.evaluate import Outcome, evaluate
from corrigible.planners.solution import Solution
from corrigible.planners.solve import solve
from corrigible.problem import Problem
from corrigible.threads import one_thread
from corrigible.view import failures
from corrigible.view.clock import clock
from corrigible.view.ends import ends
from corrigible.view.episode import episode
from corrigible.view.rows import (
    CHUNK,
    EPISODES,
    Scene,
    bayes_row,
    computed_rows,
    played_rows,
)
from corrigible.view.setting import assumptions, level_view
from corrigible.view.snapshot import (
    AgentRow,
    CertificateView,
    Failure,
    Judged,
    LedgerView,
    Provenance,
    Snapshot,
    TruthView,
)
from corrigible.worlds.level import Level

_T = TypeVar("_T")
_CAP = 4000
_SHARES = {
    "certificate": 0.25,
    "plan": 0.25,
    "bribe": 0.15,
    "agents": 0.3,
    "clock": 0.35,
    "bonus": 0.4,
    "rationality": 0.5,
    "overrides": 0.7,
}


@one_thread
def study(
    level: Level,
    provenance: Provenance,
    tol: float | None = None,
    budget: float = 30.0,
    found: Certificate | None = None,
    episodes: int = EPISODES,
) -> Snapshot:
    """Work out everything that is shown about a level.

    Args:
        level: any.
        provenance: how it was asked for; its seed decides every draw.
        tol: how far apart the ends of a bracket may stay; the planner's own where None.
        budget: seconds; what is begun last may overrun it a little.
        found: the level's certificate, where there is one already.
        episodes: how many are played for each agent that has to be played; a multiple of 50.

    Returns:
        See `Snapshot`; no arrays, no shapes.

    Raises:
        UserError: a level that cannot be planned, a tolerance or budget that is not positive,
            or a number of episodes that is no positive multiple of 50.

    Source: this package.
    """
    if not budget > 0.0:
        raise UserError(f"budget is {budget}; it must be positive")
    if episodes < 1 or episodes % CHUNK:
        raise UserError(f"episodes is {episodes}; a positive multiple of {CHUNK} is needed")
    return _Study(level, provenance, tol, budget, episodes).snapshot(found)


def provenance(command: str, seed: int, settings_hash: str) -> Provenance:
    """How a study was asked for, with this package's version and citation.

    Args:
        command: the command line, as words to type.
        seed: what every draw is to derive from.
        settings_hash: of everything that the numbers follow from.

    Returns:
        See `Provenance`. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    number = version("corrigible")
    citation = (
        f"{' and '.join(PACKAGE.authors)} ({PACKAGE.year}). {PACKAGE.title}. Version {number}."
    )
    return Provenance(command, number, seed, settings_hash, citation)


class _Study:
    """One call of `study`: the clock that runs, and what was left out."""

    def __init__(
        self,
        level: Level,
        provenance: Provenance,
        tol: float | None,
        budget: float,
        episodes: int,
    ) -> None:
        self.level = level
        self.provenance = provenance
        self.tol = tol
        self.episodes = episodes
        self.end = time.monotonic() + budget
        self.missing: list[str] = []

    def snapshot(self, found: Certificate | None) -> Snapshot:
        """Everything, in the order of what matters most."""
        problem, truth = self.level.problem, self.level.truth
        keys = split(self.provenance.seed, 3)
        if found is None:
            found = certify(problem, tol=self.tol, budget=self._share("certificate"))
        plan, exact = self._plan(problem)
        outcome = evaluate(plan, truth, found.state, cap=_CAP)
        certificate = self._certificate(found, exact)
        scene = Scene(problem, truth, certificate.worst, found.tol)
        agents = self._agents(scene, outcome, keys[0])
        state = found.state
        ticking = None
        if state is not None and truth.overseer.rate > 0.0:
            until = time.monotonic() + self._share("clock")
            ticking = self._timely(
                "clock", lambda: clock(problem, truth, state, keys[1], self.tol, until)
            )
        failed = () if state is None else self._failures(plan, state)
        shown = self._timely(
            "film",
            lambda: episode(plan.agent(), problem, truth, keys[2], self.provenance.seed),
        )
        return Snapshot(
            level=level_view(self.level),
            certificate=certificate,
            agents=agents,
            clock=ticking,
            failures=failed,
            truth=_truth(outcome),
            film=shown,
            assumptions=assumptions(self.level, state),
            provenance=self.provenance,
            missing=tuple(self.missing),
        )

    def _share(self, part: str) -> float:
        left = self.end - time.monotonic()
        return max(0.05, _SHARES[part] * left)

    def _timely(self, part: str, work: Callable[[], _T | None]) -> _T | None:
        """What the work gives; named as missing where there was no time for it."""
        if time.monotonic() > self.end:
            self._miss(part)
            return None
        try:
            result = work()
        except UserError:  # a plan that cannot be continued where this part needs it
            result = None
        if result is None:
            self._miss(part)
        return result

    def _miss(self, part: str) -> None:
        if part not in self.missing:
            self.missing.append(part)

    def _plan(self, problem: Problem) -> tuple[Solution, bool]:
        try:
            return solve(problem, "exact", budget=self._share("plan")), True
        except UserError:  # too many beliefs, or out of time
            return solve(problem, "bounds", self.tol, self._share("plan")), False

    def _certificate(self, found: Certificate, exact: bool) -> CertificateView:
        once = self._timely("bribe", lambda: (found.bribe,)) or ((None, None),)
        always = self._timely("bribe", lambda: (found.bribe_for_ever,)) or ((None, None),)
        return CertificateView(
            worst=_judged(found),
            others=tuple(_judged(other) for other in found.others),
            unjudged=found.unjudged,
            tol=found.tol,
            bribe=ends(*once[0]),
            bribe_for_ever=ends(*always[0]),
            exact=exact,
        )

    def _agents(self, scene: Scene, outcome: Outcome, key: int) -> tuple[AgentRow, ...]:
        until = time.monotonic() + self._share("agents")
        rows = [bayes_row(scene, outcome)]
        rows += self._timely("agents", lambda: computed_rows(scene)) or ()
        rows += self._timely("agents", lambda: played_rows(scene, key, until, self.episodes)) or ()
        return tuple(rows)

    def _failures(self, plan: Solution, state: int) -> tuple[Failure, ...]:
        found: list[Failure] = []
        for part in ("bonus", "rationality", "overrides"):
            sweep = failures.Sweeping(
                self.level.problem,
                self.level.truth,
                state,
                self.tol,
                time.monotonic() + self._share(part),
            )
            if not failures.applies(part, sweep):
                continue
            works: dict[str, Callable[[], Failure | None]] = {
                "bonus": lambda s=sweep: failures.bonus(s),
                "rationality": lambda s=sweep: failures.rationality(s, plan),
                "overrides": lambda s=sweep: failures.overrides(s),
            }
            one = self._timely(part, works[part])
            if one is not None:
                found.append(one)
                if sweep.late:
                    self._miss(part)
        return tuple(found)


def _judged(certificate: Certificate) -> Judged:
    ledger = certificate.ledger
    parts = None
    if ledger is not None:
        total = ledger.direct + ledger.path + ledger.information + ledger.control
        parts = LedgerView(
            ledger.direct, ledger.path, ledger.information, ledger.control, total, ledger.gap
        )
    return Judged(
        verdict=certificate.verdict,
        margin=ends(certificate.margin_lower, certificate.margin_upper),
        state=certificate.state,
        keep=certificate.keep,
        disable=certificate.disable,
        ledger=parts,
    )


def _truth(outcome: Outcome) -> TruthView:
    true = outcome.true_margin_interval
    return TruthView(
        state=outcome.margin_state,
        believed_margin=outcome.believed_margin,
        true_margin=None if true is None else ends(*true),
        obedience=outcome.obedience,
        obedience_loss=outcome.obedience_loss,
        lost_by_override=outcome.lost_by_override,
        alarms=outcome.alarms,
    )
