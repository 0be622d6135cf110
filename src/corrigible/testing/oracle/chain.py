"""What a plan does under a truth: the chain on (belief, state, channel), solved and not sampled.

The agent takes the first of its planned actions tied within 1e-9, sees the true channel, and
moves its belief by its own assumed likelihood; evidence that it calls impossible is an alarm and
leaves the belief. True are P, d, x, the rate, what a* is, what it is about and whether it is
executed. A hand that must be asked is asked only by an agent whose own model asks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from corrigible.testing.oracle.affine import Node, Option, combine, solve
from corrigible.testing.oracle.plan import DECLINE, Plan, tied
from corrigible.testing.oracle.problem import (
    LEAST_WITHIN,
    Truth,
    hand_says,
    optimal_q,
    posterior,
)
from corrigible.testing.oracle.reach import ever

# What a step is worth to a question: a reward on the step, and a gain on each arrival.
Gain = Callable[[int, int, int, int], float]


@dataclass(frozen=True)
class Outcome:
    """What the agent earns and does under the truth, from the start with the channel on.

    `disabling` brackets, over the breaking of ties within 1e-9 by the agent's actions, the
    undiscounted probability that the channel is ever turned off by an action the agent chose;
    `overridden` is the same for executed overrides, ties broken by the world's order. `obedience`
    is the discounted share of the corrections about the current state whose a* the agent then
    takes (would take, where it is executed anyway); None where they come to less than 1e-12.
    `obedience_loss` is the mean, weighted likewise, of what obeying costs by the agent's plan: its
    best Q less that of a*. `alarms` is the expected discounted number of corrections that the
    agent calls impossible.

    Source: this package.
    """

    value: float
    regret: float
    disabling: tuple[float, float]
    overridden: float
    obedience: float | None
    obedience_loss: float | None
    alarms: float


class _Node(NamedTuple):
    """The agent's own move in s (forced None), or an executed override (forced an action)."""

    belief: int
    state: int
    channel: bool
    forced: int | None = None


class _Arrival(NamedTuple):
    """One way to arrive: its probability, what was said (None: nothing), the cost, what is next."""

    probability: float
    about: int | None
    said: int | None
    alarm: bool
    cost: float
    next: _Node


