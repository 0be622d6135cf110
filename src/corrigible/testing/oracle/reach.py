"""The probability that something ever happens: no discount, and chains that may hardly ever leave.

A chain that leaves a set of states once in 1e9 steps makes I - M nearly singular, and ordinary
elimination loses the digits that 1 - p(stay) loses. Here states are taken out one by one and what
is left is divided by the sum of the ways out, so that nothing is ever subtracted.

Guarantee: the value of a policy is right to a few roundings, however slow the chain.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from corrigible.testing.oracle.affine import Node, Option, Unsolved, components

# (probability of the event in this step or later outside, of never, of going on inside)
Row = tuple[float, float, dict[int, float]]
GAIN = 1e-14


def ever(
    roots: list[Node], options: Callable[[Node], list[Option]], *, minimise: bool
) -> dict[Node, float]:
    """The least or greatest probability that an event ever happens, from every node reached.

    An option is (probability that the event happens in this step, probabilities of going on to
    other nodes without it).

    Returns:
        A probability for every node that the roots reach.

    Raises:
        Unsolved: policy iteration does not settle.

    Source: Baier and Katoen (2008), Principles of Model Checking, section 10.6.1.
    """
    parts = components(roots, lambda n: [m for _, t in options(n) for m, _ in t])
    table = {node: options(node) for part in parts for node in part}
    values: dict[Node, float] = {}
    initial: dict[Node, int] = {}
    if minimise:
        values = dict.fromkeys(_avoiding(table), 0.0)
    else:
        initial = _approaching(table)
        values = dict.fromkeys(set(table) - set(initial), 0.0)
    for part in parts:
        nodes = [n for n in part if n not in values]
        _solve_component(nodes, table, values, initial, minimise)
    return values


def _avoiding(table: dict[Node, list[Option]]) -> set[Node]:
    """The nodes from which the event can be avoided for ever."""
    left = set(table)
    while True:
        lost = {
            n
            for n in left
            if not any(hit == 0.0 and all(m in left for m, _ in t) for hit, t in table[n])
        }
        if not lost:
            return left
        left -= lost


def _approaching(table: dict[Node, list[Option]]) -> dict[Node, int]:
    """For each node that can reach the event, an option towards it; together they cannot circle."""
    found: dict[Node, int] = {}
    while True:
        step = {
            n: i
            for n in table
            if n not in found
            for i, (hit, t) in enumerate(table[n])
            if hit > 0.0 or any(m in found for m, _ in t)
        }
        if not step:
            return found
        found.update(step)


def _solve_component(
    nodes: list[Node],
    table: dict[Node, list[Option]],
    values: dict[Node, float],
    initial: dict[Node, int],
    minimise: bool,
) -> None:
    place = {node: i for i, node in enumerate(nodes)}
    local: list[list[Row]] = []
    for node in nodes:
        rows: list[Row] = []
        for hit, terms in table[node]:
            outside = [(p, values[m]) for m, p in terms if m not in place]
            inside = {place[m]: p for m, p in terms if m in place}
            event = math.fsum([hit, *(p * v for p, v in outside)])
            rows.append((event, math.fsum(p * (1.0 - v) for p, v in outside), inside))
        local.append(rows)
    sign = -1.0 if minimise else 1.0
    policy = [initial.get(node, 0) for node in nodes]
    for _ in range(1000):
        v = _value([rows[a] for rows, a in zip(local, policy, strict=True)])
        moved = False
        for i, rows in enumerate(local):
            worths = [sign * (e + math.fsum(p * v[j] for j, p in on.items())) for e, _, on in rows]
            best = max(range(len(worths)), key=worths.__getitem__)
            if worths[best] > worths[policy[i]] + GAIN:
                policy[i] = best
                moved = True
        if not moved:
            values.update(zip(nodes, v, strict=True))
            return
    raise Unsolved("policy iteration does not settle")


def _value(rows: list[Row]) -> list[float]:
    """The probability of the event from each node, under one option each.

    Source: Grassmann, Taksar and Heyman (1985), Regenerative analysis and steady state
        distributions for Markov chains, whose elimination without subtraction this is.
    """
    event = [e for e, _, _ in rows]
    never = [z for _, z, _ in rows]
    go = [dict(on) for _, _, on in rows]
    for k in reversed(range(len(rows))):
        go[k].pop(k, None)
        total = math.fsum([event[k], never[k], *go[k].values()])
        if total == 0.0:
            raise Unsolved("a policy that circles for ever")
        event[k], never[k] = event[k] / total, never[k] / total
        go[k] = {j: p / total for j, p in go[k].items()}
        for i in range(k):
            share = go[i].pop(k, 0.0)
            if share:
                event[i] += share * event[k]
                never[i] += share * never[k]
                for j, p in go[k].items():
                    go[i][j] = go[i].get(j, 0.0) + share * p
    v: list[float] = []
    for k in range(len(rows)):
        v.append(event[k] + math.fsum(p * v[j] for j, p in go[k].items()))
    return v
