"""From corrections to beliefs: what each one says about the reward and about what to do.

    ./run python examples/04_corrections_to_beliefs.py

In `room-5x5` one of several goals is right. After each correction: the posterior, what is optimal
where the agent stands, two entropies, and the value of perfect information (VPI), which is all that
the overseer could still be worth.
"""

from __future__ import annotations

import numpy as np

from corrigible.inference import policy_distribution, policy_entropy, posterior, reward_entropy, vpi
from corrigible.worlds import load_level


def main() -> None:
    level = load_level("room-5x5")
    problem = level.problem
    here = int(np.argmax(problem.world.start))
    print(f"the agent stands at {problem.world.label(here)}; hypotheses: {len(level.hypotheses)}")

    # What the true hand would say about a few cells: (state, action) pairs.
    hand = problem.overseer.likelihood(level.world, level.truth.reward[None])[0]
    corrections = [(state, int(hand[state].argmax())) for state in (here, here - 5, here - 10)]

    for count in range(len(corrections) + 1):
        if count:
            state, action = corrections[count - 1]
            name = level.action_names[action]
            print(f"\n'at {problem.world.label(state)}, {name} was optimal'")
        belief = posterior(problem, corrections[:count])
        print("  P(hypothesis)   ", np.round(belief.weights, 3))
        print("  P(optimal here) ", np.round(policy_distribution(problem, belief)[here], 3))
        print(f"  reward entropy   {reward_entropy(problem, belief):.4f} nats")
        print(f"  policy entropy   {policy_entropy(problem, belief):.4f} nats")
        print(f"  VPI              {vpi(problem, belief):.4f}")

    # A correction that no hypothesis can explain is an alarm; the belief stays as it was.
    contrary = [(here, (corrections[0][1] + 1) % problem.world.n_actions)]
    print(f"\nalarms after the contrary: {posterior(problem, corrections + contrary).alarms}")


if __name__ == "__main__":
    main()
