"""Who imports whom: down the list, without a cycle, and never what must not be seen."""

from __future__ import annotations

import ast
import graphlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

ORACLE = "src/corrigible/testing/oracle"
# The judge scores against a truth; every other planner would be cheating.
JUDGES = {"evaluate", "chain"}
HEAVY = {"jax", "jaxlib", "numpy", "scipy", "matplotlib"}


def _modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def test_imports_run_one_way(root: Path) -> None:
    code = "from importlinter.cli import lint_imports_command as c; c()"
    result = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=root, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout


def test_the_contract_names_every_module(root: Path) -> None:
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    layers = next(c for c in pyproject["tool"]["importlinter"]["contracts"] if c["id"] == "layers")
    named = {part.strip(" ()") for layer in layers["layers"] for part in layer.split("|")}
    package = root / "src" / "corrigible"
    present = {
        path.stem
        for path in package.iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
    }
    assert present <= named
    assert layers["exhaustive"]


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = grimp.build_graph("corrigible", exclude_type_checking_imports=True)
    order = graphlib.TopologicalSorter(
        {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    )
    order.prepare()


def _names(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_no_planner_but_the_judge_can_name_a_truth(root: Path) -> None:
    for path in _modules(root / "src" / "corrigible" / "planners"):
        names = _names(ast.parse(path.read_text(encoding="utf-8")))
        if path.stem not in JUDGES:
            assert not names & {"Truth", "truth"}, path.name


def test_no_planner_imports_the_judge() -> None:
    graph = grimp.build_graph("corrigible", exclude_type_checking_imports=True)
    judges = {f"corrigible.planners.{name}" for name in JUDGES}
    for judge in judges & graph.modules:
        importers = graph.find_modules_that_directly_import(judge)
        assert not {i for i in importers if i.startswith("corrigible.planners.")} - judges, judge


def test_the_oracle_imports_the_standard_library_only(root: Path) -> None:
    files = _modules(root / ORACLE) or [root / f"{ORACLE}.py"]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                roots = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                module = node.module or ""
                inside = module.startswith("corrigible.testing.oracle")
                roots = set() if inside else {module.split(".")[0]}
            else:
                continue
            assert roots <= set(sys.stdlib_module_names), f"{path.name}: {roots}"


def _loaded_by(root: Path, code: str) -> set[str]:
    report = "; import sys, json; print('\\n' + json.dumps(sorted(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code + report], cwd=root, capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in json.loads(result.stdout.splitlines()[-1])}


@pytest.mark.parametrize("words", ["['--help']", "['certify', '--help']", "['zoo', '--help']"])
def test_help_loads_nothing_heavy(root: Path, words: str) -> None:
    code = (
        f"import sys; sys.argv = ['corrigible', *{words}]\n"
        "from corrigible.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "pass"
    )
    assert not _loaded_by(root, code) & HEAVY


def test_packages_are_lazy(root: Path) -> None:
    packages = sorted(
        ".".join(path.parent.relative_to(root / "src").parts)
        for path in (root / "src" / "corrigible").rglob("__init__.py")
    )
    assert not _loaded_by(root, "import " + ", ".join(packages)) & HEAVY
