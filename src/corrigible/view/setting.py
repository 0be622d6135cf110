"""A level as data: its map or graph, its hypotheses and hands, and what the numbers rest on.

Guarantee: nothing here plans or draws; everything is read off the level.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from corrigible.overseers.absent import Absent
from corrigible.overseers.base import Overseer
from corrigible.overseers.hand import HandOfGod
from corrigible.planners.bribe import excess_disabling
from corrigible.problem import Problem
from corrigible.view.snapshot import Assumptions, Edge, Glyph, HandView, Hypothesis, LevelView
from corrigible.worlds.level import Level
from corrigible.worlds.level_map import DEFAULT

_SAME = 1e-12


def level_view(level: Level) -> LevelView:
    """A level as it can be drawn.

    Args:
        level: any.

    Returns:
        See `LevelView`; no arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    world, problem = level.world, level.problem
    return LevelView(
        name=level.name,
        description=level.description,
        path=level.path if level.path is None else str(level.path),
        rows=level.rows,
        glyphs=_glyphs(level),
        cells=level.cells,
        labels=tuple(world.label(s) for s in range(world.n_states)),
        actions=level.action_names,
        starts=tuple(np.flatnonzero(world.start).tolist()),
        edges=() if level.rows else _edges(problem),
        hypotheses=_hypotheses(level),
    )


def hand_view(hand: Overseer) -> HandView:
    """An overseer as numbers.

    Args:
        hand: any.

    Returns:
        See `HandView`; no arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    rationality = hand.rationality if isinstance(hand, HandOfGod) else None
    kind = "table"
    if isinstance(hand, HandOfGod):
        kind = "hand"
    elif isinstance(hand, Absent):
        kind = "absent"
    finite = rationality is not None and np.isfinite(rationality)
    return HandView(
        kind=kind,
        rate=float(hand.rate),
        rationality=float(rationality) if finite and rationality is not None else None,
        about=hand.about,
        mode=hand.mode,
        ask_cost=float(hand.ask_cost),
    )


def assumptions(level: Level, state: int | None) -> Assumptions:
    """What the numbers of a level rest on.

    Args:
        level: any.
        state: the certificate's; None where nothing was judged.

    Returns:
        See `Assumptions`; no arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    problem, truth = level.problem, level.truth
    assumed, true = hand_view(problem.overseer), hand_view(truth.overseer)
    known = (problem.rewards == truth.reward).all(axis=(1, 2)) & (problem.weights() > 0.0)
    return Assumptions(
        states=problem.world.n_states,
        actions=problem.world.n_actions,
        hypotheses=len(problem.rewards),
        discount=float(problem.world.discount),
        monotone=bool(problem.world.is_monotone),
        restores=bool(problem.world.has_restores),
        twins=None if state is None else has_twins(problem, state),
        assumed_hand=assumed,
        true_hand=true,
        same_world=truth.world is problem.world,
        same_hand=truth.overseer is problem.overseer or problem.overseer == truth.overseer,
        true_possible=bool(known.any()),
    )


def has_twins(problem: Problem, state: int) -> bool:
    """Whether every disabling action at a state has a keeping twin.

    A twin pays the same under every hypothesis, moves the same, and at every successor is no
    likelier to turn the channel off and no less likely to turn it on.

    Args:
        problem: what is assumed.
        state: where.

    Returns:
        True where there is nothing to disable.

    Raises:
        Nothing.

    Source: this package; Good 1967, for why it matters. No arrays, no shapes.
    """
    world, excess = problem.world, excess_disabling(problem)[state]
    rows = slice(state * world.n_actions, (state + 1) * world.n_actions)
    moves, off, back = (
        m[rows].toarray() for m in (world.transition_matrix, world.off_matrix, world.back_matrix)
    )
    rewards = problem.rewards[problem.weights() > 0.0, state]

    def twin(keep: int, press: int) -> bool:
        return bool(
            np.array_equal(rewards[:, keep], rewards[:, press])
            and np.allclose(moves[keep], moves[press], rtol=0.0, atol=_SAME)
            and (off[keep] <= off[press] + _SAME).all()
            and (back[keep] >= back[press] - _SAME).all()
        )

    keeping = np.flatnonzero(excess == 0.0).tolist()
    return all(any(twin(k, j) for k in keeping) for j in np.flatnonzero(excess).tolist())


def _glyphs(level: Level) -> tuple[Glyph, ...]:
    legend = level.settings.get("legend", {})
    present = sorted({glyph for row in level.rows for glyph in row})
    return tuple(_glyph(glyph, legend.get(glyph)) for glyph in present)


def _glyph(glyph: str, entry: Any) -> Glyph:
    usual = DEFAULT.get(glyph)
    if entry is None and usual is not None:
        return Glyph(glyph, usual.kind, usual.start, 0.0, 0.0, 0.0)
    table: Mapping[str, Any] = {"kind": entry} if isinstance(entry, str) else entry or {}
    kind = str(table.get("kind", usual.kind if usual else "plain"))
    # What a press or a tile does where its entry says nothing is the level format's to say.
    silent = kind in ("press", "tile") and not ("disables" in table or "restores" in table)
    return Glyph(
        glyph,
        kind,
        bool(table.get("start", bool(usual and usual.start and kind != "wall"))),
        float(table.get("pays", 0.0)) if kind in ("press", "tile") else 0.0,
        float(table.get("disables", float(silent))),
        float(table.get("restores", 0.0)),
    )


def _edges(problem: Problem) -> tuple[Edge, ...]:
    world, excess = problem.world, excess_disabling(problem)
    moves = world.transition_matrix.tocoo()
    found: dict[tuple[int, int], list[int]] = {}
    for row, target in zip(moves.row.tolist(), moves.col.tolist(), strict=True):
        source, action = divmod(int(row), world.n_actions)
        found.setdefault((source, int(target)), []).append(action)
    return tuple(
        Edge(
            source, target, tuple(sorted(acts)), tuple(a for a in sorted(acts) if excess[source, a])
        )
        for (source, target), acts in sorted(found.items())
    )


def _hypotheses(level: Level) -> tuple[Hypothesis, ...]:
    problem, truth = level.problem, level.truth
    most = problem.rewards.max(axis=2)
    best = most >= most.max(axis=1, keepdims=True) - _SAME
    same = (problem.rewards == truth.reward).all(axis=(1, 2))
    return tuple(
        Hypothesis(name, float(weight), bool(true), tuple(np.flatnonzero(goals).tolist()))
        for name, weight, true, goals in zip(
            level.hypotheses, problem.weights(), same, best, strict=True
        )
    )
