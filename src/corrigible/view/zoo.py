"""A case of the zoo, drawn.

Guarantee: the picture is a file of its own that loads nothing, and the same numbers give the same
bytes.
"""

from __future__ import annotations

from corrigible.view.bars import Row, lone_rows
from corrigible.view.charts import Axis, Line, Panel, lone_panels
from corrigible.view.markup import Markup
from corrigible.zoo.case import Bars, Case, Chart

_HEIGHT = 240.0


def draw_case(case: Case) -> Markup:
    """The picture of a case at its own settings.

    Args:
        case: from `corrigible.zoo.load`.

    Returns:
        An SVG. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return draw(case.picture(case.settings), case.moral)


def draw(picture: Bars | Chart, desc: str) -> Markup:
    """Lines or bars as a file of their own.

    Args:
        picture: what is to be drawn.
        desc: what is to be seen, in words.

    Returns:
        An SVG. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if isinstance(picture, Bars):
        rows = [
            Row(label, f"{value + 0.0:.4g}", 0.0, value, kind="plus" if value >= 0 else "minus")
            for label, value in picture.rows
        ]
        return lone_rows(picture.title, desc, rows, picture.unit)
    lines = tuple(Line(c.label, c.values, c.values, c.kind) for c in picture.curves)
    panel = Panel(picture.title, lines, _HEIGHT)
    axis = Axis(picture.across, picture.places, mark=picture.mark)
    return lone_panels(picture.title, desc, [panel], axis)
