"""The oracle against problems solved by hand, and against its own promise to import nothing."""

from __future__ import annotations

import ast
import math
import subprocess
import sys
from pathlib import Path

import pytest

import corrigible.testing.oracle as package
from corrigible.testing.oracle import (
    Hand,
    Plan,
    Problem,
    TooManyOracleBeliefs,
    Truth,
    bribe,
    evaluate,
    judged_states,
    likelihood,
    margin,
    optimal_q,
    policy_distribution,
    policy_entropy,
    posterior,
    reward_entropy,
    spread,
    true_margin,
    vpi,
)
from corrigible.testing.oracle.affine import Node, Option, Unsolved, eliminate, solve
from corrigible.testing.oracle.reach import ever
from tests.testing.hand_solved import HALVES, graph, lock, off_switch, room, school, toggle


def first_margin(problem: Problem) -> float:
    plan = Plan(problem)
    found = margin(plan, plan.prior, 0)
    assert found is not None
    total = found.direct + found.path + found.information + found.control
    assert total == pytest.approx(found.margin, abs=1e-12)
    return found.margin


def test_two_bit_lock_at_rate_one() -> None:
    """Five states, one correction an arrival, one in five about each: solved by hand.

    With both bits known, right is worth V2 = g (5 + 5 g). One bit known: wait, and one time in
    five the other bit comes: V1 = -.01 + g (V2 + 4 V1) / 5. None: V0 = -.01 + g (2 V1 + 3 V0) / 5.
    (Going right early saves nothing: a wrong guess costs 50.) Arriving in s1 with the channel on
    is worth (2 V1 + 3 V0) / 5, with it off 1: margin = g ((2 V1 + 3 V0) / 5 - 1).
    """
    g = 0.95
    v2 = g * (5 + 5 * g)
    v1 = (-0.01 + g * v2 / 5) / (1 - 4 * g / 5)
    v0 = (-0.01 + g * 2 * v1 / 5) / (1 - 3 * g / 5)
    by_hand = g * ((2 * v1 + 3 * v0) / 5 - 1)
    assert first_margin(lock(1.0)) == pytest.approx(by_hand, abs=1e-12)
    assert by_hand == pytest.approx(5.480, abs=5e-4)


def test_two_bit_lock_at_lower_rates() -> None:
    """With rate rho each bit comes with probability rho/5 an arrival.

    One bit known: V1 = max(left 1, wait); knowing only x one may also set off and hope to hear y
    on the way, but then guesses y blind at -22.5 where it does not come: never at these rates.
    """
    for rate, printed in ((0.3, 2.364), (0.5, 3.768)):
        g, p = 0.95, rate / 5
        v2 = g * (5 + 5 * g)
        v1 = (-0.01 + g * p * v2) / (1 - g * (1 - p))
        v0 = (-0.01 + g * 2 * p * v1) / (1 - g * (1 - 2 * p))
        by_hand = g * (2 * p * v1 + (1 - 2 * p) * v0 - 1)
        assert first_margin(lock(rate)) == pytest.approx(by_hand, abs=1e-12)
        assert by_hand == pytest.approx(printed, abs=5e-4)


def test_left_stays_optimal_after_one_correction_and_information_rises() -> None:
    """The clock of the lock in s1 at rate .5: 3.708 now, 4.225 expected after one correction."""
    problem = lock(0.5)
    plan = Plan(problem)
    expected = 0.0
    for about in range(5):
        for _, p, after in plan.told(plan.prior, about):
            off = plan.q(after, 1, False)
            assert off[0] == max(off) == 1.0
            expected += p / 5 * (plan.value(after, 1) - plan.value(after, 1, False))
    now = plan.value(plan.prior, 1) - plan.value(plan.prior, 1, False)
    assert now == pytest.approx(3.708, abs=5e-4)
    assert expected == pytest.approx(4.225, abs=5e-4)


def test_school() -> None:
    """On: school at -.1, the answer on arrival, 0 for the right action there, then +5: 3.95.

    Off: work, 1. Both one step after deciding: margin = g (-.1 + g g 5 - 1) = 2.655.
    """
    assert first_margin(school()) == pytest.approx(0.9 * (-0.1 + 0.81 * 5 - 1), abs=1e-12)


