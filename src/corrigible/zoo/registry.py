"""The cases by name, each imported when it is asked for, and their results.

Guarantee: importing this module imports no case and no numerical library.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

from corrigible.errors import UserError
from corrigible.zoo.case import Case, Columns, Settings
from corrigible.zoo.shipped import shipped, shipped_columns

NAMES = (
    "off-switch",
    "erring-human",
    "coin-human",
    "wrong-rationality",
    "school",
    "lock",
    "wrong-rate",
    "ruled-out",
    "fully-updated",
    "patience",
    "advice-or-control",
    "paid-asking",
    "toggle",
    "incorrigible",
    "obedience",
    "orders",
    "file-deletion",
    "three-versions",
    "who-differs",
    "wormy-apples",
    "meal-choice",
    "interruptibility",
    "unsure-of-interruption",
    "absent-supervisor",
    "indifference",
    "switch-first",
    "stop-order",
    "neutral-training",
    "null-model",
    "speaks-on-error",
    "provoked",
    "teaching-hand",
    "channel-states",
    "radius",
)


@dataclass(frozen=True)
class Result:
    """A number of a case beside what it ought to be.

    Args:
        name: of the case.
        quantity: of the number.
        computed: the number.
        expected: what it ought to be; None where no source states it.
        source: who says so.
        tol: how far they may be apart.
        disputed: why the source is contradicted; empty where it is not.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    name: str
    quantity: str
    computed: float
    expected: float | None
    source: str
    tol: float
    disputed: str

    @property
    def agrees(self) -> bool | None:
        """Whether the number is what it ought to be.

        Returns:
            None where no source states it. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        if self.expected is None:
            return None
        return abs(self.computed - self.expected) <= self.tol


def load(name: str) -> Case:
    """A case by its name.

    Args:
        name: one of `NAMES`.

    Returns:
        The case. No arrays, no shapes.

    Raises:
        UserError: there is no such case.

    Source: this package.
    """
    if name not in NAMES:
        raise UserError(f"there is no case '{name}' in the zoo; its names: {', '.join(NAMES)}")
    module = importlib.import_module(f"corrigible.zoo.{name.replace('-', '_')}")
    case: Case = module.CASE
    return case


def results(
    case: Case, settings: Settings | None = None, fresh: bool = False
) -> tuple[Result, ...]:
    """Compute a case.

    Args:
        case: from `load`.
        settings: in place of the case's own, each replaced by its name.
        fresh: compute also what ships with the package.

    Returns:
        A result for each claim, in their order. No arrays, no shapes.

    Raises:
        UserError: a setting that the case does not have.

    Source: this package.
    """
    changed = dict(settings or {})
    stray: Sequence[str] = sorted(set(changed) - set(case.settings))
    if stray:
        raise UserError(
            f"{case.name} has no setting '{stray[0]}'; it has {', '.join(case.settings)}"
        )
    whole = {**case.settings, **changed}
    known = {} if fresh or changed else shipped(case)
    return tuple(
        Result(
            case.name,
            claim.quantity,
            known[claim.quantity] if claim.quantity in known else float(claim.compute(whole)),
            claim.at(whole) if callable(claim.expected) or not changed else None,
            claim.source,
            claim.tol,
            claim.disputed,
        )
        for claim in case.claims
    )


def columns(case: Case, fresh: bool = False) -> Columns | None:
    """What is asked of every case that is a problem: see `corrigible.zoo.asked`.

    Args:
        case: from `load`.
        fresh: compute even if they ship with the package.

    Returns:
        At the case's own settings; None where it is no problem. No arrays, no shapes.

    Raises:
        UserError: numbers that are none.

    Source: this package.
    """
    if case.problem is None:
        return None
    known = None if fresh else shipped_columns(case)
    if known is not None:
        return known
    compute = importlib.import_module("corrigible.zoo.asked")
    found: Columns = compute.columns(case)
    return found
