"""A person as the hand: typed, from a file, exported, taken back, and cut off at any moment."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

import pytest
from rich.cells import cell_len

from corrigible.cli.export import Export
from corrigible.errors import UserError
from corrigible.worlds import load_level
from corrigible.worlds.corrections import read_corrections
from tests.cli.test_json import check

RUN = (sys.executable, "-m", "corrigible", "run", "--no-report")
TYPED = b"up ar\x7ft 1,3\n"
LONG = "</script><img onerror=alert(1)>" + 300 * "x"
EVIL = "\x1b[31m\x1b]0;title\x07\u202e" + LONG
GRAPH = f"""\
name = NAME
description = NAME
[graph]
states = ["{LONG}", "end"]
actions = ["on", "off{LONG}"]
[graph.moves]
"{LONG}" = "end"
[graph.disables]
"{LONG}" = {{ "off{LONG}" = 0.5 }}
[world]
discount = 0.5
start = "{LONG}"
[[prior.hypothesis]]
name = "{LONG}"
pays = {{ end = {{ on = 1.0 }} }}
[[prior.hypothesis]]
pays = {{ end = {{ "off{LONG}" = 1.0 }} }}
[overseer]
rate = 0.5
"""


@pytest.fixture
def talk(call, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(typed: str, *words: object) -> Any:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        return call("run", *words)

    return run


def _width(shown: str) -> int:
    """Of the widest line; the ledger's folder is as long as it is."""
    return max(cell_len(line) for line in shown.splitlines() if not line.startswith("saved as"))


def _person(*words: object) -> tuple[object, ...]:
    return (*words, "--overseer", "human", "--json")


