"""Two devices do what one does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from corrigible.efficientzero.devices import whole
from corrigible.errors import UserError

SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np

from corrigible.efficientzero.checkpoint import resume_or_start, save, weights_sha256
from corrigible.efficientzero.environments import environment
from corrigible.efficientzero.reanalyze import reanalyze
from corrigible.efficientzero.learner import learn
from corrigible.efficientzero.train import start, train
from tests.efficientzero.test_train import CATCH, TINY

assert len(jax.devices()) == 2
two = replace(TINY, devices=2)
lived = train(CATCH, replace(TINY, env_steps=20), start(CATCH, replace(TINY, env_steps=20), 0))
key, found = jax.random.key(1), {}
for settings in (TINY, two):
    replay = reanalyze(lived.target, lived.replay, key, stack=1, settings=settings)
    learner, priority, losses = learn(lived.learner, replay, key, 0.5, stack=1, settings=settings)
    told = replay.rows.policy, replay.rows.value, priority, losses, learner.weights.statistics
    found[settings.devices] = [np.asarray(x) for x in jax.tree.leaves((told, learner.weights))]
before = [np.asarray(x) for x in jax.tree.leaves(lived.learner.weights)]
for index, (one, other) in enumerate(zip(found[1], found[2], strict=True)):
    if index < len(found[1]) - len(before):
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=1e-3)
# Adam divides by the size of a gradient: where that is next to nothing, rounding decides its sign.
after = [np.concatenate([x.ravel() for x in found[n][-len(before) :]]) for n in (1, 2)]
moved = np.abs(after[0] - np.concatenate([x.ravel() for x in before])).mean()
assert moved > 1e-4 and np.abs(after[0] - after[1]).mean() < 0.02 * moved

out = Path(sys.argv[1])

def keep(run):
    if run.turn == 3:
        save(out, CATCH, two, run)

run = train(CATCH, two, start(CATCH, two, 3), keep=keep, every=0.0)
for leaf in jax.tree.leaves(run.learner.weights):
    assert len(leaf.sharding.device_set) == 2 and leaf.sharding.is_fully_replicated
again = resume_or_start(CATCH, two, 3, out)
assert again.turn == 3
again = train(CATCH, two, again)
assert weights_sha256(again.learner.weights) == weights_sha256(run.learner.weights)
"""


@pytest.mark.slow
def test_two_devices_learn_what_one_learns_and_go_on_where_they_were(
    root: Path, tmp_path: Path
) -> None:
    words = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    flags = "--xla_force_host_platform_device_count=2"
    env = {**os.environ, "XLA_FLAGS": flags, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    found = subprocess.run(words, cwd=root, env=env, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_devices_that_are_not_there_are_said() -> None:
    with pytest.raises(UserError, match="64 devices are asked for"):
        whole((), 64)
