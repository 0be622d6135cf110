"""What every chart shares: a frame that a screen reader reads as one picture, at two widths.

Colours are classes, so that the page decides them and a chart follows light, dark and print; what
a colour says is said by a dash, a label or a sign as well. Every chart is drawn once for a wide
page and once for a narrow one, and the page shows the one that fits: type keeps its size.

Guarantee: a chart has a name and a description, and of its two drawings one is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources

from corrigible.view.markup import Child, Markup, el, join

WIDE, NARROW = 680, 340
_ROOM = 16.0


@cache
def chart_style() -> str:
    """What colours and letters a chart is drawn with, on light, dark and paper.

    Returns:
        CSS. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return (resources.files("corrigible.view") / "chart.css").read_text(encoding="utf-8")


def both(draw: Callable[[int, str], Markup]) -> Markup:
    """A chart for wide pages and for narrow ones; one of them is shown.

    Args:
        draw: draws it, given a width in pixels and an ending for the ids.

    Returns:
        Two SVGs. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return join(
        el("div", draw(width, kind), class_=f"only-{kind}")
        for width, kind in ((WIDE, "wide"), (NARROW, "narrow"))
    )


def svg(
    ident: str,
    title: str,
    desc: str,
    size: tuple[float, float],
    *children: Child,
    alone: bool = False,
) -> Markup:
    """An SVG that a screen reader reads as one picture.

    Args:
        ident: unique on the page.
        title: its name.
        desc: what is to be seen, in words.
        size: (width, height) in pixels.
        children: what is drawn.
        alone: it is a file of its own, which brings its style, its paper and some room with it.

    Returns:
        The element. No arrays, no shapes.

    Raises:
        Nothing.

    Source: SVG 2, section 5.8 (title and desc); WAI-ARIA 1.2, role img.
    """
    width, height = size
    room = _ROOM if alone else 0.0
    wide, tall = width + 2 * room, height + 2 * room
    paper = el("rect", x=-room, y=-room, width=wide, height=tall, fill="var(--paper)")
    return el(
        "svg",
        el("title", title, id=f"{ident}-title"),
        el("desc", desc, id=f"{ident}-desc"),
        el("style", Markup(chart_style())) if alone else None,
        paper if alone else None,
        *children,
        role="img",
        aria_labelledby=f"{ident}-title",
        aria_describedby=f"{ident}-desc",
        viewBox=f"{-room:g} {-room:g} {wide:g} {tall:g}",
        width=wide,
        height=tall,
        class_="chart",
        xmlns="http://www.w3.org/2000/svg" if alone else None,
    )


def stroke(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    """A straight line.

    Args:
        kind: a class.
        x1: where it begins.
        y1: likewise.
        x2: where it ends.
        y2: likewise.

    Returns:
        The element. No arrays, no shapes.

    Raises:
        Nothing.

    Source: SVG 2, section 10.5 (line).
    """
    return el("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)
