"""The chain that a planned agent and a truth make together, on (belief, state, channel).

The world moves and the hand speaks as they truly do; the belief moves by the assumed likelihood;
the agent does what its plan says at its belief. A node is one of

    (b, s, OFF)      about to act, channel off
    (b, s, ON)       about to act, channel on
    (b, s, ARRIVED)  just arrived with the channel on, nothing heard yet
    (b, s, DO + a)   channel on, the hand executes a

and a row is one way on from a node: a single one, or one for each tied action. Steps take time
(and are discounted); what happens on arrival takes none. Beliefs are explored in the order of the
number of corrections that changed them, so a cut after n changes drops only what lies behind n of
them; what is dropped is kept as a probability.

Guarantee: each row's flow plus what it cut off sums to one; nothing of probability zero under the
truth is explored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int

from corrigible.agents.base import Decision
from corrigible.planners.graph import BeliefGraph
from corrigible.problem import Truth

OFF, ON, ARRIVED, DO = 0, 1, 2, 3
Options = Callable[[np.ndarray], tuple[Decision, Bool[np.ndarray, "2 S A"]]]


@dataclass(frozen=True, eq=False)
class Chain:
    """A sparse Markov decision process with one row for each way on from a node.

    Args:
        belief: `[N]`, each node's belief in the graph.
        state: `[N]`.
        kind: `[N]`, OFF, ON, ARRIVED or DO + action.
        row_node: `[R]`, nondecreasing; every node has at least one row.
        row_action: `[R]`, the action executed, -1 on arrival.
        flow: `[R, N]`, probabilities, undiscounted.
        silenced: `[R]`, the probability that this step turns the channel off.
        cut: `[R]`, the probability that went beyond the explored beliefs.

    Source: this package.
    """

    belief: Int[np.ndarray, " N"]
    state: Int[np.ndarray, " N"]
    kind: Int[np.ndarray, " N"]
    row_node: Int[np.ndarray, " R"]
    row_action: Int[np.ndarray, " R"]
    flow: sp.csr_array
    silenced: Float[np.ndarray, " R"]
    cut: Float[np.ndarray, " R"]

    @property
    def is_single(self) -> bool:
        """Whether each node has one way on.

        Returns:
            True for a chain without choices; no arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return len(self.row_node) == len(self.belief)


@dataclass(frozen=True, eq=False)
class Heard:
    """What can be heard at one belief, given that a correction comes.

    Args:
        about: `[K]`, s_o.
        action: `[K]`, a*.
        chance: `[K]`, its true probability.
        belief: `[K]`, the belief after it; -1 beyond what is explored.
        alarm: the probability that it is impossible to the agent.

    Source: this package.
    """

    about: Int[np.ndarray, " K"]
    action: Int[np.ndarray, " K"]
    chance: Float[np.ndarray, " K"]
    belief: Int[np.ndarray, " K"]
    alarm: float


