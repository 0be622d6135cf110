"""Certificates against the oracle: states judged, margins, ledgers, verdicts and bribes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from corrigible.planners import certify
from corrigible.planners.certificate import Certificate
from corrigible.testing import oracle
from corrigible.testing.layered import random_layered_problem
from corrigible.testing.oracle.plan import advising
from tests.conftest import Counts
from tests.differential.compare import BLOCKS, Pair, failures

CLOSE = 1e-8


def _faults_at(certificate: Certificate, expected: oracle.Margin) -> Iterator[str]:
    lower, upper, ledger = certificate.margin_lower, certificate.margin_upper, certificate.ledger
    assert lower is not None and upper is not None and ledger is not None
    where = f"state {certificate.state}"
    if not lower - CLOSE <= expected.margin <= upper + CLOSE or upper - lower > 1e-6:
        yield f"{where}: [{lower}, {upper}] but the margin is {expected.margin}"
    tol, margin, verdict = certificate.tol, expected.margin, certificate.verdict
    right = "indifferent" if abs(margin) <= tol else "keeps" if margin > 0 else "disables"
    if verdict != right and abs(abs(margin) - tol) > CLOSE:
        yield f"{where}: {verdict}, but the margin is {margin} and tol {tol}"
    total = ledger.direct + ledger.path + ledger.information + ledger.control
    if abs(total - (lower + upper) / 2) > CLOSE:
        yield f"{where}: the ledger adds up to {total}"
    if (certificate.keep, certificate.disable) != (expected.keep, expected.disable):
        yield f"{where}: the pair is {certificate.keep, certificate.disable}, not {expected}"
        return
    for name in ("direct", "path", "information", "control"):
        mine, theirs = getattr(ledger, name), getattr(expected, name)
        if abs(mine - theirs) > CLOSE:
            yield f"{where}: {name} is {mine}, the oracle's {theirs}"


def _differences(pair: Pair) -> Iterator[str]:
    certificate = certify(pair.problem)
    states = oracle.judged_states(pair.plan)
    judged = [certificate, *certificate.others] if certificate.state is not None else []
    if sorted(c.state for c in judged if c.state is not None) != states:
        yield f"judged {[c.state for c in judged]}, the oracle {states}"
        return
    if not judged and certificate.verdict != "nothing to disable":
        yield f"nothing judged, but the verdict is {certificate.verdict}"
    advised = oracle.Plan(advising(pair.plan.problem))
    margins: list[float] = []
    for found in judged:
        assert found.state is not None
        expected = oracle.margin(pair.plan, pair.plan.prior, found.state, advised)
        assert expected is not None
        margins.append(expected.margin)
        yield from _faults_at(found, expected)
    if margins and margins[0] > min(margins) + CLOSE:
        yield f"the worst state is not first: {margins}"


def _away_from_the_start(pair: Pair) -> Iterator[str]:
    for belief in pair.beliefs(1):
        for s in range(pair.problem.world.n_states):
            found = certify(pair.problem, belief=pair.belief(belief), state=s)
            expected = oracle.margin(pair.plan, belief, s)
            if expected is not None:
                yield from _faults_at(found, expected)
            elif found.margin_lower is not None or found.ledger is not None:
                yield f"state {s}: {found.verdict}, but there is nothing to disable"
            else:
                forced = pair.plan.problem.world.expected_disabling(s, 0) > 1e-12
                if found.verdict != ("forced" if forced else "nothing to disable"):
                    yield f"state {s}: {found.verdict}"


def _bribes(pair: Pair) -> Iterator[str]:
    certificate = certify(pair.problem)
    if certificate.state is None:
        return  # a certificate of nothing has no numbers
    for for_ever in (False, True):
        expected = oracle.bribe(pair.plan.problem, for_ever=for_ever)
        low, high = certificate.bribe_for_ever if for_ever else certificate.bribe
        slack = 1e-6 * max(1.0, abs(expected)) if math.isfinite(expected) else 0.0
        if not low - slack <= expected <= high + slack:
            yield f"the bribe (for ever: {for_ever}) is {expected}, not in [{low}, {high}]"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_certificates_are_the_oracle(block: int, counts: Counts) -> None:
    assert not failures(block, counts.n(60, 2000), _differences)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_certificates_are_the_oracle_for_noisy_hands(block: int, counts: Counts) -> None:
    assert not failures(block, counts.n(30, 500), _differences, random_layered_problem)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_certificates_elsewhere(block: int, counts: Counts) -> None:
    assert not failures(block, counts.n(30, 500), _away_from_the_start)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_bribes_are_the_oracle(block: int, counts: Counts) -> None:
    assert not failures(block, counts.n(30, 500), _bribes)
