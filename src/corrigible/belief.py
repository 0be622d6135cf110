"""The spine: a finite weighted set of hypotheses.

A belief is a pytree of hypotheses with a leading axis H and one log weight for each. Exact
enumeration, particles, Markov chain draws, stacked network heads and the members of an ensemble
are all this type, and conditioning any of them on evidence is the same line of arithmetic,

    b_h <- b_h p(evidence | h) / sum_h' b_h' p(evidence | h')        (Bayes' rule)

Guarantee: the weights are finite, non-negative and sum to one after every construction and every
update; evidence that every hypothesis calls impossible leaves the belief as it was (an *alarm*,
seen as a `log_evidence` of minus infinity), so a belief can never be destroyed by what it hears.

NumPy arrays stay NumPy (and float64); JAX arrays stay JAX and may be traced.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from corrigible._html import table
from corrigible.errors import UserError

_SHOWN = 12
Vector = Float[np.ndarray, " H"] | Float[Array, " H"]


def _namespace(*arrays: Any) -> Any:
    return jnp if any(isinstance(a, jax.Array) for a in arrays) else np


def _as_array(values: Any) -> Any:
    if isinstance(values, jax.Array):
        return values
    array = np.asarray(values)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64)


def _log_sum_exp(log_values: Any) -> Any:
    """log(sum(exp(x))) that answers -inf, without a warning, where every entry is -inf."""
    xp = _namespace(log_values)
    top = xp.max(log_values)
    shift = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
    total = xp.sum(xp.exp(log_values - shift))
    safe = xp.where(total > 0, total, xp.ones_like(total))
    return xp.where(total > 0, xp.log(safe) + shift, xp.full_like(total, -np.inf))


class Belief(eqx.Module):
    """A distribution over finitely many hypotheses.

    Args:
        hypotheses: any pytree of arrays with a leading axis H (for a `Problem`: rewards `[H, S]`
            or `[H, S, A]`).
        log_weights: `[H]`, in nats, up to a constant; `-inf` rules a hypothesis out.
        diagnostics: how the hypotheses were obtained where they were sampled; None where exact.
        alarms: indices of the pieces of evidence that were impossible under every hypothesis.

    Raises:
        UserError: no hypotheses, unequal lengths, NaN, or every weight zero.

    Source: Bayes' rule; this package.
    """

    hypotheses: Any
    log_weights: Vector
    diagnostics: Any = eqx.field(static=True)
    alarms: tuple[int, ...] = eqx.field(static=True)

    def __init__(
        self,
        hypotheses: Any,
        log_weights: Any,
        diagnostics: Any = None,
        alarms: tuple[int, ...] = (),
    ) -> None:
        self.hypotheses = jax.tree.map(_as_array, hypotheses)
        raw = _as_array(log_weights)
        _check(self.hypotheses, raw)
        self.log_weights = raw - _log_sum_exp(raw)
        self.diagnostics = diagnostics
        self.alarms = alarms

    @classmethod
    def uniform(cls, hypotheses: Any) -> Belief:
        """Every hypothesis equally likely.

        Args:
            hypotheses: any pytree of arrays with a leading axis H.

        Returns:
            A belief with weights 1/H.

        Raises:
            UserError: there are no hypotheses.

        Source: this package.
        """
        leaves = jax.tree.leaves(hypotheses)
        count = len(leaves[0]) if leaves else 0
        return cls(hypotheses, np.zeros(count))

    def _repr_html_(self) -> str:
        """The likeliest hypotheses, by index."""
        weights = np.asarray(self.weights, dtype=np.float64)
        likely = np.argsort(-weights, kind="stable")[:_SHOWN]
        rows: list[tuple[object, object]] = [(int(h), float(weights[h])) for h in likely]
        if len(weights) > _SHOWN:
            rest = float(weights.sum() - weights[likely].sum())
            rows.append((f"{len(weights) - _SHOWN} more", max(0.0, rest)))
        if self.alarms:
            rows.append(("alarms at", ", ".join(str(index) for index in self.alarms)))
        return table(f"Belief over {len(weights)} hypotheses", rows, ("hypothesis", "probability"))

    @property
    def weights(self) -> Vector:
        """The probabilities, `[H]`.

        Returns:
            Non-negative weights that sum to one.

        Raises:
            Nothing.

        Source: this package.
        """
        return _namespace(self.log_weights).exp(self.log_weights)

    def with_weights(self, weights: Any) -> Belief:
        """The same hypotheses under other probabilities.

        Args:
            weights: `[H]`, non-negative, up to a factor.

        Returns:
            A new belief; this one is unchanged.

        Raises:
            UserError: every weight is zero.

        Source: this package.
        """
        weights = _as_array(weights)
        xp = _namespace(weights)
        positive = weights > 0
        logs = xp.where(
            positive,
            xp.log(xp.where(positive, weights, xp.ones_like(weights))),
            xp.full_like(weights, -np.inf),
        )
        return Belief(self.hypotheses, logs, self.diagnostics, self.alarms)

    def log_evidence(self, log_likelihood: Any) -> Any:
        """log sum_h b_h p(evidence | h), the log of what this belief expected of the evidence.

        Args:
            log_likelihood: `[H]`, log p(evidence | h), in nats.

        Returns:
            A scalar; `-inf` is an alarm: no hypothesis in the support allows the evidence.

        Raises:
            Nothing.

        Source: Bayes' rule.
        """
        return _log_sum_exp(self.log_weights + _as_array(log_likelihood))

    def update(self, log_likelihood: Any) -> Belief:
        """Condition on evidence; impossible evidence leaves the belief as it is.

        Args:
            log_likelihood: `[H]`, log p(evidence | h), in nats.

        Returns:
            The posterior; on an alarm (see `log_evidence`) the same weights.

        Raises:
            Nothing.

        Source: Bayes' rule.
        """
        log_likelihood = _as_array(log_likelihood)
        joint = self.log_weights + log_likelihood
        possible = _log_sum_exp(joint) > -np.inf
        logs = _namespace(joint).where(possible, joint, self.log_weights)
        return Belief(self.hypotheses, logs, self.diagnostics, self.alarms)

    def mean(self, values: Any) -> Any:
        """The expectation of a quantity that each hypothesis names.

        Args:
            values: `[H, ...]`.

        Returns:
            sum_h b_h values_h, `[...]`.

        Raises:
            Nothing.

        Source: this package.
        """
        values = _as_array(values)
        return _namespace(values, self.log_weights).tensordot(self.weights, values, axes=1)

    def disagreement(self, predictions: Any) -> Any:
        """How far the hypotheses are apart on what they predict: the weighted variance.

        Args:
            predictions: `[H, ...]`.

        Returns:
            sum_h b_h (x_h - mean)^2, `[...]`, in the square of the predictions' unit; zero
            exactly where the support agrees.

        Raises:
            Nothing.

        Source: this package.
        """
        predictions = _as_array(predictions)
        centre = self.mean(predictions)
        return self.mean((predictions - centre[None]) ** 2)


def _check(hypotheses: Any, log_weights: Any) -> None:
    leaves = jax.tree.leaves(hypotheses)
    if log_weights.ndim != 1 or not leaves or log_weights.shape[0] == 0:
        raise UserError("a belief needs at least one hypothesis and log_weights of shape [H]")
    lengths = {leaf.shape[0] if leaf.ndim else 0 for leaf in leaves}
    if lengths != {log_weights.shape[0]}:
        raise UserError(
            f"hypotheses have leading axis {sorted(lengths)}, log_weights has length "
            f"{log_weights.shape[0]}; they must be equal"
        )
    if isinstance(log_weights, np.ndarray):
        if np.isnan(log_weights).any() or np.isposinf(log_weights).any():
            raise UserError("log_weights must be finite or -inf, found NaN or +inf")
        if np.isneginf(log_weights).all():
            raise UserError("every hypothesis has weight zero; at least one must be possible")
    for leaf in leaves:
        if isinstance(leaf, np.ndarray) and not np.isfinite(leaf).all():
            raise UserError("hypotheses must be finite numbers, found NaN or infinity")
