"""The same agent in many episodes at once, so that there is one rollout loop and it is fast.

The loop over time asks a crowd what everybody does next. A crowd of `Follower`s works out each
(belief, signal) once, however many episodes meet it; any other agent is played one by one.

Guarantee: both crowds give the same actions for a `Follower`; what one episode does never depends
on another.
"""

from __future__ import annotations

import abc
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from corrigible.agents.base import Agent, Decision
from corrigible.agents.bayes import Follower, check_problem, hear
from corrigible.keys import Key, generator, split
from corrigible.problem import Problem

_BELIEFS_HELD = 20_000
_KEY_RANGE = 2**63 - 1


class Crowd(abc.ABC):
    """One agent in E episodes.

    Source: this package.
    """

    @abc.abstractmethod
    def ask(
        self, states: Int[np.ndarray, " E"], arrived: Bool[np.ndarray, " E"]
    ) -> Int[np.ndarray, " E"]:
        """What everybody asks about on arrival.

        Args:
            states: `[E]`, the states arrived in.
            arrived: `[E]`, where a question would be heard.

        Returns:
            `[E]`, the states asked about, -1 to decline.

        Raises:
            Nothing.

        Source: this package.
        """

    @abc.abstractmethod
    def act(
        self,
        states: Int[np.ndarray, " E"],
        channel: Bool[np.ndarray, " E"],
        signals: Int[np.ndarray, "E 2"],
    ) -> tuple[Int[np.ndarray, " E"], Bool[np.ndarray, " E"]]:
        """Everybody hears, then chooses.

        Args:
            states: `[E]`.
            channel: `[E]`, whether it is on.
            signals: `[E, 2]`, (s_o, a*), -1 for silence.

        Returns:
            (`[E]` actions, `[E]` whether what was heard was an alarm).

        Raises:
            Nothing.

        Source: this package.
        """


def gather(agent: Agent, problem: Problem, key: Key, episodes: int) -> Crowd:
    """The fastest crowd that plays this agent. The key is consumed.

    Args:
        agent: any agent.
        problem: what it is to assume.
        key: an int or a JAX key.
        episodes: E.

    Returns:
        A crowd at its first step; no arrays, no shapes.

    Raises:
        UserError: a problem that the agent was not made for.

    Source: this package.
    """
    if isinstance(agent, Follower):
        return Followers(agent, problem, episodes)
    return OneByOne(agent, problem, key, episodes)


class OneByOne(Crowd):
    """Every episode's agent state by itself: for agents that remember or draw.

    Args:
        agent: any agent.
        problem: what it is to assume.
        key: an int or a JAX key, consumed.
        episodes: E.

    Raises:
        UserError: a problem that the agent was not made for.

    Source: this package.
    """

    def __init__(self, agent: Agent, problem: Problem, key: Key, episodes: int) -> None:
        self._agent = agent
        self._draws = [generator(k) for k in split(key, episodes)]
        self._states: list[Any] = [agent.init(problem, self._key(e)) for e in range(episodes)]

    def ask(
        self, states: Int[np.ndarray, " E"], arrived: Bool[np.ndarray, " E"]
    ) -> Int[np.ndarray, " E"]:
        """See `Crowd.ask`.

        Args:
            states: `[E]`.
            arrived: `[E]`.

        Returns:
            `[E]`, -1 to decline.

        Raises:
            Nothing.

        Source: this package.
        """
        asked = np.full(len(states), -1)
        for e in np.flatnonzero(arrived).tolist():
            about, self._states[e] = self._agent.ask(self._states[e], int(states[e]), self._key(e))
            asked[e] = -1 if about is None else about
        return asked

    def act(
        self,
        states: Int[np.ndarray, " E"],
        channel: Bool[np.ndarray, " E"],
        signals: Int[np.ndarray, "E 2"],
    ) -> tuple[Int[np.ndarray, " E"], Bool[np.ndarray, " E"]]:
        """See `Crowd.act`.

        Args:
            states: `[E]`.
            channel: `[E]`.
            signals: `[E, 2]`, -1 for silence.

        Returns:
            (`[E]` actions, `[E]` alarms).

        Raises:
            Nothing.

        Source: this package.
        """
        actions = np.empty(len(states), dtype=np.int64)
        alarms = np.zeros(len(states), dtype=bool)
        for e in range(len(states)):
            about, told = int(signals[e, 0]), int(signals[e, 1])
            observation = (int(states[e]), bool(channel[e]), None if about < 0 else (about, told))
            actions[e], self._states[e], info = self._agent.act(
                self._states[e], observation, self._key(e)
            )
            alarms[e] = info.alarm
        return actions, alarms

    def _key(self, episode: int) -> int:
        return int(self._draws[episode].integers(_KEY_RANGE))


