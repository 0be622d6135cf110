"""Where the ledger lies, and which file systems several machines may share."""

from __future__ import annotations

from pathlib import Path

import pytest

from corrigible.store import place

MOUNTS = """\
22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 0:30 / /far rw shared:2 master:1 - nfs4 server:/far rw
31 30 0:31 / /far/two\\040words rw - tmpfs tmpfs rw
32 22 0:32 / /mnt rw - tmpfs tmpfs rw
33 32 0:33 / /mnt rw - fuse.sshfs me@there: rw
a line that means nothing
"""


@pytest.mark.parametrize(
    ("folder", "networked"),
    [
        ("/var", False),
        ("/far", True),
        ("/far/ann/.corrigible", True),
        ("/farther", False),
        ("/far/two words/x", False),
        ("/mnt/x", True),
    ],
)
def test_networks_are_known(folder: str, networked: bool) -> None:
    assert place.is_networked(Path(folder), MOUNTS) == networked


@pytest.mark.parametrize("given_", [None, "there"])
def test_where_the_ledger_lies(
    given_: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CORRIGIBLE_STORE", raising=False)
    assert place.locate(given_) == tmp_path / (given_ or ".corrigible")
    monkeypatch.setenv("CORRIGIBLE_STORE", "")
    assert place.locate(given_) == tmp_path / (given_ or ".corrigible")
    monkeypatch.setenv("CORRIGIBLE_STORE", "~/elsewhere")
    assert place.locate(given_) == tmp_path / (given_ or "home/elsewhere")
