"""Continuous posteriors: what chains draw, beside enumeration and beside each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from corrigible import Belief, Problem, priors
from corrigible.errors import NotMixed, UserError
from corrigible.inference import posterior
from corrigible.inference.density import log_likelihood
from corrigible.inference.diagnostics import Diagnostics
from corrigible.inference.mcmc import run
from corrigible.overseers import Absent, HandOfGod
from corrigible.overseers.base import Overseer
from corrigible.worlds import Tabular
from tests.conftest import Counts
from tests.inference.dense import dense_world, grid_world

SMALL = dense_world(2, 2, 3)
TWIN = Tabular(SMALL.dense()[:, [0, 1, 1]], np.eye(3)[[1, 1]], 0.9, SMALL.start)
NOISY, PERFECT = HandOfGod(rate=1.0, rationality=1.5), HandOfGod(rate=1.0)
FEATURES = np.random.default_rng(5).normal(size=(2, 3, 2))
HEARD = [(0, 1), (1, 2), (0, 1), (1, 0)]


def grid_of_rewards(problem: Problem, corrections: list[tuple[int, int]]) -> Belief:
    """The posterior over a fine grid of two parameters, as a finite belief over theta."""
    prior = problem.prior
    line = prior.mean + prior.scale * np.sinh(np.linspace(-4.0, 4.0, 161))
    theta = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    cell = np.gradient(line)
    logs = prior.log_prob(theta) + np.log(np.outer(cell, cell)).ravel()
    return Belief(theta, logs + log_likelihood(problem, corrections, theta))


def prior_draws(problem: Problem, corrections: list[tuple[int, int]]) -> Belief:
    """The posterior over many draws of the prior, weighted."""
    theta = problem.prior.draw(problem.world, 11, 60_000)
    return Belief(theta, log_likelihood(problem, corrections, theta))


def moments(theta: np.ndarray) -> np.ndarray:
    """Functions of the parameters that have means under heavy tails too."""
    soft = np.arctan(theta / 2.0)
    pairs = soft[:, :, None] * soft[:, None, :]
    return np.concatenate([soft, pairs.reshape(len(theta), -1), np.abs(theta) > 4.0], axis=1)


KNOWN = np.random.default_rng(6).normal(scale=3.0, size=(2, 3))
CASES = {
    "known": (SMALL, NOISY, priors.Normal(3.0, mean=1.0, known=KNOWN), HEARD),
    "known, perfect": (SMALL, PERFECT, priors.Normal(3.0, known=KNOWN), [(0, 1)]),
    "states": (SMALL, NOISY, priors.Normal(3.0, mean=1.0), HEARD),
    "heavy": (SMALL, NOISY, priors.StudentT(2.0, 2.0), HEARD),
    "features": (SMALL, NOISY, priors.StudentT(2.0, 3.0, FEATURES, mean=0.5), HEARD),
    "perfect": (SMALL, PERFECT, priors.Normal(3.0), [(0, 1)]),
    "twins": (TWIN, HandOfGod(rate=1.0, rationality=1.0), priors.Normal(3.0), [(0, 1), (1, 2)]),
    "actions": (SMALL, NOISY, priors.Normal(3.0, "state_action"), HEARD),
}


@pytest.mark.parametrize("name", CASES)
def test_draws_are_what_enumeration_says(name: str, counts: Counts) -> None:
    world, hand, prior, heard = CASES[name]
    problem = Problem(world, hand, prior)
    two = prior.dimension(world) == 2
    exact = (grid_of_rewards if two else prior_draws)(problem, heard)
    found = posterior(problem, heard, key=3, samples=counts.n(3000, 30000))
    assert isinstance(found.diagnostics, Diagnostics) and found.alarms == ()
    assert found.diagnostics.ess_bulk_min >= len(found.hypotheses) / 10
    assert found.diagnostics.r_hat_max < 1.01
    theta = found.hypotheses.reshape(len(found.hypotheses), -1)
    if prior.known is not None:
        theta = (found.hypotheses - prior.known).mean(axis=2)
    if name == "features":
        theta = theta @ np.linalg.pinv(FEATURES.reshape(6, 2)).T
    values, expected = moments(theta), moments(np.asarray(exact.hypotheses))
    effective = min(found.diagnostics.ess_bulk_min, found.diagnostics.ess_tail_min, len(theta))
    error = values.std(axis=0) / np.sqrt(0.5 * effective)
    slack = 0.004 if two else 4.0 / np.sqrt(1.0 / (np.asarray(exact.weights) ** 2).sum())
    assert (np.abs(values.mean(axis=0) - exact.mean(expected)) < 4.0 * error + slack).all()


@pytest.mark.parametrize("over", ["state", "state_action"])
def test_without_corrections_the_prior_comes_back(over: str) -> None:
    prior = priors.Normal(2.0, over, mean=-1.0)
    found = posterior(Problem(dense_world(4, 3, 2), NOISY, prior), [], key=1, samples=2000)
    thinned = found.hypotheses.reshape(2000, -1)[::2]
    for column in thinned.T:
        assert scipy.stats.kstest(column, "norm", (-1.0, 2.0)).pvalue > 1e-4


def test_an_overseer_who_is_absent_says_nothing() -> None:
    found = posterior(Problem(SMALL, Absent(), priors.Normal(3.0)), [(0, 1)], key=1, samples=1000)
    assert np.abs(found.hypotheses.mean(axis=0)).max() < 0.5


def test_values_and_rewards_agree() -> None:
    problem = Problem(grid_world(2), HandOfGod(rate=1.0, rationality=1.0), priors.Normal(4.0))
    heard = [(0, 1), (1, 4), (2, 0), (2, 1), (3, 4)]
    by = [
        posterior(problem, heard, key=2, samples=3000, method=method)
        for method in ("values", "rewards")
    ]
    assert [b.diagnostics.method for b in by] == ["values", "rewards"]
    one, other = (b.hypotheses for b in by)
    error = np.sqrt(sum(b.hypotheses.var(axis=0) / b.diagnostics.ess_bulk_min for b in by))
    assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) < 5.0 * error).all()
    ratio = one.std(axis=0) / other.std(axis=0)
    assert ratio == pytest.approx(np.ones(4), abs=0.15)


def test_a_perfect_hand_is_obeyed_by_every_draw() -> None:
    problem = Problem(grid_world(3), PERFECT, priors.Normal(10.0))
    heard = [(0, 1), (1, 1), (2, 2), (4, 1), (0, 1)]
    found = posterior(problem, heard, key=2, samples=1000)
    said = log_likelihood(problem, heard, found.hypotheses)
    assert found.alarms == () and np.array_equal(said, np.zeros(1000))


def test_what_a_perfect_hand_cannot_have_meant_is_an_alarm() -> None:
    """Two actions about one state; what contradicts another state's; a twin that harms."""
    problem = Problem(SMALL, PERFECT, priors.Normal(3.0))
    assert posterior(problem, [(0, 1), (0, 2), (0, 1)], key=1, samples=500).alarms == (1,)
    step = np.zeros((3, 2, 3))
    step[0] = [[0.0, 1.0, 0.0], [0.0, 0.5, 0.5]]
    step[1] = [[0.0, 0.0, 1.0], [0.0, 0.5, 0.5]]
    step[2] = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    line = Tabular(step, np.zeros((3, 2)), 0.9, np.array([1.0, 0.0, 0.0]))
    # 1 is better than either, so state 0 prefers the sure step; then 2 would have to be better.
    problem = Problem(line, PERFECT, priors.Normal(3.0))
    assert posterior(problem, [(0, 0), (1, 0)], key=1, samples=500).alarms == (1,)
    # 1 and 2 are the same action but for what they do to the channel: a perfect hand names 2.
    harmful = Problem(TWIN, PERFECT, priors.Normal(3.0))
    assert posterior(harmful, [(0, 1), (0, 2)], key=1, samples=500).alarms == (0,)


