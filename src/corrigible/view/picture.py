"""What a picture of a level is: a drawing to be referred to, and where each state is on it.

Guarantee: a drawing is made once and shown many times; a page grows with what differs.
"""

from __future__ import annotations

from dataclasses import dataclass

from corrigible.view.markup import Child, Markup, el


@dataclass(frozen=True)
class Picture:
    """A level, drawn.

    Args:
        width: in the drawing's own pixels.
        height: likewise.
        spots: (x, y) of every state's middle.
        size: how large a state is drawn.
        base: the drawing.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    width: float
    height: float
    spots: tuple[tuple[float, float], ...]
    size: float
    base: Markup

    def defined(self, ident: str) -> Markup:
        """The drawing, to be used by `frame`.

        Args:
            ident: unique on the page.

        Returns:
            A symbol that shows nothing by itself. No arrays, no shapes.

        Raises:
            Nothing.

        Source: SVG 2, section 5.5 (symbol).
        """
        symbol = el("symbol", self.base, id=ident, viewBox=self._box, overflow="visible")
        return el("svg", symbol, class_="defined", width=0, height=0, aria_hidden="true")

    def frame(self, ident: str, width: float, label: str, *over: Child, kind: str = "") -> Markup:
        """The drawing with something drawn over it.

        Args:
            ident: of the symbol.
            width: to show it at, in pixels.
            label: what is to be seen, in words.
            over: drawn in the drawing's own pixels.
            kind: a class.

        Returns:
            An SVG. No arrays, no shapes.

        Raises:
            Nothing.

        Source: SVG 2, section 5.6 (use).
        """
        shown = el("use", href=f"#{ident}", width=self.width, height=self.height, class_="under")
        return el(
            "svg",
            shown,
            *over,
            role="img",
            aria_label=label,
            viewBox=self._box,
            width=width,
            height=width * self.height / self.width,
            class_=f"thumb {kind}".strip(),
        )

    @property
    def _box(self) -> str:
        return f"0 0 {self.width:g} {self.height:g}"


def ring(picture: Picture, state: int, share: float, kind: str) -> Markup:
    """A circle around a state.

    Args:
        picture: on which.
        state: which.
        share: its radius as a share of a state's size.
        kind: a class.

    Returns:
        The circle. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    x, y = picture.spots[state]
    return el("circle", cx=x, cy=y, r=picture.size * share, class_=kind)


_TURNS = {"up": (0, -1), "right": (1, 0), "down": (0, 1), "left": (-1, 0)}


def pointer(picture: Picture, state: int, action: str, kind: str) -> Markup | None:
    """An arrow from a state in the direction of an action.

    Args:
        picture: on which.
        state: which.
        action: its name.
        kind: a class.

    Returns:
        The arrow; None for an action that is no direction. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if action not in _TURNS:
        return None
    (x, y), (dx, dy), s = picture.spots[state], _TURNS[action], picture.size
    tip, tail, wing = 0.46 * s, -0.3 * s, 0.2 * s
    ax, ay = x + dx * tip, y + dy * tip
    back = tip - wing
    head = (
        f"M{x + dx * tail:.1f} {y + dy * tail:.1f}L{ax:.1f} {ay:.1f}"
        f"M{x + dx * back + dy * wing:.1f} {y + dy * back + dx * wing:.1f}L{ax:.1f} {ay:.1f}"
        f"L{x + dx * back - dy * wing:.1f} {y + dy * back - dx * wing:.1f}"
    )
    return el("path", d=head, class_=kind)
