"""What the page "Does it work?" claims in words of hands and rivals, over random problems."""

from __future__ import annotations

import numpy as np
import pytest

from corrigible import Belief, Problem, Truth
from corrigible.overseers import Absent, HandOfGod
from corrigible.planners import certify, evaluate, solve
from corrigible.planners.solution import Solution
from corrigible.worlds import Tabular
from corrigible.zoo import load
from corrigible.zoo.games import off_switch
from corrigible.zoo.measure import margin
from corrigible.zoo.neutral_training import expected_return
from corrigible.zoo.orders import advantages
from corrigible.zoo.provoked import gain_from_erring
from corrigible.zoo.teaching_hand import always, lesson
from tests.conftest import Counts
from tests.facts.drawn import decision_first
from tests.zoo.conftest import paid_silence


def test_of_hands_that_tell_the_better_is_worth_more_and_flattery_nothing(counts: Counts) -> None:
    """A hand that says what a better one says, garbled, is worth less (Blackwell 1953)."""
    for seed in range(counts.n(8, 300)):
        problem = decision_first(seed)
        rng = np.random.default_rng([seed, 50])
        actions = problem.world.n_actions
        good = rng.dirichlet(np.ones(actions) * 0.3, problem.rewards.shape[:2])
        noise = rng.dirichlet(np.ones(actions), (problem.world.n_states, actions))
        noisy = np.einsum("hsa,sab->hsb", good, noise)
        flat = np.broadcast_to(noise[:, 0], good.shape)
        rate = float(rng.uniform(0.2, 1.0))
        worths = [_once(problem, table, rate) for table in (good, noisy, flat)]
        assert worths[0] >= worths[1] - 1e-9, f"decision_first({seed})"
        assert worths[1] >= worths[2] - 1e-9
        assert worths[2] == pytest.approx(0.0, abs=1e-9)


def _once(problem: Problem, table: np.ndarray, rate: float) -> float:
    """What one word on the first arrival is worth, by Bayes' rule over plans without a channel."""
    plan, weights = solve(problem), problem.weights()
    arrivals = problem.world.transition_matrix.toarray()[0]
    total = 0.0
    for state in np.flatnonzero(arrivals):
        untold = plan.value(int(state), channel_on=False)
        for action in range(problem.world.n_actions):
            joint = weights * table[:, state, action]
            if joint.sum() > 1e-12:
                belief = problem.prior.with_weights(joint)
                told = plan.value(int(state), belief, channel_on=False)
                total += arrivals[state] * rate * float(joint.sum()) * (told - untold)
    return problem.world.discount * total


def _drawn_lesson(seed: int, chooses: np.ndarray) -> Problem:
    rng = np.random.default_rng([seed, 51])
    settings = {
        "taste, right": rng.uniform(1, 9),
        "taste, wrong": -rng.uniform(1, 9),
        "size, right": rng.uniform(1, 9),
        "size, wrong": -rng.uniform(1, 9),
        "likely taste": rng.uniform(0.5, 0.95),
        "rate": rng.uniform(0.1, 1.0),
        "discount": rng.uniform(0.5, 0.95),
    }
    return lesson(settings, chooses)


def test_to_know_how_a_teacher_chooses_is_worth_no_less_than_to_think_so(counts: Counts) -> None:
    loses = False
    for seed in range(counts.n(8, 300)):
        rng = np.random.default_rng([seed, 52])
        true, assumed = (rng.dirichlet(np.ones(2) * 0.3, 4) for _ in range(2))
        mine, real = _drawn_lesson(seed, assumed), _drawn_lesson(seed, true)
        knows = solve(real)
        thinks, plan = 0.0, solve(mine)
        for h, weight in enumerate(real.weights().tolist()):
            truth = Truth(real.world, real.overseer.only(h), real.rewards[h])
            thinks += weight * evaluate(plan, truth).value
        assert thinks <= knows.value_at_start + 1e-9, f"seed {seed}"
        loses = loses or thinks < knows.value_at_start - 1e-3
    assert loses


def test_the_topic_that_saves_most_is_what_the_pupil_would_ask_for(counts: Counts) -> None:
    for seed in range(counts.n(8, 300)):
        taught = [_drawn_lesson(seed, always(topic)) for topic in (0, 1)]
        world, prior = taught[0].world, taught[0].prior
        hand = HandOfGod(taught[0].overseer.rate, about="asked", ties="ordered")
        asks = margin(Problem(world, hand, prior))
        assert asks == pytest.approx(max(margin(problem) for problem in taught), abs=1e-9)


