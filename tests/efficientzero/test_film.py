"""An episode to look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corrigible.efficientzero.environments import environment
from corrigible.efficientzero.film import film, write
from corrigible.efficientzero.search import Search
from corrigible.efficientzero.settings import Settings
from corrigible.efficientzero.train import start
from corrigible.errors import UserError

SETTINGS = Settings(Search("gumbel", 2, 5, 0.99), lanes=2, capacity=32, rows=5, support=10)


def test_an_episode_is_filmed_from_its_first_observation_to_its_last(tmp_path: Path) -> None:
    world = environment("catch")
    weights = start(world, SETTINGS, 0).learner.weights
    pictures = film(weights, world, SETTINGS, 1)
    # The ball falls through ten rows; where it ends, ball and paddle may be one pixel.
    assert len(pictures) == 10
    lit = [int((picture > 0).any(axis=-1).sum()) // 256 for picture in pictures]
    assert lit[:9] == [2] * 9 and lit[9] in (1, 2)
    assert len(film(weights, world, SETTINGS, 1, longest=4)) == 4
    path = tmp_path / "new" / "film.gif"
    write(path, pictures)
    with Image.open(path) as shown:
        assert shown.size == (80, 160)
        assert (np.asarray(shown.convert("RGB")) > 0).any(axis=-1).sum() == 2 * 256
    with pytest.raises(UserError, match="gif"):
        write(tmp_path / "film.mp4", pictures)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        write(tmp_path / "file" / "film.gif", pictures)
