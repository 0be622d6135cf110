"""The classic small problems, made from their published definitions.

Each is a function, so that what it says can be read and checked against the paper; `pomdp_text`
makes a file of it. Where a paper leaves something open, the docstring says what was chosen.

Guarantee: none beyond the definitions; the optimum of each is bracketed by `solve_pomdp`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from corrigible.bridges.pomdp import Pomdp

_MOVES = {"n": (-1, 0), "s": (1, 0), "e": (0, 1), "w": (0, -1)}


def tiger(accuracy: float = 0.85, discount: float = 0.95) -> Pomdp:
    """Two doors, a tiger behind one of them; listening costs 1, the doors pay 10 or -100.

    Args:
        accuracy: the probability that listening tells the right side.
        discount: below 1; the optimum at .95 is 19.371.

    Returns:
        2 states, 3 actions, 2 observations; opening a door begins anew.

    Raises:
        UserError: an accuracy or a discount that is no probability.

    Source: Kaelbling, Littman & Cassandra 1998
    """
    half = np.full((2, 2), 0.5)
    hears = np.array([[accuracy, 1.0 - accuracy], [1.0 - accuracy, accuracy]])
    return Pomdp(
        np.array([np.eye(2), half, half]),
        np.array([hears, half, half]),
        np.array([[-1.0, -1.0], [-100.0, 10.0], [10.0, -100.0]]),
        np.array([0.5, 0.5]),
        discount,
        ("tiger-left", "tiger-right"),
        ("listen", "open-left", "open-right"),
        ("hear-left", "hear-right"),
    )


def _maze(rows: Sequence[str]) -> list[tuple[int, int]]:
    """The cells that are no wall, row by row."""
    return [(r, c) for r, row in enumerate(rows) for c, glyph in enumerate(row) if glyph != "#"]


def _told(names: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """What each state shows for certain, `[S, O]`, and the observations in order."""
    seen = tuple(dict.fromkeys(names))
    return np.array([[float(name == o) for o in seen] for name in names]), seen


def maze_4x3(discount: float = 0.95) -> Pomdp:
    """Russell and Norvig's 4x3 maze for an agent that feels only the walls to its left and right.

    Args:
        discount: below 1.

    Returns:
        11 states, 4 actions, 6 observations (walls to the west and east, or the terminal cells);
        moves go astray to either side with .1 each. A step from any other cell pays -.04, one from
        the terminal cells 1 or -1; these lead anywhere else, where the start is drawn too.

    Raises:
        UserError: a discount that is no probability.

    Source: Parr & Russell 1995
    """
    cells = _maze(("....", ".#..", "...."))
    index = {cell: i for i, cell in enumerate(cells)}
    good, bad = index[0, 3], index[1, 3]
    anywhere = np.full(len(cells), 1.0 / (len(cells) - 2))
    anywhere[[good, bad]] = 0.0
    flow = np.zeros((4, len(cells), len(cells)))
    for action, (down, right) in enumerate(_MOVES.values()):
        for (row, column), state in index.items():
            ways = ((down, right, 0.8), (right, down, 0.1), (-right, -down, 0.1))
            for dr, dc, chance in ways:
                flow[action, state, index.get((row + dr, column + dc), state)] += chance
        flow[action, [good, bad]] = anywhere
    sides = {(0, 0): "neither", (1, 0): "left", (0, 1): "right", (1, 1): "both"}
    felt = [sides[int((r, c - 1) not in index), int((r, c + 1) not in index)] for r, c in cells]
    felt[good], felt[bad] = "good", "bad"
    shows, seen = _told(felt)
    pays = np.full(len(cells), -0.04)
    pays[good], pays[bad] = 1.0, -1.0
    return Pomdp(
        flow,
        np.array([shows] * 4),
        np.array([pays] * 4),
        anywhere,
        discount,
        tuple(f"r{r}c{c}" for r, c in cells),
        tuple(_MOVES),
        seen,
    )


def cheese(discount: float = 0.95) -> Pomdp:
    """McCallum's maze of three corridors that look alike, with cheese at the end of the middle one.

    Args:
        discount: below 1.

    Returns:
        11 states, 4 actions, 7 observations (the walls around, or the cheese). Moves into walls
        stay. A step that reaches the cheese pays 1; the step after it leads to any other cell,
        where the start is drawn too.

    Raises:
        UserError: a discount that is no probability.

    Source: McCallum 1993, as a process that goes on: Littman, Cassandra & Kaelbling
        1995.
    """
    cells = _maze((".....", ".#.#.", ".#.#."))
    index = {cell: i for i, cell in enumerate(cells)}
    goal = index[2, 2]
    anywhere = np.full(len(cells), 1.0 / (len(cells) - 1))
    anywhere[goal] = 0.0
    flow = np.zeros((4, len(cells), len(cells)))
    for action, (down, right) in enumerate(_MOVES.values()):
        for (row, column), state in index.items():
            flow[action, state, index.get((row + down, column + right), state)] = 1.0
        flow[action, goal] = anywhere
    walls = [
        "".join(name for name, (dr, dc) in _MOVES.items() if (r + dr, c + dc) not in index)
        for r, c in cells
    ]
    walls[goal] = "cheese"
    shows, seen = _told(walls)
    return Pomdp(
        flow,
        np.array([shows] * 4),
        flow[:, :, goal],
        anywhere,
        discount,
        tuple(f"r{r}c{c}" for r, c in cells),
        tuple(_MOVES),
        tuple(name if name == "cheese" else f"walls-{name}" for name in seen),
    )


def _flow(names: Sequence[str], ways: Mapping[str, Mapping[str, float]]) -> np.ndarray:
    flow = np.zeros((len(names), len(names)))
    for state, goals in ways.items():
        for goal, chance in goals.items():
            flow[names.index(state), names.index(goal)] = chance
    return flow


def shuttle(discount: float = 0.95) -> Pomdp:
    """Docking at two space stations in turn, with a backward gear that often fails.

    Args:
        discount: below 1.

    Returns:
        8 states, 3 actions, 5 observations. Docking at the station visited least recently (`lrv`)
        pays 10, running into a station ahead -3; in space the station ahead is seen with .7. The
        start is docked at the one visited last (`mrv`).

    Raises:
        UserError: a discount that is no probability.

    Source: Chrisman 1992; Littman, Cassandra & Kaelbling 1995, for the probabilities.
    """
    names = (
        "docked-lrv",
        "at-mrv-ahead",
        "space-to-lrv",
        "at-lrv-behind",
        "at-mrv-behind",
        "space-to-mrv",
        "at-lrv-ahead",
        "docked-mrv",
    )
    docked_lrv, mrv_ahead, to_lrv, lrv_behind, mrv_behind, to_mrv, lrv_ahead, docked_mrv = names
    turn = {
        docked_lrv: {mrv_ahead: 1.0},
        docked_mrv: {mrv_ahead: 1.0},
        mrv_ahead: {mrv_behind: 1.0},
        mrv_behind: {mrv_ahead: 1.0},
        to_lrv: {to_mrv: 1.0},
        to_mrv: {to_lrv: 1.0},
        lrv_behind: {lrv_ahead: 1.0},
        lrv_ahead: {lrv_behind: 1.0},
    }
    forward = {
        docked_lrv: {mrv_behind: 1.0},
        docked_mrv: {mrv_behind: 1.0},
        mrv_behind: {to_lrv: 1.0},
        to_lrv: {lrv_ahead: 1.0},
        lrv_ahead: {lrv_ahead: 1.0},
        lrv_behind: {to_mrv: 1.0},
        to_mrv: {mrv_ahead: 1.0},
        mrv_ahead: {mrv_ahead: 1.0},
    }
    backward = {
        docked_lrv: {docked_mrv: 1.0},
        docked_mrv: {docked_mrv: 1.0},
        mrv_behind: {docked_mrv: 0.7, mrv_behind: 0.3},
        lrv_behind: {docked_lrv: 0.7, lrv_behind: 0.3},
        mrv_ahead: {to_mrv: 0.3, mrv_ahead: 0.4, mrv_behind: 0.3},
        lrv_ahead: {to_lrv: 0.3, lrv_ahead: 0.4, lrv_behind: 0.3},
        to_lrv: {mrv_behind: 0.8, to_lrv: 0.1, mrv_ahead: 0.1},
        to_mrv: {lrv_behind: 0.8, to_mrv: 0.1, lrv_ahead: 0.1},
    }
    return _shuttle(names, np.array([_flow(names, w) for w in (turn, forward, backward)]), discount)


def _shuttle(names: tuple[str, ...], flow: np.ndarray, discount: float) -> Pomdp:
    seen = ("lrv", "mrv", "nothing", "in-lrv", "in-mrv")
    sees = {
        "docked-lrv": {"in-lrv": 1.0},
        "docked-mrv": {"in-mrv": 1.0},
        "at-lrv-ahead": {"lrv": 1.0},
        "at-mrv-ahead": {"mrv": 1.0},
        "at-lrv-behind": {"nothing": 1.0},
        "at-mrv-behind": {"nothing": 1.0},
        "space-to-lrv": {"lrv": 0.7, "nothing": 0.3},
        "space-to-mrv": {"mrv": 0.7, "nothing": 0.3},
    }
    shows = np.array([[sees[name].get(o, 0.0) for o in seen] for name in names])
    reward = np.zeros((3, len(names)))
    reward[1, [names.index("at-mrv-ahead"), names.index("at-lrv-ahead")]] = -3.0
    reward[2] = 10.0 * flow[2, :, 0]
    start = np.array([float(name == "docked-mrv") for name in names])
    actions = ("turn", "forward", "backward")
    return Pomdp(flow, np.array([shows] * 3), reward, start, discount, names, actions, seen)


def parr95(discount: float = 0.95) -> Pomdp:
    """Two rooms that look alike, reached by chance; one detour tells which it is.

    Args:
        discount: g; the optimum is g^4 / (1 - g^5).

    Returns:
        7 states, 3 actions, 6 observations, beginning in the entrance. Leaving `plus` pays 1,
        leaving `minus` -1; in the file that Cassandra published they pay 2 and 0, which doubles
        the optimum.

    Raises:
        UserError: a discount that is no probability.

    Source: Parr & Russell 1995
    """
    names = ("entrance", "high", "low", "above", "below", "plus", "minus")
    common = {"entrance": {"high": 0.5, "low": 0.5}, "plus": {"entrance": 1.0}}
    common["minus"] = {"entrance": 1.0}
    aside = {"high": {"above": 1.0}, "low": {"below": 1.0}}
    back = {"above": {"high": 1.0}, "below": {"low": 1.0}}
    away = {"above": {"entrance": 1.0}, "below": {"entrance": 1.0}}
    for_low = {"high": {"minus": 1.0}, "low": {"plus": 1.0}}
    for_high = {"high": {"plus": 1.0}, "low": {"minus": 1.0}}
    ways = (common | aside | back, common | away | for_low, common | away | for_high)
    flow = np.array([_flow(names, way) for way in ways])
    shows, seen = _told(["room" if name in ("high", "low") else name for name in names])
    pays = np.array([float(name == "plus") - float(name == "minus") for name in names])
    start = np.eye(len(names))[0]
    table = np.array([shows] * 3)
    return Pomdp(flow, table, np.array([pays] * 3), start, discount, names, ("a", "b", "c"), seen)


def line_1d(discount: float = 0.75) -> Pomdp:
    """Four cells in a line; the third from the left is the goal, and only the goal is seen.

    Args:
        discount: below 1.

    Returns:
        4 states, 2 actions, 2 observations. Reaching the goal pays 1; the step after it leads to
        any other cell. The start is drawn from all four.

    Raises:
        UserError: a discount that is no probability.

    Source: Littman, Cassandra & Kaelbling 1995; Cassandra 1998, for the file.
    """
    names = ("left", "middle", "right", "goal")
    away: dict[str, Mapping[str, float]] = {"goal": dict.fromkeys(names[:3], 1.0 / 3.0)}
    west = {"left": {"left": 1.0}, "middle": {"left": 1.0}, "right": {"goal": 1.0}}
    east = {"left": {"middle": 1.0}, "middle": {"goal": 1.0}, "right": {"right": 1.0}}
    flow = np.array([_flow(names, west | away), _flow(names, east | away)])
    shows, seen = _told(["nothing", "nothing", "nothing", "goal"])
    start, reward = np.full(4, 0.25), flow[:, :, 3]
    return Pomdp(
        flow, np.array([shows] * 2), reward, start, discount, names, ("west", "east"), seen
    )
