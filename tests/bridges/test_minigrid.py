"""Worlds from MiniGrid, against the environments themselves."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from minigrid.core.world_object import Ball
from minigrid.envs.empty import EmptyEnv

from corrigible import Problem, priors
from corrigible.bridges import Channel, from_minigrid
from corrigible.errors import UserError
from corrigible.overseers import HandOfGod
from corrigible.planners import certify
from corrigible.testing.conformance import check_world
from tests.conftest import Counts

WALK = ("left", "right", "forward")
CARRY = (*WALK, "pickup", "toggle")
ENVS: dict[str, tuple[str, ...] | None] = {
    "MiniGrid-Empty-5x5-v0": None,
    "MiniGrid-FourRooms-v0": WALK,
    "MiniGrid-DoorKey-5x5-v0": None,
    "MiniGrid-LavaGapS5-v0": None,
    "MiniGrid-Unlock-v0": CARRY,
    "MiniGrid-GoToDoor-5x5-v0": None,
    "MiniGrid-MemoryS7-v0": None,
    "MiniGrid-RedBlueDoors-6x6-v0": CARRY,
    "MiniGrid-PutNear-6x6-N2-v0": None,
}


@pytest.mark.parametrize("name", ENVS)
def test_rollouts_go_where_the_world_says(name: str, counts: Counts) -> None:
    found = from_minigrid(name, seed=3, actions=ENVS[name])
    check_world(found.world)
    env: Any = gymnasium.make(name, max_steps=100_000)
    numbers = [env.unwrapped.actions[action] for action in found.action_names]
    goals = found.world.dense().argmax(axis=2)
    rng = np.random.default_rng(0)
    facing = ("right", "down", "left", "up")
    for _ in range(counts.n(20, 300)):
        env.reset(seed=3)
        here = int(found.world.start.argmax())
        for _ in range(60):
            action = int(rng.integers(len(numbers)))
            _, paid, over, _, _ = env.step(numbers[action])
            assert found.reward[here, action] == (paid > 0.0)
            here = int(goals[here, action])
            column, row = env.unwrapped.agent_pos
            assert found.cells[here] == (row, column)
            assert found.world.label(here).startswith(
                f"{row},{column} {facing[env.unwrapped.agent_dir]}"
            )
            carried = env.unwrapped.carrying
            holds = f"carrying {carried.color} {carried.type}" if carried else "carrying"
            assert (holds in found.world.label(here)) == (carried is not None)
            assert found.terminal[here] == over
            if over:
                break
    assert not found.reward[found.terminal].any()


def test_the_shortest_way_is_what_it_is_by_hand() -> None:
    found = from_minigrid("MiniGrid-Empty-5x5-v0", discount=0.5)
    value = np.zeros(found.world.n_states)
    for _ in range(60):
        q = found.reward + 0.5 * found.world.dense() @ value
        value = q.max(axis=1)
    # Two steps east, a turn, two steps south; the fifth pays 1.
    assert found.world.start @ value == 0.5**4
    assert found.world.label(int(found.world.start.argmax())) == "1,1 right"


def test_the_environment_is_left_as_it_was() -> None:
    env = gymnasium.make("MiniGrid-DoorKey-5x5-v0")
    bare: Any = env.unwrapped
    env.reset(seed=0)
    before = str(bare)
    from_minigrid(env, seed=0)
    assert str(bare) == before and bare.step_count == 0 and bare.carrying is None
    assert not {"_reward", "gen_obs"} & set(bare.__dict__)
    seen = env.step(2)[0]
    assert set(seen) == {"image", "direction", "mission"}


def test_a_verdict_on_a_grid() -> None:
    found = from_minigrid("MiniGrid-LavaGapS5-v0", Channel(press=True), 0.9, actions=WALK)
    corners = [found.world.index(label) for label in ("1,1 up", "3,1 up")]
    prior = priors.goals(corners, found.world.n_states)
    certificate = certify(Problem(found.world, HandOfGod(0.3), prior))
    assert certificate.verdict == "keeps"
    assert certificate.ledger is not None and certificate.ledger.information > 0.0


class _Counts(EmptyEnv):
    """Counts its steps in an attribute of its own."""

    seen = 0

    def step(self, action: Any) -> Any:
        self.seen += 1
        return super().step(action)


class _Throws(EmptyEnv):
    """Leaves a new ball behind at every step."""

    def step(self, action: Any) -> Any:
        result = super().step(action)
        self.grid.set(0, 0, Ball())
        return result


def test_what_cannot_be_read() -> None:
    empty = "MiniGrid-Empty-5x5-v0"
    wrong: list[tuple[Any, dict[str, Any], str]] = [
        ("MiniGrid-Dynamic-Obstacles-5x5-v0", {}, "draws at random"),
        ("BabyAI-GoToObj-v0", {}, "instructions"),
        ("FrozenLake-v1", {}, "no MiniGrid environment"),
        ("MiniGrid-None-v0", {}, "cannot be made"),
        ("MiniGrid-DoorKey-5x5-v0", {"max_states": 100}, "more than 100 states"),
        (empty, {"actions": ("jump",)}, "no action is called 'jump'"),
        (empty, {"actions": ()}, "at least one"),
        (empty, {"channel": Channel(press=["7,7 up"])}, "no state is at"),
        (_Counts(size=5), {}, "changes seen"),
        (_Throws(size=5), {}, "makes new things"),
    ]
    for env, more, says in wrong:
        with pytest.raises(UserError, match=says) as caught:
            from_minigrid(env, **more)
        assert "\n" not in str(caught.value)
