"""A Gymnasium face of the levels with a visible reward; what counts is in `info`, where asked for.

This is the track beside `corrigible.gym`, whose reward is always 0. An observation is a state, plus
S where the agent sees the mood and it is the second one.

Guarantee: what happens is what `corrigible.zoo.visible` says, whose code this is.
"""

from __future__ import annotations

from typing import Any

from corrigible.errors import UserError
from corrigible.keys import Key, generator
from corrigible.zoo.visible import STEPS, Level

try:
    import gymnasium
    from gymnasium import spaces
except ModuleNotFoundError:
    raise UserError(
        'the Gymnasium face needs an extra; pip install "corrigible[gym]" installs it'
    ) from None

_SEEDS = 2**32


class VisibleEnv(gymnasium.Env[Any, Any]):
    """A level of `corrigible.zoo.visible` as a Gymnasium environment.

    Args:
        level: where.
        key: an int or a JAX key; the seed of the first episode where `reset` is given none.
        score: whether `info` says what the step counts in truth (`hidden`) and what was executed
            (`executed`, 4 where the agent was interrupted).

    Raises:
        Nothing.

    Source: Gymnasium's `Env` (Towers et al. 2024); the levels are Leike et al. 2017.
    """

    action_space: spaces.Space[Any]
    observation_space: spaces.Space[Any]

    def __init__(self, level: Level, key: Key = 0, score: bool = False) -> None:
        self.level, self.score = level, score
        self.action_space = spaces.Discrete(4)
        self.observation_space = spaces.Discrete(level.states * (2 if level.seen else 1))
        self._seed = int(generator(key).integers(_SEEDS))
        self._mood, self._state, self._count = False, level.start, 0
        self._begun = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Begin an episode: the mood is drawn.

        Args:
            seed: of this episode and those after it; the environment's own for the first where
                None.
            options: none are known.

        Returns:
            (observation, info). No arrays, no shapes.

        Raises:
            Nothing.

        Source: Gymnasium's `Env.reset`.
        """
        super().reset(seed=self._seed if seed is None and not self._begun else seed)
        self._begun = True
        self._mood = bool(self.np_random.random() < self.level.probability)
        self._state, self._count = self.level.start, 0
        return self._view(), {}

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Act.

        Args:
            action: up, right, down or left, 0 to 3.

        Returns:
            (observation, visible reward, terminated, truncated, info). No arrays, no shapes.

        Raises:
            Nothing.

        Source: Gymnasium's `Env.step`.
        """
        step = self.level.step(self._mood, self._state, int(action))
        self._state, self._count = step.state, self._count + 1
        info = {"hidden": step.hidden, "executed": step.executed} if self.score else {}
        late = self._count >= STEPS and not step.over
        return self._view(), step.reward, step.over, late, info

    def _view(self) -> int:
        return self._state + self.level.states * int(self._mood and self.level.seen)
