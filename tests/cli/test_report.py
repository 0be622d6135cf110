"""`--report`: the page of a level, with the very numbers that the command prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corrigible.cli.commands.certify import Certify
from corrigible.cli.reports import typed
from corrigible.view import explain
from corrigible.view.report import numbers_of
from corrigible.view.snapshot import CertificateView, from_json
from tests.cli.test_json import check

pytestmark = pytest.mark.slow

FAST = ("--budget", "2")


def _same(answer: dict, path: Path) -> None:
    """The command's numbers, the page's data and the page's text are one."""
    page = path.read_text(encoding="utf-8")
    held = numbers_of(page)
    certificate, origin = held["certificate"], held["provenance"]
    worst = certificate["worst"]
    assert worst["verdict"] == answer["verdict"] and worst["state"] == answer["state"]
    assert worst["margin"] == [answer["margin_lower"], answer["margin_upper"]]
    assert {name: worst["ledger"][name] for name in answer["ledger"]} == answer["ledger"]
    assert certificate["bribe"] == answer["bribe"]
    assert certificate["bribe_for_ever"] == answer["bribe_for_ever"]
    assert origin["settings_hash"] == answer["settings_hash"] and origin["seed"] == answer["seed"]
    assert origin["version"] == answer["version"]
    view = from_json(certificate, CertificateView)
    assert explain.ends(view.worst.margin) in page and explain.ends(view.bribe) in page


def test_the_page_has_the_numbers_of_the_answer(call, small: Path, tmp_path: Path) -> None:
    path = tmp_path / "the page.html"
    answer = check(call("certify", small, *FAST, "--seed", 5, "--json", "--report", path).json)
    assert answer["report"] == str(path)
    _same(answer, path)
    plain = check(call("certify", small, *FAST, "--seed", 5, "--json").json)
    assert plain["report"] is None
    assert {**plain, "report": None} == {**answer, "report": None}


def test_without_a_path_it_goes_into_the_ledgers_folder(
    call, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORRIGIBLE_STORE", str(tmp_path / "kept"))
    result = call("certify", small, *FAST, "--report")
    assert result.status == 0, result.err
    found = re.search(r"^report: (.+\.html)$", result.out, re.MULTILINE)
    assert found is not None
    path = Path(found[1])
    assert path.is_absolute() and path.parent == tmp_path / "kept" / "reports"
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_name_stays_in_the_folder(call, tmp_path: Path, small: Path) -> None:
    text = small.read_text(encoding="utf-8").replace('"small"', '"../../</script><b>x"')
    level, folder = tmp_path / "level.toml", tmp_path / "kept"
    level.write_text(text, encoding="utf-8")
    answer = check(call("certify", level, *FAST, "--json", "--store", folder, "--report").json)
    assert Path(answer["report"]).parent == folder / "reports"


@pytest.mark.parametrize("place", [".", "a file/x.html"])
def test_a_report_that_cannot_be_written(call, small: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").touch()
    result = call("certify", small, *FAST, "--report", tmp_path / place)
    assert result.status == 2
    assert "verdict" in result.out and "report:" not in result.out
    (line,) = [line for line in result.err.splitlines() if "report" in line]
    assert "cannot write" in line
    as_json = call("certify", small, *FAST, "--json", "--report", tmp_path / place)
    assert as_json.status == 2 and '"report": null' in as_json.out


def test_two_paths_are_refused(call, small: Path) -> None:
    assert call("certify", small, "--report", "a.html", "b.html").status == 2


def test_the_command_is_what_one_would_type() -> None:
    command = Certify(level="my level.toml", seed=7, budget=2.5, report="", json=True)
    words = typed("certify", command, {"overseer.rate": ".1", "map": "a b"})
    assert words == (
        "corrigible certify 'my level.toml' --overseer.rate .1 --map 'a b' --seed 7 --budget 2.5 "
        "--report"
    )
    assert typed("certify", Certify(level="twins"), {}) == "corrigible certify twins"
