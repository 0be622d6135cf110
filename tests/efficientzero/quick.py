"""Compiling without most optimisations: these tests compile more than they run."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import pytest

FLAG = "jax_disable_most_optimizations"


@pytest.fixture(scope="module", autouse=True)
def quickly_compiled() -> Iterator[None]:
    """For the tests of whichever module or folder imports this."""
    before = jax.config.values[FLAG]
    jax.config.update(FLAG, True)
    yield
    jax.config.update(FLAG, before)
