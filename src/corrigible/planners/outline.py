"""An agent that keeps only an average belief: a lower end of the value on thousands of states.

At a belief over a set X of hypotheses the agent does what is best there if the next step told it
the truth, as long as nothing that it hears says much. What does say much leads on, action by
action, to one further belief: the average of what could be believed then, over the states where
the correction may have been heard, without what is very unlikely. Which of these beliefs a
correction leads to, or whether it is ignored, is decided by the values. Each such plan is a finite
controller; it runs on the few hundred states that it meets, and elsewhere, or once the channel is
off, it stands by. What it does is then improved a few times, on average over X, as in policy
iteration. Its value under each hypothesis h in X,

    v_h(s) = r_h(s, pi(s)) + g sum_s' P(s'|s, pi(s)) { (1-rho) v_h(s')
                + rho sum_a* p(a*|s',h) (v_h(s') if it is ignored, else w_h(s') of the plan after) }

with the least that any plan is worth in place of w_h for hypotheses left out, is found by sweeps
from below. A belief x is worth at least sum_h x_h v_h(s).

Guarantee: every value is at most what some plan of the agent's is worth under that hypothesis.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int
from scipy.sparse import csgraph

from corrigible.planners.stand_by import StandBy
from corrigible.problem import Problem

_REGION = 400
_MET = 1e-4
_STEPS = 60
_LEFT = 0.01
_TELLING = 0.35
_UNLIKELY = 0.2
_ENTRIES = 12
_DEPTH = 14
_ROUNDS = 2
_IMPROVED = 3
_SWEEPS = 60
_CLOSE = 1e-4
_SPARSE = 0.1


@dataclass(frozen=True)
class Plan:
    """One controller's values.

    Args:
        members: `[n]`, the hypotheses that it reckons with, rising.
        weights: `[n]`, how likely it takes them to be.
        best: place of the member it takes for certain where it stands by.
        region: `[K]`, the states that it runs on, rising.
        value: `[n, K]`, of acting there.
        arrival: `[n, K]`, of arriving there with the channel on.

    Source: this package.
    """

    members: Int[np.ndarray, " n"]
    weights: Float[np.ndarray, " n"]
    best: int
    region: Int[np.ndarray, " K"]
    value: Float[np.ndarray, "n K"]
    arrival: Float[np.ndarray, "n K"]


@dataclass(frozen=True)
class _Ground:
    """What can be done on the states of a plan.

    Args:
        region: `[K]`, the states.
        step: `[K, A, n]`, the reward, and standing by where the step leaves the plan.
        inside: `[K, A, K]`, the discounted chain of steps that do not.
        chance: `[K, n, A]`, P(a* | s, h).
        told: `[K, n]` each, the values of the plans that follow.
    """

    region: np.ndarray
    step: np.ndarray
    inside: np.ndarray
    chance: np.ndarray
    told: list[np.ndarray]

    def best(self, plan: Plan) -> np.ndarray:
        """`[K]`, what is best for one step and then as planned, if nothing was ignored before."""
        q = self.step @ plan.weights + self.inside @ (plan.weights @ plan.arrival)
        return q.argmax(axis=1)


class Outline:
    """Makes such plans.

    Args:
        problem: whose hand advises about the current state, on a channel that nothing restores.
        stand_by: what plans fall back on.

    Source: this package; finite-state controllers are Hansen 1998, alpha vectors Pineau, Gordon &
        Thrun 2003, acting as if all were told next Littman, Cassandra & Kaelbling 1995.
    """

    def __init__(self, problem: Problem, stand_by: StandBy) -> None:
        self.problem, self.stand_by = problem, stand_by
        hypotheses, states, actions = problem.rewards.shape
        self._shape = (states, actions)
        self._table = problem.likelihood
        flat = problem.rewards.reshape(hypotheses, states * actions)
        few = np.count_nonzero(flat) <= _SPARSE * flat.size
        self._sparse = sp.csr_array(flat) if few else None
        self._deadline = self._least = 0.0
        self.cut: bool = False
        self.held: bool = False

    def plan(
        self,
        weights: Float[np.ndarray, " H"],
        entry: Float[np.ndarray, " S"],
        least: float,
        deadline: float,
    ) -> Plan:
        """The plan at one belief, and those that it leads to.

        Args:
            weights: `[H]`.
            entry: `[S]`, where it begins.
            least: plans that are less likely to be reached than this, discounted, stand by.
            deadline: a `time.monotonic()` after which every further plan stands by; `cut` says
                whether that was so, `held` whether any stood by for being unlikely.

        Returns:
            See `Plan`.

        Raises:
            Nothing.

        Source: this package.
        """
        self._deadline, self._least, self.cut, self.held = deadline, least, False, False
        members, begin = np.flatnonzero(weights), np.flatnonzero(entry)
        return self._make(members, weights[members], begin, entry[begin], 1.0, 0)

    def mean_rewards(
        self, members: Int[np.ndarray, " n"], weights: Float[np.ndarray, " n"]
    ) -> Float[np.ndarray, "S A"]:
        """R_b.

        Args:
            members: `[n]`, hypotheses.
            weights: `[n]`.

        Returns:
            `[S, A]`.

        Raises:
            Nothing.

        Source: this package.
        """
        if self._sparse is None:
            return np.tensordot(weights, self.problem.rewards[members], axes=1)
        return np.asarray(weights @ self._sparse[members]).reshape(self._shape)

    def _make(
        self,
        members: np.ndarray,
        weights: np.ndarray,
        entry: np.ndarray,
        share: np.ndarray,
        mass: float,
        depth: int,
    ) -> Plan:
        known = self.stand_by.known
        best = int((weights * (known[np.ix_(members, entry)] @ share)).argmax())
        nothing = np.zeros((len(members), 0))
        alone = Plan(members, weights, best, np.zeros(0, np.int64), nothing, nothing)
        late = time.monotonic() > self._deadline
        if len(members) == 1:
            return alone
        self.cut, self.held = self.cut or late, self.held or mass < self._least
        if mass < self._least or depth >= _DEPTH or late:
            return alone
        action = self._act(members, weights, best)
        region, met, chance = self._follow(members, weights, entry, share, action)
        telling = self._telling(weights, chance)
        after: list[Plan] = []
        for a in range(self._shape[1]):
            heard = self.problem.overseer.rate * met * telling[:, a]
            joint = weights * (heard @ chance[:, :, a])
            kept = joint > _UNLIKELY * joint.max(initial=0.0)
            if not kept.any() or (kept.all() and _apart(joint, weights) < 0.02):
                continue
            where = heard * (chance[:, :, a] @ weights)
            top = np.argsort(-where)[:_ENTRIES]
            some = joint[kept] / joint[kept].sum()
            reached = mass * float(where.sum())
            after.append(
                self._make(members[kept], some, region[top], where[top], reached, depth + 1)
            )
        told = [self._told(p, members, region) for p in after]
        ground = self._ground(alone, region, chance, told)
        plan, at = self._value(alone, ground, action[region]), np.searchsorted(region, entry)
        for _ in range(_IMPROVED if after else 0):
            other = self._value(alone, ground, ground.best(plan))
            if weights @ (other.value - plan.value)[:, at] @ share <= 0.0:
                break
            plan = other
        return plan

    def _act(self, members: np.ndarray, weights: np.ndarray, best: int) -> np.ndarray:
        """`[S]`, what is best if all were told next, and nothing more with the channel off."""
        world, known = self.problem.world, self.stand_by.known
        after = world.on_matrix @ (weights @ known[members])
        if world.off_matrix.nnz:
            every = np.arange(self._shape[0])
            after += world.off_matrix @ (
                weights @ self.stand_by.under(members, weights, best, every)
            )
        q = self.mean_rewards(members, weights) + world.discount * after.reshape(self._shape)
        return q.argmax(axis=1)

    def _follow(
        self,
        members: np.ndarray,
        weights: np.ndarray,
        entry: np.ndarray,
        share: np.ndarray,
        action: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where the plan goes: states, arrivals there, `[K, n, A]` what is said there."""
        states, actions = self._shape
        world = self.problem.world
        steps = world.on_matrix[np.arange(states) * actions + action]
        region = _nearest(steps, entry)
        place = np.full(states, -1)
        place[region] = np.arange(len(region))
        rows = sp.coo_array(steps[region])
        to = place[rows.coords[1]]
        chain = np.zeros((len(region), len(region)))
        chain[rows.coords[0][to >= 0], to[to >= 0]] = rows.data[to >= 0]
        chance = self._table[members[None, :], region[:, None]]
        leave = self._telling(weights, chance) * np.einsum("h,kha->ka", weights, chance)
        stay = 1.0 - self.problem.overseer.rate * leave.sum(axis=1)
        met, now = np.zeros(len(region)), np.zeros(len(region))
        now[place[entry]] = share / share.sum()
        for _ in range(_STEPS):
            now = world.discount * (now @ chain)
            met += now
            now = now * stay
            if now.sum() < _LEFT:
                break
        worth = met > _MET
        worth[place[entry]] = True
        kept = np.flatnonzero(worth)
        return region[kept], met[kept], chance[kept]

    def _telling(self, weights: np.ndarray, chance: np.ndarray) -> Bool[np.ndarray, "K A"]:
        """Whether hearing an action moves the belief far."""
        expected = np.einsum("h,kha->ka", weights, chance)
        moved = np.einsum("h,kha->ka", weights, np.abs(chance - expected[:, None]))
        return moved > 2.0 * _TELLING * expected

    def _ground(
        self, plan: Plan, region: np.ndarray, chance: np.ndarray, told: list[np.ndarray]
    ) -> _Ground:
        """Where every action leads from the plan's states."""
        world, actions, size = self.problem.world, self._shape[1], len(region)
        rows = (region[:, None] * actions + np.arange(actions)).ravel()
        on = sp.coo_array(world.on_matrix[rows])
        row, column = on.coords
        at = np.minimum(np.searchsorted(region, column), size - 1)
        stays = region[at] == column
        inside = np.zeros((len(rows), size))
        inside[row[stays], at[stays]] = world.discount * on.data[stays]
        parts = [(on.data[~stays], row[~stays], column[~stays])]
        if world.off_matrix.nnz:
            off = sp.coo_array(world.off_matrix[rows])
            parts.append((off.data, off.coords[0], off.coords[1]))
        data, row, column = (np.concatenate(x) for x in zip(*parts, strict=True))
        step = self.problem.rewards[np.ix_(plan.members, region)].transpose(1, 2, 0)
        if data.size:
            where, column = np.unique(column, return_inverse=True)
            left = sp.csr_array((data, (row, column)), shape=(len(rows), len(where)))
            alone = self.stand_by.under(plan.members, plan.weights, plan.best, where)
            step = step + world.discount * (left @ alone.T).reshape(step.shape)
        return _Ground(region, step, inside.reshape(size, actions, size), chance, told)

    def _value(self, plan: Plan, ground: _Ground, action: np.ndarray) -> Plan:
        """The controller's value under each member."""
        rate, floor = self.problem.overseer.rate, self.stand_by.floor[plan.members]
        chance, told, here = ground.chance, ground.told, np.arange(len(action))
        fixed, move = ground.step[here, action], ground.inside[here, action]
        joint = plan.weights[None, :, None] * chance
        worth = [np.einsum("kh,kha->ka", t, joint) for t in told]
        value = np.repeat(floor[None], len(here), axis=0)
        own = np.full(chance.shape[::2], -np.inf if told else np.inf)
        keep, gain = np.ones_like(value), np.zeros_like(value)
        close = _CLOSE * max(1.0, float(np.abs(fixed).max(initial=0.0)))
        for _ in range(_ROUNDS if told else 1):
            choice = np.stack([own, *worth]).argmax(axis=0)
            ignored = np.einsum("kha,ka->kh", chance, choice == 0)
            gain = np.zeros_like(value)
            for i, after in enumerate(told):
                gain += rate * after * np.einsum("kha,ka->kh", chance, choice == i + 1)
            keep = 1.0 - rate + rate * ignored
            value = _from_below(fixed + move @ gain, move, keep, floor, close)
            own = np.einsum("kh,kha->ka", value, joint)
        arrival = keep * value + gain
        return Plan(plan.members, plan.weights, plan.best, ground.region, value.T, arrival.T)

    def _told(
        self, plan: Plan, members: np.ndarray, states: np.ndarray
    ) -> Float[np.ndarray, "K n"]:
        """A further plan's values at these states, under these hypotheses."""
        found = np.repeat(self.stand_by.floor[members][None], len(states), axis=0)
        place = np.searchsorted(members, plan.members)
        where = np.minimum(np.searchsorted(plan.region, states), max(0, len(plan.region) - 1))
        inside = plan.region[where] == states if len(plan.region) else np.zeros(len(states), bool)
        found[np.ix_(inside, place)] = plan.value[:, where[inside]].T
        outside = states[~inside]
        if outside.size:
            alone = self.stand_by.under(plan.members, plan.weights, plan.best, outside)
            found[np.ix_(~inside, place)] = alone.T
        return found


