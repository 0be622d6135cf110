"""A process that saves, to be killed: `driver.py FOLDER FIRST COUNT JOURNAL [BYTES]`.

Each number that `save` returns is printed at once. With BYTES, no file may grow beyond it, as on a
full disk.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from corrigible.errors import UserError
from corrigible.store import Store, ledger
from tests.store.samples import entry


def main(folder: str, first: str, count: str, journal: str, most: str = "") -> int:
    """Save COUNT entries, opening the ledger for each as a command does."""
    if journal == "rollback":
        ledger.is_networked = lambda folder: True
    if most:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
    try:
        for seed in range(int(first), int(first) + int(count)):
            with Store.write(Path(folder)) as store:
                print(store.save(entry(seed, size=1 + seed % 50 * 40)), flush=True)
    except KeyboardInterrupt:
        return 130
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
