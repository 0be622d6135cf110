"""A level whose prior has a density: what it means, and what it cannot say."""

from __future__ import annotations

import numpy as np
import pytest

from corrigible import priors
from corrigible.errors import UserError
from corrigible.worlds.level import Level, parse_level

BASE = """\
map = '''
####
#@B#
####
'''
[legend]
B = { kind = "press", pays = 0.5, disables = 1.0 }
[world]
discount = 0.9
[overseer]
rate = 0.25
rationality = 1.0
[prior]
"""


def _level(prior: str, truth: str = "") -> Level:
    return parse_level(f"{BASE}{prior}\n[truth]\n{truth}")


def test_without_draws_a_normal_prior_is_continuous() -> None:
    level = _level('kind = "normal"\nmean = 1.0\nscale = 10.0')
    prior = level.problem.prior
    assert isinstance(prior, priors.Normal) and level.problem.continuous
    assert (prior.mean, prior.scale, prior.over) == (1.0, 10.0, "state")
    assert level.hypotheses == ()
    paid = np.zeros((2, 6))
    paid[1, 5] = 0.5
    np.testing.assert_array_equal(prior.known, paid)


def test_with_draws_it_is_a_finite_set_as_before() -> None:
    level = _level('kind = "normal"\ndraws = 5\nkey = 1')
    assert not level.problem.continuous and len(level.hypotheses) == 5
    assert level.drawn(0) is level


def test_students_t_by_action() -> None:
    prior = _level('kind = "student"\ndegrees = 4.0\nper = "action"').problem.prior
    assert isinstance(prior, priors.StudentT)
    assert (prior.degrees, prior.over) == (4.0, "state_action")


@pytest.mark.parametrize("per", ["state", "action"])
def test_the_truth_is_a_draw_and_what_is_openly_paid(per: str) -> None:
    for words, key in (("", 0), ("draw = 7", 7)):
        level = _level(f'kind = "normal"\nper = "{per}"', words)
        prior = level.problem.prior
        drawn = prior.rewards(level.world, prior.draw(level.world, key, 1))[0]
        np.testing.assert_allclose(level.truth.reward, drawn)
        np.testing.assert_allclose(drawn[1, 5] - drawn[1, 4], 0.5, atol=4.0 * (per == "action"))


def test_draws_in_place_of_the_prior() -> None:
    level = _level('kind = "normal"')
    finite = level.drawn(3, 9)
    assert finite.hypotheses[0] == "draw 0" and finite.problem.rewards.shape == (9, 2, 6)
    expected = level.problem.drawn(3, 9).rewards
    np.testing.assert_array_equal(finite.problem.rewards, expected)


@pytest.mark.parametrize(
    ("prior", "truth", "says"),
    [
        ('kind = "normal"\nkey = 1', "", "'key'"),
        ('kind = "normal"\nscale = 0.0', "", "scale above 0"),
        ('kind = "student"', "", "degrees"),
        ('kind = "student"\ndegrees = 0.0', "", "degrees is 0.0"),
        ('kind = "student"\ndegrees = 3.0\ndraws = 4', "", "'draws'"),
        ('kind = "normal"', "hypothesis = 1", "this prior has draws"),
        ('kind = "normal"\ndraws = 2\nkey = 0', "draw = 1", "this prior has hypotheses"),
        ('kind = "normal"', "draw = -1", "draw"),
    ],
)
def test_what_makes_no_sense_is_said_with_its_place(prior: str, truth: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        _level(prior, truth)
    assert caught.value.line is not None
