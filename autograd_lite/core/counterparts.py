"""Functions of other packages that have the name of one which takes Tensors, and mean the same."""

from __future__ import annotations

import ast
import inspect
import sys
from typing import Any

import numpy as np

from autograd_lite.core.op import Op
from autograd_lite.core.tape import registry

stores: set[Any] = set()
"""What changes an array, and so takes a Tensor only where the array is one."""
_ALIKE = {"scipy.special", "scipy.linalg", "scipy.fft", "scipy.integrate"}
"""Packages of SciPy whose functions mean what NumPy's of the same name do: a mean of `scipy.stats` is another thing."""
_LEFT_OUT: dict[str, dict[str, Any]] = {
    "scipy.special.softmax": {"axis": None},
    "scipy.special.log_softmax": {"axis": None},
    "scipy.linalg.cholesky": {"upper": True},
    "scipy.linalg.qr": {"mode": "complete"},
    "scipy.signal.convolve": {},
    "scipy.signal.correlate": {"mode": "full"},
}
"""What a function of SciPy takes where nothing is said, and the one to be written in its place does not."""


def is_answer(function: Any) -> bool:
    """Whether a function takes Tensors."""
    return isinstance(function, Op) or any(function is known for known in registry.keys() - stores)


def counterpart(name: str, function: Any = None) -> str | None:
    """Return the path of the function of this name that takes Tensors, if it does what ``function`` does."""
    home = _home(function)
    if home.startswith("scipy.") and home not in _ALIKE and f"{home}.{name}" not in _LEFT_OUT:
        return None
    homes = {"np": np, "np.linalg": np.linalg, "ag": sys.modules[__name__.partition(".")[0]]}
    return next((f"{path}.{name}" for path, home in homes.items() if is_answer(getattr(home, name, None))), None)


def left_out(name: str, function: Any, given: int) -> list[ast.keyword]:
    """Return what a call with so many arguments leaves to SciPy, and its counterpart has to be told."""
    said = _LEFT_OUT.get(f"{_home(function)}.{name}", {})
    return [ast.keyword(word, ast.Constant(value)) for word, value in said.items() if given == required(function)]


def required(function: Any) -> int:
    """Return how many arguments a function needs."""
    parameters = inspect.signature(function).parameters.values()
    return sum(p.default is p.empty and p.kind is not p.VAR_KEYWORD for p in parameters)


def _home(function: Any) -> str:
    """Return the package that shows a function: ``scipy.linalg`` for one of ``scipy.linalg._basic``."""
    return ".".join((getattr(function, "__module__", None) or "").split(".")[:2])
