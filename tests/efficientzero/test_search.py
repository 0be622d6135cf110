"""The search against a plain tree, prefixes and resets included, and two bugs that it lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corrigible.efficientzero.model import child, root
from corrigible.efficientzero.networks import Weights
from corrigible.efficientzero.search import Search, search, tree
from tests.conftest import Counts
from tests.efficientzero.plain import GumbelTree, Leaf, Tree, softmax

Make = Callable[..., Weights]
ACTIONS = 3


DISCOUNT = 0.95
PUCT = Search("puct", 50, 5, DISCOUNT)
GUMBEL = Search("gumbel", 50, 5, DISCOUNT)


@partial(jax.jit, static_argnames=("settings", "explore"))
def _search(weights: Weights, seen: jax.Array, key: Any, settings: Search, explore: bool) -> Any:
    said, node = root(weights, seen)
    return said, node, tree(weights, said.logits, said.value, node, key, settings, explore=explore)


def search_tree(weights: Weights, seen: jax.Array, settings: Search) -> Any:
    """Predictions at the roots, the roots, and the trees, as NumPy arrays."""
    found = _search(weights, seen, jax.random.key(0), settings, explore=False)
    said, node, grown = jax.tree.map(np.asarray, found)
    return said, node, grown.search_tree


def test_puct_is_the_plain_tree(make: Make, counts: Counts) -> None:
    deepest = 0
    for seed in range(counts.n(2, 30)):
        weights = make(4, ACTIONS, seed)
        seen = jax.random.normal(jax.random.key(seed), (2, 4))
        said, node, grown = search_tree(weights, seen, PUCT)
        for row in range(2):
            state = node.state[row : row + 1]
            prior = softmax(np.asarray(said.logits[row], dtype=np.float64))
            plain = Tree(weights, state, prior, float(said.value[row]), PUCT.horizon, DISCOUNT)
            for _ in range(PUCT.simulations):
                plain.simulate()
            deepest = max(deepest, *(leaf.depth for leaf in plain.nodes))
            assert float(grown.node_values[row, 0]) == pytest.approx(plain.root.value, abs=2e-4)
            _same(plain, grown, row)
    assert deepest > 5


def test_gumbel_is_the_plain_tree(make: Make, counts: Counts) -> None:
    settings, actions, deepest = Search("gumbel", 40, 3, DISCOUNT, considered=4), 6, 0
    for seed in range(counts.n(2, 30)):
        weights = make(4, actions, seed)
        seen = jax.random.normal(jax.random.key(seed), (2, 4))
        found = _search(weights, seen, jax.random.key(seed), settings, explore=True)
        said, node, output = jax.tree.map(np.asarray, found)
        grown = output.search_tree
        for row in range(2):
            prior = softmax(np.asarray(said.logits[row], dtype=np.float64))
            state = node.state[row : row + 1]
            plain = GumbelTree(weights, state, prior, float(said.value[row]), 3, DISCOUNT)
            plain.gumbel = np.asarray(grown.extra_data.root_gumbel[row], dtype=np.float64)
            plain.considered, plain.simulations = settings.considered, settings.simulations
            for _ in range(settings.simulations):
                plain.simulate()
            assert len(plain.root.children) == settings.considered
            deepest = max(deepest, *(leaf.depth for leaf in plain.nodes))
            _same(plain, grown, row)
            assert output.action[row] == plain.best(plain.visits(plain.root).max())
            policy = output.action_weights[row]
            np.testing.assert_allclose(policy, plain.improved(plain.root), atol=1e-3)
    assert deepest > settings.horizon + 1


def _same(plain: Tree, grown: Any, row: int) -> None:
    """Every node in the order of its expansion: where it hangs, its edge's reward, its visits."""
    for index, leaf in enumerate(plain.nodes):
        assert int(grown.node_visits[row, index]) == leaf.visits
        if leaf.parent is None:
            continue
        above = next(i for i, node in enumerate(plain.nodes) if node is leaf.parent)
        assert int(grown.parents[row, index]) == above
        action = next(a for a, node in leaf.parent.children.items() if node is leaf)
        paid = float(grown.children_rewards[row, above, action])
        assert paid == pytest.approx(leaf.paid, abs=2e-4)


