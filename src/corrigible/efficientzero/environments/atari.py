"""Atari through its emulator, by the protocol of the paper.

No sticky actions; every action is held for four frames, of which the last two are shown, the
brighter of each pixel; up to 30 idle frames at the beginning, no fire button pressed for the agent;
96x96 pixels in colour, averaged over areas; four of them make an observation. In training rewards
are reduced to their sign, a life lost ends the episode for the learner though the game goes on, and
a game is cut after 3000 actions; in the final test none of this holds and the cut is at 27,000.

Guarantee: a lane that is frozen and thawed goes on exactly as it would have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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

SKIP, IDLE, SIDE = 4, 30, 96


@dataclass
class _Console:
    """One emulator, and what its lane has to remember."""

    emulator: Any
    lives: int = 0
    steps: int = 0
    # Whether the row where the lane stands ended the game itself, not only a life.
    finished: bool = True


@dataclass(frozen=True, eq=False)
class Atari(Environment):
    """A game in many lanes.

    Args:
        rom: path of the game's image.
        minimal: the emulator's codes of the useful actions.
        limit: actions of an episode.
        training: signs of rewards, and lives as episodes.

    Source: Ye et al. 2021, appendix A.3; Bellemare et al. 2013; Machado et al. 2018.
    """

    rom: str = ""
    minimal: tuple[int, ...] = ()
    limit: int = 3000
    training: bool = True

    def tables(self) -> Any:
        return ()

    def reset(self, tables: Any, key: Key, count: int) -> tuple[Any, Array]:
        luck = generator(key)
        consoles = [_Console(_emulator(self.rom)) for _ in range(count)]
        return consoles, jnp.asarray(np.stack([self._begin(c, luck) for c in consoles]))

    def step(
        self, tables: Any, inner: Any, action: Array, over: Array, key: Key
    ) -> tuple[Any, Event]:
        luck = generator(key)
        chosen, begins = np.asarray(action), np.asarray(over)
        told = []
        for lane, console in enumerate(inner):
            if not begins[lane]:
                told.append(self._act(console, int(chosen[lane])))
            elif console.finished:
                told.append((self._begin(console, luck), 0.0, STEP))
            else:
                told.append((_seen(console.emulator.getScreenRGB()), 0.0, STEP))
        seen, reward, kind = zip(*told, strict=True)
        return inner, Event(
            jnp.asarray(np.stack(seen)),
            jnp.asarray(reward, dtype=jnp.float32),
            jnp.asarray(kind, dtype=jnp.int32),
        )

    def _begin(self, console: _Console, luck: np.random.Generator) -> np.ndarray:
        emulator = console.emulator
        emulator.reset_game()
        for _ in range(int(luck.integers(IDLE + 1))):
            emulator.act(0)
            if emulator.game_over():
                emulator.reset_game()
        console.lives, console.steps, console.finished = emulator.lives(), 0, False
        return _seen(emulator.getScreenRGB())

    def _act(self, console: _Console, action: int) -> tuple[np.ndarray, float, int]:
        emulator, total = console.emulator, 0.0
        frames = [emulator.getScreenRGB()]
        for _ in range(SKIP):
            total += emulator.act(self.minimal[action])
            frames.append(emulator.getScreenRGB())
            if emulator.game_over():
                break
        console.steps += 1
        lost = emulator.lives() < console.lives
        console.lives = emulator.lives()
        kind = STEP
        if emulator.game_over():
            kind, console.finished = TERMINAL, True
        elif console.steps >= self.limit:
            kind, console.finished = CUT, True
        elif lost and self.training:
            kind = TERMINAL
        reward = float(np.sign(total)) if self.training else total
        return _seen(np.maximum(frames[-1], frames[-2])), reward, kind

    def freeze(self, inner: Any) -> Any:
        states = [console.emulator.cloneState(include_rng=True).serialize() for console in inner]
        whole = [np.frombuffer(state, dtype=np.uint8) for state in states]
        numbers = [(c.lives, c.steps, int(c.finished)) for c in inner]
        return {"emulators": whole, "numbers": np.array(numbers, dtype=np.int32)}

    def thaw(self, arrays: Any) -> Any:
        from ale_py import ALEState

        consoles = []
        for state, (lives, steps, finished) in zip(
            arrays["emulators"], np.asarray(arrays["numbers"]).tolist(), strict=True
        ):
            emulator = _emulator(self.rom)
            emulator.restoreState(ALEState(np.asarray(state).tobytes()))
            consoles.append(_Console(emulator, lives, steps, bool(finished)))
        return consoles

    def picture(self, inner: Any, frame: np.ndarray) -> Picture:
        return inner[0].emulator.getScreenRGB()

    def test(self) -> Atari:
        return replace(self, training=False, limit=27_000)


def _seen(screen: np.ndarray) -> np.ndarray:
    import cv2

    return cv2.resize(screen, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _emulator(rom: str) -> Any:
    from ale_py import ALEInterface, LoggerMode

    ALEInterface.setLoggerMode(LoggerMode.Error)
    emulator = ALEInterface()
    emulator.setInt("random_seed", 0)
    emulator.setFloat("repeat_action_probability", 0.0)
    emulator.loadROM(rom)
    return emulator


def atari(game: str) -> Atari:
    """A game by its name.

    Args:
        game: as Gymnasium spells it, "Pong", or in small letters.

    Returns:
        The environment; frames `[96, 96, 3]`.

    Raises:
        UserError: no such game.

    Source: Bellemare et al. 2013; Ye et al. 2021, appendix A.3.
    """
    from ale_py import roms

    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in game).strip("_")
    known = roms.get_all_rom_ids()
    if name not in known:
        raise UserError(f"there is no Atari game {game!r}; there are {len(known)}, such as Pong")
    path = str(roms.get_rom_path(name))
    minimal = tuple(int(action.value) for action in _emulator(path).getMinimalActionSet())
    return Atari(
        f"atari:{game}",
        "image",
        (SIDE, SIDE, 3),
        "uint8",
        len(minimal),
        0.997**4,
        stack=4,
        traced=False,
        rom=path,
        minimal=minimal,
    )
