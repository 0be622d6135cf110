"""What `doctor` looks at: versions, extras, SQLite, precision, and one solved problem.

The solved problem can be done in one's head. Two actions with the same motion lead from `decide`
to `guess`; one of them silences the overseer. Guessing the right one of two equally likely rewards
pays 1, the wrong one -1, so not knowing is worth 0. On the way the hand speaks with probability
rate, and then the agent knows: keeping it is worth exactly discount * rate.

Guarantee: a failing check is reported, never raised.
"""

from __future__ import annotations

import platform
import re
import sqlite3
import sys
from collections.abc import Callable
from importlib import metadata
from typing import Any

import numpy as np

_PACKAGES = (
    "corrigible",
    "numpy",
    "scipy",
    "jax",
    "jaxlib",
    "equinox",
    "optax",
    "jaxtyping",
    "tyro",
    "rich",
    "starlette",
    "uvicorn",
    "websockets",
    "matplotlib",
)
_DISCOUNT = 0.9
_RATE = 0.5


def examine() -> dict[str, Any]:
    """Every check.

    Returns:
        platform, versions, extras, checks and whether all is well. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    checks = [
        _check("float64 precision", _precision, 1.0, 0.0),
        _check("JAX on this machine", _jax_sum, 5050.0, 0.0),
        _check("SQLite keeps a row", _sqlite_row, 1.0, 0.0),
        _check("margin of a solved problem", _margin, _DISCOUNT * _RATE, 1e-6),
    ]
    return {
        "ok": all(check["ok"] for check in checks),
        "platform": {
            "python": platform.python_version(),
            "executable": sys.executable,
            "system": platform.platform(),
            "machine": platform.machine(),
            "sqlite": sqlite3.sqlite_version,
        },
        "versions": {name: _version(name) for name in _PACKAGES},
        "extras": _extras(),
        "checks": checks,
    }


def _check(name: str, compute: Callable[[], float], expected: float, tol: float) -> dict[str, Any]:
    try:
        computed = compute()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return {"name": name, "ok": False, "computed": None, "expected": expected, "error": reason}
    good = abs(computed - expected) <= tol
    return {"name": name, "ok": good, "computed": computed, "expected": expected, "error": None}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _extras() -> list[dict[str, Any]]:
    """Each extra of this package: whether everything that it asks for is there."""
    package = metadata.metadata("corrigible")
    wanted = metadata.requires("corrigible") or []
    extras = []
    for name in sorted(package.get_all("Provides-Extra") or []):
        marker = re.compile(rf"""extra == ['"]{re.escape(name)}['"]""")
        parts = [
            re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in wanted if marker.search(text)
        ]
        missing = [part for part in parts if _version(part) is None]
        command = f"pip install 'corrigible[{name}]'"
        extras.append(
            {"name": name, "installed": not missing, "missing": missing, "install": command}
        )
    return extras


def _precision() -> float:
    """1 where a double keeps what a single loses."""
    return float((np.array([1.0]) + 2.0**-52 - 1.0)[0] * 2.0**52)


def _jax_sum() -> float:
    import jax.numpy as jnp

    return float(jnp.arange(1, 101).sum())


def _sqlite_row() -> float:
    with sqlite3.connect(":memory:") as store:
        store.execute("create table kept (number real)")
        store.execute("insert into kept values (1.0)")
        return float(store.execute("select number from kept").fetchone()[0])


def _margin() -> float:
    from corrigible.belief import Belief
    from corrigible.overseers.hand import HandOfGod
    from corrigible.planners.solve import solve
    from corrigible.problem import Problem
    from corrigible.worlds.tabular import Tabular

    decide, guess, end = range(3)
    transition = np.zeros((3, 2, 3))
    transition[decide, :, guess] = transition[guess, :, end] = transition[end, :, end] = 1.0
    disables = np.zeros((3, 2))
    disables[decide, 1] = 1.0
    rewards = np.zeros((2, 3, 2))
    rewards[0, guess] = (1.0, -1.0)
    rewards[1, guess] = (-1.0, 1.0)
    world = Tabular(transition, disables, _DISCOUNT, np.array([1.0, 0.0, 0.0]))
    hand = HandOfGod(_RATE, ties="ordered")
    q = solve(Problem(world, hand, Belief.uniform(rewards)), method="exact").q(decide)
    return float(q[0] - q[1])
