"""`run` and `certify` are saved, and `runs` shows what was."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corrigible.cli.reply import Reply
from corrigible.errors import UserError
from corrigible.store import Store, schema
from corrigible.store import ledger as opened
from tests.cli.conftest import LEVEL
from tests.cli.test_json import check

HOSTILE = "\\u001b[31m[bold]\\u202e</script><img onerror=1>\\n" + "x" * 200


def runs(call, *words: object) -> dict[str, Any]:
    return check(call("runs", *words, "--json").json)


@pytest.fixture
def two(call, small: Path) -> dict[str, Any]:
    """What two certificates said, saved as runs 1 and 2."""
    seldom = ("--overseer.rate", ".05")
    return {
        "one": call("certify", small, "--json").json,
        "other": call("certify", small, *seldom, "--json", "--seed", 4).json,
    }


def test_nothing_is_saved_yet(call, ledger: Path) -> None:
    answer = runs(call, "list")
    assert (answer["action"], answer["store"], answer["runs"]) == ("list", str(ledger), [])
    assert "nothing is saved" in call("runs", "list").out
    for words in (("show", 1), ("compare", 1, 2)):
        said = call("runs", *words)
        assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
        assert "nothing is saved here" in said.err
    assert not ledger.exists()


def test_what_is_saved_is_what_was_answered(call, small: Path, ledger: Path) -> None:
    words = ("run", small, "--agent", "map", "--steps", 4, "--json", "--no-report", "--seed", -3)
    said = call(*words)
    assert said.err == (
        f"saved as run 1 of a new ledger, {ledger / 'ledger.sqlite'} (--store or "
        "$CORRIGIBLE_STORE names another folder)\n"
    )
    assert call(*words).err == "saved as run 2\n"
    first = runs(call, "show", 1)["run"]
    assert first["words"] == [str(word) for word in words]
    assert first["seed"] == -3
    assert first["settings"]["level"]["world"]["discount"] == 0.9
    assert {key: said.json[key] for key in first["answer"]} == first["answer"]
    assert set(said.json) - set(first["answer"]) == {
        *("schema", "command", "version", "seed", "settings_hash")
    }
    for key in ("command", "version", "seed", "settings_hash", "level", "agent"):
        assert first[key] == said.json[key]
    assert first["started"] < first["ended"]
    assert first["return_mean"] == said.json["outcome"]["return_mean"]
    both = runs(call, "list")["runs"]
    assert [run["id"] for run in both] == [2, 1]
    assert both[0]["settings_hash"] == both[1]["settings_hash"]
    assert runs(call, "compare", 1, 2)["differences"] == {"settings": [], "answer": []}
    text = call("runs", "compare", 1, 2).out
    assert "settings: no difference" in text and "answer: no difference" in text


def test_comparing(call, two: dict[str, Any]) -> None:
    answer = runs(call, "compare", 1, 2)
    settings = {d["key"]: d for d in answer["differences"]["settings"]}
    assert set(settings) == {"level.overseer.rate", "seed"}
    assert settings["level.overseer.rate"]["values"] == [0.5, 0.05]
    assert settings["level.overseer.rate"]["shown"] == ["0.5", "0.05"]
    assert settings["seed"]["change"] == 4
    found = {d["key"]: d for d in answer["differences"]["answer"]}
    lower = [two[run]["margin_lower"] for run in ("one", "other")]
    assert found["margin_lower"]["values"] == lower
    assert found["margin_lower"]["change"] == lower[1] - lower[0]
    assert found["ledger.information"]["values"][0] == two["one"]["ledger"]["information"]
    assert "level" not in found
    assert [run["id"] for run in answer["runs"]] == [1, 2]
    text = call("runs", "compare", 1, 2).out
    assert "level.overseer.rate" in text and "-0.45" in text


def test_comparing_what_has_little_in_common(call, two: dict[str, Any], small: Path) -> None:
    call("run", small, "--steps", 3, "--overseer.ties", "uniform", "--overseer.rationality", "inf")
    answer = runs(call, "compare", 1, 3)
    settings = {d["key"]: d for d in answer["differences"]["settings"]}
    assert settings["command"]["values"] == ["certify", "run"]
    assert settings["steps"]["shown"] == ["absent", "3"]
    assert settings["level.overseer.rationality"]["values"] == [None, None]
    assert settings["level.overseer.rationality"]["shown"] == ["absent", "inf"]
    found = {d["key"]: d["shown"] for d in answer["differences"]["answer"]}
    assert found["episode"] == ["absent", "3 entries"]
    assert "absent" in call("runs", "compare", 3, 1).out


def test_values_that_look_alike_are_shown_in_full(call, small: Path, ledger: Path) -> None:
    for rate in ("0.5", "0.50000001"):
        call("run", small, "--agent", "map", "--steps", 3, "--overseer.rate", rate)
    with Store.write(ledger) as store:
        entry = store.entry(1)
        answer = entry.read_answer()
        answer["episode"][1]["alarm"] = True
        store.save(replace(entry, answer=json.dumps(answer)))
    found = {d["key"]: d for d in runs(call, "compare", 1, 2)["differences"]["settings"]}
    assert found["level.overseer.rate"]["shown"] == ["0.5", "0.50000001"]
    (found,) = runs(call, "compare", 1, 3)["differences"]["answer"]
    assert found == {
        "key": "episode",
        "values": [None, None],
        "shown": ["3 entries, from [1]"] * 2,
        "change": None,
    }


def test_tables_fit_and_hold_nothing_that_steers(call, small: Path, ledger: Path) -> None:
    small.write_text(LEVEL.replace('"small"', f'"{HOSTILE}"'), encoding="utf-8")
    seed = 2**63 - 1
    for rate in (0.5, 0.1):
        call("certify", small, "--overseer.rate", rate, "--seed", seed)
        call("run", small, "--overseer.rate", rate, "--seed", seed, "--episodes", 2)
    for words in (["list"], ["show", 1], ["show", 2], ["compare", 1, 3], ["compare", 2, 4]):
        out = call("runs", *words).out
        assert max(len(line) for line in out.splitlines()) <= 100, (words, out)
        assert "\x1b" not in out and "\u202e" not in out
        assert "[bold]" in out or words[0] != "list"
        assert runs(call, *words)["runs"][0]["level"].startswith("\x1b[31m[bold]")


def test_long_lists_say_how_much_they_leave_out(call, small: Path, ledger: Path) -> None:
    call("certify", small)
    with Store.write(ledger) as store:
        entry = store.entry(1)
        for _ in range(45):
            store.save(entry)
    out = call("runs", "list").out
    assert "and 6 more; --json has them all" in out
    assert len(runs(call, "list")["runs"]) == 46


@pytest.mark.parametrize("words", [("show", 3), ("compare", 1, 3), ("compare", 3, 1), ("show", -1)])
def test_a_run_that_is_not_there(call, two: dict[str, Any], words: tuple[Any, ...]) -> None:
    said = call("runs", *words)
    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)


def test_the_ledger_is_where_the_user_says(
    call, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call("certify", small, "--store", "here")
    assert (tmp_path / "here" / "ledger.sqlite").exists()
    assert runs(call, "list", "--store", "here")["store"] == str(tmp_path / "here")
    monkeypatch.delenv("CORRIGIBLE_STORE")
    assert runs(call, "list")["runs"] == []
    assert str(tmp_path / ".corrigible") in call("certify", small).err
    assert [run["id"] for run in runs(call, "list")["runs"]] == [1]


def test_what_fails_is_not_saved(call, small: Path, ledger: Path) -> None:
    assert call("certify", small, "--overseer.rate", "2").status == 2
    assert call("certify", "no-such-level").status == 2
    assert not ledger.exists()
    for words in (("doctor",), ("infer", small, "/dev/null")):
        assert call(*words).status == 0
    assert not ledger.exists()


def spoil(folder: Path, how: str) -> None:
    if how == "file":
        folder.write_text("mine", encoding="utf-8")
    elif how == "damaged":
        folder.mkdir()
        (folder / "ledger.sqlite").write_text("mine" * 1000, encoding="utf-8")
    else:
        Store.write(folder).close()
        with closing(sqlite3.connect(folder / "ledger.sqlite")) as connection:
            connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")


@pytest.mark.parametrize("how", ["file", "damaged", "later"])
def test_a_ledger_that_cannot_be_written_stops_the_work_before_it_begins(
    call, small: Path, ledger: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(ledger, how)
    monkeypatch.setattr("corrigible.worlds.level.load_level", lambda *_: pytest.fail("worked"))
    for words in (("certify", small), ("run", small, "--json"), ("runs", "list")):
        said = call(*words)
        assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
        assert said.err.startswith(str(ledger))


@pytest.mark.parametrize("words", [("certify", "--json"), ("certify",)])
def test_an_answer_that_cannot_be_saved_is_printed(
    call, small: Path, ledger: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    call("certify", small)
    expected = call(*words, small).out
    before = runs(call, "list")["runs"]

    def full(*_: object) -> int:
        raise UserError("no space is left")

    monkeypatch.setattr(Store, "save", full)
    said = call(*words, small)
    assert (said.status, said.err) == (2, "no space is left\n")
    assert said.out == expected
    monkeypatch.undo()
    monkeypatch.setenv("CORRIGIBLE_STORE", str(ledger))
    assert runs(call, "list")["runs"] == before


def test_where_nobody_reads_on_the_run_is_saved(small: Path, ledger: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "corrigible", "certify", str(small)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1
    assert err.startswith("saved as run 1") and err.count("\n") == 1
    assert ledger.exists()


def test_a_refused_journal_is_one_warning(
    call, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "is_networked", lambda folder: True)
    lines = call("certify", small, "--json").err.splitlines()
    assert len(lines) == 2
    assert "rollback journal" in lines[0] and lines[1].startswith("saved as run 1")
    assert call("certify", small, "--json").err == "saved as run 2\n"


def test_an_older_ledger_is_copied_and_told_of(
    call, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("certify", small)
    step = ("ALTER TABLE runs ADD COLUMN note TEXT",)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    lines = call("certify", small, "--json").err.splitlines()
    assert len(lines) == 2
    assert "older version" in lines[0] and "-copy-1.sqlite" in lines[0]
    assert lines[1] == "saved as run 2"


def test_the_status_and_the_report_are_saved(
    call, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from corrigible.cli.commands.certify import Certify

    reply = Certify.reply

    def odd(self: Certify, overrides: dict[str, str]) -> Reply:
        answer = reply(self, overrides)
        return replace(answer, status=3, fields={**answer.fields, "report": "/\udcff/r.html"})

    monkeypatch.setattr(Certify, "reply", odd)
    assert call("certify", small).status == 3
    (run,) = runs(call, "list")["runs"]
    assert (run["status"], run["report"]) == (3, "/\udcff/r.html")
    assert "/r.html" in call("runs", "show", 1).out


@pytest.mark.parametrize(
    "words", [["runs"], ["runs", "paint"], ["runs", "show"], ["runs", "show", "x"]]
)
def test_words_that_the_parser_refuses(call, words: list[str]) -> None:
    said = call(*words)
    assert (said.status, said.out) == (2, "")


def test_looking_at_runs_computes_nothing() -> None:
    code = (
        "import json, sys; from corrigible.cli import main; main(['runs', 'list']);"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(said.stderr))
    assert not loaded & {"jax", "numpy", "scipy", "matplotlib"}
