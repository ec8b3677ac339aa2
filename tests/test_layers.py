"""Imports point one way: the layers of both packages, read off the source of every module."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the ground up. A module imports from its own layer or from those above it in this list, never from one below.
LAYERS = (
    ("results", "data", "library", "penalties", "rendering"),
    ("datasets", "noise", "smoothing", "weak", "gram", "inr"),
    ("solvers",),
    ("likelihood", "labelling", "selection", "refit", "simulate", "symbolic", "metrics", "persistence"),
    ("estimators",),
    ("coefficient_laws", "resampling"),
    ("plotting",),
    ("report",),
    ("cli", "__main__"),
)
RANK = {unit: rank for rank, layer in enumerate(LAYERS) for unit in layer}

# The same for systems; the empty name is the package itself. The demonstration stands apart.
SYSTEMS_LAYERS = (
    ("system", "starts", "environments", "structure", "integration", "simulation", "catalogue", "registry", ""),
    ("setups", "replicas"),
    ("methods",),
    ("judging",),
    ("batch",),
    ("report",),
    ("choices", "listing", "command_line", "__main__"),
    ("demo",),
)
SYSTEMS_RANK = {unit: rank for rank, layer in enumerate(SYSTEMS_LAYERS) for unit in layer}

# The package itself stands for its lazy exports: whoever imports them sits above the estimators.
PACKAGE_RANK = RANK["estimators"]

# Solvers see Grams and penalties only.
FORBIDDEN = {"solvers": {"data", "library"}}

# Slow to import or not always installed: to be imported by the function that needs them.
IMPORTED_WHERE_USED = {
    "jax",
    "jinja2",
    "matplotlib",
    "optax",
    "pandas",
    "pint",
    "polars",
    "pyarrow",
    "pysindy",
    "skimage",
    "sympy",
    "tqdm",
    "xarray",
}

# Extras of the benchmark; its systems are SymPy expressions, its report is pictures.
OPTIONAL = {"pandas", "pyarrow", "pysindy", "skglm", "dask", "distributed", "tqdm", "jinja2"}

DISTRIBUTIONS = {"scikit-learn": "sklearn"}

# The extra `test` holds tools, which no package imports. One of it is no tool: a loader reads pictures that it brings.
PICTURES = {"skimage"}


@dataclass(frozen=True)
class Import:
    """One imported module; `deferred` if inside a function or for type checkers only."""

    importer: str
    imported: str
    line: int
    deferred: bool

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def _modules(package: str) -> dict[str, Path]:
    """Dotted name -> file of every module of a package."""
    modules = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


MODULES = {**_modules("spreme"), **_modules("systems")}


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _import_nodes(node: ast.AST, deferred: bool = False) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Every import statement below `node`, and whether it is left out when the module is imported."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node, deferred
    elif isinstance(node, ast.If) and _is_type_checking(node.test):
        for child in node.body:
            yield from _import_nodes(child, True)
        for child in node.orelse:
            yield from _import_nodes(child, deferred)
    else:
        inside = deferred or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from _import_nodes(child, inside)


def _base(node: ast.ImportFrom, importer: str, path: Path) -> str:
    """Absolute name of the module a `from` statement starts at."""
    if node.level == 0:
        return node.module or ""
    up = node.level - (path.name == "__init__.py")
    parts = importer.split(".")
    return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])


def _targets(node: ast.Import | ast.ImportFrom, importer: str, path: Path) -> list[str]:
    """Modules a statement imports: `from spreme import gram` names the module spreme.gram."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = _base(node, importer, path)
    return [full if (full := f"{base}.{alias.name}") in MODULES else base for alias in node.names]