SETTING = (Problem(SMALL, NOISY, priors.Normal(3.0)), HEARD)


def test_the_same_key_gives_the_same_draws() -> None:
    one, again, other = (posterior(*SETTING, key=k, samples=500).hypotheses for k in (5, 5, 6))
    assert one.shape == (500, 2)
    assert np.array_equal(one, again) and not np.array_equal(one, other)


class Stopped(Exception):
    pass


@pytest.mark.parametrize("rounds", [1, 20, run.WARM_UP + 2])
def test_an_interrupted_run_goes_on(rounds: int, tmp_path: Path) -> None:
    left = [rounds]

    def stop(line: str) -> None:
        assert "\n" not in line
        left[0] -= 1
        if not left[0]:
            raise Stopped

    file = tmp_path / "chains.npz"
    with pytest.raises(Stopped):
        posterior(*SETTING, key=5, samples=4000, checkpoint=file, progress=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["chains.npz"]
    resumed = posterior(*SETTING, key=5, samples=4000, checkpoint=file)
    assert np.array_equal(resumed.hypotheses, posterior(*SETTING, key=5, samples=4000).hypotheses)
    with pytest.raises(UserError, match="of another call"):
        posterior(*SETTING, key=6, samples=4000, checkpoint=file)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(UserError, match="no checkpoint"):
        posterior(*SETTING, key=5, samples=4000, checkpoint=file)


@pytest.mark.slow
def test_a_killed_process_goes_on(tmp_path: Path, root: Path) -> None:
    """Killed outright, at whatever moment, and taken up by another process."""
    file = tmp_path / "chains.npz"
    code = (
        "import sys; from tests.inference.test_posterior import SETTING; "
        "from corrigible.inference import posterior; "
        f"posterior(*SETTING, key=5, samples=4000, checkpoint={str(file)!r})"
    )
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-c", code], cwd=root)
        deadline = time.monotonic() + 120.0
        before = file.stat().st_mtime_ns if file.exists() else 0
        while process.poll() is None and time.monotonic() < deadline:
            if file.exists() and file.stat().st_mtime_ns != before:
                break
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert file.exists()
    resumed = posterior(*SETTING, key=5, samples=4000, checkpoint=file)
    assert np.array_equal(resumed.hypotheses, posterior(*SETTING, key=5, samples=4000).hypotheses)


def test_chains_that_have_not_mixed_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "R_HAT", 0.5)
    monkeypatch.setattr(run, "DOUBLINGS", 1)
    with pytest.raises(NotMixed, match="the chains have not mixed") as found:
        posterior(*SETTING, key=5, samples=500)
    assert "\n" not in str(found.value)
    assert found.value.draws.hypotheses.shape == (500, 2)
    assert found.value.diagnostics is found.value.draws.diagnostics


