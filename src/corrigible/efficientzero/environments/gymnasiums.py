"""Any Gymnasium environment with numbers or an image to see and a finite choice of actions.

Vectors are taken as they are, discrete observations as one of so many, images averaged to 96x96
with four of them in an observation. Each lane is an environment of its own.

An arbitrary environment cannot be written to disk. So a lane remembers the seed with which its
episode began and the actions since: in a checkpoint these stand for the state, and are played again
when it is read.

Guarantee: a lane that is frozen and thawed goes on exactly as it would have, where the environment
follows from its seed and its actions, as Gymnasium demands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from corrigible.efficientzero.environments.base import Environment, Event
from corrigible.efficientzero.environments.pictures import Picture
from corrigible.efficientzero.layers import Key
from corrigible.efficientzero.replay import CUT, STEP, TERMINAL
from corrigible.errors import UserError
from corrigible.keys import generator

_SIDE = 96


@dataclass
class _Lane:
    """An environment, and how it came to be where it is."""

    world: Any
    seed: int = 0
    actions: list[int] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Gym(Environment):
    """A Gymnasium environment in many lanes.

    Args:
        source: its name in Gymnasium's registry.
        show: from what it says to a frame.
        first: number of its first action.

    Source: Towers et al. 2024.
    """

    source: str = ""
    show: Callable[[Any], np.ndarray] = np.asarray
    first: int = 0

    def tables(self) -> Any:
        return ()

    def reset(self, tables: Any, key: Key, count: int) -> tuple[Any, Array]:
        luck = generator(key)
        lanes = [_Lane(_made(self.source)) for _ in range(count)]
        return lanes, jnp.asarray(np.stack([self._begin(lane, luck) for lane in lanes]))

    def step(
        self, tables: Any, inner: Any, action: Array, over: Array, key: Key
    ) -> tuple[Any, Event]:
        luck, told = generator(key), []
        for lane, chosen, ends in zip(inner, np.asarray(action), np.asarray(over), strict=True):
            if ends:
                told.append((self._begin(lane, luck), 0.0, STEP))
                continue
            lane.actions.append(int(chosen))
            seen, reward, over_, late, _ = lane.world.step(self.first + int(chosen))
            told.append((self.show(seen), reward, TERMINAL if over_ else CUT if late else STEP))
        seen, reward, kind = zip(*told, strict=True)
        return inner, Event(
            jnp.asarray(np.stack(seen)),
            jnp.asarray(reward, dtype=jnp.float32),
            jnp.asarray(kind, dtype=jnp.int32),
        )

    def _begin(self, lane: _Lane, luck: np.random.Generator) -> np.ndarray:
        lane.seed, lane.actions = int(luck.integers(2**31)), []
        return self.show(lane.world.reset(seed=lane.seed)[0])

    def freeze(self, inner: Any) -> Any:
        longest = max(len(lane.actions) for lane in inner)
        actions = np.full((len(inner), longest), -1, dtype=np.int32)
        for index, lane in enumerate(inner):
            actions[index, : len(lane.actions)] = lane.actions
        return {"seeds": np.array([lane.seed for lane in inner]), "actions": actions}

    def thaw(self, arrays: Any) -> Any:
        lanes = []
        for seed, actions in zip(arrays["seeds"].tolist(), arrays["actions"].tolist(), strict=True):
            lane = _Lane(_made(self.source), seed, [a for a in actions if a >= 0])
            lane.world.reset(seed=seed)
            for action in lane.actions:
                lane.world.step(self.first + action)
            lanes.append(lane)
        return lanes

    def picture(self, inner: Any, frame: np.ndarray) -> Picture:
        from gymnasium.error import DependencyNotInstalled

        try:
            drawn = inner[0].world.render()
        except DependencyNotInstalled:
            drawn = None
        return super().picture(inner, frame) if drawn is None else np.asarray(drawn, np.uint8)


def _made(source: str) -> Any:
    import gymnasium

    world = gymnasium.make(source)
    if "rgb_array" not in world.metadata.get("render_modes", ()):
        return world
    return gymnasium.make(source, render_mode="rgb_array")


def _image(seen: Any) -> np.ndarray:
    import cv2

    return cv2.resize(seen, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).reshape(_SIDE, _SIDE, -1)


def gym(source: str) -> Gym:
    """An environment by its name in Gymnasium's registry.

    Args:
        source: as `gymnasium.make` takes it, "CartPole-v1".

    Returns:
        The environment; frames `[C]`, or `[96, 96, C]` of images.

    Raises:
        UserError: none of that name, or one whose observations or actions are of another kind.

    Source: Towers et al. 2024.
    """
    from gymnasium import error, spaces

    try:
        world = _made(source)
    except (error.Error, ModuleNotFoundError) as problem:
        raise UserError(f"gym:{source} cannot be made: {problem}".splitlines()[0]) from problem
    seen, acts = world.observation_space, world.action_space
    if not isinstance(acts, spaces.Discrete):
        raise UserError(f"gym:{source} takes {acts}; only finitely many actions can be searched")
    rest: dict[str, Any] = {"traced": False, "source": source, "first": int(acts.start)}
    name, actions = f"gym:{source}", int(acts.n)
    if isinstance(seen, spaces.Discrete):
        first, size = int(seen.start), int(seen.n)

        def one_of(state: Any) -> np.ndarray:
            return (np.arange(size) == int(state) - first).astype(np.uint8)

        return Gym(name, "vector", (size,), "uint8", actions, 0.997, show=one_of, **rest)
    if isinstance(seen, spaces.Box) and len(seen.shape) == 1:

        def numbers(state: Any) -> np.ndarray:
            return np.asarray(state, dtype=np.float32)

        return Gym(name, "vector", seen.shape, "float32", actions, 0.997, show=numbers, **rest)
    if isinstance(seen, spaces.Box) and len(seen.shape) in (2, 3) and seen.dtype == np.uint8:
        frame = (_SIDE, _SIDE, seen.shape[2] if len(seen.shape) == 3 else 1)
        return Gym(name, "image", frame, "uint8", actions, 0.997, stack=4, show=_image, **rest)
    raise UserError(f"gym:{source} shows {seen}; it must be a vector, one of so many, or an image")