def test_a_typed_session(talk, small: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    typed = "right\n\ndown at 1,3\n"
    answer = talk(typed, *_person(small, "--steps", 6, "--export", kept))
    fields = check(answer.json)
    session = fields["session"]
    assert fields["overseer"] == "human" and fields["judged"] is None
    assert (session["ended"], session["played"]) == ("end of input", 4)
    assert [(c["step"], c["action"], c["alarm"]) for c in session["corrections"]] == [
        (1, "right", False),
        (3, "down", False),
    ]
    assert session["export"] == str(kept)
    assert sum(h["posterior"] for h in session["hypotheses"]) == pytest.approx(1.0)
    assert session["vpi"] == pytest.approx(0.0) and session["vpi_prior"] > 0.1
    assert "Accepted (1): right at" in answer.err and "Accepted (2)" in answer.err


def test_the_export_is_what_infer_reads(talk, call, small: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    session = talk("up at 1,3\nquit\n", *_person(small, "--export", kept)).json["session"]
    assert kept.read_text() == '{"at": [1, 3], "action": "up", "step": 1}\n'
    inferred = check(call("infer", small, kept, "--json").json)
    assert session["ended"] == "quit"
    assert [h["posterior"] for h in inferred["hypotheses"]] == pytest.approx(
        [h["posterior"] for h in session["hypotheses"]]
    )


def test_a_session_replays_from_its_export(talk, call, small: Path, tmp_path: Path) -> None:
    kept, again = tmp_path / "kept.jsonl", tmp_path / "again.jsonl"
    noisy = ("--overseer.rationality", "2", "--world.slip", "0.3", "--seed", "5", "--steps", "8")
    noisy += ("--agent", "map")
    typed = "\nright\n\nup at 1,3\nleft\ngo 9\n"
    first = talk(typed, *_person(small, *noisy, "--export", kept)).json
    words = ("run", small, *noisy, "--corrections", kept, "--export", again, "--json")
    second = check(call(*words).json)
    assert len(first["session"]["corrections"]) == 3
    assert second["episode"] == first["episode"]
    assert second["session"]["hypotheses"] == first["session"]["hypotheses"]
    assert again.read_text() == kept.read_text()
    assert second["settings_hash"] == first["settings_hash"]


def test_corrections_without_a_time_come_one_an_arrival(call, small: Path, corrections) -> None:
    answer = check(call("run", small, "--corrections", corrections, "--steps", 5, "--json").json)
    said = answer["session"]["corrections"]
    assert [c["step"] for c in said] == [1, 2] and not answer["session"]["unheard"]
    short = call("run", small, "--corrections", corrections, "--steps", 2, "--json").json
    assert short["session"]["unheard"] == [1]
    assert "never heard" in call("run", small, "--corrections", corrections, "--steps", 2).out


def test_a_hand_that_overrides_waits_for_its_place(call, small: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text('{"at": [1, 3], "action": "stay"}\n{"at": [2, 1], "action": "up", "step": 1}\n')
    over = ("--overseer.about", "current", "--overseer.mode", "overrides", "--agent", "map")
    answer = call("run", small, *over, "--corrections", path, "--legend.B.pays", 0, "--json").json
    for said in answer["session"]["corrections"]:
        assert said["does"] == said["action"]
    assert 1 in answer["session"]["unheard"]


def test_what_is_taken_back_is_not_kept(talk, small: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    typed = "up at 1,3\nu\nu\nright at 1,1\n\nundo\nundo\nundo\nundo\nup at 1,3\n"
    answer = talk(typed, *_person(small, "--export", kept, "--steps", 9))
    said = check(answer.json)["session"]["corrections"]
    assert [(c["step"], c["action"]) for c in said] == [(1, "up")]
    assert len(kept.read_text().splitlines()) == 1
    assert "Taken back: 'up at 1,3'" in answer.err
    assert "Taken back: silence" in answer.err and "nothing to take back" not in answer.err
    plain = talk("up at 1,3\n", *_person(small, "--steps", 9)).json
    assert plain["episode"] == answer.json["episode"]


def test_an_impossible_correction_is_an_alarm_and_no_evidence(talk, call, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    words = _person("twins", "--export", kept, "--steps", 5)
    answer = talk("up\ndown\n", *words)
    session = check(answer.json)["session"]
    assert [c["alarm"] for c in session["corrections"]] == [False, True]
    assert "ALARM: 'down at" in answer.err and "rationality 5" in " ".join(answer.err.split())
    assert session["vpi"] == session["vpi_prior"]
    assert answer.json["outcome"]["alarms_mean"] == 1.0
    assert check(call("infer", "twins", kept, "--json").json)["corrections"] == 1
    undone = talk("up\ndown\nu\n", *_person("twins", "--steps", 5)).json
    assert undone["outcome"]["alarms_mean"] == 0.0


def test_asking_and_answering(talk) -> None:
    words = ("twins", "--overseer.about", "asked", "--overseer.ask_cost", "0.01", "--steps", 12)
    answer = talk("up at 2,2\nleft\nright\nup\n", *_person(*words))
    assert "It asks: what is best at" in answer.err
    assert check(answer.json)["outcome"]["ask_costs_mean"] > 0.0


def test_a_silenced_hand_is_told_and_may_take_it_back(talk, small: Path) -> None:
    words = _person(small, "--legend.B.pays", 9, "--steps", 6, "--agent", "mean-reward")
    answer = talk("left\nu\n\n", *words)
    assert "it cannot hear you" in answer.err and "the channel is off" in answer.err
    assert "nothing to take back" not in answer.err
    session = check(answer.json)["session"]
    assert session["ended"] == "steps" and session["corrections"] == []
    assert answer.json["outcome"]["turned_off_by_choice"] == 1.0


def test_words_that_mean_nothing_are_answered(talk, small: Path) -> None:
    answer = talk("\x1b[31mfoo\n?\nr at nowhere\ns\nu at 9\n\x00\n", *_person(small))
    assert answer.status == 0
    assert "'foo' is no word here" in answer.err
    assert "there is no place 'nowhere'" in answer.err


@pytest.mark.parametrize("typed", ["", "\n" * 60, "go 99999\n", "x" * 9000])
def test_the_end_of_the_input_is_no_error(talk, small: Path, typed: str) -> None:
    answer = talk(typed, *_person(small, "--steps", 5))
    assert check(answer.json)["session"]["played"] <= 5
    assert answer.out.count("\n") == 1


def test_no_input_at_all(call, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert call("run", *_person(small)).json["session"]["ended"] == "end of input"


def test_nothing_that_a_level_is_called_steers_the_terminal(talk, tmp_path: Path) -> None:
    path = tmp_path / "evil.toml"
    path.write_text(GRAPH.replace("NAME", json.dumps(EVIL)), encoding="utf-8")
    answer = talk("on\noff\n1\n\n", path, "--overseer", "human", "--steps", 4, "--agent", "map")
    assert answer.status == 0, answer.err
    for shown in (answer.err, answer.out):
        assert not any(c in shown for c in "\x1b\x07\u202e\x9b")
    assert _width(answer.err) <= 100


@pytest.mark.parametrize("level", ["twins", "school", "detours-12x12"])
def test_no_line_is_wider_than_a_hundred(talk, level: str) -> None:
    answer = talk("\nup\n?\nu\nleft\n", level, "--overseer", "human", "--agent", "map")
    assert answer.status == 0, answer.err
    assert _width(answer.err) <= 100
    assert "Now it " in answer.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--overseer", "human", "--episodes", 2), "one episode at a time"),
        (("--export", "x.jsonl"), "add --overseer human"),
        (("--corrections", "missing.jsonl"), "missing.jsonl"),
        (("--overseer", "human", "--export", "no/such/folder/x.jsonl"), "cannot write"),
    ],
)
def test_flags_that_do_not_fit(
    talk, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Any, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = talk("", small, *words)
    assert answer.status == 2 and answer.out == ""
    assert says in answer.err.splitlines()[-1]


def test_an_export_is_never_written_over(talk, small: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    kept.write_text("mine\n")
    answer = talk("right\n", *_person(small, "--export", kept))
    assert answer.status == 2 and "exists" in answer.err
    assert kept.read_text() == "mine\n"


def _open(*words: object) -> subprocess.Popen[bytes]:
    command = [*RUN, *(str(word) for word in words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)


def _until(process: subprocess.Popen[bytes], text: bytes) -> None:
    assert process.stderr is not None
    # A process that waits for ever is ended, and then the line is missed.
    alarm = threading.Timer(60.0, process.kill)
    alarm.start()
    try:
        _read_until(process.stderr, text)
    finally:
        alarm.cancel()


def _read_until(stream: IO[bytes], text: bytes) -> None:
    while line := stream.readline():
        if text in line:
            return
    raise AssertionError(f"{text!r} was never shown")


def test_a_disk_that_is_full_leaves_what_was_kept(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    level = load_level(small)
    kept = tmp_path / "kept.jsonl"
    writes = iter([None, 7, OSError(28, "No space left on device")])
    write = os.write

    def full(number: int, data: bytes) -> int:
        allowed = next(writes)
        if isinstance(allowed, OSError):
            raise allowed
        return write(number, data[:allowed])

    with Export(kept, level) as export:
        monkeypatch.setattr("corrigible.cli.export.os.write", full)
        export.add(0, 1, 1)
        with pytest.raises(UserError, match="No space left"):
            export.add(1, 1, 2)
        monkeypatch.undo()
        export.add(2, 1, 3)
        export.add(3, 1, 4)
        export.take_back()
    assert [(c.state, c.step) for c in read_corrections(kept, level)] == [(0, 1), (2, 3)]


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_whatever_ends_it_nothing_accepted_is_lost(
    small: Path, tmp_path: Path, end: signal.Signals
) -> None:
    kept = tmp_path / "kept.jsonl"
    with _open(*_person(small, "--export", kept)) as process:
        assert process.stdin is not None
        for count, word in enumerate((b"up at 1,3\n", b"right at 1,1\n"), start=1):
            process.stdin.write(word)
            process.stdin.flush()
            _until(process, b"Accepted (%d)" % count)
        process.send_signal(end)
        out, err = process.communicate(timeout=60)
    assert out == b""
    if end == signal.SIGINT:
        assert process.returncode == 130
        assert err.decode().splitlines()[-1] == "interrupted"
    said = read_corrections(kept, load_level(small))
    assert [c.step for c in said] == [1, 2]


@pytest.mark.slow
def test_keys_at_a_terminal(small: Path, tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    termios = pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    kept = tmp_path / "kept.jsonl"
    words = (small, "--overseer", "human", "--json", "--steps", "30", "--export", kept)
    words += ("--overseer.rationality", "5", "--agent", "map")
    command = [*RUN, *(str(word) for word in words)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=theirs, stdout=pipe, stderr=pipe) as process:
        # right; up, in its other form; silence; an unknown key and an index; taken back; a word
        # with a slip of the finger
        for keys in (b"\x1b[C", b"\x1bOA", b" ", b"\x1b[5~3\n", b"\x7f", TYPED):
            _until(process, b"if you say nothing")
            os.write(ours, keys)
        _until(process, b"Accepted (3): up at 1,3")
        os.write(ours, b"q\n")
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    said = [(c["action"]) for c in json.loads(out)["session"]["corrections"]]
    assert said == ["right", "up", "up"]
    assert len(kept.read_text().splitlines()) == 3
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_terminal_is_left_as_it_was(small: Path, end: signal.Signals) -> None:
    pty = pytest.importorskip("pty")
    termios = pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    words = (str(small), "--overseer", "human", "--json")
    command = [*RUN, *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=theirs, stdout=pipe, stderr=pipe) as process:
        _until(process, b"Now it ")
        assert termios.tcgetattr(theirs) != before
        process.send_signal(end)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == (130 if end == signal.SIGINT else 143)
    assert out == b"" and termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)