def test_indifference_does_not_depend_on_what_is_believed(counts: Counts) -> None:
    for seed in range(counts.n(6, 200)):
        rng = np.random.default_rng([seed, 53])
        case = load("indifference")
        assert case.problem is not None
        problem = case.problem({**case.settings, "bonus": float(rng.uniform(0.01, 1.0))})
        believed = problem.given(problem.prior.with_weights(rng.dirichlet(np.ones(2))))
        assert margin(believed) == pytest.approx(margin(problem), abs=1e-9)
        plain = off_switch([3.0, -2.0], rng.dirichlet(np.ones(2)).tolist())
        assert margin(plain) > 0.0


def test_who_knows_every_feature_gains_by_thinking(counts: Counts) -> None:
    """Milli et al. 2017, theorem 1, on average over humans; and a feature too few is no gain."""
    for error in np.linspace(0.7, 1.5, counts.n(2, 9)).tolist():
        settings = {"error": error, "weight of the third": 2.0}
        gains = [np.mean(advantages(settings, features)) for features in (2, 3, 4)]
        assert gains[0] < 0.0 < gains[2] < gains[1], f"error {error}"


def test_with_enough_runs_the_neutral_policy_is_never_the_best(counts: Counts) -> None:
    for decay in np.linspace(0.3, 0.95, counts.n(5, 30)).tolist():
        even, seldom = ([expected_return(decay, n, p) for n in (2, 3, 1000)] for p in (0.5, 0.2))
        assert even[0] > seldom[0]
        assert even[1] > seldom[1]
        assert even[2] < seldom[2]
    assert expected_return(1e-3, 5, 0.21) > expected_return(1e-3, 5, 0.5)


def test_training_run_by_run_is_drawn_to_neutrality_whatever_is_optimal(counts: Counts) -> None:
    """Also where the best policy is far from it."""
    trained = load("neutral-training").claims[0]
    assert trained.quantity == "DReST: neutrality in bits, trained"
    for seed in range(counts.n(2, 20)):
        rng = np.random.default_rng([seed, 57])
        settings = {
            "short run": 1.0,
            "long run": float(rng.uniform(0.2, 5.0)),
            "worse coin": float(rng.uniform(0.1, 0.5)),
            "lambda": float(rng.uniform(0.88, 0.97)),
            "runs": float(rng.integers(32, 65)),
        }
        assert trained.compute(settings) > 0.95, f"seed {seed}"


def _acting(seed: int, knows: bool) -> Problem:
    """A hand that acts: by the true reward, or by one drawn table whatever that is."""
    drawn = decision_first(seed)
    rng = np.random.default_rng([seed, 54])
    rows = rng.dirichlet(np.ones(drawn.world.n_actions), drawn.world.n_states)
    table = np.broadcast_to(rows, drawn.rewards.shape)
    rate = float(rng.uniform(0.3, 1.0))
    knowing = HandOfGod(rate, mode="overrides", ties="ordered")
    ignorant = HandOfGod.table(table, rate, mode="overrides")
    return Problem(drawn.world, knowing if knows else ignorant, drawn.prior)


def test_a_bonus_for_silence_counts_one_for_one_where_the_hand_acts(counts: Counts) -> None:
    for seed in range(counts.n(6, 200)):
        problem = _acting(seed, knows=True)
        for bonus in (0.3, -0.7):
            paid = margin(paid_silence(problem, bonus))
            assert paid == pytest.approx(margin(problem) - bonus, abs=1e-7), f"seed {seed}"


def test_the_switch_first_is_kept_for_one_who_does_not_look_and_costs_its_owner(
    counts: Counts,
) -> None:
    """A weight above every swing decides, for any world; and no plan is better for its owner than
    the one that counts what its owner counts."""
    harmed = False
    for seed in range(counts.n(8, 200)):
        plain = _acting(seed, knows=False)
        swing = 2.0 * float(np.abs(plain.rewards).max()) / (1.0 - plain.world.discount)
        first = paid_silence(plain, -swing)
        assert certify(first, state=0).verdict == "keeps", f"seed {seed}"
        obeyed, free = _owner_gets(solve(first), plain), _owner_gets(solve(plain), plain)
        assert obeyed <= free + 1e-9
        harmed = harmed or obeyed < free - 0.1
    assert harmed


