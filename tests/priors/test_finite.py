"""Priors: the finite sets that they say they are."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import numpy as np
import pytest

from corrigible import priors
from corrigible.belief import Belief
from corrigible.errors import UserError


def test_goals_are_one_hot_in_the_order_given() -> None:
    belief = priors.goals([2, 0], 3, pays=[1.0, 5.0], weights=[1.0, 3.0])
    assert belief.hypotheses.tolist() == [[0, 0, 1], [5, 0, 0]]
    assert np.asarray(belief.weights) == pytest.approx([0.25, 0.75])


def test_k_goals_are_all_sets_of_k() -> None:
    belief = priors.k_goals([0, 1, 3, 4], 5, 2)
    assert len(belief.hypotheses) == math.comb(4, 2)
    assert (belief.hypotheses.sum(axis=1) == 2).all()
    assert len({tuple(row) for row in belief.hypotheses.tolist()}) == 6


def test_linear_is_features_times_weights() -> None:
    features = np.arange(12.0).reshape(2, 3, 2)
    weights = np.array([[1.0, 0.0], [2.0, -1.0]])
    belief = priors.linear(features, weights)
    assert belief.hypotheses == pytest.approx(np.einsum("saf,hf->hsa", features, weights))
    assert priors.linear(features[:, 0], weights).hypotheses.shape == (2, 2)


@pytest.mark.parametrize("key", [7, jax.random.key(7)])
def test_normal_draws_are_a_function_of_the_key(key: object) -> None:
    first, again = (priors.normal_draws(key, 2000, (3, 2), 1.0, 2.0) for _ in range(2))
    assert (first.hypotheses == again.hypotheses).all()
    assert first.hypotheses.mean() == pytest.approx(1.0, abs=0.1)
    assert first.hypotheses.std() == pytest.approx(2.0, abs=0.1)
    assert (first.hypotheses != priors.normal_draws(8, 2000, (3, 2), 1.0, 2.0).hypotheses).any()


def test_an_explicit_list_keeps_its_order_and_weights() -> None:
    belief = priors.explicit([np.zeros(2), np.ones(2)], [0.0, 2.0])
    assert belief.hypotheses.tolist() == [[0, 0], [1, 1]]
    assert np.asarray(belief.weights).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: priors.goals([], 3), "no goals"),
        (lambda: priors.goals([3], 3), "not one of the 3 states"),
        (lambda: priors.goals([1, 1], 3), "named twice"),
        (lambda: priors.k_goals([0, 1], 3, 3), "k is 3"),
        (lambda: priors.k_goals(range(60), 60, 10), "75,394,027,566 hypotheses"),
        (lambda: priors.goals(range(9000), 9000), "numbers"),
        (lambda: priors.linear(np.zeros((2, 2)), np.zeros((0, 2))), "at least one hypothesis"),
        (lambda: priors.normal_draws(0, 0, (2,)), "at least one"),
        (lambda: priors.normal_draws(0, 1, (2,), scale=-1.0), "scale"),
        (lambda: priors.normal_draws(0, 10**7, (2,)), "hypotheses"),
        (lambda: priors.explicit([]), "at least one hypothesis"),
        (lambda: priors.explicit([np.zeros(2), np.zeros(3)]), "same shape"),
        (lambda: priors.explicit(np.array([[np.nan, 0.0]])), "NaN"),
        (lambda: priors.explicit(np.zeros((2, 2)), [1.0]), "1 weights"),
        (lambda: priors.explicit(np.zeros((2, 2)), [1.0, -1.0]), "at least 0"),
        (lambda: priors.explicit(np.zeros((2, 2)), [0.0, 0.0]), "weight zero"),
    ],
)
def test_what_cannot_be_a_prior_is_refused(build: Callable[[], Belief], says: str) -> None:
    with pytest.raises(UserError, match=says):
        build()
