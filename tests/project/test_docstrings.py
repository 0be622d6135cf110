"""The public API, walked: every docstring says shapes, Returns, Raises and Source."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in (SOURCE / "corrigible").rglob("*.py")
    if path.stem != "__main__"
)
# An array annotated with a shape: Float[np.ndarray, "S A"].
SHAPED = re.compile(r"\b(?:Float|Int|Integer|Bool|Num|Shaped|Inexact|Real|UInt)\d*\[[^\]]*\]")
BARE = re.compile(r"\b(?:ndarray|NDArray|ArrayLike|Array|csr_array|csr_matrix|sparray)\b")
# A shape in prose: [S, A], [*, S], [2].
SHAPE = re.compile(r"\[[\w*+., -]*\]")


def _functions(module: ModuleType) -> Iterator[tuple[str, Any, str | None]]:
    """Public functions, methods and properties defined here, with their docstrings."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value):
            for member, raw in vars(value).items():
                function = _callable(raw)
                if not member.startswith("_") and function is not None:
                    yield f"{name}.{member}", function, _inherited(value, member)
        elif callable(value):
            yield name, inspect.unwrap(value), inspect.getdoc(value)


def _callable(raw: Any) -> Any:
    if isinstance(raw, property):
        raw = raw.fget
    elif isinstance(raw, functools.cached_property):
        raw = raw.func
    elif isinstance(raw, classmethod | staticmethod):
        raw = raw.__func__
    return inspect.unwrap(raw) if inspect.isfunction(raw) else None


def _inherited(owner: type, member: str) -> str | None:
    for base in owner.__mro__:
        doc = getattr(vars(base).get(member), "__doc__", None)
        if doc:
            return inspect.cleandoc(doc)
    return None


def _faults(name: str, function: Any, doc: str | None) -> Iterator[str]:
    if not doc:
        yield f"{name}: no docstring"
        return
    for section in ("Returns", "Raises", "Source"):
        if not re.search(rf"^{section}:", doc, re.MULTILINE):
            yield f"{name}: no {section}"
    annotations = [str(a) for a in getattr(function, "__annotations__", {}).values()]
    bare = BARE.search(SHAPED.sub("", " ".join(annotations)))
    if bare and not SHAPE.search(doc):
        yield f"{name}: an array ({bare[0]}) without a shape"


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    faults = [] if module.__doc__ else ["the module has no docstring"]
    for member, value in vars(module).items():
        here = getattr(value, "__module__", None) == module.__name__
        if inspect.isclass(value) and here and not member.startswith("_"):
            doc = value.__doc__ or ""
            if not re.search(r"^\s*Source:", doc, re.MULTILINE):
                faults.append(f"{member}: a class without a Source")
    for member, function, doc in _functions(module):
        faults.extend(_faults(member, function, doc))
    assert not faults, "\n".join(faults)


def test_the_walk_sees_what_is_missing() -> None:
    def bad(x: Any) -> Any:
        """Returns:
        x
        """

    bad.__annotations__ = {"x": "np.ndarray"}
    found = list(_faults("bad", bad, inspect.getdoc(bad)))
    assert [fault.split(": ")[1] for fault in found][:2] == ["no Raises", "no Source"]
    assert "without a shape" in found[2]
    assert list(_faults("bare", bad, None)) == ["bare: no docstring"]
