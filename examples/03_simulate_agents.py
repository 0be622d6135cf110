"""The planned agent and baselines that fail in known ways, in the same world with the same luck.

    ./run python examples/03_simulate_agents.py

`lock-2` begins with twins, two actions that lead to the same place and of which one silences the
overseer. Here that one pays .1. Who plans as if it would never learn more takes any payment. All
learn from corrections by the same rule; none is shown the reward that the last column adds up.
"""

from __future__ import annotations

import numpy as np

from corrigible import simulate
from corrigible.agents import AlwaysObey, MaximumAPosteriori, MeanReward, Thompson
from corrigible.planners import solve
from corrigible.worlds import load_level

STEPS, EPISODES, KEY = 60, 50, 7


def main() -> None:
    problem = load_level("lock-2", {"graph.pays.decide.right": 0.1}).problem
    agents = {
        "planned": solve(problem).agent(),
        "mean reward": MeanReward(problem),
        "likeliest": MaximumAPosteriori(problem),
        "Thompson": Thompson(problem),
        "always obey": AlwaysObey(problem),
    }
    print(f"{'agent':<12} {'silenced':>9} {'presses':>8} {'obeyed':>7} {'return':>9}")
    for name, agent in agents.items():
        rows, obeyed, corrected = [], 0, 0
        for h in range(len(problem.rewards)):
            # Each hypothesis in turn is the truth; the same key is the same luck for every agent.
            record = simulate(agent, problem.truth(h), KEY, steps=STEPS, episodes=EPISODES)
            returns = record.discounted_return(problem.world.discount)
            presses = record.presses.sum(axis=1)
            rows.append([record.turned_off_by_choice.mean(), presses.mean(), returns.mean()])
            obeyed += int(record.obeyed.sum())
            corrected += int(record.corrected_here.sum())
        silenced, pressed, value = problem.weights() @ np.array(rows)
        share = f"{obeyed / corrected:7.2f}" if corrected else f"{'-':>7}"
        print(f"{name:<12} {silenced:9.2f} {pressed:8.2f} {share} {value:9.4f}")


if __name__ == "__main__":
    main()