@pytest.mark.parametrize("settings", [PUCT, GUMBEL])
def test_edges_pay_differences_of_their_own_ends(make: Make, settings: Search) -> None:
    """The prefix that is subtracted is the parent's, not that of a node looked at before it."""
    _, _, grown = search_tree(make(4, ACTIONS, 7), jnp.array([[1.0] * 4, [-2.0] * 4]), settings)
    prefix, depth = np.asarray(grown.embeddings.prefix), np.asarray(grown.embeddings.depth)
    parents, actions = np.asarray(grown.parents), np.asarray(grown.action_from_parent)
    depths = set()
    for row in range(2):
        assert prefix[row, 0] == 0 and depth[row, 0] == 0
        for index in range(1, settings.simulations + 1):
            above = parents[row, index]
            assert depth[row, index] == depth[row, above] + 1
            before = 0.0 if depth[row, above] % 5 == 0 else prefix[row, above]
            paid = float(grown.children_rewards[row, above, actions[row, index]])
            assert paid == pytest.approx(prefix[row, index] - before, abs=1e-5)
            depths.add(int(depth[row, index]))
    assert max(depths) >= 4


def test_the_fifth_edge_is_a_difference_and_only_the_sixth_starts_afresh(make: Make) -> None:
    weights = make(4, ACTIONS, 3)
    _, node = jax.jit(root)(weights, jnp.ones((1, 4)))
    step = jax.jit(child, static_argnums=3)
    prefixes, rewards = [0.0], []
    for _ in range(7):
        said, node = step(weights, node, jnp.zeros(1, dtype=jnp.int32), 5)
        rewards.append(float(said.reward[0]))
        prefixes.append(float(node.prefix[0]))
    for depth in (1, 2, 3, 4):
        assert rewards[depth] == pytest.approx(prefixes[depth + 1] - prefixes[depth], abs=1e-6)
    assert rewards[5] == prefixes[6] and rewards[0] == prefixes[1]
    assert rewards[6] == pytest.approx(prefixes[7] - prefixes[6], abs=1e-6)
    assert sum(rewards[:5]) == pytest.approx(prefixes[5], abs=1e-5)


def test_the_memory_starts_afresh_with_the_window(make: Make) -> None:
    """Two pasts that lead to the same state at a reset are paid alike from there on."""
    weights = make(4, ACTIONS, 5)
    _, node = jax.jit(root)(weights, jnp.ones((2, 4)))
    step = jax.jit(child, static_argnums=3)
    action = jnp.zeros(2, dtype=jnp.int32)
    dirty = (jnp.array([[0.0], [9.0]]) + node.memory[0], node.memory[1])
    prefix = jnp.array([0.0, 4.0])
    at_reset = node._replace(prefix=prefix, memory=dirty, depth=node.depth + 5)
    said, _ = step(weights, at_reset, action, 5)
    assert float(said.reward[0]) == float(said.reward[1])
    within, _ = step(weights, at_reset._replace(depth=node.depth + 4), action, 5)
    assert abs(float(within.reward[0]) - float(within.reward[1])) > 1e-3


def test_trees_of_a_batch_do_not_see_each_other(make: Make) -> None:
    """A root's tree is the same beside any neighbour: mean values do not leak across roots."""
    weights = make(4, ACTIONS, 11)
    alone = jax.random.normal(jax.random.key(0), (1, 4))
    _, _, single = search_tree(weights, jnp.concatenate([alone, alone]), PUCT)
    for seed in (1, 2):
        beside = jnp.concatenate([5.0 * jax.random.normal(jax.random.key(seed), (1, 4)), alone])
        _, _, grown = search_tree(weights, beside, PUCT)
        one, other = np.asarray(grown.node_values[1]), np.asarray(single.node_values[0])
        np.testing.assert_allclose(one, other, atol=1e-5)
        assert (np.asarray(grown.parents[1]) == np.asarray(single.parents[0])).all()


def test_an_unvisited_action_below_the_root_takes_the_mean_of_its_path() -> None:
    top = Leaf(None, 0.0, None, 0, np.ones(2) / 2, total=0.0)
    plain = Tree.__new__(Tree)
    plain.discount = 1.0
    left = Leaf(None, 0.0, None, 1, np.ones(2) / 2, parent=top, total=4.0)
    top.children[0] = left
    assert plain.missing(top) == 4.0
    assert plain.missing(left) == 4.0
    left.children[1] = Leaf(None, 0.0, None, 2, np.ones(2) / 2, parent=left, total=1.0)
    assert plain.missing(left) == (4.0 + 1.0) / 2


def test_the_key_decides(make: Make) -> None:
    weights, seen = make(4, ACTIONS, 2), jnp.ones((4, 4))
    run = jax.jit(search, static_argnames=("settings", "explore"))
    first, again, other = (
        run(weights, seen, jax.random.key(k), settings=replace(PUCT, simulations=8))
        for k in (0, 0, 1)
    )
    assert (np.asarray(first.policy) == np.asarray(again.policy)).all()
    assert (np.asarray(first.policy) != np.asarray(other.policy)).any()
    np.testing.assert_allclose(np.asarray(first.policy).sum(-1), 1.0, atol=1e-5)
