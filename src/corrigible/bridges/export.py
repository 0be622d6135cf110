"""This package's problems as partially observable decision processes.

A state of the export is a hypothesis and a *place*; the place is seen, the hypothesis is not, and
hypotheses never change. A correction is an observation, made together with the place arrived in.

    hand                       place                          seen on arrival
    advises, current, uniform  s, channel                     the place, and (s_o, a*) or nothing
    overrides                  s, channel, a* that waits      the place
    asked                      s, channel, phase              the place, and a* or nothing

*Overrides*: what is said on arrival waits in the place and is executed at that step, whatever the
agent does. *Asked*: a step becomes two of discount sqrt(g): arriving, where every action is a
question (about one state; the agent's own actions ask nothing), and acting, where every question
does what the first action does; the cost, sqrt(g) ask_cost on each answer, is charged in
expectation, rho times that. *Restores*: part of how the channel moves. *Start*: this package's
agent sees its first state and a process shows nothing before its first action. Where more than one
first state is possible a place `begin` comes first, which leads there whatever is done, to places
`first` with which nothing is heard; rewards are then divided by the discount of that step, so that
values at the first belief are unchanged.

Guarantee: the optimum of the export at its first belief is the value of the problem at its start.
Hypotheses of probability zero and places that cannot be reached are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from corrigible.bridges.pomdp import Pomdp, too_large
from corrigible.errors import UserError
from corrigible.problem import Problem

# What is seen: a place, and what is heard there (None for nothing).
_Place = tuple[int, ...]
_BEGIN: _Place = (-1,)
# In the third entry of a place: first states are seen, but nothing is heard with them.
_FIRST = -1


@dataclass
class _Export:
    """The problem, place by place."""

    problem: Problem
    weights: np.ndarray
    rewards: np.ndarray
    table: np.ndarray
    places: list[_Place] = field(default_factory=list)

    def __post_init__(self) -> None:
        world, hand = self.problem.world, self.problem.overseer
        self.asked, self.overrides = hand.about == "asked", hand.mode == "overrides"
        self.half = float(np.sqrt(world.discount)) if self.asked else world.discount
        self.actions = world.n_actions
        self.questions = world.n_states if self.asked else 0
        states, actions = world.n_states, world.n_actions
        shape = (states, actions, states)
        stay, lost = world.on_matrix.toarray(), world.off_matrix.toarray()
        back = world.back_matrix.toarray()
        whole = world.transition_matrix.toarray()
        # [channel before, channel after, S, A, S], 1 for on.
        self.flow = np.array([[whole - back, back], [lost, stay]]).reshape(2, 2, *shape)
        self.flow = np.maximum(self.flow, 0.0)

    def first(self) -> list[tuple[_Place, float]]:
        """Where an episode begins, the channel on."""
        start = self.problem.world.start
        states = np.flatnonzero(start)
        plain = (0,) if self.overrides or self.asked else ()
        rest = plain if len(states) == 1 or self.overrides else (_FIRST,)
        return [((int(s), 1, *rest), float(start[s])) for s in states]

    def leads(self, place: _Place, action: int) -> list[tuple[_Place, np.ndarray]]:
        """Places that can follow, each with its probability by hypothesis, `[H]`."""
        ones = np.ones(len(self.weights))
        if place == _BEGIN:
            return [(goal, p * ones) for goal, p in self.first()]
        state, channel = place[0], place[1]
        if self.asked and place[2] == 1:
            return [((state, channel, 0), ones)]
        if self.overrides and place[2] > 0:
            chosen = place[2] - 1
        else:
            chosen = action if action < self.actions else 0
        found: list[tuple[_Place, np.ndarray]] = []
        for after in (0, 1):
            moves = self.flow[channel, after, state, chosen]
            for goal in np.flatnonzero(moves):
                found += self.arrive(int(goal), after, float(moves[goal]) * ones)
        return found

    def arrive(self, goal: int, channel: int, mass: np.ndarray) -> list[tuple[_Place, np.ndarray]]:
        """The places of an arrival; a hand that overrides speaks here."""
        if self.asked:
            return [((goal, channel, 1), mass)]
        if not self.overrides:
            return [((goal, channel), mass)]
        if not channel:
            return [((goal, 0, 0), mass)]
        rate = self.problem.overseer.rate
        found = [((goal, 1, 0), (1.0 - rate) * mass)]
        for said in range(self.actions):
            found.append(((goal, 1, 1 + said), rate * self.table[:, goal, said] * mass))
        return [(place, chance) for place, chance in found if chance.any()]

    def heard(self, action: int, place: _Place) -> list[tuple[tuple[int, ...], np.ndarray]]:
        """What can be heard with a place, each with its probability by hypothesis, `[H]`."""
        ones, hand = np.ones(len(self.weights)), self.problem.overseer
        quiet = place == _BEGIN or place[1] == 0 or place[2:] == (_FIRST,)
        if quiet or self.overrides or hand.rate == 0.0:
            return [((), ones)]
        silent = [((), (1.0 - hand.rate) * ones)]
        if self.asked:
            if place[2] == 1 or action < self.actions:
                return [((), ones)]
            about, aim = [action - self.actions], hand.rate
        elif hand.about == "uniform":
            about, aim = list(range(self.table.shape[1])), hand.rate / self.table.shape[1]
        else:
            about, aim = [place[0]], hand.rate
        told = [
            ((state, said), aim * self.table[:, state, said])
            for state in about
            for said in range(self.actions)
        ]
        return silent + [(signal, chance) for signal, chance in told if chance.any()]

    def pays(self, place: _Place, action: int) -> np.ndarray:
        """The expected reward by hypothesis, `[H]`."""
        if place == _BEGIN:
            return np.zeros(len(self.weights))
        if self.asked and place[2] == 1:
            hand = self.problem.overseer
            asks = action >= self.actions and place[1] == 1
            cost = self.half * hand.rate * hand.ask_cost if asks else 0.0
            return np.full(len(self.weights), -cost)
        if self.overrides and place[2] > 0:
            return self.rewards[:, place[0], place[2] - 1]
        return self.rewards[:, place[0], action if action < self.actions else 0]

    def name(self, place: _Place) -> str:
        if place == _BEGIN:
            return "begin"
        extra = ""
        if place[2:] == (_FIRST,):
            extra = "_first"
        elif self.asked:
            extra = "_asks" if place[2] == 1 else "_acts"
        elif self.overrides and place[2]:
            extra = f"_told-{place[2] - 1}"
        return f"s{place[0]}_{'on' if place[1] else 'off'}{extra}"


def to_pomdp(problem: Problem) -> Pomdp:
    """A problem as a partially observable decision process.

    Args:
        problem: rewards `[H, S, A]`; any hand, any channel, any start.

    Returns:
        A process whose optimum at its first belief is the problem's value at its start. States
        are called `h2_s5_on`, actions `act-0` and `ask-5`, observations `s5_on` and
        `s5_on-s3_a1` (seen in s5, channel on: in s3, do action 1).

    Raises:
        UserError: more entries than a process may have; a discount of 0 with more than one first
            state, or with a hand that is asked, which no process with one discount can express.

    Source: this package; Åström 1965, for a hidden constant as part of the state.
    """
    weights = problem.weights()
    kept = np.flatnonzero(weights > 0.0)
    rewards, table = problem.rewards[kept], problem.likelihood[kept]
    export = _Export(problem, weights[kept], rewards, table)
    first = export.first()
    drawn = len(first) > 1
    if export.half == 0.0 and (drawn or export.asked):
        raise UserError(
            "discount is 0, and a first state that is drawn and seen, or a question before acting, "
            "takes a step of its own; a positive discount is needed"
        )
    actions = export.actions + export.questions
    order, ways = _reachable(export, _BEGIN if drawn else first[0][0], actions)
    signals = _signals(export, order, actions)
    sizes = actions, len(kept) * len(order), len(signals)
    refused = too_large(*sizes)
    if refused:
        raise UserError(f"as a .pomdp this problem is too large: {refused}")
    return _fill(export, kept, order, ways, signals, drawn)


def _reachable(
    export: _Export, start: _Place, actions: int
) -> tuple[dict[_Place, int], dict[tuple[_Place, int], list[tuple[_Place, np.ndarray]]]]:
    """Every place that can be reached, numbered, and every way between them."""
    order, ways, open_ = {start: 0}, {}, [start]
    while open_:
        place = open_.pop()
        for action in range(actions):
            ways[place, action] = export.leads(place, action)
            for goal, _ in ways[place, action]:
                if goal not in order:
                    order[goal] = len(order)
                    open_.append(goal)
        refused = too_large(actions, len(export.weights) * len(order), 1)
        if refused:
            raise UserError(f"as a .pomdp this problem is too large: {refused}")
    return order, ways


def _signals(
    export: _Export, order: dict[_Place, int], actions: int
) -> dict[tuple[_Place, tuple[int, ...]], int]:
    """Every observation, numbered."""
    found: dict[tuple[_Place, tuple[int, ...]], int] = {}
    for place in order:
        for action in range(actions):
            for signal, _ in export.heard(action, place):
                found.setdefault((place, signal), len(found))
    return found


def _fill(
    export: _Export,
    kept: np.ndarray,
    order: dict[_Place, int],
    ways: dict[tuple[_Place, int], list[tuple[_Place, np.ndarray]]],
    signals: dict[tuple[_Place, tuple[int, ...]], int],
    drawn: bool,
) -> Pomdp:
    count, many, seen = export.actions + export.questions, len(kept), len(signals)
    places, hidden = len(order), np.arange(many)
    transition = np.zeros((count, many, places, many, places))
    observation = np.zeros((count, many, places, seen))
    reward = np.zeros((count, many, places))
    for (place, action), goals in ways.items():
        own = order[place]
        reward[action, :, own] = export.pays(place, action) / (export.half if drawn else 1.0)
        for goal, chance in goals:
            transition[action, hidden, own, hidden, order[goal]] += chance
        for signal, chance in export.heard(action, place):
            observation[action, :, own, signals[place, signal]] = chance
    names = [export.name(place) for place in order]
    start = np.zeros((many, places))
    start[:, 0] = export.weights
    told = [
        f"{export.name(place)}-s{signal[0]}_a{signal[1]}" if signal else export.name(place)
        for place, signal in signals
    ]
    size = many * places
    return Pomdp(
        transition.reshape(count, size, size),
        observation.reshape(count, size, seen),
        reward.reshape(count, size),
        start.reshape(size),
        export.half,
        tuple(f"h{h}_{name}" for h in kept for name in names),
        tuple(f"act-{a}" for a in range(export.actions))
        + tuple(f"ask-{s}" for s in range(export.questions)),
        tuple(told),
    )
