"""Every test runs with shapes checked, promotions strict and warnings as errors.

The same tests run at two sizes: a test asks the `counts` fixture how much is enough,
`counts.n(reduced, full)`, and `--full` picks the second number.
"""

from __future__ import annotations

import importlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from jaxtyping import install_import_hook

from tests import shapes

# In the environment, so that subprocesses obey as well and nothing is imported to say it.
os.environ["JAX_NUMPY_DTYPE_PROMOTION"] = "strict"
os.environ["JAX_NUMPY_RANK_PROMOTION"] = "raise"
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.pop("CORRIGIBLE_STORE", None)
# What runs in the background of a shell ignores interrupts, and so would every process tested here.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The plain-Python oracle has no arrays, and checking its calls would make it 20 times slower: it is
# loaded before the hook is.
for _part in ("certify", "chain"):
    importlib.import_module(f"corrigible.testing.oracle.{_part}")
install_import_hook("corrigible", f"{shapes.__name__}.check")

ROOT = Path(__file__).resolve().parent.parent

# Left out of `./run check`, besides what is marked slow: what takes more than a few seconds.
SLOW = (
    "tests/differential/",
    "tests/planners/",
    "tests/cli/test_process.py",
    "tests/store/test_processes.py",
    "tests/test_simulate.py::test_everything_comes_as_often_as_the_truth_says",
    "tests/worlds/test_level.py::test_random_flags_are_a_level_or_an_error",
)


@dataclass(frozen=True)
class Counts:
    """How much of a test to run.

    Source: this package.
    """

    full: bool

    def n(self, reduced: int, full: int) -> int:
        """The count for this run."""
        return full if self.full else reduced


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("corrigible")
    group.addoption("--full", action="store_true", help="every count in full; may take hours")
    group.addoption("--fast", action="store_true", help="without what is marked slow")


def pytest_configure(config: pytest.Config) -> None:
    shared = {"deadline": None, "derandomize": True, "database": None}
    hypothesis.settings.register_profile("reduced", max_examples=25, **shared)
    hypothesis.settings.register_profile("full", max_examples=500, **shared)
    hypothesis.settings.load_profile("full" if config.getoption("--full") else "reduced")
    if hasattr(config, "cache") and config.cache is not None:
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(config.cache.mkdir("jax")))


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None or item.nodeid.startswith(SLOW)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--fast"):
        slow = [item for item in items if _is_slow(item)]
        items[:] = [item for item in items if not _is_slow(item)]
        config.hook.pytest_deselected(items=slow)


@pytest.fixture(scope="session")
def counts(request: pytest.FixtureRequest) -> Counts:
    return Counts(full=bool(request.config.getoption("--full")))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT
