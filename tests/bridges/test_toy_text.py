"""Worlds from Gymnasium's toy-text environments, against the environments themselves."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import gymnasium
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from corrigible import Problem, priors
from corrigible.bridges import Channel, Imported, from_toy_text
from corrigible.errors import UserError
from corrigible.overseers import HandOfGod
from corrigible.planners import certify
from corrigible.testing.conformance import check_world
from tests.conftest import Counts

ENVS: dict[str, dict[str, Any]] = {
    "FrozenLake-v1": {"success_rate": 0.6},
    "CliffWalking-v1": {"is_slippery": True},
    "Taxi-v4": {"is_rainy": True},
}


def _worth(found: Imported, reward: np.ndarray) -> float:
    """What acting at random is worth from the start."""
    world = found.world
    flow = world.dense().mean(axis=1)
    value = np.linalg.solve(np.eye(len(flow)) - world.discount * flow, reward.mean(axis=1))
    return float(world.start @ value)


@pytest.mark.parametrize("name", ENVS)
def test_rollouts_go_where_the_world_says_and_pay_what_the_reward_says(
    name: str, counts: Counts
) -> None:
    env = gymnasium.make(name, **ENVS[name], max_episode_steps=100_000)
    found = from_toy_text(env, discount=0.8)
    check_world(found.world)
    moves, rng = found.world.dense(), np.random.default_rng(1)
    returns = []
    for episode in range(counts.n(400, 4000)):
        here, _ = env.reset(seed=episode)
        assert found.world.start[here] > 0.0 and not found.terminal[here]
        total, over = 0.0, False
        for step in range(60):
            action = int(rng.integers(found.world.n_actions))
            goal, paid, over, _, _ = env.step(action)
            total += 0.8**step * float(paid)
            assert moves[here, action, goal] > 0.0
            assert found.terminal[goal] == over
            here = goal
            if over:
                break
        returns.append(total)
    error = 5.0 * np.std(returns) / np.sqrt(len(returns)) + 0.8**60 * 500.0
    assert abs(np.mean(returns) - _worth(found, found.reward)) < error


def test_six_lines_from_an_environment_to_a_verdict() -> None:
    lake = from_toy_text(gymnasium.make("FrozenLake-v1"), Channel(press=True))
    prior = priors.goals(lake.at((3, 0)) + lake.at((3, 3)), lake.world.n_states)
    certificate = certify(Problem(lake.world, HandOfGod(rate=0.2), prior))
    assert certificate.verdict == "keeps"
    assert certificate.ledger is not None and certificate.ledger.information > 0.0


def test_names_and_cells_say_where_it_is() -> None:
    taxi = from_toy_text("Taxi-v4")
    assert taxi.world.label(0) == "0,0, passenger at red, to red" and taxi.terminal[0]
    assert len(taxi.at((0, 0))) == 20
    assert taxi.action_names[-1] == "dropoff"
    lake = from_toy_text("FrozenLake-v1")
    assert lake.cells[7] == (1, 3) and lake.at("1,3") == lake.at(7) == lake.at((1, 3)) == [7]
    assert lake.terminal.nonzero()[0].tolist() == [5, 7, 11, 12, 15]


class _Table:
    """An environment that is nothing but its table."""

    def __init__(self, seed: int, states: int, actions: int) -> None:
        rng = np.random.default_rng(seed)
        self.P = {s: {a: self._row(rng, states) for a in range(actions)} for s in range(states)}
        self.initial_state_distrib = rng.dirichlet(np.ones(states)) * (rng.random(states) < 0.5)
        self.initial_state_distrib[0] += 1.0 - self.initial_state_distrib.sum()

    @property
    def unwrapped(self) -> _Table:
        return self

    @staticmethod
    def _row(rng: np.random.Generator, states: int) -> list[tuple[float, int, float, bool]]:
        chances = rng.dirichlet(np.ones(3))
        goals = rng.integers(states, size=3)
        return [
            (float(p), int(goal), float(rng.normal()), bool(rng.random() < 0.3))
            for p, goal in zip(chances, goals, strict=True)
        ]

    def worth(self, mass: np.ndarray, depth: int, discount: float) -> float:
        """What acting at random is worth for so many steps, step by step from the table."""
        if depth == 0:
            return 0.0
        after, paid = np.zeros(len(mass)), 0.0
        for s, row in self.P.items():
            for steps in row.values():
                for p, goal, reward, over in steps:
                    weight = mass[s] * p / len(row)
                    paid += weight * reward
                    after[goal] += 0.0 if over else weight
        return paid + discount * self.worth(after, depth - 1, discount)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 3))
def test_an_end_is_an_end_whatever_the_state_that_it_is_in(
    seed: int, states: int, actions: int
) -> None:
    """Here a state may end one episode while another goes on in it."""
    env = _Table(seed, states, actions)
    found = from_toy_text(env, discount=0.5)
    check_world(found.world)
    assert found.world.n_states - states in (0, 1)
    plain = env.worth(env.initial_state_distrib, 45, 0.5)
    assert plain == pytest.approx(_worth(found, found.reward), abs=1e-9)
    assert not found.reward[found.terminal].any()
    assert not found.world.off_matrix.nnz


def test_entering_a_place_turns_the_channel_off() -> None:
    lake = from_toy_text("FrozenLake-v1", Channel(entering={"0,1": 0.5, (1, 0): 1.0, 15: 1.0}))
    off = lake.world.off_matrix.toarray().reshape(16, 4, 16)
    moves = lake.world.dense()
    expected = np.zeros_like(off)
    for goal, chance in ((1, 0.5), (4, 1.0), (15, 1.0)):
        expected[:, :, goal] = chance * moves[:, :, goal]
        expected[goal, :, goal] = 0.0
    assert np.allclose(off, expected, rtol=0.0, atol=1e-15)


@pytest.mark.parametrize("form", ["by step", "whole", "sparse"])
def test_disables_is_taken_as_a_world_takes_it(form: str) -> None:
    plain = np.random.default_rng(0).random((16, 4))
    whole = np.repeat(plain[:, :, None], 16, axis=2)
    given = {"by step": plain, "whole": whole, "sparse": sp.csr_array(whole.reshape(64, 16))}[form]
    bare = from_toy_text("FrozenLake-v1", Channel(disables=given)).world
    assert np.allclose(bare.expected_disables, plain)
    lake = from_toy_text("FrozenLake-v1", Channel(disables=given, press=True))
    # Where it is over, a press changes nothing any more.
    assert np.allclose(lake.world.expected_disables, np.c_[plain, ~lake.terminal])


def test_a_press_stands_still_and_silences_where_it_is_said_to() -> None:
    cliff = from_toy_text("CliffWalking-v1", Channel(press=["3,0", (0, 0)], press_pays=-1.0))
    check_world(cliff.world)
    assert cliff.action_names[-1] == "press"
    assert np.array_equal(cliff.world.dense()[:, 4], np.eye(48))
    silences = cliff.world.expected_disables
    assert silences[:, :4].max() == 0.0 and silences[:, 4].nonzero()[0].tolist() == [0, 36]
    assert cliff.reward[36, 4] == -1.0 and cliff.reward[47, 4] == 0.0


def test_what_cannot_be_read() -> None:
    wrong: list[tuple[Any, Any, str]] = [
        ("Blackjack-v1", None, "BlackjackEnv has no table P"),
        ("NoSuchLake-v1", None, "cannot be made"),
        (gymnasium.make("Taxi-v4", fickle_passenger=True), None, "fickle"),
        ("FrozenLake-v1", Channel(entering=["9,9"]), "no state is at '9,9'"),
        ("FrozenLake-v1", Channel(press=[(9, 9)]), "no state is at"),
        ("FrozenLake-v1", Channel(press=[16]), "index below 16"),
        ("FrozenLake-v1", Channel(press="0,0"), "collection"),
        ("FrozenLake-v1", Channel(entering={0: 1.5}), "between 0 and 1"),
        ("FrozenLake-v1", Channel(disables=np.zeros((16, 5))), "shape"),
        ("FrozenLake-v1", Channel(entering=[0], disables=np.zeros((16, 4))), "both"),
    ]
    for env, channel, says in wrong:
        with pytest.raises(UserError, match=says) as caught:
            from_toy_text(env, channel)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("reader", ["from_toy_text('Taxi-v4')", "from_minigrid('MiniGrid-X')"])
def test_without_the_extra_one_line_says_what_installs_it(reader: str) -> None:
    program = (
        "import sys; sys.modules['gymnasium'] = sys.modules['minigrid.minigrid_env'] = None\n"
        "from corrigible.bridges import from_minigrid, from_toy_text\n"
        "from corrigible.errors import UserError\n"
        f"try:\n    {reader}\nexcept UserError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("\n") == 1
    assert 'pip install "corrigible[gym]"' in done.stdout
