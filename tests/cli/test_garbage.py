"""Whatever the files hold, the answer is a reply or one line: never a traceback."""

from __future__ import annotations

import random
from pathlib import Path

from tests.cli.conftest import LEVEL

CORRECTIONS = '{"at": [1, 2], "action": "right"}\n\n{"state": 4, "action": 1}\n'
PIECES = (
    *(b"\"|'''|[|]|{|}|=|\n|#|@|[[|,|\\u|\x00|\xff|\r|\t|\xf0\x9f\x98\x80".split(b"|")),
    *(b"nan|inf|-1|1e999|99999999999999999999|true|0x10|1979-05-27|goal".split(b"|")),
    *(b"[truth]\n|[graph]\n|[[prior.hypothesis]]\n|kind = 'normal'\n|draws = 3\n".split(b"|")),
)


def garbled(text: str, draw: random.Random) -> bytes:
    """Text with a few pieces put in, taken out, replaced or copied elsewhere."""
    content = bytearray(text.encode())
    for _ in range(draw.randint(1, 4)):
        at, length = draw.randrange(len(content) + 1), draw.randint(1, 6)
        kind = draw.randrange(4)
        if kind == 0:
            content[at:at] = draw.choice(PIECES)
        elif kind == 1:
            del content[at : at + length]
        elif kind == 2:
            content[at : at + length] = draw.choice(PIECES)
        else:
            start = draw.randrange(len(content) + 1)
            content[at:at] = content[start : start + 4 * length]
    return bytes(content)


def test_garbage(call, counts, tmp_path: Path) -> None:
    level, corrections = tmp_path / "g.toml", tmp_path / "g.jsonl"
    statuses = set()
    for seed in range(counts.n(150, 5_000)):
        draw = random.Random(seed)
        bad = draw.random() < 0.6
        level.write_bytes(garbled(LEVEL, draw) if bad else LEVEL.encode())
        corrections.write_bytes(CORRECTIONS.encode() if bad else garbled(CORRECTIONS, draw))
        answer = call("infer", level, corrections, "--json")
        statuses.add(answer.status)
        assert answer.status in (0, 2), (seed, answer.err)
        if answer.status == 2:
            assert answer.out == "", seed
            assert answer.err.count("\n") == 1, (seed, answer.err)
            assert answer.err.startswith((f"{level}:", f"{corrections}:")), (seed, answer.err)
    assert statuses == {0, 2}
