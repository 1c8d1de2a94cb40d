"""The recipes for other schedulers give what one machine gives, where their packages are installed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from docs.recipes import squares
from tests.support import recipes

ROOT = Path(__file__).parents[2]
RANKS = 3


@pytest.mark.parametrize("package", recipes.RECIPES)
def test_a_recipe_gives_what_one_machine_gives(package):
    if missing := recipes.missing(package):
        pytest.skip(f"{missing} is not installed")
    command = [sys.executable, "-m", "tests.support.recipes", package]
    if package == "mpi4py":
        command = [recipes.beside("mpiexec"), "-n", str(RANKS), *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    errors = [float(x) for x in re.findall(r"off by ([\d.]+)$", run.stdout, flags=re.MULTILINE)]
    assert len(errors) == (RANKS if package == "mpi4py" else 1)
    assert max(errors) < 1e-13


def test_parts_of_a_sum_add_up_to_the_mean():
    X, y, w = recipes.data()
    parts = [squares.part(w, *recipes.load(number)) for number in range(len(recipes.ENDS) - 1)]
    value, gradient = squares.mean(squares.plus(*parts))
    expected = ag.value_and_grad(lambda w: np.mean(np.square(X @ w - y)))(w)
    np.testing.assert_allclose(value, expected[0], rtol=1e-13)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-13)


def test_every_recipe_is_tried():
    names = {path.stem.removeprefix("on_") for path in (ROOT / "docs" / "recipes").glob("on_*.py")}
    modules = {"mpi4py": "mpi", "pyspark": "spark"}
    assert names == {modules.get(package, package) for package in recipes.RECIPES}
