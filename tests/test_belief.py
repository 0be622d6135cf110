"""Beliefs: always a distribution, in NumPy and in JAX, and never destroyed by what is heard."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corrigible import Belief
from corrigible.errors import UserError

REWARDS = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
logs = st.lists(st.one_of(st.floats(-700.0, 700.0), st.just(-np.inf)), min_size=1, max_size=6)


def test_uniform() -> None:
    belief = Belief.uniform(REWARDS)
    assert isinstance(belief.weights, np.ndarray) and belief.weights.dtype == np.float64
    assert belief.weights == pytest.approx([1 / 3] * 3, abs=1e-15)
    assert belief.diagnostics is None and belief.alarms == ()


@given(logs)
def test_weights_are_a_distribution(raw: list[float]) -> None:
    if np.isneginf(raw).all():
        with pytest.raises(UserError, match="every hypothesis has weight zero"):
            Belief(np.zeros((len(raw), 2)), np.array(raw))
        return
    weights = np.asarray(Belief(np.zeros((len(raw), 2)), np.array(raw)).weights)
    assert weights.min() >= 0.0 and weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert (weights[np.isneginf(raw)] == 0.0).all()
    ratio = weights / weights.max()
    assert ratio == pytest.approx(np.exp(np.array(raw) - max(raw)), abs=1e-12)


@pytest.mark.parametrize(
    ("hypotheses", "log_weights", "message"),
    [
        (REWARDS, [0.0, np.nan, 0.0], "finite or -inf"),
        (REWARDS, [0.0, np.inf, 0.0], "finite or -inf"),
        (REWARDS, [-np.inf] * 3, "every hypothesis has weight zero"),
        (REWARDS, [0.0, 0.0], "must be equal"),
        (REWARDS, [[0.0, 0.0, 0.0]], "shape"),
        (np.zeros((0, 2)), [], "at least one hypothesis"),
        ({}, [0.0], "at least one hypothesis"),
        (np.array([[np.nan], [0.0]]), [0.0, 0.0], "hypotheses must be finite"),
        (np.array([[np.inf], [0.0]]), [0.0, 0.0], "hypotheses must be finite"),
        ({"a": REWARDS, "b": np.zeros(2)}, [0.0] * 3, "must be equal"),
    ],
)
def test_what_is_refused(hypotheses: object, log_weights: list, message: str) -> None:
    with pytest.raises(UserError, match=message) as found:
        Belief(hypotheses, np.array(log_weights, dtype=np.float64))
    assert "\n" not in str(found.value)


def test_nothing_to_be_uniform_over() -> None:
    with pytest.raises(UserError, match="at least one hypothesis"):
        Belief.uniform(np.zeros((0, 2)))


def test_update_is_bayes_rule() -> None:
    belief = Belief(REWARDS, np.log([0.5, 0.3, 0.2]))
    said = np.array([0.1, 0.6, 0.0])
    with np.errstate(divide="ignore"):
        after = belief.update(np.log(said))
        evidence = belief.log_evidence(np.log(said))
    assert after.weights == pytest.approx([0.05 / 0.23, 0.18 / 0.23, 0.0], abs=1e-14)
    assert float(evidence) == pytest.approx(np.log(0.23), abs=1e-14)
    assert belief.weights == pytest.approx([0.5, 0.3, 0.2], abs=1e-14)


def test_evidence_comes_in_any_order() -> None:
    belief, rng = Belief.uniform(REWARDS), np.random.default_rng(0)
    first, second = np.log(rng.uniform(0.01, 1.0, (2, 3)))
    there, back = belief.update(first).update(second), belief.update(second).update(first)
    assert there.weights == pytest.approx(back.weights, abs=1e-14)
    both = belief.update(first + second)
    assert there.weights == pytest.approx(both.weights, abs=1e-14)


def test_impossible_evidence_is_an_alarm_and_changes_nothing() -> None:
    belief = Belief(REWARDS, np.array([0.0, -1.0, -np.inf]))
    impossible = np.array([-np.inf, -np.inf, 0.0])
    assert float(belief.log_evidence(impossible)) == -np.inf
    assert np.array_equal(belief.update(impossible).weights, belief.weights)


def test_very_unlikely_evidence_is_no_alarm() -> None:
    belief = Belief.uniform(REWARDS)
    after = belief.update(np.array([-2000.0, -2001.0, -np.inf]))
    assert after.weights == pytest.approx([1 / (1 + np.e**-1), 1 / (1 + np.e), 0.0], abs=1e-12)


def test_mean_and_disagreement() -> None:
    belief = Belief(REWARDS, np.log([0.5, 0.25, 0.25]))
    assert belief.mean(REWARDS) == pytest.approx([0.625, 0.375], abs=1e-15)
    expected = 0.5 * 0.375**2 + 0.25 * 0.625**2 + 0.25 * 0.125**2
    assert belief.disagreement(REWARDS) == pytest.approx([expected] * 2, abs=1e-15)
    assert belief.mean(np.arange(3)) == pytest.approx(0.75, abs=1e-15)
    cube = np.random.default_rng(1).normal(size=(3, 2, 4))
    assert belief.mean(cube).shape == (2, 4) and belief.disagreement(cube).shape == (2, 4)


def test_disagreement_is_zero_where_the_support_agrees() -> None:
    belief = Belief(REWARDS, np.array([0.0, -np.inf, -np.inf]))
    assert np.array_equal(belief.disagreement(REWARDS), np.zeros(2))


def test_other_weights() -> None:
    belief = Belief.uniform(REWARDS)
    other = belief.with_weights(np.array([2.0, 0.0, 6.0]))
    assert other.weights == pytest.approx([0.25, 0.0, 0.75], abs=1e-15)
    assert belief.weights == pytest.approx([1 / 3] * 3, abs=1e-15)
    with pytest.raises(UserError, match="every hypothesis has weight zero"):
        belief.with_weights(np.zeros(3))


def test_hypotheses_may_be_a_tree() -> None:
    belief = Belief.uniform({"reward": REWARDS, "heads": [np.arange(3), np.zeros((3, 2, 2))]})
    assert belief.hypotheses["heads"][0].dtype == np.float64
    assert belief.weights.shape == (3,)


def test_jax_stays_jax_and_says_the_same() -> None:
    plain = Belief(REWARDS, np.log([0.5, 0.3, 0.2]))
    traced = Belief(jnp.asarray(REWARDS), jnp.log(jnp.asarray([0.5, 0.3, 0.2])))
    said = np.array([-1.0, -2.0, -0.5])
    mine, theirs = plain.update(said), traced.update(jnp.asarray(said))
    assert isinstance(theirs.weights, jax.Array)
    assert theirs.weights == pytest.approx(np.asarray(mine.weights), abs=1e-6)
    assert theirs.mean(jnp.asarray(REWARDS)) == pytest.approx(mine.mean(REWARDS), abs=1e-6)
    found = theirs.disagreement(jnp.asarray(REWARDS))
    assert found == pytest.approx(mine.disagreement(REWARDS), abs=1e-6)


def test_updates_can_be_compiled() -> None:
    @jax.jit
    def heard(belief: Belief, said: jax.Array) -> tuple[Belief, jax.Array, jax.Array]:
        after = belief.update(said)
        return after, belief.log_evidence(said), after.disagreement(belief.hypotheses)

    belief = Belief.uniform(jnp.asarray(REWARDS))
    after, evidence, apart = heard(belief, jnp.log(jnp.asarray([0.2, 0.2, 0.6])))
    assert after.weights == pytest.approx([0.2, 0.2, 0.6], abs=1e-6)
    assert float(evidence) == pytest.approx(np.log(1 / 3), abs=1e-6)
    assert apart.shape == (2,)
    alarmed, evidence, _ = heard(belief, jnp.full(3, -jnp.inf))
    assert float(evidence) == -np.inf
    assert alarmed.weights == pytest.approx([1 / 3] * 3, abs=1e-6)


def test_a_belief_cannot_be_changed() -> None:
    belief = Belief.uniform(REWARDS)
    with pytest.raises(dataclasses.FrozenInstanceError):
        belief.log_weights = np.zeros(3)
