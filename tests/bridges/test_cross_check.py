"""The cross-check: what it writes for other solvers, and how it reads what they say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from benchmarks import cross_check
from corrigible.bridges import Pomdp
from corrigible.bridges.classics import tiger
from tests.bridges.processes import Draw, draws

SARSOP = """#!/bin/sh
echo ' Time   |#Trial |#Backup |LBound    |UBound    |Precision  |#Alphas |#Beliefs'
echo ' 0       0       0        -20        92.8205    112.821     3        1'
echo ' 0.01    40      1250     19.3713    19.3714    9.84548e-05 5        21'
"""
CASSANDRA = """#!/bin/sh
printf '0\\n-81.5972 28.4028\\n\\n1\\n19.37 19.37\\n\\n' > out.alpha
"""


def _informed(pomdp: Pomdp) -> float:
    """The optimum for whoever sees the state."""
    value = np.zeros(len(pomdp.states))
    for _ in range(400):
        value = (pomdp.reward + pomdp.discount * pomdp.transition @ value).max(axis=0)
    return float(pomdp.start @ value)


def _total(text: str) -> tuple[float, dict[int, set[int]]]:
    """The largest expected sum until the end for whoever sees the state, and where each leads."""
    ways: dict[int, list[tuple[float, dict[int, float]]]] = {}
    state = -1
    for line in text.split("@model\n")[1].splitlines():
        if line.startswith("state"):
            state = int(line.split()[1])
            ways[state] = []
        elif "action" in line:
            paid = re.search(r"\[(.*)\]", line)
            assert paid is not None
            ways[state].append((float(paid[1]), {}))
        else:
            goal, chance = line.split(":")
            ways[state][-1][1][int(goal)] = float(chance)
    value = dict.fromkeys(ways, 0.0)
    for _ in range(400):
        value = {
            s: max(r + sum(p * value[n] for n, p in goals.items()) for r, goals in actions)
            for s, actions in ways.items()
        }
    for actions in ways.values():
        assert all(abs(sum(goals.values()) - 1.0) < 1e-12 for _, goals in actions)
        assert all(paid >= 0.0 for paid, _ in actions)
    assert f"@nr_states\n{len(ways)}\n" in text
    assert f"@nr_choices\n{sum(map(len, ways.values()))}\n" in text
    return value[0], {s: {n for _, goals in a for n in goals} for s, a in ways.items()}


@given(draws(states=3, actions=2, seen=2))
def test_a_process_for_storm_is_worth_what_it_was(draw: Draw) -> None:
    pomdp = draw.pomdp()
    text, raised = cross_check.drn_text(pomdp)
    value, leads = _total(text)
    assert value + raised == pytest.approx(_informed(pomdp), abs=1e-6)
    seen = dict(re.findall(r"^state (\d+) \{(\d+)\}", text, re.MULTILINE))
    assert seen["0"] == "0" and seen["1"] == "1"
    # The first belief shows nothing; whatever comes later shows what was observed on the way.
    assert {seen[str(s)] for s in leads[0]} == {"2"}
    assert {int(o) - 3 for o in seen.values()} <= {-3, -2, -1, *range(len(pomdp.observations))}


def _installed(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    for name, script in scripts.items():
        path = folder / name.replace("_", "-")
        path.write_text(script, encoding="utf-8")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_what_other_programs_say_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(tmp_path, monkeypatch)
    path = tmp_path / "process.pomdp"
    assert cross_check.sarsop(tiger(), path, 9.0) is None
    assert cross_check.cassandra(tiger(), path, 9.0) is None
    _installed(tmp_path, monkeypatch, pomdpsol=SARSOP, pomdp_solve=CASSANDRA)
    found = cross_check.sarsop(tiger(), path, 9.0)
    assert found is not None and (found.lower, found.upper) == (19.3713, 19.3714)
    found = cross_check.cassandra(tiger(), path, 9.0)
    assert found is not None and found.lower == found.upper == pytest.approx(19.37)
    _installed(tmp_path, monkeypatch, pomdpsol="#!/bin/sh\nsleep 9\n", pomdp_solve="#!/bin/sh\n")
    assert cross_check.sarsop(tiger(), path, 0.2) is None
    assert cross_check.cassandra(tiger(), path, 9.0) is None


def test_the_table_says_how_far_each_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _installed(tmp_path, monkeypatch, pomdpsol=SARSOP, pomdp_solve=CASSANDRA)
    monkeypatch.delitem(cross_check.SOLVERS, "storm")
    assert cross_check.main(["tiger"]) == 0
    text = capsys.readouterr().out
    line = next(line for line in text.splitlines() if line.startswith("tiger"))
    assert re.search(r"19\.37137 .* 7e-05 .* 1e-03", line)
    assert "classics | tiger" in text and "pass" in text
    # On twins this program is far off, and the exit status says so.
    _installed(tmp_path, monkeypatch, pomdp_solve="#!/bin/sh\n")
    assert cross_check.main(["twins"]) == 1
    text = capsys.readouterr().out
    assert re.search(r"solve_pomdp: away from exact, the furthest of 1 solved \| .* pass", text)
    assert re.search(r"pomdpsol: away from exact, the furthest of 1 solved \| 13.78 .* FAIL", text)
    with pytest.raises(SystemExit):
        cross_check.main(["nothing"])
