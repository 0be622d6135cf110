"""Nothing is known of the reward but its size: what corrections say, and what they are worth.

    ./run python examples/06_continuous_rewards.py

Nine cells, any of which may be good or bad. Pressing the button in the middle is standing still,
but for the overseer. Before any correction, and after nine: draws of the posterior, what they say
of one cell, and the margin for keeping the overseer, a 99% interval.
"""

from __future__ import annotations

import numpy as np

from corrigible import Problem, Truth, priors
from corrigible.inference import posterior
from corrigible.overseers import HandOfGod
from corrigible.planners import certify
from corrigible.worlds import load_level


def main() -> None:
    world = load_level("twins").world
    hand = HandOfGod(rate=0.2, rationality=1.0)
    problem = Problem(world, hand, priors.Normal(scale=10.0, over="state"))
    here = int(np.argmax(world.start))

    # What is, and what its hand says about each cell in turn.
    reward = problem.prior.rewards(world, problem.prior.draw(world, key=7, count=1))[0]
    truth = Truth(world, hand, reward)
    heard = [(state, int(truth.likelihood[state].argmax())) for state in range(world.n_states)]

    for count in (0, 9):
        corrections = [heard[i % len(heard)] for i in range(count)]
        belief = posterior(problem, corrections, key=count, samples=1000)
        margin = certify(problem, belief, here, tol=0.1, budget=2.0, key=count)
        best = np.asarray(belief.hypotheses)[:, reward.argmax()]
        print(f"after {count} corrections")
        print(f"  the best cell is worth {best.mean():.1f}, give or take {best.std():.1f}")
        print(f"  margin {margin.margin_lower:.2f} to {margin.margin_upper:.2f}: {margin.verdict}")


if __name__ == "__main__":
    main()
