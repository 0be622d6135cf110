"""The posterior's density over the parameters of a continuous prior.

For corrections (s_i, a_i) of a hand of rationality beta, and a prior p over parameters theta,

    log p(theta | corrections) = log p(theta) + sum_i log softmax(beta Q*_theta(s_i, .))[a_i] + c

The order of the corrections does not matter, so the counts n(s, a) of how often each was heard are
all that is kept, and the cost does not grow with their number.

Sampling goes on in the *standard* parameters z = (theta - mean) / scale, whose prior is N(0, 1) or
t(degrees) whatever the scale. Rewards are then in units of the scale, and beta becomes
beta * scale.

Guarantee: `log_likelihood` is the assumed hand's own likelihood in float64, for any hand. A
`Target` has the same density (of a Boltzmann hand) as a JAX function of z, correct to the precision
of its arrays, with the right gradient wherever the optimal policy is unique. A new scale,
rationality, discount, world or correction is no new compilation, only a new shape is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from corrigible.errors import UserError
from corrigible.inference.exact import check_corrections
from corrigible.overseers.hand import HandOfGod
from corrigible.priors.density import Density, StudentT
from corrigible.problem import Problem

_SWEEPS = 200
# Sweeps of value iteration before the first solve.
_BEFORE = 8
# States up to which elimination is written out.
_SMALL = 8
Over = Literal["state", "state_action", "features"]


def counts(problem: Problem, corrections: Iterable[Any]) -> Float[np.ndarray, "S A"]:
    """How often each correction was heard.

    Args:
        problem: whose world has S states and A actions.
        corrections: (state, action) pairs, or an integer array `[N, 2]`.

    Returns:
        `[S, A]`, summing to N.

    Raises:
        UserError: not a pair of integers, or a state or action that does not exist.

    Source: this package.
    """
    heard = np.zeros((problem.world.n_states, problem.world.n_actions))
    for pair in check_corrections(problem, corrections):
        heard[pair] += 1.0
    return heard


def log_likelihood(
    problem: Problem, corrections: Iterable[Any], theta: Float[np.ndarray, "n D"]
) -> Float[np.ndarray, " n"]:
    """sum_i log p(a_i | s_i, theta), by the assumed hand itself, in float64.

    Args:
        problem: with a continuous prior over D parameters.
        corrections: (state, action) pairs, or an integer array `[N, 2]`.
        theta: `[n, D]`.

    Returns:
        `[n]`, in nats; -inf where a correction is impossible.

    Raises:
        UserError: something that is no correction, or a prior that is not continuous.

    Source: Ramachandran & Amir 2007, section 3.
    """
    heard = counts(problem, corrections)
    rewards = density_of(problem).rewards(problem.world, np.asarray(theta, dtype=np.float64))
    if rewards.ndim == 2:
        rewards = np.broadcast_to(rewards[:, :, None], (*rewards.shape, heard.shape[1]))
    chances = problem.overseer.likelihood(problem.world, rewards)
    state, action = np.nonzero(heard)
    with np.errstate(divide="ignore"):
        return np.log(chances[:, state, action]) @ heard[state, action]


def density_of(problem: Problem) -> Density:
    """A continuous problem's prior.

    Args:
        problem: with a continuous prior.

    Returns:
        The prior. No arrays, no shapes.

    Raises:
        UserError: the prior is finite.

    Source: this package.
    """
    if not isinstance(problem.prior, Density):
        raise UserError("the prior is finite; posterior(problem, corrections) enumerates it")
    return problem.prior


class Target(eqx.Module):
    """A posterior's density over standard parameters z, as a JAX function of one z.

    Args:
        transition: P(s'|s,a), `[S, A, S]`.
        discount: g, `[]`.
        rationality: beta * scale, `[]`.
        heard: n(s, a), `[S, A]`.
        features: `[S*A, D]` where the reward is linear in features, else None.
        offset: the reward of z = 0, `[S, A]`: what is known of it besides, and with features what
            their mean says; None where it is zero.
        degrees: of freedom, `[]`; None for the normal prior.
        over: "state", "state_action" or "features".

    Source: this package.
    """

    transition: Float[Array, "S A S"]
    discount: Float[Array, ""]
    rationality: Float[Array, ""]
    heard: Float[Array, "S A"]
    features: Float[Array, "SA D"] | None
    offset: Float[Array, "S A"] | None
    degrees: Float[Array, ""] | None
    over: Over = eqx.field(static=True)

    def log_prior(self, z: Float[Array, " D"]) -> Float[Array, ""]:
        """The standard prior's log density, up to a constant.

        Args:
            z: `[D]`.

        Returns:
            A scalar, in nats.

        Raises:
            Nothing.

        Source: the normal and Student's t density.
        """
        if self.degrees is None:
            return -0.5 * (z * z).sum()
        return -0.5 * (self.degrees + 1.0) * jnp.log1p(z * z / self.degrees).sum()

    def rewards(self, z: Float[Array, " D"]) -> Float[Array, "S A"]:
        """The reward, in units of the prior's scale.

        Args:
            z: `[D]`.

        Returns:
            r(s, a), `[S, A]`; without the prior's mean where every reward has it.

        Raises:
            Nothing.

        Source: this package.
        """
        if self.features is not None:
            image = (self.features @ z).reshape(self.heard.shape)
        elif self.over == "state":
            image = jnp.broadcast_to(z[:, None], self.heard.shape)
        else:
            image = z.reshape(self.heard.shape)
        return image if self.offset is None else image + self.offset

    def log_choices(self, q: Float[Array, "S A"]) -> Float[Array, ""]:
        """The corrections' log likelihood, given the optimal values.

        Args:
            q: Q*, `[S, A]`, in units of the prior's scale.

        Returns:
            A scalar, in nats.

        Raises:
            Nothing.

        Source: Ramachandran & Amir 2007, section 3.
        """
        return (self.heard * jax.nn.log_softmax(self.rationality * q, axis=-1)).sum()

    def log_likelihood(self, z: Float[Array, " D"]) -> Float[Array, ""]:
        """The corrections' log likelihood; the world is solved for it.

        Args:
            z: `[D]`.

        Returns:
            A scalar, in nats.

        Raises:
            Nothing.

        Source: Ramachandran & Amir 2007, section 3.
        """
        return self.log_choices(optimal_values(self.transition, self.discount, self.rewards(z)))


def target(problem: Problem, corrections: Iterable[Any]) -> Target:
    """A continuous problem's posterior as a `Target`, in JAX's default precision.

    Args:
        problem: with a continuous prior over D parameters and a Boltzmann hand.
        corrections: (state, action) pairs, or an integer array `[N, 2]`.

    Returns:
        A `Target` of S states, A actions and D parameters.

    Raises:
        UserError: something that is no correction, a finite prior, or another hand.

    Source: this package.
    """
    prior, world, hand = density_of(problem), problem.world, problem.overseer
    heard = counts(problem, corrections)
    if not isinstance(hand, HandOfGod) or not np.isfinite(hand.rationality):
        raise UserError("this density is of a HandOfGod whose rationality is finite")
    features = None
    offset = None if prior.known is None else prior.known / prior.scale
    over: Over = "features"
    if isinstance(prior.over, str):
        over = "state" if prior.over == "state" else "state_action"
    else:
        lead = (world.n_states, world.n_actions)
        table = prior.over if prior.over.ndim == 3 else prior.over[:, None, :]
        table = np.broadcast_to(table, (*lead, table.shape[-1]))
        features = jnp.asarray(table.reshape(-1, table.shape[-1]))
        at_mean = table.sum(axis=2) * (prior.mean / prior.scale)
        offset = at_mean if offset is None else offset + at_mean
    return Target(
        jnp.asarray(world.dense()),
        jnp.asarray(np.float64(world.discount)),
        jnp.asarray(np.float64(hand.rationality * prior.scale)),
        jnp.asarray(heard),
        features,
        None if offset is None else jnp.asarray(offset),
        jnp.asarray(np.float64(prior.degrees)) if isinstance(prior, StudentT) else None,
        over,
    )


@jax.custom_jvp
def optimal_values(
    transition: Float[Array, "S A S"], discount: Float[Array, ""], rewards: Float[Array, "S A"]
) -> Float[Array, "S A"]:
    """Q* by policy iteration; its gradient in the rewards is that of the optimal policy's values.

    Sweeps of value iteration, which cost little, find nearly every policy, and solves only confirm
    them; the one that does is what is returned.

    Args:
        transition: `[S, A, S]`, not differentiated.
        discount: g, `[]`, not differentiated.
        rewards: `[S, A]`.

    Returns:
        `[S, A]`.

    Raises:
        Nothing.

    Source: Puterman 1994, section 6.4; the gradient is the envelope theorem's.
    """
    rows = jnp.arange(rewards.shape[0])

    def improve(carry: tuple[Any, Any, Any, Any]) -> tuple[Any, Any, Any, Any]:
        _, policy, _, sweep = carry
        paid, stays = rewards[rows, policy], _stays(transition, discount, policy)
        q = rewards + discount * transition @ _solved(stays, paid)
        # What rounding alone calls better is no reason to change, or iteration might go in circles.
        slack = 32.0 * jnp.finfo(q.dtype).eps * jnp.abs(q).max()
        better = q.max(axis=1) > q[rows, policy] + slack
        return q, jnp.where(better, q.argmax(axis=1), policy), better.any(), sweep + 1

    def going(carry: tuple[Any, Any, Any, Any]) -> Any:
        return carry[2] & (carry[3] < _SWEEPS)

    q = rewards
    for _ in range(_BEFORE):
        q = rewards + discount * transition @ q.max(axis=1)
    start = (q, q.argmax(axis=1), jnp.asarray(True), jnp.asarray(0))
    return jax.lax.while_loop(going, improve, start)[0]


@optimal_values.defjvp
def _slope(given: tuple[Any, Any, Any], change: tuple[Any, Any, Any]) -> tuple[Any, Any]:
    """Along a change of the rewards, by the policy's own linear equations."""
    transition, discount, rewards = given
    q = optimal_values(transition, discount, rewards)
    policy = q.argmax(axis=1)
    stays = _stays(transition, discount, policy)
    along = jax.lax.custom_linear_solve(
        lambda v: stays @ v,
        change[2][jnp.arange(rewards.shape[0]), policy],
        lambda _, right: _solved(stays, right),
        lambda _, right: _solved(stays.T, right),
    )
    return q, change[2] + discount * transition @ along


def _stays(transition: Any, discount: Any, policy: Int[Array, " S"]) -> Float[Array, "S S"]:
    """I - g P under a policy."""
    states = transition.shape[0]
    eye = jnp.eye(states, dtype=transition.dtype)
    return eye - discount * transition[jnp.arange(states), policy]


def _solved(matrix: Float[Array, "S S"], right: Float[Array, " S"]) -> Float[Array, " S"]:
    """matrix^-1 right, for I - g P or its transpose.

    Its diagonal dominates, so elimination needs no pivots; and where it is small, chains side by
    side gain more than LAPACK does, matrix by matrix.
    """
    size = matrix.shape[0]
    if size > _SMALL:
        return jnp.linalg.solve(matrix, right)
    rows = [jnp.append(row, value) for row, value in zip(matrix, right, strict=True)]
    for k, pivot in enumerate(rows):
        rows[k] = pivot / pivot[k]
        for i in range(size):
            if i != k:
                rows[i] = rows[i] - rows[i][k] * rows[k]
    return jnp.stack([row[-1] for row in rows])
