"""A graph as a picture: states in layers by their distance from the start, steps as arrows.

Within a layer states stand in the order of the means of their neighbours. Steps that silence are
drawn apart from those that do not, in the colour of what speaks against, broken.

Guarantee: the same graph gives the same picture; a graph of more states than can be read gives
none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from corrigible.view.markup import Child, Markup, el, join
from corrigible.view.picture import Picture
from corrigible.view.scale import fitting, width_of
from corrigible.view.scene import Edge, LevelView

MOST = 60
_TYPE = 12.5
_HIGH = 30.0
_LABEL = 11.0
_CLOSE, _DOT, _SPARE = 38.0, 15.0, 8.0
_Spot = tuple[float, float]


def draw_graph(level: LevelView, upright: bool = False) -> Picture | None:
    """A graph's picture.

    Args:
        level: with edges.
        upright: from the top down instead of from left to right.

    Returns:
        The picture; None where there are more than 60 states. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Sugiyama, Tagawa & Toda 1981, for layers ordered by means.
    """
    if len(level.labels) > MOST:
        return None
    layers = layered(level)
    box = min(120.0, max(width_of(name, _TYPE) for name in level.labels) + 18)
    spots, width, height = _place(level, layers, box, upright)
    depth = {state: i for i, layer in enumerate(layers) for state in layer}
    steps = [_arrows(level, e, spots, depth, box, upright) for e in level.edges]
    arrows = join(arrow for arrow, _ in steps)
    names = join(name for _, name in steps)
    nodes = join(_node(level, s, spots[s], box) for s in range(len(level.labels)))
    return Picture(width, height, spots, box / 2, join([arrows, nodes, names]))


def draw_thumbnail(level: LevelView) -> Picture | None:
    """A graph's picture without words, close together.

    Args:
        level: with edges.

    Returns:
        The picture; None where there are more than 60 states. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if len(level.labels) > MOST:
        return None
    layers = layered(level)
    widest = max(len(layer) for layer in layers)
    found = {
        state: (_CLOSE * (i + 0.5), _CLOSE * (j + 0.5 + (widest - len(layer)) / 2) + _SPARE)
        for i, layer in enumerate(layers)
        for j, state in enumerate(layer)
    }
    spots = tuple(found[s] for s in range(len(found)))
    depth = {state: i for i, layer in enumerate(layers) for state in layer}
    silencing = {(e.source, e.target) for e in level.edges if e.disabling}
    pairs = {(e.source, e.target) for e in level.edges if e.source != e.target}
    lines: list[Child] = []
    for a, b in sorted(pairs):
        skip = depth[b] - depth[a]
        bend = 0.0 if skip == 1 else 8.0 + 7.0 * min(3, abs(skip))
        path, _ = _path(spots[a], spots[b], (_DOT, _DOT), bend, upright=False)
        lines.append(el("path", d=path, class_="step silences" if (a, b) in silencing else "step"))
    dots = (el("circle", cx=x, cy=y, r=_DOT / 2, class_="node") for x, y in spots)
    width, height = _CLOSE * len(layers), _CLOSE * widest + 2 * _SPARE
    return Picture(width, height, spots, _DOT * 1.3, join([*lines, *dots]))


def layered(level: LevelView) -> list[list[int]]:
    """The states by how many steps they are from a start.

    Args:
        level: with edges.

    Returns:
        Layers; what no step reaches comes last. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Sugiyama, Tagawa & Toda 1981, section 3 (the barycentre method).
    """
    after: dict[int, set[int]] = {s: set() for s in range(len(level.labels))}
    for edge in level.edges:
        after[edge.source].add(edge.target)
    layers, seen = [sorted(level.starts)], set(level.starts)
    while layers[-1]:
        fresh = sorted({t for s in layers[-1] for t in after[s]} - seen)
        seen |= set(fresh)
        layers.append(fresh)
    layers[-1] = sorted(set(after) - seen)
    layers = [layer for layer in layers if layer]
    for here in range(1, len(layers)):
        at = {s: i - (len(layers[here - 1]) - 1) / 2 for i, s in enumerate(layers[here - 1])}
        layers[here].sort(key=lambda s, at=at: (_mean([at[p] for p in at if s in after[p]]), s))
    return layers


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _place(
    level: LevelView, layers: list[list[int]], box: float, upright: bool
) -> tuple[tuple[_Spot, ...], float, float]:
    words = (len(name) for name in level.actions)
    # Room for the longest action's name on an arrow, within reason.
    room = max(60.0, min(100.0, max(words, default=0) * 0.58 * _LABEL + 26))
    along = _HIGH + 52 if upright else box + room
    beside = box + 26 if upright else _HIGH + 44
    widest = max(len(layer) for layer in layers)
    found: dict[int, _Spot] = {}
    for i, layer in enumerate(layers):
        for j, state in enumerate(layer):
            a, b = i * along, (j - (len(layer) - 1) / 2 + (widest - 1) / 2) * beside
            found[state] = (b, a) if upright else (a, b)
    # Loops and arcs leave the row of nodes; they need the room around it.
    x0, y0 = box / 2 + (46 if upright else 6), _HIGH / 2 + (24 if upright else 46)
    spots = tuple((found[s][0] + x0, found[s][1] + y0) for s in range(len(found)))
    return spots, max(x for x, _ in spots) + x0, max(y for _, y in spots) + y0


