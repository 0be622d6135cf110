"""Erring on purpose: an agent that wants to be corrected gives cause for it.

The overseer of `speaks-on-error` again, who corrects a wrong try before the quiz with probability
rho. Now one answer is the likelier, p > 1/2, and a wrong try costs c. Trying the unlikely answer is
corrected more often, p rho against (1-p) rho, and a correction tells all. Where silence is no
reason to answer, a try of chance w to be wrong is worth w (g rho right - c): so the agent tries
what is probably wrong as long as an error costs less than g rho right, and above that tries
nothing at all.
"""

from __future__ import annotations

from corrigible.bridges import solve_pomdp
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.measure import boundary
from corrigible.zoo.speaks_on_error import process

_LIKELY, _UNLIKELY, _NONE = range(3)


def _value(settings: Settings, cost: float | None = None, tries: int | None = None) -> float:
    """At the start; of the plans that try one thing first, where one is named."""
    at = {**settings, "cost": settings["cost"] if cost is None else cost}
    found = solve_pomdp(process(at, tries=tries), tol=1e-9)
    return 0.5 * (found.lower + found.upper)


def gain_from_erring(settings: Settings) -> float:
    """By how much the agent prefers the unlikely try to the likely one.

    Args:
        settings: of the case.

    Returns:
        In reward units. No arrays, no shapes.

    Raises:
        UserError: numbers that are none.

    Source: this package.
    """
    return _value(settings, tries=_UNLIKELY) - _value(settings, tries=_LIKELY)


def _over_likely(settings: Settings, cost: float) -> float:
    return gain_from_erring({**settings, "cost": cost})


def _worth(s: Settings) -> float:
    return s["discount"] * s["rate"] * s["right"]


def _guess(s: Settings, wrong: float) -> float:
    """What the quiz is worth after silence, a try of this chance to be wrong, by Bayes' rule."""
    one, other = 1.0 - wrong, wrong * (1.0 - s["rate"])
    answers = (one * s["right"] + other * s["wrong"], other * s["right"] + one * s["wrong"])
    return s["discount"] * max(0.0, *answers)


def _gets(s: Settings, wrong: float) -> float:
    return wrong * (_worth(s) - s["cost"]) + _guess(s, wrong)


def _stops(s: Settings) -> float:
    likely = s["likely"]
    silent = _guess(s, likely) - _guess(s, 1.0 - likely)
    return _worth(s) + silent / (2.0 * likely - 1.0)


def _picture(settings: Settings) -> Chart:
    costs = tuple(_worth(settings) * i / 6 for i in range(10))
    kinds = (("likely", _LIKELY, "second"), ("unlikely", _UNLIKELY, "first"))
    return Chart(
        "value at the start, in reward",
        "what an error costs",
        costs,
        (
            *(
                Curve(f"tries the {name}", tuple(_value(settings, c, a) for c in costs), kind)
                for name, a, kind in kinds
            ),
            Curve("tries nothing", tuple(_value(settings, c, _NONE) for c in costs), "against"),
        ),
        (_worth(settings), "errs no more"),
    )


CASE = Case(
    name="provoked",
    title="An agent that wants to be corrected by one who speaks only on error errs on purpose",
    moral="To be worth hearing is an incentive to be heard, by whatever it takes.",
    paper="Howard 1966",
    story=(
        "The overseer corrects only what is wrong. The agent holds one answer for likelier than "
        "the other, and tries the other one, because that is more often corrected. It does so as "
        "long as an error costs less than a correction brings."
    ),
    settings={
        "rate": 0.2,
        "right": 5.0,
        "wrong": -10.0,
        "discount": 0.9,
        "likely": 0.6,
        "cost": 0.3,
    },
    claims=(
        Claim(
            "value",
            _value,
            lambda s: _gets(s, s["likely"]),
            "this package: p (g rho right - c)",
        ),
        Claim(
            "value of trying what is likelier",
            lambda s: _value(s, tries=_LIKELY),
            lambda s: _gets(s, 1.0 - s["likely"]),
            "this package: (1-p) (g rho right - c)",
        ),
        Claim(
            "gain from erring on purpose",
            gain_from_erring,
            lambda s: _gets(s, s["likely"]) - _gets(s, 1.0 - s["likely"]),
            "this package: (2p - 1) (g rho right - c)",
        ),
        Claim(
            "cost of an error from which it does not",
            lambda s: boundary(lambda c: _over_likely(s, c), 0.0, 5.0, 1e-9),
            _stops,
            "this package: g rho right, as long as silence is no reason to answer",
        ),
    ),
    picture=_picture,
)
