"""What arriving with the channel on is worth, given what corrections lead to.

    A(b,s') = (1-rho) V_on(b,s') + rho W(b,s')
    W(b,s') = E_o V_on(b^o,s')                                                  advises
            = max( V_on(b,s'), max_{s_o} E_a* V_on(b^o,s') - ask_cost )         asked
            = E_a* Q_on(b^o,s',a*)                                              overrides

Corrections that leave the belief as it is stay inside this belief's own decision problem; all
others enter as numbers that are already known. The result is the fixed point of
`corrigible.worlds.optimum`, whose m, k and f are made here. Where nothing restores the channel,
the values with the channel off come first, as the ordinary optimum under the mean reward; where
something does, on and off are solved together.

Guarantee: monotone: larger values after corrections never give a smaller arrival value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int

from corrigible.problem import Problem
from corrigible.worlds.optimum import Arrivals, solve_arrivals


@dataclass(frozen=True)
class Heard:
    """What corrections lead to at N beliefs.

    Args:
        stay: `[N, S]`, probability that a correction about that state leaves the belief as it is.
        gain: what the other corrections lead to, weighted by their probability: `[N, S]` for the
            state arrived in (current) or for any (uniform); `[N, S_o, S]` by question (asked).
        forced: `[N, S, A]`, probability that a* is heard, changes nothing and is executed
            (overrides); None otherwise.

    Source: this package.
    """

    stay: Float[np.ndarray, "N S"]
    gain: Float[np.ndarray, "N ..."]
    forced: Float[np.ndarray, "N S A"] | None


@dataclass(frozen=True)
class Solved:
    """Values at N beliefs.

    Args:
        on: `[N, S, A]`, Q with the channel on.
        off: `[N, S, A]`, Q with the channel off.
        arrival: `[N, S]`, A, the value of arriving with the channel on.
        choice: `[N, S]`, 0 to ask nothing, 1 + s_o to ask about s_o.
        residual: the largest Bellman residual.

    Source: this package.
    """

    on: Float[np.ndarray, "N S A"]
    off: Float[np.ndarray, "N S A"]
    arrival: Float[np.ndarray, "N S"]
    choice: Int[np.ndarray, "N S"]
    residual: float


@dataclass(frozen=True)
class Policy:
    """What is done at N beliefs.

    Args:
        on: `[N, S]`, the action with the channel on.
        off: `[N, S]`, the action with the channel off.
        choice: `[N, S]`, on arrival: 0 to ask nothing, 1 + s_o to ask about s_o.

    Source: this package.
    """

    on: Int[np.ndarray, "N S"]
    off: Int[np.ndarray, "N S"]
    choice: Int[np.ndarray, "N S"]

    @staticmethod
    def pick(q: Float[np.ndarray, "N S A"], action: Int[np.ndarray, "N S"]) -> np.ndarray:
        """The values of chosen actions.

        Args:
            q: `[N, S, A]`.
            action: `[N, S]`.

        Returns:
            `[N, S]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return np.take_along_axis(q, action[:, :, None], axis=2)[:, :, 0]

    def joined(self) -> tuple[np.ndarray, np.ndarray]:
        """Actions and choices on the states with the channel on, then those with it off.

        Returns:
            Two arrays `[N, 2 S]`.

        Raises:
            Nothing.

        Source: this package.
        """
        actions = np.concatenate([self.on, self.off], axis=1)
        return actions, np.concatenate([self.choice, np.zeros_like(self.choice)], axis=1)


def solve_off(
    problem: Problem, mean_rewards: Float[np.ndarray, "N S A"], policy: Policy | None = None
) -> Arrivals:
    """Q_off where nothing restores the channel: the ordinary optimum under the mean reward.

    Args:
        problem: its world's dynamics.
        mean_rewards: `[N, S, A]`, R_b of each belief.
        policy: what is done, to be valued instead of improved.

    Returns:
        The ordinary optimum, or the policy's value.

    Raises:
        Nothing.

    Source: Puterman 1994, section 6.4.
    """
    world = problem.world
    fixed = None if policy is None else (policy.off, np.zeros_like(policy.off))
    return solve_arrivals(world.transition_matrix, world.discount, mean_rewards, policy=fixed)


def arrival_terms(
    problem: Problem, heard: Heard
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """m, k and f of the arrival fixed point.

    Args:
        problem: its overseer's rate, mode, cost and subject.
        heard: what corrections lead to.

    Returns:
        m `[N, J, S]`, k `[N, J, S]`, f `[N, S, A]` or None; J is 1, or 1 + S where it is asked.

    Raises:
        Nothing.

    Source: this package.
    """
    hand, count = problem.overseer, len(heard.stay)
    rate, states = hand.rate, heard.stay.shape[1]
    if hand.about == "asked":
        keep = np.ones((count, 1 + states, states))
        gain = np.zeros((count, 1 + states, states))
        keep[:, 1:] = (1.0 - rate) + rate * heard.stay[:, :, None]
        gain[:, 1:] = rate * (heard.gain - hand.ask_cost)
        return keep, gain, None
    stay = heard.stay
    if hand.about == "uniform":
        stay = np.broadcast_to(stay.mean(axis=1, keepdims=True), stay.shape)
    own = 1.0 - rate if hand.mode == "overrides" else (1.0 - rate) + rate * stay
    keep = np.broadcast_to(own, heard.stay.shape)[:, None]
    forced = None if heard.forced is None else rate * heard.forced
    return keep, (rate * heard.gain)[:, None], forced


@dataclass(frozen=True)
class Signals:
    """The corrections that can be heard at N beliefs.

    Args:
        same: `[N, S, A]`, whether it changes nothing (or can have no effect).
        chance: `[N, S, A]`, P(a* | s_o, b).
        after: `[N, S, A]`, the row in tables of values of the belief that it leads to.

    Source: this package.
    """

    same: Bool[np.ndarray, "N S A"]
    chance: Float[np.ndarray, "N S A"]
    after: Int[np.ndarray, "N S A"]


def hear(
    problem: Problem,
    signals: Signals,
    value: Float[np.ndarray, "M S"],
    on: Float[np.ndarray, "M S A"] | None,
) -> Heard:
    """Put what follows each correction together.

    Args:
        problem: its overseer's subject and mode.
        signals: what can be heard.
        value: `[M, S]`, V_on of the beliefs that corrections lead to.
        on: `[M, S, A]`, their Q_on; only needed where the overseer overrides.

    Returns:
        See `Heard`.

    Raises:
        Nothing.

    Source: this package.
    """
    hand, (count, states, actions) = problem.overseer, signals.same.shape
    own = np.where(signals.same, signals.chance, 0.0)
    other = np.where(signals.same, 0.0, signals.chance)
    after = np.where(signals.same, 0, signals.after)
    stay, here = own.sum(axis=2), np.arange(states)[:, None]
    if hand.mode == "overrides":
        assert on is not None
        executed = on[after, here, np.arange(actions)]
        return Heard(stay, (other * executed).sum(axis=2), own)
    if hand.about == "current":
        return Heard(stay, (other * value[after, here]).sum(axis=2), None)
    rows = count * (states if hand.about == "asked" else 1)
    told = _mix(other.reshape(rows, -1), after.reshape(rows, -1), value)
    if hand.about == "asked":
        return Heard(stay, told.reshape(count, states, states), None)
    return Heard(stay, told / states, None)


def _mix(chance: np.ndarray, after: np.ndarray, value: np.ndarray) -> np.ndarray:
    """sum_o chance_o value[after_o], row by row."""
    row, column = np.nonzero(chance)
    matrix = sp.csr_array(
        (chance[row, column], (row, after[row, column])), shape=(len(chance), len(value))
    )
    return matrix @ value


def everything(problem: Problem, heard: Heard, on: Float[np.ndarray, "N S A"]) -> Heard:
    """The same, with the corrections that change nothing counted among what they lead to.

    Args:
        problem: its overseer's subject and mode.
        heard: what corrections lead to.
        on: `[N, S, A]`, Q with the channel on at these beliefs.

    Returns:
        A `Heard` that stays nowhere.

    Raises:
        Nothing.

    Source: this package.
    """
    value, stay = on.max(axis=2), heard.stay
    if problem.overseer.mode == "overrides":
        assert heard.forced is not None
        gain = heard.gain + (heard.forced * on).sum(axis=2)
        return Heard(np.zeros_like(stay), gain, np.zeros_like(heard.forced))
    if problem.overseer.about == "asked":
        gain = heard.gain + stay[:, :, None] * value[:, None, :]
    elif problem.overseer.about == "uniform":
        gain = heard.gain + stay.mean(axis=1, keepdims=True) * value
    else:
        gain = heard.gain + stay * value
    return Heard(np.zeros_like(stay), gain, None)


def solve_beliefs(
    problem: Problem,
    mean_rewards: Float[np.ndarray, "N S A"],
    heard: Heard,
    guess: Float[np.ndarray, "N S"] | None = None,
    off: Float[np.ndarray, "N S A"] | None = None,
    extra: Float[np.ndarray, "S A"] | None = None,
    policy: Policy | None = None,
) -> Solved:
    """Solve N beliefs' decision problems, given what corrections lead to.

    Args:
        problem: world and overseer.
        mean_rewards: `[N, S, A]`, R_b of each belief.
        heard: what corrections lead to.
        guess: `[N, S]`, arrival values to start from.
        off: `[N, S, A]`, Q_off where it is known already (only where nothing restores).
        extra: `[S, A]`, paid for actions chosen with the channel on; minus infinity forbids one.
        policy: what is done, to be valued instead of improved.

    Returns:
        The values at those beliefs.

    Raises:
        ArithmeticError: policy iteration did not settle.

    Source: this package.
    """
    keep, gain, forced = arrival_terms(problem, heard)
    if problem.world.has_restores:
        return _solve_together(problem, mean_rewards, (keep, gain, forced), guess, extra, policy)
    world, residual = problem.world, 0.0
    if off is None:
        ordinary = solve_off(problem, mean_rewards, policy)
        off, residual = ordinary.q, ordinary.residual
    step, flow = mean_rewards, world.transition_matrix
    if world.off_matrix.nnz:
        after = off.max(axis=2) if policy is None else policy.pick(off, policy.off)
        lost = (world.off_matrix @ after.T).T.reshape(step.shape)
        step, flow = step + world.discount * lost, world.on_matrix
    fixed = None if policy is None else (policy.on, policy.choice)
    on = solve_arrivals(flow, world.discount, step, keep, gain, forced, guess, extra, fixed)
    return Solved(on.q, off, on.arrival, on.choice, max(residual, on.residual))


def _solve_together(
    problem: Problem,
    mean_rewards: np.ndarray,
    terms: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    guess: np.ndarray | None,
    extra: np.ndarray | None,
    policy: Policy | None,
) -> Solved:
    """On and off at once, on twice as many states: first those with the channel on."""
    world, (keep, gain, forced) = problem.world, terms
    states = world.n_states

    def doubled(values: np.ndarray, rest: float) -> np.ndarray:
        return np.concatenate([values, np.full(values.shape, rest)], axis=2)

    lost, back = world.off_matrix, world.back_matrix
    flow = sp.csr_array(
        sp.block_array([[world.on_matrix, lost], [back, world.transition_matrix - back]])
    )
    whole_gain = doubled(gain, -np.inf)
    whole_gain[:, 0, states:] = 0.0
    solved = solve_arrivals(
        flow,
        world.discount,
        np.concatenate([mean_rewards, mean_rewards], axis=1),
        doubled(keep, 1.0),
        whole_gain,
        None if forced is None else np.concatenate([forced, np.zeros_like(forced)], axis=1),
        None if guess is None else np.concatenate([guess, guess], axis=1),
        None if extra is None else np.concatenate([extra, np.zeros_like(extra)]),
        None if policy is None else policy.joined(),
    )
    on, off = solved.q[:, :states], solved.q[:, states:]
    return Solved(on, off, solved.arrival[:, :states], solved.choice[:, :states], solved.residual)