def _node(level: LevelView, state: int, spot: _Spot, box: float) -> Markup:
    x, y = spot
    start = state in level.starts
    shape = {"x": x - box / 2, "y": y - _HIGH / 2, "width": box, "height": _HIGH, "rx": 7}
    return el(
        "g",
        el("title", level.labels[state]),
        el("rect", **shape, class_="node start" if start else "node"),
        el("text", fitting(level.labels[state], box - 10, _TYPE), x=x, y=y + 4.4, class_="label"),
    )


def _arrows(
    level: LevelView,
    edge: Edge,
    spots: tuple[_Spot, ...],
    depth: Mapping[int, int],
    box: float,
    upright: bool,
) -> tuple[Markup | None, Markup | None]:
    """The arrows of an edge and their names; none for a state that only stays."""
    quiet = tuple(a for a in edge.actions if a not in edge.disabling)
    strands = [(quiet, "step"), (edge.disabling, "step silences")]
    strands = [(actions, kind) for actions, kind in strands if actions]
    if edge.source == edge.target:
        if len(edge.actions) == len(level.actions):
            return None, None
        return _loop(level, edge, spots[edge.source], box, upright)
    lines: list[Child] = []
    names: list[Child] = []
    skip = depth[edge.target] - depth[edge.source]
    for index, (actions, kind) in enumerate(strands):
        bend = 0.0 if skip == 1 else 34.0 + 16.0 * min(3, abs(skip))
        aside = index - (len(strands) - 1) / 2
        bend += aside * 44
        path, middle = _path(spots[edge.source], spots[edge.target], (box, _HIGH), bend, upright)
        lines += [el("path", d=path, class_=kind)]
        names.append(_name(level, actions, middle, kind, aside, upright))
    return join(lines), join(names)


def _name(
    level: LevelView,
    actions: tuple[int, ...],
    spot: _Spot,
    kind: str,
    aside: float = 0.0,
    upright: bool = False,
) -> Markup | None:
    """The actions' names on a curve; off it, where two of them run side by side."""
    if len(actions) == len(level.actions):
        return None
    x, y = spot
    anchor = ""
    if aside and upright:
        x, anchor = (x + 7, " behind") if aside < 0 else (x - 7, " before")
    shown = fitting(", ".join(level.actions[a] for a in actions), 110, _LABEL)
    y += 3.8 - (0.0 if upright else 18 * aside)
    return el("text", shown, x=x, y=y, class_=f"{kind} word{anchor}")


def _loop(
    level: LevelView, edge: Edge, spot: _Spot, box: float, upright: bool
) -> tuple[Markup, Markup]:
    x, y = spot
    kind = "step silences" if edge.disabling else "step"
    if upright:
        x, side = x - box / 2, -26.0
        path = f"M{x:.1f} {y - 7:.1f}c{side} -14 {side} 28 -3 14" + _head(x - 2, y + 6.6, -0.35)
        at = (x - 20, y - 19)
    else:
        y -= _HIGH / 2
        path = f"M{x - 8:.1f} {y:.1f}c-12 -26 28 -26 16 -3" + _head(
            x + 8, y - 2, math.pi / 2 + 0.35
        )
        at = (x, y - 27)
    return el("path", d=path, class_=kind), join([_name(level, edge.actions, at, kind)])


def _path(a: _Spot, b: _Spot, box: _Spot, bend: float, upright: bool) -> tuple[str, _Spot]:
    """A curve from node to node with its head, and where its name stands."""
    (ax, ay), (bx, by) = a, b
    length = math.hypot(bx - ax, by - ay) or 1.0
    # Across the direction of travel, upwards (or to the right) for forward steps.
    nx, ny = (by - ay) / length, -(bx - ax) / length
    if upright:
        nx, ny = -nx, -ny
    cx, cy = (ax + bx) / 2 + nx * bend, (ay + by) / 2 + ny * bend
    start, end = _border(a, (cx, cy), box, 1.0), _border(b, (cx, cy), box, 3.0)
    angle = math.atan2(end[1] - cy, end[0] - cx)
    path = f"M{start[0]:.1f} {start[1]:.1f}Q{cx:.1f} {cy:.1f} {end[0]:.1f} {end[1]:.1f}"
    middle = ((start[0] + end[0]) / 4 + cx / 2, (start[1] + end[1]) / 4 + cy / 2)
    return path + _head(end[0], end[1], angle), middle


def _border(node: _Spot, towards: _Spot, box: _Spot, off: float) -> _Spot:
    """Where the way to a point leaves a node's box."""
    dx, dy = towards[0] - node[0], towards[1] - node[1]
    across = (box[0] / 2 + off) / abs(dx) if dx else math.inf
    down = (box[1] / 2 + off) / abs(dy) if dy else math.inf
    share = min(across, down, 1.0)
    return node[0] + dx * share, node[1] + dy * share


def _head(x: float, y: float, angle: float) -> str:
    wings = [(x - 7 * math.cos(angle + s), y - 7 * math.sin(angle + s)) for s in (0.45, -0.45)]
    (lx, ly), (rx, ry) = wings
    return f"M{lx:.1f} {ly:.1f}L{x:.1f} {y:.1f}L{rx:.1f} {ry:.1f}"
