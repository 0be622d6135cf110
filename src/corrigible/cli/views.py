"""What the commands say: library objects as JSON fields, and those fields as text.

Guarantee: text and JSON come from the same fields, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from corrigible.cli.screen import bracket, number, pairs, table
from corrigible.cli.text import plain

if TYPE_CHECKING:
    from rich.console import Console

    from corrigible.belief import Belief
    from corrigible.inference.summary import Summary
    from corrigible.planners.certificate import Certificate
    from corrigible.worlds.level import Level

_DIAGNOSTICS = ("method", "ess_bulk_min", "ess_tail_min", "r_hat_max")
_SAMPLING = ("confidence", "draws", "batches")
_LEDGER = ("direct", "path", "information", "control", "gap")
_ARROWS = {"up": "^", "right": ">", "down": "v", "left": "<", "stay": "o", "press": "!"}
_SHOWN = 12


def certificate_fields(level: Level, certificate: Certificate) -> dict[str, Any]:
    """A certificate as data, the bribe included.

    Args:
        level: whose problem it is about.
        certificate: of a level or a state.

    Returns:
        The fields of `certify --json`. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return {
        **_judgement(level, certificate),
        "ledger": {name: getattr(certificate.ledger, name, None) for name in _LEDGER},
        "others": [_judgement(level, other) for other in certificate.others],
        "unjudged": list(certificate.unjudged),
        "tol": certificate.tol,
        "bribe": list(certificate.bribe),
        "bribe_for_ever": list(certificate.bribe_for_ever),
        "sampling": None
        if certificate.sampling is None
        else {name: getattr(certificate.sampling, name) for name in _SAMPLING},
    }


def _judgement(level: Level, certificate: Certificate) -> dict[str, Any]:
    return {
        "verdict": certificate.verdict,
        "margin_lower": certificate.margin_lower,
        "margin_upper": certificate.margin_upper,
        "state": certificate.state,
        "state_label": certificate.state_label,
        "keep": _action(level, certificate.keep),
        "disable": _action(level, certificate.disable),
    }


def _action(level: Level, action: int | None) -> str | None:
    return None if action is None else level.action_names[action]


def show_certificate(screen: Console, fields: Mapping[str, Any]) -> None:
    """Print a certificate.

    Args:
        screen: where.
        fields: from `certificate_fields`, with the level's name and the report's path.

    Returns:
        Nothing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    margin = bracket((fields["margin_lower"], fields["margin_upper"]))
    where = "-" if fields["state"] is None else f"state {fields['state']}, {fields['state_label']}"
    screen.print(
        pairs(
            [
                ("level", fields["level"]),
                ("verdict", fields["verdict"]),
                ("margin", margin),
                ("at", where),
                ("keeps by", fields["keep"] or "-"),
                ("silences by", fields["disable"] or "-"),
                ("bribe until the first correction", bracket(fields["bribe"])),
                ("bribe for ever", bracket(fields["bribe_for_ever"])),
            ]
        )
    )
    sampling = fields["sampling"]
    if sampling is not None:
        screen.print(
            f"the prior is continuous: a {100 * sampling['confidence']:g}% interval from "
            f"{sampling['draws']:,} draws; bribes are not bounded"
        )
    if fields["ledger"]["direct"] is not None:
        screen.print(table(_LEDGER, [[number(fields["ledger"][name]) for name in _LEDGER]]))
    if fields["others"]:
        rows = [
            (
                other["state"],
                other["state_label"],
                other["verdict"],
                bracket((other["margin_lower"], other["margin_upper"])),
            )
            for other in fields["others"][:_SHOWN]
        ]
        screen.print(table(["state", "also judged", "verdict", "margin"], rows))
        _rest(screen, len(fields["others"]))
    if fields["report"] is not None:
        screen.print(f"report: {plain(fields['report'])}", soft_wrap=True)


def posterior_fields(
    level: Level, belief: Belief, before: Summary, after: Summary
) -> dict[str, Any]:
    """What was inferred, as data.

    Args:
        level: whose problem it was.
        belief: the posterior, over H hypotheses, or over draws where the prior is continuous.
        before: the prior in numbers.
        after: the posterior in numbers.

    Returns:
        The fields of `infer --json`; reward_mean, reward_std and policy are `[S, A]`.

    Raises:
        Nothing.

    Source: this package.
    """
    continuous = level.problem.continuous
    weights = np.asarray(belief.weights)
    prior = weights if continuous else level.problem.weights()
    how = belief.diagnostics
    return {
        "level": level.name,
        "reward_mean": after.reward_mean,
        "reward_std": after.reward_std,
        "policy": after.policy,
        "entropies": _entropies(after, continuous),
        "entropies_prior": _entropies(before, continuous),
        "vpi": after.vpi,
        "vpi_prior": before.vpi,
        "hypotheses": [
            {"name": name, "prior": prior[h], "posterior": weights[h]}
            for h, name in enumerate(level.hypotheses)
        ],
        "actions": level.action_names,
        "alarms": list(belief.alarms),
        "sampling": None
        if how is None
        else {"draws": len(weights), **{name: getattr(how, name) for name in _DIAGNOSTICS}},
    }


def _entropies(summary: Summary, continuous: bool) -> dict[str, float | None]:
    """The entropy of draws would be that of their number."""
    reward = None if continuous else summary.reward_entropy
    return {"reward": reward, "policy": summary.policy_entropy}


def show_posterior(screen: Console, level: Level, fields: Mapping[str, Any]) -> None:
    """Print what was inferred.

    Args:
        screen: where.
        level: whose problem it was.
        fields: from `posterior_fields`.

    Returns:
        Nothing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    before, after = fields["entropies_prior"], fields["entropies"]
    screen.print(pairs([("level", fields["level"]), ("corrections", fields["corrections"])]))
    how = fields["sampling"]
    if how is not None:
        screen.print(
            f"the prior is continuous: {how['draws']:,} draws by chains in {how['method']}, worst "
            f"effective number {how['ess_bulk_min']:.0f}, R-hat {how['r_hat_max']:.3f}"
        )
    rows = [
        ("reward entropy (nats)", number(before["reward"]), number(after["reward"])),
        ("policy entropy (nats)", number(before["policy"]), number(after["policy"])),
        ("value of perfect information", number(fields["vpi_prior"]), number(fields["vpi"])),
    ]
    screen.print(table(["", "before", "after"], rows))
    likely = sorted(fields["hypotheses"], key=lambda h: -h["posterior"])
    rows = [(h["name"], number(h["prior"]), number(h["posterior"])) for h in likely[:_SHOWN]]
    if likely:
        screen.print(table(["hypothesis", "before", "after"], rows))
    _rest(screen, len(likely))
    if level.cells:
        screen.print("the likeliest optimal action (ties: the first in the world's order)")
        for line in arrows(level, np.asarray(fields["policy"]).argmax(axis=1)):
            screen.print(f"  {line}")


def arrows(level: Level, actions: Any) -> list[str]:
    """A level's map with an action in every cell.

    Args:
        level: drawn as a map.
        actions: `[S]`, indices.

    Returns:
        The map's lines: ^ > v < for moving, o for staying, ! for pressing.

    Raises:
        Nothing.

    Source: this package.
    """
    lines = [list(row) for row in level.rows]
    for (row, column), action in zip(level.cells, actions, strict=True):
        lines[row][column] = _ARROWS.get(level.action_names[int(action)], "?")
    return ["".join(line) for line in lines]


def _rest(screen: Console, count: int) -> None:
    if count > _SHOWN:
        screen.print(f"  and {count - _SHOWN} more; --json has them all")
