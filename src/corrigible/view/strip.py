"""One episode as a strip of pictures: where the agent stands, what it is told, what it does.

Guarantee: a frame in which a correction is heard, a button pressed or the channel lost is shown
before one in which nothing but a step happens, and one that repeats the last is not; how many were
left out is said in between.
"""

from __future__ import annotations

from corrigible.view import explain
from corrigible.view.markup import Child, Markup, el, join
from corrigible.view.picture import Picture, pointer, ring
from corrigible.view.snapshot import Film, Frame, Snapshot

MOST = 24
_WIDTH = 150.0
_NOTHING_NEW = 4


def filmstrip(snapshot: Snapshot, film: Film, picture: Picture | None, symbol: str) -> Markup:
    """The episode.

    Args:
        snapshot: for the words.
        film: its frames.
        picture: of the level; None where it is not drawn.
        symbol: the id under which the picture was defined.

    Returns:
        A list, a frame an item. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    shown = chosen(film.frames)
    items: list[Child] = []
    before = -1
    for index in shown:
        if index > before + 1:
            items.append(_cut(index - before - 1))
        items.append(_item(snapshot, film.frames[index], picture, symbol))
        before = index
    strip = el("ol", *items, class_="film")
    return strip if picture is None else join([_key(film), strip])


def _key(film: Film) -> Markup:
    """What is drawn over the level."""
    told = [frame for frame in film.frames if frame.correction is not None]
    items = [("self", "where the agent stands")]
    if told:
        items.append(("told", "what it is told: there, this was the best to do"))
    if any(frame.alarm for frame in told):
        items.append(("told alarm", "the same, impossible in its eyes"))
    return el(
        "ul",
        *(el("li", _icon(kind), el("span", name)) for kind, name in items),
        class_="key level",
    )


def _icon(kind: str) -> Markup:
    dot = kind == "self"
    shape = el("circle", cx=12, cy=12, r=5 if dot else 10, class_=kind)
    way = kind.replace("told", "told-way")
    arrow = None if dot else el("path", d="M12 6v12M8 14l4 4l4 -4", class_=way)
    return el("svg", shape, arrow, viewBox="0 0 24 24", width=24, height=24, aria_hidden="true")


def chosen(frames: tuple[Frame, ...], most: int = MOST) -> list[int]:
    """Which frames are shown.

    Args:
        frames: of an episode.
        most: how many at most.

    Returns:
        Their indices, ascending: the first, the last, those where something was heard or lost,
        then the others from the beginning, but for those in which nothing is new. No arrays, no
        shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    last = len(frames) - 1

    def rank(index: int) -> int:
        frame = frames[index]
        if index in (0, last):
            return 0
        before = frames[index - 1]
        if frame.press or frame.overridden or frame.alarm or before.channel != frame.channel:
            return 1
        if frame.correction is not None:
            return 2
        same = (frame.state, frame.executed) == (before.state, before.executed)
        return _NOTHING_NEW if same else 3

    ranked = sorted((rank(index), index) for index in range(len(frames)))
    return sorted(index for place, index in ranked[:most] if place < _NOTHING_NEW)


def _cut(count: int) -> Markup:
    steps = "step" if count == 1 else "steps"
    return el("li", f"… {count} quiet {steps} …", class_="cut")


def _item(snapshot: Snapshot, frame: Frame, picture: Picture | None, symbol: str) -> Markup:
    said = explain.frame(snapshot, frame)
    number = el("b", f"{frame.step}")
    channel = None if frame.channel else el("span", "channel off", class_="off-air")
    top = el("div", number, channel, class_="count")
    if picture is None:
        return el("li", top, el("p", said))
    kind = "on" if frame.channel else "off"
    over = _over(snapshot, frame, picture)
    return el("li", top, picture.frame(symbol, _WIDTH, said, *over, kind=kind), el("p", said))


def _over(snapshot: Snapshot, frame: Frame, picture: Picture) -> list[Child]:
    parts: list[Child] = []
    if frame.correction is not None:
        state, action = frame.correction
        loud = " alarm" if frame.alarm else ""
        parts.append(ring(picture, state, 0.44, f"told{loud}"))
        name = snapshot.level.actions[action]
        parts.append(pointer(picture, state, name, f"told-way{loud}"))
    parts.append(ring(picture, frame.state, 0.22, "self"))
    return [join(parts)]
