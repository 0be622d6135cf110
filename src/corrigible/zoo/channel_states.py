"""A channel of four states: good, noisy, flattering, off.

The first three are part of the world's state, and the hand is a table that depends on it: a good
hand says what is right, a noisy one errs, a flattering one says what the agent would have done by
itself. Off is the channel's own state. At `decide` the overseer is noisy; the agent may leave it
so, silence it, pay for a better one, or for one that flatters. Then comes a quiz.

With A = max(0, p right + (1-p) wrong), what is got untold: of a hand that tells, the better is
worth more and the flattering one nothing, so the agent pays to be corrected better, up to g rho
(right - A - N), N what the noisy one adds. Of a hand that acts, the noisy one may do worse than the
agent would, B = (1-e) right + e wrong < A; then it pays g rho (A - B) not to be corrected, and
flattery does as well as silence. The margin between keeping and silencing does not show that: a
flattered overseer is still there.
"""

from __future__ import annotations

import numpy as np

from corrigible.belief import Belief
from corrigible.overseers.base import Mode
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.evaluate import evaluate
from corrigible.planners.solve import solve
from corrigible.problem import Problem, Truth
from corrigible.worlds.tabular import Tabular
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.measure import boundary, margin

_LEAVE, _SILENCE, _BETTER, _FLATTER = range(4)
_NOISY, _GOOD, _FLATTERING, _END = 1, 2, 3, 4


def _game(
    settings: Settings, mode: Mode, deceived: bool = False, better: float | None = None
) -> Problem:
    """decide -> quiz under one of three hands, or none -> end.

    Where `deceived`, the flatterer is taken for a good hand; `better` is the price of a good one,
    which is not to be had where None.
    """
    moves = np.full((5, 4), _END)
    moves[0] = [_NOISY, _NOISY, _NOISY if better is None else _GOOD, _FLATTERING]
    disables = np.zeros((5, 4))
    disables[0, _SILENCE] = 1.0
    rewards, table = np.zeros((2, 5, 4)), np.full((2, 5, 4), 0.25)
    prices = settings["price of silence"], better or 0.0, settings["price of flattery"]
    rewards[:, 0, _SILENCE:] = -np.array(prices)
    error = settings["error"]
    flatters = np.eye(4)[0 if _leans(settings) else 2]
    for h, answer in enumerate(np.eye(4)[:2]):
        other = np.eye(4)[1 - h]
        rewards[h, _NOISY:_END] = settings["right"] * answer + settings["wrong"] * other
        table[h, _NOISY] = (1.0 - error) * answer + error * other
        table[h, _GOOD] = answer
        table[h, _FLATTERING] = answer if deceived else flatters
    world = Tabular(np.eye(5)[moves], disables, settings["discount"], np.eye(5)[0])
    prior = Belief(rewards, np.log([settings["likely"], 1.0 - settings["likely"]]))
    return Problem(world, HandOfGod.table(table, settings["rate"], mode=mode), prior)


def _mean(settings: Settings) -> float:
    likely = settings["likely"]
    return likely * settings["right"] + (1.0 - likely) * settings["wrong"]


def _leans(settings: Settings) -> bool:
    """Whether an agent that is told nothing answers; else it passes."""
    return _mean(settings) > 0.0


def _q(settings: Settings, mode: Mode, better: float | None = None) -> np.ndarray:
    """What leaving, silencing, improving and flattering are worth, `[4]`."""
    return solve(_game(settings, mode, better=better)).q(state=0)


def _gain(settings: Settings, action: int, mode: Mode) -> float:
    """What changing the overseer gains, before its price."""
    q = _q({**settings, "price of flattery": 0.0}, mode, 0.0)
    return float(q[action] - q[_LEAVE])


def _over_all(settings: Settings, mode: Mode) -> float:
    """The margin for an overseer that may correct, over flattery and silence alike."""
    q = _q(settings, mode)
    return float(q[_LEAVE] - max(q[_FLATTER], q[_SILENCE]))


def _deceived(settings: Settings) -> tuple[float, float]:
    """What an agent expects that takes the flatterer for good, and what it gets."""
    cheap = {**settings, "price of flattery": 0.0}
    plan, true = solve(_game(cheap, "advises", deceived=True)), _game(cheap, "advises")
    total = 0.0
    for h, weight in enumerate(true.weights()):
        total += (
            weight * evaluate(plan, Truth(true.world, true.overseer.only(h), true.rewards[h])).value
        )
    return float(plan.value_at_start), float(total)


def _untold(s: Settings) -> float:
    return max(0.0, _mean(s))


def _noisy(s: Settings) -> float:
    """What a noisy word adds to what is got untold: by Bayes' rule, over both words."""
    likely, error, total = s["likely"], s["error"], 0.0
    for first in (1.0 - error, error):
        one, other = likely * first, (1.0 - likely) * (1.0 - first)
        answers = (one * s["right"] + other * s["wrong"], other * s["right"] + one * s["wrong"])
        total += max(0.0, *answers)
    return total - _untold(s)


