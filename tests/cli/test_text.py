"""Text for people: what it says, and that nobody's text steers the terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from corrigible.cli.screen import bracket, console, number, pairs, table, working
from tests.cli.conftest import LEVEL

SCRIPT = "</script><img src=x onerror=alert(1)>"
ESCAPES = "\x1b[31mred\x1b[0m\x1b]0;title\x07[bold]bold[/bold] \u202egnp.exe"


def toml(text: str) -> str:
    """A TOML string."""
    return '"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"'


@pytest.fixture(params=[SCRIPT, ESCAPES], ids=["script", "escapes"])
def nasty(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "nasty.toml"
    path.write_text(LEVEL.replace('"small"', toml(request.param)), encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["certify", "run", "infer"])
def test_names_are_text(call, nasty: Path, corrections: Path, command: str) -> None:
    words = {
        "certify": ["certify", nasty],
        "run": ["run", nasty, "--agent", "map"],
        "infer": ["infer", nasty, corrections],
    }[command]
    answer = call(*words)
    assert answer.status == 0, answer.err
    assert "\x1b" not in answer.out + answer.err
    assert "\x07" not in answer.out
    assert "\u202e" not in answer.out
    assert SCRIPT in answer.out or "red[bold]bold[/bold] gnp.exe" in answer.out
    told = call(*words, "--json")
    assert told.out.isascii()
    assert told.json["level"] in (SCRIPT, ESCAPES)


def test_a_file_s_name_is_text(call, tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\nb.toml"
    answer = call("init", path)
    assert answer.status == 0
    assert "\x1b" not in answer.out
    answer = call("init", path)
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert "\x1b" not in answer.err


def test_certify_says_what_it_found(call, small: Path) -> None:
    out = call("certify", small, "--seed", 3).out
    for word in ("verdict", "margin", "information", "bribe", "seed 3"):
        assert word in out


def test_infer_draws_the_policy(call, small: Path, corrections: Path) -> None:
    out = call("infer", small, corrections).out
    assert "reward entropy" in out
    assert "goal at" in out
    assert any(arrow in out for arrow in "^>v<")


def test_run_tells_the_episode(call, small: Path) -> None:
    out = call("run", small, "--agent", "mean-reward", "--steps", 120).out
    assert "true reward" in out
    assert "and 20 more" in out
    assert "1 episode of 120 steps" in out


def test_init_says_what_is_next(call, tmp_path: Path) -> None:
    out = call("init", tmp_path / "mine.toml").out
    assert "certify" in out
    assert "mine.toml" in out


def test_tables() -> None:
    stream = io.StringIO()
    screen = console(stream)
    screen.print(table(["name", "value"], [("[red]x", "1.5"), ("y", "-")]))
    screen.print(pairs([("a", 1), (":smile:", "b")]))
    text = stream.getvalue()
    assert "[red]x" in text
    assert ":smile:" in text
    with working("thinking", quiet=False):
        pass


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (0.0, "0"), (-3e-14, "0"), (1234567.0, "1.23457e+06"), (0.125, "0.125")],
)
def test_numbers(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_brackets() -> None:
    assert bracket((0.1, 0.1)) == "0.1"
    assert bracket((0.1, 0.2)) == "0.1 to 0.2"
    assert bracket((None, None)) == "-"
    assert bracket(None) == "-"


def test_no_colour_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    console(stream).print("x", style="red")
    assert "\x1b[31m" not in stream.getvalue()
