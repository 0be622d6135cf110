"""A Gymnasium face: somebody else's agent in a truth of this package.

What an agent here may know is what it may see there: the state, the channel and the signal are the
observation, and the reward is 0.0 at every step, always. What the judge makes of it is in `info`,
and only where it was asked for.

One episode is cut off (`truncated`) after a number of world steps and never ends by itself. Where
the true hand answers questions, each arrival with the channel on is followed by a step of its own
in which the question is put (`phase` 1); it takes no time in the world.

Guarantee: what happens has the probabilities of `corrigible.simulate`, whose order of events and
whose code this is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from corrigible.errors import UserError
from corrigible.keys import Key, generator
from corrigible.problem import Truth
from corrigible.simulate.nature import Nature

try:
    import gymnasium
    from gymnasium import spaces
except ModuleNotFoundError:
    raise UserError(
        'the Gymnasium face needs an extra; pip install "corrigible[gym]" installs it'
    ) from None

ACT, ASK = 0, 1
_SEEDS = 2**32


class OverseenEnv(gymnasium.Env[dict[str, Any], Any]):
    """A truth as a Gymnasium environment.

    Observations are a dict: `state` in 0..S-1; `channel`, 1 where it is on; `signal`, (s_o, a*),
    or (-1, -1) for silence; where the hand answers questions also `phase`, 0 where an action is
    wanted and 1 where a question is. Actions are 0..A-1; where the hand answers questions they are
    pairs (action, question), of which the one wanted counts, and question S declines.

    Args:
        truth: decides what happens.
        key: an int or a JAX key; the seed of the first episode where `reset` is given none.
        steps: world steps after which an episode is truncated.
        score: whether `info` shows the judge's numbers: `reward_true`, `ask_cost`, `executed`
            (the action that was executed) and `overridden`.

    Raises:
        UserError: fewer than one step.

    Source: Gymnasium's `Env` (Towers et al. 2024).
    """

    action_space: spaces.Space[Any]
    observation_space: spaces.Space[dict[str, Any]]
    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - as Gymnasium declares it

    def __init__(self, truth: Truth, key: Key, steps: int = 100, score: bool = False) -> None:
        if steps < 1:
            raise UserError(f"steps is {steps}; it must be at least 1")
        self.truth = truth
        self._nature = Nature(truth, asks=True)
        self._seed: int | None = int(generator(key).integers(_SEEDS))
        self._steps = steps
        self._score = score
        states, actions = truth.world.n_states, truth.world.n_actions
        seen: dict[str, spaces.Space[Any]] = {
            "state": spaces.Discrete(states),
            "channel": spaces.Discrete(2),
            "signal": spaces.MultiDiscrete([states + 1, actions + 1], start=[-1, -1]),
        }
        if self._nature.answers:
            seen["phase"] = spaces.Discrete(2)
            self.action_space = spaces.MultiDiscrete([actions, states + 1])
        else:
            self.action_space = spaces.Discrete(actions)
        self.observation_space = spaces.Dict(seen)
        self._time = 0
        self._phase = ACT
        self._state = np.zeros(1, dtype=np.int64)
        self._channel = np.ones(1, dtype=bool)
        self._signal = np.full((1, 2), -1)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode: the channel on, nothing heard.

        Args:
            seed: a new stream of luck; where None the key's at first, then the running one.
            options: ignored.

        Returns:
            (observation, info); `signal` is `[2]`.

        Raises:
            Nothing.

        Source: Gymnasium's `Env.reset`.
        """
        first, self._seed = self._seed, None
        super().reset(seed=first if seed is None else seed)
        self._time = 0
        self._phase = ACT
        self._state = self._nature.start(self.np_random, 1)
        self._channel = np.ones(1, dtype=bool)
        self._signal = np.full((1, 2), -1)
        return self._observation(), {}

    def step(self, action: Any) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Act, or put the question where one is wanted.

        Args:
            action: an index, or (action, question) where the hand answers questions.

        Returns:
            (observation, 0.0, False, truncated, info); `signal` is `[2]`.

        Raises:
            UserError: an action outside the action space.

        Source: Gymnasium's `Env.step`.
        """
        if not self.action_space.contains(action):
            raise UserError(f"action {action!r} is outside {self.action_space}")
        chosen, question = action if self._nature.answers else (action, -1)
        info = self._asked(int(question)) if self._phase == ASK else self._acted(int(chosen))
        truncated = self._time >= self._steps and self._phase == ACT
        return self._observation(), 0.0, False, truncated, info

    def _acted(self, chosen: int) -> dict[str, Any]:
        state, told = int(self._state[0]), int(self._signal[0, 1])
        overridden = self.truth.overseer.mode == "overrides" and told >= 0
        executed = told if overridden else chosen
        self._state, self._channel = self._nature.step(
            self._state, np.array([executed]), self._channel, self.np_random.random((2, 1))
        )
        self._time += 1
        self._signal = np.full((1, 2), -1)
        if self._nature.answers and self._channel[0]:
            self._phase = ASK
        else:
            self._hear(-1)
        reward = float(self.truth.reward[state, executed])
        return self._info(reward, 0.0, executed, overridden)

    def _asked(self, question: int) -> dict[str, Any]:
        self._phase = ACT
        self._hear(question if question < self.truth.world.n_states else -1)
        answered = self._signal[0, 0] >= 0
        return self._info(0.0, self.truth.overseer.ask_cost if answered else 0.0, -1, False)

    def _hear(self, question: int) -> None:
        luck = self.np_random.random((3, 1))
        self._signal = self._nature.speak(self._state, self._channel, np.array([question]), luck)

    def _info(
        self, reward: float, ask_cost: float, executed: int, overridden: bool
    ) -> dict[str, Any]:
        if not self._score:
            return {}
        return {
            "reward_true": reward,
            "ask_cost": ask_cost,
            "executed": executed,
            "overridden": overridden,
        }

    def _observation(self) -> dict[str, Any]:
        seen: dict[str, Any] = {
            "state": np.int64(self._state[0]),
            "channel": np.int64(self._channel[0]),
            "signal": self._signal[0].astype(np.int64),
        }
        if self._nature.answers:
            seen["phase"] = np.int64(self._phase)
        return seen
