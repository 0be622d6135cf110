"""The agents that `run` can play, by name.

Guarantee: every agent is given the level's problem, which is what it may assume, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from corrigible.agents.base import Agent
    from corrigible.planners.solution import Solution
    from corrigible.problem import Problem
    from corrigible.worlds.level import Level

_EXACT_SHARE = 0.4
Name = Literal["bayes", "mean-reward", "map", "thompson", "always-obey"]


def plan(problem: Problem, tol: float | None, budget: float) -> Solution:
    """A plan: exact where the reachable beliefs are few enough, bounds otherwise.

    Args:
        problem: what is assumed.
        tol: how far apart the ends may stay, None for the planner's own.
        budget: seconds.

    Returns:
        A solution. No arrays, no shapes.

    Raises:
        UserError: a problem that cannot be planned.

    Source: this package.
    """
    from corrigible.errors import UserError
    from corrigible.planners.solve import solve

    try:
        return solve(problem, method="exact", tol=tol, budget=_EXACT_SHARE * budget)
    except UserError:  # too many beliefs, or out of time; bounds say it again if it is the problem
        return solve(problem, method="bounds", tol=tol, budget=(1.0 - _EXACT_SHARE) * budget)


def drawn(level: Level, seed: int) -> Level:
    """A level that can be planned: of a continuous prior, draws, and a line on stderr says so.

    Args:
        level: as it was read.
        seed: of the draws.

    Returns:
        A level with hypotheses. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    from corrigible.cli.text import complain

    finite = level.drawn(seed)
    if finite is not level:
        count = len(finite.hypotheses)
        complain(f"the prior is continuous; planned on {count} draws of it (seed {seed})")
    return finite


def player(name: Name, problem: Problem, tol: float | None, budget: float) -> Agent:
    """An agent by its name.

    Args:
        name: "bayes" plans; the others are baselines that fail in known ways.
        problem: what it assumes.
        tol: for the plan.
        budget: seconds, for the plan.

    Returns:
        The agent. No arrays, no shapes.

    Raises:
        UserError: a problem that cannot be planned.

    Source: this package.
    """
    from corrigible import agents

    if name == "bayes":
        return plan(problem, tol, budget).agent()
    baselines = {
        "mean-reward": agents.MeanReward,
        "map": agents.MaximumAPosteriori,
        "thompson": agents.Thompson,
        "always-obey": agents.AlwaysObey,
    }
    return baselines[name](problem)
