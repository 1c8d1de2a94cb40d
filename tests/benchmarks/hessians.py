"""All second derivatives of Rosenbrock's function, beside the closed form in SciPy."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

import numpy as np

from tests.benchmarks.frameworks import COMPILED, OURS, Framework, Step, installed
from tests.benchmarks.workload import BY_HAND, Rivals


def rosenbrock(np, x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def hessian(framework: Framework, x: Any) -> Step:
    f = framework.program(framework.hessian(framework.loss(rosenbrock)))
    native = framework.constant(x)
    return lambda: framework.results((f(native),))


def hessians(n: int) -> Rivals:
    x = np.random.default_rng(0).uniform(-2, 2, n)
    runs = {}
    if find_spec("scipy"):
        closed_form = importlib.import_module("scipy.optimize").rosen_hess
        runs[BY_HAND] = lambda: (closed_form(x),)
    for name, found in installed(OURS, COMPILED, "advect", "HIPS", "JAX", "PyTorch").items():
        runs[name] = hessian(found, x)
    return Rivals(runs)
