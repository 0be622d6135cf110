"""`--json`: one object a command, as its committed schema says."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from corrigible.cli.main import COMMANDS

HEAD = ["schema", "command", "version", "seed", "settings_hash"]


def schema_of(command: str) -> Any:
    folder = resources.files("corrigible.cli") / "schemas"
    return json.loads((folder / f"{command}.json").read_text(encoding="utf-8"))


def check(answer: dict[str, Any]) -> dict[str, Any]:
    schema = schema_of(answer["command"])
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(answer, schema, jsonschema.Draft202012Validator)
    _no_stray_keys(answer, schema)
    assert list(answer)[:5] == HEAD
    return answer


def _no_stray_keys(value: Any, schema: dict[str, Any]) -> None:
    """Every key that comes out is one that the schema speaks of."""
    if "anyOf" in schema:
        schema = next(s for s in schema["anyOf"] if s["type"] != "null")
    if isinstance(value, dict):
        if "additionalProperties" in schema:
            return
        assert set(value) == set(schema["properties"])
        for key, part in value.items():
            _no_stray_keys(part, schema["properties"][key])
    elif isinstance(value, list):
        for part in value:
            _no_stray_keys(part, schema["items"])


def test_every_command_has_a_schema() -> None:
    folder = resources.files("corrigible.cli") / "schemas"
    assert {Path(entry.name).stem for entry in folder.iterdir()} == set(COMMANDS)
    for name in COMMANDS:
        assert schema_of(name)["required"][:5] == HEAD


def test_init(call, tmp_path: Path) -> None:
    path = tmp_path / "a level.toml"
    answer = check(call("init", path, "--json").json)
    assert answer["path"] == str(path)
    assert answer["name"] == "a level"
    assert "\nrate = " in path.read_text(encoding="utf-8")
    certificate = check(call("certify", path, "--json").json)
    assert certificate["level"] == "a level"
    assert certificate["verdict"] not in ("nothing to disable", "forced")


def test_certify(call, small: Path) -> None:
    answer = check(call("certify", small, "--json", "--seed", "7").json)
    assert answer["seed"] == 7
    assert answer["level"] == "small"
    assert answer["verdict"] in ("keeps", "disables", "indifferent")
    ledger = answer["ledger"]
    whole = ledger["direct"] + ledger["path"] + ledger["information"] + ledger["control"]
    middle = (answer["margin_lower"] + answer["margin_upper"]) / 2
    assert whole == pytest.approx(middle, abs=1e-9)
    assert ledger["gap"] == pytest.approx(answer["margin_upper"] - answer["margin_lower"])


def test_certify_where_nothing_can_be_disabled(call, small: Path) -> None:
    answer = check(call("certify", small, "--legend.B.disables", "0", "--json").json)
    assert answer["verdict"] == "nothing to disable"
    assert answer["margin_lower"] is None
    assert set(answer["ledger"].values()) == {None}
    assert answer["bribe"] == [None, None]


def test_a_flag_changes_the_level(call, small: Path) -> None:
    kept = call("certify", small, "--json").json
    again = call("certify", small, "--json").json
    seldom = check(call("certify", small, "--json", "--overseer.rate", ".05").json)
    dear = check(call("certify", small, "--json", "--legend.B.pays=50").json)
    assert kept["settings_hash"] == again["settings_hash"]
    assert len({x["settings_hash"] for x in (kept, seldom, dear)}) == 3
    assert dear["verdict"] == "disables"
    assert seldom["margin_lower"] < kept["margin_lower"]
    assert kept["margin_lower"] == again["margin_lower"]


def test_infer(call, small: Path, corrections: Path) -> None:
    answer = check(call("infer", small, corrections, "--json").json)
    assert answer["corrections"] == 2
    assert answer["alarms"] == []
    assert sum(h["posterior"] for h in answer["hypotheses"]) == pytest.approx(1.0)
    assert answer["entropies"]["reward"] <= answer["entropies_prior"]["reward"]
    assert answer["vpi"] <= answer["vpi_prior"]
    for row in answer["policy"]:
        assert sum(row) == pytest.approx(1.0)


def test_infer_from_nothing_is_the_prior(call, small: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", encoding="utf-8")
    answer = check(call("infer", small, empty, "--json").json)
    assert answer["entropies"] == answer["entropies_prior"]


@pytest.mark.parametrize("agent", ["bayes", "mean-reward", "map", "thompson", "always-obey"])
def test_run(call, small: Path, agent: str) -> None:
    words = ("run", small, "--agent", agent, "--steps", 6, "--episodes", 3, "--json")
    answer = check(call(*words).json)
    assert len(answer["episode"]) == 6
    assert check(call(*words).json) == answer
    returned, best = answer["outcome"]["return_mean"], answer["outcome"]["best_return"]
    assert answer["outcome"]["regret_mean"] == pytest.approx(best - returned)
    assert (answer["judged"] is None) == (agent in ("thompson", "always-obey"))


def test_seeds_differ(call, small: Path) -> None:
    words = ("run", small, "--agent", "map", "--steps", 30, "--json", "--seed")
    episodes = [call(*words, seed).json["episode"] for seed in range(4)]
    assert any(episode != episodes[0] for episode in episodes)


def test_asking_and_overriding_are_recorded(call, small: Path) -> None:
    asked = ("--overseer.about", "asked", "--overseer.ask_cost", "0.01")
    answer = check(call("run", small, *asked, "--steps", 10, "--json").json)
    assert any(step["asked"] is not None for step in answer["episode"])
    assert answer["outcome"]["ask_costs_mean"] > 0
    forced = ("--overseer.about", "current", "--overseer.mode", "overrides")
    answer = check(call("run", small, *forced, "--json", "--agent", "map").json)
    assert any(step["correction"] for step in answer["episode"])


def test_doctor(call) -> None:
    answer = check(call("doctor", "--json").json)
    assert answer["ok"]
    assert {extra["name"] for extra in answer["extras"]} >= {"gym", "testing"}
    assert all(version for version in answer["versions"].values())


def test_zoo_of_one(call, tmp_path: Path) -> None:
    path = tmp_path / "pictures" / "a.svg"
    answer = check(call("zoo", "school", "--json", "--picture", path).json)
    assert answer["picture"] == str(path)
    assert path.read_text(encoding="utf-8").startswith("<svg")
    assert {row["name"] for row in answer["cases"]} == {"school"}
    assert all(row["agrees"] for row in answer["cases"])
    assert check(call("zoo", "school", "--json", "--picture", path).json) == answer


def test_zoo_of_all(call, monkeypatch: pytest.MonkeyPatch) -> None:
    from corrigible import zoo

    monkeypatch.setitem(zoo.__dict__, "NAMES", ("coin-human", "toggle"))
    answer = check(call("zoo", "--json").json)
    assert [story["name"] for story in answer["stories"]] == ["coin-human", "toggle"]
    assert answer["picture"] is None


def test_demo_of_all_levels(call, monkeypatch: pytest.MonkeyPatch) -> None:
    from corrigible.worlds import level

    monkeypatch.setattr(level, "shipped_levels", lambda: ("twins", "lock-2", "off-switch"))
    answer = check(call("demo", "--levels", "--json", "--budget", 10).json)
    assert [case["level"] for case in answer["cases"]] == ["twins", "lock-2", "off-switch"]
    assert {case["verdict"] for case in answer["cases"]} == {"keeps"}
    assert answer["snapshot"] is None
