"""The rules of grids, against what the module says in words."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from corrigible.worlds import Tabular
from corrigible.worlds.grid import DENSE_STATES, Cell, Grid

FLOOR, WALL, GOAL = Cell(), Cell("wall"), Cell("goal", goal=1.0)
PRESS = Cell("press", pays=0.5, disables=1.0)
TILE = Cell("tile", pays=2.0, disables=0.25)
UP, RIGHT, DOWN, LEFT, STAY, BUTTON = range(6)


def _dense(grid: Grid) -> np.ndarray:
    count = len(grid.cells)
    return grid.transition_matrix.toarray().reshape(count, len(grid.action_names), count)


def test_states_are_numbered_row_by_row_over_cells_that_are_no_wall() -> None:
    grid = Grid(((WALL, FLOOR, FLOOR), (FLOOR, WALL, GOAL)))
    assert grid.cells == ((0, 1), (0, 2), (1, 0), (1, 2))
    assert grid.state_at.tolist() == [[-1, 0, 1], [2, -1, 3]]
    assert grid.goals == (3,)


def test_press_exists_only_where_there_is_a_press_cell() -> None:
    assert Grid(((FLOOR, GOAL),)).action_names == ("up", "right", "down", "left", "stay")
    assert Grid(((FLOOR, PRESS),)).action_names[-1] == "press"


def test_moves_go_where_they_say_and_walls_and_edges_stop_them() -> None:
    grid = Grid(((FLOOR, FLOOR), (WALL, FLOOR)))
    steps = _dense(grid).argmax(axis=2)
    assert steps[0].tolist() == [0, 1, 0, 0, 0]
    assert steps[1].tolist() == [1, 1, 2, 0, 1]
    assert steps[2].tolist() == [1, 2, 2, 2, 2]


def test_slip_goes_half_to_either_side_and_staying_never_slips() -> None:
    grid = Grid(((FLOOR,) * 3, (FLOOR, PRESS, FLOOR), (FLOOR,) * 3), slip=0.2)
    step = _dense(grid)
    middle = 4
    assert step[middle, UP].tolist() == pytest.approx([0, 0.8, 0, 0.1, 0, 0.1, 0, 0, 0])
    assert step[middle, LEFT].tolist() == pytest.approx([0, 0.1, 0, 0.8, 0, 0, 0, 0.1, 0])
    assert step[middle, STAY, middle] == 1.0
    assert step[middle, BUTTON, middle] == 1.0
    # In the corner, up and the slip to the left both bump.
    assert step[0, UP].tolist() == pytest.approx([0.9, 0.1, 0, 0, 0, 0, 0, 0, 0])


def test_a_press_cell_acts_when_pressed_and_elsewhere_press_is_stay() -> None:
    grid = Grid(((FLOOR, PRESS),))
    assert np.asarray(grid.disables).tolist() == [[0] * 6, [0, 0, 0, 0, 0, 1]]
    assert grid.pays.tolist() == [[0] * 6, [0, 0, 0, 0, 0, 0.5]]
    assert grid.restores is None
    step = _dense(grid)
    assert (step[:, STAY] == step[:, BUTTON]).all()


def test_a_tile_acts_on_entering_and_not_on_staying() -> None:
    grid = Grid(((FLOOR, TILE),), slip=0.5)
    disables = np.asarray(grid.disables)
    assert disables[0, RIGHT].tolist() == [0, 0.25]
    assert disables[1].tolist() == [[0, 0]] * 5
    # By a slip as well as by choice; bumping beside it pays nothing.
    assert grid.pays[0].tolist() == pytest.approx([0.5, 1.0, 0.5, 0, 0])
    assert not grid.pays[1].any()


def test_tiles_and_press_cells_share_one_table() -> None:
    grid = Grid(((PRESS, TILE, Cell("press", restores=0.5)),))
    disables, restores = np.asarray(grid.disables), np.asarray(grid.restores)
    assert disables[0, BUTTON].tolist() == [1, 0, 0]
    assert disables[0, RIGHT].tolist() == [0, 0.25, 0]
    assert restores[2, BUTTON, 2] == 0.5 if restores.ndim == 3 else restores[2, BUTTON] == 0.5


def test_a_door_lets_in_one_way_and_with_its_chance() -> None:
    door = Cell("door", opens=0.25, way="right")
    step = _dense(Grid(((FLOOR, door, FLOOR),)))
    assert step[0, RIGHT].tolist() == [0.75, 0.25, 0]
    assert step[2, LEFT].tolist() == [0, 0, 1]
    assert step[1, LEFT].tolist() == [1, 0, 0]
    assert step[1, RIGHT].tolist() == [0, 0, 1]


def test_any_cell_may_be_a_goal_besides() -> None:
    grid = Grid(((FLOOR, Cell("press", disables=1.0, goal=2.0), GOAL),))
    assert grid.goals == (1, 2)
    assert grid.having("goal") == (2,)


def test_large_maps_are_sparse_and_agree_with_small_ones() -> None:
    side = 20
    rows = [[FLOOR] * side for _ in range(side)]
    rows[3][4], rows[5][5], rows[7][7] = PRESS, TILE, WALL
    grid = Grid(tuple(tuple(row) for row in rows), slip=0.1)
    count = len(grid.cells)
    assert count > DENSE_STATES
    assert sp.issparse(grid.transition)
    assert sp.issparse(grid.disables)
    world = Tabular(grid.transition, grid.disables, 0.9, np.full(count, 1 / count))
    button = grid.cells.index((3, 4))
    assert world.expected_disables[button, BUTTON] == 1.0
    assert world.expected_disables[grid.cells.index((5, 4)), RIGHT] == pytest.approx(0.225)


def test_a_map_of_the_largest_size_stays_small() -> None:
    grid = Grid(((FLOOR,) * 200,) * 200, slip=0.1)
    assert grid.transition_matrix.nnz < 20 * len(grid.cells)


CELLS = st.sampled_from(
    [FLOOR, WALL, GOAL, PRESS, TILE, Cell("door", opens=0.3), Cell("door", way="up")]
)


@given(data=st.data(), slip=st.floats(0, 1))
def test_every_grid_is_a_world(data: st.DataObject, slip: float) -> None:
    width = data.draw(st.integers(1, 4))
    row = st.lists(CELLS, min_size=width, max_size=width).map(tuple)
    grid = Grid(tuple(data.draw(st.lists(row, min_size=1, max_size=4))), slip)
    count = len(grid.cells)
    if count:
        world = Tabular(
            grid.transition, grid.disables, 0.9, np.full(count, 1 / count), grid.restores
        )
        assert np.asarray(world.transition_matrix.sum(axis=1)) == pytest.approx(1.0)
        assert grid.pays.shape == (count, len(grid.action_names))