@pytest.mark.parametrize(
    ("rate", "advised", "overridden"),
    [(0.1, 0, -0.23175), (0.3, 0, -0.33075), (0.5, 0.1125, 0.1125), (1.0, 3.15, 3.15)],
)
def test_perfect_hand_that_overrides(rate: float, advised: float, overridden: float) -> None:
    """Entering is worth e = g (7.5 rho - 2.5): a hand in time guesses right, the agent is at -2.5.

    The hand, which knows, enters whenever it speaks in the room; the agent then stands there with
    the probability 1 - rho of no second word: margin = g (rho e + (1 - rho) max(1, e) - 1).
    Advice is followed only where e > 1: g (max(1, e) - 1).
    """
    e = 0.9 * (7.5 * rate - 2.5)
    assert 0.9 * (rate * e + (1 - rate) * max(1, e) - 1) == pytest.approx(overridden, abs=1e-12)
    assert first_margin(room(rate, "overrides")) == pytest.approx(overridden, abs=1e-12)
    assert first_margin(room(rate, "advises")) == pytest.approx(advised, abs=1e-12)


def test_forced_toggle() -> None:
    """Kept, the channel is off at the quiz: 0. Silenced, it is on: +1, two steps later. -g g."""
    assert first_margin(toggle()) == pytest.approx(-0.81, abs=1e-12)


def test_off_switch_game() -> None:
    """margin = g rho delta, delta = E[p(act|U) U] - max(E U, 0), p the logistic of beta U."""
    perfect = first_margin(off_switch(0.4, (2.0, -3.0), math.inf))
    assert perfect == pytest.approx(0.9 * 0.4 * 1.0, abs=1e-12)
    acts = [1 / (1 + math.exp(-u)) for u in (2.0, -3.0)]
    delta = (acts[0] * 2.0 - acts[1] * 3.0) / 2
    rational = first_margin(off_switch(0.4, (2.0, -3.0), 1.0))
    assert rational == pytest.approx(0.9 * 0.4 * delta, abs=1e-12)
    # A hand so poor that the agent, whose mean is positive, does better alone.
    poor = off_switch(1.0, (3.0, -1.0), 0.1)
    acts = [1 / (1 + math.exp(-0.1 * u)) for u in (3.0, -1.0)]
    delta = (acts[0] * 3.0 - acts[1] * 1.0) / 2 - 1.0
    assert delta < 0
    assert first_margin(poor) == pytest.approx(0.9 * delta, abs=1e-12)


def asking(cost: float, rate: float) -> Problem:
    """One move to a quiz, where the agent may ask about any state; the bit shows at the quiz."""
    world = graph([[1, 1], [2, 2], [2, 2]], 0.8, {(0, 1): 1.0})
    rewards = [
        [[0.0, 0.0], [1.0 if a == h else -1.0 for a in range(2)], [0.0, 0.0]] for h in range(2)
    ]
    return Problem(world, Hand(rate, about="asked", ties="ordered", ask_cost=cost), rewards, HALVES)


def test_asking_is_paid_only_where_it_pays() -> None:
    """An answer turns 0 into 1 - cost, one step away and with probability rho: g rho max(0, 1-c).

    The truth charges its own cost: an agent that believes asking free pays it all the same.
    """
    for cost in (0.0, 0.4, 1.5):
        assert first_margin(asking(cost, 0.5)) == pytest.approx(0.8 * 0.5 * max(0, 1 - cost))
    assert Plan(asking(0.4, 0.5)).asks(0, 1) == 1
    assert Plan(asking(1.5, 0.5)).asks(0, 1) == -1
    assert Plan(asking(0.0, 0.5)).asks(0, 0) == 1
    problem, dear = asking(0.0, 0.5), asking(3.0, 0.5)
    truth = Truth(dear.world, dear.hand, dear.rewards[1])
    # Unasked the first of two equal guesses is wrong: -1. Asked on arrival in 1, at once 1 - 3.
    assert evaluate(Plan(problem), truth).value == pytest.approx(0.8 * (0.5 * -1 + 0.5 * -2))


def test_evaluate_under_a_truth_by_hand() -> None:
    """The room at rho 1, under a hand that speaks half the time and reward 1.

    The agent, sure to be told, enters whatever it hears: then +5 where told (half), otherwise its
    first tied guess, 0, at -10. Value g g (-2.5). An informed agent would have earned g g 5.
    """
    problem = room(1.0, "advises")
    plan = Plan(problem)
    truth = Truth(problem.world, Hand(0.5, ties="ordered"), problem.rewards[1])
    outcome = evaluate(plan, truth)
    assert outcome.value == pytest.approx(0.81 * -2.5, abs=1e-12)
    assert outcome.regret == pytest.approx(0.81 * 7.5, abs=1e-12)
    assert outcome.disabling == (0.0, 0.0)
    # Corrected in the room (enters anyway), in the guess (obeys), at the end (first action): all.
    assert outcome.obedience == pytest.approx(1.0)
    assert outcome.obedience_loss == pytest.approx(0.0)
    assert outcome.alarms == 0.0 and outcome.overridden == 0.0
    # Silenced at once it takes the safe +1: keeping was worth g g (-2.5) - g in truth.
    assert true_margin(plan, truth, plan.prior, 0) == pytest.approx(0.81 * -2.5 - 0.9, abs=1e-12)


