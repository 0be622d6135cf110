"""What a level means: world, prior, overseer, truth, flags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from corrigible.errors import UserError
from corrigible.overseers import Absent, HandOfGod
from corrigible.worlds import load_level as lazy_load_level
from corrigible.worlds.level import Level, level_template, load_level, parse_level

BASE = """\
map = '''
#####
#a.b#
#@B.#
#####
'''
[legend]
a = "goal"
b = { kind = "goal", pays = 2.0 }
B = { kind = "press", pays = 0.5 }
[world]
discount = 0.9
"""
HAND = "[overseer]\nrate = 0.25\n"


def _level(extra: str = "", hand: str = HAND) -> Level:
    return parse_level(BASE + hand + extra)


def test_a_level_is_a_world_a_problem_and_a_truth() -> None:
    level = _level()
    assert level.cells == ((1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3))
    assert level.state_of[(2, 2)] == 4
    assert level.action_names == ("up", "right", "down", "left", "stay", "press")
    assert level.world is level.problem.world
    assert level.world.start.tolist() == [0, 0, 0, 1, 0, 0]
    assert level.world.label(4) == "2,2"
    assert level.rows == ("#####", "#a.b#", "#@B.#", "#####")
    assert level.problem.overseer == HandOfGod(rate=0.25)
    assert level.truth.world is level.world
    assert level.hypotheses == ("goal at 1,1", "goal at 1,3")


def test_goals_pay_on_every_action_and_buttons_pay_under_every_hypothesis() -> None:
    rewards = _level().problem.rewards
    assert rewards.shape == (2, 6, 6)
    assert rewards[0, 0].tolist() == [1] * 6
    assert rewards[1, 2].tolist() == [2] * 6
    assert rewards[:, 4].tolist() == [[0, 0, 0, 0, 0, 0.5]] * 2
    assert not rewards[0, 2].any()


def test_the_name_is_the_key_or_the_stem(tmp_path: Path) -> None:
    path = tmp_path / "some room.toml"
    path.write_text(BASE + HAND)
    assert load_level(path).name == "some room"
    path.write_text('name = "x"\n' + BASE + HAND)
    assert load_level(str(path)).name == "x"
    assert lazy_load_level is load_level


def test_a_file_comes_before_a_shipped_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(load_level("twins").cells) == 9
    Path("twins").write_text(BASE + HAND)
    assert len(load_level("twins").cells) == 6


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[1, 1]", [1, 0, 0, 0, 0, 0]),
        ('"2,3"', [0, 0, 0, 0, 0, 1]),
        ("[[1, 1], [2, 3]]", [0.5, 0, 0, 0, 0, 0.5]),
        ('{ "1,1" = 0.25, "1,2" = 0.75 }', [0.25, 0.75, 0, 0, 0, 0]),
        ('"anywhere"', [1 / 6] * 6),
    ],
)
def test_starts(written: str, expected: list[float]) -> None:
    level = parse_level(BASE + f"start = {written}\n" + HAND)
    assert level.world.start == pytest.approx(expected)


def test_priors_of_every_kind() -> None:
    assert _level('[prior]\nkind = "goals"\nk = 2').problem.rewards.shape[0] == 1
    weighted = _level("[prior]\nweights = [1, 3]").problem.prior
    assert np.asarray(weighted.weights) == pytest.approx([0.25, 0.75])
    linear = _level('[prior]\nkind = "linear"\nfeatures = ["a", "b"]\nweights = [[1, 0], [2, 3]]')
    assert linear.problem.rewards[1, :, 0].tolist() == [2, 0, 3, 0, 0, 0]
    assert linear.hypotheses == ("weights 1 0", "weights 2 3")
    named = 'kind = "linear"\nfeatures = ["a"]\nweights = [[1], [2]]\nnames = ["one", "two"]'
    assert _level(f"[prior]\n{named}").hypotheses == ("one", "two")
    rows = _level(
        '[prior]\nkind = "linear"\nfeatures = [[1], [2], [3], [4], [5], [6]]\nweights = [[2]]'
    )
    assert rows.problem.rewards[0, :, 0].tolist() == [2, 4, 6, 8, 10, 12]
    normal = '[prior]\nkind = "normal"\ndraws = 3\nkey = 5\nper = "action"'
    assert (_level(normal).problem.rewards == _level(normal).problem.rewards).all()
    unpaid = {"legend.B.pays": 0.0}
    per_state = parse_level(BASE + HAND + normal.replace("action", "state"), overrides=unpaid)
    assert per_state.problem.prior.hypotheses.shape == (3, 6)
    listed = _level(
        '[[prior.hypothesis]]\nname = "x"\nweight = 3\npays = { "*" = 1.0, "1,1" = { up = 2.0 } }\n'
        "[[prior.hypothesis]]\nreward = [1, 2, 3, 4, 5, 6]\n"
    )
    assert listed.hypotheses == ("x", "hypothesis 1")
    assert np.asarray(listed.problem.prior.weights) == pytest.approx([0.75, 0.25])
    assert listed.problem.rewards[0, 0].tolist() == [2, 0, 0, 0, 0, 0]
    assert listed.problem.rewards[0, 4].tolist() == [1, 1, 1, 1, 1, 1.5]


def test_overseers() -> None:
    hand = (
        '[overseer]\nrate = 1\nrationality = 2\nabout = "asked"\nask_cost = 0.1\nties = "ordered"'
    )
    assert _level(hand=hand).problem.overseer == HandOfGod(
        rate=1.0, rationality=2.0, about="asked", ask_cost=0.1, ties="ordered"
    )
    assert _level(hand="[overseer]\nrate = 1\nrationality = inf").problem.overseer.rate == 1
    assert _level(hand='[overseer]\nkind = "absent"').problem.overseer == Absent()


def test_the_truth_is_the_first_hypothesis_of_what_is_assumed_unless_it_says_otherwise() -> None:
    level = _level()
    assert (level.truth.reward == level.problem.rewards[0]).all()
    for extra in ("[truth]\nhypothesis = 1", "[truth]\ngoal = [1, 3]", "[truth]\ngoals = [[1, 3]]"):
        assert (_level(extra).truth.reward == level.problem.rewards[1]).all()
    both = _level('[truth]\npays = { "1,2" = 7.0 }').truth.reward
    assert both[1].tolist() == [7] * 6
    assert both[4, 5] == 0.5


def test_the_truth_replaces_single_keys_and_the_agent_never_sees_it() -> None:
    extra = """
