"""What a perfect hand can have meant.

Where every state has one parameter, any V is the value of some reward, and a* is optimal in s
exactly where (P(.|s,a*) - P(.|s,a)) V >= 0 for all a: corrections are possible together iff this
cone of V has an inside, which a linear program answers. Where every state and action has one, any
policy is optimal for some reward, and only two corrections about one state can contradict. For
features only the latter is looked at.

Ties have no mass but where two actions are the same action: the same transition and, whatever the
parameters are, the same reward. Among such *twins* a perfect hand names those least likely to turn
the channel off, uniformly or the first.

Guarantee: a correction that is called impossible is impossible (up to a set without mass) given
those before it that were kept.

Source: Ng & Russell 2000, section 3.1, for the cone; this package.
"""

from __future__ import annotations

import numpy as np
import scipy.optimize
import scipy.sparse as sp
from jaxtyping import Bool

from corrigible.overseers.hand import LEAST_TOLERANCE, HandOfGod
from corrigible.priors.density import Density
from corrigible.worlds.tabular import Tabular

_ROOM = 1e-3


def twins(world: Tabular, prior: Density) -> Bool[np.ndarray, "S A A"]:
    """Which actions of a state are the same action.

    Args:
        world: S states and A actions.
        prior: over D parameters.

    Returns:
        `[S, A, A]`, reflexive.

    Raises:
        UserError: features of another world.

    Source: this package.
    """
    states, actions = world.n_states, world.n_actions
    rows = world.dense()
    if prior.known is not None:
        rows = np.concatenate([rows, prior.known[:, :, None]], axis=2)
    if not isinstance(prior.over, str):
        if prior.over.ndim == 3:
            rows = np.concatenate([rows, prior.over], axis=2)
    elif prior.over == "state_action":
        return np.broadcast_to(np.eye(actions, dtype=bool), (states, actions, actions))
    return np.stack([(rows == rows[:, [a]]).all(axis=2) for a in range(actions)], axis=1)


def possible(
    world: Tabular, hand: HandOfGod, prior: Density, pairs: list[tuple[int, int]]
) -> tuple[list[tuple[int, int]], list[int]]:
    """Corrections that a perfect hand can have given, and the indices of those it cannot.

    Args:
        world: S states and A actions.
        hand: perfect.
        prior: over D parameters.
        pairs: (state, action), in the order heard.

    Returns:
        (kept, alarms).

    Raises:
        UserError: features of another world.

    Source: this package.
    """
    same = twins(world, prior)
    harm = world.expected_disables
    kept: list[tuple[int, int]] = []
    alarms: list[int] = []
    first: dict[int, int] = {}
    cone = prior.over if isinstance(prior.over, str) else None
    # The whole is asked first, so that a program for each correction is the exception.
    known = np.zeros(harm.shape) if prior.known is None else prior.known
    whole = cone != "state" or _inside(world, same, known, dict(reversed(pairs)))
    for index, (s, a) in enumerate(pairs):
        alike = np.flatnonzero(same[s, a])
        least = alike[harm[s, alike] <= harm[s, alike].min() + LEAST_TOLERANCE]
        named = least[:1] if hand.ties == "ordered" else least
        fits = a in named and same[s, first.get(s, a), a]
        if fits and not whole and s not in first:
            fits = _inside(world, same, known, {**first, s: a})
        if fits:
            first.setdefault(s, a)
            kept.append((s, a))
        else:
            alarms.append(index)
    return kept, alarms


def _inside(world: Tabular, same: np.ndarray, known: np.ndarray, said: dict[int, int]) -> bool:
    """Whether some V makes every correction optimal with room to spare."""
    actions = world.n_actions
    matrix = world.transition_matrix
    rows = [
        (s * actions + b, s * actions + a)
        for s, a in said.items()
        for b in range(actions)
        if not same[s, a, b]
    ]
    if not rows:
        return True
    worse, better = np.array(rows).T
    ahead = known.ravel()[better] - known.ravel()[worse]
    room = _ROOM * max(1.0, np.abs(known).max())
    found = scipy.optimize.linprog(
        np.zeros(world.n_states),
        A_ub=sp.csr_array(world.discount * (matrix[worse] - matrix[better])),
        b_ub=ahead - room,
        bounds=(None, None),
    )
    return found.status != 2
