"""A level's prior over rewards, and the reward that [truth] names.

    [prior]
    kind = "goal"        # one of the goal cells; weights = [...] in the order of the states
    kind = "goals"       # k of them at once
    kind = "linear"      # features = glyphs or states, weights = one row for each hypothesis, names
    kind = "normal"      # per = "state" | "action", mean, scale; with draws and key a finite set
    kind = "student"     # the same with degrees, and no finite set
    kind = "list"        # [[prior.hypothesis]] name, weight, pays = {...} or reward = [...]

Everything is on top of what press cells and tiles (or [graph.pays]) openly pay.

Guarantee: hypotheses are finite rewards, at least one and at most a million, or the prior has a
density and no hypotheses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from corrigible import priors
from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.worlds.level_rules import Rules
from corrigible.worlds.level_table import Table, nearest, quoted

if TYPE_CHECKING:
    from corrigible.worlds.tabular import Tabular

KINDS = ("goal", "goals", "linear", "normal", "student", "list")
MAX_KEY = 2**63 - 1


@dataclass(frozen=True)
class Prior:
    """Hypotheses without what is openly paid, and their names.

    Args:
        belief: over rewards `[H, S]` or `[H, S, A]`, or a density.
        names: H names, for people; none for a density.

    Raises:
        Nothing.

    Source: this package.
    """

    belief: Any
    names: tuple[str, ...]

    @property
    def continuous(self) -> bool:
        """Whether this is a density.

        Returns:
            True where there are no hypotheses. No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        return isinstance(self.belief, priors.Density)

    def paid(self, pays: Float[np.ndarray, "S A"]) -> Any:
        """The belief over whole rewards.

        Args:
            pays: `[S, A]`, what is openly paid.

        Returns:
            A belief over rewards `[H, S]`, or `[H, S, A]` where actions matter; or a density.

        Raises:
            UserError: sums that are not finite, or too large a table.

        Source: this package.
        """
        if not pays.any():
            return self.belief
        if self.continuous:
            return replace(self.belief, known=pays)
        rewards = self.belief.hypotheses
        if rewards.ndim == 2:
            priors.check_size(len(rewards), len(rewards) * pays.size)
            rewards = rewards[:, :, None]
        with np.errstate(over="ignore"):
            return Belief(rewards + pays[None], self.belief.log_weights)

    def of(self, hypothesis: int, actions: int) -> Float[np.ndarray, "S A"]:
        """One hypothesis, without what is openly paid.

        Args:
            hypothesis: its index.
            actions: A.

        Returns:
            `[S, A]`.

        Raises:
            Nothing.

        Source: this package.
        """
        reward = self.belief.hypotheses[hypothesis]
        return reward if reward.ndim == 2 else np.repeat(reward[:, None], actions, axis=1)


def read_prior(table: Table, rules: Rules) -> Prior:
    """The hypotheses of a level.

    Args:
        table: its [prior].
        rules: its world.

    Returns:
        The belief before what is openly paid, with names.

    Raises:
        UserError: no hypotheses, too many, or entries that make no sense.

    Source: this package.
    """
    usual = "list" if table.has("hypothesis") or not rules.goals else "goal"
    kind = table.text("kind", usual, KINDS)
    readers: dict[str, Callable[[Table, Rules], Prior]] = {
        "goal": _goals,
        "goals": _goals,
        "linear": _linear,
        "normal": _normal,
        "student": _student,
        "list": _list,
    }
    try:
        return readers[kind](table, rules)
    except UserError as error:
        if error.path is not None or error.line is not None or error.message.startswith("--"):
            raise
        raise table.source.error((*table.keys, "kind"), f"[prior] {error.message}") from None


def _goals(table: Table, rules: Rules) -> Prior:
    several = table.text("kind", "goal") == "goals"
    table.only("kind", "weights", *(("k",) if several else ()))
    if not rules.goals:
        table.fail(
            "kind", "the map has no goal, so there are no hypotheses; draw one or use another kind"
        )
    k = table.integer("k", None, 1, len(rules.goals)) if several else 1
    count = math.comb(len(rules.goals), k)
    weights = _weights(table, "weights", count)
    states = len(rules.labels)
    belief = priors.k_goals(rules.goals, states, k, rules.goal_pays, weights)
    rewards = belief.hypotheses
    paying = [np.flatnonzero(row) for row in rewards] if several else [[s] for s in rules.goals]
    names = tuple("goal at " + " and ".join(rules.labels[s] for s in row) for row in paying)
    return Prior(belief, names)