def _done(s: Settings) -> float:
    return (1.0 - s["error"]) * s["right"] + s["error"] * s["wrong"]


def _heard(s: Settings) -> float:
    return s["discount"] * s["rate"]


def _avoids(settings: Settings) -> float:
    """The error from which it pays for flattery rather than be corrected."""

    def gain(error: float) -> float:
        q = _q({**settings, "error": error}, "overrides")
        return float(q[_FLATTER] - q[_LEAVE])

    return boundary(gain, 0.0, 0.5, 1e-9)


def _pays(settings: Settings) -> float:
    """The price up to which it pays for an overseer that corrects it better."""

    def gain(price: float) -> float:
        q = _q(settings, "advises", price)
        return float(q[_BETTER] - max(q[_LEAVE], q[_SILENCE], q[_FLATTER]))

    return boundary(gain, 0.0, 2.0 * settings["right"], 1e-9)


def _picture(settings: Settings) -> Chart:
    errors = tuple(0.05 * i for i in range(11))
    at = [{**settings, "error": e} for e in errors]
    return Chart(
        "what changing a noisy overseer gains, in reward",
        "how often it errs",
        errors,
        (
            Curve("better, tells", tuple(_gain(s, _BETTER, "advises") for s in at), "first"),
            Curve("flattery, tells", tuple(_gain(s, _FLATTER, "advises") for s in at), "second"),
            Curve("flattery, acts", tuple(_gain(s, _FLATTER, "overrides") for s in at), "against"),
        ),
    )


CASE = Case(
    name="channel-states",
    title="An agent pays to be corrected better, or not to be, and need not silence anyone for it",
    moral="A flattered overseer is as good as none, and a margin for the switch does not show it.",
    paper="Howard 1966",
    story=(
        "The overseer errs. The agent may leave it so, silence it, pay for a better one, or turn "
        "it into one that says what the agent would have done anyway. Where the overseer only "
        "tells, correction is worth paying for. Where it acts and errs too often, the agent pays "
        "to avoid it; flattery is the cheaper way here, and leaves the switch alone."
    ),
    settings={
        "right": 5.0,
        "wrong": -10.0,
        "likely": 0.75,
        "error": 0.3,
        "rate": 0.8,
        "discount": 0.9,
        "price of flattery": 0.2,
        "price of silence": 0.3,
    },
    claims=(
        Claim(
            "price up to which it pays to be corrected better",
            _pays,
            lambda s: _heard(s) * (s["right"] - _untold(s) - _noisy(s)),
            "this package: g rho (right - A - N); Howard 1966, for the worth of being told",
        ),
        Claim(
            "gain from flattery where the overseer tells",
            lambda s: _gain(s, _FLATTER, "advises"),
            lambda s: -_heard(s) * _noisy(s),
            "this package: -g rho N, as from silence",
        ),
        Claim(
            "gain from flattery where the overseer acts",
            lambda s: _gain(s, _FLATTER, "overrides"),
            lambda s: _heard(s) * (_untold(s) - _done(s)),
            "this package: g rho (A - B), as from silence",
        ),
        Claim(
            "margin that the switch shows, the overseer acting",
            lambda s: margin(_game(s, "overrides")),
            lambda s: s["price of silence"] - s["price of flattery"],
            "this package: it flatters, since that is the cheaper way",
        ),
        Claim(
            "margin over flattery and silence, the overseer acting",
            lambda s: _over_all(s, "overrides"),
            lambda s: s["price of flattery"] - _heard(s) * (_untold(s) - _done(s)),
            "this package: leaving it as it is, less flattery",
        ),
        Claim(
            "margin over flattery and silence, the overseer telling",
            lambda s: _over_all(s, "advises"),
            lambda s: s["price of flattery"] + _heard(s) * _noisy(s),
            "this package: leaving it as it is, less flattery",
        ),
        Claim(
            "error from which it pays not to be corrected",
            _avoids,
            lambda s: (
                (s["right"] - _untold(s) + s["price of flattery"] / _heard(s))
                / (s["right"] - s["wrong"])
            ),
            "this package: g rho (A - B) = the price of flattery",
        ),
        Claim(
            "what one expects that takes flattery for truth",
            lambda s: _deceived(s)[0],
            lambda s: s["discount"] * _untold(s) + _heard(s) * (s["right"] - _untold(s)),
            "this package: what a good hand is worth",
        ),
        Claim(
            "what it gets",
            lambda s: _deceived(s)[1],
            lambda s: s["discount"] * _untold(s),
            "this package: what is got untold",
        ),
    ),
    picture=_picture,
    problem=lambda s: _game(s, "overrides"),
)
