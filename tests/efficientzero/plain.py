"""Searches written for the tests: one tree, Python lists, float64, every rule spelled out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from corrigible.efficientzero.networks import Weights
from corrigible.efficientzero.support import expectation


@jax.jit
def ask(weights: Weights, state: Any, memory: Any, action: Any) -> tuple[Any, ...]:
    """What the networks say of one step: state, prefix, memory, policy and value."""
    after, _ = weights.evolve(state, action)
    atoms, memory, _ = weights.reward(after, memory)
    logits, value, _ = weights.predict(after)
    return after, expectation(atoms)[0], memory, logits[0], expectation(value)[0]


@dataclass
class Leaf:
    """A node: what the networks said, and what the search counted."""

    state: Any
    prefix: float
    memory: Any
    depth: int
    prior: np.ndarray
    parent: Leaf | None = None
    visits: int = 1
    total: float = 0.0
    paid: float = 0.0
    children: dict[int, Leaf] = field(default_factory=dict)
    said: float = field(init=False)

    def __post_init__(self) -> None:
        self.said = self.total

    @property
    def value(self) -> float:
        return self.total / self.visits


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


class Tree:
    """PUCT from one observation."""

    def __init__(
        self,
        weights: Weights,
        state: Any,
        prior: np.ndarray,
        value: float,
        horizon: int,
        discount: float,
    ) -> None:
        self.weights, self.horizon, self.discount = weights, horizon, discount
        memory = weights.network.start(1)
        self.root = Leaf(state, 0.0, memory, 0, prior, total=value)
        self.nodes = [self.root]

    def q(self, child: Leaf) -> float:
        return child.paid + self.discount * child.value

    def missing(self, node: Leaf) -> float:
        """The value of an unvisited action."""
        known = [self.q(child) for child in node.children.values()]
        if node.parent is None:
            return sum(known) / len(known) if known else 0.0
        return (self.missing(node.parent) + sum(known)) / (len(known) + 1)

    def choose(self, node: Leaf) -> int:
        every = [self.q(child) for leaf in self.nodes for child in leaf.children.values()]
        low, high = (min(every), max(every)) if every else (0.0, 0.0)
        scores = []
        for action, share in enumerate(node.prior):
            child = node.children.get(action)
            q = self.missing(node) if child is None else self.q(child)
            count = 0 if child is None else child.visits
            pull = 1.25 + math.log((node.visits + 19652 + 1) / 19652)
            bonus = pull * share * math.sqrt(node.visits) / (1 + count)
            scores.append((q - low) / max(high - low, 0.01) + bonus)
        return int(np.argmax(scores))

    def simulate(self) -> None:
        node = self.root
        while True:
            action = self.choose(node)
            if action not in node.children:
                break
            node = node.children[action]
        leaf = self.expand(node, action)
        value = leaf.total
        while leaf.parent is not None:
            value = leaf.paid + self.discount * value
            leaf = leaf.parent
            leaf.total += value
            leaf.visits += 1

    def expand(self, node: Leaf, action: int) -> Leaf:
        resets = node.depth % self.horizon == 0
        memory = self.weights.network.start(1) if resets else node.memory
        taken = jnp.array([action], dtype=jnp.int32)
        state, prefix, memory, logits, value = ask(self.weights, node.state, memory, taken)
        leaf = Leaf(
            state,
            float(prefix),
            memory,
            node.depth + 1,
            softmax(np.asarray(logits, dtype=np.float64)),
            parent=node,
            total=float(value),
            paid=float(prefix) if resets else float(prefix) - node.prefix,
        )
        node.children[action] = leaf
        self.nodes.append(leaf)
        return leaf


def _logs(shares: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(shares, 1e-300))


class GumbelTree(Tree):
    """Gumbel from one observation: halving at the root, visits in proportion below (Danihelka)."""

    gumbel: np.ndarray
    considered: int
    simulations: int

    def visits(self, node: Leaf) -> np.ndarray:
        found = np.zeros(len(node.prior))
        for action, child in node.children.items():
            found[action] = child.visits
        return found

    def sigma(self, node: Leaf) -> np.ndarray:
        """Completed Q, rescaled by its own ends and weighted by (50 + the most visits) / 10."""
        q = np.full(len(node.prior), self.mixed(node))
        for action, child in node.children.items():
            q[action] = self.q(child)
        share = (q - q.min()) / max(q.max() - q.min(), 1e-8)
        return (50 + self.visits(node).max()) * 0.1 * share

    def mixed(self, node: Leaf) -> float:
        """What an unvisited action is worth: the network's word, and the mean of what is known."""
        if not node.children:
            return node.said
        shares = [node.prior[action] for action in node.children]
        known = [self.q(child) for child in node.children.values()]
        mean = sum(p * q for p, q in zip(shares, known, strict=True)) / sum(shares)
        count = self.visits(node).sum()
        return (node.said + count * mean) / (1 + count)

    def improved(self, node: Leaf) -> np.ndarray:
        return softmax(_logs(node.prior) + self.sigma(node))

    def rounds(self) -> list[int]:
        """How often a candidate must have been visited to be next, at every simulation."""
        told: list[int] = []
        left = min(self.considered, len(self.gumbel))
        done, halvings = [0] * left, math.ceil(math.log2(left))
        while len(told) < self.simulations:
            for _ in range(max(1, self.simulations // (halvings * left))):
                told += done[:left]
                done[:left] = [count + 1 for count in done[:left]]
            left = max(2, left // 2)
        return told

    def best(self, visits: float) -> int:
        """Of the root's actions visited that often."""
        scores = self.gumbel + _logs(self.root.prior) + self.sigma(self.root)
        return int(np.argmax(np.where(self.visits(self.root) == visits, scores, -np.inf)))

    def choose(self, node: Leaf) -> int:
        visits = self.visits(node)
        if node is self.root:
            return self.best(self.rounds()[int(visits.sum())])
        return int(np.argmax(self.improved(node) - visits / (1 + visits.sum())))