def _weights(table: Table, key: str, count: int) -> list[float] | None:
    if not table.has(key):
        return None
    given = table.array(key, " of numbers")
    if len(given) != count:
        table.fail(key, f"{quoted(key)} has {len(given)} entries; there are {count} hypotheses")
    weights = [table.number((key, i), None, 0.0) for i in range(count)]
    if not any(weights):
        table.fail(key, "every hypothesis has weight 0; at least one must be possible")
    return weights


def _matrix(table: Table, key: str, columns: int | None, what: str) -> Float[np.ndarray, "N M"]:
    rows = table.array(key, " of arrays of numbers")
    if not rows:
        table.fail(key, f"{quoted(key)} is empty; at least one row is needed")
    width = len(table.array((key, 0), " of numbers")) if columns is None else columns
    values = np.zeros((len(rows), width))
    for i in range(len(rows)):
        row = table.array((key, i), " of numbers")
        if len(row) != width or not width:
            table.fail((key, i), f"a row of {quoted(key)} has {len(row)} entries; {what}")
        values[i] = [table.number((key, i, j)) for j in range(width)]
    return values


def _linear(table: Table, rules: Rules) -> Prior:
    table.only("kind", "features", "weights", "probabilities", "names")
    given = table.array("features", " of glyphs, states or rows of numbers")
    states = len(rules.labels)
    if given and type(given[0]) is list:
        features = _matrix(table, "features", None, "all rows must be equally long")
        if len(features) != states:
            table.fail("features", f"{len(features)} rows; the world has {states} states")
    else:
        features = np.zeros((states, len(given)))
        for i, name in enumerate(given):
            if type(name) is not str or name not in rules.groups:
                hint = nearest(str(name), rules.groups, "names")
                table.fail(("features", i), f"nothing is drawn or called {quoted(name)}{hint}")
            features[list(rules.groups[name]), i] = 1.0
    if not features.shape[1]:
        table.fail("features", "'features' is empty; name at least one")
    wanted = f"there are {features.shape[1]} features"
    if table.has("weights") and table.data["weights"] == []:
        table.fail("weights", "there are no hypotheses; write one row of weights for each")
    weights = _matrix(table, "weights", features.shape[1], wanted)
    probabilities = _weights(table, "probabilities", len(weights))
    belief = priors.linear(features, weights, probabilities)
    if table.has("names"):
        return Prior(belief, _names(table, len(weights)))
    names = tuple("weights " + " ".join(f"{w:g}" for w in row) for row in weights)
    return Prior(belief, names)


def _names(table: Table, count: int) -> tuple[str, ...]:
    given = table.array("names", " of names")
    if len(given) != count:
        table.fail("names", f"'names' has {len(given)} entries; there are {count} hypotheses")
    for i, name in enumerate(given):
        if type(name) is not str:
            table.fail(("names", i), f"a name is text, found {name!r}")
        if given.index(name) != i:
            table.fail(("names", i), f"{quoted(name)} names two hypotheses")
    return tuple(given)


def _normal(table: Table, rules: Rules) -> Prior:
    if not table.has("draws"):
        table.only("kind", "per", "mean", "scale")
        return Prior(priors.Normal(**_alike(table)), ())
    table.only("kind", "draws", "key", "per", "mean", "scale")
    count = table.integer("draws", None, 1, priors.MAX_HYPOTHESES)
    key = table.integer("key", None, 0, MAX_KEY)
    per_state = table.text("per", "state", ("state", "action")) == "state"
    mean, scale = table.number("mean", 0.0), table.number("scale", 1.0, 0.0)
    states, actions = len(rules.labels), len(rules.actions)
    shape = (states,) if per_state else (states, actions)
    belief = priors.normal_draws(key, count, shape, mean, scale)
    return Prior(belief, tuple(f"draw {h}" for h in range(count)))


def _student(table: Table, rules: Rules) -> Prior:
    table.only("kind", "per", "mean", "scale", "degrees")
    return Prior(priors.StudentT(degrees=table.number("degrees", None), **_alike(table)), ())


