"""Every mistake in a level gets one line that points at it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corrigible.errors import UserError
from corrigible.worlds.level import load_level, parse_level

LEVEL = """\
name = "a"
map = '''
#####
#a.b#
#@B.#
#####
'''
[legend]
a = { kind = "goal" }
b = { kind = "goal", pays = 2.0 }
B = { kind = "press", pays = 0.05 }
[world]
discount = 0.9
slip = 0.1
[prior]
kind = "goal"
[overseer]
rate = 0.2
about = "uniform"
mode = "advises"
[truth]
goal = [1, 3]
"""

GRAPH = """\
[graph]
states = ["decide", "quiz", "end"]
actions = ["keep", "press"]
[graph.moves]
decide = "quiz"
quiz = { keep = "end", press = { end = 0.5, quiz = 0.5 } }
[graph.disables]
decide = { press = 1.0 }
[world]
discount = 0.9
start = "decide"
[[prior.hypothesis]]
name = "one"
pays = { quiz = { keep = 1.0 } }
[[prior.hypothesis]]
name = "two"
pays = { quiz = -1.0 }
[overseer]
rate = 1
"""


def _error(text: str, **overrides: object) -> UserError:
    with pytest.raises(UserError) as caught:
        parse_level(text, path="l.toml", overrides=overrides)
    assert "\n" not in str(caught.value)
    return caught.value


def _points_at(text: str, marked: str, error: UserError) -> None:
    """The error's place is where `marked`, with a ^ before the character, stands in the text."""
    offset = text.index(marked.replace("^", "", 1)) + marked.index("^")
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    assert (error.path, error.line, error.column) == ("l.toml", line, column), str(error)


MAP = [
    ("#@B.#", "#@B?#", "#@B^?#", "unknown glyph '\\?'"),
    ("#@B.#", "#@B .#", "#@B^ .#", "a space is no cell"),
    ("#@B.#", "#@\tB#", "#@^\tB#", "a tab is no cell"),
    ("#@B.#", "#@B.#.", "#@B.#^.", "ragged map: this row has 6 cells, the first has 5"),
    ("#@B.#", "#@B.", "#@B.^\n", "ragged map: this row has 4 cells"),
    ("#a.b#\n#@B.#", "#####\n#####", "map = ^'''", "no cell that is no wall"),
    ("#####\n#a.b#\n#@B.#\n#####\n", "", "map = ^'''", "the map is empty"),
    ("#@B.#", "#@B.#" + "." * 300, "#@B.#^.", "ragged"),
    ("#####\n#a", "." * 201 + "\n#a", "." * 200 + "^.\n#a", "at most 200"),
    ("#@B.#\n", "#@B.#\n" + "#...#\n" * 197, "#...#\n^#####", "201 rows; at most 200"),
]

LEGEND = [
    ('a = { kind = "goal" }', 'ab = { kind = "goal" }', "^ab =", "not one visible character"),
    ('a = { kind = "goal" }', "a = 3", "a = ^3", "found an integer"),
    ('a = { kind = "goal" }', 'a = { kind = "gaol" }', '{ kind = ^"gaol"', "did you mean 'goal'"),
    ('a = { kind = "goal" }', 'a = "gaol"', 'a = ^"gaol"', "did you mean 'goal'"),
    ('a = { kind = "goal" }', "a = { pays = 1.0 }", "^a = {", "needs the key 'kind'"),
    ("pays = 2.0", "pay = 2.0", "^pay = 2.0", "did you mean 'pays'"),
    ("pays = 2.0", "disables = 1.0", "^disables", "no key 'disables'"),
    ("pays = 2.0", "pays = nan", "pays = ^nan", "finite number"),
    ("pays = 2.0", "pays = -1e300", "pays = ^-1e300", "at most 1e\\+100"),
    ("pays = 2.0", "pays = true", "pays = ^true", "must be a number, found a boolean"),
    ("pays = 0.05", "disables = 1.5", "disables = ^1.5", "between 0 and 1"),
    ("pays = 0.05", "restores = -1", "restores = ^-1", "between 0 and 1"),
    ("pays = 0.05", "start = 1", "start = ^1", "true or false"),
    ('kind = "press", pays = 0.05', 'kind = "door", way = "north"', '^"north"', "choices are"),
]

