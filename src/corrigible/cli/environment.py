"""What the process is given to work with: a cache for compiled code, and how many threads.

Guarantee: only environment variables are set, only ones that the user has not set, and nothing is
imported or written here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def user_cache() -> Path:
    """The folder for this package's caches.

    Returns:
        Its path; it may not exist yet.

    Raises:
        Nothing.

    Source: the XDG base directory specification, Apple's and Microsoft's conventions; no arrays,
        no shapes.
    """
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path("~", "AppData", "Local").expanduser())
    elif sys.platform == "darwin":
        base = str(Path("~", "Library", "Caches").expanduser())
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path("~", ".cache").expanduser())
    return Path(base) / "corrigible"


def prepare() -> None:
    """Have JAX keep what it compiles, and BLAS use one thread, if they are going to be imported.

    The matrices here are a few hundred wide, where more threads gain nothing; on a busy machine
    they wait for each other and take ten times as long.

    Returns:
        Nothing.

    Raises:
        Nothing.

    Source: the documentation of JAX's persistent compilation cache and of OpenBLAS; no arrays, no
        shapes.
    """
    if "jax" not in sys.modules:
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(user_cache() / "jax"))
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.05")
    if "numpy" not in sys.modules:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
