"""Keys: what makes a run repeatable.

A key is an int or a JAX key, the same everywhere; the same key gives the same result. Nothing in
this package draws from a hidden generator.

Guarantee: `generator` and `split` are pure functions of the key.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Key = Any


def _words(key: Key) -> list[int]:
    if isinstance(key, int | np.integer):
        number = int(key)
        return [1 if number < 0 else 0, abs(number)]
    import jax

    data = jax.random.key_data(key) if jax.numpy.issubdtype(key.dtype, jax.dtypes.prng_key) else key
    return [2, *(int(word) for word in np.asarray(data).ravel())]


def generator(key: Key) -> np.random.Generator:
    """A NumPy generator that is a pure function of the key. The key is consumed.

    Args:
        key: an int or a JAX key.

    Returns:
        A generator of its own stream.

    Raises:
        AttributeError: the key is neither.

    Source: NumPy's SeedSequence (O'Neill's seed_seq).
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(_words(key))))


def split(key: Key, count: int) -> list[int]:
    """Independent int keys from one. The key is consumed.

    Args:
        key: an int or a JAX key.
        count: how many.

    Returns:
        `count` non-negative ints below 2**63, to be used as keys.

    Raises:
        AttributeError: the key is neither an int nor a JAX key.

    Source: NumPy's SeedSequence.
    """
    state = np.random.SeedSequence([*_words(key), 0x5EED]).generate_state(count, np.uint64)
    return [int(word >> np.uint64(1)) for word in state]
