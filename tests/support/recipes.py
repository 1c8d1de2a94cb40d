"""The recipes of docs/recipes on small data: ``python -m tests.support.recipes ray`` prints how far each result is off.

In processes of their own, as each starts workers, threads or a virtual machine of its own.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import numpy as np

ENDS = 0, 10, 200, 420, 1000
BESIDE = {"mpi4py": "mpiexec", "pyspark": "java"}
"""What a package runs, beside itself."""


def missing(package):
    """Return what has to be installed before a recipe runs; "" where there is all of it."""
    if find_spec(package) is None:
        return package
    program = BESIDE.get(package)
    return program if program and beside(program) is None else ""


def beside(program):
    """Return the path of a program that pip installs beside Python, or that the shell finds."""
    here = Path(sys.executable).parent / program
    return str(here) if here.exists() else which(program)


def data():
    rng = np.random.default_rng(0)
    X, w = rng.normal(size=(ENDS[-1], 5)), rng.normal(size=5)
    return X, X @ np.arange(5.0) + rng.normal(size=len(X)), w


def load(number):
    """Return the rows of a part."""
    X, y, _ = data()
    rows = slice(*ENDS[number : number + 2])
    return X[rows], y[rows]


def error(given):
    """Return the largest relative difference from the mean and its gradient, derived by hand."""
    X, y, w = data()
    residuals = X @ w - y
    expected = np.mean(residuals**2), 2 * X.T @ residuals / len(X)
    return max(np.max(np.abs(x - z)) / np.max(np.abs(z)) for x, z in zip(given, expected, strict=True))


def on_joblib():
    from joblib import Parallel

    from docs.recipes.on_joblib import value_and_gradient

    X, y, w = data()
    with TemporaryDirectory() as folder, Parallel(n_jobs=2) as parallel:
        path = str(Path(folder) / "rows.npy")
        np.save(path, np.column_stack([X, y]))
        return value_and_gradient(parallel, w, path, ENDS)


def on_ray():
    import ray

    from docs.recipes.on_ray import Rows, value_and_gradient

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    actors = [Rows.options(num_cpus=0.25).remote(load, number) for number in range(len(ENDS) - 1)]
    found = value_and_gradient(actors, data()[-1])
    ray.shutdown()
    return found


def on_mpi4py():
    from mpi4py import MPI

    from docs.recipes.on_mpi import value_and_gradient

    comm, (X, y, w) = MPI.COMM_WORLD, data()
    rows = slice(comm.rank * len(X) // comm.size, (comm.rank + 1) * len(X) // comm.size)
    return value_and_gradient(comm, w, X[rows], y[rows])


def on_pyspark():
    from pyspark import SparkContext

    from docs.recipes.on_spark import value_and_gradient

    with SparkContext("local[2]") as context:
        parts = len(ENDS) - 1
        blocks = context.parallelize(range(parts), parts).map(load).cache()
        return value_and_gradient(blocks, data()[-1])


RECIPES = {"joblib": on_joblib, "mpi4py": on_mpi4py, "pyspark": on_pyspark, "ray": on_ray}

if __name__ == "__main__":
    sys.stdout.write(f"off by {error(RECIPES[sys.argv[1]]()):.17f}\n")