[truth]
hypothesis = "goal at 1,3"
world.slip = 0.5
overseer = { rate = 1.0, rationality = 3.0 }
legend.B.pays = -1.0
"""
    level, plain = _level(extra), _level()
    assert (level.problem.rewards == plain.problem.rewards).all()
    assert level.problem.overseer == plain.problem.overseer
    assert level.world.transition_matrix.nnz < level.truth.world.transition_matrix.nnz
    assert level.truth.world.discount == 0.9
    assert level.truth.overseer == HandOfGod(rate=1.0, rationality=3.0)
    assert level.truth.reward[4, 5] == -1.0
    assert level.truth.reward[2].tolist() == [2] * 6


def test_flags_replace_single_keys() -> None:
    level = parse_level(
        BASE + HAND,
        overrides={
            "overseer.rate": ".125",
            "legend.B.pays": 2,
            "world.start": "[1, 1]",
            "world.slip": np.float64(0.5),
            "overseer.rationality": "inf",
            "truth.overseer.rate": "1",
            "name": "7",
            'legend.".".goal': "1.0",
        },
    )
    assert level.problem.overseer.rate == 0.125
    assert level.truth.overseer.rate == 1.0
    assert level.world.disables.shape == (6, 6)
    assert level.world.start[0] == 1.0
    assert level.problem.rewards[0, 4, 5] == 2.0
    assert level.name == "7"
    assert level.settings["overseer"]["rate"] == 0.125
    listed = "[[prior.hypothesis]]\nweight = 1\n[[prior.hypothesis]]\n"
    flags = {"prior.hypothesis.1.weight": "3"}
    weighted = parse_level(BASE + HAND + listed, overrides=flags).problem.prior
    assert np.asarray(weighted.weights) == pytest.approx([0.25, 0.75])


def test_a_graph_may_disable_by_where_a_step_leads() -> None:
    level = parse_level("""