def _from_below(
    step: np.ndarray, move: np.ndarray, keep: np.ndarray, floor: np.ndarray, close: float
) -> np.ndarray:
    """`[K, n]`, the solution v of v = step + move (keep v), or a little less.

    Args:
        step: `[K, n]`.
        move: `[K, K]`, discounted.
        keep: `[K, n]`.
        floor: `[n]`, no more than the solution anywhere.
        close: the change at which it is good enough.
    """
    least = keep.min(axis=1)
    excess = keep - least[:, None]
    inverse = np.linalg.inv(np.eye(len(move)) - move * least)
    base, again = inverse @ step, inverse @ move
    value = np.repeat(floor[None], len(move), axis=0)
    for _ in range(_SWEEPS):
        before, value = value, base + again @ (excess * value)
        if float(np.abs(value - before).max()) <= close:
            break
    short = value - step - move @ (keep * value)
    return value - np.maximum(short, 0.0).max(axis=0) / (1.0 - float(move.sum(axis=1).max()))


def _apart(joint: np.ndarray, weights: np.ndarray) -> float:
    """The total variation between two beliefs."""
    return 0.5 * float(np.abs(joint / joint.sum() - weights).sum())


def _nearest(steps: sp.csr_array, entry: np.ndarray) -> np.ndarray:
    """`[K]`, the states that a chain meets first, rising."""
    states = len(steps.indptr) - 1
    indices = np.append(steps.indices, entry.astype(steps.indices.dtype))
    indptr = np.append(steps.indptr, len(indices)).astype(steps.indptr.dtype)
    data = np.append(steps.data, np.ones(len(entry)))
    graph = sp.csr_array((data, indices, indptr), shape=(states + 1, states + 1))
    order = csgraph.breadth_first_order(graph, states, return_predecessors=False)
    return np.sort(order[1 : 1 + max(_REGION, len(entry))].astype(np.int64))
