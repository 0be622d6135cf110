"""The commands about a level whose prior has a density."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from corrigible.planners import certify
from corrigible.worlds import load_level
from tests.cli.conftest import Answer
from tests.cli.test_json import check

LEVEL = """\
name = "unknown"
map = '''
####
#B.#
####
'''
[legend]
B = { kind = "press", pays = 0.5, disables = 1.0, start = true }
[world]
discount = 0.8
[prior]
kind = "normal"
scale = 3.0
[overseer]
rate = 0.5
ties = "ordered"
"""


@pytest.fixture
def level(tmp_path: Path) -> Path:
    path = tmp_path / "unknown.toml"
    path.write_text(LEVEL)
    return path


def test_certify_prints_the_interval_that_the_library_computes(
    call: Callable[..., Answer], level: Path
) -> None:
    answer = check(call("certify", str(level), "--seed", "4", "--json").json)
    found = certify(load_level(level).problem, key=4)
    assert found.sampling is not None
    assert (answer["margin_lower"], answer["margin_upper"]) == (
        found.margin_lower,
        found.margin_upper,
    )
    assert answer["sampling"] == {"confidence": 0.99, "draws": 2048, "batches": 8}
    assert answer["bribe"] == [None, None]
    assert "99% interval from 2,048 draws" in call("certify", str(level)).out


def test_a_page_needs_a_list_of_rewards(call: Callable[..., Answer], level: Path) -> None:
    answer = call("certify", str(level), "--report")
    assert answer.status == 2 and "draws = 64" in answer.err
    assert len(answer.err.strip().splitlines()) == 1


def test_infer_samples_and_says_how(
    call: Callable[..., Answer], level: Path, tmp_path: Path
) -> None:
    path = tmp_path / "heard.jsonl"
    path.write_text('{"at":[1,1],"action":"right"}\n')
    words = (
        "infer",
        str(level),
        str(path),
        "--overseer.rationality",
        "1",
        "--overseer.ties",
        "uniform",
    )
    answer = check(call(*words, "--seed", "2", "--json").json)
    assert answer["hypotheses"] == [] and answer["entropies"]["reward"] is None
    assert answer["sampling"]["draws"] == 1000 and answer["sampling"]["r_hat_max"] < 1.01
    mean = answer["reward_mean"]
    # Moving on was right, so what lies there is thought the better; the button pays .5 openly.
    assert mean[1][0] > mean[0][0] + 1.0
    assert mean[0][5] - mean[0][4] == pytest.approx(0.5)
    assert "1,000 draws by chains in values" in call(*words).out


def test_run_plans_on_draws_and_says_so(call: Callable[..., Answer], level: Path) -> None:
    answer = call("run", str(level), "--steps", "4", "--no-report", "--json")
    check(answer.json)
    assert "planned on 64 draws of it (seed 0)" in answer.err


def test_demo_shows_any_level(call: Callable[..., Answer], level: Path) -> None:
    answer = call("demo", str(level), "--budget", "5", "--json")
    fields = check(answer.json)
    assert fields["cases"][0]["level"] == "unknown"
    assert fields["next"][0] == f"corrigible certify {level} --report"
    assert "planned on 64 draws" in answer.err


def test_demo_of_all_levels_is_of_no_other(call: Callable[..., Answer]) -> None:
    answer = call("demo", "twins", "--levels")
    assert answer.status == 2 and "'twins'" in answer.err
