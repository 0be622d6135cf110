"""Packages that load a submodule only when one of its names is asked for.

`attach(__name__, {"solve": "solve"})` in an `__init__.py` makes `package.solve` mean the name
`solve` of the submodule `solve`, imported at first use. A function may bear its module's name: the
import system would then replace the one by the other as soon as anything imports the submodule, in
an order nobody controls, so the package refuses that one assignment and the name means the
function, always. (The module is still there for `from package.solve import ...`.)
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


class _LazyPackage(ModuleType):
    _exports: dict[str, str]

    def __getattr__(self, name: str) -> Any:
        module = self._exports.get(name) if name != "_exports" else None
        if module is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{self.__name__}.{module}"), name)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and name in self._exports:
            return
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._exports})


def attach(package: str, exports: dict[str, str]) -> None:
    """Make the names in `exports` attributes of `package`, each imported at its first use.

    Args:
        package: the package's `__name__`.
        exports: public name -> the submodule (of that package) that defines it.

    Returns:
        Nothing; the package, already in `sys.modules`, changes in place. No arrays, no shapes.

    Raises:
        KeyError: the package is not being imported.

    Source: PEP 562, by way of a module class, since a module's own `__getattr__` cannot refuse an
        assignment.
    """
    module = sys.modules[package]
    module.__dict__["_exports"] = dict(exports)
    module.__class__ = _LazyPackage
