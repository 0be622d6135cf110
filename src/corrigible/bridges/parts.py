"""A process cut into the parts that an observation tells apart.

Two states are in one part where some action and observation allow both. After the first step a
belief therefore lies inside one part, and its vectors and points are as long as that part has
states: a process whose position is seen and whose hypothesis is hidden splits into as many parts as
there are positions, a process that shows nothing is one part. The first belief, which may straddle
several, is a part of its own with a single state.

Observations that say the same, up to a factor, about every state that may have been reached are one
outcome: they lead to the same belief.

Guarantee: no value is changed.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int
from scipy.sparse import csgraph

from corrigible.bridges.pomdp import Pomdp


@dataclass(frozen=True)
class Outcome:
    """One observation, or several that say the same, after one action from one part.

    Args:
        part: where it leads.
        at: `[K]`, columns of the step's flow that allow it.
        into: `[K]`, the same states as numbered in that part.
        chance: `[K]`, O(o|a,s') there, summed over those observations.

    Source: this package.
    """

    part: int
    at: Int[np.ndarray, " K"]
    into: Int[np.ndarray, " K"]
    chance: Float[np.ndarray, " K"]


@dataclass(frozen=True)
class Step:
    """One action from one part.

    Args:
        reward: `[N]`, by the part's states.
        flow: `[N, M]`, T towards the states that it can lead to.
        outcomes: what can be observed then.

    Source: this package.
    """

    reward: Float[np.ndarray, " N"]
    flow: Float[np.ndarray, "N M"]
    outcomes: tuple[Outcome, ...]


class Parts:
    """The parts of a process; the last is the first belief.

    Args:
        pomdp: arrays `[A, S, S]`, `[A, S, O]`, `[A, S]`.

    Source: Ong, Png, Hsu & Lee 2010, for what is seen kept out of the belief; finding it in any
        process is this package's.
    """

    def __init__(self, pomdp: Pomdp) -> None:
        self.pomdp = pomdp
        entered = pomdp.transition.max(axis=1) > 0.0
        self.part_of = self._split(entered)
        count = int(self.part_of.max()) + 1
        order = np.argsort(self.part_of, kind="stable")
        bounds = np.searchsorted(self.part_of[order], np.arange(count + 1))
        self.states = [order[a:b] for a, b in itertools.pairwise(bounds)]
        self.local = np.empty(len(order), dtype=np.int64)
        for states in self.states:
            self.local[states] = np.arange(len(states))
        eye = np.eye(len(order))
        self.steps = [self._steps(eye[states]) for states in self.states]
        self.steps.append(self._steps(pomdp.start[None]))
        self.sizes = [len(states) for states in self.states] + [1]

    def _split(self, entered: np.ndarray) -> np.ndarray:
        """The part of every state: components of the graph of states and (action, observation)."""
        possible = (self.pomdp.observation > 0.0) & entered[:, :, None]
        actions, states, seen = possible.shape
        a, s, o = np.nonzero(possible)
        total = states + actions * seen
        links = sp.csr_array((np.ones(len(s)), (s, states + a * seen + o)), shape=(total, total))
        labels = csgraph.connected_components(links, directed=False)[1][:states]
        return np.unique(labels, return_inverse=True)[1]

    def _steps(self, rows: np.ndarray) -> list[Step]:
        """Every action from a set of beliefs that are taken for states, `[N, S]`."""
        pomdp, found = self.pomdp, []
        for action in range(len(pomdp.actions)):
            flow = rows @ pomdp.transition[action]
            columns = np.flatnonzero(flow.max(axis=0) > 0.0)
            outcomes = self._outcomes(pomdp.observation[action, columns], columns)
            reward = rows @ pomdp.reward[action]
            found.append(Step(reward, flow[:, columns], outcomes))
        return found

    def _outcomes(self, shows: np.ndarray, columns: np.ndarray) -> tuple[Outcome, ...]:
        """What can be observed, `[M, O]` by the states led to; the proportional is one outcome."""
        found: dict[tuple[bytes, bytes], Outcome] = {}
        for seen in np.flatnonzero(shows.max(axis=0) > 0.0):
            at = np.flatnonzero(shows[:, seen])
            chance = shows[at, seen]
            name = at.tobytes(), np.round(chance / chance.max(), 12).tobytes()
            if name in found:
                # Told apart by nothing: either leads to the same belief.
                chance = chance + found[name].chance
            into = columns[at]
            part = int(self.part_of[into[0]])
            found[name] = Outcome(part, at, self.local[into], chance)
        return tuple(found.values())

    def corners(self) -> Float[np.ndarray, "A S"]:
        """An upper end of Q at every state, as if it were known: the fast informed bound.

        Returns:
            `[A, S]`.

        Raises:
            Nothing.

        Source: Hauskrecht 2000
        """
        pomdp, g = self.pomdp, self.pomdp.discount
        q = np.full(pomdp.reward.shape, pomdp.reward.max() / (1.0 - g))
        fall = np.zeros_like(q)
        scale = max(1.0, float(np.abs(q).max()))
        for _ in range(3000):
            # From above every iterate is an upper end, so stopping early is safe.
            better = pomdp.reward + g * pomdp.transition @ q.max(axis=0)
            fall, q = q - better, np.minimum(q, better)
            if fall.max() <= 1e-9 * scale:
                break
        q = q - _to_come(fall, g)
        joint, rows = self._joint()
        for _ in range(300):
            told = (joint @ q.T).max(axis=1)
            better = pomdp.reward + g * np.bincount(rows, told, q.size).reshape(q.shape)
            fall, q = q - better, np.minimum(q, better)
            if fall.max() <= 1e-9 * scale:
                break
        return q - _to_come(fall, g)

    def _joint(self) -> tuple[sp.csr_array, np.ndarray]:
        """T(s'|s,a) O(o|a,s') with a row for every (a, s, o) that can be, and its a S + s."""
        pomdp, blocks, rows = self.pomdp, [], []
        count = len(pomdp.states)
        for action in range(len(pomdp.actions)):
            flow = sp.csr_array(pomdp.transition[action])
            for seen in range(len(pomdp.observations)):
                chance = pomdp.observation[action, :, seen]
                if chance.any():
                    block = sp.csr_array(flow @ sp.diags_array(chance))
                    kept = np.flatnonzero(np.diff(block.indptr))
                    blocks.append(block[kept])
                    rows.append(action * count + kept)
        return sp.csr_array(sp.vstack(blocks)), np.concatenate(rows)

    def blind(self) -> Float[np.ndarray, "A S"]:
        """What always doing the same is worth, by a linear solve and rounded down.

        Returns:
            `[A, S]`.

        Raises:
            Nothing.

        Source: Hauskrecht 2000
        """
        pomdp, g = self.pomdp, self.pomdp.discount
        found = np.empty(pomdp.reward.shape)
        for action, reward in enumerate(pomdp.reward):
            flow = pomdp.transition[action]
            value = np.linalg.solve(np.eye(len(reward)) - g * flow, reward)
            short = float((value - reward - g * flow @ value).max())
            found[action] = value - max(0.0, short) / (1.0 - g)
        return found


def _to_come(fall: np.ndarray, discount: float) -> float:
    """By how much further steps lower every value, if the last one lowered each by so much.

    Where all fall by at least d, the next step lowers them by g d, and so on: g d / (1-g) in all
    (MacQueen 1966). What merely leads round in circles is thereby told at once.
    """
    return max(0.0, float(fall.min())) * discount / (1.0 - discount)