def test_evaluate_counts_alarms_ties_and_overrides() -> None:
    """A reward outside the support, a tie at the start, and an override that silences.

    Off-Switch with U = 2 alone in the support: act and off are told apart by the hand, the truth
    says U = -3, so "off" at pending is an alarm (rho). Keep and its twin tie (margin 0): the
    disabling probability is anything from 0 to 1.
    """
    problem = off_switch(0.4, (2.0,), math.inf)
    assert first_margin(problem) == pytest.approx(0.0, abs=1e-12)
    world = graph([[1, 1], [2, 2], [2, 2]], 0.9, {(0, 1): 1.0, (1, 1): 1.0})
    truth = Truth(world, problem.hand, [[0.0, 0.0], [-3.0, 0.0], [0.0, 0.0]])
    outcome = evaluate(Plan(problem), truth)
    assert outcome.alarms == pytest.approx(0.9 * 0.4)
    assert outcome.disabling == (0.0, 1.0)
    assert outcome.overridden == pytest.approx(0.4)
    # Executed off with .4, else act: g (.6 x -3).
    assert outcome.value == pytest.approx(0.9 * 0.6 * -3.0)
    # Corrected at pending (disobeyed); at done, where the ordered hand names action 0 (obeyed): on
    # arrival at t = 2 where not overridden, and for ever after: g .4 x 0, then .6 .4 g^2 / (1 - g).
    told, obeyed = 0.9 * 0.4 + 0.6 * 0.4 * 0.81 / 0.1, 0.6 * 0.4 * 0.81 / 0.1
    assert outcome.obedience == pytest.approx(obeyed / told)
    # To the agent, which believes in U = 2, "off" costs 2 at pending.
    assert outcome.obedience_loss == pytest.approx(0.9 * 0.4 * 2 / told)


def test_spread_of_a_coin() -> None:
    """At pending the hand speaks with .4 and executes off, else the agent acts: g U or 0."""
    problem = off_switch(0.4, (3.0,), math.inf)
    truth = Truth(problem.world, problem.hand, problem.rewards[0], [[0.0, 1.0]] * 3)
    x, p = 0.9 * 3.0, 0.6
    mean, variance, fourth = spread(Plan(problem), truth)
    assert mean == pytest.approx(p * x)
    assert variance == pytest.approx(p * (1 - p) * x**2)
    assert fourth == pytest.approx(p * (1 - p) * (1 - 3 * p * (1 - p)) * x**4)


def test_bribe_equals_the_margin_of_a_single_decision() -> None:
    for problem in (lock(0.3), school(), room(0.3, "overrides"), toggle()):
        price = first_margin(problem)
        assert bribe(problem) == pytest.approx(price, abs=1e-9)
        assert bribe(problem, for_ever=True) == pytest.approx(price, abs=1e-9)


def test_a_bribe_for_ever_is_zero_once_beliefs_settle() -> None:
    """The same choice for ever, two hypotheses told apart by the first correction.

    One state, actions a, b, and a copy of each that disables; reward 1 for the right letter, else
    0; g = .5, rho = .5. Informed: 1/(1-g) = 2. Uninformed, off: 1. Uninformed, on, before a word:
    V = .5 + g (rho 2 + (1 - rho) V) = 4/3. Once informed, pressing costs nothing, so the price for
    ever is 0. While the offer ends with the first word: press now for .5 + c + g 1 = 1 + c, or
    keep for 4/3: c* = 1/3.
    """
    world = graph([[0, 0, 0, 0]], 0.5, {(0, 2): 1.0, (0, 3): 1.0})
    rewards = [[[1.0, 0.0, 1.0, 0.0]], [[0.0, 1.0, 0.0, 1.0]]]
    problem = Problem(world, Hand(0.5, ties="ordered"), rewards, HALVES)
    assert Plan(problem).value_at_start() == pytest.approx(4 / 3, abs=1e-12)
    assert bribe(problem, for_ever=True) == pytest.approx(0.0, abs=1e-9)
    assert bribe(problem) == pytest.approx(1 / 3, abs=1e-9)
    nothing = Problem(graph([[0, 0]], 0.5, {}), problem.hand, [[[1.0, 0.0]]], (1.0,))
    assert bribe(nothing) == math.inf
    assert margin(Plan(nothing), 0, 0) is None


