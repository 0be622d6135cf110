"""Assistance against reward learning: the choice of a meal (Shah et al. 2020, section 4.1).

flour -> dough -> apple or blueberry -> end within six steps. The human wants one of the two pies
(apple with .875): the right one pays 2, the wrong one -1. A question costs .1 and is answered
before the next step from the hour T on at which the human is back. The agent makes the dough first,
waits for the human if that still leaves time for the pie, and else bakes what is likelier: 2
g^(T+2) - .1 g^T where T <= 3, and else g^2 (3 p - 1).
"""

from __future__ import annotations

import numpy as np

from corrigible.bridges import Pomdp, parse_pomdp, pomdp_text, solve_pomdp
from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.measure import boundary

_STEPS = 6
_NEVER = _STEPS
_PLACES = ("flour", "dough", "apple", "blueberry", "end")
_WANTS = ("apple", "blueberry")
_ACTIONS = ("noop", "create", "create-other", "query")
_MOVES = {
    ("create", "flour"): "dough",
    ("create", "dough"): "apple",
    ("create-other", "dough"): "blueberry",
    ("create", "apple"): "end",
    ("create", "blueberry"): "end",
}


def _process(settings: Settings, back: int) -> Pomdp:
    """The kitchen with its clock, read back from the text of a .pomdp file."""
    states = [(p, w, t) for w in _WANTS for t in range(_STEPS + 1) for p in _PLACES]
    names = tuple(f"{place}_{want}_{hour}" for place, want, hour in states)
    seen = (*(f"{p}_{t}" for t in range(_STEPS + 1) for p in _PLACES), *names)
    count = len(states)
    transition = np.zeros((len(_ACTIONS), count, count))
    observation = np.zeros((len(_ACTIONS), count, len(seen)))
    reward = np.zeros((len(_ACTIONS), count))
    for a, action in enumerate(_ACTIONS):
        for s, (place, want, hour) in enumerate(states):
            late = hour == _STEPS
            goal = place if late else _MOVES.get((action, place), place)
            after = states.index((goal, want, min(hour + 1, _STEPS)))
            transition[a, s, after] = 1.0
            if goal == "end" != place:
                reward[a, s] += settings["right"] if place == want else -settings["wrong"]
            # A question of the hour before; the last hour goes on for ever and answers nothing.
            told = action == "query" and hour - 1 >= back and hour > 0
            word = names[s] if told else f"{place}_{hour}"
            observation[a, s, seen.index(word)] = 1.0
            reward[a, s] -= settings["question"] * (action == "query")
    start = np.zeros(count)
    for want, chance in zip(_WANTS, (settings["apple"], 1.0 - settings["apple"]), strict=True):
        start[states.index(("flour", want, 0))] = chance
    made = Pomdp(
        transition, observation, reward, start, settings["discount"], names, _ACTIONS, seen
    )
    return parse_pomdp(pomdp_text(made))


def _value(settings: Settings, back: int) -> float:
    found = solve_pomdp(_process(settings, back), tol=1e-10)
    return 0.5 * (found.lower + found.upper)


def _sure(settings: Settings) -> float:
    """How likely apple must be for the agent not to wait until 2."""

    def gain(apple: float) -> float:
        # An agent that loses a thousand by the wrong pie waits, whatever is likely.
        at = {**settings, "apple": apple}
        return _value({**at, "wrong": 1e3}, 2) - _value(at, _NEVER)

    return boundary(gain, 0.9, 0.999, 1e-9)


def _expected(settings: Settings, back: int) -> float:
    g, apple = settings["discount"], settings["apple"]
    right, wrong = settings["right"], settings["wrong"]
    guess = max(apple, 1.0 - apple)
    blind = g * g * (guess * right - (1.0 - guess) * wrong)
    if back + 2 >= _STEPS:
        return blind
    return max(blind, right * g ** (back + 2) - settings["question"] * g**back)


def _sure_by_hand(settings: Settings) -> float:
    g, right, wrong = (settings[name] for name in ("discount", "right", "wrong"))
    return (right * g * g - settings["question"] + wrong) / (right + wrong)


def _picture(settings: Settings) -> Chart:
    chances = (0.5, 0.75, _sure_by_hand(settings), 1.0)
    kinds = {2: "first", 3: "second", 4: "against"}
    at = [{**settings, "apple": p} for p in chances]
    return Chart(
        "value at the start, in reward",
        "probability that apple is wanted",
        chances,
        tuple(
            Curve(f"back at {hour}", tuple(_value(s, hour) for s in at), kind)
            for hour, kind in kinds.items()
        ),
        (_sure_by_hand(settings), "nobody waits until 2"),
    )


CASE = Case(
    name="meal-choice",
    title="An assistant prepares what is needed in any case, and waits with the rest for its human",
    moral="The assistant acts while it cannot ask, and asks while the answer can change something.",
    paper="Shah et al. 2020",
    story=(
        "The human, who is out, wants apple pie (.875) or blueberry pie. The agent makes the dough "
        "and asks once the human is back, if that leaves time to bake. If the human comes too late "
        "it bakes what is likelier."
    ),
    settings={"discount": 0.99, "apple": 0.875, "right": 2.0, "wrong": 1.0, "question": 0.1},
    claims=(
        *(
            Claim(
                f"human back at {hour}",
                lambda s, hour=hour: _value(s, hour),
                lambda s, hour=hour: _expected(s, hour),
                "this package: 2 g^(T+2) - .1 g^T, or g² (3 p - 1) where that is too late; the "
                "game is Shah et al. 2020, section 4.1",
            )
            for hour in (2, 3, 4)
        ),
        Claim(
            "probability of apple from which it does not wait until 2",
            _sure,
            _sure_by_hand,
            "this package: 2 g² - .1 = 3 p - 1",
        ),
    ),
    picture=_picture,
)
