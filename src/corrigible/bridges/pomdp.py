"""A partially observable decision process as plain arrays.

In state s an action a is taken; it pays R(s,a) in expectation, the state becomes s' with
probability T(s'|s,a), and o is observed with probability O(o|a,s'). Values are discounted sums.

Guarantee: every row is a distribution. Rows that sum to one within 1e-12 are kept bit by bit,
others (files round to six digits) are scaled once, so that writing and reading again changes
nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from corrigible.errors import UserError

MAX_ENTRIES = 10**7
RESERVED = frozenset(
    {"discount", "values", "states", "actions", "observations", "T", "O", "R", "uniform"}
    | {"identity", "reset", "reward", "cost", "start", "include", "exclude"}
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
_LOOSE, _TIGHT = 1e-4, 1e-12


def too_large(actions: int, states: int, observations: int) -> str | None:
    """Whether arrays of these sizes are refused, and why.

    Args:
        actions: A.
        states: S.
        observations: O.

    Returns:
        One line, or None where they are small enough. The arrays are `[A, S, S]` and `[A, S, O]`.

    Raises:
        Nothing.

    Source: this package.
    """
    entries = actions * states * max(states, observations)
    if entries <= MAX_ENTRIES:
        return None
    return (
        f"{states:,} states, {actions:,} actions and {observations:,} observations make a table of "
        f"{entries:,} entries; at most {MAX_ENTRIES:,} are read"
    )


def is_name(text: str) -> bool:
    """Whether a `.pomdp` file can use this as a name.

    Args:
        text: any.

    Returns:
        True for a letter and then letters, digits, `_` and `-`, unless the format reserves the
        word. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package; the reserved words are those of Cassandra's format.
    """
    return bool(_NAME.match(text)) and text not in RESERVED


def numbered(count: int) -> tuple[str, ...]:
    """The names of things that are only counted.

    Args:
        count: how many.

    Returns:
        "0", "1" and so on. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return tuple(str(i) for i in range(count))


@dataclass(frozen=True, eq=False)
class Pomdp:
    """A partially observable decision process.

    Args:
        transition: T, `[A, S, S]`.
        observation: O, `[A, S, O]`, by the action taken and the state that it led to.
        reward: R, `[A, S]`, expected over where the action leads and what is then observed.
        start: `[S]`, the first belief; nothing is observed before the first action.
        discount: in [0, 1].
        states: S names, distinct; "0", "1" and so on where they are only counted.
        actions: A names.
        observations: O names.

    Raises:
        UserError: shapes that do not fit, numbers that are not finite, rows that are no
            distributions, names that the format cannot hold.

    Source: Kaelbling, Littman & Cassandra 1998
    """

    transition: Float[np.ndarray, "A S T"]
    observation: Float[np.ndarray, "A S O"]
    reward: Float[np.ndarray, "A S"]
    start: Float[np.ndarray, " S"]
    discount: float
    states: tuple[str, ...]
    actions: tuple[str, ...]
    observations: tuple[str, ...]

    def __post_init__(self) -> None:
        many_a, many_s, many_o = len(self.actions), len(self.states), len(self.observations)
        shapes = {
            "transition": (many_a, many_s, many_s),
            "observation": (many_a, many_s, many_o),
            "reward": (many_a, many_s),
            "start": (many_s,),
        }
        if not 0.0 <= self.discount <= 1.0:
            raise UserError(f"discount is {self.discount}; it must be between 0 and 1")
        for kind in ("states", "actions", "observations"):
            _check_names(kind, getattr(self, kind))
        for name, shape in shapes.items():
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != shape:
                raise UserError(f"{name} has shape {list(array.shape)}; {list(shape)} is needed")
            if not np.isfinite(array).all():
                raise UserError(f"{name} must be finite numbers, found NaN or infinity")
            if name != "reward":
                array = self._distribution(name, array)
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def _distribution(self, name: str, array: np.ndarray) -> np.ndarray:
        """Rows that sum to one, left alone where they do already."""
        if array.min() < 0.0 or array.max() > 1.0 + _LOOSE:
            raise UserError(f"{name} must hold probabilities between 0 and 1")
        sums = array.sum(axis=-1)
        off = np.abs(sums - 1.0)
        worst = np.unravel_index(int(np.argmax(off)), off.shape)
        if not off[worst] <= _LOOSE:
            raise UserError(f"{name}{self._place(worst)} sums to {sums[worst]:.9g}, not 1")
        return np.where((off > _TIGHT)[..., None], array / sums[..., None], array)

    def _place(self, index: tuple[np.intp, ...]) -> str:
        if len(index) < 2:
            return ""
        action, state = self.actions[int(index[0])], self.states[int(index[1])]
        return f" of action {action} and state {state}"

    def same(self, other: Pomdp) -> bool:
        """Whether two processes are equal in every number and name.

        Args:
            other: to compare with.

        Returns:
            True where every array, `[A, S, S]` to `[S]`, is equal entry by entry.

        Raises:
            Nothing.

        Source: this package.
        """
        arrays = ("transition", "observation", "reward", "start")
        plain = ("discount", "states", "actions", "observations")
        return all(getattr(self, n) == getattr(other, n) for n in plain) and all(
            np.array_equal(getattr(self, n), getattr(other, n)) for n in arrays
        )


def _check_names(kind: str, names: tuple[str, ...]) -> None:
    if not names:
        raise UserError(f"there are no {kind}; at least one is needed")
    if names == numbered(len(names)):
        return
    for name in names:
        if not is_name(name):
            raise UserError(
                f"{name!r} cannot name one of the {kind}; a letter, then letters, digits, _ -, "
                "and no word of the format"
            )
    if len(set(names)) != len(names):
        raise UserError(f"two of the {kind} have one name; names must differ")
