"""Belief-space search beside bounds: estimates where beliefs cannot be enumerated.

From a belief and a state a tree is grown (`corrigible.planners.tree`): what the agent does, where
that leads, what is said there and what one then believes, asking and its cost among the choices.
Its leaves are those of `corrigible.planners.leaves`. What comes out, the *raw* values, is an
estimate, with no guarantee at all; beside it stand the two ends of `corrigible.planners.bounds`,
which hold the true value whatever the search says. The plan's values are the raw ones, moved
between the ends.

Guarantee: `lower` and `upper` are the bounds' own, so every verdict that is drawn from them, and
every certificate, rests on bounds alone; an action that they show to be best is the one chosen. The
same key gives the same raw values, in whatever order they are asked for (up to float32).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from corrigible.agents.base import Decision, first_best
from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.keys import Key, generator, split
from corrigible.planners.arrivals import Heard
from corrigible.planners.envelope import ends
from corrigible.planners.game import mode_of, padded_game, padded_size
from corrigible.planners.leaves import Leaves, calibrated_leaves, questions
from corrigible.planners.nodes import ABOUT, ACT, ARRIVE, Place
from corrigible.planners.solution import BeliefValues, Solution
from corrigible.planners.tree import grow
from corrigible.problem import Problem

SIMULATIONS = 128
LARGEST = 1 << 24
_ROOTS = 128
_HELD = 20_000
_STRIDE = 2654435761


class Search(Solution):
    """Searched values between the ends of bounds.

    Args:
        problem: what is assumed.
        bounds: of the same problem; only their ends are read.
        key: an int or a JAX key, consumed; it decides which states are sampled where a hand speaks
            about any of more than 16 states, and nothing else.
        simulations: nodes of each tree.

    Raises:
        UserError: too large a problem, or no simulations.

    Source: Antonoglou et al. 2022; Kaelbling, Littman & Cassandra 1998 for the belief as a state.
    """

    def __init__(
        self, problem: Problem, bounds: Solution, key: Key = 0, simulations: int = SIMULATIONS
    ) -> None:
        check_search(problem, simulations)
        self.problem = problem
        self.bounds = bounds
        self.simulations = simulations
        luck, draw = split(key, 2)
        self._number = int(generator(luck).integers(2**32))
        self._key = jax.random.key(draw % 2**32)
        self._mode = mode_of(problem)
        self.leaves: Leaves = calibrated_leaves(problem, ends(problem, None))
        self._asked = np.arange(problem.world.n_states)
        if self._mode == "asked" and len(self._asked) > ABOUT:
            self._asked = questions(problem, self.leaves, ABOUT)
        self._game = padded_game(problem, self.leaves, self._asked)
        self._known: dict[tuple[bytes, int, int], np.ndarray] = {}

    def at(self, weights: Float[np.ndarray, " H"], state: int | None = None) -> BeliefValues:
        """Both ends of every value at one belief, from the bounds.

        Args:
            weights: `[H]`.
            state: not needed here: every state is bounded.

        Returns:
            See `BeliefValues`.

        Raises:
            TooManyBeliefs: the bounds' library is full.

        Source: this package.
        """
        return self.bounds.at(weights, state)

    def hearing(self, weights: Float[np.ndarray, " H"]) -> tuple[Heard, Heard]:
        """What the next correction leads to, whatever it says, at both ends of the bounds.

        Args:
            weights: `[H]`.

        Returns:
            (lower, upper), each one belief's `Heard` with nothing left to stay.

        Raises:
            TooManyBeliefs: the bounds' library is full.

        Source: this package.
        """
        return self.bounds.hearing(weights)

    def raw(
        self, state: int | None = None, belief: Belief | None = None, channel_on: bool = True
    ) -> Float[np.ndarray, "S A"] | Float[np.ndarray, " A"]:
        """Q as the search finds it, not moved between the ends.

        Args:
            state: one state, or all of them where None.
            belief: the prior where None.
            channel_on: the channel's status.

        Returns:
            `[S, A]`, or `[A]` for one state.

        Raises:
            UserError: no such state.

        Source: this package.
        """
        states = self.problem.world.n_states
        if state is not None and not 0 <= state < states:
            raise UserError(f"state {state} does not exist; there are {states}, from 0")
        wanted = np.ones(states, bool) if state is None else np.arange(states) == state
        weights = self.problem.weights(belief)
        self._search(weights[None], wanted, ACT, channel_on)
        found = self._raw(weights, channel_on)
        return found if state is None else found[state]

    def q(
        self, state: int | None = None, belief: Belief | None = None, channel_on: bool = True
    ) -> Float[np.ndarray, "S A"] | Float[np.ndarray, " A"]:
        """The raw values, moved between the ends.

        Args:
            state: one state, or all of them where None.
            belief: the prior where None.
            channel_on: the channel's status.

        Returns:
            `[S, A]`, or `[A]` for one state.

        Raises:
            UserError: no such state.

        Source: this package.
        """
        low = self.lower(state, belief, channel_on)
        return np.clip(
            self.raw(state, belief, channel_on), low, self.upper(state, belief, channel_on)
        )

    @property
    def value_at_start(self) -> float:
        """V at time 0: the prior, the start distribution, the channel on.

        Returns:
            A float, in reward units.

        Raises:
            Nothing.

        Source: this package.
        """
        start = self.problem.world.start
        return float(sum(start[s] * self.value(int(s)) for s in np.flatnonzero(start)))

    def action_values(self, weights: Float[np.ndarray, " H"]) -> Float[np.ndarray, "2 S A"]:
        """What the agent goes by: Q with the channel on, then off.

        Args:
            weights: `[H]`.

        Returns:
            `[2, S, A]`.

        Raises:
            TooManyBeliefs: the bounds' library is full.

        Source: this package.
        """
        every = np.ones(self.problem.world.n_states, bool)
        for on in (True, False):
            self._search(weights[None], every, ACT, on)
        values = self.bounds.at(weights)
        raw = np.stack([self._raw(weights, on) for on in (True, False)])
        both = np.stack([values.on, values.off], axis=1)
        return np.clip(raw, both[0], both[1])

    def decide(self, weights: Float[np.ndarray, " H"]) -> Decision:
        """What the agent does at a belief: the best of `action_values`, ties in the world's order.

        Args:
            weights: `[H]`.

        Returns:
            An action for every state and channel, and what to ask.

        Raises:
            TooManyBeliefs: the bounds' library is full.

        Source: this package.
        """
        return self.decide_all(weights[None])[0]

    def decide_all(self, beliefs: Float[np.ndarray, "N H"]) -> list[Decision]:
        """The same at many beliefs, searched side by side.

        Args:
            beliefs: `[N, H]`.

        Returns:
            N decisions.

        Raises:
            TooManyBeliefs: the bounds' library is full.

        Source: this package.
        """
        every = np.ones(self.problem.world.n_states, bool)
        for on in (True, False):
            self._search(beliefs, every, ACT, on)
        if self._mode == "asked":
            self._search(beliefs, every, ARRIVE, True)
        return [self._decision(weights) for weights in beliefs]

    def _decision(self, weights: np.ndarray) -> Decision:
        on, off = self.action_values(weights)
        ask = np.full(len(on), -1)
        if self._mode == "asked":
            options = self._table(weights, ARRIVE, True)[:, : 1 + len(self._asked)]
            ask = np.concatenate([[-1], self._asked])[first_best(options)]
        return Decision(first_best(on), first_best(off), ask)

    def _raw(self, weights: np.ndarray, channel_on: bool) -> np.ndarray:
        if not channel_on and not self.problem.world.has_restores:
            return self.bounds.at(weights).off.mean(axis=0)
        return self._table(weights, ACT, channel_on)[:, : self.problem.world.n_actions]

    def _table(self, weights: np.ndarray, kind: int, channel_on: bool) -> np.ndarray:
        """`[S, W]` of one belief; NaN where nothing was searched yet."""
        name = (weights.tobytes(), kind, int(channel_on))
        table = self._known.get(name)
        if table is None:
            if len(self._known) >= _HELD:
                self._known.clear()
            edges = self._game.valid.shape[0] if kind == ACT else 1 + len(self._game.about)
            table = self._known[name] = np.full((self.problem.world.n_states, edges), np.nan)
        return table

    def _search(
        self, beliefs: np.ndarray, states: Bool[np.ndarray, " S"], kind: int, channel_on: bool
    ) -> None:
        """Search from these beliefs in these states, where that was not done before."""
        if not channel_on and not self.problem.world.has_restores:
            return  # nothing is left to hear, and the bounds are the ordinary optimum
        tables = [self._table(weights, kind, channel_on) for weights in beliefs]
        missing = np.stack([np.isnan(table[:, 0]) for table in tables]) & states
        row, state = np.nonzero(missing)
        for low in range(0, len(row), _ROOTS):
            n, s = row[low : low + _ROOTS], state[low : low + _ROOTS]
            worth = self._grown(beliefs[n], s, kind, channel_on)
            for i in range(len(n)):
                tables[n[i]][s[i]] = worth[i, : tables[n[i]].shape[1]]

    def _grown(
        self, beliefs: np.ndarray, states: np.ndarray, kind: int, channel_on: bool
    ) -> np.ndarray:
        """`[N, W]`, worth of the edges of N roots."""
        count = len(states)
        size = padded_size(count)
        belief = np.zeros((size, self._game.rewards.shape[0]), np.float32)
        belief[:count, : beliefs.shape[1]] = beliefs
        belief[count:] = belief[0]
        state = np.concatenate([states, np.full(size - count, states[0])])
        number = (self._number + _STRIDE * (2 * state + (not channel_on))) % 2**32
        roots = Place(
            belief=jnp.asarray(belief),
            state=jnp.asarray(state, jnp.int32),
            off=jnp.full(size, int(not channel_on), jnp.int32),
            pick=jnp.full(size, -1, jnp.int32),
            kind=jnp.full(size, kind, jnp.int32),
            number=jnp.asarray(number.astype(np.uint32)),
        )
        room = padded_size(self.simulations, SIMULATIONS)
        simulations = jnp.asarray(self.simulations, jnp.int32)
        worth = grow(self._game, roots, simulations, self._key, mode=self._mode, room=room)
        return np.asarray(worth, np.float64)[:count]


def check_search(problem: Problem, simulations: int) -> None:
    """Refuse what a search cannot hold.

    Args:
        problem: H hypotheses, S states, A actions.
        simulations: nodes of each tree.

    Returns:
        Nothing; no arrays.

    Raises:
        UserError: S A max(H, S) above 2**24, or fewer than one simulation.

    Source: this package.
    """
    hypotheses, states, actions = problem.rewards.shape
    size = states * actions * max(hypotheses, states)
    if size > LARGEST:
        raise UserError(
            f'method="search" needs tables of {size:,} numbers; at most {LARGEST:,} are held, '
            'use "bounds"'
        )
    if simulations < 1:
        raise UserError(f"simulations is {simulations}; it must be at least 1")
