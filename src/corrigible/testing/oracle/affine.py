"""Systems v(node) = max over options of constant + sum of coefficient x v(other node).

Every discounted value in this package is of that form: optimal values, and values under a fixed
policy (one option a node). A system is cut into strongly connected components, taken successors
first; inside one, policy iteration, each policy valued by Gaussian elimination with partial
pivoting and one step of refinement.

Guarantee: every returned value satisfies its equation to 1e-12 x max(1, the largest value in it),
or the call raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping

Node = Hashable
Option = tuple[float, tuple[tuple[Node, float], ...]]

RESIDUAL = 1e-12


class Unsolved(ArithmeticError):
    """A system whose solution misses its own residual: a bug in the oracle, never hidden.

    Source: this package.
    """


def combine(constant: float, terms: Iterable[tuple[Node, float]]) -> Option:
    """One option, coefficients of the same node added up and zeros dropped.

    Returns:
        (constant, ((node, coefficient), ...)).

    Raises:
        Nothing.

    Source: this package.
    """
    total: dict[Node, float] = {}
    for node, coefficient in terms:
        if coefficient != 0.0:
            total[node] = total.get(node, 0.0) + coefficient
    return constant, tuple(total.items())


def eliminate(matrix: list[list[float]], right: list[float]) -> list[float]:
    """The solution x of matrix x = right; matrix is n lists of n floats, right has n.

    Returns:
        n floats, after one step of iterative refinement.

    Raises:
        Unsolved: the matrix is singular.

    Source: Gaussian elimination with partial pivoting, any textbook.
    """
    first = _eliminate_once(matrix, right)
    rest = [
        b - math.fsum(a * x for a, x in zip(row, first, strict=True))
        for row, b in zip(matrix, right, strict=True)
    ]
    if max(map(abs, rest), default=0.0) <= 1e-15 * max(1.0, max(map(abs, first), default=0.0)):
        return first
    return [x + y for x, y in zip(first, _eliminate_once(matrix, rest), strict=True)]


def _eliminate_once(matrix: list[list[float]], right: list[float]) -> list[float]:
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    n = len(rows)
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        if rows[pivot][i] == 0.0:
            raise Unsolved("singular system")
        rows[i], rows[pivot] = rows[pivot], rows[i]
        top = rows[i]
        for r in range(i + 1, n):
            row = rows[r]
            if row[i] != 0.0:
                factor = row[i] / top[i]
                for k in range(i + 1, n + 1):
                    row[k] -= factor * top[k]
    x = [0.0] * n
    for i in reversed(range(n)):
        row = rows[i]
        x[i] = (row[n] - sum(row[k] * x[k] for k in range(i + 1, n))) / row[i]
    return x


def components(
    roots: Iterable[Node], successors: Callable[[Node], Iterable[Node]]
) -> list[list[Node]]:
    """Strongly connected components of what the roots reach, successors first.

    Returns:
        Lists of nodes; an edge never leads from a component to a later one.

    Raises:
        Nothing.

    Source: Tarjan (1972), Depth-first search and linear graph algorithms.
    """
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    on_stack: set[Node] = set()
    found: list[list[Node]] = []
    for root in roots:
        if root in index:
            continue
        work = [(root, iter(successors(root)))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, following = work[-1]
            step = next(following, None)
            if step is None:
                work.pop()
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == index[node]:
                    part: list[Node] = []
                    while not part or part[-1] != node:
                        part.append(stack.pop())
                        on_stack.discard(part[-1])
                    found.append(part)
            elif step not in index:
                index[step] = low[step] = len(index)
                stack.append(step)
                on_stack.add(step)
                work.append((step, iter(successors(step))))
            elif step in on_stack:
                low[node] = min(low[node], index[step])
    return found


def worth(option: Option, values: Mapping[Node, float]) -> float:
    """What one option is worth at these values.

    Returns:
        A float.

    Raises:
        KeyError: a node of the option has no value.

    Source: this package.
    """
    constant, terms = option
    return constant + math.fsum(coefficient * values[node] for node, coefficient in terms)


def solve(
    roots: Iterable[Node],
    options: Callable[[Node], list[Option]],
    values: dict[Node, float],
) -> dict[Node, int]:
    """Values of the roots and of all they reach, written into `values`.

    Nodes that already have a value keep it. `options(node)` is never empty, and on every cycle
    there is a discount somewhere.

    Returns:
        The chosen option of every newly valued node, by its place in the node's list.

    Raises:
        Unsolved: a policy is singular, or the residual is missed.

    Source: policy iteration, Howard (1960), on each component by itself.
    """
    cache: dict[Node, list[Option]] = {}

    def look_up(node: Node) -> list[Option]:
        if node not in cache:
            cache[node] = options(node)
        return cache[node]

    def successors(node: Node) -> list[Node]:
        return [n for _, terms in look_up(node) for n, _ in terms if n not in values]

    choice: dict[Node, int] = {}
    for part in components([r for r in roots if r not in values], successors):
        _solve_component(part, cache, values, choice)
    return choice


def _solve_component(
    part: list[Node],
    options: Mapping[Node, list[Option]],
    values: dict[Node, float],
    choice: dict[Node, int],
) -> None:
    place = {node: i for i, node in enumerate(part)}
    local: list[list[tuple[float, list[tuple[int, float]]]]] = []
    for node in part:
        rows: list[tuple[float, list[tuple[int, float]]]] = []
        for constant, terms in options[node]:
            outside = [c * values[m] for m, c in terms if m not in place]
            inside = [(place[m], c) for m, c in terms if m in place]
            rows.append((math.fsum([constant, *outside]), inside))
        local.append(rows)
    policy = [0] * len(part)
    for _ in range(1000):
        v = _value_policy(local, policy)
        scale = max(1.0, max(map(abs, v)))
        worths = [[c + sum(k * v[j] for j, k in terms) for c, terms in rows] for rows in local]
        moved = False
        for i, row in enumerate(worths):
            best = max(range(len(row)), key=row.__getitem__)
            if row[best] - row[policy[i]] > 0.25 * RESIDUAL * scale:
                policy[i] = best
                moved = True
        if not moved:
            break
    else:
        raise Unsolved("policy iteration does not settle")
    for i, node in enumerate(part):
        if abs(max(worths[i]) - v[i]) > RESIDUAL * scale:
            raise Unsolved(f"residual {abs(max(worths[i]) - v[i]):.1e} at {node!r}")
        values[node] = v[i]
        choice[node] = policy[i]


def _value_policy(
    local: list[list[tuple[float, list[tuple[int, float]]]]], policy: list[int]
) -> list[float]:
    n = len(local)
    matrix = [[0.0] * n for _ in range(n)]
    right = [0.0] * n
    for i, rows in enumerate(local):
        constant, terms = rows[policy[i]]
        matrix[i][i] = 1.0
        right[i] = constant
        for j, coefficient in terms:
            matrix[i][j] -= coefficient
    return eliminate(matrix, right)
