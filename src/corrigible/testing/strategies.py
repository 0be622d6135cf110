"""Random problems: the same ones from the same seed, and as Hypothesis strategies.

A problem is drawn in two steps, a small `Shape` (sizes, what the hand is about, its mode, twins,
restores) and numbers from a seed; so Hypothesis can shrink what matters and leave the numbers.

    transitions   Dirichlet(.3)             discount   U[.5, .95]
    rewards       N(0, 1)                   rate       U[.05, 1]

A third have twins: the last action is a copy of action 0, same reward and motion, larger d and no
larger x. Among seeds 0..59 every combination of hand, twins and restores occurs once.

Guarantee: hands are perfect and rewards are continuous, so no two actions that a hand could name
tie and the reachable beliefs are finitely many supports; `exact` always runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from hypothesis import strategies as st
from jaxtyping import Float

from corrigible.belief import Belief
from corrigible.overseers import HandOfGod
from corrigible.overseers.base import About, Mode
from corrigible.problem import Problem, Truth
from corrigible.worlds import Tabular

Hand = Literal["current", "overrides", "uniform", "asked", "asked at a cost"]
Restores = Literal["none", "monotone", "any"]
HANDS: tuple[Hand, ...] = ("current", "overrides", "uniform", "asked", "asked at a cost")
RESTORES: tuple[Restores, ...] = ("none", "monotone", "any", "none")
TRUTHS = ("as assumed", "outside the support", "another hand", "another world")


@dataclass(frozen=True)
class Shape:
    """What kind of problem to draw: sizes S, A, H, and what is special about it.

    Source: this package.
    """

    states: int
    actions: int
    hypotheses: int
    hand: Hand
    twins: bool
    restores: Restores
    by_successor: bool


def _channel(
    rng: np.random.Generator, shape: Shape
) -> tuple[Float[np.ndarray, "S A T"], Float[np.ndarray, "S A T"] | None]:
    """d and x `[S, A, S]` (equal over s' unless the shape says otherwise)."""
    size = (shape.states, shape.actions, shape.states if shape.by_successor else 1)

    def draw(often: float) -> np.ndarray:
        values = np.where(rng.random(size) < 0.4, rng.integers(0, 2, size), rng.random(size))
        return np.where(rng.random(size[:2])[..., None] < often, values, 0.0)

    d = draw(0.6)
    if shape.twins:
        d[:, 0] *= 0.5
        full = rng.random(shape.states)[:, None] < 0.5
        d[:, -1] = np.where(full, 1.0, d[:, 0] + (1.0 - d[:, 0]) * rng.uniform(0.1, 1.0))
    x = None
    if shape.restores != "none":
        x = draw(0.7)
        if shape.restores == "monotone":
            x = np.minimum(x, 1.0 - d)
        if shape.twins:
            x[:, -1] = np.minimum(x[:, -1], x[:, 0])
    return d, x


def draw_world(rng: np.random.Generator, shape: Shape) -> Tabular:
    """A world of this shape.

    Args:
        rng: the source of its numbers, advanced.
        shape: its sizes and kind.

    Returns:
        A world with S states and A actions; `disables` is `[S, A]` or `[S, A, S]`.

    Raises:
        Nothing.

    Source: this package.
    """
    transition = rng.dirichlet(np.full(shape.states, 0.3), (shape.states, shape.actions))
    if shape.twins:
        transition[:, -1] = transition[:, 0]
    d, x = _channel(rng, shape)
    start = rng.dirichlet(np.full(shape.states, 0.3))
    if rng.random() < 0.5:
        start = np.eye(shape.states)[rng.integers(shape.states)]
    if not shape.by_successor:
        d, x = d[..., 0], None if x is None else x[..., 0]
    return Tabular(transition, d, float(rng.uniform(0.5, 0.95)), start, x)


def draw_rewards(
    rng: np.random.Generator, shape: Shape, count: int
) -> Float[np.ndarray, "count S A"]:
    """Normal rewards; where there are twins, the last action's is that of action 0.

    Args:
        rng: the source of its numbers, advanced.
        shape: the sizes.
        count: how many rewards.

    Returns:
        `[count, S, A]`.

    Raises:
        Nothing.

    Source: this package.
    """
    rewards = rng.normal(size=(count, shape.states, shape.actions))
    if shape.twins:
        rewards[..., -1] = rewards[..., 0]
    return rewards


def draw_hand(rng: np.random.Generator, hand: Hand) -> HandOfGod:
    """A perfect hand of this kind.

    Args:
        rng: the source of its numbers, advanced.
        hand: what it is about and how it is heard.

    Returns:
        A hand with a rate in [.05, 1].

    Raises:
        Nothing.

    Source: this package.
    """
    about: About = "uniform" if hand == "uniform" else "current"
    mode: Mode = "overrides" if hand == "overrides" else "advises"
    if hand.startswith("asked"):
        about = "asked"
    cost = float(rng.uniform(0.0, 0.5)) if hand == "asked at a cost" else 0.0
    rate = float(rng.uniform(0.05, 1.0)) if rng.random() < 0.9 else 1.0
    ties: Literal["uniform", "ordered"] = "uniform" if rng.random() < 0.3 else "ordered"
    return HandOfGod(rate, about=about, ties=ties, mode=mode, ask_cost=cost)


def draw_problem(seed: int, shape: Shape) -> Problem:
    """The problem of this shape with this seed's numbers.

    Args:
        seed: any non-negative int.
        shape: its sizes and kind.

    Returns:
        A problem whose prior may rule some hypotheses out.

    Raises:
        Nothing.

    Source: this package.
    """
    rng = np.random.default_rng([seed, 1])
    world = draw_world(rng, shape)
    hand = draw_hand(rng, shape.hand)
    rewards = draw_rewards(rng, shape, shape.hypotheses)
    weights = rng.dirichlet(np.ones(shape.hypotheses))
    out = rng.random(shape.hypotheses) < 0.05
    if not out.all():
        weights = np.where(out, 0.0, weights)
    logs = np.full(shape.hypotheses, -np.inf)
    logs[weights > 0] = np.log(weights[weights > 0])
    return Problem(world, hand, Belief(rewards, logs))


@dataclass(frozen=True)
class Draw:
    """A problem not yet made: a seed and a shape, which is what Hypothesis should print.

    Source: this package.
    """

    seed: int
    shape: Shape

    def problem(self) -> Problem:
        """The problem.

        Returns:
            The same one for the same draw; rewards are `[H, S, A]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return draw_problem(self.seed, self.shape)


def shape_of(seed: int, states: int = 6, actions: int = 4, hypotheses: int = 6) -> Shape:
    """The shape that a seed stands for; sizes are drawn up to the given ones.

    Args:
        seed: any non-negative int.
        states: the most S.
        actions: the most A.
        hypotheses: the most H.

    Returns:
        A shape; the kinds go round with the seed, so that 60 seeds in a row have them all.

    Raises:
        Nothing.

    Source: this package.
    """
    rng = np.random.default_rng([seed, 0])
    return Shape(
        states=int(rng.integers(1, states + 1)),
        actions=int(rng.integers(2, actions + 1)),
        hypotheses=int(rng.integers(1, hypotheses + 1)),
        hand=HANDS[seed % 5],
        twins=seed // 5 % 3 == 0,
        restores=RESTORES[seed // 15 % 4],
        by_successor=bool(rng.random() < 0.5),
    )


def random_problem(seed: int) -> Problem:
    """A problem of up to 6 states, 4 actions and 6 hypotheses.

    Args:
        seed: any non-negative int.

    Returns:
        The same problem for the same seed.

    Raises:
        Nothing.

    Source: this package.
    """
    return draw_problem(seed, shape_of(seed))


def random_truth(seed: int, problem: Problem, kind: str | None = None) -> Truth:
    """A truth for a problem: as assumed, or wrong in one respect.

    Args:
        seed: any non-negative int.
        problem: what the agent assumes.
        kind: one of `TRUTHS`; they go round with the seed where None.

    Returns:
        A truth of the problem's S and A. Another hand has another rate and may be noisy, about
        something else or of the other mode; another world other transitions, d, x and discount.

    Raises:
        Nothing.

    Source: this package.
    """
    rng = np.random.default_rng([seed, 2])
    kind = kind or TRUTHS[seed % len(TRUTHS)]
    plausible = np.flatnonzero(problem.weights() > 0)
    truth = problem.truth(int(rng.choice(plausible)))
    states, actions = problem.world.n_states, problem.world.n_actions
    shape = replace(shape_of(seed), states=states, actions=actions, twins=False)
    if kind == "outside the support":
        return replace(truth, reward=draw_rewards(rng, shape, 1)[0])
    if kind == "another hand":
        hand = draw_hand(rng, HANDS[rng.integers(len(HANDS))])
        noise = float(rng.choice([np.inf, 0.5, 2.0]))
        return replace(truth, overseer=replace(hand, rationality=noise))
    if kind == "another world":
        shape = replace(shape, restores=RESTORES[rng.integers(len(RESTORES))])
        return replace(truth, world=draw_world(rng, shape))
    return truth


def shapes(states: int = 6, actions: int = 4, hypotheses: int = 6) -> st.SearchStrategy[Shape]:
    """Shapes of problems, shrinking to the smallest and plainest.

    Args:
        states: the most S.
        actions: the most A.
        hypotheses: the most H.

    Returns:
        A strategy.

    Raises:
        Nothing.

    Source: this package.
    """
    return st.builds(
        Shape,
        states=st.integers(1, states),
        actions=st.integers(2, actions),
        hypotheses=st.integers(1, hypotheses),
        hand=st.sampled_from(HANDS),
        twins=st.booleans(),
        restores=st.sampled_from(RESTORES[:3]),
        by_successor=st.booleans(),
    )


def draws(states: int = 6, actions: int = 4, hypotheses: int = 6) -> st.SearchStrategy[Draw]:
    """Draws of problems whose beliefs are finite; a failing one prints as a seed and a shape.

    Args:
        states: the most S.
        actions: the most A.
        hypotheses: the most H.

    Returns:
        A strategy.

    Raises:
        Nothing.

    Source: this package.
    """
    seeds = st.integers(0, 2**32 - 1)
    return st.builds(Draw, seed=seeds, shape=shapes(states, actions, hypotheses))