class Explorer:
    """Finds the nodes that an agent in a truth can reach.

    Args:
        graph: the agent's beliefs; its problem is what the agent assumes.
        truth: what is.
        options: belief weights `[H]` -> (decision, `[2, S, A]`: the actions that may be taken with
            the channel on and off).
        changes: beliefs after more than this many changes are not explored; no limit where None.
        cap: beliefs are explored until this many are known.

    Source: this package.
    """

    def __init__(
        self, graph: BeliefGraph, truth: Truth, options: Options, changes: int | None, cap: int
    ) -> None:
        self.graph = graph
        self.truth = truth
        self.states: int = truth.world.n_states
        self.actions: int = truth.world.n_actions
        self.kinds: int = DO + self.actions
        hand = truth.overseer
        self.overrides: bool = hand.mode == "overrides"
        self.asks: bool = hand.about == "asked" and graph.problem.overseer.about == "asked"
        self.speaks: bool = hand.rate > 0 and (self.asks or hand.about != "asked")
        self._limit = np.inf if changes is None else changes
        self._cap = cap
        self._options = options
        self._level: dict[int, int] = {0: 0}
        self._decisions: dict[int, tuple[Decision, np.ndarray]] = {}
        self._heard: dict[tuple[int, int | None], Heard] = {}
        self._merged: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        world = truth.world
        self._off_off = _Lists(world.transition_matrix - world.back_matrix)
        self._off_on = _Lists(world.back_matrix)
        self._on_off = _Lists(world.off_matrix)
        self._on_on = _Lists(world.on_matrix)
        self._pieces: list[tuple[np.ndarray, ...]] = []
        self._edges: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._rows = 0

    def decision(self, belief: int) -> tuple[Decision, Bool[np.ndarray, "2 S A"]]:
        """What the agent does at a belief, and what else it might as well do.

        Args:
            belief: its number in the graph.

        Returns:
            (decision, `[2, S, A]` actions with the channel on and off).

        Raises:
            TooManyBeliefs: the plan cannot be continued from there.

        Source: this package.
        """
        known = self._decisions.get(belief)
        if known is None:
            known = self._decisions[belief] = self._options(self.graph.weights(belief))
        return known

    def heard(self, belief: int, about: int | None) -> Heard:
        """What the true hand can say, and what that does to the belief.

        Args:
            belief: its number in the graph.
            about: s_o; a uniformly drawn state where None.

        Returns:
            See `Heard`.

        Raises:
            Nothing.

        Source: Bayes' rule.
        """
        known = self._heard.get((belief, about))
        if known is not None:
            return known
        asked = np.arange(self.states) if about is None else np.array([about])
        where, told = np.nonzero(self.truth.likelihood[asked] > 0.0)
        where = asked[where]
        chance = self.truth.likelihood[where, told] / len(asked)
        alarm = self.graph.predictive(belief)[where, told] <= 0.0
        if len(self._level) < self._cap:
            after = self.graph.successors(belief, asked)[where, told]
            level = self._level[belief] + 1
            for node in np.unique(after[after != belief]).tolist():
                if self._level.setdefault(node, level) > self._limit:
                    after = np.where(after == node, -1, after)
        else:
            after = np.where(alarm, belief, -1)
        known = Heard(where, told, chance, after, float(chance[alarm].sum()))
        self._heard[(belief, about)] = known
        return known

    def code(self, belief: np.ndarray, state: np.ndarray, kind: np.ndarray | int) -> np.ndarray:
        """One number for each node.

        Args:
            belief: `[N]`.
            state: `[N]`.
            kind: `[N]` or one for all.

        Returns:
            `[N]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return (belief * self.states + state) * self.kinds + kind

    def explore(self, seeds: Int[np.ndarray, " K"]) -> tuple[Chain, Int[np.ndarray, " K"]]:
        """Everything that can be reached from the seeds.

        Args:
            seeds: `[K]`, codes of nodes.

        Returns:
            (the chain, `[K]`: the seeds' places in it).

        Raises:
            TooManyBeliefs: the plan cannot be continued at a belief that is reached.

        Source: this package.
        """
        waiting: dict[int, list[np.ndarray]] = {0: [np.unique(seeds)]}
        seen = np.unique(seeds)
        while waiting:
            level = min(waiting)
            frontier = np.concatenate(waiting.pop(level))
            first_edge = len(self._edges)
            self._steps(frontier)
            self._arrive(frontier)
            found = [np.unique(targets) for _, targets, _ in self._edges[first_edge:]]
            fresh = np.setdiff1d(np.unique(np.concatenate([*found, frontier])), seen)
            seen = np.union1d(seen, fresh)
            levels = self._levels(fresh)
            for value in np.unique(levels).tolist():
                waiting.setdefault(value, []).append(fresh[levels == value])
        return self._assemble(seen), np.searchsorted(seen, seeds)

    def _levels(self, codes: np.ndarray) -> np.ndarray:
        beliefs, inverse = np.unique(codes // (self.states * self.kinds), return_inverse=True)
        return np.array([self._level[b] for b in beliefs.tolist()], dtype=np.int64)[inverse]

    def _split(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rest, kind = np.divmod(codes, self.kinds)
        belief, state = np.divmod(rest, self.states)
        return belief, state, kind

    def _add_rows(
        self, codes: np.ndarray, action: np.ndarray, silenced: np.ndarray, cut: np.ndarray
    ) -> np.ndarray:
        rows = np.arange(self._rows, self._rows + len(codes))
        self._rows += len(codes)
        self._pieces.append((codes, action, silenced, cut))
        return rows

    def _steps(self, frontier: np.ndarray) -> None:
        """Rows of the nodes where somebody acts."""
        codes = frontier[frontier % self.kinds != ARRIVED]
        belief, state, kind = self._split(codes)
        rows, actions = [np.flatnonzero(kind >= DO)], [kind[kind >= DO] - DO]
        for which, wanted in enumerate((ON, OFF)):
            here = np.flatnonzero(kind == wanted)
            known, inverse = np.unique(belief[here], return_inverse=True)
            allowed = np.array([self.decision(b)[1][which] for b in known.tolist()], dtype=bool)
            if here.size:
                at, action = np.nonzero(allowed[inverse, state[here]])
                rows.append(here[at])
                actions.append(action)
        node, action = np.concatenate(rows), np.concatenate(actions)
        on = kind[node] != OFF
        pair = state[node] * self.actions + action
        silenced = np.where(on, self._on_off.sums[pair], 0.0)
        row = self._add_rows(codes[node], action, silenced, np.zeros(len(node)))
        for lists, which, into in (
            (self._on_off, on, OFF),
            (self._on_on, on, ARRIVED),
            (self._off_off, ~on, OFF),
            (self._off_on, ~on, ARRIVED),
        ):
            source, target, chance = lists.take(pair[which])
            codes_there = self.code(belief[node][which][source], target, into)
            self._edges.append((row[which][source], codes_there, chance))

    def _arrive(self, frontier: np.ndarray) -> None:
        """Rows of the nodes where something may be heard."""
        codes = frontier[frontier % self.kinds == ARRIVED]
        belief, state, _ = self._split(codes)
        row = self._add_rows(codes, np.full(len(codes), -1), *np.zeros((2, len(codes))))
        silence = np.ones(len(codes))
        cut = self._pieces[-1][3]
        rate = self.truth.overseer.rate if self.speaks else 0.0
        sources: list[int] = []
        targets: list[np.ndarray] = []
        chances: list[np.ndarray] = []
        for n, (b, s) in enumerate(zip(belief.tolist(), state.tolist(), strict=True)):
            if not rate:
                break
            after, kind, chance = self._hears(b, s)
            if not chance.size:
                continue
            silence[n] = 1.0 - rate
            lost = after < 0
            cut[n] = rate * chance[lost].sum()
            sources.extend([n] * int(np.count_nonzero(~lost)))
            targets.append(self.code(after[~lost], np.full(1, s), kind[~lost]))
            chances.append(rate * chance[~lost])
        if sources:
            self._edges.append((row[sources], np.concatenate(targets), np.concatenate(chances)))
        speaks = silence > 0.0
        quiet = self.code(belief, state, ON)
        self._edges.append((row[speaks], quiet[speaks], silence[speaks]))

    def _hears(self, belief: int, state: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(beliefs after, kinds of node, chances) where a correction comes in this state."""
        hand = self.truth.overseer
        if hand.about == "uniform":
            return self._hears_any(belief)
        about = int(self.decision(belief)[0].ask[state]) if self.asks else state
        if about < 0:
            return _NOTHING
        heard = self.heard(belief, about)
        kind = DO + heard.action if self.overrides else np.full(len(heard.action), ON)
        return heard.belief, kind, heard.chance

    def _hears_any(self, belief: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        known = self._merged.get(belief)
        if known is None:
            heard = self.heard(belief, None)
            after, inverse = np.unique(heard.belief, return_inverse=True)
            chance = np.bincount(inverse, heard.chance)
            known = self._merged[belief] = (after, np.full(len(after), ON), chance)
        return known

    def _assemble(self, seen: np.ndarray) -> Chain:
        codes, action, silenced, cut = (
            np.concatenate(parts) for parts in zip(*self._pieces, strict=True)
        )
        order = np.lexsort((action, codes))
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        row, target, chance = (np.concatenate(parts) for parts in zip(*self._edges, strict=True))
        flow = sp.csr_array(
            (chance, (place[row], np.searchsorted(seen, target))), shape=(len(order), len(seen))
        )
        flow.sum_duplicates()
        belief, state, kind = self._split(seen)
        return Chain(
            belief,
            state,
            kind,
            np.searchsorted(seen, codes[order]),
            action[order],
            flow,
            silenced[order],
            cut[order],
        )


_NOTHING = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


class _Lists:
    """The entries of many rows of a sparse matrix at once."""

    def __init__(self, flow: sp.csr_array) -> None:
        matrix = sp.csr_array(flow, copy=True)
        matrix.data = np.clip(np.asarray(matrix.data, dtype=np.float64), 0.0, 1.0)
        matrix.eliminate_zeros()
        self._first = np.asarray(matrix.indptr, dtype=np.int64)
        self._column = np.asarray(matrix.indices, dtype=np.int64)
        self._chance = np.asarray(matrix.data, dtype=np.float64)
        self.sums = np.add.reduceat(np.append(self._chance, 0.0), self._first[:-1])
        self.sums[np.diff(self._first) == 0] = 0.0

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(which of the rows, column, probability) of every entry."""
        length = (self._first[1:] - self._first[:-1])[rows]
        source = np.repeat(np.arange(len(rows)), length)
        offset = np.arange(len(source)) - np.repeat(np.cumsum(length) - length, length)
        entry = self._first[rows][source] + offset
        return source, self._column[entry], self._chance[entry]
