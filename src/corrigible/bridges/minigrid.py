"""MiniGrid environments as worlds: every state that can be reached, by trying every action in it.

A state is where the agent is, which way it faces, what it carries, where every movable thing lies
and how every door stands; `terminated` makes of it another state, which is kept for ever. The
environment itself is stepped, so that whatever rules it adds are in the world, and it is put back
from one state into another by setting these things.

The reward handed over is the environment's own with one change. MiniGrid pays
1 - 0.9 (steps so far) / (steps at most) for success, which no reward of a state and an action can;
here success pays 1, and a discount says that sooner is better.

Only environments whose steps depend on such a state alone can be read: one that draws at random as
it is stepped (moving obstacles), or keeps count of something else, is refused. Cells are drawn from
`seed` at reset, and the world is that one grid.

Guarantee: a world is returned only where no step drew a random number, and none changed a plain
attribute of the environment that is not part of the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from corrigible.bridges.imported import Bare, Channel, Imported, distinct
from corrigible.bridges.toy_text import made
from corrigible.errors import UserError

MAX_STATES = 20_000
_FACING = ("right", "down", "left", "up")
_FIXED = frozenset({"wall", "goal", "lava", "floor"})
_STATE = frozenset({"agent_pos", "agent_dir", "carrying", "step_count"})
_PLAIN = (int, float, str, bool, bytes, tuple, frozenset, type(None))
# Where the agent is, which way it faces, what it carries, what lies in every cell, how doors stand.
_Key = tuple[int, int, int, int, tuple[int, ...], tuple[tuple[bool, bool], ...]]


def from_minigrid(
    env: Any,
    channel: Channel | None = None,
    discount: float = 0.95,
    seed: int = 0,
    actions: Sequence[str] | None = None,
    max_states: int = MAX_STATES,
) -> Imported:
    """A world from a MiniGrid environment.

    Args:
        env: the environment, wrapped or not, or its id, such as "MiniGrid-DoorKey-5x5-v0". It is
            reset with `seed`, before and after.
        channel: what turns the overseer's channel off; nothing where None.
        discount: g, in [0, 1).
        seed: draws the grid.
        actions: which of left, right, forward, pickup, drop, toggle and done there are; all where
            None. Without `drop` there are far fewer states wherever something can be carried.
        max_states: how many states to go up to.

    Returns:
        The world and its reward `[S, A]`. States are called "row,column right" and, where that
        differs from the first state, what is carried, where things lie and how doors stand.

    Raises:
        UserError: no MiniGrid environment, or one whose steps are random or depend on more than a
            state; more states than `max_states`; an action, a place or a discount that does not
            exist; where MiniGrid is not installed.

    Source: MiniGrid (Chevalier-Boisvert et al. 2023).
    """
    try:
        from minigrid.minigrid_env import MiniGridEnv
    except ModuleNotFoundError:
        raise UserError(
            'reading MiniGrid needs an extra; pip install "corrigible[gym]" installs it'
        ) from None
    outer = made(env)
    bare = outer.unwrapped
    if not isinstance(bare, MiniGridEnv):
        raise UserError(f"{type(bare).__name__} is no MiniGrid environment")
    chosen, numbers = _chosen(bare, actions)
    outer.reset(seed=seed)
    if hasattr(bare, "instrs"):
        raise UserError(
            f"{type(bare).__name__} follows instructions with a memory of their own, which is no "
            "part of a state; environments whose goal is on the grid can be read"
        )
    changed = {"_reward": lambda: 1.0, "gen_obs": dict, "render_mode": None}
    before = {name: bare.__dict__[name] for name in changed if name in bare.__dict__}
    try:
        # Plain success, no pictures: these are attributes of this one object, for as long.
        bare.__dict__.update(changed)
        read = _Explorer(bare, numbers, max_states).explore(chosen)
    finally:
        for name in changed:
            bare.__dict__.pop(name, None)
        bare.__dict__.update(before)
        outer.reset(seed=seed)
    return read.with_channel(channel or Channel(), discount)


def _chosen(env: Any, actions: Sequence[str] | None) -> tuple[tuple[str, ...], list[int]]:
    """The names and numbers of the actions that there are to be."""
    names = tuple(action.name for action in env.actions)
    chosen = names if actions is None else tuple(actions)
    for name in chosen:
        if name not in names:
            raise UserError(f"no action is called {name!r}; there are {', '.join(names)}")
    if not chosen or len(set(chosen)) < len(chosen):
        raise UserError("actions are named once each, and at least one of them")
    return chosen, [names.index(name) for name in chosen]


class _Explorer:
    """An environment and every object in it."""

    def __init__(self, env: Any, actions: list[int], most: int) -> None:
        self.env, self.actions, self.most = env, actions, most
        self.width = int(env.grid.width)
        self.objects: list[Any] = []
        for thing in env.grid.grid:
            while thing is not None:
                self.objects.append(thing)
                thing = getattr(thing, "contains", None)
        self.number = {id(thing): i for i, thing in enumerate(self.objects)}
        self.number[id(None)] = -1
        self.movable = {i for i, thing in enumerate(self.objects) if thing.type not in _FIXED}
        self.doors = [thing for thing in self.objects if thing.type == "door"]

    def key(self) -> _Key:
        """The state that the environment is in."""
        env = self.env
        column, row = (int(i) for i in env.agent_pos)
        try:
            carried, *grid = map(self.number.__getitem__, map(id, [env.carrying, *env.grid.grid]))
        except KeyError:
            raise UserError(f"{self._called()} makes new things as it is stepped") from None
        doors = tuple((bool(door.is_open), bool(door.is_locked)) for door in self.doors)
        return row, column, int(env.agent_dir), carried, tuple(grid), doors

    def _called(self) -> str:
        return type(self.env).__name__

    def put(self, key: _Key) -> None:
        """Put the environment into a state."""
        env, (row, column, facing, carried, grid, doors) = self.env, key
        env.agent_pos, env.agent_dir, env.step_count = (column, row), facing, 0
        env.carrying = None if carried < 0 else self.objects[carried]
        env.grid.grid = [None if index < 0 else self.objects[index] for index in grid]
        for index in self.movable.intersection(grid):
            cell = grid.index(index)
            self.objects[index].cur_pos = (cell % self.width, cell // self.width)
        for door, (opened, locked) in zip(self.doors, doors, strict=True):
            door.is_open, door.is_locked = opened, locked

    def outside(self) -> tuple[Any, ...]:
        """What a step must not change: the random stream, and plain attributes beside the state."""
        plain = {
            name: value
            for name, value in self.env.__dict__.items()
            if name not in _STATE and isinstance(value, _PLAIN)
        }
        return self.env.np_random.bit_generator.state, plain

    def explore(self, names: tuple[str, ...]) -> Bare:
        """Every state, from the one that the environment is in."""
        first, outside = self.key(), self.outside()
        order: dict[tuple[_Key, bool], int] = {(first, False): 0}
        states = [(first, False)]
        goals, pays = [], []
        for here, over in states:
            for action in self.actions:
                goal, paid = (here, over), 0.0
                if not over:
                    self.put(here)
                    _, paid, ends, _, _ = self.env.step(action)
                    if self.outside() != outside:
                        raise UserError(self._refusal(outside))
                    goal = self.key(), bool(ends)
                if goal not in order:
                    if len(states) >= self.most:
                        raise UserError(
                            f"{self._called()} has more than {self.most:,} states; fewer actions "
                            "(leaving out drop, say) or a larger max_states"
                        )
                    order[goal] = len(states)
                    states.append(goal)
                goals.append(order[goal])
                pays.append(float(paid))
        total, count = len(states), len(self.actions)
        steps = np.ones(total * count), (np.arange(total * count), np.array(goals))
        return Bare(
            moves=sp.csr_array(steps, shape=(total * count, total)),
            reward=np.array(pays).reshape(total, count),
            start=np.eye(1, total)[0],
            terminal=np.array([over for _, over in states]),
            labels=distinct([self._label(key, first) + ", over" * over for key, over in states]),
            actions=names,
            cells=tuple((key[0], key[1]) for key, _ in states),
        )

    def _refusal(self, outside: tuple[Any, ...]) -> str:
        drawn, plain = self.outside()
        if drawn != outside[0]:
            return f"{self._called()} draws at random as it is stepped; only fixed ones can be read"
        name = next(n for n in {**plain, **outside[1]} if plain.get(n) != outside[1].get(n))
        return f"{self._called()} changes {name} as it is stepped, which is no part of a state"

    def _label(self, key: _Key, first: _Key) -> str:
        row, column, facing, carried, grid, doors = key
        words = [f"{row},{column} {_FACING[facing]}"]
        if carried >= 0:
            words.append(f"carrying {self._name(carried)}")
        for cell, index in enumerate(grid):
            if index >= 0 and first[4][cell] != index:
                place = f"{cell // self.width},{cell % self.width}"
                words.append(f"{self._name(index)} at {place}")
        for index in sorted(set(first[4]) - set(grid) - {carried, -1}):
            words.append(f"{self._name(index)} gone")
        for door, now, then in zip(self.doors, doors, first[5], strict=True):
            if now != then:
                how = "open" if now[0] else "locked" if now[1] else "closed"
                words.append(f"{self._name(self.number[id(door)])} {how}")
        return ", ".join(words)

    def _name(self, index: int) -> str:
        return f"{self.objects[index].color} {self.objects[index].type}"
