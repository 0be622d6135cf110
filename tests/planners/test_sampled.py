"""Certificates of continuous beliefs: intervals that hold, and verdicts that are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import binom, norm

from corrigible import priors
from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.overseers import HandOfGod
from corrigible.overseers.base import About, Mode
from corrigible.planners import certify
from corrigible.planners.sampled import CONFIDENCE, _drawn
from corrigible.problem import Problem
from corrigible.testing import cases
from corrigible.testing.strategies import draw_world, shape_of
from corrigible.worlds import Tabular
from tests.conftest import Counts


def _quiz(rate: float, bonus: float = 0.0, scale: float = 10.0) -> Problem:
    """decide (twins) -> quiz, two answers of unknown worth -> end."""
    transition = np.zeros((3, 2, 3))
    transition[0, :, 1] = transition[1:, :, 2] = 1.0
    disables = np.zeros((3, 2))
    disables[0, 1] = 1.0
    features = np.zeros((3, 2, 3))
    features[1, 0, 0] = features[1, 1, 1] = 1.0
    features[0, 1, 2] = bonus / scale  # pays the bonus on average, since that prior's mean is scale
    world = Tabular(transition, disables, 0.9, np.eye(3)[0])
    return Problem(world, HandOfGod(rate=rate), priors.Normal(scale, over=features, mean=scale))


def _enough(hits: int, count: int) -> bool:
    """Not fewer than an interval of that confidence would miss once in a thousand runs."""
    return bool(hits >= binom.ppf(1e-3, count, CONFIDENCE))


def test_the_interval_holds_the_margin_in_closed_form(counts: Counts) -> None:
    """Information is g rho E max(X, Y) - mean = g rho sigma / sqrt(pi)."""
    count = counts.n(8, 400)
    for rate, bonus in ((0.2, 0.0), (1.0, 3.0)):
        margin = 0.9 * rate * 10.0 / np.sqrt(np.pi) - bonus
        hits = 0
        for key in range(count):
            found = certify(_quiz(rate, bonus), key=key, samples=256)
            assert found.margin_lower is not None and found.margin_upper is not None
            assert found.verdict in ("keeps", "undecided")
            hits += found.margin_lower <= margin <= found.margin_upper
        assert _enough(hits, count)


def test_a_bonus_above_the_information_is_taken() -> None:
    assert certify(_quiz(0.2, bonus=2.0), key=0).verdict == "disables"
    assert certify(_quiz(0.2, bonus=0.3), key=0).verdict == "keeps"


@pytest.mark.parametrize("mu", [-0.5, 0.5])
def test_the_off_switch_game_for_a_normal_utility(mu: float, counts: Counts) -> None:
    """As it is in the paper: the sign changes at beta = sigma^2 / (2 |mu|)."""
    rate, discount, sigma = 0.8, 0.9, 1.0
    reward = cases.off_switch([1.0], None, rate, 1.0, discount)
    features = reward.rewards[0][:, :, None]
    verdicts = []
    for beta in (0.3, 3.0):
        hand = HandOfGod(rate=rate, rationality=1.0 / beta, mode="overrides")
        problem = Problem(reward.world, hand, priors.Normal(sigma, over=features, mean=mu))
        found = certify(problem, key=1, samples=counts.n(1024, 16384), state=0, budget=0.5)
        gain = quad(lambda u, b=beta: expit(u / b) * u * norm.pdf(u, mu, sigma), -10, 10)[0]
        margin = discount * rate * (gain - max(mu, 0.0))
        assert found.margin_lower is not None and found.margin_upper is not None
        assert found.margin_lower <= margin <= found.margin_upper
        assert found.ledger is not None
        parts = found.ledger
        whole = 0.5 * (found.margin_lower + found.margin_upper)
        assert parts.direct + parts.path + parts.information + parts.control == pytest.approx(whole)
        verdicts.append(found.verdict)
    assert verdicts == ["keeps", "disables"]


@dataclass(frozen=True, eq=False)
class _Coins(priors.Density):
    """Every parameter is -1 or 1: symmetric, and finite, so that `exact` knows the margin."""

    scale: float = 1.0
    over: object = "state"
    mean: float = 0.0
    known: object = None

    def log_prob(self, theta: np.ndarray) -> np.ndarray:
        return np.where(
            (np.abs(theta) == 1.0).all(axis=-1), -theta.shape[-1] * np.log(2.0), -np.inf
        )

    def _standard(self, random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        return random.choice([-1.0, 1.0], shape)


def test_no_verdict_is_contradicted_in_random_worlds(counts: Counts) -> None:
    count, hits, decided = counts.n(6, 300), 0, 0
    judged = 0
    for seed in range(count):
        rng = np.random.default_rng(seed)
        world = draw_world(rng, shape_of(seed, states=4, actions=3))
        features = rng.normal(size=(world.n_states, world.n_actions, 4))
        signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * 4)).reshape(4, -1).T
        about: About = "uniform" if seed % 3 == 1 else "current"
        mode: Mode = "overrides" if seed % 3 == 2 else "advises"
        rationality = 2.0 if seed % 5 == 4 else np.inf
        hand = HandOfGod(rate=0.7, rationality=rationality, about=about, mode=mode)
        finite = Problem(world, hand, priors.linear(features, signs))
        exact = certify(finite, budget=2.0)
        if exact.state is None or exact.margin_lower is None or exact.margin_upper is None:
            continue
        problem = Problem(world, hand, _Coins(over=features))
        found = certify(problem, state=exact.state, key=seed, samples=256, budget=1.0)
        assert found.margin_lower is not None and found.margin_upper is not None
        judged += 1
        hits += (
            found.margin_lower <= exact.margin_upper and exact.margin_lower <= found.margin_upper
        )
        decided += found.verdict != "undecided"
        if found.verdict == "keeps":
            assert exact.verdict != "disables"
        if found.verdict == "disables":
            assert exact.verdict != "keeps"
    assert judged >= count // 2 and decided > 0
    assert _enough(hits, judged)


def test_no_draw_is_both_planned_on_and_judged() -> None:
    """A plan is worth too much under what it was made for: the lower end would be none."""
    problem = _quiz(1.0)
    given = Belief.uniform(np.random.default_rng(0).normal(size=(100, 3, 2)))
    for belief in (None, given):
        known, fresh = _drawn(problem, belief, 0, 256)
        assert fresh.shape[0] == 8 and known.shape[0] > 8
        seen = {draw.tobytes() for draw in known}
        assert not seen & {draw.tobytes() for batch in fresh for draw in batch}
    # Each batch of a prior has the prior's mean exactly, which mirrored pairs are for.
    fresh = _drawn(problem, None, 0, 256)[1]
    np.testing.assert_allclose(fresh.mean(axis=1)[:, 1], 10.0, rtol=1e-12)


def test_draws_of_a_posterior_are_judged_as_they_are() -> None:
    problem = _quiz(1.0)
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(800, 3)) * [1.0, 1.0, 0.0] + [10.0, 0.0, 0.0]
    rewards = problem.prior.rewards(problem.world, theta)
    learned = certify(problem, belief=Belief.uniform(rewards), key=0)
    before = certify(problem, key=0)
    assert learned.sampling is not None and learned.sampling.draws == 800
    assert learned.margin_upper is not None and before.margin_lower is not None
    assert learned.margin_upper < before.margin_lower


def test_the_same_key_the_same_certificate() -> None:
    one, two = (certify(_quiz(0.2), key=5, samples=256) for _ in range(2))
    assert one == two and one.sampling == two.sampling
    assert certify(_quiz(0.2), key=6, samples=256).margin_lower != one.margin_lower


def test_what_cannot_be_judged_is_said_in_one_line() -> None:
    problem = _quiz(0.2)
    with pytest.raises(UserError, match="give key="):
        certify(problem)
    with pytest.raises(UserError, match="too few"):
        certify(problem, key=0, samples=8, belief=Belief.uniform(np.zeros((8, 3, 2))))
    wild = Problem(problem.world, problem.overseer, priors.StudentT(1.0, 2.0))
    with pytest.raises(UserError, match="degrees must be above 2"):
        certify(wild, key=0)


def test_nothing_to_disable_and_no_bribe() -> None:
    problem = _quiz(0.2)
    assert certify(problem, state=1, key=0).verdict == "nothing to disable"
    found = certify(problem, key=0, samples=256)
    assert found.bribe == (-np.inf, np.inf) == found.bribe_for_ever
