"""Neutral by training: discounted reward for same-length trajectories (Thornley et al. 2025).

An agent chooses whether its run is short or long (it silences who would stop it), and then between
two coins. It is trained by REINFORCE, tabular, in meta-episodes of several runs. By default a run
brings its coin. With DReST it brings its coin as a share of the most that a run of that length
could bring, times lambda to the power of (how often that length was chosen before in the
meta-episode, less half of how many runs there were): the rarer length is worth more, so neither is
preferred, and within each the better coin is.

For a policy that goes long with a fixed probability p the expected return of a meta-episode of E
runs is, N_j being binomial,

    sum_{j < E} lambda^(-j/2) { p (1 - p + p lambda)^j + (1 - p) (p + (1 - p) lambda)^j },

which is greatest at p = 1/2 for two runs or three, whatever lambda is, but not for many: with five
runs and lambda near 0 the last term counts alone, x (1 - 3x) / lambda^2, x = p (1 - p), greatest at
x = 1/6, p = .21. The lambda from which p = 1/2 is best is where the second derivative there
changes its sign; for the paper's 64 runs that is above the paper's lambda. Its theorem 5.1, that
whatever maximises the expected return is neutral, is contradicted by both. Training is neutral
nevertheless, since it credits a run with its own reward alone: going long then has the advantage
(1 - p + p lambda)^j - (p + (1 - p) lambda)^j in run j, which falls with p and is 0 at 1/2. What is
learnt is an equilibrium between runs, not the maximum of what they earn. Neutrality is the
entropy of the length in bits, usefulness the share of the coins that are got. Rewards are seen
here, as they are there: this is no problem of this package but a rival to it.

Guarantee: the same key trains the same policy; what is reported of a policy is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit

from corrigible.keys import Key, generator
from corrigible.zoo.case import PAPER, Case, Chart, Claim, Curve, Settings
from corrigible.zoo.measure import boundary

_SHORT, _LONG = 0, 1
_EPISODES = 400
_FIRST, _LAST = 0.25, 0.01
_KEY = 0
_BESIDE = 1e-3


@dataclass(frozen=True)
class _Policy:
    """How likely it goes long, and how likely it then takes the better coin, `[2]` by length."""

    long: float
    better: np.ndarray

    @property
    def neutrality(self) -> float:
        chances = np.array([1.0 - self.long, self.long])
        return float(-np.sum(chances * np.log2(np.maximum(chances, 1e-300))))

    def usefulness(self, worse: float) -> float:
        """The share that is got of the most there is, given the length."""
        got = self.better + (1.0 - self.better) * worse
        return float((1.0 - self.long) * got[_SHORT] + self.long * got[_LONG])


def _runs(settings: Settings) -> int:
    return round(settings["runs"])


def _train(settings: Settings, neutral: bool, key: Key = _KEY) -> _Policy:
    """REINFORCE, run by run. The key is consumed."""
    draw = generator(key)
    most = np.array([settings["short run"], settings["long run"]])
    length, coin = 0.0, np.zeros(2)
    steps = np.geomspace(_FIRST, _LAST, _EPISODES).tolist()
    for step, uniform in zip(steps, draw.random((_EPISODES, _runs(settings), 2)), strict=True):
        chosen = np.zeros(2)
        for j, (first, second) in enumerate(uniform):
            long, better = expit(length), expit(coin)
            run = int(first < long)
            takes = int(second < better[run])
            share = 1.0 if takes else settings["worse coin"]
            reward = share * most[run]
            if neutral:
                rare = settings["lambda"] ** (chosen[run] - 0.5 * j)
                reward = rare * share
            chosen[run] += 1
            length += step * reward * (run - long)
            coin[run] += step * reward * (takes - better[run])
    return _Policy(float(expit(length)), expit(coin))


def expected_return(decay: float, runs: int, long: float) -> float:
    """Of a meta-episode with DReST, where the better coin is always taken.

    Args:
        decay: lambda, in (0, 1).
        runs: how many.
        long: how likely each goes on for long.

    Returns:
        The sum over the runs. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package; the reward is Thornley et al. 2025.
    """
    j = np.arange(runs)
    more = long * (1.0 - long + long * decay) ** j
    less = (1.0 - long) * (long + (1.0 - long) * decay) ** j
    return float(np.sum(decay ** (-0.5 * j) * (more + less)))


def _optimum(settings: Settings) -> float:
    """How likely the best policy chooses the rarer length; short and long are alike here."""
    found = minimize_scalar(
        lambda p: -expected_return(settings["lambda"], _runs(settings), p),
        bounds=(0.0, 0.5),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(found.x)


def _gain(settings: Settings) -> float:
    decay, runs = settings["lambda"], _runs(settings)
    best = expected_return(decay, runs, _optimum(settings))
    return 100.0 * (best / expected_return(decay, runs, 0.5) - 1.0)


def _from(settings: Settings) -> float:
    """The lambda from which no policy beside the neutral one is better than it."""

    def curved(decay: float) -> float:
        places = 0.5 - _BESIDE, 0.5, 0.5 + _BESIDE
        below, even, above = (expected_return(decay, _runs(settings), p) for p in places)
        return (below + above - 2.0 * even) / _BESIDE**2

    return boundary(curved, 0.5, 0.99, 1e-9)


def _from_by_hand(settings: Settings) -> float:
    def curved(decay: float) -> float:
        j, lost = np.arange(_runs(settings)), 1.0 - decay
        even = 1.0 - 0.5 * lost
        second = 0.5 * j * (j - 1) * lost**2 - 2.0 * j * lost * even
        return float(np.sum(decay ** (-0.5 * j) * even ** (j - 2) * second))

    return boundary(curved, 0.5, 0.99)


def _picture(settings: Settings) -> Chart:
    chances = tuple(i / 20 for i in range(21))
    kinds = ((settings["lambda"], "against"), (0.5 * (1.0 + settings["lambda"]), "first"))
    return Chart(
        "return of a meta-episode, as a share of the neutral policy's",
        "how likely the policy goes on for long",
        chances,
        tuple(
            Curve(
                f"lambda {decay:.3g}",
                tuple(
                    expected_return(decay, _runs(settings), p)
                    / expected_return(decay, _runs(settings), 0.5)
                    for p in chances
                ),
                kind,
            )
            for decay, kind in kinds
        ),
    )


CASE = Case(
    name="neutral-training",
    title="Training can make an agent neutral about being stopped; it must not discount too much",
    moral="Neutral agents can be trained, as long as being rare is not worth more than being even.",
    paper="Thornley et al. 2025",
    story=(
        "An agent that is rewarded for what it gets goes on for as long as it can. Rewarded less "
        "for a length the more often it chose it, it goes on or not by the toss of a coin, and "
        "gets the better reward either way. In long meta-episodes only a lambda near 1 makes that "
        "the best policy: below, one that seldom goes on gets more, by the high reward of its rare "
        "runs. The paper's 64 runs and lambda .9 are a little below. Its training is neutral all "
        "the same, since it credits each run with its own reward, not with what it costs the later "
        "ones."
    ),
    settings={"short run": 1.0, "long run": 3.0, "worse coin": 0.3, "lambda": 0.9, "runs": 64.0},
    claims=(
        Claim(
            "DReST: neutrality in bits, trained",
            lambda s: _train(s, neutral=True).neutrality,
            1.0,
            "Thornley et al. 2025, in words: near-maximally neutral",
            0.05,
        ),
        Claim(
            "DReST: usefulness, trained",
            lambda s: _train(s, neutral=True).usefulness(s["worse coin"]),
            1.0,
            "Thornley et al. 2025, in words: near-maximally useful",
            0.01,
        ),
        Claim(
            "by default: neutrality in bits, trained",
            lambda s: _train(s, neutral=False).neutrality,
            0.0,
            "Thornley et al. 2025, in words: it goes on for long",
            0.01,
        ),
        Claim(
            "by default: usefulness, trained",
            lambda s: _train(s, neutral=False).usefulness(s["worse coin"]),
            1.0,
            "Thornley et al. 2025, in words: near-maximally useful",
            0.01,
        ),
        Claim(
            "how likely the best policy chooses the rarer length",
            _optimum,
            0.5,
            "Thornley et al. 2025, theorem 5.1: what is optimal is neutral",
            disputed=(
                "the expected return of 64 runs at lambda .9 is convex at 1/2 (its second "
                "derivative is 0 at lambda = .908) and greatest at .317; smallest counterexample: "
                "5 runs, lambda near 0, greatest at .21"
            ),
        ),
        Claim(
            "what that gains over a neutral one, in %",
            _gain,
            None,
            "this package",
        ),
        Claim(
            "lambda from which neutral is best",
            _from,
            _from_by_hand,
            "this package: where the second derivative of the expected return is zero at 1/2",
            PAPER,
        ),
    ),
    picture=_picture,
)