def imports_of(importer: str, path: Path) -> list[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    return [
        Import(importer, imported, node.lineno, deferred)
        for node, deferred in _import_nodes(tree)
        for imported in _targets(node, importer, path)
    ]


def _unit(module: str) -> str:
    """`spreme.data.checks` -> `data`; the package itself -> the empty string."""
    return [*module.split("."), ""][1]


def violation(imported: Import) -> str | None:
    """What is wrong with an import, or None."""
    importer_package, package = imported.importer.split(".")[0], imported.imported.split(".")[0]
    if package == "systems":
        return "spreme never imports systems" if importer_package == "spreme" else _violation_in_systems(imported)
    if package != "spreme" or importer_package != "spreme" or imported.importer == "spreme":
        return None
    importer_unit, unit = _unit(imported.importer), _unit(imported.imported)
    if importer_unit not in RANK or (unit and unit not in RANK):
        return None  # test_every_module_has_a_layer tells
    if unit in FORBIDDEN.get(importer_unit, ()):
        return f"{importer_unit} never sees {unit}"
    if (RANK[unit] if unit else PACKAGE_RANK) > RANK[importer_unit]:
        return f"{unit or 'the package itself'} is a layer above {importer_unit}"
    return None


def _violation_in_systems(imported: Import) -> str | None:
    """What is wrong with an import of systems by itself, or None."""
    importer_unit, unit = _unit(imported.importer), _unit(imported.imported)
    if imported.importer.split(".")[0] != "systems" or importer_unit not in SYSTEMS_RANK or unit not in SYSTEMS_RANK:
        return None
    return f"{unit} is a layer above {importer_unit}" if SYSTEMS_RANK[unit] > SYSTEMS_RANK[importer_unit] else None


IMPORTS = [imported for module, path in MODULES.items() for imported in imports_of(module, path)]


def test_every_module_has_a_layer() -> None:
    units = {_unit(module) for module in MODULES if module.startswith("spreme.")}
    assert units <= RANK.keys(), f"give a layer in LAYERS to: {sorted(units - RANK.keys())}"
    own = {_unit(module) for module in MODULES if module.split(".")[0] == "systems"}
    assert own <= SYSTEMS_RANK.keys(), f"give a layer in SYSTEMS_LAYERS to: {sorted(own - SYSTEMS_RANK.keys())}"


def test_imports_point_one_way() -> None:
    assert [f"{imported}: {wrong}" for imported in IMPORTS if (wrong := violation(imported))] == []


def test_units_do_not_import_each_other_in_circles() -> None:
    graph: dict[str, set[str]] = {unit: set() for unit in RANK}
    for imported in IMPORTS:
        units = (_unit(imported.importer), _unit(imported.imported))
        if imported.importer.startswith("spreme.") and imported.imported.startswith("spreme.") and units[0] != units[1]:
            graph.setdefault(units[0], set()).add(units[1])
    while free := [unit for unit, needed in graph.items() if not needed & graph.keys()]:
        for unit in free:
            del graph[unit]
    assert graph == {}, "these import each other in a circle"


def test_slow_and_optional_packages_are_imported_where_used() -> None:
    early = [
        str(imported)
        for imported in IMPORTS
        if not imported.deferred
        and imported.imported.split(".")[0]
        in (IMPORTED_WHERE_USED if imported.importer.startswith("spreme") else OPTIONAL)
    ]
    assert early == [], "move these into the functions that use them"


def test_every_foreign_package_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    requirements = [
        *project["dependencies"],
        *(one for name, extra in extras.items() if name != "test" for one in extra),
    ]
    names = {re.split(r"[^\w-]", requirement)[0] for requirement in requirements}
    own = {"spreme", "systems"} | PICTURES
    declared = {DISTRIBUTIONS.get(name, name) for name in names} | own | sys.stdlib_module_names
    assert [str(imported) for imported in IMPORTS if imported.imported.split(".")[0] not in declared] == []


@pytest.mark.parametrize(
    ("importer", "imported", "is_allowed"),
    [
        ("spreme.data.checks", "spreme.library.expressions", True),
        ("spreme.estimators.spreme", "spreme.solvers", True),
        ("spreme.plotting", "spreme", True),
        ("spreme", "spreme.estimators", True),
        ("systems.runner", "spreme", True),
        ("spreme.data.checks", "spreme.smoothing", False),
        ("spreme.solvers.path", "spreme.data", False),
        ("spreme.refit", "spreme", False),
        ("spreme.cli", "systems", False),
        ("systems.judging.verdict", "systems.methods", True),
        ("systems.setups.lookup", "systems.judging", False),
    ],
)
def test_the_rules_themselves(importer: str, imported: str, is_allowed: bool) -> None:
    assert (violation(Import(importer, imported, 1, False)) is None) == is_allowed


def test_the_reader_of_imports() -> None:
    source = (
        "import numpy as np\nfrom ..library import table\nfrom . import checks\n"
        "if TYPE_CHECKING:\n    import pandas\nelse:\n    import scipy\n"
        "try:\n    import polars\nexcept ImportError:\n    pass\n"
        "def plot():\n    import matplotlib.pyplot\n"
    )
    path = ROOT / "spreme" / "data" / "trajectory.py"
    found = [
        (target, deferred)
        for node, deferred in _import_nodes(ast.parse(source))
        for target in _targets(node, "spreme.data.trajectory", path)
    ]
    units = [(".".join(target.split(".")[:2]), deferred) for target, deferred in found]
    assert units == [
        ("numpy", False),
        ("spreme.library", False),
        ("spreme.data", False),
        ("pandas", True),
        ("scipy", False),
        ("polars", False),
        ("matplotlib.pyplot", True),
    ]
