"""One episode, arrival by arrival, for an overseer that is a person.

The order of events is that of `simulate`: at time 0 nothing is heard; then, again and again, the
agent hears what is said on this arrival (or silence), chooses, and the step leads to the next
arrival. What a person will say cannot be drawn, so here it is given from outside, one arrival at a
time, and may be taken back: the agent's states are never changed in place, and luck belongs to a
time and not to what was said before.

Guarantee: with the same key and the same words, said at the same times, the record is that of
`simulate`; `respond` changes nothing; after `undo` the same words lead to the same record again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from corrigible.agents.base import Agent
from corrigible.errors import UserError
from corrigible.keys import Key, generator, split
from corrigible.overseers.base import Signal
from corrigible.problem import Problem, Truth
from corrigible.simulate.nature import Nature
from corrigible.simulate.record import Record
from corrigible.simulate.rollout import check_fit, recorded

_KEY_RANGE = 2**63 - 1


@dataclass(frozen=True)
class Arrival:
    """Where the agent is, before anything is said about it.

    Args:
        time: 0 at the start.
        state: arrived in.
        channel_on: whether the agent can hear.
        asked: the state that the agent asks about, None where it does not.
        held: what the agent carries.
        drawn: how many of the agent's keys are used up.

    Source: this package.
    """

    time: int
    state: int
    channel_on: bool
    asked: int | None
    held: Any
    drawn: int


@dataclass(frozen=True)
class Response:
    """What an agent does on an arrival, having heard what was said.

    Args:
        signal: (s_o, a*), or None for silence.
        action: its own choice.
        executed: what happens; not its own choice where a hand overrides.
        weights: `[H]`, its belief after hearing.
        alarm: whether it had called impossible what it heard.
        held: what it carries from here.

    Source: this package.
    """

    signal: Signal | None
    action: int
    executed: int
    weights: Float[np.ndarray, " H"]
    alarm: bool
    held: Any


class Session:
    """One episode in which every correction is given from outside. The key is consumed.

    Args:
        agent: plays from its prior.
        truth: its world decides what happens; of its overseer only `about`, `mode` and `ask_cost`
            are read, so it may be a `Human`.
        key: an int or a JAX key.
        problem: what the agent assumes; its own `problem` where None.

    Raises:
        UserError: an agent without a problem, or a truth whose states and actions are not the
            problem's.

    Source: this package.
    """

    def __init__(
        self, agent: Agent, truth: Truth, key: Key, problem: Problem | None = None
    ) -> None:
        assumed = problem if problem is not None else getattr(agent, "problem", None)
        if not isinstance(assumed, Problem):
            raise UserError("this agent does not carry its problem; give problem=")
        check_fit(assumed, truth)
        world_key, agent_key = split(key, 2)
        self.agent: Agent = agent
        self.truth: Truth = truth
        self.problem: Problem = assumed
        self._nature = Nature(truth, asks=assumed.overseer.about == "asked")
        self._draw, self._luck = generator(world_key), []
        self._key_draw, self._keys = generator(split(agent_key, 1)[0]), []
        start = int(self._nature.start(self._draw, 1)[0])
        held = agent.init(assumed, self._key(0))
        self._arrivals = [Arrival(0, start, True, None, held, 1)]
        self._responses: list[Response] = []
        self._known: dict[Signal | None, Response] = {}

    @property
    def now(self) -> Arrival:
        """The present arrival.

        Returns:
            The latest one. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return self._arrivals[-1]

    def arrival(self, time: int) -> Arrival:
        """An arrival of this episode.

        Args:
            time: at most `now.time`.

        Returns:
            The arrival. No arrays, no shapes.

        Raises:
            IndexError: it has not come.

        Source: this package.
        """
        return self._arrivals[time]

    @property
    def responses(self) -> tuple[Response, ...]:
        """What was said and done so far.

        Returns:
            One a step, `weights` `[H]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return tuple(self._responses)

    def refusal(self, signal: Signal | None) -> str | None:
        """Why the agent cannot hear this here.

        Args:
            signal: (s_o, a*), or None for silence, which is always heard.

        Returns:
            One line, or None where it can. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        if signal is None:
            return None
        here, hand, world = self.now, self.truth.overseer, self.truth.world
        state, action = signal
        if not (0 <= state < world.n_states and 0 <= action < world.n_actions):
            return f"there is no state {state} with an action {action}"
        if here.time == 0:
            return "nothing is heard at the start; the first correction comes after the first step"
        if not here.channel_on:
            return "the channel is off: the agent hears nothing"
        if hand.about == "asked" and here.asked is None:
            return "this agent hears answers only, and it asks nothing here"
        if hand.about == "asked" and state != here.asked:
            return f"the agent asks about {world.label(here.asked or 0)}; only that can be answered"
        if hand.mode == "overrides" and state != here.state:
            return f"a hand that overrides acts where the agent is, at {world.label(here.state)}"
        return None

    def respond(self, signal: Signal | None = None) -> Response:
        """What the agent would do if this were said now. Nothing happens.

        Args:
            signal: (s_o, a*), or None for silence.

        Returns:
            Its response, `weights` `[H]`.

        Raises:
            UserError: it cannot hear this here, or cannot plan on from what it would then believe.

        Source: this package.
        """
        reason = self.refusal(signal)
        if reason is not None:
            raise UserError(reason)
        if signal not in self._known:
            here = self.now
            observation = (here.state, here.channel_on, signal)
            action, held, info = self.agent.act(here.held, observation, self._key(here.drawn))
            forced = signal is not None and self.truth.overseer.mode == "overrides"
            executed = signal[1] if signal is not None and forced else action
            found = Response(signal, action, executed, info.weights, info.alarm, held)
            self._known[signal] = found
        return self._known[signal]

    def hear(self, signal: Signal | None = None) -> Response:
        """Say this, let the agent act, and go on to the next arrival.

        Args:
            signal: (s_o, a*), or None for silence.

        Returns:
            What it did, `weights` `[H]`.

        Raises:
            UserError: it cannot hear this here, or cannot plan on from what it would then believe.

        Source: this package.
        """
        here, found = self.now, self.respond(signal)
        luck = self._luck_at(here.time)
        there, on = self._nature.step(
            np.array([here.state]), np.array([found.executed]), np.array([here.channel_on]), luck
        )
        held, drawn, asked = found.held, here.drawn + 1, None
        if self._nature.answers and on[0]:
            asked, held = self.agent.ask(held, int(there[0]), self._key(drawn))
            drawn += 1
        self._responses.append(found)
        arrival = Arrival(here.time + 1, int(there[0]), bool(on[0]), asked, held, drawn)
        self._arrivals.append(arrival)
        self._known = {}
        return found

    def undo(self) -> Response:
        """Take the last step back, and what was said before it.

        Returns:
            What is undone; `now` is again the arrival before it; `weights` `[H]`.

        Raises:
            UserError: nothing has happened yet.

        Source: this package.
        """
        if not self._responses:
            raise UserError("there is nothing to take back")
        self._arrivals.pop()
        self._known = {}
        return self._responses.pop()

    def record(self) -> Record:
        """The episode so far.

        Returns:
            One episode of as many steps as were taken: `[1, T]` and `[1, T+1]`.

        Raises:
            Nothing.

        Source: this package.
        """
        silence = (-1, -1)
        said = [found.signal or silence for found in self._responses]
        return recorded(
            self.truth,
            np.array([[a.state for a in self._arrivals]]),
            np.array([[a.channel_on for a in self._arrivals]]),
            np.array([[*said, silence]]),
            np.array([[-1 if a.asked is None else a.asked for a in self._arrivals]]),
            np.array([[found.action for found in self._responses]], dtype=np.int64),
            np.array([[found.alarm for found in self._responses]], dtype=bool),
        )

    def _key(self, index: int) -> int:
        while len(self._keys) <= index:
            self._keys.append(int(self._key_draw.integers(_KEY_RANGE)))
        return self._keys[index]

    def _luck_at(self, time: int) -> np.ndarray:
        while len(self._luck) <= time:
            self._luck.append(self._draw.random((5, 1)))
        return self._luck[time][:2]
