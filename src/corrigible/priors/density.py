"""Priors over rewards that have a density.

The reward is a linear image of parameters theta that are independent and alike,

    theta_i ~ mean + scale N(0, 1)   or   mean + scale t(degrees),

one parameter for each state (r(s, a) = theta_s), for each state and action
(r(s, a) = theta_sa), or for each of F known features (r(s, a) = sum_f theta_f features[s, a, f]).
Student's t has heavy tails: a few rewards may be far larger than the rest.

Guarantee: `log_prob` is the logarithm of a density that integrates to one over theta, `draw` draws
from exactly that density, and `rewards` is linear in theta.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.keys import Key, generator
from corrigible.priors.finite import check_size

if TYPE_CHECKING:
    from corrigible.worlds.tabular import Tabular

# "state", "state_action", or features [S, F] or [S, A, F].
Over = Any


class Density(abc.ABC):
    """A prior with a density over parameters theta `[D]`, of which rewards are a linear image.

    Args:
        scale: of every parameter, above 0, in reward units.
        over: "state" (D = S), "state_action" (D = S A, row s*A + a), or known features `[S, F]`
            or `[S, A, F]` (D = F).
        mean: of every parameter (its centre, where the tails are too heavy for a mean).

    Raises:
        UserError: numbers that are not finite, a scale that is not positive, an unknown word, or
            features of another shape.

    Source: this package.
    """

    scale: float
    over: Over
    mean: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.scale) and self.scale > 0):
            raise UserError(
                f"mean {self.mean} and scale {self.scale} must be finite, and scale above 0"
            )
        if isinstance(self.over, str):
            if self.over not in ("state", "state_action"):
                raise UserError(
                    f'over is {self.over!r}; it must be "state", "state_action" or an array of '
                    "features"
                )
            return
        features = np.array(self.over, dtype=np.float64)
        if features.ndim not in (2, 3) or 0 in features.shape:
            raise UserError(
                f"features have shape {list(features.shape)}; [S, F] or [S, A, F] is needed"
            )
        if not np.isfinite(features).all():
            raise UserError("features must be finite numbers, found NaN or infinity")
        features.flags.writeable = False
        object.__setattr__(self, "over", features)

    @abc.abstractmethod
    def log_prob(self, theta: Any) -> Any:
        """The logarithm of the density.

        Args:
            theta: `[..., D]`, NumPy or JAX.

        Returns:
            `[...]`, in nats, of the same kind.

        Raises:
            Nothing.

        Source: the normal and Student's t density.
        """

    @abc.abstractmethod
    def _standard(self, random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        """Draws with centre 0 and scale 1."""

    def shape(self, world: Tabular) -> tuple[int, ...]:
        """What one reward looks like.

        Args:
            world: S states and A actions.

        Returns:
            (S,) or (S, A).

        Raises:
            UserError: features of another world.

        Source: this package.
        """
        states, actions = world.n_states, world.n_actions
        if isinstance(self.over, str):
            return (states,) if self.over == "state" else (states, actions)
        lead = self.over.shape[:-1]
        if lead not in ((states,), (states, actions)):
            raise UserError(
                f"features have shape {list(self.over.shape)}; this world has {states} states and "
                f"{actions} actions, so [{states}, F] or [{states}, {actions}, F] is needed"
            )
        return lead

    def dimension(self, world: Tabular) -> int:
        """D, the number of parameters.

        Args:
            world: S states and A actions.

        Returns:
            S, S*A or F. No arrays, no shapes.

        Raises:
            UserError: features of another world.

        Source: this package.
        """
        shape = self.shape(world)
        return math.prod(shape) if isinstance(self.over, str) else self.over.shape[-1]

    def rewards(self, world: Tabular, theta: Any) -> Any:
        """The rewards that parameters stand for.

        Args:
            world: S states and A actions.
            theta: `[n, D]`, NumPy or JAX.

        Returns:
            `[n, S]` or `[n, S, A]`, of the same kind.

        Raises:
            UserError: features of another world.

        Source: Ng & Russell 2000, section 4, for features.
        """
        shape = self.shape(world)
        if isinstance(self.over, str):
            return theta.reshape(len(theta), *shape)
        xp = jnp if isinstance(theta, jax.Array) else np
        table = xp.asarray(self.over.reshape(-1, self.over.shape[-1]), dtype=theta.dtype)
        return (theta @ table.T).reshape(len(theta), *shape)

    def draw(self, world: Tabular, key: Key, count: int) -> Float[np.ndarray, "n D"]:
        """Independent draws of the parameters. The key is consumed.

        Args:
            world: S states and A actions.
            key: an int or a JAX key.
            count: n, at least 1.

        Returns:
            theta `[n, D]`, float64.

        Raises:
            UserError: no draws, or too many, or features of another world.

        Source: this package.
        """
        if count < 1:
            raise UserError(f"{count} draws were asked for; at least one is needed")
        size = self.dimension(world)
        check_size(count, count * max(size, math.prod(self.shape(world))))
        return self.mean + self.scale * self._standard(generator(key), (count, size))

    def belief(self, world: Tabular, key: Key, count: int) -> Belief:
        """A finite stand-in: equally likely draws. The key is consumed.

        Args:
            world: S states and A actions.
            key: an int or a JAX key.
            count: H, at least 1.

        Returns:
            A belief over rewards `[H, S]` or `[H, S, A]`.

        Raises:
            UserError: no draws, or too many, or features of another world.

        Source: this package.
        """
        return Belief.uniform(self.rewards(world, self.draw(world, key, count)))


@dataclass(frozen=True, eq=False)
class Normal(Density):
    """Independent normal parameters.

    Args:
        scale: the standard deviation of every parameter, above 0, in reward units.
        over: "state" (D = S), "state_action" (D = S A, row s*A + a), or known features `[S, F]`
            or `[S, A, F]` (D = F).
        mean: of every parameter.

    Raises:
        UserError: numbers that are not finite, a scale that is not positive, an unknown word, or
            features of another shape.

    Source: this package.
    """

    scale: float
    over: Over = "state"
    mean: float = 0.0

    def log_prob(self, theta: Any) -> Any:
        """-1/2 ((theta - mean) / scale)^2 - log scale - 1/2 log 2 pi, summed over D.

        Args:
            theta: `[..., D]`, NumPy or JAX.

        Returns:
            `[...]`, in nats, of the same kind.

        Raises:
            Nothing.

        Source: the normal density.
        """
        z = (theta - self.mean) / self.scale
        constant = math.log(self.scale) + 0.5 * math.log(2.0 * math.pi)
        return -0.5 * (z * z).sum(axis=-1) - theta.shape[-1] * constant

    def _standard(self, random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        return random.standard_normal(shape)


@dataclass(frozen=True, eq=False)
class StudentT(Density):
    """Independent parameters with heavy tails.

    Args:
        scale: of every parameter, above 0, in reward units.
        degrees: of freedom, above 0: 1 is Cauchy's density, the normal one is the limit.
        over: "state" (D = S), "state_action" (D = S A, row s*A + a), or known features `[S, F]`
            or `[S, A, F]` (D = F).
        mean: the centre of every parameter.

    Raises:
        UserError: numbers that are not finite, a scale or degrees that are not positive, an
            unknown word, or features of another shape.

    Source: this package.
    """

    scale: float
    degrees: float
    over: Over = "state"
    mean: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (math.isfinite(self.degrees) and self.degrees > 0):
            raise UserError(f"degrees is {self.degrees}; it must be finite and above 0")

    def log_prob(self, theta: Any) -> Any:
        """-(degrees + 1)/2 log(1 + z^2 / degrees) less a constant, z = (theta - mean) / scale.

        Args:
            theta: `[..., D]`, NumPy or JAX.

        Returns:
            `[...]`, in nats, of the same kind.

        Raises:
            Nothing.

        Source: Student 1908.
        """
        half = 0.5 * (self.degrees + 1.0)
        constant = (
            math.lgamma(0.5 * self.degrees)
            - math.lgamma(half)
            + 0.5 * math.log(self.degrees * math.pi)
            + math.log(self.scale)
        )
        z = (theta - self.mean) / self.scale
        log1p: Callable[[Any], Any] = jnp.log1p if isinstance(theta, jax.Array) else np.log1p
        return -half * log1p(z * z / self.degrees).sum(axis=-1) - theta.shape[-1] * constant

    def _standard(self, random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        return random.standard_t(self.degrees, shape)
