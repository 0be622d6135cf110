"""Levels: one TOML file says what the agent assumes and what is true.

    name = "..."  description = "..."        # the file's stem where there is no name
    map = '''...'''  [legend]                # or [graph]: see level_map and level_graph
    [world]      discount, slip, start
    [prior]      kind = "goal" | "goals" | "linear" | "normal" | "student" | "list": see
                 level_prior
    [overseer]   kind = "hand" | "absent", rate, rationality, about, ties, mode, ask_cost
    [truth]      hypothesis | draw | goal | goals | pays | reward, and tables world, overseer,
                 legend, graph that replace single keys of the assumed ones; only the judge reads it

`start` is [row, column] or a state's name, an array of such, a table of probabilities, or
"anywhere"; without it, the cells that the map marks with @ or `start = true`. Where [truth] says
nothing, what is assumed is true and the first hypothesis is the reward.

This is the one module of `corrigible.worlds` that looks up, to overseers and problems: a level is
where a world, an overseer and a prior meet. The rules themselves know nothing of either.

Guarantee: whatever the file holds, the answer is a `Level` or a `UserError` with line and column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from jaxtyping import Float

from corrigible.errors import UserError
from corrigible.keys import Key
from corrigible.overseers.absent import Absent
from corrigible.overseers.base import About, Mode, Overseer
from corrigible.overseers.hand import HandOfGod
from corrigible.problem import Problem, Truth
from corrigible.worlds.level_flags import override
from corrigible.worlds.level_graph import read_graph
from corrigible.worlds.level_map import read_map
from corrigible.worlds.level_prior import read_prior, true_reward
from corrigible.worlds.level_rules import Rules
from corrigible.worlds.level_source import (
    MAX_BYTES,
    Keys,
    Source,
    decode,
    parse,
    printable,
    read_bytes,
)
from corrigible.worlds.level_table import Table, nearest, quoted
from corrigible.worlds.level_template import level_template as level_template
from corrigible.worlds.tabular import Tabular

SHIPPED = Path(__file__).parent / "levels"
DRAWS = 64


@dataclass(frozen=True)
class Level:
    """A level, read.

    Args:
        name: its `name`, else the file's stem.
        description: what it shows; may be empty.
        path: the file; None where it came from text.
        world: the assumed world.
        problem: what the agent assumes.
        truth: what is; only the judge reads it.
        cells: (row, column) of every state; empty for a graph.
        action_names: A names.
        hypotheses: H names; none where the prior is continuous.
        rows: the map's rows of glyphs; empty for a graph.
        settings: what the file and the flags say, as data.

    Raises:
        Nothing.

    Source: this package.
    """

    name: str
    description: str
    path: str | None
    world: Tabular
    problem: Problem
    truth: Truth
    cells: tuple[tuple[int, int], ...]
    action_names: tuple[str, ...]
    hypotheses: tuple[str, ...]
    rows: tuple[str, ...]
    settings: dict[str, Any]

    @cached_property
    def state_of(self) -> dict[tuple[int, int], int]:
        """The state at each (row, column) that is no wall.

        Returns:
            S entries; empty for a graph.

        Raises:
            Nothing.

        Source: this package.
        """
        return {cell: state for state, cell in enumerate(self.cells)}

    def drawn(self, key: Key, samples: int = DRAWS) -> Level:
        """The same level with equally likely draws of its prior. The key is consumed.

        Args:
            key: an int or a JAX key.
            samples: H, how many.

        Returns:
            A level with H hypotheses; this one where its prior is finite already. No arrays, no
            shapes.

        Raises:
            UserError: no draws, or too many.

        Source: this package.
        """
        if not self.problem.continuous:
            return self
        problem = self.problem.drawn(key, samples)
        names = tuple(f"draw {h}" for h in range(len(problem.rewards)))
        return replace(self, problem=problem, hypotheses=names)


def load_level(source: str | Path, overrides: Mapping[str, Any] | None = None) -> Level:
    """A level from a file, or a shipped one by its name.

    Args:
        source: a path, or the name of a shipped level; a file of that name comes first.
        overrides: key -> value, e.g. `{"overseer.rate": 0.1}`; strings are read as on the command
            line.

    Returns:
        The level; rewards `[H, S]` or `[H, S, A]`.

    Raises:
        UserError: no such level, or one that cannot be used, with line and column.

    Source: this package.
    """
    path = Path(source)
    try:
        exists = path.is_file() or path.is_dir()
    except (OSError, ValueError):
        exists = False
    looks_like_path = path.suffix == ".toml" or len(path.parts) != 1
    if not exists and isinstance(source, str) and not looks_like_path:
        path = SHIPPED / f"{source}.toml"
        if source not in shipped_levels():
            hint = nearest(source, shipped_levels(), "shipped levels")
            raise UserError(f"there is no file and no shipped level {quoted(source)}{hint}")
    content = read_bytes(path, MAX_BYTES, "level")
    shown = printable(path)
    return parse_level(decode(content, shown), path.stem, shown, overrides)


def shipped_levels() -> tuple[str, ...]:
    """The names that `load_level` knows without a file.

    Returns:
        Names, sorted.

    Raises:
        Nothing.

    Source: this package.
    """
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def parse_level(
    text: str,
    name: str = "level",
    path: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Level:
    """A level from text.

    Args:
        text: TOML.
        name: the level's name where the text has none.
        path: the file it came from, for messages.
        overrides: as for `load_level`.

    Returns:
        The level; rewards `[H, S]` or `[H, S, A]`.

    Raises:
        UserError: text that is no usable level, with line and column.

    Source: this package.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    data = parse(text, path)
    data, flags = override(data, overrides or {})
    root = Table(Source(text, path, data, flags), (), data)
    root.only(
        "name", "description", "map", "legend", "world", "graph", "prior", "overseer", "truth"
    )
    rules = _rules(root, root.table("legend"), root.table("world"), root.table("graph"))
    world = _world(root.table("world"), rules)
    prior = read_prior(root.table("prior"), rules)
    overseer = _overseer(root.table("overseer"))
    belief = _placed(root, ("prior",), lambda: prior.paid(rules.pays))
    problem = _placed(root, ("prior",), lambda: Problem(world, overseer, belief))
    return Level(
        name=root.text("name", name),
        description=root.text("description", ""),
        path=path,
        world=world,
        problem=problem,
        truth=_truth(root, rules, world, overseer, prior),
        cells=rules.cells,
        action_names=rules.actions,
        hypotheses=prior.names,
        rows=rules.rows,
        settings=data,
    )


