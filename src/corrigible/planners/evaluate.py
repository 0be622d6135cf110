"""What becomes of a planned agent in a truth: believed and true, side by side.

The agent's plan decides, the truth happens (see `corrigible.planners.chain`), and sums over the
chain are exact linear solves. Where the belief set is too large it is cut, after a number of
corrections that changed the belief or at a number of beliefs; what lies behind the cut is bracketed
by the largest and least value that anything can have in the true world. The discounted probability
of more than n changes is at most kappa^n with kappa = g rho / (1 - g + g rho), so a cut after n
changes leaves an interval of at most kappa^n times the span of values.

Guarantee: `value_interval` holds the true value, and its two ends are equal (up to the solve) where
nothing was cut.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float

from corrigible._html import table
from corrigible.agents.base import TIE, Decision, Planned, first_best
from corrigible.agents.bayes import Bayes
from corrigible.errors import TooManyBeliefs, UserError
from corrigible.planners.chain import ARRIVED, DO, OFF, ON, Chain, Explorer
from corrigible.planners.graph import BeliefGraph
from corrigible.planners.resolvent import Resolvent, ever
from corrigible.problem import Problem, Truth
from corrigible.threads import one_thread
from corrigible.worlds.optimum import optimal_q

CAP = 20_000
ENDLESS_CAP = 4_000
_LEAST = 1e-12
_HUGE = 1 << 62


@dataclass(frozen=True)
class Outcome:
    """How a planned agent fares in a truth.

    Args:
        value: the expected discounted true reward less ask costs, from the start; the midpoint of
            `value_interval`.
        value_interval: (lower, upper).
        regret: the ordinary optimum of the true reward at the start, less `value`.
        disabling_probability: (lowest, highest) probability, undiscounted, that a step the agent
            chose ever turns the channel off, over all ways of breaking ties between actions whose
            planned values are within 1e-9.
        lost_by_override: the probability, undiscounted, that a step the hand executed ever does.
        true_margin: at `margin_state`, prior belief, channel on: the best believed keeping action,
            then the agent's plan, less the best believed disabling action, then the agent's plan,
            both valued under the truth; None where there is nothing to disable.
        true_margin_interval: (lower, upper) where the belief set was cut.
        believed_margin: the same difference as planned (the midpoint of its ends); it says what
            the agent does, the true margin whether that was right.
        margin_state: of the states that the plan passes with the channel on before a first
            correction and that offer a choice, the one of least believed margin.
        obedience: P(the agent itself chooses a* | corrected about where it stands), each time
            weighted by its discount; None where that never happens.
        obedience_loss: what obeying then costs in the agent's own eyes, its best planned value less
            that of a*, weighted likewise; None where the plan tells no values.
        alarms: the expected discounted number of corrections that the agent calls impossible.
        cut: the discounted probability of what lies behind the cut; 0 where nothing was cut.
        beliefs: how many beliefs are met.

    Source: this package.
    """

    value: float
    value_interval: tuple[float, float]
    regret: float
    disabling_probability: tuple[float, float]
    lost_by_override: float
    true_margin: float | None
    true_margin_interval: tuple[float, float] | None
    believed_margin: float | None
    margin_state: int | None
    obedience: float | None
    obedience_loss: float | None
    alarms: float
    cut: float
    beliefs: int

    def _repr_html_(self) -> str:
        """Every number that is there, under its name."""
        named = ((part.name, getattr(self, part.name)) for part in fields(self))
        rows = [(name.replace("_", " "), value) for name, value in named if value is not None]
        return table("Outcome, as the judge sees it", rows)


@one_thread
def evaluate(
    plan: Planned,
    truth: Truth,
    state: int | None = None,
    changes: int | None = None,
    cap: int | None = None,
) -> Outcome:
    """Judge a plan by what is.

    Args:
        plan: a solution, an agent that follows its belief, or anything else with a `problem` and
            `decide(weights [H])`.
        truth: what is.
        state: the state of the margins; see `Outcome.margin_state` where None.
        changes: beliefs after more corrections than this that change the belief are cut off; no
            limit where None.
        cap: beliefs are explored until this many are known; what lies behind them is cut off.
            Where None, 20,000 if every assumed likelihood is 0 or 1 (supports only shrink), else
            4,000 (there may be no end of them).

    Returns:
        See `Outcome`; numbers, no arrays.

    Raises:
        UserError: a truth with other states or actions, no such state, or a negative limit.
        TooManyBeliefs: the plan cannot be continued at a belief that is reached.

    Source: this package.
    """
    if isinstance(plan, Bayes):
        plan = plan.plan
    if cap is None:
        assumed = plan.problem.likelihood
        cap = CAP if np.all((assumed == 0.0) | (assumed == 1.0)) else ENDLESS_CAP
    _check(plan.problem, truth, state, changes, cap)
    return _Judge(_Reader(plan), truth, changes, cap).outcome(state)


def _check(
    problem: Problem, truth: Truth, state: int | None, changes: int | None, cap: int
) -> None:
    mine, real = problem.world, truth.world
    if (mine.n_states, mine.n_actions) != (real.n_states, real.n_actions):
        raise UserError(
            f"the truth has {real.n_states} states and {real.n_actions} actions, the problem "
            f"{mine.n_states} and {mine.n_actions}; they must be equal"
        )
    if state is not None and not 0 <= state < mine.n_states:
        raise UserError(f"state {state} does not exist; there are {mine.n_states}, from 0")
    if cap < 1 or (changes is not None and changes < 0):
        raise UserError(f"changes is {changes} and cap {cap}; at least 0 and 1 are needed")


class _Reader:
    """A plan's decisions, values and ties, each belief read once."""

    def __init__(self, plan: Planned) -> None:
        self.plan: Any = plan
        self.problem = plan.problem
        self._known: dict[bytes, tuple[Decision, np.ndarray, np.ndarray | None]] = {}

    def read(self, weights: np.ndarray) -> tuple[Decision, np.ndarray, np.ndarray | None]:
        """(decision, tied actions `[2, S, A]`, planned values `[2, S, A]` or None)."""
        name = weights.tobytes()
        known = self._known.get(name)
        if known is None:
            decision = self.plan.decide(weights)
            values = self._values(weights)
            actions = self.problem.world.n_actions
            tied = np.stack([decision.on, decision.off])[:, :, None] == np.arange(actions)
            if values is not None:
                top = values.max(axis=2, keepdims=True)
                tied = tied | (values >= top - TIE * np.maximum(1.0, np.abs(top)))
            known = self._known[name] = (decision, tied, values)
        return known

    def _values(self, weights: np.ndarray) -> np.ndarray | None:
        if hasattr(self.plan, "action_values"):
            return self.plan.action_values(weights)
        if not hasattr(self.plan, "at"):
            return None
        try:
            values = self.plan.at(weights)
        except TooManyBeliefs:
            return None
        return np.stack([values.on[0], values.off[0]])

    def ends(self, state: int) -> Float[np.ndarray, "2 A"] | None:
        """Both ends of the planned values at the prior in one state, channel on."""
        weights = self.problem.weights()
        if hasattr(self.plan, "at"):
            return self.plan.at(weights, state).on[:, state]
        values = self.read(weights)[2]
        return None if values is None else values[[0, 0], state]

    def single(self, weights: np.ndarray) -> tuple[Decision, Bool[np.ndarray, "2 S A"]]:
        decision = self.read(weights)[0]
        actions = np.arange(self.problem.world.n_actions)
        return decision, np.stack([decision.on, decision.off])[:, :, None] == actions

    def tied(self, weights: np.ndarray) -> tuple[Decision, Bool[np.ndarray, "2 S A"]]:
        decision, tied, _ = self.read(weights)
        return decision, tied


