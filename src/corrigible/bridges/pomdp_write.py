"""`.pomdp` and `.pomdpx` files, written.

Guarantee: `parse_pomdp(pomdp_text(p))` is `p`, bit by bit: numbers are written with as many digits
as tell them apart, and without exponents, which the format does not know. `.pomdpx` (XML) is for
solvers that read nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from corrigible.bridges.pomdp import Pomdp, numbered

_LETTERS = {"states": "s", "actions": "a", "observations": "o"}


def _number(value: Any) -> str:
    """As many digits as tell it apart, and no exponent: Cassandra's own reader knows none."""
    return np.format_float_positional(value, unique=True, trim="0")


def _list(names: tuple[str, ...]) -> str:
    return str(len(names)) if names == numbered(len(names)) else " ".join(names)


def pomdp_text(pomdp: Pomdp, comment: str = "") -> str:
    """A process in Cassandra's `.pomdp` format.

    Args:
        pomdp: arrays `[A, S, S]`, `[A, S, O]`, `[A, S]` and `[S]`.
        comment: lines to put before it.

    Returns:
        Text that ends in a newline; only entries that are not zero are named.

    Raises:
        Nothing.

    Source: Cassandra 1998, for the format.
    """
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    lines.append(f"discount: {_number(pomdp.discount)}")
    lines.append("values: reward")
    for kind in ("states", "actions", "observations"):
        lines.append(f"{kind}: {_list(getattr(pomdp, kind))}")
    lines.append("start: " + " ".join(_number(p) for p in pomdp.start))
    lines += [f"T: {' : '.join(where)} {p}" for where, p in _entries(pomdp, "transition")]
    lines += [f"O: {' : '.join(where)} {p}" for where, p in _entries(pomdp, "observation")]
    lines += [f"R: {' : '.join(where)} : * : * {p}" for where, p in _entries(pomdp, "reward")]
    return "\n".join(lines) + "\n"


def _entries(pomdp: Pomdp, kind: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Names and number of each entry that is not zero."""
    table: np.ndarray = getattr(pomdp, kind)
    last = pomdp.states if kind == "transition" else pomdp.observations
    names = (pomdp.actions, pomdp.states, last)
    for index in zip(*np.nonzero(table), strict=True):
        where = tuple(name[int(i)] for name, i in zip(names, index, strict=False))
        yield where, _number(table[index])


def pomdpx_text(pomdp: Pomdp, name: str = "corrigible") -> str:
    """A process in the `.pomdpx` format.

    Args:
        pomdp: arrays `[A, S, S]`, `[A, S, O]`, `[A, S]` and `[S]`.
        name: the document's id.

    Returns:
        An XML document, one state variable and one observation variable.

    Raises:
        Nothing.

    Source: Ong, Png, Hsu & Lee 2010, for models of this kind; the format is that of their solver.
    """
    enums = {kind: escape(" ".join(_spelled(pomdp, kind))) for kind in _LETTERS}
    begins = " ".join(_number(p) for p in pomdp.start)
    first = f"<Entry><Instance>-</Instance><ProbTable>{begins}</ProbTable></Entry>"
    moves = _rows(pomdp, "transition", "states", "ProbTable")
    shows = _rows(pomdp, "observation", "observations", "ProbTable")
    pays = _rows(pomdp, "reward", "states", "ValueTable")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<pomdpx version="1.0" id={quoteattr(name)}>',
        f"<Discount>{_number(pomdp.discount)}</Discount>",
        "<Variable>",
        '<StateVar vnamePrev="state_0" vnameCurr="state_1" fullyObs="false">',
        f"<ValueEnum>{enums['states']}</ValueEnum></StateVar>",
        f'<ObsVar vname="seen"><ValueEnum>{enums["observations"]}</ValueEnum></ObsVar>',
        f'<ActionVar vname="action"><ValueEnum>{enums["actions"]}</ValueEnum></ActionVar>',
        '<RewardVar vname="reward"/>',
        "</Variable>",
        *_table("InitialStateBelief", "CondProb", "state_0", "null", [first]),
        *_table("StateTransitionFunction", "CondProb", "state_1", "action state_0", moves),
        *_table("ObsFunction", "CondProb", "seen", "action state_1", shows),
        *_table("RewardFunction", "Func", "reward", "action state_0", pays),
        "</pomdpx>",
    ]
    return "\n".join(lines) + "\n"


def _spelled(pomdp: Pomdp, kind: str) -> tuple[str, ...]:
    """Names as XML readers take them: a letter first."""
    names: tuple[str, ...] = getattr(pomdp, kind)
    return tuple(_LETTERS[kind] + name if name[0].isdigit() else name for name in names)


def _rows(pomdp: Pomdp, kind: str, last: str, tag: str) -> Iterator[str]:
    """One line for every entry that is not zero."""
    table: np.ndarray = getattr(pomdp, kind)
    names = tuple(_spelled(pomdp, axis) for axis in ("actions", "states", last))
    for index in zip(*np.nonzero(table), strict=True):
        where = " ".join(name[int(i)] for name, i in zip(names, index, strict=False))
        number = _number(table[index])
        yield f"<Entry><Instance>{escape(where)}</Instance><{tag}>{number}</{tag}></Entry>"


def _table(section: str, kind: str, of: str, given: str, body: Iterable[str]) -> Iterator[str]:
    yield f"<{section}><{kind}><Var>{of}</Var><Parent>{given}</Parent>"
    yield '<Parameter type="TBL">'
    yield from body
    yield f"</Parameter></{kind}></{section}>"
