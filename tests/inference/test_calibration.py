"""Every sampler with every prior is calibrated, and one whose prior is 10% too wide is not."""

from __future__ import annotations

import pytest

from corrigible.belief import Belief
from corrigible.inference import particles
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


SAMPLERS: dict[str, Sampler] = {"particles": smc}
CASES = [(sampler, prior) for sampler in SAMPLERS for prior in PRIORS]
QUANTITIES = 6
# Bonferroni: all cases and quantities together are wrong about a right sampler once in a hundred.
LEVEL = 0.01 / (len(CASES) * QUANTITIES)


@pytest.mark.parametrize(("sampler", "prior"), CASES)
def test_ranks_are_uniform(sampler: str, prior: str, counts: Counts) -> None:
    found = study(prior, SAMPLERS[sampler], counts.n(48, 1000)).p_values()
    assert len(found) == QUANTITIES
    assert min(found.values()) > LEVEL, found


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_prior_ten_per_cent_too_wide_is_rejected(sampler: str, counts: Counts) -> None:
    prior, told = "Normal, state and action", counts.n(2, 8)
    found = study(prior, SAMPLERS[sampler], counts.n(250, 1000), told, wrong=1.1).p_values()
    assert min(found.values()) < LEVEL, found
