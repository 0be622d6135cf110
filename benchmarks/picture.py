"""Draws docs/margin.svg: the README's picture, from certificates of a shipped level.

    ./run python benchmarks/picture.py

The same hand advises or overrides; over its rate, the margin by which the agent keeps it. The
numbers involve no random key, so the file is the same on every machine.
"""

from __future__ import annotations

from pathlib import Path

from corrigible.planners import certify
from corrigible.worlds import load_level

TARGET = Path(__file__).resolve().parent.parent / "docs" / "margin.svg"
LEVEL = "overriding-hand"
RATES = tuple(i / 40 for i in range(41))
# Where the two agree the second is drawn on the first, which is why that one is broader.
MODES = (("advises", "#90c2f0", 7.0), ("overrides", "#c05621", 2.5))

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 600, 24, 284
LOW, HIGH = -0.8, 3.4
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#57606a}"
    ".axis{stroke:#8c959f;stroke-width:1}.grid{stroke:#8c959f;stroke-width:1;opacity:.25}"
    ".line{fill:none;stroke-linejoin:round}"
)


def margins(mode: str) -> list[float]:
    """The margin at the level's first decision, for every rate."""
    found = []
    for rate in RATES:
        settings = {"overseer.rate": rate, "overseer.mode": mode}
        certificate = certify(load_level(LEVEL, settings).problem, state=0)
        lower, upper = certificate.margin_lower, certificate.margin_upper
        if lower is None or upper is None:
            raise SystemExit(f"no margin at rate {rate}")
        found.append((lower + upper) / 2)
    return found


def x(rate: float) -> float:
    """Where a rate is drawn."""
    return LEFT + rate * (RIGHT - LEFT)


def y(margin: float) -> float:
    """Where a margin is drawn."""
    return BOTTOM - (margin - LOW) / (HIGH - LOW) * (BOTTOM - TOP)


def axes() -> list[str]:
    """The frame: lines, numbers and what they count."""
    parts = []
    for tick in (0, 1, 2, 3):
        kind = "axis" if tick == 0 else "grid"
        parts.append(
            f'<line class="{kind}" x1="{LEFT}" y1="{y(tick):.1f}" x2="{RIGHT}" y2="{y(tick):.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 10}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick}</text>')
    for tenth in range(0, 11, 2):
        where = x(tenth / 10)
        parts.append(
            f'<text x="{where:.1f}" y="{BOTTOM + 20}" text-anchor="middle">{tenth / 10:g}</text>'
        )
    middle = (LEFT + RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle">'
        "rate: probability that the overseer speaks on an arrival</text>"
    )
    parts.append(
        f'<text transform="translate(20 {(TOP + BOTTOM) / 2}) rotate(-90)" '
        'text-anchor="middle">margin for keeping it</text>'
    )
    return parts


def draw(curves: dict[str, list[float]]) -> str:
    """The picture as text."""
    parts = axes()
    for place, (mode, colour, width) in enumerate(MODES):
        points = " ".join(
            f"{x(rate):.1f},{y(margin):.1f}"
            for rate, margin in zip(RATES, curves[mode], strict=True)
        )
        ink = f'stroke="{colour}" stroke-width="{width}"'
        parts.append(f'<polyline class="line" {ink} points="{points}"/>')
        row = TOP + 20 + 22 * place
        parts.append(f'<path {ink} d="M{LEFT + 24} {row}h28"/>')
        parts.append(f'<text x="{LEFT + 62}" y="{row + 4}">the hand {mode}</text>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img">\n'
        "<title>Margin for keeping the overseer, over its rate</title>\n"
        f'<style>{STYLE}</style>\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f"{body}\n</svg>\n"
    )


def picture() -> str:
    """The committed file's text, computed again."""
    return draw({mode: margins(mode) for mode, _, _ in MODES})


if __name__ == "__main__":
    TARGET.write_text(picture(), encoding="utf-8")
