"""The built wheel holds the package, with what it needs beside the modules, the pytest plugin, and nothing else."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import autograd_lite as ag

ROOT = Path(__file__).parents[2]
PACKAGE = Path(ag.__file__).parent
NUMPY = {f"numpy/{name}.pyi" for name in ("__init__", "fft", "linalg", "random")}
BESIDE_THE_PACKAGE = "pytest_autograd_lite.py"  # pytest imports it in every run: in the package it would bring NumPy
BESIDE_THE_MODULES = {"__init__.pyi", "py.typed", "readings/explanation/page.html"} | NUMPY


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return the folder of an installed wheel: its files, unpacked."""
    built = tmp_path_factory.mktemp("built")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = built.glob("*.whl")
    zipfile.ZipFile(path).extractall(built / "installed")
    return built / "installed"


def test_it_holds_the_package_alone(wheel):
    files = {path.relative_to(wheel).as_posix() for path in wheel.rglob("*") if path.is_file()}
    ours = {name for name in files if not name.startswith(f"autograd_lite-{ag.__version__}.dist-info/")}
    wanted = {path.relative_to(PACKAGE.parent).as_posix() for path in PACKAGE.rglob("*.py")}
    assert ours == wanted | {f"autograd_lite/{name}" for name in BESIDE_THE_MODULES} | {BESIDE_THE_PACKAGE}


def test_pytest_finds_the_plugin(wheel):
    names = (wheel / f"autograd_lite-{ag.__version__}.dist-info" / "entry_points.txt").read_text(encoding="utf-8")
    assert names == "[pytest11]\npytest_autograd_lite = pytest_autograd_lite\n"


def test_it_names_its_version(wheel):
    metadata = (wheel / f"autograd_lite-{ag.__version__}.dist-info" / "METADATA").read_text(encoding="utf-8")
    assert f"\nVersion: {ag.__version__}\n" in metadata


def test_it_runs_where_the_checkout_is_not(wheel, tmp_path):
    use = "import autograd_lite as ag; print(ag.__file__, ag.grad(ag.square)(3.0))"
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    command = [sys.executable, "-c", use]
    run = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert run.stdout.split() == [str(wheel / "autograd_lite" / "__init__.py"), "6.0"]
