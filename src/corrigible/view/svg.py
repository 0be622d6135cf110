"""A level as a picture: its map as cells, or its graph as nodes and arrows.

What a cell does is said by its shape and its letter, not by colour alone: walls are filled, goals
are rounded squares, buttons are circles, tiles have a broken edge, doors have posts, and where one
starts there is a small ring. What silences wears the colour of what speaks against.

Guarantee: the picture's size is bounded whatever the map is: neighbouring cells of one kind are
one stroke of a path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from corrigible.view.graph import draw_graph, draw_thumbnail
from corrigible.view.markup import Child, Markup, el, join
from corrigible.view.picture import Picture
from corrigible.view.scene import Glyph, LevelView

_WIDEST, _CELL, _SMALLEST = 480.0, 54.0, 2.4
_LETTERS_FROM = 11.0
_TRUE_SHOWN = 12
_ROOMY = 10
# What a map draws these for needs no letter.
_FLOOR = frozenset(".@")


def draw_level(level: LevelView, upright: bool = False) -> Picture | None:
    """A level's picture.

    Args:
        level: a map or a graph.
        upright: a graph goes down the page instead of across it.

    Returns:
        The picture; None for a graph of too many states to be read. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return draw_map(level) if level.rows else draw_graph(level, upright)


def draw_small(level: LevelView) -> Picture | None:
    """A level's picture, to be shown small.

    Args:
        level: a map or a graph.

    Returns:
        The picture; None for a graph of too many states to be read. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return draw_map(level, small=True) if level.rows else draw_thumbnail(level)


def draw_map(level: LevelView, small: bool = False) -> Picture:
    """A map's picture.

    Args:
        level: with rows and cells.
        small: to be shown small: of many cells, without letters.

    Returns:
        The picture. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    tall, wide = len(level.rows), len(level.rows[0])
    cell = max(_SMALLEST, min(_CELL, _WIDEST / wide, _WIDEST / tall))
    width, height = wide * cell, tall * cell
    # A line's outer half would be cut off at the picture's edge.
    edge = 1.0
    spots = tuple((edge + (c + 0.5) * cell, edge + (r + 0.5) * cell) for r, c in level.cells)
    crowded = small and max(tall, wide) > _ROOMY
    shown = el("g", _cells(level, cell, crowded), transform=f"translate({edge:g} {edge:g})")
    base = join([shown, _starts(level, spots, cell), _true(level, spots, cell)])
    # What is drawn over a thumbnail must be seen even where a cell is a few pixels wide.
    size = max(cell, max(width, height) / 8) if small else cell
    return Picture(width + 2 * edge, height + 2 * edge, spots, size, base)


def _cells(level: LevelView, cell: float, crowded: bool) -> Markup:
    tall, wide = len(level.rows), len(level.rows[0])
    grid = "".join(
        [f"M0 {r * cell:.5g}H{wide * cell:.5g}" for r in range(1, tall)]
        + [f"M{c * cell:.5g} 0V{tall * cell:.5g}" for c in range(1, wide)]
    )
    parts: list[Child] = [
        el("rect", width=wide * cell, height=tall * cell, class_="floor"),
        el("path", d=grid, class_="lattice") if cell >= 8 and not crowded else None,
    ]
    for glyph in drawn_glyphs(level):
        if glyph.kind == "wall":
            parts.append(_runs(level.rows, glyph.glyph, cell, "wall"))
        elif glyph.kind != "plain" or (glyph.glyph not in _FLOOR and not crowded):
            parts += _special(level.rows, glyph, cell, crowded)
    parts.append(el("rect", width=wide * cell, height=tall * cell, class_="edge"))
    return join(parts)


def drawn_glyphs(level: LevelView) -> tuple[Glyph, ...]:
    """The kinds of cells, those of plain floor that may pay made goals.

    Args:
        level: a map.

    Returns:
        In the level's order. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    few = (h.goals for h in level.hypotheses if len(h.goals) <= _TRUE_SHOWN)
    paying = {level.cells[state] for goals in few for state in goals}
    at = {level.rows[r][c] for r, c in paying}
    at -= {level.rows[r][c] for r, c in set(level.cells) - paying}
    return tuple(
        replace(g, kind="goal") if g.kind == "plain" and g.glyph in at - _FLOOR else g
        for g in level.glyphs
    )


def _runs(rows: Iterable[str], glyph: str, cell: float, kind: str) -> Markup:
    """Cells of one glyph, neighbours in a row joined, in units of a cell to be short."""
    strokes: list[str] = []
    for r, row in enumerate(rows):
        c = row.find(glyph)
        while c >= 0:
            end = c
            while end < len(row) and row[end] == glyph:
                end += 1
            strokes.append(f"M{c} {r}h{end - c}v1H{c}z")
            c = row.find(glyph, end)
    return el("path", d="".join(strokes), transform=f"scale({cell:g})", class_=f"{kind} filled")


def _special(
    rows: tuple[str, ...], glyph: Glyph, cell: float, crowded: bool = False
) -> list[Child]:
    places = [
        (c * cell, r * cell)
        for r, row in enumerate(rows)
        for c, g in enumerate(row)
        if g == glyph.glyph
    ]
    kind = kind_of(glyph)
    plain = glyph.kind == "plain"
    if cell < _LETTERS_FROM or (crowded and glyph.kind == "goal"):
        return [] if plain else [_runs(rows, glyph.glyph, cell, kind)]
    shapes = "" if plain else "".join(_shape(glyph, *p, cell) for p in places)
    parts: list[Child] = [el("path", d=shapes, class_=kind)] if shapes else []
    if crowded:
        return parts
    size = min(15.0, 0.45 * cell)
    for x, y in places:
        middle = {"x": x + cell / 2, "y": y + cell / 2 + 0.36 * size}
        parts.append(el("text", glyph.glyph, **middle, font_size=size, class_=f"letter {kind}"))
    return parts


def kind_of(glyph: Glyph) -> str:
    """The class that a cell is drawn with.

    Args:
        glyph: a kind of cell.

    Returns:
        Classes. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    acts = glyph.kind in ("press", "tile")
    channel = "silences" if glyph.disables > 0 else "restores" if glyph.restores > 0 else ""
    return f"{glyph.kind} {channel}".strip() if acts else glyph.kind