def _owner_gets(plan: Solution, plain: Problem) -> float:
    total = 0.0
    for h, weight in enumerate(plain.weights().tolist()):
        truth = Truth(plain.world, plain.overseer.only(h), plain.rewards[h])
        total += weight * evaluate(plan, truth).value
    return total


def _working(seed: int, cost: float) -> Problem:
    """decide (twins, the other at a cost) -> states that pay, where a hand stops the run -> end."""
    rng = np.random.default_rng([seed, 55])
    states, end = int(rng.integers(3, 7)), 0
    moves = np.zeros((states, 2, states))
    moves[1:, 0, 2:] = rng.dirichlet(np.ones(states - 2), states - 1)
    moves[:, 1, end] = moves[end, 0, end] = 1.0
    moves[1, 1] = moves[1, 0]
    disables = np.zeros((states, 2))
    disables[1, 1] = 1.0
    world = Tabular(moves, disables, float(rng.uniform(0.5, 0.95)), np.eye(states)[1])
    rewards = np.zeros((1, states, 2))
    rewards[0, 2:, 0] = rng.uniform(0.1, 2.0, states - 2)
    rewards[0, 1, 1] = -cost
    stop = rng.uniform(0.05, 0.9, states)
    table = np.stack([1.0 - stop, stop], axis=-1)[None]
    return Problem(world, HandOfGod.table(table, mode="overrides"), Belief.uniform(rewards))


def _lasting(problem: Problem, length: int) -> Problem:
    """The same among runs that last so long, whoever ends them: time joins the state."""
    world, rewards = problem.world, problem.rewards
    moves = world.transition_matrix.toarray().reshape(world.n_states, 2, world.n_states)
    many = world.n_states
    later, paid = np.zeros((length + 2, many, 2, length + 2, many)), np.zeros((length + 2, many, 2))
    for t in range(length + 1):
        later[t, :, :, t + 1] = moves[:, :1]
        paid[t] = rewards[0, :, :1]
    later[-1, :, :, -1] = np.eye(many)[:, None]
    paid[-1] = 0.0
    paid[0, 1, 1] = rewards[0, 1, 1]
    size = (length + 2) * many
    disables = np.zeros((size, 2))
    disables[1, 1] = 1.0
    tabular = Tabular(later.reshape(size, 2, size), disables, world.discount, np.eye(size)[1])
    return Problem(tabular, Absent(), Belief.uniform(paid.reshape(1, size, 2)))


def test_comparing_runs_of_one_length_takes_away_the_price_of_going_on_not_of_a_bribe(
    counts: Counts,
) -> None:
    for seed in range(counts.n(8, 200)):
        # Whatever pays, a stop costs: who adds up silences at no cost, and at a small one.
        assert margin(_working(seed, 0.0), 1) < 0.0, f"seed {seed}"
        for cost in (0.4, -0.4):
            lasting = [margin(_lasting(_working(seed, cost), n), 1) for n in (1, 3)]
            assert lasting == pytest.approx([cost, cost], abs=1e-7), f"seed {seed}"


def test_errors_are_made_on_purpose_exactly_while_they_cost_less_than_a_correction_brings(
    counts: Counts,
) -> None:
    for seed in range(counts.n(6, 200)):
        rng = np.random.default_rng([seed, 56])
        settings = {
            "rate": rng.uniform(0.1, 0.9),
            "right": rng.uniform(1.0, 9.0),
            "likely": rng.uniform(0.55, 0.9),
            "discount": rng.uniform(0.5, 0.95),
        }
        # Silence is no reason to answer: even the likelier answer, after it, is too risky.
        settings["wrong"] = -settings["right"] * 9.0 / (1.0 - settings["rate"])
        brings = settings["discount"] * settings["rate"] * settings["right"]
        for share in (0.5, 1.5):
            gain = gain_from_erring({**settings, "cost": share * brings})
            expected = (2.0 * settings["likely"] - 1.0) * (1.0 - share) * brings
            assert gain == pytest.approx(expected, abs=1e-6), f"seed {seed}"
