"""The distributions of the project, built; and environments that hold a wheel, and nothing of the checkout."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.support import examples

ROOT = Path(__file__).parents[2]
EXAMPLES = examples.of_page(ROOT / "README.md")
PROPERTIES = ("tests/models/test_neuron.py", "tests/testing/test_random_programs.py", "tests/core/test_transforms.py")
"""Tests that need no more than the package, its extra `testing` and `models/`."""


def build(folder):
    """Build the sdist, and of it the wheel, into a folder, as `make dist` does; return their paths."""
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)], ROOT)
    return built(folder)


def built(folder):
    """Return the sdist and the wheel of a folder."""
    (sdist,), (wheel,) = sorted(folder.glob("*.tar.gz")), sorted(folder.glob("*.whl"))
    return sdist, wheel


def run(command, folder, **options):
    """Run a command to its end, where nothing of the checkout is to be found; return what it prints."""
    hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command} gave {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def python_of(environment):
    """Return the interpreter of an environment."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def installed(folder, wheel, extra):
    """Return the interpreter of a new environment: the wheel with an extra, and pytest, installed from the index."""
    environment, wanted = folder / "environment", [f"{wheel}[{extra}]", "pytest", "packaging"]
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv:
        run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)], folder)
        run([uv, "pip", "install", "--quiet", "--python", str(python_of(environment)), *wanted], folder)
    else:
        run([sys.executable, "-m", "venv", str(environment)], folder)
        run([str(python_of(environment)), "-m", "pip", "install", "--quiet", *wanted], folder)
    return python_of(environment)


def linked(folder, wheel, extra):
    """Return the interpreter of a new environment with the same, made without the index: linked from what is here."""
    environment = folder / "environment"
    run([sys.executable, "-m", "venv", "--without-pip", str(environment)], folder)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run([str(python_of(environment)), "-c", where], folder).strip())
    shutil.unpack_archive(wheel, packages, "zip")
    (info,) = packages.glob("*.dist-info")
    pytest = distribution("pytest")
    required = _required(pytest, "", _required(Distribution.at(info), extra, {"pytest": pytest}))
    for found in required.values():
        _link(found, packages)
    return python_of(environment)


def _required(wanted, extra, found):
    """Add to some distributions those that another requires, and those that these require; return them."""
    for requirement in map(Requirement, wanted.requires or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            name = requirement.name.lower()
            if name not in found:
                found[name] = distribution(name)
                assert requirement.specifier.contains(found[name].version, prereleases=True), requirement
                _required(found[name], "", found)
    return found


def _link(found, packages):
    """Link the packages and modules of a distribution into another folder of packages."""
    for name in {path.parts[0] for path in found.files or ()} - {"..", "__pycache__"}:
        here = Path(str(found.locate_file(name)))
        if here.exists() and not (packages / name).exists():
            (packages / name).symlink_to(here)


def copy_tests(folder):
    """Copy the tests that run beside a wheel, with what they need but the package, into a folder."""
    for name in ("pyproject.toml", "tests/__init__.py", "tests/conftest.py", *PROPERTIES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in ("models", "tests/support"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for home in {Path(name).parent for name in PROPERTIES}:
        shutil.copy(ROOT / home / "__init__.py", folder / home)