def _shape(glyph: Glyph, x: float, y: float, s: float) -> str:
    if glyph.kind == "press":
        r = 0.38 * s
        left = f"M{x + s / 2 - r:.5g} {y + s / 2:.5g}"
        return f"{left}a{r:.4g} {r:.4g} 0 1 0 {2 * r:.4g} 0a{r:.4g} {r:.4g} 0 1 0 {-2 * r:.4g} 0z"
    if glyph.kind == "door":
        top, tall = y + 0.14 * s, 0.72 * s
        return "".join(f"M{x + share * s:.5g} {top:.5g}v{tall:.4g}" for share in (0.14, 0.86))
    inset = 0.1 * s
    side, corner = s - 2 * inset, 0.12 * s if glyph.kind == "goal" else 0.0
    if not corner:
        return f"M{x + inset:.5g} {y + inset:.5g}h{side:.4g}v{side:.4g}h{-side:.4g}z"
    straight, c = side - 2 * corner, f"{corner:.3g}"
    turn = f"a{c} {c} 0 0 1"
    return (
        f"M{x + inset + corner:.5g} {y + inset:.5g}h{straight:.4g}{turn} {c} {c}v{straight:.4g}"
        f"{turn} -{c} {c}h{-straight:.4g}{turn} -{c} -{c}v{-straight:.4g}{turn} {c} -{c}z"
    )


def _starts(level: LevelView, spots: tuple[tuple[float, float], ...], cell: float) -> Markup | None:
    if len(level.starts) * 4 > len(level.labels) > 4:
        return None
    at = (spots[state] for state in level.starts)
    far, r = 0.34 * cell, max(1.5, 0.075 * cell)
    return join(el("circle", cx=x - far, cy=y + far, r=r, class_="begin") for x, y in at)


def _true(level: LevelView, spots: tuple[tuple[float, float], ...], cell: float) -> Markup | None:
    """A corner mark where the true reward pays."""
    paid = true_goals(level)
    s, inset = 0.26 * cell, 0.06 * cell
    corner = 0.5 * cell - inset
    strokes = "".join(
        f"M{x + corner - s:.5g} {y - corner:.5g}h{s:.4g}v{s:.4g}z"
        for x, y in (spots[g] for g in paid)
    )
    return el("path", d=strokes, class_="truth") if strokes else None


def true_goals(level: LevelView) -> tuple[int, ...]:
    """Where the true reward pays, if that is a few places.

    Args:
        level: with its hypotheses.

    Returns:
        States; none where the truth is no hypothesis or pays in many. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    paid = [h.goals for h in level.hypotheses if h.true][:1]
    return paid[0] if paid and len(paid[0]) <= _TRUE_SHOWN else ()


def key_icon(glyph: Glyph) -> Markup:
    """A cell of the map, to stand beside what it does.

    Args:
        glyph: a kind of cell.

    Returns:
        A small SVG. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    size = 24.0
    if glyph.kind in ("wall", "plain"):
        over: list[Child] = [_square(size, "wall")] if glyph.kind == "wall" else []
    else:
        over = _special((glyph.glyph,), glyph, size)
    if glyph.start:
        over.append(el("circle", cx=0.16 * size, cy=0.84 * size, r=2.2, class_="begin"))
    return _icon(size, over)


def true_icon() -> Markup:
    """The corner mark of what truly pays, to stand beside its name.

    Returns:
        A small SVG. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return _icon(24.0, [el("path", d="M16.5 1.5h6v6z", class_="truth")])


def _icon(size: float, over: list[Child]) -> Markup:
    box = f"-1 -1 {size + 2:g} {size + 2:g}"
    inner = [_square(size, "floor"), *over, _square(size, "edge")]
    shown = {"width": size, "height": size, "class_": "icon", "aria_hidden": "true"}
    return el("svg", *inner, viewBox=box, **shown)


def _square(size: float, kind: str) -> Markup:
    return el("rect", width=size, height=size, class_=kind)
