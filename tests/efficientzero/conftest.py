"""Networks whose last layers are not zero, so that what they say differs from node to node."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import pytest
from jax.flatten_util import ravel_pytree

from corrigible.efficientzero.architectures import vector
from corrigible.efficientzero.networks import Weights
from tests.efficientzero.quick import quickly_compiled as quickly_compiled


@partial(jax.jit, static_argnums=(0, 1, 3))
def lively(size: int, actions: int, seed: int, width: int = 16) -> Weights:
    """A vector network with every array drawn anew."""
    key = jax.random.key(seed)
    flat, unravel = ravel_pytree(vector(size, actions, 21, key, width))
    network = unravel(flat + 0.3 * jax.random.normal(jax.random.fold_in(key, 1), flat.shape))
    return Weights(network, network.initial())


@pytest.fixture(scope="session")
def make() -> Callable[..., Weights]:
    return lively
