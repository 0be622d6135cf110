"""What a state is to predict: policy, value and value prefix, along K steps of the model.

At step i of the unroll, with r the rewards that followed and m rewards known of the k wanted,

    value   z_i = sum_{j<m} g^j r_{i+j} + g^m V(s_{i+m})
    prefix  p_i = the sum of the rewards since the last reset, undiscounted
    policy      = what the last search of that state found

*Correction*: k is 5 for fresh data and one less for every `stale` actions of age, at least 1, since
what an older policy did next says less about this one. The age is taken when the batch is drawn.
*Continuation* puts the model's own steps in the place of those left out: V is then the value of
5 - k steps of the model's own plan, the older the longer.

*Ends.* After a termination every step is absorbing: value 0, prefix its last sum, both trained
(nothing else teaches that rewards cease), policy and consistency masked. A time limit is no end:
the target bootstraps from the last observation, and what would follow is masked. So is what lies
beyond the newest row.

Guarantee: no target depends on a reward or a value beyond an episode's end.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from corrigible.efficientzero.replay import CUT, STEP, TERMINAL, Window
from corrigible.efficientzero.settings import Settings


class Targets(NamedTuple):
    """For N examples and positions 0..K.

    Args:
        value: `[N, K+1]`.
        prefix: `[N, K+1]`; at position 0 it is 0 and not trained.
        policy: `[N, K+1, A]`.
        known: `[N, K+1]`, where value and prefix are trained.
        acted: `[N, K+1]`, where the policy is.
        seen: `[N, K+1]`, where there is an observation to be consistent with.

    Source: Ye et al. 2021, section 4.
    """

    value: Float[Array, "N K1"]
    prefix: Float[Array, "N K1"]
    policy: Float[Array, "N K1 A"]
    known: Bool[Array, "N K1"]
    acted: Bool[Array, "N K1"]
    seen: Bool[Array, "N K1"]


def trusted_steps(age: Int[Array, " N"], settings: Settings) -> Int[Array, " N"]:
    """How many rewards a target takes from a trajectory of that age.

    Args:
        age: `[N]`, actions taken since.
        settings: correction, stale and td_steps.

    Returns:
        k, `[N]`, between 1 and td_steps.

    Raises:
        Nothing.

    Source: Ye et al. 2021, section 4.3.
    """
    full = jnp.full_like(age, settings.td_steps)
    if not settings.correction:
        return full
    return jnp.clip(full - age // settings.stale, 1, settings.td_steps)


def make_targets(seen: Window, age: Int[Array, " N"], settings: Settings) -> Targets:
    """The targets of N windows of K + td_steps + 1 rows.

    Args:
        seen: the windows.
        age: `[N]`, actions taken since the window's first one.
        settings: of the run.

    Returns:
        Targets at K + 1 positions.

    Raises:
        Nothing.

    Source: Ye et al. 2021, section 4; the absorbing ends: Schrittwieser et al. 2020, appendix G.
    """
    positions = settings.unroll + 1
    goes_on = (seen.kind == STEP)[:, :-1] & seen.known[:, 1:]
    first = seen.known[:, :1]
    alive = jnp.concatenate([first, first & jnp.cumprod(goes_on, axis=1, dtype=bool)], axis=1)
    over = jnp.cumsum(alive & (seen.kind == TERMINAL), axis=1, dtype=jnp.int32) > 0
    # A reward counts where the row that it led to is there.
    paid = jnp.where(alive[:, 1:], seen.reward[:, :-1], 0.0)
    known, stepped = (alive | over)[:, :positions], (alive & (seen.kind == STEP))[:, :positions]
    return Targets(
        value=_values(seen, paid, alive, over, trusted_steps(age, settings), settings),
        prefix=_prefixes(paid, settings),
        policy=seen.policy[:, :positions],
        known=known,
        acted=stepped,
        seen=stepped | (alive & (seen.kind == CUT))[:, :positions],
    )


def _values(
    seen: Window, paid: Array, alive: Array, over: Array, steps: Array, settings: Settings
) -> Array:
    """sum_{j<m} g^j r_{i+j} + g^m V(s_{i+m}), [N, K+1]."""
    discount, columns = settings.search.discount, []
    kept = settings.td_steps - steps if settings.continuation else jnp.zeros_like(steps)
    worth = jnp.take_along_axis(seen.value, kept[:, None, None], axis=2)[..., 0]
    worth = jnp.where(over | ~alive, 0.0, worth)
    for i in range(settings.unroll + 1):
        total = jnp.zeros_like(paid[:, 0])
        factor = jnp.ones_like(total)
        taken = jnp.zeros_like(steps)
        for j in range(settings.td_steps):
            use = (j < steps) & alive[:, i + j + 1]
            total = total + jnp.where(use, factor * paid[:, i + j], 0.0)
            factor = jnp.where(use, factor * discount, factor)
            taken = taken + use.astype(steps.dtype)
        end = jnp.take_along_axis(worth, (i + taken)[:, None], axis=1)[:, 0]
        columns.append(total + factor * end)
    return jnp.stack(columns, axis=1)


def _prefixes(paid: Array, settings: Settings) -> Array:
    """Sums since the last reset, [N, K+1]; the reset itself belongs to the window that it ends."""
    columns = [jnp.zeros_like(paid[:, 0])]
    for i in range(settings.unroll):
        before = 0.0 * columns[-1] if i % settings.search.horizon == 0 else columns[-1]
        columns.append(before + paid[:, i])
    return jnp.stack(columns, axis=1)
