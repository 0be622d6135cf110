"""Elements of a page, and the only way from text to markup.

A child that is `Markup` is kept, anything else is a text and is escaped; attributes always are.
Data goes into a page as JSON in ASCII in which no character is left that HTML could read.

Guarantee: whatever a level says about itself, the tree that a browser builds is the tree that was
written here: no text opens or closes an element, an attribute, a comment or a script. Control
characters and those that reorder a line are dropped.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from corrigible._html import escape

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_VOID = frozenset({"meta", "link", "br", "hr"})
_IN_JSON = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}

Child = object


class Markup(str):
    """Text that is markup already.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    __slots__ = ()


def text(value: object) -> Markup:
    """Anything as a text node.

    Args:
        value: what is to be read; markup stays what it is.

    Returns:
        Markup. No arrays, no shapes.

    Raises:
        Nothing.

    Source: HTML Living Standard, section 13.1.4 (character references).
    """
    return value if isinstance(value, Markup) else Markup(escape(_UNSAFE.sub("", str(value))))


def join(children: Iterable[Child]) -> Markup:
    """Children one after another, None left out.

    Args:
        children: markup, or anything to be read as text.

    Returns:
        Markup. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return Markup("".join(text(child) for child in children if child is not None))


def el(tag: str, *children: Child, **attributes: object) -> Markup:
    """An element.

    Args:
        tag: its name, written in the program.
        children: markup, or anything to be read as text; None is left out.
        attributes: names with _ for - and a trailing _ dropped (`class_`); None and False are left
            out, True is written without a value, numbers are rounded for drawing.

    Returns:
        Markup. No arrays, no shapes.

    Raises:
        Nothing.

    Source: HTML Living Standard, section 13.1.2 (elements).
    """
    parts = [tag]
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        shown = name.rstrip("_").replace("_", "-")
        parts.append(shown if value is True else f'{shown}="{text(_drawn(value))}"')
    opening = f"<{' '.join(parts)}>"
    if tag in _VOID:
        return Markup(opening)
    return Markup(f"{opening}{join(children)}</{tag}>")


def _drawn(value: object) -> object:
    # Two decimals are a fiftieth of a pixel, and half of a page's bytes would be the others.
    return f"{round(value, 2) + 0.0:g}" if isinstance(value, float) else value


def data(name: str, value: Any) -> Markup:
    """A figure's numbers, to be read by programs.

    Args:
        name: the element's id, written in the program.
        value: numbers, text, lists and mappings; NaN and infinities become null.

    Returns:
        A `<script type="application/json">`, which no browser runs. No arrays, no shapes.

    Raises:
        TypeError: something that JSON has no type for.

    Source: RFC 8259; HTML Living Standard, section 4.12.1.3 (restrictions on script contents).
    """
    written = json.dumps(finite(value), allow_nan=False, separators=(",", ":"))
    for character, code in _IN_JSON.items():
        written = written.replace(character, code)
    return el("script", Markup(written), id=name, type="application/json")


def finite(value: Any) -> Any:
    """The same in JSON's types.

    Args:
        value: numbers, text, lists, tuples, mappings, arrays of any shape `[...]`.

    Returns:
        Lists for arrays and tuples, None for NaN and infinities.

    Raises:
        Nothing.

    Source: RFC 8259.
    """
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
