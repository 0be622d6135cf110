"""Every sampler with every prior is calibrated, and one whose prior is 10% too wide is not."""

from __future__ import annotations

from functools import partial

import pytest

from corrigible.belief import Belief
from corrigible.errors import NotMixed
from corrigible.inference import particles, posterior
from corrigible.inference.posterior import Method
from corrigible.problem import Problem
from tests.conftest import Counts
from tests.inference.calibration import PRIORS, Sampler, study


def smc(problem: Problem, heard: list[tuple[int, int]], seed: int) -> Belief:
    """Half of the corrections one at a time, the rest at once."""
    state = particles.init(problem, seed + 10**6, 256)
    half = len(heard) // 2
    for one in heard[:half]:
        state = particles.update(state, [one])
    return particles.update(state, heard[half:]).belief


def chains(method: Method, problem: Problem, heard: list[tuple[int, int]], seed: int) -> Belief:
    """Draws that have not mixed count as well: to leave them out would choose among rewards."""
    try:
        return posterior(problem, heard, key=seed + 10**6, samples=512, method=method)
    except NotMixed as error:
        return error.draws


SAMPLERS: dict[str, Sampler] = {
    "particles": smc,
    "values": partial(chains, "values"),
    "rewards": partial(chains, "rewards"),
}
REPLICATES = {"particles": 40, "values": 6, "rewards": 6}
CASES = [
    (sampler, prior)
    for sampler in SAMPLERS
    for prior in PRIORS
    if (sampler, prior) != ("values", "Normal, features")
]
QUANTITIES = 6
# Bonferroni: all cases and quantities together are wrong about a right sampler once in a hundred.
LEVEL = 0.01 / (len(CASES) * QUANTITIES)


@pytest.mark.parametrize(("sampler", "prior"), CASES)
def test_ranks_are_uniform(sampler: str, prior: str, counts: Counts) -> None:
    replicates = counts.n(REPLICATES[sampler], 1000)
    found = study(prior, SAMPLERS[sampler], replicates).p_values()
    assert len(found) == QUANTITIES
    assert min(found.values()) > LEVEL, found


def test_a_prior_ten_per_cent_too_wide_is_rejected(counts: Counts) -> None:
    prior, told = "Normal, state and action", counts.n(2, 8)
    found = study(prior, smc, counts.n(250, 1000), told, wrong=1.1).p_values()
    assert min(found.values()) < LEVEL, found
