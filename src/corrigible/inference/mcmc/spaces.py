"""Where the chains walk: three densities in some coordinates.

A *smooth* log density moves the chains, a *local* one decides on every trajectory, and the exact
one, which is the local one and a *remainder*, decides on blocks of them. In values
(`corrigible.inference.mcmc.values`) the three differ. In parameters, here, they are one: linear
features leave no bijection between rewards and values, so chains walk in z and the world is solved
at every step.

A *perfect hand* asks that a* be optimal. The smooth density says it with a softmax of rationality
SOFT, the local one with the indicator.

Guarantee: `terms` returns the gradient of the smooth density wherever the policy is unique, and the
local density plus `remainder` is the exact log posterior density of x, up to a constant.

Source: Ramachandran & Amir 2007 for the model; the densities after Christen & Fox 2005.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from corrigible.inference.density import Target, optimal_values
from corrigible.worlds.tabular import Tabular

TAU = 0.1
SOFT = 30.0
_MARGIN = 1e-5
_REFUSED = 1e4
_WIDEST = 2.0

Chains = Float[Array, "D C"]
Terms = tuple[Float[Array, " C"], Chains, Float[Array, " C"]]


class Space(eqx.Module):
    """Coordinates for chains.

    Args:
        target: the posterior; for a perfect hand its rationality is `SOFT` and its counts are
            0 or 1.
        rivals: `[A, S]`, where a perfect hand was heard in s and a is no twin of what it said;
            None for a Boltzmann hand.
        tau: `[]`, over which gaps of values the policy is smoothed.
        strict: `[]`, 1, or 0 where the local density is to be the smooth one (while annealing).

    Source: this package.
    """

    target: eqx.AbstractVar[Target]
    rivals: eqx.AbstractVar[Bool[Array, "A S"] | None]
    tau: eqx.AbstractVar[Float[Array, ""]]
    strict: eqx.AbstractVar[Float[Array, ""]]

    def tempered(self, share: float) -> Space:
        """The same with a hand that is less sure.

        Args:
            share: of its rationality, 1 for the hand as it is.

        Returns:
            A space of the same kind. No arrays of any shape change but numbers.

        Raises:
            Nothing.

        Source: this package.
        """
        return eqx.tree_at(
            lambda s: (s.target.rationality, s.tau, s.strict),
            self,
            (
                self.target.rationality * np.float32(share),
                jnp.full_like(self.tau, min(TAU / share, _WIDEST)),
                jnp.full_like(self.strict, share == 1.0),
            ),
        )

    @abc.abstractmethod
    def terms(self, x: Chains) -> Terms:
        """The smooth log density, its gradient, and the local log density.

        Args:
            x: `[D, C]`, one column for each chain.

        Returns:
            (`[C]`, `[D, C]`, `[C]`).

        Raises:
            Nothing.

        Source: this package.
        """

    @abc.abstractmethod
    def remainder(self, x: Chains) -> Float[Array, " C"]:
        """What the exact log density has besides the local one.

        Args:
            x: `[D, C]`.

        Returns:
            `[C]`.

        Raises:
            Nothing.

        Source: this package.
        """

    @abc.abstractmethod
    def start(self, world: Tabular, z: Float[np.ndarray, "n D"]) -> Float[np.ndarray, "D n"]:
        """The coordinates of standard parameters.

        Args:
            world: S states and A actions.
            z: `[n, D]`.

        Returns:
            x, `[D, n]`, float64.

        Raises:
            Nothing.

        Source: this package.
        """

    @abc.abstractmethod
    def frame(self, world: Tabular) -> Float[np.ndarray, "D D"]:
        """Where coordinates are nearly independent under the prior: frame @ x.

        Args:
            world: S states and A actions.

        Returns:
            `[D, D]`, of full rank.

        Raises:
            Nothing.

        Source: this package.
        """

    @abc.abstractmethod
    def standard(self, world: Tabular, x: Float[np.ndarray, "n D"]) -> Float[np.ndarray, "n D"]:
        """The standard parameters of coordinates, in float64.

        Args:
            world: S states and A actions.
            x: `[n, D]`.

        Returns:
            z, `[n, D]`.

        Raises:
            Nothing.

        Source: this package.
        """

    def _choices(
        self, below: Float[Array, "A S C"]
    ) -> tuple[Float[Array, " S C"], Float[Array, "A S C"], Float[Array, " S C"]]:
        """Smooth log likelihood by state, its gradient in y, and the local one by state."""
        beta, heard = self.target.rationality, self.target.heard.T[:, :, None]
        weight = jnp.exp(beta * below)
        total = weight.sum(axis=0)
        often = heard.sum(axis=0)
        smooth = beta * (heard * below).sum(axis=0) - often * jnp.log(total)
        slope = beta * (heard - often[None] * (weight / total[None]))
        if self.rivals is None:
            return smooth, slope, smooth
        said = jnp.where(heard > 0, below, -jnp.inf).max(axis=0)
        gap = said[None] - below
        broken = self.rivals[:, :, None] & ~(gap > _MARGIN)
        return smooth, slope, -_REFUSED * broken.sum(axis=0).astype(below.dtype)


class Parameters(Space):
    """z itself.

    Args:
        target: the posterior.
        rivals: `[A, S]`, see `Space`.
        tau: `[]`, see `Space`.
        strict: `[]`, see `Space`.

    Source: this package.
    """

    target: Target
    rivals: Bool[Array, "A S"] | None
    tau: Float[Array, ""]
    strict: Float[Array, ""]

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

        def one(z: Float[Array, " D"]) -> tuple[Float[Array, ""], Float[Array, ""]]:
            t = self.target
            q = optimal_values(t.transition, t.discount, t.rewards(z))
            smooth, _, local = self._choices((q.T - q.max(axis=1)[None])[:, :, None])
            prior = t.log_prior(z)
            return prior + smooth.sum(), self.strict * (local - smooth).sum()

        (smooth, rest), slope = jax.vmap(
            jax.value_and_grad(one, has_aux=True), in_axes=1, out_axes=((0, 0), 1)
        )(x)
        return smooth, slope, smooth + rest

    def remainder(self, x: Chains) -> Float[Array, " C"]:
        """Nothing: the local density is the exact one.

        Args:
            x: `[D, C]`.

        Returns:
            Zeros, `[C]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return jnp.zeros_like(x[0])

    def start(self, world: Tabular, z: Float[np.ndarray, "n D"]) -> Float[np.ndarray, "D n"]:
        """The parameters themselves.

        Args:
            world: ignored.
            z: `[n, D]`.

        Returns:
            `[D, n]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return z.T

    def frame(self, world: Tabular) -> Float[np.ndarray, "D D"]:
        """The parameters themselves.

        Args:
            world: S states and A actions.

        Returns:
            The identity, `[D, D]`.

        Raises:
            Nothing.

        Source: this package.
        """
        if self.target.features is not None:
            return np.eye(self.target.features.shape[1])
        by_state = self.target.over == "state"
        return np.eye(world.n_states * (1 if by_state else world.n_actions))

    def standard(self, world: Tabular, x: Float[np.ndarray, "n D"]) -> Float[np.ndarray, "n D"]:
        """The parameters themselves.

        Args:
            world: ignored.
            x: `[n, D]`.

        Returns:
            `[n, D]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return np.asarray(x, dtype=np.float64)


def parameters(target: Target, rivals: Bool[np.ndarray, "S A"] | None) -> Parameters:
    """The space of parameters.

    Args:
        target: the posterior.
        rivals: `[S, A]`, see `Space`.

    Returns:
        A `Parameters`, with `[A, S]` rivals.

    Raises:
        Nothing.

    Source: this package.
    """
    wishes = None if rivals is None else jnp.asarray(rivals.T)
    return Parameters(target, wishes, *numbers(target))


def numbers(target: Target) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """tau and strict of a space that is not annealed.

    Args:
        target: the posterior.

    Returns:
        `[]` and `[]`.

    Raises:
        Nothing.

    Source: this package.
    """
    one = jnp.ones_like(target.rationality)
    return TAU * one, one
