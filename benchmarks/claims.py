"""Small worlds, each made for one claim about an improvement of EfficientZero.

`Delayed`: what an action earned is paid one to four steps later, nobody sees when; a value prefix
need not know when. `Rare`: Catch in whose training one episode in eight is paid; a consistency loss
learns from the others too. `Walk`: one wrong step ends it, so what random actions did next says
little about what a good policy would have got; half of the experience is random.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass, replace
from pathlib import Path
from sys import path
from typing import Any

path.insert(0, str(Path(__file__).resolve().parent.parent))

import jax
import jax.numpy as jnp
from jax import Array

from corrigible.efficientzero.environments.base import Environment, Event
from corrigible.efficientzero.environments.games import Gymnax, catch
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.replay import STEP, TERMINAL

ACTIONS, STEPS, DELAY, CELLS = 3, 12, 4, 10


@dataclass(frozen=True, eq=False)
class Small(Environment):
    """A vector world whose episodes begin anew where a lane stands at an end."""

    def tables(self) -> Any:
        return ()

    def _event(self, inner: Any, reward: Array, ended: Array, over: Array, key: Key) -> Any:
        fresh, first = self.reset((), key, over.shape[0])
        inner = jax.tree.map(
            lambda new, old: jnp.where(over.reshape(-1, *(1,) * (old.ndim - 1)), new, old),
            fresh,
            inner,
        )
        kind = jnp.where(ended & ~over, TERMINAL, STEP).astype(jnp.int32)
        seen = jnp.where(over[:, None], first, self._shown(inner))
        return inner, Event(seen, jnp.where(over, 0.0, reward), kind)

    @abc.abstractmethod
    def _shown(self, inner: Any) -> Array:
        """What an agent sees, `[N, D]`."""


@dataclass(frozen=True, eq=False)
class Delayed(Small):
    """Twelve cues, one right answer each; an answer's point is paid one to four steps later."""

    def reset(self, tables: Any, key: Key, count: int) -> tuple[Any, Array]:
        cue = jax.random.randint(key, (count,), 0, ACTIONS)
        owed = jnp.zeros((count, DELAY + 1))
        inner = (cue, jnp.zeros(count, dtype=jnp.int32), owed)
        return inner, self._shown(inner)

    def step(
        self, tables: Any, inner: Any, action: Array, over: Array, key: Key
    ) -> tuple[Any, Event]:
        cue, time, owed = inner
        waiting, cueing, beginning = jax.random.split(key, 3)
        wait = jax.random.randint(waiting, cue.shape, 1, DELAY + 1)
        owed = owed + jax.nn.one_hot(wait, DELAY + 1) * (action == cue)[:, None]
        ended = time + 1 >= STEPS
        paid = jnp.where(ended, owed.sum(axis=1), owed[:, 1])
        owed = jnp.concatenate([owed[:, 1:], jnp.zeros_like(owed[:, :1])], axis=1).at[:, 0].set(0.0)
        after = jax.random.randint(cueing, cue.shape, 0, ACTIONS)
        return self._event((after, time + 1, owed), paid, ended, over, beginning)

    def _shown(self, inner: Any) -> Array:
        cue, time, _ = inner
        cues, times = jax.nn.one_hot(cue, ACTIONS), jax.nn.one_hot(time, STEPS + 1)
        return jnp.concatenate([cues, times], axis=1)


@dataclass(frozen=True, eq=False)
class Walk(Small):
    """Ten cells, from a random one on; the right step pays .1 and leads on with probability .9."""

    def reset(self, tables: Any, key: Key, count: int) -> tuple[Any, Array]:
        inner = (jax.random.randint(key, (count,), 0, CELLS), jnp.zeros(count, dtype=jnp.int32))
        return inner, self._shown(inner)

    def step(
        self, tables: Any, inner: Any, action: Array, over: Array, key: Key
    ) -> tuple[Any, Event]:
        cell, time = inner
        leading, beginning = jax.random.split(key)
        right = action == (7 * cell + cell // 3) % ACTIONS
        on = right & jax.random.bernoulli(leading, 0.9, cell.shape)
        after = jnp.where(on, (cell + 1) % CELLS, cell)
        ended = ~right | (time + 1 >= STEPS)
        return self._event((after, time + 1), 0.1 * right, ended, over, beginning)

    def _shown(self, inner: Any) -> Array:
        cell, time = inner
        cells, times = jax.nn.one_hot(cell, CELLS), jax.nn.one_hot(time, STEPS + 1)
        return jnp.concatenate([cells, times], axis=1)


@dataclass(frozen=True, eq=False)
class Rare(Gymnax):
    """Catch, paid with a probability while it is learnt, and always when it is scored."""

    share: float = 0.125

    def step(
        self, tables: Any, inner: Any, action: Array, over: Array, key: Key
    ) -> tuple[Any, Event]:
        moving, paying = jax.random.split(key)
        inner, event = super().step(tables, inner, action, over, moving)
        pays = jax.random.bernoulli(paying, self.share, event.reward.shape)
        return inner, event._replace(reward=jnp.where(pays, event.reward, 0.0))

    def test(self) -> Rare:
        return replace(self, share=1.0)


def delayed() -> Delayed:
    """The world of the value prefix; 12 is optimal."""
    shape = (ACTIONS + STEPS + 1,)
    return Delayed("delayed", "vector", shape, "float32", ACTIONS, 0.99, best=float(STEPS))


def walk() -> Walk:
    """The world of the off-policy correction; 1.2 is optimal."""
    shape = (CELLS + STEPS + 1,)
    return Walk("walk", "vector", shape, "float32", ACTIONS, 0.99, best=0.1 * STEPS)


def rare() -> Rare:
    """The world of the consistency loss; 1 is optimal."""
    game = catch()
    return Rare(
        "rare", "vector", (50,), "uint8", 3, 0.99, best=1.0, game=game.game, params=game.params
    )
