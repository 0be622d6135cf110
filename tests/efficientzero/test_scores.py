"""Scores against scipy's trimmed mean, and a bootstrap that can be counted out by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats

from corrigible.efficientzero.scores import RANDOM_AND_HUMAN, aggregate, normalised
from corrigible.errors import UserError


def test_a_random_player_scores_nothing_and_a_human_one() -> None:
    assert len(RANDOM_AND_HUMAN) == 26
    for game, (random, human) in RANDOM_AND_HUMAN.items():
        assert human > random
        assert normalised(game, random) == 0.0 and normalised(game, human) == 1.0
    assert normalised("Pong", 21.0) == pytest.approx(41.7 / 35.3)
    with pytest.raises(UserError, match="human score"):
        normalised("Tetris", 3.0)


def test_numbers_are_those_of_their_definitions() -> None:
    rng = np.random.default_rng(0)
    scores = {game: rng.normal(1.0, 2.0, size=4).tolist() for game in RANDOM_AND_HUMAN}
    found = aggregate(scores, 0)
    everything = np.concatenate(list(scores.values()))
    assert found["mean"].value == pytest.approx(everything.mean())
    assert found["median"].value == pytest.approx(np.median([np.mean(s) for s in scores.values()]))
    trimmed = scipy.stats.trim_mean(everything, 0.25)
    assert found["iqm"].value == pytest.approx(trimmed)
    for part in found.values():
        assert part.interval is not None
        assert part.interval[0] < part.value < part.interval[1]
    backwards = dict(reversed(scores.items()))
    assert aggregate(backwards, 0) == found
    assert aggregate(scores, 1) != found


def test_runs_are_drawn_again_within_their_game() -> None:
    """Two runs of one game and one of another: the mean is one of three, with known shares."""
    scores = {"Pong": [0.0, 1.0], "Qbert": [10.0]}
    means = sorted(
        sum(scores["Pong"][i] for i in pair) / 3 + 10 / 3
        for pair in itertools.product(range(2), repeat=2)
    )
    found = aggregate(scores, 0)["mean"]
    assert found.interval == pytest.approx((means[0], means[-1]))
    # Were games mixed, the mean could be as low as 0.
    assert found.interval is not None and found.interval[0] > 3


def test_single_runs_have_no_interval() -> None:
    found = aggregate({"Pong": [0.5], "Qbert": [0.1]}, 0)
    assert found["iqm"].value == pytest.approx(0.3) and found["iqm"].interval is None
    with pytest.raises(UserError, match="no score"):
        aggregate({}, 0)