class _Judge:
    """One plan in one truth."""

    def __init__(self, reader: _Reader, truth: Truth, changes: int | None, cap: int) -> None:
        self.reader = reader
        self.truth = truth
        self.graph = BeliefGraph(reader.problem, _HUGE)
        self._limits = (changes, cap)
        self.explorer = Explorer(self.graph, truth, reader.single, changes, cap)
        ends = optimal_q(truth.world, np.stack([truth.reward, -truth.reward])).max(axis=2)
        self._best, self._worst = ends[0], -ends[1]
        if self.explorer.asks:
            discount = truth.world.discount
            asking = discount * truth.overseer.rate * truth.overseer.ask_cost / (1.0 - discount)
            self._worst = self._worst - asking

    def outcome(self, state: int | None) -> Outcome:
        start = self.truth.world.start
        begin = np.flatnonzero(start)
        margin = _margin(self.reader, state)
        probes = np.zeros(0, dtype=np.int64) if margin is None else np.array(margin[1:3])
        seeds = np.concatenate([begin, np.full(len(probes), margin[0] if margin else 0)])
        kinds = np.concatenate([np.full(len(begin), ON), DO + probes]).astype(np.int64)
        chain, place = self.explorer.explore(
            self.explorer.code(np.zeros(len(seeds), np.int64), seeds, kinds)
        )
        weight = np.zeros(len(chain.belief))
        weight[place[: len(begin)]] = start[begin]
        system = Resolvent(self._discounted(chain))
        met = system.met(weight)
        gain, behind = self._gain(chain), chain.cut
        ends = [gain + behind * bound[chain.state] for bound in (self._worst, self._best)]
        low, high = (float(met @ end) for end in ends)
        here, obeyed, loss, alarms = self._obedience(chain, met)
        # Rounding in the solve leaves traces of 1e-17 where nothing is ever heard.
        spoken = here > _LEAST
        true_margin = None
        if margin is not None:
            keep, press = place[-2:]
            lower, upper = (system.to_come(end) for end in (ends if behind.any() else ends[:1] * 2))
            true_margin = (float(lower[keep] - upper[press]), float(upper[keep] - lower[press]))
        value = 0.5 * (low + high)
        return Outcome(
            value=value,
            value_interval=(low, high),
            regret=float(start @ self._best) - value,
            disabling_probability=self._disabling(chain, weight),
            lost_by_override=float(weight @ self._turned_off(chain, chain.kind >= DO, 0.0, False)),
            true_margin=None if true_margin is None else 0.5 * sum(true_margin),
            true_margin_interval=true_margin,
            believed_margin=None if margin is None else margin[3],
            margin_state=None if margin is None else margin[0],
            obedience=obeyed / here if spoken else None,
            obedience_loss=loss / here if spoken and loss is not None else None,
            alarms=alarms,
            cut=float(met @ behind),
            beliefs=len(np.unique(chain.belief)),
        )

    def _discounted(self, chain: Chain) -> sp.csr_array:
        time = np.where(chain.kind == ARRIVED, 1.0, self.truth.world.discount)
        return sp.csr_array(sp.diags_array(time) @ chain.flow)

    def _gain(self, chain: Chain) -> Float[np.ndarray, " N"]:
        """`[N]`: true reward of a step, less what answers cost on arrival."""
        acts = chain.kind != ARRIVED
        gain = np.zeros(len(chain.kind))
        gain[acts] = self.truth.reward[chain.state[acts], chain.row_action[acts]]
        hand = self.truth.overseer
        if self.explorer.asks and hand.ask_cost:
            for n in np.flatnonzero(~acts).tolist():
                decision = self.explorer.decision(int(chain.belief[n]))[0]
                if decision.ask[chain.state[n]] >= 0:
                    gain[n] = -hand.rate * hand.ask_cost
        return gain

    def _obedience(self, chain: Chain, met: np.ndarray) -> tuple[float, float, float | None, float]:
        """Discounted: corrections about here, those obeyed, the believed loss, alarms."""
        explorer, hand = self.explorer, self.truth.overseer
        totals = np.zeros(4)
        valued = True
        if not explorer.speaks:
            return 0.0, 0.0, None, 0.0
        for n in np.flatnonzero((chain.kind == ARRIVED) & (met > 0.0)).tolist():
            belief, state = int(chain.belief[n]), int(chain.state[n])
            about: int | None = None if hand.about == "uniform" else state
            if explorer.asks:
                about = int(explorer.decision(belief)[0].ask[state])
                if about < 0:
                    continue
            heard = explorer.heard(belief, about)
            totals[3] += met[n] * hand.rate * heard.alarm
            for k in np.flatnonzero((heard.about == state) & (heard.belief >= 0)).tolist():
                chance = met[n] * hand.rate * heard.chance[k]
                told = int(heard.action[k])
                decision, _, values = self.reader.read(self.graph.weights(int(heard.belief[k])))
                totals[0] += chance
                totals[1] += chance * (decision.on[state] == told)
                valued = valued and values is not None
                if values is not None:
                    totals[2] += chance * (values[0, state].max() - values[0, state, told])
        here, obeyed, loss, alarms = totals.tolist()
        return here, obeyed, loss if valued else None, alarms

    def _disabling(self, chain: Chain, weight: np.ndarray) -> tuple[float, float]:
        """(lowest, highest) over the ways of breaking ties."""
        explorer = Explorer(self.graph, self.truth, self.reader.tied, *self._limits)
        begin = np.flatnonzero(weight)
        seeds = explorer.code(chain.belief[begin], chain.state[begin], chain.kind[begin])
        wide, place = explorer.explore(seeds)
        chosen = wide.kind == ON
        low = self._turned_off(wide, chosen, 0.0, False)[place]
        high = self._turned_off(wide, chosen, 1.0, True)[place]
        return float(weight[begin] @ low), float(weight[begin] @ high)

    def _turned_off(
        self, chain: Chain, kinds: np.ndarray, cut: float, largest: bool
    ) -> Float[np.ndarray, " N"]:
        """P(a step from a node of these kinds ever turns the channel off), from each node."""
        from_kind = kinds[chain.row_node]
        event = np.where(from_kind, chain.silenced, 0.0) + cut * chain.cut
        flow = sp.coo_array(chain.flow)
        row, column = flow.coords
        counted = from_kind[row] & (chain.kind[column] == OFF)
        rest = sp.csr_array(
            (flow.data[~counted], (row[~counted], column[~counted])), shape=chain.flow.shape
        )
        return ever(chain.row_node, rest, event, len(chain.kind), largest)


