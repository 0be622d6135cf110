"""A world from arrays, what the agent assumes about it, and a truth that differs.

    ./run python examples/02_your_own_world.py

At `decide` there are two ways to the quiz, `keep` and `press`; `press` pays .2 and silences the
overseer. At the quiz one of two answers is right, and then it is over. The agent assumes an
overseer that speaks half the time and never errs; the true one errs.
"""

from __future__ import annotations

import numpy as np

from corrigible import Belief, Problem, Truth
from corrigible.overseers import HandOfGod
from corrigible.planners import Outcome, evaluate, solve
from corrigible.worlds import Tabular

DECIDE, QUIZ, END = range(3)
KEEP, PRESS = range(2)


def main() -> None:
    transition = np.zeros((3, 2, 3))  # [S, A, S]
    transition[DECIDE, :, QUIZ] = 1.0
    transition[[QUIZ, END], :, END] = 1.0
    disables = np.zeros((3, 2))  # [S, A]: how likely each step turns the channel off
    disables[DECIDE, PRESS] = 1.0
    start = np.array([1.0, 0.0, 0.0])
    world = Tabular(transition, disables, 0.9, start, labels=("decide", "quiz", "end"))

    rewards = np.zeros((2, 3, 2))  # [H, S, A]: the hypotheses; what a press pays is no secret
    rewards[:, DECIDE, PRESS] = 0.2
    rewards[0, QUIZ] = [1.0, -1.0]
    rewards[1, QUIZ] = [-1.0, 1.0]
    problem = Problem(world, HandOfGod(rate=0.5), prior=Belief.uniform(rewards))

    solution = solve(problem, method="exact")
    keep, press = solution.q(world.index("decide"))
    print(f"planned: keep {keep:.6f}, press {press:.6f}")

    # Assumed and true are separate everywhere. Here they are equal ...
    print("as assumed      ", report(evaluate(solution, problem.truth(1))))
    # ... and here the true hand is only softly rational: right with probability 1 / (1 + 1/e).
    sloppy = Truth(world, HandOfGod(rate=0.5, rationality=0.5), rewards[1])
    print("a hand that errs", report(evaluate(solution, sloppy)))


def report(outcome: Outcome) -> str:
    # The believed margin says what the agent does, the true one whether that was right.
    names = ("value", "regret", "believed_margin", "true_margin")
    return "  ".join(f"{name} {getattr(outcome, name):.6f}" for name in names)


if __name__ == "__main__":
    main()
