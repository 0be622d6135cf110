"""Atoms: h, its inverse, and two neighbours that stand for a number."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible.efficientzero.support import expectation, squash, two_hot, unsquash


@pytest.mark.parametrize(
    ("x", "h"), [(0.0, 0.0), (3.0, 1.003), (-8.0, -2.008), (99.0, 9.099), (333.0, 17.6088)]
)
def test_h_by_hand(x: float, h: float) -> None:
    assert float(squash(jnp.array(x))) == pytest.approx(h, rel=1e-5, abs=1e-7)


@given(st.floats(-80_000, 80_000, width=32))
def test_the_inverse_undoes_it(x: float) -> None:
    back = float(unsquash(squash(jnp.array(x, dtype=jnp.float32))))
    assert back == pytest.approx(x, rel=1e-5, abs=1e-6)


@given(st.floats(-250, 250, width=32))
def test_two_atoms_stand_for_a_number(x: float) -> None:
    shares = np.asarray(two_hot(jnp.array(x, dtype=jnp.float32), 20))
    assert shares.min() >= 0 and shares.sum() == pytest.approx(1.0)
    found = np.flatnonzero(shares)
    assert len(found) <= 2 and found[-1] - found[0] <= 1
    logits = jnp.log(jnp.maximum(shares, 1e-30))
    assert float(expectation(logits)) == pytest.approx(x, rel=1e-4, abs=1e-4)


def test_beyond_the_ends_is_the_end() -> None:
    shares = np.asarray(two_hot(jnp.array([1e6, -1e6]), 3))
    assert shares[0].tolist() == [0, 0, 0, 0, 0, 0, 1]
    assert shares[1].tolist() == [1, 0, 0, 0, 0, 0, 0]
