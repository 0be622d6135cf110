"""Margins, what they are made of, the states to judge, and the price of silence.

Keeping actions are those of least expected d at a state, disabling actions the rest. The margin
is the best keeping minus the best disabling Q_on. Its ledger, for that pair, adds up to it:

    direct       difference in R_b
    path         difference in Q0 - R_b, Q0 the ordinary optimum under R_b
    information  difference in Q_advises - Q0
    control      difference in Q_on - Q_advises
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from corrigible.testing.oracle.affine import Unsolved
from corrigible.testing.oracle.plan import DECLINE, Offer, Plan, advising, tied
from corrigible.testing.oracle.problem import Problem, optimal_q


@dataclass(frozen=True)
class Margin:
    """The margin at one belief and state, for the pair (keep, disable), with its ledger.

    Source: this package.
    """

    margin: float
    keep: int
    disable: int
    direct: float
    path: float
    information: float
    control: float
    forced: bool


def margin(plan: Plan, belief: int, s: int, advised: Plan | None = None) -> Margin | None:
    """The margin at a numbered belief of the plan and a state s, channel on.

    Args:
        plan: the problem's plan.
        belief: a number from `plan.identify`.
        s: a state.
        advised: the plan of the same problem with a hand that only advises, to save time.

    Returns:
        The margin and its ledger, or None where there is nothing to disable.

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
    k = tied(q, keeping)[0]
    j = tied(q, disabling)[0]
    other = advised or Plan(advising(plan.problem), cap=plan.cap)
    q_advised = other.q(other.identify(plan.beliefs[belief]), s)
    reward = plan.mean_reward(belief)
    q_plain = optimal_q(world.transition, reward, world.discount)
    return Margin(
        margin=q[k] - q[j],
        keep=k,
        disable=j,
        direct=reward[s][k] - reward[s][j],
        path=(q_plain[s][k] - reward[s][k]) - (q_plain[s][j] - reward[s][j]),
        information=(q_advised[k] - q_plain[s][k]) - (q_advised[j] - q_plain[s][j]),
        control=(q[k] - q_advised[k]) - (q[j] - q_advised[j]),
        forced=min(world.expected_disabling(s, a) for a in keeping) > 0.0,
    )


def judged_states(plan: Plan) -> list[int]:
    """States with something to disable that the agent's plan reaches before a first correction.

    The channel is on and the belief is the prior; among tied actions a keeping one is taken.

    Returns:
        States in the world's order.

    Raises:
        TooManyOracleBeliefs: the plan's cap is passed.

    Source: this package.
    """
    world, hand = plan.problem.world, plan.problem.hand
    frontier = [s for s, p in enumerate(world.start) if p > 0.0]
    seen = set(frontier)
    while frontier:
        s = frontier.pop()
        tied = plan.tied(plan.prior, s, True)
        a = next((a for a in tied if a in world.keeping(s)), tied[0])
        for t, p in enumerate(world.transition[s][a]):
            if p == 0.0 or world.disables[s][a][t] == 1.0 or t in seen:
                continue
            unheard = hand.rate < 1.0 or (
                hand.about == "asked" and plan.asks(plan.prior, t) == DECLINE
            )
            if unheard:
                seen.add(t)
                frontier.append(t)
    return [s for s in sorted(seen) if len(world.keeping(s)) < world.actions]


def bribe(problem: Problem, *, for_ever: bool = False, cap: int = 20_000) -> float:
    """c* = sup{c : V_on(start; reward + c e while on) = V_keep(start)}.

    e(s,a) is the expected d above the least at s, paid for actions that the agent chose while
    the offer stands; V_keep forbids those actions while it stands. With base(pi) and e(pi) the
    discounted reward and payment of a policy, c* = inf over pi of (V_keep - base) / e, reached
    from above by Newton steps on a convex, piecewise linear function: exact, no tolerance on c.

    Returns:
        The bribe; infinity where nothing can be paid for.

    Raises:
        TooManyOracleBeliefs: the cap is passed.

    Source: Dinkelbach (1967), On nonlinear fractional programming; this package.
    """
    world = problem.world
    keep = Plan(problem, Offer(for_ever=for_ever, forbid=True), cap).value_at_start()
    most = Plan(problem, Offer(1.0, for_ever, reward_weight=0.0), cap).value_at_start()
    if most <= 0.0:
        return math.inf
    largest = max(abs(r) for reward in problem.rewards for row in reward for r in row)
    scale = max(1.0, (largest + problem.hand.ask_cost) / (1.0 - world.discount))
    c = (keep + scale) / most
    for _ in range(1000):
        plan = Plan(problem, Offer(c, for_ever), cap)
        excess = plan.value_at_start() - keep
        paid = plan.payments_at_start()
        if excess <= 2e-13 * scale or paid <= 0.0:
            return c
        c -= excess / paid
    raise Unsolved("the bribe does not settle")
