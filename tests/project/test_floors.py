"""The house: imports run down, nothing is long, models stand on public names, tests on tables that they share."""

import ast
import importlib
import subprocess
import sys

import pytest

import autograd_lite as ag
from tests.support import house
from tests.support.house import BELOW, MODULES, PACKAGE, ROOT, imported, room

MODELS = house.modules("models")
TESTS = house.modules("tests")


def test_the_table_names_the_rooms_that_there_are():
    assert BELOW.keys() == set(map(room, MODULES))


def test_imports_run_down():
    assert house.upward() == []


def test_no_circle_of_imports():
    assert house.circle() is None


def test_readings_do_not_import_each_other():
    def reading(module):
        return ".".join(module.split(".")[:3])

    crossed = {
        (module, other)
        for module, others in house.imports().items()
        for other in others
        if room(module) == room(other) == "readings" and reading(module) != reading(other)
    }
    assert {(module, other) for module, other in crossed if not reading(other).endswith(".layout")} == set()


def test_no_name_hides_a_module():
    for module in MODULES.keys() - {"autograd_lite.ops.special"}:  # needs SciPy
        loaded = importlib.import_module(module)
        parent, _, name = module.rpartition(".")
        assert not parent or getattr(sys.modules[parent], name) is loaded, module


def test_no_module_is_long():
    lengths = {module: len(path.read_text("utf-8").splitlines()) for module, path in MODULES.items()}
    assert {module: n for module, n in lengths.items() if n > 430} == {}


def test_no_function_needs_a_scroll():
    long = {name: n for name, n in house.bodies() if n > 40}
    assert long == {}


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
        ("if TYPE_CHECKING:\n    from autograd_lite.core.op import Op", {"autograd_lite.core.op"}),
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
def test_no_module_imports_a_test_module(module):
    assert imports_tests(module) == set()


@pytest.mark.parametrize("package", ["matplotlib", "hypothesis", "models", "tqdm", "scipy", "jax"])
def test_importing_the_package_does_not_import(package):
    check = f"import sys, autograd_lite; sys.exit({package!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=False).returncode == 0
