"""The values of a problem over (belief, state, channel), each equation as it is defined.

    Q_off(b,s,a) = R_b(s,a) + g sum P(s'|s,a) { (1-x) V_off(b,s') + x A(b,s') }
    Q_on(b,s,a)  = R_b(s,a) + g sum P(s'|s,a) { d V_off(b,s') + (1-d) A(b,s') }
    A(b,s')      = (1-rho) V_on(b,s') + rho W(b,s')
    W(b,s')      = E V_on(b^o,s')                                          advises
                 = max( V_on(b,s'), max_{s_o} E V_on(b^o,s') - ask_cost )  asked
                 = E Q_on(b^o,s',a*)                                       overrides

The unknowns are V_off, V_on and W at the (belief, state) pairs that are reached; nothing is
truncated, so a problem with infinitely many of them raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from corrigible.testing.oracle.affine import Node, Option, combine, solve, worth
from corrigible.testing.oracle.problem import (
    Problem,
    Weights,
    likelihood,
    mean_reward,
    posterior,
)

TIED_WITHIN = 1e-9
DECLINE = -1


class TooManyOracleBeliefs(ValueError):
    """More beliefs are reached than the oracle was told to hold.

    Source: this package.
    """


@dataclass(frozen=True)
class Offer:
    """A bribe: `pay` x (expected d above the least) for each step the agent chose, channel on.

    It stands for ever, or until the first correction is heard. `forbid` takes the actions above
    the least d away while the offer stands; `reward_weight` scales the ordinary reward.

    Source: this package.
    """

    pay: float = 0.0
    for_ever: bool = False
    forbid: bool = False
    reward_weight: float = 1.0


class _At(NamedTuple):
    """One unknown: V_on ("on"), V_off ("off") or W ("hear") at a belief and a state."""

    kind: str
    belief: int
    state: int
    offered: bool


def tied(q: Sequence[float], among: Iterable[int]) -> list[int]:
    """The actions among some whose q [A] is within 1e-9 of the best of those.

    Returns:
        Indices, in the order given.

    Raises:
        ValueError: there are none to choose from.

    Source: this package.
    """
    actions = list(among)
    best = max(q[a] for a in actions)
    return [a for a in actions if q[a] >= best - TIED_WITHIN]


class Plan:
    """The solved values of a problem, extended to whatever belief and state is asked for.

    Args:
        problem: what the agent assumes.
        offer: a bribe that stands at the start, or None.
        cap: the most beliefs to hold.

    Source: this package.
    """

    def __init__(self, problem: Problem, offer: Offer | None = None, cap: int = 20_000) -> None:
        self.problem = problem
        self.offer = offer
        self.cap = cap
        self.said: list[list[list[float]]] = likelihood(problem)
        self.beliefs: list[Weights] = []
        self.values: dict[Node, float] = {}
        self.choice: dict[Node, int] = {}
        self._ids: dict[Weights, int] = {}
        self._rewards: dict[int, list[list[float]]] = {}
        self._told: dict[tuple[int, int], list[tuple[int, float, int]]] = {}
        total = sum(problem.weights)
        self.prior: int = self.identify(tuple(w / total for w in problem.weights))

    def identify(self, weights: Weights) -> int:
        """The number of a belief (H weights that sum to one), known to 12 significant digits.

        Returns:
            Its place in `beliefs`.

        Raises:
            TooManyOracleBeliefs: the cap is passed.

        Source: this package.
        """
        key = tuple(float(f"{w:.11e}") for w in weights)
        if key not in self._ids:
            if len(self.beliefs) >= self.cap:
                raise TooManyOracleBeliefs(f"more than {self.cap} beliefs")
            self._ids[key] = len(self.beliefs)
            self.beliefs.append(weights)
        return self._ids[key]

    def told(self, belief: int, about: int) -> list[tuple[int, float, int]]:
        """What may be said about a state: (a*, predictive probability, belief afterwards).

        Returns:
            One entry for each a* of positive probability.

        Raises:
            TooManyOracleBeliefs: the cap is passed.

        Source: Bayes' rule.
        """
        if (belief, about) not in self._told:
            entries: list[tuple[int, float, int]] = []
            for a in range(self.problem.world.actions):
                p, after = posterior(self.beliefs[belief], self.said, about, a)
                if after is not None:
                    entries.append((a, p, self.identify(after)))
            self._told[belief, about] = entries
        return self._told[belief, about]

    def mean_reward(self, belief: int) -> list[list[float]]:
        """R_b [S][A] of a numbered belief.

        Returns:
            The mean reward.

        Raises:
            Nothing.

        Source: this package.
        """
        if belief not in self._rewards:
            self._rewards[belief] = mean_reward(self.problem, self.beliefs[belief])
        return self._rewards[belief]

    def _step(self, belief: int, s: int, a: int, channel: bool, offered: bool) -> Option:
        world, rho = self.problem.world, self.problem.hand.rate
        terms: list[tuple[Node, float]] = []
        for t, p in enumerate(world.transition[s][a]):
            if p == 0.0:
                continue
            on = 1.0 - world.disables[s][a][t] if channel else world.restores[s][a][t]
            reach = world.discount * p
            terms.append((_At("off", belief, t, offered), reach * (1.0 - on)))
            terms.append((_At("on", belief, t, offered), reach * on * (1.0 - rho)))
            terms.append((_At("hear", belief, t, offered), reach * on * rho))
        weight = 1.0 if self.offer is None else self.offer.reward_weight
        return combine(weight * self.mean_reward(belief)[s][a], terms)

    def _options(self, node: Node) -> list[Option]:
        assert isinstance(node, _At)
        b, s, offered = node.belief, node.state, node.offered
        if node.kind == "hear":
            return self._hear(b, s, offered)
        channel = node.kind == "on"
        allowed = list(range(self.problem.world.actions))
        steps = [self._step(b, s, a, channel, offered) for a in allowed]
        if not (channel and offered) or self.offer is None:
            return steps
        world = self.problem.world
        if self.offer.forbid:
            return [steps[a] for a in world.keeping(s)]
        return [
            (constant + self.offer.pay * e, terms)
            for (constant, terms), e in zip(steps, world.excess_disabling(s), strict=True)
        ]

    def _hear(self, b: int, s: int, offered: bool) -> list[Option]:
        hand, world = self.problem.hand, self.problem.world
        after = offered and self.offer is not None and self.offer.for_ever

        def told(about: int, share: float) -> list[tuple[Node, float]]:
            return [(_At("on", c, s, after), share * p) for _, p, c in self.told(b, about)]

        if hand.about == "asked":
            weight = 1.0 if self.offer is None else self.offer.reward_weight
            decline = combine(0.0, [(_At("on", b, s, offered), 1.0)])
            asks = [combine(-weight * hand.ask_cost, told(o, 1.0)) for o in range(world.states)]
            return [decline, *asks]
        if hand.about == "uniform":
            share = 1.0 / world.states
            return [combine(0.0, (pair for o in range(world.states) for pair in told(o, share)))]
        if hand.mode == "advises":
            return [combine(0.0, told(s, 1.0))]
        constant = 0.0
        terms: list[tuple[Node, float]] = []
        for a, p, c in self.told(b, s):
            r, following = self._step(c, s, a, True, after)
            constant += p * r
            terms += [(node, p * k) for node, k in following]
        return [combine(constant, terms)]

    def _worth(self, options: list[Option]) -> list[float]:
        nodes = [node for _, terms in options for node, _ in terms]
        self.choice.update(solve(nodes, self._options, self.values))
        return [worth(option, self.values) for option in options]

    def q(self, belief: int, s: int, channel: bool = True) -> list[float]:
        """Q [A] at a belief, a state and a channel status, without the payment of an offer.

        Returns:
            A floats.

        Raises:
            TooManyOracleBeliefs: the cap is passed.

        Source: this package.
        """
        offered = self.offer is not None
        actions = range(self.problem.world.actions)
        return self._worth([self._step(belief, s, a, channel, offered) for a in actions])

    def value(self, belief: int, s: int, channel: bool = True) -> float:
        """V at a belief, a state and a channel status.

        Returns:
            A float.

        Raises:
            TooManyOracleBeliefs: the cap is passed.

        Source: this package.
        """
        node = _At("on" if channel else "off", belief, s, self.offer is not None)
        return self._worth([(0.0, ((node, 1.0),))])[0]

    def value_at_start(self) -> float:
        """V_on(prior, .) under the start distribution.

        Returns:
            A float.

        Raises:
            TooManyOracleBeliefs: the cap is passed.

        Source: this package.
        """
        start = self.problem.world.start
        return sum(p * self.value(self.prior, s) for s, p in enumerate(start) if p > 0.0)

    def payments_at_start(self) -> float:
        """What the chosen policy is paid per unit of an offer: discounted sum of e while it stands.

        Returns:
            A float >= 0.

        Raises:
            TooManyOracleBeliefs: the cap is passed.

        Source: this package.
        """
        self.value_at_start()
        world = self.problem.world
        paid: dict[Node, float] = {}

        def chosen(node: Node) -> list[Option]:
            assert isinstance(node, _At)
            _, terms = self._options(node)[self.choice[node]]
            if node.kind != "on" or not node.offered:
                return [(0.0, terms)]
            return [(world.excess_disabling(node.state)[self.choice[node]], terms)]

        start = [(_At("on", self.prior, s, True), p) for s, p in enumerate(world.start) if p > 0.0]
        solve([node for node, _ in start], chosen, paid)
        return sum(p * paid[node] for node, p in start)

    def tied(self, belief: int, s: int, channel: bool) -> list[int]:
        """The actions within 1e-9 of the best, in the world's order; the agent takes the first.

        Returns:
            Indices.

        Raises:
            TooManyOracleBeliefs: the cap is passed.

        Source: this package.
        """
        return tied(self.q(belief, s, channel), range(self.problem.world.actions))

    def asks(self, belief: int, s: int) -> int:
        """The state that the agent names on arrival in s, or DECLINE; ties decline, then order.

        Returns:
            A state's index or DECLINE (-1).

        Raises:
            TooManyOracleBeliefs: the cap is passed.

        Source: this package.
        """
        worths = self._worth(self._hear(belief, s, self.offer is not None))
        return tied(worths, range(len(worths)))[0] - 1

    def pairs(self) -> int:
        """How many (belief, state) pairs have an on-value so far.

        Returns:
            A count.

        Raises:
            Nothing.

        Source: this package.
        """
        return sum(isinstance(n, _At) and n.kind == "on" for n in self.values)


def advising(problem: Problem) -> Problem:
    """The same problem with a hand that only advises.

    Returns:
        A problem.

    Raises:
        Nothing.

    Source: this package.
    """
    return replace(problem, hand=replace(problem.hand, mode="advises"))
