"""The truth as something that draws what happens, for many episodes at once.

Luck comes in as uniform numbers, so what is drawn is a function of (luck, what is), and two agents
given the same luck meet the same world.

Guarantee: next states, the channel and corrections have exactly the truth's probabilities (to the
rounding of a running sum), and what has probability zero is never drawn.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int

from corrigible.problem import Truth


class Nature:
    """The truth as something that draws what happens, for many episodes at once.

    Args:
        truth: what is.
        asks: whether the agent's own model asks.

    Raises:
        Nothing.

    Source: this package.
    """

    def __init__(self, truth: Truth, asks: bool) -> None:
        world = truth.world
        self.truth = truth
        self.answers: bool = asks and truth.overseer.about == "asked"
        self._moves = _Rows(world.transition_matrix)
        self._start = _Rows(sp.csr_array(world.start[None]))
        self._off = _per_entry(world.transition_matrix, world.off_matrix, world.n_states)
        self._back = _per_entry(world.transition_matrix, world.back_matrix, world.n_states)

    @cached_property
    def _hand(self) -> _Rows:
        # Not before something is said: a person is a hand from which nothing can be drawn.
        return _Rows(sp.csr_array(self.truth.likelihood))

    def start(self, draw: np.random.Generator, episodes: int) -> Int[np.ndarray, " E"]:
        """First states, drawn from the start distribution.

        Args:
            draw: where the luck comes from.
            episodes: E.

        Returns:
            `[E]`.

        Raises:
            Nothing.

        Source: this package.
        """
        at = self._start.draw(np.zeros(episodes, dtype=np.int64), draw.random(episodes))
        return self._start.column[at]

    def step(
        self,
        states: Int[np.ndarray, " E"],
        actions: Int[np.ndarray, " E"],
        channel: Bool[np.ndarray, " E"],
        luck: Float[np.ndarray, "2 E"],
    ) -> tuple[Int[np.ndarray, " E"], Bool[np.ndarray, " E"]]:
        """Where a step leads, and whether the channel is on when it arrives.

        Args:
            states: `[E]`.
            actions: `[E]`, executed.
            channel: `[E]`, before the step.
            luck: `[2, E]`, uniform in [0, 1).

        Returns:
            (`[E]` next states, `[E]` channel after the step).

        Raises:
            Nothing.

        Source: this package.
        """
        entry = self._moves.draw(states * self.truth.world.n_actions + actions, luck[0])
        on = np.where(channel, luck[1] >= self._off[entry], luck[1] < self._back[entry])
        return self._moves.column[entry], on

    def speak(
        self,
        states: Int[np.ndarray, " E"],
        channel: Bool[np.ndarray, " E"],
        asked: Int[np.ndarray, " E"],
        luck: Float[np.ndarray, "3 E"],
    ) -> Int[np.ndarray, "E 2"]:
        """What the hand says on arrival.

        Args:
            states: `[E]`, arrived in.
            channel: `[E]`, on arrival.
            asked: `[E]`, the state asked about, -1 where none; read only by a hand that answers.
            luck: `[3, E]`, uniform in [0, 1).

        Returns:
            `[E, 2]`, (s_o, a*), -1 for silence.

        Raises:
            Nothing.

        Source: this package.
        """
        hand = self.truth.overseer
        if hand.about == "asked":
            about = asked
        elif hand.about == "uniform":
            about = np.floor(luck[1] * self.truth.world.n_states).astype(np.int64)
        else:
            about = states
        spoken = np.flatnonzero(channel & (luck[0] < hand.rate) & (about >= 0))
        signals = np.full((len(states), 2), -1)
        signals[spoken, 0] = about[spoken]
        signals[spoken, 1] = self._hand.column[self._hand.draw(about[spoken], luck[2, spoken])]
        return signals


class _Rows:
    """Draws an entry of a row of a stochastic matrix by one search for all."""

    def __init__(self, matrix: sp.csr_array) -> None:
        matrix = sp.csr_array(matrix)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        count = len(matrix.indptr) - 1
        self.column = np.asarray(matrix.indices, dtype=np.int64)
        self._first, self._last = matrix.indptr[:-1], matrix.indptr[1:] - 1
        row = np.repeat(np.arange(count), np.diff(matrix.indptr))
        total = np.concatenate([[0.0], np.cumsum(matrix.data)])
        within = total[1:] - total[self._first][row]
        # Each row's running sum is shifted by the row's index, so one sorted array holds them all.
        self._cumulative = row + np.minimum(within, 1.0)
        self._cumulative[self._last] = np.arange(count) + 1.0

    def draw(self, rows: np.ndarray, luck: np.ndarray) -> np.ndarray:
        entry = np.searchsorted(self._cumulative, rows + luck, side="right")
        return np.clip(entry, self._first[rows], self._last[rows])


def _per_entry(transition: sp.csr_array, flow: sp.csr_array, width: int) -> np.ndarray:
    """The probability that goes with each stored entry of the transition."""
    flow = sp.csr_array(flow)
    flow.sum_duplicates()
    moves = np.asarray(transition.data, dtype=np.float64)
    part = np.asarray(flow.data, dtype=np.float64)
    at = np.searchsorted(_names(transition, width), _names(flow, width))
    chance = np.zeros(len(moves))
    chance[at] = part / moves[at]
    return chance


def _names(matrix: sp.csr_array, width: int) -> np.ndarray:
    """A number for each stored entry, in order, the same in matrices of one shape."""
    row = np.repeat(np.arange(len(matrix.indptr) - 1, dtype=np.int64), np.diff(matrix.indptr))
    return row * width + np.asarray(matrix.indices)
