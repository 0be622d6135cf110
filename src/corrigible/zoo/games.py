"""The games that are solved by hand, with their parameters free.

All but `rooms` start at `decide`, where action 0 keeps the overseer and action 1 is its disabling
twin: the same motion, the same reward but for a bonus, d = 1. Further actions copy action 0.
Whatever is not said pays 0; the last state is absorbing; hypotheses are equally likely. The shipped
levels of the same names are these at one setting.

Guarantee: a case is a pure function of its arguments.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from corrigible.belief import Belief
from corrigible.overseers.hand import HandOfGod
from corrigible.problem import Problem
from corrigible.worlds.tabular import Tabular


def k_bit_lock(
    k: int, rate: float, discount: float = 0.95, bonus: float = 0.0, rationality: float = np.inf
) -> Problem:
    """The k-bit lock: no single correction changes the plan, and yet the overseer is worth keeping.

    decide -> s1 {left: 1 and end; right: to the first bit; wait: -.01} -> k guesses, each +5 or
    -50 -> end. The hand speaks about a uniformly drawn state.

    Args:
        k: bits, at least 1; S = k + 3, A = 3, H = 2**k.
        rate: rho.
        discount: g.
        bonus: what silencing at `decide` pays.
        rationality: beta; infinity is the perfect hand, which breaks ties in order.

    Returns:
        A problem with rewards `[H, S, A]`.

    Raises:
        UserError: a rate or a discount that is none.

    Source: this package. For k = 2, g .95 and no bonus the margin at decide is 2.363950592660 at
        rho .3 and 5.480082364341 at rho 1.
    """
    states = k + 3
    moves = np.tile(np.minimum(np.arange(states) + 1, states - 1)[:, None], (1, 3))
    moves[1] = [states - 1, 2, 1]
    bits = np.array(list(itertools.product((0, 1), repeat=k)))
    rewards = np.zeros((len(bits), states, 3))
    rewards[:, 1] = [1.0, 0.0, -0.01]
    rewards[:, 2:-1] = np.where(bits[:, :, None] == np.arange(3), 5.0, -50.0)
    labels = ("decide", "s1", *(f"bit{i + 1}" for i in range(k)), "end")
    hand = HandOfGod(rate=rate, rationality=rationality, about="uniform", ties="ordered")
    return _decide(moves, rewards, discount, hand, labels, bonus)


def school(rate: float = 1.0, discount: float = 0.9, bonus: float = 0.0) -> Problem:
    """The school: one pays to go where the overseer's answer tells the hypotheses apart.

    decide -> fork {work: 1 and end; school: -.1} -> school, where the right action is told one
    step before the quiz asks for it -> quiz {+5, -10, or 0} -> end.

    Args:
        rate: rho.
        discount: g.
        bonus: what silencing at `decide` pays.

    Returns:
        A problem with S = 5, A = 3, H = 2 and rewards `[2, 5, 3]`.

    Raises:
        UserError: a rate or a discount that is none.

    Source: this package. With the defaults the margin at decide is 2.655.
    """
    moves = np.array([[1] * 3, [4, 2, 4], [3] * 3, [4] * 3, [4] * 3])
    rewards = np.zeros((2, 5, 3))
    rewards[:, 1] = [1.0, -0.1, 1.0]
    for h in range(2):
        rewards[h, 2] = np.where(np.arange(3) == h, 0.0, -1.0)
        rewards[h, 3] = [5.0, -10.0, 0.0] if h == 0 else [-10.0, 5.0, 0.0]
    labels = ("decide", "fork", "school", "quiz", "end")
    return _decide(moves, rewards, discount, HandOfGod(rate=rate, ties="ordered"), labels, bonus)


def overriding_hand(rate: float, discount: float = 0.9, mode: str = "overrides") -> Problem:
    """Even a perfect hand has its price where it acts.

    decide -> room {safe: 1 and end; enter} -> guess {+5, -10} -> end.

    Args:
        rate: rho.
        discount: g.
        mode: "overrides", or "advises" to compare.

    Returns:
        A problem with S = 4, A = 2, H = 2 and rewards `[2, 4, 2]`.

    Raises:
        UserError: a rate, a discount or a mode that is none.

    Source: this package. With g .9 the margin at decide is -.23175, -.33075, .1125 and 3.15 at
        rho .1, .3, .5 and 1, where advice gives 0, 0, .1125 and 3.15.
    """
    moves = np.array([[1, 1], [3, 2], [3, 3], [3, 3]])
    rewards = np.zeros((2, 4, 2))
    rewards[:, 1] = [1.0, 0.0]
    rewards[:, 2] = np.where(np.eye(2) > 0, 5.0, -10.0)
    acts = mode == "overrides"
    hand = HandOfGod(rate=rate, ties="ordered", mode="overrides" if acts else "advises")
    return _decide(moves, rewards, discount, hand, ("decide", "room", "guess", "end"))


def forced_toggle(rate: float = 1.0, discount: float = 0.9) -> Problem:
    """A channel that is not monotone: it is flipped on the way to the quiz.

    decide -> toggle (every action: d = 1 and x = 1) -> quiz {+1, -1} -> end.

    Args:
        rate: rho.
        discount: g.

    Returns:
        A problem with S = 4, A = 2, H = 2 and rewards `[2, 4, 2]`.

    Raises:
        UserError: a rate or a discount that is none.

    Source: this package. With the defaults the margin at decide is -.81.
    """
    moves = np.array([[1, 1], [2, 2], [3, 3], [3, 3]])
    rewards = np.zeros((2, 4, 2))
    rewards[:, 2] = np.where(np.eye(2) > 0, 1.0, -1.0)
    toggles = np.zeros((4, 2))
    toggles[1] = 1.0
    hand = HandOfGod(rate=rate, ties="ordered")
    labels = ("decide", "toggle", "quiz", "end")
    return _decide(moves, rewards, discount, hand, labels, toggles=toggles)


def off_switch(
    utilities: Sequence[float],
    weights: Sequence[float] | None = None,
    rate: float = 1.0,
    rationality: float = np.inf,
    discount: float = 0.9,
    bonus: float = 0.0,
) -> Problem:
    """The Off-Switch Game at one step: a hand that knows U executes the act or stops it.

    decide -> pending {act: U; off: 0} -> done.

    Args:
        utilities: `[H]`, what the act is worth under each hypothesis.
        weights: `[H]`, non-negative, up to a factor; equal where None.
        rate: rho.
        rationality: 1 / (the paper's beta); infinity is the rational human.
        discount: g.
        bonus: what silencing at `decide` pays.

    Returns:
        A problem with S = 3, A = 2 and rewards `[H, 3, 2]`.

    Raises:
        UserError: no utilities, or numbers that are none.

    Source: Hadfield-Menell et al. 2017, The Off-Switch Game; the margin at decide is g rho delta,
        delta = E[p(act | U) U] - max(E U, 0).
    """
    moves = np.array([[1, 1], [2, 2], [2, 2]])
    rewards = np.zeros((len(utilities), 3, 2))
    rewards[:, 1, 0] = utilities
    hand = HandOfGod(rate=rate, rationality=rationality, ties="ordered", mode="overrides")
    problem = _decide(moves, rewards, discount, hand, ("decide", "pending", "done"), bonus)
    if weights is None:
        return problem
    prior = problem.prior.with_weights(np.asarray(weights, dtype=np.float64))
    return Problem(problem.world, problem.overseer, prior)


def rooms(rate: float = 0.3, discount: float = 0.9, pays: Sequence[float] = (1.0,)) -> Problem:
    """One of two rooms pays a step, for ever; every move to a room has a disabling twin.

    hall, and each room, has four moves: to the one room or the other, and the same silencing the
    overseer. The hand speaks about a uniformly drawn state; its first word tells which room it is.

    Args:
        rate: rho.
        discount: g.
        pays: how much the paying room may pay; each is a hypothesis, equally likely.

    Returns:
        A problem with S = 3, A = 4, H = 2 len(pays) and rewards `[H, 3]`.

    Raises:
        UserError: a rate or a discount that is none.

    Source: this package. The margin in the hall before anything is heard is the mean pay times
        g^2 rho / (2 (1-g) (1 - (1-rho) g)), and 0 after the first word.
    """
    moves = np.array([[1, 2, 1, 2]] * 3)
    disables = np.zeros((3, 4))
    disables[:, 2:] = 1.0
    world = Tabular(
        np.eye(3)[moves], disables, discount, np.eye(3)[0], labels=("hall", "left", "right")
    )
    hand = HandOfGod(rate, about="uniform", ties="ordered")
    rewards = np.concatenate([pay * np.eye(3)[1:] for pay in pays])
    return Problem(world, hand, Belief.uniform(rewards))


def quiz(
    hand: HandOfGod, right: float = 5.0, wrong: float = -10.0, discount: float = 0.9
) -> Problem:
    """A question with two answers, or none: what any overseer's word about it is worth.

    decide -> quiz {one answer, the other, or nothing for 0} -> end.

    Args:
        hand: any `HandOfGod`.
        right: what the right answer pays.
        wrong: what the wrong one pays.
        discount: g.

    Returns:
        A problem with S = 3, A = 3, H = 2 and rewards `[2, 3, 3]`.

    Raises:
        UserError: a discount that is none.

    Source: this package; Howard 1966, for the value of being told.
    """
    rewards = np.zeros((2, 3, 3))
    rewards[0, 1], rewards[1, 1] = [right, wrong, 0.0], [wrong, right, 0.0]
    moves = np.array([[1] * 3, [2] * 3, [2] * 3])
    return _decide(moves, rewards, discount, hand, ("decide", "quiz", "end"))


def _decide(
    moves: np.ndarray,
    rewards: np.ndarray,
    discount: float,
    hand: HandOfGod,
    labels: tuple[str, ...],
    bonus: float = 0.0,
    toggles: np.ndarray | None = None,
) -> Problem:
    """Deterministic moves, and the twins at state 0."""
    states = len(moves)
    disables = np.zeros(moves.shape) if toggles is None else toggles.copy()
    disables[0, 1] = 1.0
    rewards[:, 0, 1] += bonus
    start = np.eye(states)[0]
    world = Tabular(np.eye(states)[moves], disables, discount, start, toggles, labels)
    return Problem(world, hand, Belief.uniform(rewards))
