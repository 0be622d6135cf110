"""One thread for many small linear systems.

A planner solves thousands of systems of a few hundred unknowns. A BLAS that splits each of them
over every core spends its time on waking threads, and where other programs use those cores it
waits for them: minutes instead of seconds.

Guarantee: what a decorated function answers does not depend on it, only how long it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
T = TypeVar("T")


@cache
def _controller() -> Any:
    return ThreadpoolController()


def one_thread(function: Callable[P, T]) -> Callable[P, T]:
    """Run a function with every BLAS held to one thread.

    Args:
        function: any function.

    Returns:
        The same function, with the limit while it runs.

    Raises:
        Nothing.

    Source: this package.
    """

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> T:
        with _controller().limit(limits=1):
            return function(*args, **kwargs)

    return limited