WORLD = [
    ("discount = 0.9", "discount = 1", "discount = ^1", "discount is 1; it must be at least 0"),
    ("discount = 0.9", "discount = -0.1", "discount = ^-", "below 1"),
    ("discount = 0.9", "discount = true", "discount = ^true", "found a boolean"),
    ("discount = 0.9", 'discount = "0.9"', 'discount = ^"', "found a string"),
    ("discount = 0.9", "discount = inf", "discount = ^inf", "finite"),
    ("discount = 0.9\n", "", "^[world]", "needs the key 'discount'"),
    ("slip = 0.1", "slip = 1.1", "slip = ^1.1", "between 0 and 1"),
    ("slip = 0.1", "slipp = 0.1", "^slipp", "did you mean 'slip'"),
    ("#@B.#", "#.B.#", "^[world]", "there is no start"),
    ("slip = 0.1", "start = []", "start = ^[]", "there is no start"),
    ("slip = 0.1", "start = [0, 0]", "start = ^[0", "is a wall"),
    ("slip = 0.1", "start = [9, 0]", "start = ^[9", "outside the map; rows go from 0 to 3"),
    ("slip = 0.1", "start = [[1, 1], [1, -1]]", ", ^[1, -1]", "outside the map"),
    ("slip = 0.1", "start = [1, true]", "start = ^[1", "two integers"),
    ("slip = 0.1", 'start = { "1,1" = 0.5 }', "start = ^{", "sum to 0.5, not 1"),
    ("slip = 0.1", 'start = { "7,1" = 1.0 }', '^"7,1"', "no state is called '7,1'"),
    ("slip = 0.1", "start = 1979-05-27", "start = ^1979", "a date or time"),
]

PRIOR = [
    ('kind = "goal"\n[o', 'kind = "gaol"\n[o', 'kind = ^"gaol"', "did you mean 'goal'"),
    ('kind = "goal"\n[o', 'kind = "goal"\nweights = [1]\n[o', "weights = ^[1]", "2 hypotheses"),
    ('kind = "goal"\n[o', "weights = [0, 0]\n[o", "weights = ^[0", "weight 0"),
    ('kind = "goal"\n[o', "weights = [1, -1]\n[o", "[1, ^-1]", "at least 0"),
    ('kind = "goal"\n[o', 'kind = "goals"\n[o', "^[prior]", "needs the key 'k'"),
    ('kind = "goal"\n[o', 'kind = "goals"\nk = 3\n[o', "k = ^3", "between 1 and 2"),
    ('kind = "goal"\n[o', 'kind = "goals"\nk = true\n[o', "k = ^true", "found a boolean"),
    ('kind = "goal"\n[o', 'kind = "list"\n[o', "^[prior]", "no hypotheses"),
    ('kind = "goal"\n[o', 'kind = "list"\nhypothesis = []\n[o', "= ^[]", "no hypotheses"),
    ('kind = "goal"\n[o', 'kind = "normal"\ndraws = 9\n[o', "^[prior]", "needs the key 'key'"),
    ('kind = "goal"\n[o', 'kind = "normal"\nkey = 1\ndraws = 0\n[o', "draws = ^0", "between 1"),
    (
        'kind = "goal"\n[o',
        'kind = "normal"\nkey = 1\ndraws = 2000000\n[o',
        "draws = ^2000000",
        "between 1 and 1000000",
    ),
    (
        'kind = "goal"\n[o',
        'kind = "linear"\nfeatures = ["a", "x"]\nweights = [[1, 2]]\n[o',
        '"a", ^"x"',
        "nothing is drawn or called 'x'",
    ),
    (
        'kind = "goal"\n[o',
        'kind = "linear"\nfeatures = ["a", "b"]\nweights = [[1, 2], [3]]\n[o',
        "[1, 2], ^[3]",
        "there are 2 features",
    ),
    (
        'kind = "goal"\n[o',
        'kind = "linear"\nfeatures = ["a"]\nweights = []\n[o',
        "weights = ^[]",
        "no hypotheses",
    ),
    (
        'kind = "goal"\n[o',
        'kind = "linear"\nfeatures = ["a"]\nweights = [[1], [2]]\nnames = ["x"]\n[o',
        'names = ^["x"]',
        "1 entries; there are 2",
    ),
    (
        'kind = "goal"\n[o',
        'kind = "linear"\nfeatures = ["a"]\nweights = [[1], [2]]\nnames = ["x", 3]\n[o',
        '"x", ^3',
        "a name is text",
    ),
    (
        'kind = "goal"\n[o',
        'kind = "linear"\nfeatures = ["a"]\nweights = [[1], [2]]\nnames = ["x", "x"]\n[o',
        '"x", ^"x"',
        "names two hypotheses",
    ),
    (
        'kind = "goal"\n[o',
        'kind = "list"\n[[prior.hypothesis]]\nreward = [1, 2, nan, 4, 5, 6]\n[o',
        "2, ^nan",
        "finite number",
    ),
    (
        'kind = "goal"\n[o',
        'kind = "list"\n[[prior.hypothesis]]\nreward = [1, 2]\n[o',
        "reward = ^[1",
        "has 2 entries; the world has 6 states",
    ),
    (
        'kind = "goal"\n[o',
        '[[prior.hypothesis]]\npays = { "1,1" = { prss = 1.0 } }\n[o',
        "^prss",
        "did you mean 'press'",
    ),
]