def _alike(table: Table) -> dict[str, Any]:
    """What every density takes."""
    per_state = table.text("per", "state", ("state", "action")) == "state"
    over = "state" if per_state else "state_action"
    mean, scale = table.number("mean", 0.0), table.number("scale", 1.0, 0.0)
    return {"over": over, "mean": mean, "scale": scale}


def _list(table: Table, rules: Rules) -> Prior:
    table.only("kind", "hypothesis")
    entries = table.array("hypothesis", " of tables") if table.has("hypothesis") else []
    if not entries:
        table.fail("hypothesis", "there are no hypotheses; write [[prior.hypothesis]] for each")
    priors.check_size(len(entries), len(entries) * len(rules.labels) * len(rules.actions))
    rewards, weights, names = [], [], []
    for i in range(len(entries)):
        entry = table.table(("hypothesis", i)).only("name", "weight", "pays", "reward")
        names.append(entry.text("name", f"hypothesis {i}"))
        weights.append(entry.number("weight", 1.0, 0.0))
        rewards.append(_written(entry, rules))
    first = {name: i for i, name in reversed(list(enumerate(names)))}
    for i, name in enumerate(names):
        if first[name] != i:
            table.fail(("hypothesis", i, "name"), f"{quoted(name)} names two hypotheses")
    if not any(weights):
        table.fail(("hypothesis", 0, "weight"), "every hypothesis has weight 0")
    stacked = np.array(rewards)
    if (stacked == stacked[:, :, :1]).all():
        stacked = stacked[:, :, 0]
    return Prior(priors.explicit(stacked, weights), tuple(names))


def _written(table: Table, rules: Rules) -> Float[np.ndarray, "S A"]:
    if table.has("reward"):
        if table.has("pays"):
            table.fail("pays", "give 'pays' or 'reward', not both", at_key=True)
        return rules.reward(table, "reward")
    return rules.table_of(table.table("pays"), "pays")


def true_reward(
    table: Table, rules: Rules, prior: Prior, world: Tabular
) -> Float[np.ndarray, "S A"]:
    """The reward that [truth] names; the first hypothesis, or draw, where it names none.

    Args:
        table: the level's [truth].
        rules: the true world.
        prior: what is assumed.
        world: of S states and A actions.

    Returns:
        `[S, A]`, with what the true world openly pays.

    Raises:
        UserError: several rewards at once, or one that does not exist.

    Source: this package.
    """
    ways = [k for k in ("hypothesis", "draw", "goal", "goals", "pays", "reward") if table.has(k)]
    if len(ways) > 1:
        table.fail(ways[1], f"give {quoted(ways[0])} or {quoted(ways[1])}, not both", at_key=True)
    way = ways[0] if ways else "draw" if prior.continuous else "hypothesis"
    if (way == "draw") != prior.continuous and way in ("draw", "hypothesis"):
        have = "draws" if prior.continuous else "hypotheses"
        table.fail(way, f"this prior has {have}; name one of them, or the reward", at_key=True)
    if way == "draw":
        key = table.integer("draw", 0, 0, MAX_KEY)
        reward = prior.belief.rewards(world, prior.belief.draw(world, key, 1))[0]
        return (reward if reward.ndim == 2 else reward[:, None]) + rules.pays
    if way in ("pays", "reward"):
        return _written(table, rules) + rules.pays
    if way == "hypothesis":
        return prior.of(_hypothesis(table, prior), len(rules.actions)) + rules.pays
    count = len(table.array("goals", " of cells")) if way == "goals" else 1
    reward = rules.pays.copy()
    amounts = dict(zip(rules.goals, rules.goal_pays, strict=True))
    for i in range(count):
        key = ("goals", i) if way == "goals" else ("goal",)
        value = table.data["goals"][i] if way == "goals" else table.data["goal"]
        state = rules.state(table, key, value)
        reward[state] += amounts.get(state, 1.0)
    return reward


def _hypothesis(table: Table, prior: Prior) -> int:
    value = table.data.get("hypothesis", 0)
    if type(value) is str:
        if value not in prior.names:
            hint = nearest(value, prior.names, "hypotheses")
            table.fail("hypothesis", f"no hypothesis is called {quoted(value)}{hint}")
        return prior.names.index(value)
    return table.integer("hypothesis", 0, 0, len(prior.names) - 1)
