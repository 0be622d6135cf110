"""The Off-Switch Game (Hadfield-Menell et al. 2017) as one overriding twin, through `certify`.

margin = g rho delta with delta = E[p(act | U) U] - max(E U, 0). For U ~ N(mu, sigma^2) and the
paper's beta = 1 / rationality it changes sign at beta* = sigma^2 / (2 |mu|).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from corrigible.planners import certify
from corrigible.problem import Problem
from corrigible.testing import cases
from corrigible.worlds import load_level
from corrigible.zoo.normal import utilities

pytestmark = pytest.mark.slow

NODES = 80


def _margin(problem: Problem) -> float:
    found = certify(problem)
    assert found.state == 0
    assert found.margin_lower is not None and found.margin_upper is not None
    assert found.margin_upper - found.margin_lower < 1e-9
    return found.margin_lower


def _game(mu: float, sigma: float, beta: float, rate: float, discount: float) -> Problem:
    values, shares = utilities(mu, sigma, NODES)
    rationality = np.inf if beta == 0 else 1.0 / beta
    return cases.off_switch(values, shares, rate, rationality, discount)


@pytest.mark.parametrize(
    ("rate", "discount", "rationality", "margin"),
    [(0.4, 0.9, np.inf, 0.36), (0.4, 0.9, 1.0, 0.291476976556)],
)
def test_two_utilities_by_hand(
    rate: float, discount: float, rationality: float, margin: float
) -> None:
    problem = cases.off_switch([2.0, -3.0], None, rate, rationality, discount)
    assert _margin(problem) == pytest.approx(margin, abs=1e-9)


def test_the_shipped_level_is_the_game() -> None:
    assert _margin(load_level("off-switch").problem) == pytest.approx(0.36, abs=1e-9)


@pytest.mark.parametrize("mu", [-0.5, 0.25, 1.0])
@pytest.mark.parametrize("beta", [0.0, 0.4, 3.0])
def test_the_margin_is_the_papers_delta_times_g_rho(mu: float, beta: float) -> None:
    sigma, rate, discount = 1.0, 0.6, 0.9

    def gained(u: float) -> float:
        act = float(u > 0) if beta == 0 else float(expit(u / beta))
        return act * u * float(norm.pdf(u, mu, sigma))

    expected = sum(quad(gained, *ends, epsabs=1e-11)[0] for ends in ((-9.5, 0), (0, 10)))
    delta = expected - max(mu, 0.0)
    margin = _margin(_game(mu, sigma, beta, rate, discount))
    assert margin == pytest.approx(discount * rate * delta, abs=1e-6)
    assert (margin > 0) == (beta < sigma**2 / (2 * abs(mu)))


@pytest.mark.parametrize(("mu", "sigma"), [(-0.5, 1.0), (0.3, 1.2)])
@pytest.mark.parametrize(("rate", "discount"), [(0.2, 0.6), (1.0, 0.95)])
def test_the_sign_changes_at_the_papers_beta_whatever_rate_and_discount(
    mu: float, sigma: float, rate: float, discount: float
) -> None:
    turn = sigma**2 / (2 * abs(mu))
    found = [certify(_game(mu, sigma, turn * f, rate, discount)) for f in (0.9, 1.0, 1.1)]
    assert found[0].verdict == "keeps"
    assert found[1].margin_lower == pytest.approx(0.0, abs=1e-6)
    assert found[2].verdict == "disables"
