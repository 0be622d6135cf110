"""What happened in a run: a record as JSON fields, and those fields as text.

Guarantee: text and JSON come from the same fields; numbers about the truth come from the judge's
side and were never shown to the agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from corrigible.cli.screen import bracket, number, pairs, table
from corrigible.cli.text import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from corrigible.agents.base import Agent
    from corrigible.problem import Truth
    from corrigible.simulate.record import Record
    from corrigible.worlds.level import Level

_SHOWN = 100
_BELIEFS = 500


def outcome_fields(level: Level, record: Record) -> dict[str, Any]:
    """What the judge says of E episodes.

    Args:
        level: whose truth it was.
        record: of E episodes.

    Returns:
        Means over the episodes. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    returns = record.discounted_return(level.truth.world.discount)
    best = best_return(level.truth, record.actions.shape[1])
    heard = (record.corrections[:, :, 0] >= 0).sum(axis=1)
    here = record.corrected_here
    followed = (record.chosen == record.corrections[:, :-1, 1]) & here
    return {
        "return_mean": returns.mean(),
        "return_std": returns.std(),
        "best_return": best,
        "regret_mean": best - returns.mean(),
        "turned_off_by_choice": record.turned_off_by_choice.mean(),
        "lost_by_override": record.lost_by_override.mean(),
        "channel_on_at_end": record.channel[:, -1].mean(),
        "presses_mean": record.presses.sum(axis=1).mean(),
        "corrections_mean": heard.mean(),
        "ask_costs_mean": record.ask_costs.sum(axis=1).mean(),
        "obedience": followed.sum() / here.sum() if here.any() else None,
        "alarms_mean": record.alarms.mean(),
    }


def best_return(truth: Truth, steps: int) -> float:
    """What one who knows the reward would expect from that many steps.

    Args:
        truth: a world and a reward.
        steps: T.

    Returns:
        The discounted return, in reward units. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Puterman 1994, section 4.5 (backward induction).
    """
    world = truth.world
    value = np.zeros(world.n_states)
    for _ in range(steps):
        ahead = (world.transition_matrix @ value).reshape(truth.reward.shape)
        better = (truth.reward + world.discount * ahead).max(axis=1)
        if np.array_equal(better, value):
            break
        value = better
    return float(world.start @ value)


def judged_fields(agent: Agent, truth: Truth) -> dict[str, Any] | None:
    """What the judge works out, without playing, of an agent that is a function of its belief.

    Args:
        agent: any.
        truth: what is.

    Returns:
        Expectations over all episodes that never end; None for an agent that remembers more than
        its belief. No arrays, no shapes.

    Raises:
        UserError: a truth that does not fit.

    Source: this package.
    """
    from corrigible.agents.bayes import Follower
    from corrigible.planners.evaluate import evaluate

    if not isinstance(agent, Follower):
        return None
    outcome = evaluate(agent, truth, cap=_BELIEFS)
    return {
        "value": outcome.value,
        "value_interval": outcome.value_interval,
        "regret": outcome.regret,
        "disabling_probability": outcome.disabling_probability,
        "lost_by_override": outcome.lost_by_override,
        "believed_margin": outcome.believed_margin,
        "true_margin": outcome.true_margin,
        "obedience": outcome.obedience,
        "obedience_loss": outcome.obedience_loss,
        "alarms": outcome.alarms,
    }


def episode_fields(level: Level, record: Record, episode: int = 0) -> list[dict[str, Any]]:
    """One episode, step by step.

    Args:
        level: whose states and actions it is about.
        record: of E episodes.
        episode: which.

    Returns:
        T entries: where it was, what was heard on arrival, what was done. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return [_step(level, record, episode, t) for t in range(record.actions.shape[1])]


def _step(level: Level, record: Record, e: int, t: int) -> dict[str, Any]:
    asked = int(record.asked[e, t])
    state, names = int(record.states[e, t]), level.action_names
    return {
        "step": t,
        "state": state,
        "state_label": level.world.label(state),
        "channel_on": bool(record.channel[e, t]),
        "asked": None if asked < 0 else asked,
        "correction": _correction(level, *record.corrections[e, t].tolist()),
        "chosen": names[int(record.chosen[e, t])],
        "executed": names[int(record.actions[e, t])],
        "reward_true": float(record.rewards_true[e, t]),
        "pressed": bool(record.presses[e, t]),
        "alarm": bool(record.alarm_at[e, t]),
    }


def _correction(level: Level, state: int, action: int) -> dict[str, Any] | None:
    if state < 0:
        return None
    label, name = level.world.label(state), level.action_names[action]
    return {"state": state, "state_label": label, "action": name}


def show_run(screen: Console, fields: Mapping[str, Any]) -> None:
    """Print a run.

    Args:
        screen: where.
        fields: of `run --json`.

    Returns:
        Nothing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    head = [("level", fields["level"]), ("agent", fields["agent"])]
    screen.print(pairs([*head, ("overseer", fields.get("overseer", "level"))]))
    steps = fields["episode"][:_SHOWN]
    rows = [
        (
            step["step"],
            step["state_label"],
            "on" if step["channel_on"] else "off",
            _heard(step["correction"]),
            _done(step),
            number(step["reward_true"]),
        )
        for step in steps
    ]
    screen.print(table(["step", "where", "channel", "heard", "does", "true reward"], rows))
    if len(fields["episode"]) > _SHOWN:
        screen.print(f"  and {len(fields['episode']) - _SHOWN} more; --json has them all")
    episodes, steps = fields["episodes"], len(fields["episode"])
    many = "" if episodes == 1 else "s"
    longer = "" if steps == 1 else "s"
    screen.print(f"{episodes} episode{many} of {steps} step{longer}, as the judge sees it;")
    screen.print("best return is what one who knows the reward may expect, and luck may beat it")
    screen.print(_block(fields["outcome"]))
    if fields.get("session") is not None:
        _show_session(screen, fields["session"])
    if fields["judged"] is not None:
        screen.print("\nwhat to expect of this agent, for ever")
        screen.print(_block(fields["judged"]))
    if fields.get("report") is not None:
        screen.print(f"\nreport: {plain(fields['report'])}", soft_wrap=True)


def _show_session(screen: Console, session: Mapping[str, Any]) -> None:
    alarms = sum(c["alarm"] for c in session["corrections"])
    rows = [
        ("it ended by", session["ended"]),
        ("accepted", len(session["corrections"]) - alarms),
        ("impossible", alarms),
        ("never heard", len(session["unheard"])),
        ("kept in", session["export"] or "-"),
    ]
    screen.print("\nwhat the person said, and what the agent made of it")
    screen.print(pairs(rows))
    screen.print(f"at the end {plain(session['belief'])}")


def _block(numbers: Mapping[str, Any]) -> Table:
    return pairs(
        (name.replace("_", " "), bracket(v) if isinstance(v, list | tuple) else number(v))
        for name, v in numbers.items()
    )


def _heard(correction: Mapping[str, Any] | None) -> str:
    return "" if correction is None else f"{correction['action']} in {correction['state_label']}"


def _done(step: Mapping[str, Any]) -> str:
    if step["chosen"] == step["executed"]:
        return step["executed"]
    return f"{step['executed']} (chose {step['chosen']})"
