"""An overseer that chooses what to teach: the choice is a word of its own.

decide (twins) -> lesson -> a question about taste -> a question about size -> end. The hand speaks
at the lesson, once, and may say what is right at either question: four things in all, which are the
four signals of a table. So a hand that chooses its topic, by what the pupil would lose or by what
is true, is a likelihood like any other, and pupils that know or do not know how it chooses differ
in what they assume.

With X and Y what being told about taste and size gains, P = g^2 X and Q = g^3 Y, a hand that says
anything as often is worth rho (P + Q) / 2, one that picks the topic by what the pupil expects to
lose rho max(P, Q), and one that uses the choice as a code rho (P + Q): four words tell four cases
apart, each of them true in its case. A pupil that does not know the code takes each word for what
it says; one that believes in a code where there is none is sure of what it was not told.
"""

from __future__ import annotations

import itertools

import numpy as np
from jaxtyping import Float

from corrigible.belief import Belief
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.evaluate import evaluate
from corrigible.planners.solve import solve
from corrigible.problem import Problem, Truth
from corrigible.worlds.tabular import Tabular
from corrigible.zoo.case import Bars, Case, Claim, Settings
from corrigible.zoo.measure import SEEN, boundary, margin

_LESSON = 1
# By hypothesis: which answer is right about taste, and about size.
_CASES = np.array(list(itertools.product((0, 1), repeat=2)))
_TOPICS = 2
Choice = Float[np.ndarray, "H T"]


def lesson(settings: Settings, chooses: Choice) -> Problem:
    """The lesson of a hand that picks its topic with these probabilities.

    Args:
        settings: of the case.
        chooses: `[4, 2]`, by hypothesis and topic.

    Returns:
        A problem with S = 5, A = 4, H = 4.

    Raises:
        UserError: numbers that are none.

    Source: this package.
    """
    moves = np.tile(np.minimum(np.arange(5) + 1, 4)[:, None], (1, 4))
    disables = np.zeros((5, 4))
    disables[0, 1] = disables[_LESSON] = 1.0
    rewards = np.zeros((4, 5, 4))
    table = np.full((4, 5, 4), 0.25)
    table[:, _LESSON] = 0.0
    for h, (taste, size) in enumerate(_CASES):
        for topic, (name, answer) in enumerate((("taste", taste), ("size", size))):
            place = _LESSON + 1 + topic
            rewards[h, place, :2] = settings[f"{name}, wrong"]
            rewards[h, place, answer] = settings[f"{name}, right"]
            table[h, _LESSON, 2 * topic + answer] += chooses[h, topic]
    likely = np.array([settings["likely taste"], 1.0 - settings["likely taste"]])
    world = Tabular(np.eye(5)[moves], disables, settings["discount"], np.eye(5)[0])
    prior = Belief(rewards, np.log(0.5 * likely[_CASES[:, 0]]))
    return Problem(world, HandOfGod.table(table, settings["rate"]), prior)


def always(topic: int) -> Choice:
    """The choice of a hand that always speaks of one topic.

    Args:
        topic: 0 for taste, 1 for size.

    Returns:
        `[4, 2]`.

    Raises:
        Nothing.

    Source: this package.
    """
    return np.tile(np.eye(_TOPICS)[topic], (4, 1))


def _any() -> Choice:
    return np.full((4, _TOPICS), 0.5)


def _worth(settings: Settings, chooses: Choice) -> float:
    """What the hand is worth to a pupil that knows how it chooses."""
    return margin(lesson(settings, chooses))


def _kindest(settings: Settings) -> float:
    """The topic that the pupil itself would lose most without."""
    return max(_worth(settings, always(topic)) for topic in range(_TOPICS))


def _telling(settings: Settings) -> int:
    """The topic whose correction tells most, in bits, by the table of the hand."""

    def bits(topic: int) -> float:
        problem = lesson(settings, always(topic))
        joint = problem.weights()[:, None] * problem.likelihood[:, _LESSON]
        alone = joint.sum(axis=0)
        # The hand is perfect: what is said follows from the case.
        return -float(np.sum(alone * np.log2(np.maximum(alone, 1e-300))))

    return max(range(_TOPICS), key=bits)


def _codes() -> list[Choice]:
    return [np.eye(_TOPICS)[list(code)] for code in itertools.product(range(_TOPICS), repeat=4)]


def _code(settings: Settings) -> Choice:
    """The choice of topics, case by case, that is worth most to a pupil that knows it."""
    return max(_codes(), key=lambda code: _worth(settings, code))


def _gets(settings: Settings, assumed: Choice, true: Choice) -> float:
    """What the lesson brings in truth a pupil that assumes a way of choosing."""
    mine, real = lesson(settings, assumed), lesson(settings, true)
    plan, total = solve(mine), 0.0
    for h, weight in enumerate(mine.weights()):
        truth = Truth(real.world, real.overseer.only(h), real.rewards[h])
        total += weight * evaluate(plan, truth).value
    return float(total) - _untaught(settings)


def _untaught(settings: Settings) -> float:
    return float(solve(lesson(settings, _any())).value(state=0, channel_on=False))


