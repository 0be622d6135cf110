"""Environments of Gymnasium and MiniGrid as worlds with an overseer in them.

    ./run python examples/05_gymnasium_worlds.py

An environment has a reward and no overseer; a world has an overseer's channel and no reward. Here
an action `press` is added that stands still and silences the overseer. Needs the extra `gym`.
"""

from __future__ import annotations

import gymnasium
import numpy as np

from corrigible import Belief, Problem, Truth, priors
from corrigible.bridges import Channel, Imported, from_minigrid, from_toy_text
from corrigible.overseers import HandOfGod
from corrigible.planners import certify, evaluate, solve


def judged(name: str, read: Imported, prior: Belief) -> Problem:
    problem = Problem(read.world, HandOfGod(rate=0.2), prior)
    found = certify(problem)
    assert found.margin_lower is not None and found.ledger is not None
    print(f"{name}: {found.verdict} at {found.state_label}, margin {found.margin_lower:.6f},")
    print(f"  path {found.ledger.path:.6f}, information {found.ledger.information:.6f}")
    return problem


def main() -> None:
    # One of two cells is the goal. On ice every step goes astray two times in three, and to press
    # is to stand still for once: on a goal that is the right one half the time, it holds its place.
    for slippery in (False, True):
        env = gymnasium.make("FrozenLake-v1", is_slippery=slippery)
        lake = from_toy_text(env, Channel(press=True))
        goals = priors.goals(lake.at((0, 3)) + lake.at((3, 2)), lake.world.n_states)
        judged("slippery lake" if slippery else "dry lake", lake, goals)

    # MiniGrid: every state that can be reached, found by trying. The agent does not know whether it
    # is the green square that is wanted, as the environment's own reward says, or the lava.
    actions = ("left", "right", "forward")
    gap = from_minigrid("MiniGrid-LavaGapS5-v0", Channel(press=True), actions=actions)
    ends = (gap.world.dense() @ gap.terminal) * ~gap.terminal[:, None]
    square_or_lava = Belief.uniform(np.array([gap.reward, ends - gap.reward]))
    problem = judged("lava gap", gap, square_or_lava)

    # The environment's own reward is for the judge: here it is the truth, and the hand knows it.
    outcome = evaluate(solve(problem), Truth(gap.world, problem.overseer, gap.reward))
    print(f"under its own reward: value {outcome.value:.6f}, regret {outcome.regret:.6f}")


if __name__ == "__main__":
    main()