OVERSEER = [
    ("rate = 0.2", "rate = 1.5", "rate = ^1.5", "'rate' is 1.5; a probability must be between"),
    ("rate = 0.2", "rate = -0.1", "rate = ^-0.1", "between 0 and 1"),
    ("rate = 0.2", "rate = nan", "rate = ^nan", "finite"),
    ("rate = 0.2", "rate = true", "rate = ^true", "must be a number, found a boolean"),
    ("rate = 0.2", "rate = [0.2]", "rate = ^[", "found an array"),
    ("rate = 0.2\n", "", "^[overseer]", "needs the key 'rate'"),
    ("rate = 0.2", "rte = 0.2", "^rte", "did you mean 'rate'"),
    ("rate = 0.2", "rate = 0.2\nrate = 0.3", "^rate = 0.3", "set twice \\(first on line 18\\)"),
    ('about = "uniform"', "ask_cost = -1", "ask_cost = ^-1", "at least 0"),
    ('about = "uniform"', "ask_cost = 1", "ask_cost = ^1", "about = .asked."),
    ('about = "uniform"', "rationality = -1", "rationality = ^-1", "at least 0"),
    ('about = "uniform"', 'about = "all"', 'about = ^"all"', "choices are"),
    ('about = "uniform"', 'ties = "first"', 'ties = ^"first"', "choices are"),
    ('mode = "advises"', 'mode = "overrides"', 'about = ^"uniform"', 'must be "current"'),
    ('mode = "advises"', "mode = 3", "mode = ^3", "must be a string"),
]

TRUTH = [
    ("goal = [1, 3]", "goal = [0, 0]", "goal = ^[0, 0]", "is a wall"),
    ("goal = [1, 3]", "goals = [[1, 3], [9, 9]]", "3], ^[9", "outside the map"),
    ("goal = [1, 3]", "hypothesis = 2", "hypothesis = ^2", "between 0 and 1"),
    ("goal = [1, 3]", "hypothesis = false", "hypothesis = ^false", "an integer"),
    ("goal = [1, 3]", 'hypothesis = "goal at 1,2"', '^"goal at 1,2"', "did you mean 'goal at 1,"),
    ("goal = [1, 3]", "goal = [1, 3]\nhypothesis = 0", "^goal = [1, 3]\nhyp", "not both"),
    ("goal = [1, 3]", "world = { discount = 1.0 }", "{ discount = ^1.0", "below 1"),
    ("goal = [1, 3]", "overseer.rate = 2", "overseer.rate = ^2", "between 0 and 1"),
    ("goal = [1, 3]", "overseer = 2", "overseer = ^2", "must be a table"),
    ("goal = [1, 3]", "legend.a.kind = 'wall'", "^[truth]", "states and actions"),
    ("goal = [1, 3]", "graph = {}", "^graph", "no \\[graph\\]"),
    ("goal = [1, 3]", 'pays = { "1,9" = 1 }', '^"1,9"', "no state is called"),
    ("goal = [1, 3]", "reward = [1]", "reward = ^[1]", "6 states"),
    ("goal = [1, 3]", "gaol = [1, 3]", "^gaol", "did you mean 'goal'"),
]

