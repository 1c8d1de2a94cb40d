"""Imports run downward only, by the floors of the design; models stand on the public names alone."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import autograd_lite as ag

ROOT = Path(__file__).parents[2]
PACKAGE = "autograd_lite"

BELOW = {  # what the modules of a room may import; each may import its own room
    "core": (),
    "debugging": ("core",),
    "ops": ("core",),
    "program": ("core", "debugging", "ops"),
    "readings": ("core", "debugging", "ops", "program"),
    "optim": ("core",),
    "numerical": ("core",),
    "verification": ("core", "debugging", "ops", "program", "numerical"),
    "testing": ("core", "debugging", "ops", "program", "numerical", "verification"),
    "__main__": ("core", "verification"),
    "": ("core", "debugging", "ops", "program", "readings", "optim", "verification", "testing"),
}


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room(module):
    """Return the folder or top-level module that a module lies in; "" is the package's own face."""
    return module.removeprefix(PACKAGE).removeprefix(".").partition(".")[0]


MODULES = {module_name(path): path for path in sorted((ROOT / PACKAGE).rglob("*.py"))}
MODELS = {module_name(path): path for path in sorted((ROOT / "models").rglob("*.py"))}
TESTS = {module_name(path): path for path in sorted((ROOT / "tests").rglob("*.py"))}


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


def test_the_table_names_the_rooms_that_there_are():
    assert BELOW.keys() == set(map(room, MODULES))


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_down(module):
    assert {other for other in IMPORTS[module] if room(other) not in (room(module), *BELOW[room(module)])} == set()


def test_no_circle_of_imports():
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as circle:
        pytest.fail(f"circle of imports: {circle.args[1]}")


def test_readings_do_not_import_each_other():
    def reading(module):
        return ".".join(module.split(".")[:3])

    crossed = {
        (module, other)
        for module, others in IMPORTS.items()
        for other in others
        if room(module) == room(other) == "readings" and reading(module) != reading(other)
    }
    assert {(module, other) for module, other in crossed if not other.endswith(".layout")} == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import autograd_lite.core.backward", {"autograd_lite.core.backward"}),
        ("from autograd_lite.core import shapes", {"autograd_lite.core.shapes"}),
        ("from autograd_lite import core, grad", {"autograd_lite.core", "autograd_lite"}),
        ("from autograd_lite.core.tensor import Tensor", {"autograd_lite.core.tensor"}),
        ("from ..core.tensor import Tensor", {"autograd_lite.core.tensor"}),
        ("from ..core import backward", {"autograd_lite.core.backward"}),
        ("from . import elementwise", {"autograd_lite.ops.elementwise"}),
        ("from .elementwise import add", {"autograd_lite.ops.elementwise"}),
        ("def f():\n    from autograd_lite.core.backward import sweep", {"autograd_lite.core.backward"}),
        ("if TYPE_CHECKING:\n    from autograd_lite.core.op import Op\nelse:\n    import numpy", set()),
        ("import numpy.linalg as la\nfrom math import pi", set()),
    ],
)
def test_imports_are_read_in_every_spelling(source, found):
    assert imported(source, "autograd_lite.ops.reductions") == found


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


def imports_tests(module):
    """Return the test modules that a module imports: what two of them share belongs into tests/support."""
    tree = ast.parse(TESTS[module].read_text(encoding="utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {f"{node.module}.{alias.name}" for node in froms for alias in node.names}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return {name for name in names if any(part.startswith("test_") for part in name.split("."))}


@pytest.mark.parametrize("module", TESTS)
def test_no_module_imports_a_test_module(module, request):
    if module == "tests.verification.test_report":
        request.applymarker(pytest.mark.xfail(reason="its tables are on their way into tests/support"))
    assert imports_tests(module) == set()


@pytest.mark.parametrize("package", ["matplotlib", "hypothesis", "models", "tqdm", "scipy"])
def test_importing_the_package_does_not_import(package):
    check = f"import sys, autograd_lite; sys.exit({package!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=False).returncode == 0
