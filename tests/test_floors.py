"""Imports run downward only, by the floors of the design; models stand on the public names alone."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import autograd_lite as ag

ROOT = Path(__file__).parents[1]
PACKAGE = "autograd_lite"

FLOORS = [  # a package stands for all its modules, but for those that are named
    {"arrays", "trees", "samples", "notation.identifiers", "notation.typesetting"},
    {"graph", "op"},
    {"dispatch", "ops"},
    {"backward", "debug"},
    {"call", "transforms"},
    {"differences", "numerical"},
    {"notation", "program", "drawing", "explanation"},
    {"source", "explain", "draw", "compiled"},
    {"optim", "checking", "verification"},
    {"diagnosis", "testing", "verify"},
    {"ops.__main__", "__main__"},
    {""},  # the package itself: its public face
]
NAMED = {f"{PACKAGE}.{name}".rstrip("."): floor for floor, names in enumerate(FLOORS) for name in names}
READINGS = {f"{PACKAGE}.{name}" for name in FLOORS[7]}
RUNS_WHAT_SOURCE_WRITES = (f"{PACKAGE}.compiled", f"{PACKAGE}.source")


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted((ROOT / PACKAGE).rglob("*.py"))}
FLOOR = {  # a folder of the package has the floor of its name; the package itself gives its modules none
    module: NAMED.get(module, NAMED.get(module.rpartition(".")[0]) if module.count(".") > 1 else None)
    for module in MODULES
}
MODELS = {module_name(path): path for path in sorted((ROOT / "models").rglob("*.py"))}


def is_for_type_checkers(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def statements(tree):
    """Walk a syntax tree, leaving out what only type checkers see."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        children = node.orelse if is_for_type_checkers(node) else ast.iter_child_nodes(node)
        pending.extend(children)


def imported(source, name, is_package=False):
    """Return the modules of the package that a module imports, at its top or in a function."""
    found = set()
    home = name if is_package else name.rpartition(".")[0]
    for node in statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = home.split(".")[: len(home.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            members = {f"{base}.{alias.name}" for alias in node.names}
            found |= members & MODULES.keys() or {base}
            found |= {base} if members - MODULES.keys() else set()
    return {module for module in found if module.split(".")[0] == PACKAGE}


IMPORTS = {
    name: imported(path.read_text(encoding="utf-8"), name, path.name == "__init__.py")
    for name, path in MODULES.items()
}


def test_every_module_has_a_floor():
    without = [module for module, floor in FLOOR.items() if floor is None]
    assert without == [], "give the new module its floor in the table above"


@pytest.mark.parametrize("module", MODULES)
def test_no_module_imports_from_a_floor_above(module):
    assert {other for other in IMPORTS[module] if FLOOR[other] > FLOOR[module]} == set()


def test_no_circle_of_imports():
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as circle:
        pytest.fail(f"circle of imports: {circle.args[1]}")


def test_readings_do_not_import_each_other():
    pairs = {(reading, other) for reading in READINGS & IMPORTS.keys() for other in IMPORTS[reading] & READINGS}
    assert pairs <= {RUNS_WHAT_SOURCE_WRITES}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import autograd_lite.backward", {"autograd_lite.backward"}),
        ("from autograd_lite import arrays", {"autograd_lite.arrays"}),
        ("from autograd_lite import arrays, grad", {"autograd_lite.arrays", "autograd_lite"}),
        ("from autograd_lite.graph import Tensor", {"autograd_lite.graph"}),
        ("from ..graph import Tensor", {"autograd_lite.graph"}),
        ("from .. import backward", {"autograd_lite.backward"}),
        ("from . import elementwise", {"autograd_lite.ops.elementwise"}),
        ("from .elementwise import add", {"autograd_lite.ops.elementwise"}),
        ("def f():\n    from autograd_lite.backward import sweep", {"autograd_lite.backward"}),
        ("if TYPE_CHECKING:\n    from autograd_lite.op import Op\nelse:\n    import numpy", set()),
        ("import numpy.linalg as la\nfrom math import pi", set()),
    ],
)
def test_imports_are_read_in_every_spelling(source, found):
    assert imported(source, "autograd_lite.ops.linalg") == found


@pytest.mark.parametrize("module", MODELS)
def test_models_use_public_names_only(module):
    tree = ast.parse(MODELS[module].read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            ours = [alias for alias in node.names if alias.name.split(".")[0] == PACKAGE]
            assert all((alias.name, alias.asname) == (PACKAGE, "ag") for alias in ours), ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE:
            assert node.module == PACKAGE, ast.unparse(node)
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "ag":
            names.add(node.attr)
    assert names <= set(ag.__all__)


@pytest.mark.parametrize("package", ["matplotlib", "hypothesis", "models", "tqdm", "scipy"])
def test_importing_the_package_does_not_import(package):
    check = f"import sys, autograd_lite; sys.exit({package!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=False).returncode == 0
