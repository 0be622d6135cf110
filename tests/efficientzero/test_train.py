"""Whole runs, tiny ones: repeatable, resumable, and actually learning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from corrigible.efficientzero.checkpoint import (
    NAME,
    load,
    read_head,
    resume_or_start,
    save,
    weights_sha256,
)
from corrigible.efficientzero.environments import environment
from corrigible.efficientzero.evaluate import evaluate
from corrigible.efficientzero.reanalyze import reanalyze
from corrigible.efficientzero.search import Search
from corrigible.efficientzero.settings import Settings, preset
from corrigible.efficientzero.train import Run, start, train
from corrigible.errors import UserError

TINY = Settings(
    Search("gumbel", 2, 5, 0.99),
    env_steps=50,
    random_steps=10,
    lanes=2,
    rows=5,
    updates=2,
    refresh=2,
    capacity=32,
    batch=4,
    stale=15,
    support=10,
    optimiser="adam",
    rate=3e-3,
    pad=0,
    chunk=16,
)
CATCH = environment("catch")


def _sha(run: Run) -> str:
    return weights_sha256(run.learner.weights)


def test_the_same_seed_is_the_same_run_and_a_resumed_one_too(tmp_path: Path) -> None:
    whole = train(CATCH, TINY, start(CATCH, TINY, 3))
    assert whole.env_steps <= TINY.env_steps and int(whole.learner.steps) > 4
    assert _sha(train(CATCH, TINY, start(CATCH, TINY, 3))) == _sha(whole)
    assert _sha(train(CATCH, TINY, start(CATCH, TINY, 4))) != _sha(whole)

    kept: list[int] = []

    def keep(run: Run) -> None:
        kept.append(run.turn)
        if run.turn == 3:
            save(tmp_path, CATCH, TINY, run)

    train(CATCH, TINY, start(CATCH, TINY, 3), keep=keep, every=0.0)
    assert kept[:3] == [1, 2, 3]
    again = resume_or_start(CATCH, TINY, 3, tmp_path)
    assert again.turn == 3
    assert _sha(train(CATCH, TINY, again)) == _sha(whole)


def test_what_diverges_stops_and_is_not_kept() -> None:
    wild, kept = replace(TINY, rate=1e30), list[Run]()
    with pytest.raises(UserError, match=r"a loss is no number after \d+ steps"):
        train(CATCH, wild, start(CATCH, wild, 3), keep=kept.append, every=0.0)
    assert kept
    for run in kept:
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(run.learner.weights))


def test_a_checkpoint_belongs_to_one_run(tmp_path: Path) -> None:
    fresh = start(CATCH, TINY, 0)
    assert load(tmp_path, CATCH, TINY, fresh) is fresh
    save(tmp_path, CATCH, TINY, fresh)
    assert read_head(tmp_path) == ("catch", TINY)
    assert not list(tmp_path.glob("*.part"))
    other = replace(TINY, batch=5)
    with pytest.raises(UserError, match="other settings"):
        load(tmp_path, CATCH, other, fresh)
    with pytest.raises(UserError, match="another seed"):
        load(tmp_path, CATCH, TINY, start(CATCH, TINY, 1))
    whole = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="no checkpoint"):
        load(tmp_path, CATCH, TINY, fresh)
    with pytest.raises(UserError, match="train writes one"):
        read_head(tmp_path / "nowhere")


def test_looking_again_renews_every_row_and_nothing_else() -> None:
    run = train(CATCH, replace(TINY, env_steps=30), start(CATCH, TINY, 0))
    kept = replace(TINY, continuation=True)
    wide = start(CATCH, kept, 0).replay
    rows = run.replay.rows._replace(value=wide.rows.value)
    held = type(run.replay)(rows, run.replay.priority, run.replay.written)
    found = reanalyze(run.target, held, jax.random.key(0), stack=1, settings=kept)
    written = int(held.written)
    policy, value = np.asarray(found.rows.policy), np.asarray(found.rows.value)
    np.testing.assert_allclose(policy[:written].sum(-1), 1.0, atol=1e-5)
    assert value.shape[-1] == 5 and (np.ptp(value[:written], axis=-1) > 0).all()
    for name in ("seen", "action", "reward", "kind", "since"):
        before, after = getattr(held.rows, name), getattr(found.rows, name)
        assert (np.asarray(before) == np.asarray(after)).all()


def test_switches_and_their_mistakes() -> None:
    settings = preset("paper", "image", 0.99, 100_000)
    assert (settings.search.kind, settings.search.simulations) == ("puct", 50)
    assert (settings.batch, settings.support, settings.stale) == (256, 300, 30_000)
    fast = preset("fast", "image", 0.99, 100_000)
    assert (fast.search.kind, fast.search.simulations) == ("gumbel", 16)
    assert settings.switched(prefix=False).search.horizon == 1
    assert settings.switched(continuation=True).kept == 5
    with pytest.raises(UserError, match="no setting"):
        settings.switched(colour=3)
    with pytest.raises(UserError, match="at least 1"):
        settings.switched(batch=0)
    with pytest.raises(UserError, match="capacity"):
        settings.switched(capacity=12)


@pytest.mark.slow
def test_catch_is_learnt() -> None:
    settings = preset("fast", "vector", CATCH.discount, 4000)
    run = train(CATCH, settings, start(CATCH, settings, 0))
    found = evaluate(run.learner.weights, CATCH, settings, 1, 100)
    assert found.mean >= 0.95 and found.interval[0] <= found.mean <= found.interval[1]