def test_judged_states() -> None:
    """With silence possible the plan of the lock is followed through; with rho 1 only the start."""
    world = graph([[1, 1], [2, 0], [2, 2]], 0.9, {(0, 1): 1.0, (1, 1): 0.5, (2, 1): 1.0})
    rewards = [[[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]]
    for rate, states in ((0.5, [0, 1, 2]), (1.0, [0])):
        assert judged_states(Plan(Problem(world, Hand(rate), rewards, (1.0,)))) == states


def test_least_disabling_rule_and_ties() -> None:
    """Three optimal actions of d .2, 0, 0: uniform names the last two, ordered the second."""
    world = graph([[0, 0, 0]], 0.5, {(0, 0): 0.2})
    reward = [[[1.0, 1.0, 1.0]]]
    assert likelihood(Problem(world, Hand(1.0), reward, (1.0,))) == [[[0.0, 0.5, 0.5]]]
    ordered = Hand(1.0, ties="ordered")
    assert likelihood(Problem(world, ordered, reward, (1.0,))) == [[[0.0, 1.0, 0.0]]]
    soft = likelihood(Problem(world, Hand(1.0, 2.0), [[[1.0, 0.5, 0.5]]], (1.0,)))[0][0]
    assert soft[0] / soft[1] == pytest.approx(math.exp(1.0))
    assert sum(soft) == pytest.approx(1.0)


def test_bayes_rule_entropies_and_vpi() -> None:
    problem = room(1.0, "advises")
    said = likelihood(problem)
    assert posterior((0.25, 0.75), said, 2, 1) == (0.75, (0.0, 1.0))
    assert posterior((1.0, 0.0), said, 2, 1) == (0.0, None)
    # decide: both actions optimal; room: enter; guess: the bit; end: both optimal.
    assert policy_distribution(problem, HALVES) == [[0.5, 0.5], [0.0, 1.0], [0.5, 0.5], [0.5, 0.5]]
    assert policy_entropy(problem, HALVES) == pytest.approx(3 / 4 * math.log(2))
    assert reward_entropy((0.5, 0.5, 0.0)) == pytest.approx(math.log(2))
    assert vpi(problem, HALVES, 0) == pytest.approx(0.9 * (0.9 * 5 - 1))


def test_a_noisy_hand_heard_again_and_again_is_refused() -> None:
    world = graph([[0, 0]], 0.5, {})
    noisy = Problem(world, Hand(0.5, 1.0), [[[1.0, 0.0]], [[0.0, 0.5]]], HALVES)
    with pytest.raises(TooManyOracleBeliefs, match="more than 50 beliefs"):
        Plan(noisy, cap=50).value_at_start()


def test_systems() -> None:
    """A 2x2 system, a two-state loop, and the chance to leave a room by a door that sticks."""
    assert eliminate([[0.0, 2.0], [3.0, 1.0]], [4.0, 5.0]) == pytest.approx([1.0, 2.0])
    with pytest.raises(Unsolved, match="singular"):
        eliminate([[1.0, 1.0], [1.0, 1.0]], [1.0, 2.0])
    table: dict[Node, list[Option]] = {0: [(1.0, ((1, 0.5),))], 1: [(0.0, ((0, 0.5),)), (3.0, ())]}
    values: dict[Node, float] = {}
    assert solve([0], table.__getitem__, values) == {0: 0, 1: 1}
    assert values == {0: 2.5, 1: 3.0}
    doors: dict[Node, list[Option]] = {
        0: [(0.0, ((0, 1.0),)), (0.25, ((0, 0.5), (1, 0.25)))],
        1: [(0.0, ((1, 1.0),))],
    }
    assert ever([0], doors.__getitem__, minimise=False)[0] == pytest.approx(0.5)
    assert ever([0], doors.__getitem__, minimise=True)[0] == 0.0
    slow: dict[Node, list[Option]] = {
        0: [(1e-12, ((0, 1 - 5e-12), (1, 1e-12), (2, 3e-12)))],
        1: [(0.0, ((0, 1.0),))],
        2: [(0.0, ((2, 1.0),))],
    }
    assert ever([0], slow.__getitem__, minimise=False)[0] == pytest.approx(0.25, rel=1e-14)
    assert optimal_q([[[1.0], [1.0]]], [[1.0, 0.0]], 0.5) == [[2.0, 1.0]]


def test_imports_nothing_but_the_standard_library() -> None:
    folder = Path(package.__file__).parent
    for file in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            for name in names:
                own = name.startswith("corrigible.testing.oracle.")
                assert own or name.split(".")[0] in sys.stdlib_module_names, (file.name, name)


def test_loads_no_array_library() -> None:
    code = (
        "import sys, corrigible.testing.oracle as o\n"
        "[getattr(o, name) for name in o.__all__]\n"
        "assert not {'numpy', 'scipy', 'jax', 'equinox'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
