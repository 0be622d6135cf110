"""Checkpoints that hold everything, in one file of plain arrays.

`checkpoint.npz` is a run's leaves in order (weights, statistics, optimiser, buffer, priorities, the
environments with their own generators, key and counters) and one line of JSON that says which
environment and settings they belong to. It is written beside the old one, flushed to the disk and
renamed over it, so that at any moment there is a whole one or none.

Guarantee: a run that is loaded goes on to the same weights, to the bit, as if nothing had happened;
nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from corrigible.efficientzero.environments.base import Environment
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.networks import Weights
from corrigible.efficientzero.search import Search
from corrigible.efficientzero.settings import Settings
from corrigible.efficientzero.train import Run, start
from corrigible.errors import UserError

NAME = "checkpoint.npz"
_VERSION = 1


def weights_sha256(weights: Weights) -> str:
    """What tells two sets of weights apart.

    Args:
        weights: network and statistics.

    Returns:
        SHA-256 over types, shapes and bytes of every leaf in order, as hexadecimal digits.

    Raises:
        Nothing.

    Source: this package; no shapes.
    """
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(weights):
        array = np.ascontiguousarray(leaf)
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _contents(environment: Environment, run: Run) -> Any:
    return {
        "key": jax.random.key_data(run.key),
        "counters": np.array([run.turn, run.env_steps], dtype=np.int64),
        "returns": np.array(run.returns, dtype=np.float64),
        "learner": run.learner,
        "target": run.target,
        "replay": run.replay,
        "lanes": run.lanes._replace(inner=()),
        "inner": environment.freeze(run.lanes.inner),
    }


def _head(environment: Environment, settings: Settings) -> dict[str, Any]:
    return {"version": _VERSION, "environment": environment.name, "settings": asdict(settings)}


def save(folder: Path, environment: Environment, settings: Settings, run: Run) -> None:
    """Write a run down, whole or not at all.

    Args:
        folder: of the run; made where it is missing.
        environment: where.
        settings: how.
        run: between two turns, arrays of any shape `[*]`.

    Returns:
        Nothing.

    Raises:
        OSError: the disk refuses.

    Source: this package.
    """
    folder.mkdir(parents=True, exist_ok=True)
    leaves = jax.tree.leaves(_contents(environment, run))
    arrays: dict[str, Any] = {
        f"leaf{index:05d}": np.asarray(leaf) for index, leaf in enumerate(leaves)
    }
    head = json.dumps(_head(environment, settings), sort_keys=True).encode()
    part = folder / f"{NAME}.part"
    with part.open("wb") as file:
        np.savez(file, head=np.frombuffer(head, dtype=np.uint8), **arrays)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / NAME)


def read_head(folder: Path) -> tuple[str, Settings]:
    """What a checkpoint belongs to.

    Args:
        folder: of the run.

    Returns:
        (the environment's name, settings). No arrays, no shapes.

    Raises:
        UserError: there is no checkpoint, or none of this version.

    Source: this package.
    """
    with _opened(folder) as stored:
        return _belongs(_parsed(folder, stored))


def _belongs(head: dict[str, Any]) -> tuple[str, Settings]:
    """A field that came later has its default."""
    fields = dict(head["settings"])
    return head["environment"], Settings(**{**fields, "search": Search(**fields["search"])})


def load(
    folder: Path, environment: Environment, settings: Settings, fresh: Run, any_key: bool = False
) -> Run:
    """A run as it was saved, or the fresh one where nothing was.

    Args:
        folder: of the run.
        environment: where.
        settings: how.
        fresh: from `start`, whose structure the checkpoint has.
        any_key: take over the key of the checkpoint, instead of refusing one that differs.

    Returns:
        The run; its buffer is `[T, B, ...]`.

    Raises:
        UserError: the folder holds another run, or what is no checkpoint.

    Source: this package.
    """
    if not (folder / NAME).exists():
        return fresh
    with _opened(folder) as stored:
        if _belongs(_parsed(folder, stored)) != (environment.name, settings):
            raise UserError(f"{folder} holds a run of other settings; choose another folder")
        leaves, structure = jax.tree.flatten(_contents(environment, fresh))
        names = [f"leaf{index:05d}" for index in range(len(leaves))]
        if sorted(stored.files) != sorted([*names, "head"]):
            raise UserError(f"{folder / NAME} is no checkpoint of this run; remove it")
        arrays = jax.tree.unflatten(structure, [stored[name] for name in names])
    key = jax.random.wrap_key_data(jnp.asarray(arrays["key"]))
    if not any_key and not np.array_equal(arrays["key"], jax.random.key_data(fresh.key)):
        raise UserError(f"{folder} holds a run of another seed; choose another folder")
    turn, env_steps = (int(count) for count in arrays["counters"])
    inner = arrays["inner"]
    held = {name: arrays[name] for name in ("learner", "target", "replay", "lanes")}
    held = jax.tree.map(jnp.asarray, held)
    inner = environment.thaw(jax.tree.map(jnp.asarray, inner) if environment.traced else inner)
    return replace(
        fresh,
        key=key,
        turn=turn,
        env_steps=env_steps,
        returns=tuple(arrays["returns"].tolist()),
        learner=held["learner"],
        target=held["target"],
        replay=held["replay"],
        lanes=held["lanes"]._replace(inner=inner),
    )


def resume_or_start(
    environment: Environment, settings: Settings, key: Key | None, out: Path
) -> Run:
    """Where a run stands: at its checkpoint, or at its beginning. The key is consumed.

    Args:
        environment: where.
        settings: how.
        key: an int or a JAX key; None takes that of the checkpoint, whichever it is.
        out: the run's folder.

    Returns:
        The run; its buffer is `[T, B, ...]`.

    Raises:
        UserError: the folder holds a run of other settings or of another key.

    Source: this package.
    """
    fresh = start(environment, settings, 0 if key is None else key)
    return load(out, environment, settings, fresh, any_key=key is None)


@contextmanager
def _opened(folder: Path) -> Iterator[Any]:
    path = folder / NAME
    if not path.exists():
        raise UserError(f"there is no {NAME} in {folder}; train writes one")
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path} is no checkpoint; remove it")
    with np.load(path, allow_pickle=False) as stored:
        yield stored


def _parsed(folder: Path, stored: Any) -> dict[str, Any]:
    if "head" not in stored.files:
        raise UserError(f"{folder / NAME} is no checkpoint; remove it")
    head = json.loads(stored["head"].tobytes().decode())
    if head.get("version") != _VERSION:
        raise UserError(f"{folder / NAME} is of version {head.get('version')}, not {_VERSION}")
    return head
