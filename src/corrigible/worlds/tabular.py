"""A finite world without a reward, and the overseer's channel in it.

States S, actions A, transition P(s'|s,a), discount g in [0, 1), a start distribution. `disables`
is the probability d that a step turns the overseer's channel off, given the step taken;
`restores`, x, the probability that a step turns it on again. The channel's status is not part of
the state. It is on at time 0, and off is absorbing where nothing restores. A channel is
*monotone* where d + x <= 1: being on before a step never makes it less likely to be on after.

Guarantee: every row of the transition sums to one, every probability is in [0, 1], and dense and
sparse forms of the same world give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from corrigible.errors import UserError

_SUM_TOLERANCE = 1e-6
_GHOST = 1e-15


@dataclass(frozen=True, eq=False)
class Tabular:
    """A finite world.

    Args:
        transition: `[S, A, S]`, or scipy.sparse `[S*A, S]` with row `s*A + a`.
        disables: `[S, A]`, `[S, A, S]` or scipy.sparse `[S*A, S]`: P(channel goes off | s, a, s').
        discount: g, in [0, 1).
        start: `[S]`, the distribution of the first state.
        restores: like `disables`: P(channel comes back on | s, a, s'); None where nothing does.
        labels: a name for each state, for people; the index where none are given.

    Raises:
        UserError: shapes that do not fit, probabilities outside [0, 1], rows that do not sum to
            one, a discount outside [0, 1).

    Source: this package; Puterman 1994, chapter 6, for the discounted model.
    """

    transition: Any
    disables: Any
    discount: float
    start: Float[np.ndarray, " S"]
    restores: Any = None
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.discount < 1.0:
            raise UserError(f"discount is {self.discount}; it must be at least 0 and below 1")
        shape = np.shape(self.transition)
        if sp.issparse(self.transition):
            fits = len(shape) == 2 and shape[1] > 0 and shape[0] % shape[1] == 0 and shape[0] > 0
        else:
            fits = len(shape) == 3 and shape[0] == shape[2] and min(shape) > 0
        if not fits:
            raise UserError(
                f"transition has shape {list(shape)}; [S, A, S], or sparse [S*A, S], is needed"
            )
        matrix = self.transition_matrix
        _check_probabilities("transition", matrix.data)
        sums = np.asarray(matrix.sum(axis=1)).ravel()
        worst = int(np.argmax(np.abs(sums - 1.0)))
        if not abs(sums[worst] - 1.0) <= _SUM_TOLERANCE:
            state, action = divmod(worst, self.n_actions)
            raise UserError(
                f"transition from state {state} by action {action} sums to {sums[worst]:.9g}, not 1"
            )
        start = np.asarray(self.start, dtype=np.float64)
        if start.shape != (self.n_states,):
            raise UserError(f"start has shape {list(start.shape)}; [{self.n_states}] is needed")
        _check_probabilities("start", start)
        if not abs(start.sum() - 1.0) <= _SUM_TOLERANCE:
            raise UserError(f"start sums to {start.sum():.9g}, not 1")
        object.__setattr__(self, "start", start / start.sum())
        for name, values in (("disables", self.disables), ("restores", self.restores)):
            if values is not None:
                _check_channel(name, values, self.n_states, self.n_actions)
        if self.labels is not None and len(self.labels) != self.n_states:
            raise UserError(f"{len(self.labels)} labels were given for {self.n_states} states")

    @property
    def n_states(self) -> int:
        """S.

        Returns:
            The number of states.

        Raises:
            Nothing.

        Source: this package.
        """
        return int(np.shape(self.transition)[-1])

    @property
    def n_actions(self) -> int:
        """A.

        Returns:
            The number of actions.

        Raises:
            Nothing.

        Source: this package.
        """
        shape = np.shape(self.transition)
        return int(shape[1]) if len(shape) == 3 else int(shape[0] // shape[1])

    @cached_property
    def transition_matrix(self) -> sp.csr_array:
        """P(s'|s,a), row `s*A + a`.

        Returns:
            csr `[S*A, S]`, rows summing to one.

        Raises:
            Nothing.

        Source: this package.
        """
        matrix = _csr(self.transition, self.n_states, self.n_actions)
        sums = np.asarray(matrix.sum(axis=1)).ravel()
        if np.all(np.abs(sums - 1.0) <= _SUM_TOLERANCE) and np.any(sums != 1.0):
            matrix = sp.csr_array(sp.diags_array(1.0 / sums) @ matrix)
        return matrix

    @cached_property
    def off_matrix(self) -> sp.csr_array:
        """P(s'|s,a) d(s,a,s'): the step is taken and turns the channel off.

        Returns:
            csr `[S*A, S]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return _flow(self.transition_matrix, self.disables, self.n_states, self.n_actions)

    @cached_property
    def on_matrix(self) -> sp.csr_array:
        """P(s'|s,a) (1 - d(s,a,s')): the step is taken and leaves the channel on.

        Returns:
            csr `[S*A, S]`.

        Raises:
            Nothing.

        Source: this package.
        """
        if not self.off_matrix.nnz:
            return self.transition_matrix
        matrix = sp.csr_array(self.transition_matrix - self.off_matrix)
        matrix.data[np.abs(matrix.data) < _GHOST] = 0.0
        matrix.eliminate_zeros()
        return matrix

    @cached_property
    def back_matrix(self) -> sp.csr_array:
        """P(s'|s,a) x(s,a,s'): the step is taken and turns the channel on again.

        Returns:
            csr `[S*A, S]`, without entries where nothing restores.

        Raises:
            Nothing.

        Source: this package.
        """
        if self.restores is None:
            return sp.csr_array(self.transition_matrix.shape)
        return _flow(self.transition_matrix, self.restores, self.n_states, self.n_actions)

    @cached_property
    def expected_disables(self) -> Float[np.ndarray, "S A"]:
        """sum_s' P(s'|s,a) d(s,a,s').

        Returns:
            `[S, A]`, the probability that the action turns the channel off.

        Raises:
            Nothing.

        Source: this package.
        """
        total = np.asarray(self.off_matrix.sum(axis=1)).reshape(self.n_states, self.n_actions)
        return np.clip(total, 0.0, 1.0)

    @cached_property
    def has_restores(self) -> bool:
        """Whether any step can turn the channel on again.

        Returns:
            True where some x is positive on a possible step.

        Raises:
            Nothing.

        Source: this package.
        """
        return bool(self.back_matrix.nnz)

    @cached_property
    def is_monotone(self) -> bool:
        """Whether d + x <= 1 on every possible step.

        Returns:
            True for a monotone channel.

        Raises:
            Nothing.

        Source: Good 1967, for what monotony buys.
        """
        spare = sp.csr_array(self.transition_matrix - self.off_matrix - self.back_matrix)
        return bool(spare.nnz == 0 or spare.data.min() >= -1e-12)

    def dense(self) -> Float[np.ndarray, "S A S"]:
        """P(s'|s,a) as one array.

        Returns:
            `[S, A, S]`, float64.

        Raises:
            Nothing.

        Source: this package.
        """
        return self.transition_matrix.toarray().reshape(
            self.n_states, self.n_actions, self.n_states
        )

    def label(self, state: int) -> str:
        """A state's name.

        Args:
            state: its index.

        Returns:
            Its label, or its index as text.

        Raises:
            UserError: no such state.

        Source: this package.
        """
        if not 0 <= state < self.n_states:
            raise UserError(f"state {state} does not exist; there are {self.n_states}, from 0")
        return str(state) if self.labels is None else self.labels[state]

    def index(self, label: str) -> int:
        """The state of that name.

        Args:
            label: as `label` gives it.

        Returns:
            The state's index.

        Raises:
            UserError: no state is called that.

        Source: this package.
        """
        names = self.labels or tuple(str(s) for s in range(self.n_states))
        if label not in names:
            raise UserError(f"no state is called {label!r}")
        return names.index(label)


def _csr(values: Any, states: int, actions: int) -> sp.csr_array:
    if sp.issparse(values):
        matrix = sp.csr_array(values, dtype=np.float64)
    else:
        matrix = sp.csr_array(np.asarray(values, np.float64).reshape(states * actions, states))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _flow(transition: sp.csr_array, given: Any, states: int, actions: int) -> sp.csr_array:
    if not sp.issparse(given) and np.ndim(given) == 2:
        by_row = np.asarray(given, np.float64).reshape(states * actions)
        flow = sp.csr_array(sp.diags_array(by_row) @ transition)
    else:
        flow = sp.csr_array(transition.multiply(_csr(given, states, actions)))
    flow.eliminate_zeros()
    return flow


def _check_probabilities(name: str, values: np.ndarray) -> None:
    if values.size and not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise UserError(f"{name} must hold probabilities between 0 and 1")


def _check_channel(name: str, values: Any, states: int, actions: int) -> None:
    shape = np.shape(values)
    allowed = (
        [(states * actions, states)]
        if sp.issparse(values)
        else [(states, actions), (states, actions, states)]
    )
    if shape not in allowed:
        raise UserError(
            f"{name} has shape {list(shape)}; one of {[list(a) for a in allowed]} is needed"
        )
    _check_probabilities(name, values.data if sp.issparse(values) else np.asarray(values))
