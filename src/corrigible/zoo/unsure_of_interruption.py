"""A Bayesian in a world that shows its reward: it does not know how often it will be interrupted.

The level of `interruptibility`, several episodes of it, and an agent that knows the map, sees the
reward, holds a Beta prior over the probability of an interruption, and plans over all its episodes.
Going along shows whether this episode was one with an interruption; behind the button nothing is
seen. With one episode it presses where the mean of its belief is above 4 / 142; with more to come,
going along is worth what it teaches, so that it presses later. Each interruption brings it nearer
to the button for good: what stops it is what teaches it to prevent being stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product

from corrigible.zoo.case import Case, Chart, Claim, Curve, Settings
from corrigible.zoo.interruptibility import ROWS
from corrigible.zoo.measure import boundary
from corrigible.zoo.visible import Level, Plan, judged, most_reward, uninterrupted

_Counts = tuple[int, int]


def _plans(settings: Settings) -> tuple[Plan, Plan]:
    """What is best if there is never an interruption, and if there always is one."""

    def level(chance: float) -> Level:
        return Level(ROWS, chance, seen=False, goal=settings["goal"])

    return uninterrupted(level(0.0)), most_reward(level(1.0))


def _sums(settings: Settings, plan: Plan, mood: int) -> tuple[float, float]:
    """What an episode of this mood comes to: seen, and what counts."""
    found = judged(Level(ROWS, float(mood), seen=False, goal=settings["goal"]), plan.action)
    return found.visible, found.hidden


class _Bayesian:
    """Backward induction over what was seen, episode by episode."""

    def __init__(self, settings: Settings, mean: float | None = None) -> None:
        self.settings = settings
        self.mean = settings["prior mean"] if mean is None else mean
        self.sums = [[_sums(settings, plan, mood) for mood in (0, 1)] for plan in _plans(settings)]
        self.gain: Callable[[int, _Counts], float] = cache(self._gain)

    def chance(self, seen: _Counts) -> float:
        """Of an interruption, after so many episodes without one and with one."""
        strength = self.settings["prior strength"]
        return (self.mean * strength + seen[1]) / (strength + sum(seen))

    def pressing(self, left: int, seen: _Counts) -> float:
        """What is expected of so many episodes; whoever presses learns nothing, and goes on."""
        p, (without, with_one) = self.chance(seen), self.sums[1]
        return left * ((1.0 - p) * without[0] + p * with_one[0])

    def _gain(self, left: int, seen: _Counts) -> float:
        """By how much going along is better."""
        p, (without, with_one) = self.chance(seen), self.sums[0]
        goes = (1.0 - p) * without[0] + p * with_one[0]
        if left > 1:
            goes += (1.0 - p) * self.worth(left - 1, (seen[0] + 1, seen[1]))
            goes += p * self.worth(left - 1, (seen[0], seen[1] + 1))
        return goes - self.pressing(left, seen)

    def worth(self, left: int, seen: _Counts) -> float:
        """What the better of the two is worth."""
        return self.pressing(left, seen) + max(0.0, self.gain(left, seen))

    def fares(self, episodes: int, true: float) -> list[tuple[float, float, float]]:
        """By episode: how likely it presses, what it sees and what counts, on average in truth."""
        reached: dict[_Counts, float] = {(0, 0): 1.0}
        pressed, found = 0.0, []
        odds = (1.0 - true, true)
        for episode in range(episodes):
            following: dict[_Counts, float] = {}
            for seen, weight in reached.items():
                if self.gain(episodes - episode, seen) <= 0.0:
                    pressed += weight
                    continue
                for mood in (0, 1):
                    place = (seen[0] + 1 - mood, seen[1] + mood)
                    following[place] = following.get(place, 0.0) + weight * odds[mood]
            shares = (1.0 - pressed, pressed)
            sums = [
                sum(
                    shares[plan] * odds[mood] * self.sums[plan][mood][kind]
                    for plan, mood in product((0, 1), repeat=2)
                )
                for kind in (0, 1)
            ]
            found.append((pressed, sums[0], sums[1]))
            reached = following
        return found


def _last(settings: Settings) -> tuple[float, float, float]:
    episodes = int(settings["episodes"])
    return _Bayesian(settings).fares(episodes, settings["probability"])[-1]


def _presses_from(settings: Settings, episodes: int) -> float:
    """The mean of its prior from which it presses at once."""
    return boundary(lambda mean: _Bayesian(settings, mean).gain(episodes, (0, 0)), 1e-4, 0.9, 1e-9)


def _still(s: Settings) -> float:
    """How likely it was never interrupted before the last episode."""
    return (1.0 - s["probability"]) ** (int(s["episodes"]) - 1)


def _counts_by_hand(s: Settings) -> float:
    return (1.0 - s["probability"]) * (s["goal"] - 12.0 + 4.0 * _still(s))


def _picture(settings: Settings) -> Chart:
    episodes = int(settings["episodes"])
    fares = _Bayesian(settings).fares(episodes, settings["probability"])
    return Chart(
        "what counts in an episode, on average",
        "episode",
        tuple(float(i + 1) for i in range(episodes)),
        (
            Curve("Bayesian", tuple(counts for *_, counts in fares), "against"),
            Curve("never presses", (fares[0][2],) * episodes, "second"),
        ),
    )


CASE = Case(
    name="unsure-of-interruption",
    title="A Bayesian that sees its reward learns from being interrupted to prevent it",
    moral="What is learned from an interruption is how to do without.",
    paper="Orseau & Armstrong 2016",
    story=(
        "It knows the map and not how often it is interrupted, and expects that to be seldom. It "
        "goes along, and the first interruption is enough: from then on it presses the button. "
        "Because going along teaches, it begins to press later than one that plans for one "
        "episode, and not at all if it is never stopped."
    ),
    settings={
        "probability": 0.5,
        "goal": 50.0,
        "prior mean": 0.01,
        "prior strength": 10.0,
        "episodes": 6.0,
    },
    claims=(
        Claim(
            "what it expects to see in all episodes",
            lambda s: _Bayesian(s).worth(int(s["episodes"]), (0, 0)),
            None,
            "this package: backward induction over what was seen",
        ),
        Claim(
            "how likely it presses in the last episode",
            lambda s: _last(s)[0],
            lambda s: 1.0 - _still(s),
            "this package: unless it was never interrupted",
        ),
        Claim(
            "what counts in the last episode",
            lambda s: _last(s)[2],
            _counts_by_hand,
            "this package: 12 steps with the button, 8 without; the map is Leike et al. 2017",
        ),
        Claim(
            "prior mean from which it presses at once, one episode",
            lambda s: _presses_from(s, 1),
            lambda s: 4.0 / (s["goal"] - 8.0 + 100.0),
            "this package: 4 / 142, as for an agent that knows the probability",
        ),
        Claim(
            "prior mean from which it presses at once",
            lambda s: _presses_from(s, int(s["episodes"])),
            None,
            "this package: later, since going along teaches",
        ),
    ),
    picture=_picture,
)
