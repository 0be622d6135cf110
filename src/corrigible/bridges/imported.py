"""What an environment of somebody else's becomes: a world, and its reward beside it.

A world of this package has no reward and an overseer's channel; those environments have a reward
and no overseer. So the reward is handed over apart, for a judge (`Truth`), and where the channel
goes off is said by the caller: by *entering* a place, by an action there, or by a further action
*press*, which stands still and silences.

A place is a state's index or label, or a cell (row, column), which means every state in it.

Guarantee: without an argument about the channel nothing turns it off, and the environment's own
actions move as they did.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float

from corrigible.errors import UserError
from corrigible.worlds.tabular import Tabular

PRESS = "press"
Place = int | str | tuple[int, int]
Places = Collection[Place]


@dataclass(frozen=True, eq=False)
class Imported:
    """An environment as a world.

    Args:
        world: S states, A actions, and the channel that the caller asked for.
        reward: `[S, A]`, the environment's own, expected over where a step leads. Only a judge may
            read it: `Truth(world, overseer, reward)`.
        terminal: `[S]`, states in which an episode is over; they are kept for ever and pay nothing.
        action_names: A names.
        cells: (row, column) of every state; None where it has none, empty where no state has.

    Source: this package.
    """

    world: Tabular
    reward: Float[np.ndarray, "S A"]
    terminal: Bool[np.ndarray, " S"]
    action_names: tuple[str, ...]
    cells: tuple[tuple[int, int] | None, ...]

    def at(self, place: Place) -> list[int]:
        """The states of a place.

        Args:
            place: an index, a label, or a cell (row, column).

        Returns:
            Their indices, at least one.

        Raises:
            UserError: no such state.

        Source: this package.
        """
        return _find(place, self.world.labels or (), self.cells)


@dataclass(frozen=True)
class Channel:
    """What the caller says of the overseer's channel.

    Args:
        entering: places; a step that leads there from another state turns the channel off. A
            mapping says with which probability.
        disables: `[S, A]`, `[S, A, S]` or sparse, as `Tabular` takes it, over the environment's own
            actions; instead of `entering`.
        press: True for an action `press` that silences in every state that is not terminal, or the
            places where it does.
        press_pays: what the environment's own reward is to say of pressing.

    Source: this package.
    """

    entering: Places | Mapping[Place, float] = ()
    disables: Any = None
    press: bool | Places = False
    press_pays: float = 0.0


@dataclass(frozen=True)
class Bare:
    """An environment before it has a channel.

    Args:
        moves: sparse `[S*A, S]`, row `s*A + a`; rows sum to one.
        reward: `[S, A]`.
        start: `[S]`.
        terminal: `[S]`.
        labels: S names, distinct.
        actions: A names.
        cells: (row, column) of every state, or None where a state has none.

    Source: this package.
    """

    moves: sp.csr_array
    reward: Float[np.ndarray, "S A"]
    start: Float[np.ndarray, " S"]
    terminal: Bool[np.ndarray, " S"]
    labels: tuple[str, ...]
    actions: tuple[str, ...]
    cells: tuple[tuple[int, int] | None, ...]

    def with_channel(self, channel: Channel, discount: float) -> Imported:
        """The world with its channel.

        Args:
            channel: what the caller says of it.
            discount: g.

        Returns:
            The world, its reward `[S, A]` beside it; A counts `press` where there is one.

        Raises:
            UserError: a place that does not exist, `entering` beside `disables`, or what a
                `Tabular` refuses.

        Source: this package.
        """
        states, own = self.reward.shape
        off = self._off(channel)
        if channel.press is False:
            world = Tabular(self.moves, off, discount, self.start, labels=self.labels)
            return Imported(world, self.reward, self.terminal, self.actions, self.cells)
        # Row s*(A+1) + a: the environment's own actions first, then the press.
        mine = np.arange(states * own).reshape(states, own)
        last = states * own + np.arange(states)[:, None]
        order = np.concatenate([mine, last], axis=1).ravel()
        stay = sp.csr_array(sp.eye_array(states))
        silences = sp.csr_array(sp.diags_array(self._pressed(channel.press).astype(np.float64)))
        moves = sp.csr_array(sp.vstack([self.moves, stay]))[order]
        disables = sp.csr_array(sp.vstack([off, silences]))[order]
        pays = np.where(self.terminal, 0.0, channel.press_pays)[:, None]
        reward = np.concatenate([self.reward, pays], axis=1)
        world = Tabular(moves, disables, discount, self.start, labels=self.labels)
        return Imported(world, reward, self.terminal, (*self.actions, PRESS), self.cells)

    def _pressed(self, press: bool | Places) -> np.ndarray:
        """Where a press silences, `[S]`."""
        found = ~self.terminal if press is True else np.zeros(len(self.labels), dtype=bool)
        if not isinstance(press, bool):
            for place in _listed("press", press):
                found[_find(place, self.labels, self.cells)] = True
        return found

    def _off(self, channel: Channel) -> sp.csr_array:
        """P(channel goes off | s, a, s') over the environment's own actions, sparse `[S*A, S]`."""
        states, own = self.reward.shape
        if channel.disables is not None:
            if len(channel.entering):
                raise UserError("entering and disables both say where the channel goes off")
            # A world checks every form of it.
            given = Tabular(self.moves, channel.disables, 0.0, self.start).disables
            if sp.issparse(given):
                return sp.csr_array(given, dtype=np.float64)
            values = np.asarray(given, dtype=np.float64)
            if values.ndim == 3:
                return sp.csr_array(values.reshape(states * own, states))
            by_step = np.repeat(values.ravel(), np.diff(self.moves.indptr))
            return sp.csr_array((by_step, self.moves.indices, self.moves.indptr), self.moves.shape)
        entering = channel.entering
        if not isinstance(entering, Mapping):
            entering = dict.fromkeys(_listed("entering", entering), 1.0)
        chance = np.zeros(states)
        for place, probability in entering.items():
            chance[_find(place, self.labels, self.cells)] = probability
        steps = self.moves.tocoo()
        row, goal = steps.coords
        arrives = (chance[goal] != 0.0) & (row // own != goal)
        return sp.csr_array(
            (chance[goal[arrives]], (row[arrives], goal[arrives])), shape=(states * own, states)
        )


def distinct(labels: list[str]) -> tuple[str, ...]:
    """Labels that differ: what would be called as one before it gets a number.

    Args:
        labels: S names.

    Returns:
        S names, no two alike. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        found.append(label if seen[label] == 1 else f"{label} #{seen[label]}")
    return tuple(found)


def _listed(name: str, places: Places) -> Places:
    if isinstance(places, str):
        raise UserError(f"{name} is {places!r}; a collection of places is needed: [{places!r}]")
    return places


def _find(
    place: Place, labels: tuple[str, ...], cells: tuple[tuple[int, int] | None, ...]
) -> list[int]:
    if isinstance(place, tuple):
        found = [state for state, cell in enumerate(cells) if cell == place]
    elif isinstance(place, str):
        found = [labels.index(place)] if place in labels else []
    else:
        found = [int(place)] if 0 <= int(place) < len(labels) else []
    if not found:
        raise UserError(
            f"no state is at {place!r}; an index below {len(labels)}, a label such as "
            f"{labels[0]!r}, or a cell (row, column) is needed"
        )
    return found
