"""The wheel holds the package and its plugin for pytest, and works without the checkout; the sdist builds and tests it.

``make dist`` runs all of it on the files that it has built (in the folder DIST), `make deep` on new ones; `make test`
leaves out what takes packages from the index.
"""

import email
import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

import autograd_lite as ag
from tests.support import wheels
from tests.support.wheels import EXAMPLES, PROPERTIES, ROOT, run

PACKAGE = Path(ag.__file__).parent
NUMPY = {f"numpy/{name}.pyi" for name in ("__init__", "fft", "linalg", "random")}
BESIDE_THE_MODULES = {"__init__.pyi", "py.typed", "readings/explanation/page.html"} | NUMPY
PLUGIN = "pytest_autograd_lite.py"  # pytest imports it in every run: in the package it would bring NumPy
IN_METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """Return the paths of the sdist and of the wheel: those of the folder DIST, or new ones."""
    folder = os.environ.get("DIST")
    return wheels.built(Path(folder)) if folder else wheels.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def sdist(distributions):
    """Return the names of the files of the sdist."""
    with tarfile.open(distributions[0]) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}


@pytest.fixture(scope="module")
def wheel(distributions):
    """Return the names of the files of the wheel, and its metadata."""
    with zipfile.ZipFile(distributions[1]) as archive:
        metadata = archive.read(f"autograd_lite-{ag.__version__}.dist-info/METADATA")
        return set(archive.namelist()), email.message_from_bytes(metadata)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((wheels.linked, slice(None, None, len(EXAMPLES) - 1)), id="linked"),
        pytest.param((wheels.installed, slice(None)), id="installed", marks=pytest.mark.deep),
    ],
)
def environment(request, distributions, tmp_path_factory):
    """Return the interpreter of an environment with the wheel, and which examples of the README run in it."""
    way, examples = request.param
    return way(tmp_path_factory.mktemp("clean"), distributions[1], "testing"), EXAMPLES[examples]


def test_it_holds_the_package_alone(wheel):
    ours = {name for name in wheel[0] if not name.startswith(f"autograd_lite-{ag.__version__}.dist-info/")}
    wanted = {path.relative_to(PACKAGE.parent).as_posix() for path in PACKAGE.rglob("*.py")}
    assert ours == wanted | {f"autograd_lite/{name}" for name in BESIDE_THE_MODULES} | {PLUGIN}


def test_its_metadata_hold_the_licence_and_the_plugin(wheel):
    folder = f"autograd_lite-{ag.__version__}.dist-info/"
    assert {name.removeprefix(folder) for name in wheel[0] if name.startswith(folder)} == IN_METADATA


def test_it_says_what_it_is(wheel):
    metadata = wheel[1]
    assert metadata["Version"] == ag.__version__
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_sdist_holds_what_git_does_and_no_more(sdist):
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    tracked = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    assert sdist == {name for name in tracked if (ROOT / name).is_file()} | {"PKG-INFO"}


def test_it_runs_alone(environment, tmp_path):
    python, _ = environment
    use = "import autograd_lite as ag, sys; print(ag.__file__, ag.__version__, ag.grad(ag.square)(3.0), sys.path)"
    file, version, gradient, path = run([str(python), "-c", use], tmp_path).split(maxsplit=3)
    assert Path(file).is_relative_to(python.parents[1])
    assert (version, gradient) == (ag.__version__, "6.0")
    assert str(ROOT) not in path


def test_the_examples_of_the_readme(environment, tmp_path):
    python, examples = environment
    (folder := tmp_path / "empty").mkdir()
    for code, output in examples:
        (folder / "example.py").write_text(code, encoding="utf-8")
        assert run([str(python), "-W", "error", "example.py"], folder).rstrip() == output.rstrip()


def test_the_command_line(environment, tmp_path):
    python, _ = environment
    (tmp_path / "net.py").write_text("def f(x):\n    return x**2\n\ndef df(x):\n    return 2 * x\n", encoding="utf-8")
    said = run([str(python), "-m", "autograd_lite", "verify", "net.py:f", "net.py:df", "--shapes", "-"], tmp_path)
    assert said.startswith("df, the gradient of f: right")


@pytest.mark.deep
def test_the_property_tests(environment, tmp_path):
    python, _ = environment
    wheels.copy_tests(tmp_path)
    assert " passed" in run([str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *PROPERTIES], tmp_path)
