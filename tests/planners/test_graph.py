"""The graph of beliefs: what is the same belief, and when to stop."""

from __future__ import annotations

import time

import numpy as np
import pytest

from corrigible import Belief, Problem
from corrigible.errors import TooManyBeliefs
from corrigible.overseers import HandOfGod
from corrigible.planners.graph import BeliefGraph, OutOfTime
from corrigible.planners.moves import Moves
from corrigible.testing.cases import k_bit_lock
from corrigible.testing.strategies import random_problem
from corrigible.worlds import Tabular

NEVER = float("inf")


def _noisy(seed: int) -> Problem:
    given = random_problem(seed)
    return Problem(given.world, HandOfGod(0.5, rationality=1.0), given.prior)


def test_the_prior_is_node_zero() -> None:
    problem = random_problem(7)
    graph = BeliefGraph(problem, 100)
    assert graph.size == 1 and graph.index(problem.weights()) == 0
    assert graph.weights(0) == pytest.approx(problem.weights(), abs=1e-15)
    assert graph.all_weights().shape == (1, len(problem.rewards))


@pytest.mark.parametrize("seed", [0, 1, 6, 7, 12])
def test_successors_are_posteriors(seed: int) -> None:
    problem = _noisy(seed)
    graph = BeliefGraph(problem, 10_000)
    after = graph.successors(0)
    for s in range(problem.world.n_states):
        for a in range(problem.world.n_actions):
            joint = problem.weights() * problem.likelihood[:, s, a]
            assert graph.predictive(0)[s, a] == pytest.approx(joint.sum(), abs=1e-14)
            expected = joint / joint.sum()
            assert graph.weights(int(after[s, a])) == pytest.approx(expected, abs=1e-9)


def test_alarms_and_what_says_nothing_new_stay() -> None:
    table = np.array([[[1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0]]])
    world = Tabular(np.ones((1, 3, 1)), np.zeros((1, 3)), 0.5, np.ones(1))
    problem = Problem(world, HandOfGod.table(table), Belief.uniform(np.zeros((2, 1))))
    assert np.array_equal(BeliefGraph(problem, 10).successors(0), [[0, 0, 0]])


def test_only_what_is_asked_for_is_looked_at() -> None:
    graph = BeliefGraph(_noisy(7), 10_000)
    some = graph.successors(0, np.array([1]))
    assert (some[1] >= 0).all() and (np.delete(some, 1, axis=0) == -1).all()
    assert (graph.successors(0) >= 0).all()


def test_the_same_belief_by_two_ways_is_one_node() -> None:
    problem = k_bit_lock(2, 0.5)
    graph = BeliefGraph(problem, 1000)
    seen, queue = {0}, [0]
    while queue:
        for node in np.unique(graph.successors(queue.pop())).tolist():
            if node not in seen:
                seen.add(node)
                queue.append(node)
    # Each bit is unknown, 0 or 1: nine supports of two bits.
    assert len(seen) == graph.size == 9
    supports = np.unique(graph.all_weights() > 0, axis=0)
    assert len(supports) == 9


def test_rounding_makes_no_new_belief_and_a_difference_does() -> None:
    problem = _noisy(7)
    graph = BeliefGraph(problem, 100)
    weights = problem.weights()
    assert graph.index(weights / 3.0 * 3.0) == 0
    moved = weights.copy()
    moved[np.argsort(weights)[-2:]] += [-1e-8, 1e-8]
    assert graph.index(moved) == 1


def test_the_cap() -> None:
    graph = BeliefGraph(_noisy(7), 2)
    with pytest.raises(TooManyBeliefs, match="more than 2 beliefs") as found:
        graph.successors(0)
    assert found.value.count == 3 and graph.size == 2


def test_the_deadline() -> None:
    graph = BeliefGraph(_noisy(7), 100, deadline=time.monotonic() - 1.0)
    with pytest.raises(OutOfTime, match="out of time after 1 beliefs"):
        graph.successors(0)


def test_moves_close_over_every_action() -> None:
    transition = np.zeros((4, 2, 4))
    for s, (first, second) in enumerate([(1, 0), (1, 2), (2, 2), (0, 3)]):
        transition[s, 0, first] = transition[s, 1, second] = 1.0
    disables = np.zeros((4, 2))
    disables[1, 1] = 1.0
    moves = Moves(Tabular(transition, disables, 0.9, np.eye(4)[0]))
    closed = moves.closure(np.eye(4, dtype=bool)[0])
    assert np.array_equal(closed, [True, True, True, False])
    assert moves.closure(closed) is closed
    # Arriving in 2 is only possible with the channel off, but for its own loop.
    first = np.array([True, True, False, False])
    assert np.array_equal(moves.arrivals(first), [True, True, False, False])
    assert np.array_equal(moves.arrivals(closed), [True, True, True, False])


@pytest.mark.parametrize("seed", range(8))
def test_moves_against_powers_of_the_transition(seed: int) -> None:
    world = random_problem(seed).world
    once = (world.dense() > 0).any(axis=1)
    reached = np.linalg.matrix_power((once | np.eye(world.n_states, dtype=bool)).astype(float), 8)
    for s in range(world.n_states):
        entry = np.eye(world.n_states, dtype=bool)[s]
        assert np.array_equal(Moves(world).closure(entry), reached[s] > 0)