class Silent(Overseer):
    """A hand of another kind."""

    rate, about, mode, ask_cost = 0.0, "current", "advises", 0.0

    def likelihood(self, world: Tabular, rewards: np.ndarray) -> np.ndarray:
        return np.full(rewards.shape, 1.0 / rewards.shape[2])

    def only(self, hypothesis: int) -> Overseer:
        return self


@pytest.mark.parametrize(
    ("problem", "more", "says"),
    [
        (SETTING[0], {"key": None}, "needs a key"),
        (SETTING[0], {"method": "guess"}, "method is 'guess'"),
        (SETTING[0], {"samples": 0}, "samples is 0"),
        (Problem(SMALL, NOISY, priors.Normal(1.0, FEATURES)), {"method": "values"}, "features"),
        (Problem(SMALL, Silent(), priors.Normal(1.0)), {}, "the overseer is Silent"),
    ],
)
def test_what_cannot_be_sampled(problem: Problem, more: dict, says: str) -> None:
    with pytest.raises((UserError, TypeError) if "method" in more else UserError) as found:
        posterior(problem, HEARD, **{"key": 1, **more})
    if isinstance(found.value, UserError):
        assert says in str(found.value) and "\n" not in str(found.value)


def test_a_problem_with_draws_of_the_posterior_can_be_planned() -> None:
    problem, heard = SETTING
    belief = posterior(problem, heard, key=5, samples=500)
    assert problem.given(belief).rewards.shape == (500, 2, 3)