SYNTAX = [
    ("[world]", "[world", "[world^\n", "not TOML"),
    ("discount = 0.9", "discount = ", "discount = ^\n", "not TOML"),
    ("[prior]", "[world]", "^[world]\nkind", "world is set twice \\(first on line 12\\)"),
    ('name = "a"', 'nmae = "a"', "^nmae", "did you mean 'name'"),
    ('name = "a"', "name = 5", "name = ^5", "must be a string"),
    ('name = "a"', 'name = "\\ud800"', 'name = "\\ud800^"', "not TOML"),
    ('name = "a"', "discount = " + "9" * 5000, "^discount", "not TOML"),
    ("[legend]", "[legend]\n[graph]", "^[graph]", "not both"),
]


@pytest.mark.parametrize(
    ("old", "new", "marked", "says"),
    [*MAP, *LEGEND, *WORLD, *PRIOR, *OVERSEER, *TRUTH, *SYNTAX],
)
def test_the_error_points_at_the_mistake(old: str, new: str, marked: str, says: str) -> None:
    assert LEVEL.count(old) >= 1
    text = LEVEL.replace(old, new, 1)
    error = _error(text)
    assert re.search(says, error.message), str(error)
    _points_at(text, marked, error)


GRAPHS = [
    ('"quiz", "end"]', '"quiz", "quiz"]', ', ^"quiz"]', "listed twice"),
    ('"quiz", "end"]', '"quiz", "*"]', '^"*"', "not '\\*'"),
    ('["keep", "press"]', "[]", "actions = ^[]", "has 0 names"),
    ('["keep", "press"]', "3", "actions = ^3", "found an integer"),
    ('decide = "quiz"', 'decid = "quiz"', "^decid =", "did you mean 'decide'"),
    ('decide = "quiz"', 'decide = "quit"', '^"quit"', "did you mean 'quiz'"),
    ('decide = "quiz"', "decide = 1", "decide = ^1", "must be a table"),
    ("quiz = { keep", "quiz = { kep", "^kep =", "did you mean 'keep'"),
    ("end = 0.5, quiz", "end = 0.6, quiz", "press = ^{ end", "sum to 1.1, not 1"),
    ("end = 0.5, quiz", "end = -0.5, quiz", "end = ^-0.5", "between 0 and 1"),
    ("decide = { press = 1.0 }", "decide = { press = 2.0 }", "press = ^2.0", "between 0 and 1"),
    ("decide = { press = 1.0 }", "decide = 1.0", "decide = ^1.0", "must be a table"),
    ("decide = { press = 1.0 }", "decide = { press = { x = 1.0 } }", "^x = 1.0", "no state"),
    ('start = "decide"', 'start = "decode"', 'start = ^"decode"', "did you mean 'decide'"),
    ('start = "decide"\n', "", "^[world]", "there is no start; write start"),
    ('start = "decide"', "start = 0", "start = ^0", "a state's name"),
    ('start = "decide"', "slip = 0.1", "^slip", "no key 'slip'"),
    ("keep = 1.0", "keep = nan", "keep = ^nan", "finite"),
    ('name = "two"', 'name = "one"', '"one"\npays = { quiz = { keep = 1.0 } }\n', "two hypoth"),
    ('name = "two"', 'name = "two"\nreward = [1, 2, 3]', "^pays = { quiz = -1", "not both"),
    ('name = "two"', "weight = -1", "weight = ^-1", "at least 0"),
    ("[graph.disables]", "[graph.disable]", "^[graph.disable]", "did you mean 'disables'"),
    ("rate = 1", "rate = 1\n[legend]", "^[legend]", "there is none"),
    ("rate = 1", "rate = 1\n[truth]\nlegend = {}", "^legend", "no map"),
    ("rate = 1", "rate = 1\n[truth]\ngoal = [0, 0]", "goal = ^[0", "a state's name"),
]


@pytest.mark.parametrize(("old", "new", "marked", "says"), GRAPHS)
def test_the_error_points_at_the_mistake_in_a_graph(
    old: str, new: str, marked: str, says: str
) -> None:
    text = GRAPH.replace(old, new, 1)
    error = _error(text)
    assert re.search(says, error.message), str(error)
    if "^" in marked:
        _points_at(text, marked, error)


