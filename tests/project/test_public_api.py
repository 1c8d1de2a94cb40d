"""The check of the public names against the last tag, on a package of its own."""

import subprocess

import pytest

pytest.importorskip("griffe")
from tests.support.public_api import broken, last_tag

OPS = """\
from typing import overload

@overload
def exp(x: int, *, axis: int = 0) -> int: ...
@overload
def exp(x: str, *, axis: int = 0) -> str: ...
@overload
def log(x: int) -> int: ...
@overload
def log(x: str) -> str: ...
"""
FILES = {
    "__init__.py": "from autograd_lite import optim, testing\nfrom autograd_lite.core import grad, hidden as _hidden\n",
    "__init__.pyi": OPS,
    "core.py": "def grad(f, argnums=0):\n    return f\n\n\ndef hidden(x):\n    return x\n",
    "optim.py": "from autograd_lite.core import hidden as adam\n",
    "testing.py": "",
}


def git(root, *arguments):
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "autograd_lite"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "First")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (
            "core.py",
            "argnums=0",
            "argnums=1",
            ["autograd_lite/core.py:1: grad(argnums): Parameter default was changed"],
        ),
        ("core.py", "def grad(", "def gradient(", ["autograd_lite/core.py:0: grad: Public object was removed"]),
        ("core.py", "hidden(x)", "hidden(y)", ["autograd_lite/core.py:5: hidden(x): Parameter was removed"]),
        ("__init__.pyi", "axis", "axes", ["exp(axis=): the parameter was removed"]),
        ("__init__.pyi", "def log", "def log2", ["log: the op was removed"]),
        ("core.py", "return x", "return 2 * x", []),
        ("__init__.pyi", "log(x: str)", "log(x: str, *, base: int)", []),
        ("testing.py", "", "def check(): ...\n", []),
    ],
)
def test_what_breaks_callers_is_said(root, file, before, after, said):
    git(root, "tag", "v0.0.1")
    path = root / "autograd_lite" / file
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    found = broken(root, "v0.0.1")
    assert [line.partition(": 0 ->")[0] for line in found[: len(said)]] == said
    assert bool(found) == bool(said)


def test_a_module_behind_the_public_names_may_change(root):
    path = root / "autograd_lite" / "core.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n\ndef inner(x):\n    return x\n", encoding="utf-8")
    git(root, "commit", "-aqm", "Second")
    git(root, "tag", "v0.0.2")
    path.write_text(path.read_text(encoding="utf-8").replace("inner(x)", "inner()"), encoding="utf-8")
    assert broken(root, "v0.0.2") == []


def test_the_last_tag_of_a_version_is_found(root):
    assert last_tag(root) == ""
    git(root, "tag", "v0.0.1")
    git(root, "tag", "other")
    assert last_tag(root) == "v0.0.1"