def _margin(reader: _Reader, state: int | None) -> tuple[int, int, int, float] | None:
    """(state, keeping action, disabling action, believed margin) of least believed margin."""
    world = reader.problem.world
    harm = world.expected_disables
    keeping = harm <= harm.min(axis=1, keepdims=True) + _LEAST
    least: tuple[float, tuple[int, int, int, float]] | None = None
    for s in _before_a_correction(reader, keeping) if state is None else [state]:
        ends = reader.ends(s)
        if keeping[s].all() or ends is None:
            continue
        low, high = ends
        keep = int(first_best(np.where(keeping[s], low, -np.inf)))
        press = int(first_best(np.where(keeping[s], -np.inf, high)))
        lower = float(low[keep] - high[press])
        upper = float(high[keeping[s]].max() - low[~keeping[s]].max())
        if least is None or lower < least[0]:
            least = lower, (s, keep, press, 0.5 * (lower + upper))
    return None if least is None else least[1]


def _before_a_correction(reader: _Reader, keeping: np.ndarray) -> list[int]:
    """States that the plan passes with the channel on, as it assumes, before it hears anything."""
    problem, weights = reader.problem, reader.problem.weights()
    hand, actions = problem.overseer, problem.world.n_actions
    decision, tied, _ = reader.read(weights)
    silent = np.full(problem.world.n_states, hand.rate < 1.0)
    if hand.about == "asked":
        silent |= decision.ask < 0
    queue = np.flatnonzero(problem.world.start).tolist()
    found = set(queue)
    while queue:
        state = queue.pop()
        allowed = tied[0, state] & keeping[state]
        action = int(allowed.argmax()) if allowed.any() else int(decision.on[state])
        for after in problem.world.on_matrix[[state * actions + action]].indices.tolist():
            if silent[after] and after not in found:
                found.add(after)
                queue.append(after)
    return sorted(found)