[graph]
states = ["a", "b", "c"]
actions = ["x", "y", "z"]
[graph.moves]
a = { x = { b = 0.5, c = 0.5 }, "*" = "b" }
b = "c"
[graph.disables]
a = { x = { b = 1.0 }, "*" = 0.25 }
[graph.restores]
c = { z = 0.5 }
[graph.pays]
a = { "*" = 1.0, x = 2.0 }
[world]
discount = 0.5
start = { a = 0.5, b = 0.5 }
[[prior.hypothesis]]
[overseer]
rate = 1
""")
    world = level.world
    assert world.expected_disables.tolist() == [[0.5, 0.25, 0.25], [0, 0, 0], [0, 0, 0]]
    assert world.back_matrix.toarray()[8].tolist() == [0, 0, 0.5]
    assert world.dense()[0, 0].tolist() == [0, 0.5, 0.5]
    assert world.dense()[2, 1].tolist() == [0, 0, 1]
    assert level.problem.rewards[0].tolist() == [[2, 1, 1], [0, 0, 0], [0, 0, 0]]
    assert level.cells == ()
    assert level.world.index("c") == 2


@given(st.text(max_size=30))
def test_the_template_is_a_level_whatever_it_is_called(stem: str) -> None:
    level = parse_level(level_template(stem))
    assert level.name == "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in stem)
    assert level.world.expected_disables.max() == 1.0


def test_the_template_has_its_keys_on_lines_of_their_own() -> None:
    lines = level_template("x").splitlines()
    assert lines.count('name = "x"') == 1
    assert sum(line.startswith("rate = ") for line in lines) == 1


SNIPPETS = [
    *(BASE + HAND + level_template("x")).splitlines(),
    "map = '''",
    "[graph]",
    'states = ["a"]',
    "[graph.moves]",
    'a = { x = "a" }',
    "[[prior.hypothesis]]",
    "[truth.world]",
    "= 3",
    "x.y.z = [1, {a = 2}]",
    'k = """',
    "\t",
    "rate = nan",
    "start = [1, 1]",
]


@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(st.sampled_from(SNIPPETS), max_size=30).map("\n".join),
        st.tuples(
            st.integers(0, 600), st.integers(0, 20), st.text(max_size=5), st.just(BASE + HAND)
        ).map(lambda cut: cut[3][: cut[0]] + cut[2] + cut[3][cut[0] + cut[1] :]),
    )
)
def test_random_text_is_a_level_or_an_error_with_a_place(text: str) -> None:
    try:
        level = parse_level(text, path="l.toml")
    except UserError as error:
        assert error.path == "l.toml"
        assert error.line is not None
        assert error.column is not None
        assert str(error).isprintable()
    else:
        assert isinstance(level, Level)


@given(st.sampled_from(["twins", "school"]), st.text(max_size=12), st.text(max_size=8))
def test_random_flags_are_a_level_or_an_error(name: str, key: str, value: str) -> None:
    for path in (key, f"overseer.{key}", f"prior.{key}", "overseer.rate", "world.start", "map"):
        try:
            load_level(name, {path: value})
        except UserError as error:
            assert str(error).isprintable()


def _open(side: int, glyph: str) -> str:
    rows = "\n".join([glyph * side] * side)
    return (
        f"map = '''\n{rows}\n'''\nlegend.o = 'goal'\nworld = {{ discount = 0.9, start = [0, 0] }}\n"
    )


def test_a_map_of_the_largest_size_is_read() -> None:
    level = parse_level(_open(200, ".") + "[[prior.hypothesis]]\n" + HAND)
    assert level.world.n_states == 40_000
    assert sp.issparse(level.world.transition)


def test_too_many_numbers_are_refused_before_they_are_held() -> None:
    with pytest.raises(UserError, match=r"l.toml:105:1: \[prior\] .* at most 50,000,000"):
        parse_level(_open(100, "o") + "[prior]\n" + HAND, path="l.toml")
    with pytest.raises(UserError, match=r"184,759,510,160 hypotheses|at most 1,000,000"):
        parse_level(_open(10, "o") + "[prior]\nkind = 'goals'\nk = 10\n" + HAND)
