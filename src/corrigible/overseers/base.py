"""What an overseer is: a likelihood, and what derives from it.

On arrival in a state, channel on, a correction (s_o, a*) comes with probability `rate`. The
primitive is `likelihood`: P(a* | s_o, h) for every state and hypothesis. The probability of a
whole signal (`log_prob`) and the drawing of one (`sample`) derive from it, so they cannot
disagree.

Guarantee: for every state, the probabilities of silence and of every correction sum to one, and
`sample` draws from exactly that distribution.
"""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float

from corrigible.bibliography import cite
from corrigible.errors import UserError
from corrigible.keys import Key, generator

if TYPE_CHECKING:
    from corrigible.worlds.tabular import Tabular

About = Literal["current", "uniform", "asked"]
Mode = Literal["advises", "overrides"]
Signal = tuple[int, int]


class Overseer(abc.ABC):
    """The hand of god: when it speaks, about which state, and how it is obeyed.

    Args:
        rate: rho, the probability of a correction on an arrival with the channel on.
        about: the state a correction is about: the current one, a uniformly drawn one, or the one
            the agent asks about.
        mode: `advises`, or `overrides` (a* is also executed at that step).
        ask_cost: what an answer costs, in reward units; only where `about` is "asked".

    Raises:
        UserError: a rate outside [0, 1], an unknown `about` or `mode`, a negative or stray
            `ask_cost`, or overriding about another state than the current one.

    Source: this package.
    """

    rate: float
    about: About
    mode: Mode
    ask_cost: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.rate <= 1.0:
            raise UserError(f"rate is {self.rate}; it is a probability, between 0 and 1")
        _one_of("about", self.about, ("current", "uniform", "asked"))
        _one_of("mode", self.mode, ("advises", "overrides"))
        if not (np.isfinite(self.ask_cost) and self.ask_cost >= 0.0):
            raise UserError(f"ask_cost is {self.ask_cost}; it must be finite and at least 0")
        if self.ask_cost > 0.0 and self.about != "asked":
            raise UserError('ask_cost is only paid where about is "asked"')
        if self.mode == "overrides" and self.about != "current":
            raise UserError(
                f'mode "overrides" executes a* where the agent stands, so about must be "current", '
                f"not {self.about!r}"
            )

    @abc.abstractmethod
    def likelihood(
        self, world: Tabular, rewards: Float[np.ndarray, "H S A"]
    ) -> Float[np.ndarray, "H S A"]:
        """P(a* | s_o, h), the primitive.

        Args:
            world: the world whose optimal actions are meant.
            rewards: `[H, S, A]`.

        Returns:
            `[H, S, A]`; each `[h, s]` a distribution over actions.

        Raises:
            UserError: a fixed table that does not fit.

        Source: this package.
        """

    @abc.abstractmethod
    def only(self, hypothesis: int) -> Overseer:
        """This overseer as it is where one hypothesis is the truth.

        Args:
            hypothesis: its index.

        Returns:
            An overseer whose `likelihood` of that one reward is this one's row.

        Raises:
            UserError: no such hypothesis.

        Source: this package.
        """

    def cite(self) -> str:
        """The papers that this kind of overseer comes from.

        Returns:
            BibTeX, this package first. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return cite(type(self))

    def log_prob(
        self, signal: Signal | None, table: Float[np.ndarray, "*H S A"], s: int
    ) -> Float[np.ndarray, "*H"]:
        """The log probability of what was heard on one arrival.

        Args:
            signal: (s_o, a*), or None for silence.
            table: `[S, A]` or `[H, S, A]`, from `likelihood`.
            s: the state arrived in; where `about` is "asked", the state asked about.

        Returns:
            `[]` or `[H]`, in nats; `-inf` where it cannot be.

        Raises:
            Nothing.

        Source: this package.
        """
        if signal is None:
            chance = np.full(table.shape[:-2], 1.0 - self.rate)
        else:
            state, action = signal
            aim = 1.0 / table.shape[-2] if self.about == "uniform" else float(state == s)
            chance = self.rate * aim * np.asarray(table[..., state, action], dtype=np.float64)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(chance))

    def sample(self, key: Key, table: Float[np.ndarray, "S A"], s: int) -> Signal | None:
        """What is heard on one arrival. The key is consumed.

        Args:
            key: an int or a JAX key.
            table: `[S, A]`, from `likelihood` under the true reward.
            s: the state arrived in; where `about` is "asked", the state asked about.

        Returns:
            (s_o, a*), or None for silence.

        Raises:
            Nothing.

        Source: this package.
        """
        draw = generator(key)
        if draw.random() >= self.rate:
            return None
        state = int(draw.integers(table.shape[0])) if self.about == "uniform" else int(s)
        return state, int(draw.choice(table.shape[1], p=table[state] / table[state].sum()))


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UserError(f"{name} is {value!r}; it must be one of {', '.join(map(repr, allowed))}")
