"""Plans as arrays: what is written to a checkpoint, and how it is read again.

What can be found again quickly is not written: how beliefs are linked, what the hypotheses are
worth when known. The ends that parts (`corrigible.planners.parts`) give are made anew, with the
time that is allowed now.

Guarantee: a book that goes on from its entries holds the same ends as before, or closer ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corrigible.planners.book import LIBRARY, TABLES, Book
from corrigible.planners.outline import Plan

_EACH = ("members", "weights", "region", "value", "arrival")


@dataclass
class Entries:
    """A graph of N beliefs and a book, L of them in the library, as arrays.

    Args:
        weights: `[N, H]`, beliefs.
        keys: `[N, 2]`, what they are told apart by.
        origins: `[N, 2]`, where they were found from, and by which correction.
        nodes: `[L]`, which are in the library.
        lower: `[L, S, A]`.
        upper: `[L, S, A]`.
        off: `[L, 2, S, A]`.
        ask: `[L, S]`.
        choice: `[L, S]`.
        low: `[N, ...]`, as the book's.
        high: `[N, ...]`.
        plan_of: `[N]`.
        plans: `[K, H, ...]`.
        own: `[k, 2]`, a node and its plan each.
        slack: the largest residual of any backup.

    Source: this package.
    """

    weights: np.ndarray
    keys: np.ndarray
    origins: np.ndarray
    nodes: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    off: np.ndarray
    ask: np.ndarray
    choice: np.ndarray
    low: np.ndarray
    high: np.ndarray
    plan_of: np.ndarray
    plans: np.ndarray
    own: np.ndarray
    slack: float


def entries_of(book: Book, slack: float) -> Entries:
    """What a book and its graph hold.

    Args:
        book: whose.
        slack: the largest residual of any backup.

    Returns:
        See `Entries`.

    Raises:
        Nothing.

    Source: this package.
    """
    weights, keys, origins = book.graph.entries()
    held = {name: getattr(book, name)[: book.size] for name in LIBRARY}
    held |= {name: getattr(book, name)[: book.known] for name in TABLES}
    return Entries(
        weights=weights,
        keys=keys,
        origins=origins,
        nodes=np.array(book.nodes, dtype=np.int64),
        plans=book.plans,
        own=np.array(list(book.own_plan.items()), dtype=np.int64).reshape(-1, 2),
        slack=slack,
        **held,
    )


def restore(book: Book, saved: Entries) -> None:
    """Go on from what another book of the same problem held.

    Args:
        book: nothing has been added to it yet.
        saved: the other's entries.

    Returns:
        Nothing.

    Raises:
        Nothing.

    Source: this package.
    """
    book.graph.restore(saved.weights, saved.keys, saved.origins)
    book.nodes, book.size = saved.nodes.tolist(), len(saved.nodes)
    book.place = {node: place for place, node in enumerate(book.nodes)}
    for name in (*LIBRARY, *TABLES):
        setattr(book, name, getattr(saved, name))
    book.known = len(saved.low)
    book.where = np.full(book.known, -1, dtype=np.int64)
    book.where[book.nodes] = np.arange(book.size)
    book.held_plans, book.n_plans = saved.plans, len(saved.plans)
    book.own_plan = dict(saved.own.tolist())
    book.tighten_by_parts(0, book.known)
    book.grow_tables()


@dataclass
class Plans:
    """The last plans of `corrigible.planners.large`, each laid end to end with the next.

    Args:
        sizes: `[P, 3]`, how many members, how many states, and the place of the best member.
        members: hypotheses.
        weights: of the members.
        region: states.
        value: members by states.
        arrival: members by states.
        least: what a part of the next plan has to be reached with.
        done: whether no plan can be finer.

    Source: this package.
    """

    sizes: np.ndarray
    members: np.ndarray
    weights: np.ndarray
    region: np.ndarray
    value: np.ndarray
    arrival: np.ndarray
    least: float
    done: bool

    @classmethod
    def of(cls, plans: list[Plan], least: float, done: bool) -> Plans:
        """Lay plans end to end.

        Args:
            plans: one or more.
            least: see `Plans`.
            done: see `Plans`.

        Returns:
            See `Plans`.

        Raises:
            Nothing.

        Source: this package.
        """
        sizes = np.array([(len(plan.members), len(plan.region), plan.best) for plan in plans])
        flat = {
            name: np.concatenate([getattr(plan, name).ravel() for plan in plans]) for name in _EACH
        }
        return cls(sizes=sizes, least=least, done=done, **flat)

    def each(self) -> list[Plan]:
        """The plans.

        Returns:
            As they were, bit for bit.

        Raises:
            Nothing.

        Source: this package.
        """
        members, region, best = self.sizes.T
        at, on = np.cumsum(members)[:-1], np.cumsum(region)[:-1]
        over = np.cumsum(members * region)[:-1]
        parts = zip(
            np.split(self.members, at),
            np.split(self.weights, at),
            best.tolist(),
            np.split(self.region, on),
            np.split(self.value, over),
            np.split(self.arrival, over),
            strict=True,
        )
        return [
            Plan(m, w, b, r, v.reshape(len(m), len(r)), a.reshape(len(m), len(r)))
            for m, w, b, r, v, a in parts
        ]
