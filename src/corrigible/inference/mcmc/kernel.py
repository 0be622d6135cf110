"""One kernel for every space: trajectories, swaps, blocks.

A *trajectory* is Hamiltonian: momentum p ~ N(0, M), a random number of leapfrog steps under the
gradient of the smooth density, then accepted or refused by the energy of the local density. The
leapfrog map keeps volume and can be reversed whatever field drives it, so this leaves the local
density invariant (Neal 2011; Duane et al. 1987).

A *block* is several trajectories with swaps between them, and then one acceptance of the whole by
the ratio of the exact density to the local one. Each part is reversible with respect to the local
density, and their order, trajectory, swaps, ..., swaps, trajectory, reads the same from both ends,
so the whole is reversible too and the block leaves the exact density invariant (Liu 2001, section
9.4.3; Christen & Fox 2005).

Guarantee: the states at block ends have the exact density as their stationary one.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from corrigible.inference.mcmc.spaces import Chains, Space
from corrigible.inference.mcmc.swaps import Swaps

_DIVERGED = 1000.0


class Tuning(eqx.Module):
    """What warm-up adapts.

    Args:
        inverse: M^-1, the covariance that chains pool, `[D, D]`.
        root: a root of M, `[D, D]`.
        step: of the leapfrog, `[]`.
        longest: the most steps in a trajectory, `[]`.
        trajectories: in a block, `[]`.

    Source: this package.
    """

    inverse: Float[Array, "D D"]
    root: Float[Array, "D D"]
    step: Float[Array, ""]
    longest: Int[Array, ""]
    trajectories: Int[Array, ""]


class Tally(eqx.Module):
    """Sums over the trajectories of a call.

    Args:
        smooth: acceptance probability by the smooth energy, which is what the step is adapted on.
        local: acceptance probability of trajectories.
        block: acceptance probability of blocks, times the trajectories in each.
        diverged: trajectories that lost their energy.
        steps: leapfrog steps of each chain.

    Source: this package.
    """

    smooth: Float[Array, ""]
    local: Float[Array, ""]
    block: Float[Array, ""]
    diverged: Float[Array, ""]
    steps: Float[Array, ""]


def _chance(log_ratio: Float[Array, " C"]) -> Float[Array, " C"]:
    """The Metropolis probability; not a number is a refusal."""
    chance = jnp.exp(jnp.minimum(log_ratio, 0))
    return jnp.where(jnp.isnan(chance), 0, chance)


def _trajectory(space: Space, x: Chains, key: Any, tuning: Tuning) -> tuple[Chains, Any]:
    for_momentum, for_length, for_step, for_choice = jax.random.split(key, 4)
    momentum = tuning.root @ jax.random.normal(for_momentum, x.shape, x.dtype)
    length = jax.random.randint(for_length, (), 1, tuning.longest + 1)
    step = tuning.step * jax.random.uniform(for_step, (), x.dtype, 0.8, 1.2)

    def kinetic(p: Chains) -> Float[Array, " C"]:
        return 0.5 * (p * (tuning.inverse @ p)).sum(axis=0)

    def leap(_: Any, carry: Any) -> Any:
        x, p, (_, slope, _) = carry
        p = p + 0.5 * step * slope
        x = x + step * (tuning.inverse @ p)
        now = space.terms(x)
        return x, p + 0.5 * step * now[1], now

    first = space.terms(x)
    end, p, last = jax.lax.fori_loop(0, length, leap, (x, momentum, first))
    drift = kinetic(momentum) - kinetic(p)
    smooth = last[0] - first[0] + drift
    chance = _chance(last[2] - first[2] + drift)
    taken = jax.random.uniform(for_choice, chance.shape, x.dtype) < chance
    tally = Tally(
        _chance(smooth).mean(),
        chance.mean(),
        jnp.zeros((), x.dtype),
        (~(smooth > -_DIVERGED)).mean(dtype=x.dtype),
        length.astype(x.dtype),
    )
    return jnp.where(taken[None], end, x), tally


def _block(
    space: Space, swaps: Swaps | None, tuning: Tuning, carry: Any, key: Any
) -> tuple[Any, Any]:
    x, remainder, tally = carry
    for_inside, for_choice = jax.random.split(key)

    def inside(number: Any, carry: Any) -> Any:
        x, tally = carry
        mine, others = jax.random.split(jax.random.fold_in(for_inside, number))
        if swaps is not None:
            move = swaps.move
            x = jax.lax.cond(number > 0, lambda x: move(space, x, others), lambda x: x, x)
        x, more = _trajectory(space, x, mine, tuning)
        return x, jax.tree.map(jnp.add, tally, more)

    end, tally = jax.lax.fori_loop(0, tuning.trajectories, inside, (x, tally))
    after = space.remainder(end)
    chance = _chance(after - remainder)
    taken = jax.random.uniform(for_choice, chance.shape, x.dtype) < chance
    x = jnp.where(taken[None], end, x)
    remainder = jnp.where(taken, after, remainder)
    weight = tuning.trajectories.astype(x.dtype)
    tally = eqx.tree_at(lambda t: t.block, tally, tally.block + weight * chance.mean())
    return (x, remainder, tally), x


@partial(jax.jit, static_argnames=("blocks",))
def walk(
    space: Space, swaps: Swaps | None, x: Chains, key: Any, tuning: Tuning, blocks: int
) -> tuple[Float[Array, "B D C"], Tally, Float[Array, " C"]]:
    """Several blocks of all chains. The key is consumed.

    Args:
        space: where the chains walk.
        swaps: local moves besides, or None.
        x: `[D, C]`, one column for each chain.
        key: a JAX key.
        tuning: metric, step and lengths.
        blocks: B, how many.

    Returns:
        The states at block ends `[B, D, C]`, sums over trajectories, and the smooth log density
        of the last states `[C]`.

    Raises:
        Nothing.

    Source: this package.
    """
    zero = jnp.zeros((), x.dtype)
    first = (x, space.remainder(x), Tally(zero, zero, zero, zero, zero))
    (last, _, tally), ends = jax.lax.scan(
        partial(_block, space, swaps, tuning), first, jax.random.split(key, blocks)
    )
    return ends, tally, space.terms(last)[0]