class Followers(Crowd):
    """Agents that are a function of their belief: each belief is worked out once for all.

    Args:
        agent: a follower.
        problem: must be its own.
        episodes: E.

    Raises:
        UserError: another problem.

    Source: this package.
    """

    def __init__(self, agent: Follower, problem: Problem, episodes: int) -> None:
        check_problem(agent.problem, problem)
        self._agent = agent
        self._problem = problem
        self._node = np.zeros(episodes, dtype=np.int64)
        self._forget()
        self._add([problem.weights()])

    def ask(
        self, states: Int[np.ndarray, " E"], arrived: Bool[np.ndarray, " E"]
    ) -> Int[np.ndarray, " E"]:
        """See `Crowd.ask`.

        Args:
            states: `[E]`.
            arrived: `[E]`.

        Returns:
            `[E]`, -1 to decline.

        Raises:
            TooManyBeliefs: the plan behind the agent cannot be continued from here.

        Source: this package.
        """
        asked = np.full(len(states), -1)
        if self._problem.overseer.about == "asked" and arrived.any():
            asked[arrived] = self._tables[self._node[arrived], 2, states[arrived]]
        return asked

    def act(
        self,
        states: Int[np.ndarray, " E"],
        channel: Bool[np.ndarray, " E"],
        signals: Int[np.ndarray, "E 2"],
    ) -> tuple[Int[np.ndarray, " E"], Bool[np.ndarray, " E"]]:
        """See `Crowd.act`.

        Args:
            states: `[E]`.
            channel: `[E]`.
            signals: `[E, 2]`, -1 for silence.

        Returns:
            (`[E]` actions, `[E]` alarms).

        Raises:
            TooManyBeliefs: the plan behind the agent cannot be continued from here.

        Source: this package.
        """
        alarms = np.zeros(len(states), dtype=bool)
        heard = np.flatnonzero(signals[:, 0] >= 0)
        if heard.size:
            actions = self._problem.world.n_actions
            states_ = self._problem.world.n_states
            code = (self._node[heard] * states_ + signals[heard, 0]) * actions + signals[heard, 1]
            codes, inverse = np.unique(code, return_inverse=True)
            found = self._after(codes.tolist(), states_, actions)
            self._node[heard] = np.array([node for node, _ in found])[inverse]
            alarms[heard] = np.array([alarm for _, alarm in found])[inverse]
            if len(self._weights) > _BELIEFS_HELD:
                self._compact()
        chosen = self._tables[self._node, np.where(channel, 0, 1), states]
        return chosen, alarms

    def _after(self, codes: list[int], states: int, actions: int) -> list[tuple[int, bool]]:
        """The nodes after some signals, and whether each was an alarm."""
        fresh: dict[int, np.ndarray] = {}
        for code in codes:
            if code in self._edges:
                continue
            rest, told = divmod(code, actions)
            node, about = divmod(rest, states)
            weights, alarm = hear(self._problem, self._weights[node], (about, told))
            if alarm:
                self._edges[code] = (node, True)
            else:
                fresh[code] = weights
        for code, node in zip(fresh, self._add(list(fresh.values())), strict=True):
            self._edges[code] = (node, False)
        return [self._edges[code] for code in codes]

    def _add(
        self, beliefs: list[np.ndarray], decisions: list[np.ndarray] | None = None
    ) -> list[int]:
        """The nodes of beliefs; what is to be done at new ones is worked out for all at once."""
        first, nodes = len(self._weights), []
        for weights in beliefs:
            # Beliefs that differ in the last bits only, after the same evidence in another order,
            # are one: low bits of the float are dropped, which leaves zeros apart from all else.
            name = ((weights.view(np.int64) + (1 << 13)) >> 14).tobytes()
            node = self._index.setdefault(name, len(self._weights))
            if node == len(self._weights):
                self._weights.append(weights)
            nodes.append(node)
        fresh = len(self._weights) - first
        if fresh:
            if decisions is None:
                found = self._agent.decide_all(np.stack(self._weights[first:]))
                decisions = [_rows(decision) for decision in found]
            if len(self._weights) > len(self._tables):
                shape = (max(16, first, fresh), *self._tables.shape[1:])
                self._tables = np.concatenate([self._tables, np.zeros(shape, dtype=np.int64)])
            self._tables[first : first + fresh] = decisions
        return nodes

    def _forget(self) -> None:
        self._weights: list[np.ndarray] = []
        self._index: dict[bytes, int] = {}
        self._edges: dict[int, tuple[int, bool]] = {}
        self._tables = np.zeros((0, 3, self._problem.world.n_states), dtype=np.int64)

    def _compact(self) -> None:
        """Keep the beliefs that somebody holds."""
        live, self._node = np.unique(self._node, return_inverse=True)
        kept = [(self._weights[n], self._tables[n]) for n in live]
        self._forget()
        self._add([weights for weights, _ in kept], [table for _, table in kept])


def _rows(decision: Decision) -> np.ndarray:
    return np.stack([decision.on, decision.off, decision.ask])