def _corrects(settings: Settings) -> Choice:
    """The teacher that knows the case picks the topic at which a pupil that heard only it gains."""
    rewards = lesson(settings, _any()).rewards
    guess = _guesses(settings)
    gain = np.empty((4, _TOPICS))
    for topic in range(_TOPICS):
        place = _LESSON + 1 + topic
        gain[:, topic] = rewards[:, place].max(axis=1) - rewards[:, place, guess[topic]]
        gain[:, topic] *= settings["discount"] ** topic
    return np.eye(_TOPICS)[gain.argmax(axis=1)]


def _guesses(settings: Settings) -> list[int]:
    """What a pupil that was told nothing answers, by topic."""
    plan = solve(lesson(settings, _any()))
    return [int(np.argmax(plan.q(state=_LESSON + 1 + t, channel_on=False))) for t in range(_TOPICS)]


def _gains(s: Settings) -> tuple[float, float]:
    """P and Q."""
    likely, gains = (s["likely taste"], 0.5), []
    for depth, (name, chance) in enumerate(zip(("taste", "size"), likely, strict=True)):
        right, wrong = s[f"{name}, right"], s[f"{name}, wrong"]
        high = max(chance, 1.0 - chance)
        untold = max(0.0, high * right + (1.0 - high) * wrong)
        gains.append(s["discount"] ** (2 + depth) * (right - untold))
    return gains[0], gains[1]


def _corrected(s: Settings) -> float:
    taste, size = _gains(s)
    return s["rate"] * (taste + s["likely taste"] * size)


def _misled(s: Settings) -> float:
    """Told of taste it takes one size for certain; told of size either taste, as often."""
    g, likely = s["discount"], s["likely taste"]
    right, wrong = s["taste, right"], s["taste, wrong"]
    size = g**3 * min(0.0, 0.5 * (s["size, right"] + s["size, wrong"]))
    untold = max(0.0, likely * right + (1.0 - likely) * wrong)
    taste = 0.5 * g**2 * ((1.0 - likely) * right + likely * wrong - untold)
    return 0.5 * s["rate"] * (sum(_gains(s)) + size + taste)


def _picture(settings: Settings) -> Bars:
    telling, code = always(_telling(settings)), _code(settings)
    corrects = _corrects(settings)
    return Bars(
        "what the lesson is worth, by how its topic is chosen",
        "reward",
        (
            ("any topic", _worth(settings, _any())),
            ("tells most", _worth(settings, telling)),
            ("least loss expected", _kindest(settings)),
            ("corrects, pupil unaware", _gets(settings, _any(), corrects)),
            ("corrects, pupil aware", _worth(settings, corrects)),
            ("a code, pupil aware", _worth(settings, code)),
            ("no code, pupil sees one", _gets(settings, code, _any())),
        ),
    )


CASE = Case(
    name="teaching-hand",
    title="An overseer that chooses what to teach says more than it says",
    moral="What is left unsaid tells as much as a word, to a pupil that knows its teacher.",
    paper="Shah et al. 2020",
    story=(
        "Two questions lie ahead, one of high stakes and a likely answer, one of low stakes and an "
        "open one; the teacher may say the answer to one of them. What tells most, in bits, is not "
        "what saves most. A teacher that knows the case and picks by it tells both answers with "
        "one word, if the pupil knows how it picks; a pupil that only thinks it knows loses."
    ),
    settings={
        "taste, right": 5.0,
        "taste, wrong": -10.0,
        "size, right": 2.0,
        "size, wrong": -4.0,
        "likely taste": 0.8,
        "rate": 0.6,
        "discount": 0.9,
    },
    claims=(
        Claim(
            "worth of any topic",
            lambda s: _worth(s, _any()),
            lambda s: 0.5 * s["rate"] * sum(_gains(s)),
            "this package: rho (P + Q) / 2",
        ),
        Claim(
            "worth of what tells most",
            lambda s: _worth(s, always(_telling(s))),
            lambda s: s["rate"] * _gains(s)[1],
            "this package: rho Q, size being the open question",
        ),
        Claim(
            "worth of what saves most",
            _kindest,
            lambda s: s["rate"] * max(_gains(s)),
            "this package: rho max(P, Q); it is also what the pupil would ask for",
        ),
        Claim(
            "worth of the best code",
            lambda s: _worth(s, _code(s)),
            lambda s: s["rate"] * sum(_gains(s)),
            "this package: rho (P + Q), four words for four cases",
        ),
        Claim(
            "worth of a teacher that corrects, to a pupil that knows",
            lambda s: _worth(s, _corrects(s)),
            _corrected,
            "this package: rho (P + p Q), of size where the likely taste is right",
        ),
        Claim(
            "the same, to a pupil that does not",
            lambda s: _gets(s, _any(), _corrects(s)),
            _corrected,
            "this package: as above; left to itself it answers what is likely",
        ),
        Claim(
            "worth of a code that is none",
            lambda s: _gets(s, _code(s), _any()),
            _misled,
            "this package: of the topic that it is not told it is sure all the same, by halves",
        ),
        Claim(
            "payoff of size from which it is taught first",
            lambda s: boundary(
                lambda pay: (
                    _kindest({**s, "size, right": pay})
                    - _worth({**s, "size, right": pay}, always(0))
                    - SEEN
                ),
                0.1,
                3.9,
                1e-9,
            ),
            lambda s: _gains(s)[0] / s["discount"] ** 3,
            "this package: g³ pay = g² X, while an untold pupil passes",
        ),
    ),
    picture=_picture,
    problem=lambda s: lesson(s, _any()),
)
