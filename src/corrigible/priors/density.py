"""Priors over rewards that have a density.

The reward is a linear image of parameters theta that are independent and alike,

    theta_i ~ mean + scale N(0, 1)   or   mean + scale t(degrees),

one parameter for each state (r(s, a) = theta_s), for each state and action
(r(s, a) = theta_sa), or for each of F known features (r(s, a) = sum_f theta_f features[s, a, f]).
Student's t has heavy tails: a few rewards may be far larger than the rest.

What is known of the reward besides, what a button openly pays for instance, is added to that
(`known`) and is no parameter.

Guarantee: `log_prob` is the logarithm of a density that integrates to one over theta, `draw` draws
from exactly that density, which is symmetric about `mean`, and `rewards` is affine in theta.
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


def _fixed(values: Any, axes: tuple[int, ...], what: str, wanted: str) -> np.ndarray:
    """A read-only copy of finite numbers of one of these numbers of axes."""
    array = np.array(values, dtype=np.float64)
    if array.ndim not in axes or 0 in array.shape:
        raise UserError(f"{what} have shape {list(array.shape)}; {wanted} is needed")
    if not np.isfinite(array).all():
        raise UserError(f"{what} must be finite numbers, found NaN or infinity")
    array.flags.writeable = False
    return array


class Density(abc.ABC):
    """A prior with a density over parameters theta `[D]`, of which rewards are a linear image.

    Args:
        scale: of every parameter, above 0, in reward units.
        over: "state" (D = S), "state_action" (D = S A, row s*A + a), or known features `[S, F]`
            or `[S, A, F]` (D = F).
        mean: of every parameter (its centre, where the tails are too heavy for a mean).
        known: `[S, A]`, added to every reward; nothing where None.

    Raises:
        UserError: numbers that are not finite, a scale that is not positive, an unknown word, or
            features or known rewards of another shape.

    Source: this package.
    """

    scale: float
    over: Over
    mean: float
    known: Any

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.scale) and self.scale > 0):
            raise UserError(
                f"mean {self.mean} and scale {self.scale} must be finite, and scale above 0"
            )
        if self.known is not None:
            object.__setattr__(self, "known", _fixed(self.known, (2,), "known rewards", "[S, A]"))
        if isinstance(self.over, str):
            if self.over not in ("state", "state_action"):
                raise UserError(
                    f'over is {self.over!r}; it must be "state", "state_action" or an array of '
                    "features"
                )
            return
        features = _fixed(self.over, (2, 3), "features", "[S, F] or [S, A, F]")
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
            UserError: features or known rewards of another world.

        Source: this package.
        """
        whole = (world.n_states, world.n_actions)
        if self.known is not None and self.known.shape != whole:
            raise UserError(
                f"known rewards have shape {list(self.known.shape)}; this world needs {list(whole)}"
            )
        lead = self._image(world)
        return lead if self.known is None else whole

    def _image(self, world: Tabular) -> tuple[int, ...]:
        """The shape of what the parameters say."""
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
        shape = self._image(world)
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
        shape = self._image(world)
        xp = jnp if isinstance(theta, jax.Array) else np
        image = theta
        if not isinstance(self.over, str):
            table = xp.asarray(self.over.reshape(-1, self.over.shape[-1]), dtype=theta.dtype)
            image = theta @ table.T
        image = image.reshape(len(theta), *shape)
        if self.known is None:
            return image
        known = xp.asarray(self.known, dtype=theta.dtype)[None]
        return known + (image if len(shape) == 2 else image[:, :, None])

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
        known: `[S, A]`, added to every reward; nothing where None.

    Raises:
        UserError: numbers that are not finite, a scale that is not positive, an unknown word, or
            features or known rewards of another shape.

    Source: this package.
    """

    scale: float
    over: Over = "state"
    mean: float = 0.0
    known: Any = None

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
        known: `[S, A]`, added to every reward; nothing where None.

    Raises:
        UserError: numbers that are not finite, a scale or degrees that are not positive, an
            unknown word, or features or known rewards of another shape.

    Source: this package.
    """

    scale: float
    degrees: float
    over: Over = "state"
    mean: float = 0.0
    known: Any = None

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
