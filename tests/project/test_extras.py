"""Each extra of pyproject.toml is in the README, and is named by the error of what needs its packages."""

import re
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

import autograd_lite as ag
from autograd_lite.compiled.parts import _controller, usual_threads
from autograd_lite.core.extras import EXTRAS
from models import chunked_rows, digit_images, lesson, progress, words

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OF_CONTRIBUTORS = {"docs", "peers"}
"""Extras of what is run from a checkout alone."""


def packages():
    """Yield each extra with each package that it brings itself."""
    for extra, requirements in PROJECT["optional-dependencies"].items():
        if extra not in OF_CONTRIBUTORS:
            yield from ((extra, Requirement(r).name) for r in requirements if not r.startswith(PROJECT["name"]))


USERS = {
    "hypothesis": lambda: ag.testing.check_op(ag.ops.table["exp"]),
    "scipy": lambda: ag.optim.lbfgs(np.square, 1.0),
    "safetensors": lambda: ag.load("a.safetensors"),
    "jax": lambda: ag.compile(np.square, backend="jax"),
    "dask": lambda: chunked_rows.in_chunks(0, [1], [0]),
    "distributed": lambda: chunked_rows.cluster(1).__enter__(),
    "scikit-learn": lambda: digit_images.load(),
    "simplemma": lambda: words.lemmas("text"),
    "lightgbm": lambda: lesson.needed("lightgbm", "LightGBM", "boosting"),
    "xgboost": lambda: lesson.needed("xgboost", "XGBoost", "boosting"),
}
"""What needs each package; models import theirs by one function."""
DONE_WITHOUT = {"threadpoolctl", "tqdm"}
MODULES = {"scikit-learn": "sklearn"}


@pytest.fixture
def missing(monkeypatch):
    """Return a function that lets a package be missing, and all of it that was imported before."""

    def hide(package):
        package = MODULES.get(package, package)
        loaded = {name for name in sys.modules if name.startswith(f"{package}.")}
        for name in {package, *loaded}:
            monkeypatch.setitem(sys.modules, name, None)

    return hide


def test_every_package_of_an_extra_has_a_user():
    assert {package for _, package in packages()} == USERS.keys() | DONE_WITHOUT


def test_the_table_is_that_of_the_project():
    assert set(EXTRAS.items()) <= {(package, extra) for extra, package in packages()}


@pytest.mark.parametrize(("extra", "package"), [pair for pair in packages() if pair[1] not in DONE_WITHOUT])
def test_what_is_missing_is_named_with_its_extra(extra, package, missing):
    missing(package)
    with pytest.raises((ModuleNotFoundError, lesson.MissingExtra)) as caught:
        USERS[package]()
    assert f'pip install "autograd_lite[{extra}]"' in str(caught.value)


def test_rules_for_scipy_name_it_too(missing, monkeypatch):
    missing("scipy")
    monkeypatch.delitem(sys.modules, "autograd_lite.ops.special", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r'needs scipy, .*pip install "autograd_lite\[scipy\]"'):
        import_module("autograd_lite.ops.special")


def test_without_threadpoolctl_there_is_one_thread(missing):
    missing("threadpoolctl")
    _controller.cache_clear()
    try:
        assert usual_threads() == 1
    finally:
        _controller.cache_clear()


def test_without_tqdm_there_is_no_bar(missing, monkeypatch):
    missing("tqdm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert progress._tqdm() is None


def test_the_readme_lists_the_extras():
    listed = re.findall(r"^\| `(\w+)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(PROJECT["optional-dependencies"])
