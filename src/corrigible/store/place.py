"""Where the ledger lies, and whether processes on other machines may share that place.

Guarantee: nothing is created or changed here.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from corrigible.errors import UserError

VARIABLE = "CORRIGIBLE_STORE"
FOLDER = ".corrigible"
LEDGER = "ledger.sqlite"
ELSEWHERE = f"name another folder with --store FOLDER or ${VARIABLE}"

# What several machines may have mounted at once; there the memory that write-ahead logging shares
# between processes is not shared.
_NETWORKED = re.compile(
    r"nfs\d?|cifs|smbfs|smb\d|afs|9p|ceph|lustre|gpfs|beegfs|ocfs2|gfs2"
    r"|fuse\.(?:sshfs|glusterfs|ceph|rclone|s3fs|gcsfuse|mfs|juicefs)"
)
_OCTAL = re.compile(r"\\([0-7]{3})")


def locate(given: str | Path | None = None) -> Path:
    """The ledger's folder.

    Args:
        given: what the user said; where None, $CORRIGIBLE_STORE, else `.corrigible` in the
            current folder.

    Returns:
        An absolute path; the folder may not exist yet.

    Raises:
        UserError: there is no such home or current folder.

    Source: this package; no arrays, no shapes.
    """
    said = Path(given if given is not None else os.environ.get(VARIABLE) or FOLDER)
    try:
        return said.expanduser().absolute()
    except (OSError, RuntimeError) as error:
        raise UserError(f"there is no such folder to begin from: {error}", said) from None


def refuse_unusable(folder: Path) -> None:
    """Refuse a folder that cannot come to hold a ledger.

    Args:
        folder: absolute.

    Returns:
        Nothing.

    Raises:
        UserError: a file is in the way, or there is no right to write.

    Source: this package; no arrays, no shapes.
    """
    try:
        nearest = next(p for p in (folder, *folder.parents) if p.exists())
        usable = nearest.is_dir()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"this folder cannot hold the ledger: {reason}", folder) from None
    if not usable:
        raise UserError(f"this is a file, and the ledger needs a folder; {ELSEWHERE}", nearest)
    known = os.access in os.supports_effective_ids
    if not os.access(nearest, os.W_OK | os.X_OK, effective_ids=known):
        raise UserError(f"the ledger cannot be written to this folder; {ELSEWHERE}", nearest)
    path = folder / LEDGER
    if path.exists() and not os.access(path, os.R_OK | os.W_OK, effective_ids=known):
        raise UserError(f"this ledger cannot be written; {ELSEWHERE}", path)


def is_networked(folder: Path, mounts: str | None = None) -> bool:
    """Whether a folder lies on a file system that several machines may share.

    Args:
        folder: it exists.
        mounts: the mounted file systems, one a line as in Linux's `mountinfo`; the machine's own
            where None.

    Returns:
        False also where nothing is known.

    Raises:
        Nothing.

    Source: proc(5); SQLite's documentation of write-ahead logging, which all processes must use on
        one machine; no arrays, no shapes.
    """
    if mounts is None:
        if not sys.platform.startswith("linux"):
            return False
        try:
            mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
    place = Path(os.path.realpath(folder))
    best, kind = -1, ""
    for line in mounts.splitlines():
        before, separator, after = line.partition(" - ")
        words, kinds = before.split(" "), after.split(" ")
        if not separator or len(words) < 5:
            continue
        point = Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), words[4]))
        # A later line hides an earlier one at the same place.
        if (place == point or point in place.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), kinds[0]
    return _NETWORKED.fullmatch(kind) is not None
