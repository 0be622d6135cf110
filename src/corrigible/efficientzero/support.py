"""Values and rewards as distributions over atoms.

A scalar x is squashed by h(x) = sign(x) (sqrt(|x| + 1) - 1) + .001 x (Pohlen et al. 2018), and h(x)
is written as the mean of two neighbouring integer atoms. A network that predicts such a
distribution is trained by cross-entropy, whose gradient does not grow with the scale of x.

Guarantee: `expectation` of the logarithm of `two_hot(x)` is x, to rounding, wherever h(x) lies on
the support; outside, the nearest end of it.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

EPSILON = 0.001


def squash(x: Float[Array, "*N"]) -> Float[Array, "*N"]:
    """h(x) = sign(x) (sqrt(|x| + 1) - 1) + .001 x.

    Args:
        x: `[*N]`.

    Returns:
        `[*N]`, increasing in x, h(0) = 0.

    Raises:
        Nothing.

    Source: Pohlen et al. 2018, proposition A.2.
    """
    size = jnp.abs(x)
    # sqrt(1 + |x|) - 1, without its cancellation near 0.
    return jnp.sign(x) * (size / (jnp.sqrt(size + 1.0) + 1.0)) + EPSILON * x


def unsquash(y: Float[Array, "*N"]) -> Float[Array, "*N"]:
    """The inverse of `squash`.

    Args:
        y: `[*N]`.

    Returns:
        x with h(x) = y, `[*N]`.

    Raises:
        Nothing.

    Source: Pohlen et al. 2018, proposition A.2.
    """
    size = jnp.abs(y)
    root = 2.0 * (size + 1.0 + EPSILON)
    # The root of the quadratic in sqrt(|x| + 1), written so that nothing cancels in float32.
    root = root / (jnp.sqrt(1.0 + 4.0 * EPSILON * (size + 1.0 + EPSILON)) + 1.0)
    return jnp.sign(y) * (root**2 - 1.0)


def two_hot(x: Float[Array, "*N"], size: int) -> Float[Array, "*N atoms"]:
    """A scalar as a distribution over the integers -size..size.

    Args:
        x: `[*N]`.
        size: the largest atom.

    Returns:
        `[*N, 2 size + 1]`: at most two neighbours are positive, their mean is h(x), clipped.

    Raises:
        Nothing.

    Source: Schrittwieser et al. 2020, appendix F.
    """
    place = jnp.clip(squash(x), -size, size) + size
    low = jnp.floor(place)
    share = (place - low)[..., None]
    atoms = 2 * size + 1
    below = jax.nn.one_hot(low.astype(jnp.int32), atoms)
    # At the upper end the share is 0, and the class beyond the last one is a row of zeros.
    above = jax.nn.one_hot(low.astype(jnp.int32) + 1, atoms)
    return (1.0 - share) * below + share * above


def expectation(logits: Float[Array, "*N atoms"]) -> Float[Array, "*N"]:
    """The scalar that a predicted distribution stands for.

    Args:
        logits: `[*N, 2 size + 1]`.

    Returns:
        The inverse of h at the mean atom, `[*N]`.

    Raises:
        Nothing.

    Source: Schrittwieser et al. 2020, appendix F.
    """
    size = (logits.shape[-1] - 1) // 2
    atoms = jnp.arange(-size, size + 1, dtype=logits.dtype)
    return unsquash(jnp.matmul(jax.nn.softmax(logits), atoms, precision="highest"))
