"""Keys: the same key gives the same numbers, different keys give different ones."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from corrigible.keys import Key, generator, split


@pytest.mark.parametrize(
    "key", [0, 7, -7, 2**80, np.int64(7), np.uint8(7)], ids=["0", "7", "-7", "2^80", "i64", "u8"]
)
def test_generators_repeat(key: Key) -> None:
    assert np.array_equal(generator(key).random(5), generator(key).random(5))
    assert split(key, 4) == split(key, 4)


def test_an_int_of_any_kind_is_the_same_key() -> None:
    assert generator(np.int32(7)).random() == generator(7).random()
    assert split(np.int64(7), 3) == split(7, 3)


def test_jax_keys_of_both_kinds_agree() -> None:
    new, old = jax.random.key(3), jax.random.PRNGKey(3)
    assert generator(new).random() == generator(old).random()
    assert split(new, 3) == split(old, 3)
    assert generator(new).random() != generator(jax.random.key(4)).random()


def test_keys_differ() -> None:
    keys = [*range(-50, 50), *split(0, 50), *split(1, 50)]
    assert len({generator(k).random() for k in keys}) == len(keys)


def test_split_keys_are_usable_and_their_number_does_not_matter() -> None:
    keys = split(5, 10)
    assert len(set(keys)) == 10 and all(0 <= k < 2**63 for k in keys)
    assert split(5, 3) == keys[:3] and split(5, 0) == []


def test_split_keys_are_independent_of_the_key_itself() -> None:
    pooled = np.concatenate([generator(k).random(2000) for k in (5, *split(5, 4))])
    table = pooled.reshape(5, 2000)
    correlation = np.corrcoef(table) - np.eye(5)
    assert np.abs(correlation).max() < 5 / np.sqrt(2000)
    assert abs(pooled.mean() - 0.5) < 5 * np.sqrt(1 / 12 / pooled.size)


def test_what_is_no_key() -> None:
    with pytest.raises(AttributeError):
        generator("seven")