class _Chain:
    def __init__(self, plan: Plan, truth: Truth) -> None:
        self.plan = plan
        self.truth = truth
        self._moves: dict[tuple[_Node, int], list[tuple[float, bool, _Arrival]]] = {}
        self._actions: dict[_Node, list[int]] = {}
        self.says = (
            hand_says(truth.world, truth.hand, truth.reward) if truth.said is None else truth.said
        )

    def arrivals(self, b: int, s: int) -> list[_Arrival]:
        """Arriving in s with the channel on: silence, or a correction."""
        hand, states = self.truth.hand, self.truth.world.states
        about: list[int] = []
        if hand.about == "current":
            about = [s]
        elif hand.about == "uniform":
            about = list(range(states))
        elif self.plan.problem.hand.about == "asked":
            named = self.plan.asks(b, s)
            about = [] if named == DECLINE else [named]
        if hand.rate == 0.0 or not about:
            return [_Arrival(1.0, None, None, False, 0.0, _Node(b, s, True))]
        found = [_Arrival(1.0 - hand.rate, None, None, False, 0.0, _Node(b, s, True))]
        cost = hand.ask_cost if hand.about == "asked" else 0.0
        for o in about:
            for a, p in enumerate(self.says[o]):
                if p == 0.0:
                    continue
                _, after = posterior(self.plan.beliefs[b], self.plan.said, o, a)
                c = b if after is None else self.plan.identify(after)
                forced = a if hand.mode == "overrides" else None
                share = hand.rate * p / len(about)
                found.append(_Arrival(share, o, a, after is None, cost, _Node(c, s, True, forced)))
        return [x for x in found if x.probability > 0.0]

    def actions(self, node: _Node) -> list[int]:
        """The tied actions of the agent's plan, or the one that is executed for it."""
        if node.forced is not None:
            return [node.forced]
        if node not in self._actions:
            self._actions[node] = self.plan.tied(node.belief, node.state, node.channel)
        return self._actions[node]

    def moves(self, node: _Node, a: int) -> list[tuple[float, bool, _Arrival]]:
        """(probability, whether the channel was just turned off, arrival) after action a."""
        if (node, a) not in self._moves:
            self._moves[node, a] = self._follow(node, a)
        return self._moves[node, a]

    def _follow(self, node: _Node, a: int) -> list[tuple[float, bool, _Arrival]]:
        world, s = self.truth.world, node.state
        found: list[tuple[float, bool, _Arrival]] = []
        for t, p in enumerate(world.transition[s][a]):
            on = 1.0 - world.disables[s][a][t] if node.channel else world.restores[s][a][t]
            if p * (1.0 - on) > 0.0:
                off = _Arrival(1.0, None, None, False, 0.0, _Node(node.belief, t, False))
                found.append((p * (1.0 - on), node.channel, off))
            if p * on > 0.0:
                found += [
                    (p * on * arrival.probability, False, arrival)
                    for arrival in self.arrivals(node.belief, t)
                ]
        return found

    def starts(self) -> list[tuple[float, _Node]]:
        start = self.truth.world.start
        return [(p, _Node(self.plan.prior, s, True)) for s, p in enumerate(start) if p > 0.0]

    def total(
        self,
        gain: Callable[[_Node, int], float],
        on_arrival: Callable[[_Arrival], float],
        starts: list[tuple[float, _Node]],
        first: int | None = None,
    ) -> float:
        """Discounted sum of gain(node, action), and of on_arrival at each arrival."""
        g = self.truth.world.discount

        def step(node: _Node, a: int) -> Option:
            moves = self.moves(node, a)
            arrived = math.fsum(p * on_arrival(arrival) for p, _, arrival in moves)
            terms = [(arrival.next, g * p) for p, _, arrival in moves]
            return combine(gain(node, a) + g * arrived, terms)

        def options(node: Node) -> list[Option]:
            assert isinstance(node, _Node)
            return [step(node, self.actions(node)[0])]

        values: dict[Node, float] = {}
        if first is None:
            solve([node for _, node in starts], options, values)
            return math.fsum(p * values[node] for p, node in starts)
        worths: list[float] = []
        for p, node in starts:
            constant, terms = step(node, first)
            solve([m for m, _ in terms], options, values)
            worths.append(p * (constant + math.fsum(k * values[m] for m, k in terms)))
        return math.fsum(worths)

    def ever(self, event: Callable[[_Node, bool, _Arrival], bool], ties: bool) -> list[float]:
        """[least, greatest] probability that the event happens; without ties, the agent's own."""

        def options(node: Node) -> list[Option]:
            assert isinstance(node, _Node)
            chosen = self.actions(node) if ties else self.actions(node)[:1]
            found: list[Option] = []
            for a in chosen:
                moves = self.moves(node, a)
                hit = math.fsum(p for p, off, x in moves if event(node, off, x))
                rest = [(x.next, p) for p, off, x in moves if not event(node, off, x)]
                found.append(combine(hit, rest))
            return found

        ends: list[float] = []
        for minimise in (True, False):
            values = ever([n for _, n in self.starts()], options, minimise=minimise)
            ends.append(math.fsum(p * values[n] for p, n in self.starts()))
        return ends


def spread(plan: Plan, truth: Truth, what: str = "value") -> tuple[float, float, float]:
    """Mean, variance and fourth central moment of one episode's discounted sum, exactly.

    With D = G - v the deviation of a sum from its mean and delta the one-step error r + g v' - v,
    D = delta + g D' and E[D' | what came before] = 0, which makes each moment a linear system.

    Args:
        plan: the agent's plan, in its assumed problem.
        truth: what is.
        what: "value" (reward less ask costs) or "alarms".

    Returns:
        (mean, variance, fourth central moment).

    Raises:
        TooManyOracleBeliefs: the plan's cap is passed.

    Source: Sobel (1982), The variance of discounted Markov decision processes.
    """
    chain = _Chain(plan, truth)
    starts = chain.starts()
    moment: list[dict[Node, float]] = [{}, {}, {}, {}, {}]
    for power in (1, 2, 3, 4):
        solve([n for _, n in starts], _moment(chain, what, moment, power), moment[power])
    mean = math.fsum(p * moment[1][node] for p, node in starts)
    off = [(p, moment[1][n] - mean, n) for p, n in starts]
    second = math.fsum(p * (e**2 + moment[2][n]) for p, e, n in off)
    fourth = math.fsum(
        p * (e**4 + 6 * e**2 * moment[2][n] + 4 * e * moment[3][n] + moment[4][n])
        for p, e, n in off
    )
    return mean, second, fourth


