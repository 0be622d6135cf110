"""What happened in a run: a record as JSON fields, and those fields as text.

Guarantee: text and JSON come from the same fields; numbers about the truth come from the judge's
side and were never shown to the agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from corrigible.cli.screen import number, pairs, table

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.simulate.record import Record
    from corrigible.worlds.level import Level

_SHOWN = 100


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
    from corrigible.worlds.optimum import optimal_q

    truth = level.truth
    returns = record.discounted_return(truth.world.discount)
    best = truth.world.start @ optimal_q(truth.world, truth.reward[None])[0].max(axis=1)
    heard = (record.corrections[:, :, 0] >= 0).sum(axis=1)
    here = record.corrected_here
    followed = (record.chosen == record.corrections[:, :-1, 1]) & here
    return {
        "return_mean": returns.mean(),
        "return_std": returns.std(),
        "optimum": best,
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
    screen.print(pairs([("level", fields["level"]), ("agent", fields["agent"])]))
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
    outcome = [(k.replace("_", " "), number(v)) for k, v in fields["outcome"].items()]
    screen.print(f"{fields['episodes']} episodes of {fields['steps']} steps, as the judge sees it")
    screen.print(pairs(outcome))


def _heard(correction: Mapping[str, Any] | None) -> str:
    return "" if correction is None else f"{correction['action']} in {correction['state_label']}"


def _done(step: Mapping[str, Any]) -> str:
    if step["chosen"] == step["executed"]:
        return step["executed"]
    return f"{step['executed']} (chose {step['chosen']})"