def _rules(root: Table, legend: Table, world: Table, graph: Table) -> Rules:
    if root.has("map") == root.has("graph"):
        both = root.has("map")
        message = "a level has a map or a [graph]" + (", not both" if both else "; write one")
        root.fail("graph" if both else (), message, at_key=True)
    if root.has("map"):
        world.only("discount", "slip", "start")
        return read_map(root, legend, world)
    if root.has("legend"):
        root.fail("legend", "a [legend] explains a map, and there is none", at_key=True)
    world.only("discount", "start")
    return read_graph(graph)


def _placed(root: Table, keys: Keys, build: Any) -> Any:
    """What `build` returns; an error of its own is given a place."""
    try:
        return build()
    except UserError as error:
        if error.path is not None or error.line is not None or error.message.startswith("--"):
            raise
        raise root.source.error((*root.keys, *keys), error.message) from None


def _world(table: Table, rules: Rules) -> Tabular:
    discount = table.number("discount")
    if not 0.0 <= discount < 1.0:
        table.fail("discount", f"discount is {discount:g}; it must be at least 0 and below 1")
    start = _start(table, rules)
    return _placed(
        table,
        (),
        lambda: Tabular(
            rules.transition, rules.disables, discount, start, rules.restores, rules.labels
        ),
    )