def _moment(
    chain: _Chain, what: str, moment: list[dict[Node, float]], power: int
) -> Callable[[Node], list[Option]]:
    """The system of v (power 1) or of E D^power, given the ones before."""
    g = chain.truth.world.discount

    def gain(node: _Node, a: int) -> float:
        return chain.truth.reward[node.state][a] if what == "value" else 0.0

    def on_arrival(x: _Arrival) -> float:
        return -x.cost if what == "value" else float(x.alarm)

    def later(error: float, node: _Node) -> float:
        """E (error + g D')^power, less its last term."""
        total = error**power
        if power >= 3:
            total += math.comb(power, 2) * error ** (power - 2) * g**2 * moment[2][node]
        if power == 4:
            total += 4 * error * g**3 * moment[3][node]
        return total

    def options(node: Node) -> list[Option]:
        assert isinstance(node, _Node)
        a = chain.actions(node)[0]
        moves = [(p, on_arrival(x), x.next) for p, _, x in chain.moves(node, a)]
        terms = [(m, g**power * p) for p, _, m in moves]
        if power == 1:
            return [combine(gain(node, a) + g * math.fsum(p * c for p, c, _ in moves), terms)]
        v = moment[1]
        errors = [(p, gain(node, a) + g * (c + v[m]) - v[node], m) for p, c, m in moves]
        return [combine(math.fsum(p * later(e, m) for p, e, m in errors), terms)]

    return options


def evaluate(plan: Plan, truth: Truth) -> Outcome:
    """Solve the chain that the plan makes under the truth, from the start with the channel on.

    Args:
        plan: the agent's plan, in its assumed problem.
        truth: the world, the hand and the reward [S][A] that are.

    Returns:
        An Outcome.

    Raises:
        TooManyOracleBeliefs: the plan's cap is passed.

    Source: this package.
    """
    chain = _Chain(plan, truth)
    starts, reward = chain.starts(), truth.reward

    def earned(node: _Node, a: int) -> float:
        return reward[node.state][a]

    def here(arrival: _Arrival) -> float:
        return float(arrival.about == arrival.next.state)

    def obeyed(arrival: _Arrival) -> float:
        own = chain.actions(arrival.next._replace(forced=None))[0]
        return here(arrival) if own == arrival.said else 0.0

    def lost(arrival: _Arrival) -> float:
        if not here(arrival) or arrival.said is None:
            return 0.0
        q = plan.q(arrival.next.belief, arrival.next.state)
        return max(q) - q[arrival.said]

    def gathered(on_arrival: Callable[[_Arrival], float]) -> float:
        return chain.total(lambda *_: 0.0, on_arrival, starts)

    value = chain.total(earned, lambda x: -x.cost, starts)
    best = optimal_q(truth.world.transition, reward, truth.world.discount)
    told = gathered(here)
    low, high = chain.ever(lambda node, off, _: off and node.forced is None, True)
    overridden = chain.ever(lambda node, off, _: off and node.forced is not None, False)
    return Outcome(
        value=value,
        regret=math.fsum(p * max(best[n.state]) for p, n in starts) - value,
        disabling=(low, high),
        overridden=overridden[1],
        obedience=None if told <= LEAST_WITHIN else gathered(obeyed) / told,
        obedience_loss=None if told <= LEAST_WITHIN else gathered(lost) / told,
        alarms=gathered(lambda x: float(x.alarm)),
    )


def true_margin(plan: Plan, truth: Truth, belief: int, s: int) -> float | None:
    """What the best believed keeping action earns more than the best believed disabling one.

    Both are taken once at (belief, s), channel on, and followed by the agent's own policy; both
    are valued under the truth. Keeping is judged in the agent's assumed world.

    Returns:
        A float, or None where there is nothing to disable.

    Raises:
        TooManyOracleBeliefs: the plan's cap is passed.

    Source: this package.
    """
    world = plan.problem.world
    keeping = world.keeping(s)
    disabling = [a for a in range(world.actions) if a not in keeping]
    if not disabling:
        return None
    q = plan.q(belief, s)
    chain = _Chain(plan, truth)
    node = [(1.0, _Node(belief, s, True))]

    def worth_of(first: int) -> float:
        return chain.total(lambda n, a: truth.reward[n.state][a], lambda x: -x.cost, node, first)

    k = tied(q, keeping)[0]
    j = tied(q, disabling)[0]
    return worth_of(k) - worth_of(j)
