"""Walking in values: rewards follow without planning.

A Boltzmann likelihood is a smooth function of optimal values, and rewards follow from
values without planning. With one parameter for each state, V determines

    y(s, a) = g sum_s' P(s'|s,a) V(s'),      r(s) = V(s) - max_a y(s, a),

a bijection with |dr/dV| = |det(I - g P_pi)|, pi(s) = argmax_a y(s, a). With one for each state and
action, Q determines

    y(s, a) = Q(s, a),      r(s, a) = Q(s, a) - g sum_s' P(s'|s,a) max_a' y(s', a'),

with |dr/dQ| = |det(I - g P Pi)| = |det(I - g P_pi)| (Sylvester). What is known of
the reward besides, k(s, a), is added to y in the first and taken from r in the second. Either way

    log p(x) = log prior(r(x)) + sum n(s, a) log softmax(beta y(s, .))[a] + log|det(I - g P_pi)|.

The determinant is constant as long as the policy is and jumps where it changes. It is nearly
sum_s W(s, pi(s)), W(s, a) = kappa log(1 - g P(s|s,a)), with kappa regressed on policies that the
prior draws. So there are three densities: a *smooth* one, in which W is averaged with
softmax(y / tau), whose gradient moves the chains; a *local* one with W itself, by which every
trajectory is accepted or refused; and the exact one, by which a block of trajectories is.

Guarantee: `smooth` has the gradient that is returned with it wherever the policy is unique, and the
local density plus `remainder` is the exact log posterior density of x, up to a constant.

Source: Ramachandran & Amir 2007 for the model; Bajgar et al. 2024 for walking in values; the
determinant, its stand-ins and the blocks are this package's, after Christen & Fox 2005.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from corrigible.inference.density import Target
from corrigible.inference.mcmc.spaces import Chains, Space, Terms, numbers
from corrigible.worlds.optimum import optimal_q
from corrigible.worlds.tabular import Tabular

_POLICIES = 64
# Up to so many entries in a row, reading them one by one beats a dense product.
_WIDTH = 32


class Rows(eqx.Module):
    """A matrix whose rows have few entries.

    Args:
        column: `[N, K]`, padded with any column.
        weight: `[N, K]`, padded with 0.

    Source: this package; the format is known as ELLPACK.
    """

    column: Int[Array, "N K"]
    weight: Float[Array, "N K"]

    def __matmul__(self, x: Float[Array, "M C"]) -> Float[Array, "N C"]:
        """The product with `[M, C]`, a column for each chain, `[N, C]`."""
        # One entry of every row after the other: XLA makes one pass of it, and no [N, K, C].
        parts = [
            self.weight[:, k, None] * x[self.column[:, k]] for k in range(self.weight.shape[1])
        ]
        return functools.reduce(jnp.add, parts)


class Values(Space):
    """V, or Q where every state and action has a parameter of its own.

    Args:
        target: the posterior.
        rivals: `[A, S]`, see `Space`.
        tau: `[]`, see `Space`.
        strict: `[]`, see `Space`.
        moves: P, row a*S + s, `[A*S, S]`.
        ahead: P once more, as its few entries where they are few.
        back: its transpose, likewise.
        stays: W(s, a), `[A, S]`.

    Source: this package.
    """

    target: Target
    rivals: Bool[Array, "A S"] | None
    tau: Float[Array, ""]
    strict: Float[Array, ""]
    moves: Float[Array, "AS S"]
    ahead: Rows | Float[Array, "AS S"]
    back: Rows | Float[Array, "S AS"]
    stays: Float[Array, "A S"]

    def _split(self, x: Chains) -> tuple[Float[Array, "A S C"], Float[Array, "... C"]]:
        """y below its maximum, and the reward ([S, C] or [A, S, C])."""
        g, shape = self.target.discount, (*self.stays.shape, x.shape[1])
        known = None if self.target.offset is None else self.target.offset.T[:, :, None]
        if self.target.over == "state":
            # Scaled after the subtraction: the best action is to be at zero, however XLA fuses it.
            ahead = (self.ahead @ x).reshape(shape)
            if known is not None:
                ahead = ahead + known / g
            best = ahead.max(axis=0)
            return g * (ahead - best[None]), x - g * best
        y = x.reshape(shape)
        best = y.max(axis=0)
        r = y - g * (self.ahead @ best).reshape(shape)
        return y - best[None], r if known is None else r - known

    def _prior(self, r: Any) -> tuple[Any, Any]:
        """The log prior of rewards, one by one, and its derivative."""
        degrees = self.target.degrees
        if degrees is None:
            return -0.5 * r * r, -r
        square = r * r / degrees
        return -0.5 * (degrees + 1) * jnp.log1p(square), -(degrees + 1) / degrees * r / (1 + square)

    def terms(self, x: Chains) -> Terms:
        """See `Space`.

        Args:
            x: `[D, C]`.

        Returns:
            (`[C]`, `[D, C]`, `[C]`).

        Raises:
            Nothing.

        Source: this package.
        """
        g, chains = self.target.discount, x.shape[1]
        below, r = self._split(x)
        log_prior, pull = self._prior(r)
        smooth, slope, local = self._choices(below)
        share = jnp.exp(below / self.tau)
        share = share / share.sum(axis=0)[None]
        stays = self.stays[:, :, None]
        soft = (share * stays).sum(axis=0)
        slope = slope + share * (stays - soft[None]) / self.tau
        greedy = _greedy(below)
        hard = jnp.where(greedy, stays, 0).sum(axis=0)
        if self.target.over == "state":
            slope = slope - jnp.where(greedy, pull[None], 0)
            slope = pull + g * (self.back @ slope.reshape(-1, chains))
            lead = log_prior.sum(axis=0)
        else:
            back = g * (self.back @ pull.reshape(-1, chains))
            slope = (slope + pull - jnp.where(greedy, back[None], 0)).reshape(-1, chains)
            lead = log_prior.sum(axis=(0, 1))
        rest = (local + hard - smooth - soft).sum(axis=0)
        smooth = lead + (smooth + soft).sum(axis=0)
        return smooth, slope, smooth + self.strict * rest

    def by_state(self, x: Chains) -> Float[Array, " S C"]:
        """The local log density as a sum over states; for rewards by state.

        Args:
            x: V, `[S, C]`.

        Returns:
            `[S, C]`.

        Raises:
            Nothing.

        Source: this package.
        """
        below, r = self._split(x)
        hard = jnp.where(_greedy(below), self.stays[:, :, None], 0).sum(axis=0)
        return self._prior(r)[0] + self._choices(below)[2] + hard

    def remainder(self, x: Chains) -> Float[Array, " C"]:
        """log|det(I - g P_pi)| - sum_s W(s, pi(s)).

        Args:
            x: `[D, C]`.

        Returns:
            `[C]`.

        Raises:
            Nothing.

        Source: this package.
        """
        actions, states = self.stays.shape
        policy = self._split(x)[0].argmax(axis=0)
        rows = jnp.arange(states)[:, None]
        chosen = self.moves.reshape(actions, states, states)[policy, rows]
        flow = self.target.discount * chosen.transpose(1, 0, 2)
        determinant = jnp.linalg.slogdet(jnp.eye(states, dtype=x.dtype)[None] - flow)[1]
        return determinant - self.stays[policy, rows].sum(axis=0)

    def start(self, world: Tabular, z: Float[np.ndarray, "n D"]) -> Float[np.ndarray, "D n"]:
        """V* or Q* of rewards.

        Args:
            world: S states and A actions.
            z: `[n, D]`.

        Returns:
            `[D, n]`, Q in the order a*S + s.

        Raises:
            Nothing.

        Source: this package.
        """
        q = _optimum(world, z, self._known())
        if self.target.over == "state":
            return q.max(axis=2).T
        return q.transpose(2, 1, 0).reshape(-1, len(z))

    def frame(self, world: Tabular) -> Float[np.ndarray, "D D"]:
        """The rewards of values under the policy that draws its action uniformly.

        Args:
            world: S states and A actions.

        Returns:
            I - g P_uniform, `[S, S]`, or the same for Q, `[A*S, A*S]`.

        Raises:
            Nothing.

        Source: this package.
        """
        dense = world.dense()
        if self.target.over == "state":
            return np.eye(world.n_states) - world.discount * dense.mean(axis=1)
        ahead = dense.transpose(1, 0, 2).reshape(-1, world.n_states) / world.n_actions
        return np.eye(len(ahead)) - world.discount * np.tile(ahead, world.n_actions)

    def standard(self, world: Tabular, x: Float[np.ndarray, "n D"]) -> Float[np.ndarray, "n D"]:
        """The rewards of values.

        Args:
            world: S states and A actions.
            x: `[n, D]`.

        Returns:
            `[n, S]`, or `[n, S*A]` in the order s*A + a.

        Raises:
            Nothing.

        Source: this package.
        """
        values, n = np.asarray(x, dtype=np.float64), len(x)
        states, actions = world.n_states, world.n_actions
        if self.target.over == "state":
            ahead = (world.transition_matrix @ values.T).reshape(states, actions, n)
            ahead = world.discount * ahead + self._known()[:, :, None]
            return values - ahead.max(axis=1).T
        q = values.reshape(n, actions, states).transpose(0, 2, 1)
        ahead = (world.transition_matrix @ q.max(axis=2).T).reshape(states, actions, n)
        return (q - world.discount * ahead.transpose(2, 0, 1) - self._known()).reshape(n, -1)

    def _known(self) -> Float[np.ndarray, "S A"]:
        offset = self.target.offset
        return np.zeros(self.target.heard.shape) if offset is None else np.asarray(offset, float)


def values(
    world: Tabular, target: Target, rivals: Bool[np.ndarray, "S A"] | None, z: np.ndarray
) -> Values:
    """The space of values, with W fitted to what the prior draws.

    Args:
        world: S states and A actions.
        target: its posterior.
        rivals: `[S, A]`, see `Space`.
        z: `[n, D]`, draws of the standard prior.

    Returns:
        A `Values`. `[A*S, S]` and `[A, S]` are its arrays.

    Raises:
        Nothing.

    Source: this package.
    """
    dense = world.dense()
    states = world.n_states
    rows = np.arange(states)
    raw = np.log1p(-world.discount * dense[rows, :, rows])
    known = np.zeros(raw.shape) if target.offset is None else np.asarray(target.offset, float)
    policies = _optimum(world, z[:_POLICIES], known).argmax(axis=2)
    chosen = np.eye(states) - world.discount * dense[rows, policies]
    exact = np.linalg.slogdet(chosen)[1]
    guess = raw[rows, policies].sum(axis=1)
    spread = guess.var()
    kappa = ((guess - guess.mean()) * (exact - exact.mean())).mean() / spread if spread else 1.0
    single = functools.partial(jnp.asarray, dtype=target.heard.dtype)
    moves = dense.transpose(1, 0, 2).reshape(-1, states)
    return Values(
        target,
        None if rivals is None else jnp.asarray(rivals.T),
        *numbers(target),
        single(moves),
        _rows(moves, single),
        _rows(moves.T, single),
        single(kappa * raw.T),
    )


def _rows(matrix: np.ndarray, single: Callable[[np.ndarray], Array]) -> Rows | Array:
    """A matrix by its entries where rows have few, as it is elsewhere."""
    width = int((matrix > 0.0).sum(axis=1).max())
    if width > _WIDTH:
        return single(matrix)
    column = np.argsort(matrix <= 0.0, axis=1, kind="stable")[:, :width]
    weight = np.take_along_axis(matrix, column, axis=1)
    return Rows(jnp.asarray(column), single(weight))


def _greedy(below: Float[Array, "A S C"]) -> Bool[Array, "A S C"]:
    """The best action, the first where several are the same."""
    return jnp.arange(len(below))[:, None, None] == below.argmax(axis=0)[None]


def _optimum(world: Tabular, z: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Q* `[n, S, A]` of standard rewards `[n, S]` or `[n, S*A]`, with what is known besides."""
    shape = (len(z), world.n_states, world.n_actions)
    by_state = z.shape[1] == world.n_states and world.n_actions > 1
    free = np.broadcast_to(z[:, :, None], shape) if by_state else z.reshape(shape)
    return optimal_q(world, free + known)