def _start(table: Table, rules: Rules) -> Float[np.ndarray, " S"]:
    count = len(rules.labels)
    start = np.zeros(count)
    value = table.data.get("start")
    if value is None:
        if not rules.starts:
            mark = "put @ on the map or " if rules.cells else ""
            table.fail((), f"there is no start; {mark}write start = ... in [world]", at_key=True)
        start[list(rules.starts)] = 1.0
    elif value == "anywhere":
        start[:] = 1.0
    elif type(value) is dict:
        places = table.table("start")
        for label in places.data:
            chance = places.number((label,), None, 0.0, 1.0, "a probability")
            start[rules.state(places, label, label, at_key=True)] = chance
        if abs(start.sum() - 1.0) > 1e-9:
            table.fail("start", f"the start probabilities sum to {start.sum():.9g}, not 1")
    elif type(value) is list and not (value and type(value[0]) is int):
        if not value:
            table.fail("start", "there is no start; name at least one state")
        for i, one in enumerate(value):
            start[rules.state(table, ("start", i), one)] = 1.0
    else:
        start[rules.state(table, "start", value)] = 1.0
    return start / start.sum()


def _overseer(table: Table) -> Overseer:
    table.only("kind", "rate", "rationality", "about", "ties", "mode", "ask_cost")
    kind = table.text("kind", "hand", ("hand", "absent"))
    about = table.text("about", "current", ("current", "uniform", "asked"))
    mode = table.text("mode", "advises", ("advises", "overrides"))
    ties = table.text("ties", "uniform", ("uniform", "ordered"))
    rationality = table.number("rationality", float("inf"), 0.0, infinite=True)
    ask_cost = table.number("ask_cost", 0.0, 0.0)
    if mode == "overrides" and about != "current":
        message = 'mode "overrides" acts where the agent stands, so about must be "current"'
        table.fail("about", f'{message}, not "{about}"')
    if ask_cost > 0 and about != "asked":
        table.fail("ask_cost", 'ask_cost is only paid where about = "asked"; leave it 0')
    rate = table.number("rate", 0.0 if kind == "absent" else None, 0.0, 1.0, "a probability")
    if kind == "absent":
        return Absent()
    return _placed(
        table,
        (),
        lambda: HandOfGod(
            rate=rate,
            rationality=rationality,
            about=cast(About, about),
            ties=cast(Literal["uniform", "ordered"], ties),
            mode=cast(Mode, mode),
            ask_cost=ask_cost,
        ),
    )


def _truth(root: Table, rules: Rules, world: Tabular, overseer: Overseer, prior: Any) -> Truth:
    table = root.table("truth")
    replaced = ("world", "overseer", "legend", "graph")
    table.only("hypothesis", "draw", "goal", "goals", "pays", "reward", *replaced)
    new = {key: _merged(root, table, key) for key in replaced}
    if any(table.has(key) for key in ("world", "legend", "graph")):
        if table.has("graph") and not root.has("graph"):
            table.fail("graph", "the level has a map and no [graph]", at_key=True)
        if table.has("legend") and not root.has("map"):
            table.fail("legend", "the level has a [graph] and no map", at_key=True)
        true_rules = _rules(root, new["legend"], new["world"], new["graph"])
        if (true_rules.labels, true_rules.actions) != (rules.labels, rules.actions):
            table.fail((), "the true world must have the assumed one's states and actions")
        rules, world = true_rules, _world(new["world"], true_rules)
    if table.has("overseer"):
        overseer = _overseer(new["overseer"])
    reward = true_reward(table, rules, prior, world)
    return _placed(table, (), lambda: Truth(world, overseer, reward))


def _merged(root: Table, truth: Table, key: str) -> Table:
    base, change = root.table(key).data, truth.table(key).data
    return Table(root.source, ("truth", key), _merge(base, change))


def _merge(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    both = dict(base)
    for key, value in change.items():
        old = base.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and key != "start":
            value = _merge(old, value)
        both[key] = value
    return both