def test_the_levels_that_the_mistakes_are_made_in_are_sound() -> None:
    assert parse_level(LEVEL).action_names[-1] == "press"
    assert parse_level(GRAPH).world.label(1) == "quiz"


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("overseer.rate", "2", "--overseer.rate: 'rate' is 2"),
        ("overseer.rate", "fast", "--overseer.rate: 'rate' must be a number, found a string"),
        ("overseer.rat", ".1", "--overseer.rat: .* did you mean 'rate'"),
        ("overseer.mode", "overrides", 'must be "current"'),
        ("oversear.rate", "1", "--oversear.rate: .* did you mean 'overseer'"),
        ("world.discount", "1", "--world.discount: discount is 1"),
        ("name.x", "1", "--name.x: 'name' holds no keys"),
        ("prior.kind.x.y", "1", "'kind' holds no keys"),
        ("map", "ab\nc", "--map: unknown glyph|--map: ragged"),
        ("", "1", "not a key"),
        ("overseer.rate", float("nan"), "--overseer.rate: 'rate' is nan"),
        ("overseer.rate", True, "--overseer.rate: .* found a boolean"),
        ("overseer.rate", object(), "--overseer.rate: "),
    ],
)
def test_an_error_about_a_flag_names_the_flag(key: str, value: object, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        parse_level(LEVEL, path="l.toml", overrides={key: value})
    if "current" not in says:
        assert caught.value.line is None


def _file(folder: Path, content: bytes) -> UserError:
    path = folder / "l.toml"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_level(path)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_level_of_ten_megabytes_is_not_read(tmp_path: Path) -> None:
    error = _file(tmp_path, b"# " + b"x" * (10 << 20))
    assert "more than 1,048,576 bytes" in str(error)


def test_bytes_that_are_not_text_are_placed(tmp_path: Path) -> None:
    error = _file(tmp_path, b"# one\n# tw\xff\n")
    assert (error.line, error.column) == (2, 5)
    assert "0xff is not UTF-8" in str(error)


def test_windows_files_are_read_and_placed(tmp_path: Path) -> None:
    path = tmp_path / "l.toml"
    path.write_bytes(b"\xef\xbb\xbf" + LEVEL.replace("\n", "\r\n").encode())
    assert load_level(path).cells == parse_level(LEVEL).cells
    error = _file(
        tmp_path, b"\xef\xbb\xbf" + LEVEL.replace("B.#", "?.#").replace("\n", "\r\n").encode()
    )
    assert (error.line, error.column) == (5, 3)


@pytest.mark.parametrize("margin", ["  ", "\t", "\t \t"])
def test_an_indented_map_is_the_same_map(margin: str) -> None:
    start, end = LEVEL.index("#####"), LEVEL.index("'''\n[leg")
    rows = LEVEL[start:end].splitlines()
    text = LEVEL[:start] + "\n".join(f"{margin}{row} \t" for row in rows) + "\n" + LEVEL[end:]
    assert parse_level(text).cells == parse_level(LEVEL).cells
    bad = text.replace("B.#", "?.#")
    _points_at(bad, "@^?", _error(bad))


@pytest.mark.parametrize("name", ["nowhere", "no/where.toml", "a\0b", "twinns", "\udcff.toml", ""])
def test_a_level_that_does_not_exist_is_one_line(name: str) -> None:
    with pytest.raises(UserError) as caught:
        load_level(name)
    assert str(caught.value).isprintable()
    if name == "twinns":
        assert "did you mean 'twins'" in str(caught.value)


def test_a_folder_is_no_level(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="directory"):
        load_level(tmp_path)


@pytest.mark.parametrize("count", [50, 5000, 100_000])
def test_deep_nesting_is_an_error_and_no_crash(count: int) -> None:
    assert "\n" not in str(_error("x = " + "[" * count))
    assert "\n" not in str(_error("x = " + "[" * count + "]" * count))
    assert "\n" not in str(_error("x = " + "{a=" * count))


def test_a_hostile_name_stays_one_printable_line() -> None:
    text = LEVEL.replace("[prior]", '["\\u001b[31m\\n</script>"]')
    assert str(_error(text)).isprintable()


def test_a_key_of_very_many_parts_is_refused_at_once() -> None:
    error = _error("name = 'x'\na" + ".a" * 400_000 + " = 1")
    assert (error.line, error.column) == (2, 65)
    assert "more than 32 parts" in error.message
