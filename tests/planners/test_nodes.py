"""Nodes of a search: Bayes' rule, the predictive distribution, and guesses that fit together."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corrigible.agents.bayes import hear
from corrigible.planners.envelope import ends
from corrigible.planners.game import mode_of, padded_game, padded_size
from corrigible.planners.leaves import make_leaves
from corrigible.planners.nodes import (
    ACT,
    ARRIVE,
    MOVE,
    NEVER,
    TOLD,
    Game,
    Mode,
    Node,
    Place,
    follow,
    node_at,
)
from corrigible.problem import Problem
from corrigible.testing.strategies import random_problem

# A hand of every kind, the channel restored in some.
SEEDS = (15, 16, 17, 18, 19, 20, 22)


class _Walk:
    """One problem's nodes."""

    def __init__(self, seed: int) -> None:
        self.problem: Problem = random_problem(seed)
        self.mode: Mode = mode_of(self.problem)
        points = np.concatenate([self.problem.weights()[None], np.eye(len(self.problem.rewards))])
        leaves = make_leaves(self.problem, ends(self.problem, None), points, 0.5)
        every = np.arange(self.problem.world.n_states)
        self.game: Game = padded_game(self.problem, leaves, every)
        self._make = jax.jit(lambda game, place: node_at(game, self.mode, place))
        self._follow = jax.jit(lambda game, place, edge: follow(game, self.mode, place, edge))

    def root(self, state: int, off: int = 0) -> Place:
        belief = np.zeros(self.game.rewards.shape[0], np.float32)
        belief[: len(self.problem.rewards)] = self.problem.weights()
        whole = (jnp.int32(x) for x in (state, off, -1, ACT))
        return Place(jnp.asarray(belief), *whole, number=jnp.uint32(5))

    def node(self, place: Place) -> tuple[Node, float]:
        node, value = self._make(self.game, place)
        return node, float(value)

    def follow(self, place: Place, edge: int) -> tuple[float, float, Place]:
        reward, discount, after = self._follow(self.game, place, jnp.int32(edge))
        return float(reward), float(discount), after


def _edges(node: Node) -> list[int]:
    worth, chance = np.asarray(node.worth), np.asarray(node.chance)
    return np.flatnonzero(worth > 0.5 * NEVER if node.decides else chance > 0.0).tolist()


def _below(walk: _Walk, place: Place, kind: int) -> list[Place]:
    """Where the edges of a node lead that are of this kind."""
    node, _ = walk.node(place)
    after = [walk.follow(place, edge)[2] for edge in _edges(node)]
    return [p for p in after if int(p.kind) == kind]


@pytest.mark.parametrize("seed", SEEDS)
def test_chances_are_the_predictive_distribution(seed: int) -> None:
    walk = _Walk(seed)
    problem, world = walk.problem, walk.problem.world
    transition = np.asarray(world.transition)
    weights = problem.weights()
    for move in _below(walk, walk.root(0), MOVE):
        node, _ = walk.node(move)
        assert not bool(node.decides) and float(node.chance.sum()) == pytest.approx(1.0, abs=1e-5)
        there = np.zeros(world.n_states)
        for edge in _edges(node):
            there[int(walk.follow(move, edge)[2].state)] += float(node.chance[edge])
        assert there == pytest.approx(transition[0, int(move.pick)], abs=1e-5)
        for arrival in _below(walk, move, ARRIVE)[:2]:
            node, _ = walk.node(arrival)
            assert bool(node.decides) == (walk.mode == "asked")
            if not bool(node.decides):
                assert float(node.chance.sum()) == pytest.approx(1.0, abs=1e-5)
                assert float(node.chance[0]) == pytest.approx(1 - problem.overseer.rate, abs=1e-6)
            if walk.mode in ("current", "overrides"):
                said = np.asarray(node.chance)[1 : 1 + world.n_actions]
                expected = weights @ problem.likelihood[:, int(arrival.state)]
                assert said == pytest.approx(problem.overseer.rate * expected, abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_hearing_is_conditioning(seed: int) -> None:
    walk = _Walk(seed)
    heard = 0
    for move in _below(walk, walk.root(0), MOVE)[:1]:
        for arrival in _below(walk, move, ARRIVE)[:3]:
            spoken = arrival if walk.mode in ("current", "overrides") else None
            for place in [spoken] if spoken is not None else _below(walk, arrival, TOLD):
                node, _ = walk.node(place)
                about = int(place.state) if spoken is not None else int(place.pick)
                for edge in _edges(node):
                    told = edge if walk.mode == "uniform" else edge - 1
                    signal = None if told < 0 else (about, told)
                    expected, alarm = hear(walk.problem, walk.problem.weights(), signal)
                    reward, discount, after = walk.follow(place, edge)
                    found = np.asarray(after.belief)[: len(expected)]
                    assert not alarm and discount == 1.0
                    assert found == pytest.approx(expected, abs=1e-5)
                    asked = walk.mode == "asked" and told >= 0
                    cost = walk.problem.overseer.ask_cost if asked else 0.0
                    assert reward == pytest.approx(-cost, abs=1e-6)
                    forced = told if walk.mode == "overrides" else -1
                    assert int(after.pick) == forced and int(after.kind) == ACT
                    heard += told >= 0
    assert heard > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_guess_is_what_the_child_says_of_itself(seed: int) -> None:
    """Between chance and questions no time passes and nothing is chosen: guesses are the same."""
    walk = _Walk(seed)
    compared = 0
    queue: list[Any] = _below(walk, walk.root(0), MOVE)
    while queue and compared < 60:
        place = queue.pop(0)
        node, _ = walk.node(place)
        for edge in _edges(node):
            reward, _, after = walk.follow(place, edge)
            child, value = walk.node(after)
            if int(after.kind) == ACT:
                # Its own guess looks one action further, so it is no less.
                assert reward + value >= float(node.worth[edge]) - 1e-4
                assert len(_edges(child)) == (
                    1 if int(after.pick) >= 0 else walk.problem.world.n_actions
                )
            elif not (walk.mode == "uniform" and int(after.kind) == ARRIVE):
                assert reward + value == pytest.approx(float(node.worth[edge]), abs=1e-4)
                queue.append(after)
            compared += 1
    assert compared > 5


def test_sizes_are_powers_of_two() -> None:
    assert [padded_size(n) for n in (1, 8, 9, 144)] == [8, 8, 16, 256]
    assert [padded_size(n, 4) for n in (1, 4, 5)] == [4, 4, 8]
