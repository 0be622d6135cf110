"""One greedy episode, to look at.

Guarantee: the same weights and key are the same film.
"""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from corrigible.efficientzero.environments.base import Environment, begin, observed
from corrigible.efficientzero.environments.pictures import Picture
from corrigible.efficientzero.evaluate import greedy, moved
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.networks import Weights
from corrigible.efficientzero.settings import Settings
from corrigible.errors import UserError

_LONGEST = 3000


def film(
    weights: Weights,
    environment: Environment,
    settings: Settings,
    key: Key,
    longest: int = _LONGEST,
) -> list[Picture]:
    """Pictures of one episode, first and last observation included. The key is consumed.

    Args:
        weights: that act.
        environment: where.
        settings: how to search.
        key: an int or a JAX key.
        longest: pictures after which it stops.

    Returns:
        Pictures `[height, width, 3]`.

    Raises:
        Nothing.

    Source: this package.
    """
    key = jax.random.key(key) if isinstance(key, int) else key
    beginning, playing = jax.random.split(key)
    tables = environment.tables()
    lanes = begin(environment, tables, beginning, 1)
    state = lanes, jnp.zeros(1, dtype=bool), jnp.zeros(1)
    told: list[Picture] = []
    while True:
        lanes, done, _ = state
        told.append(environment.picture(lanes.inner, np.asarray(lanes.frames[0, -1])))
        if bool(done[0]) or len(told) >= longest:
            return told
        acting, moving = jax.random.split(jax.random.fold_in(playing, len(told)))
        action = greedy(weights, observed(lanes), acting, settings)
        state = moved(environment, tables, state, action, moving)


def write(path: Path, pictures: list[Picture], rate: float = 15.0) -> None:
    """A film as an animated GIF.

    Args:
        path: ends in .gif.
        pictures: `[height, width, 3]`, at least one, all of one size.
        rate: of them in a second.

    Returns:
        Nothing.

    Raises:
        UserError: another ending, or a place where nothing can be written.

    Source: the Graphics Interchange Format, version 89a.
    """
    from PIL import Image

    if path.suffix.lower() != ".gif":
        raise UserError(f"{path} does not end in .gif")
    first, *rest = [Image.fromarray(picture) for picture in pictures]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        first.save(path, save_all=True, append_images=rest, duration=round(1000 / rate), loop=0)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error
