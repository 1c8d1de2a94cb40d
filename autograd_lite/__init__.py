"""Reverse-mode automatic differentiation over NumPy: gradients that you can import, extend and verify."""

import sys as _sys
from typing import NoReturn as _NoReturn

from autograd_lite import optim, testing
from autograd_lite.compiled.function import compile
from autograd_lite.core.op import op
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.transforms import grad, hessian, hvp, jacobian, jvp, stop_gradient, value_and_grad, vjp
from autograd_lite.core.vectors import ravel
from autograd_lite.debugging import debug
from autograd_lite.equivalents import EQUIVALENTS as _EQUIVALENTS
from autograd_lite.equivalents import missing as _missing
from autograd_lite.ops import table as _table
from autograd_lite.program.trace import Program, trace
from autograd_lite.readings import tensor as _tensor  # noqa: F401 (notebooks show Tensors by it)
from autograd_lite.readings.drawing.picture import draw
from autograd_lite.readings.explanation.table import explain
from autograd_lite.readings.source.module import source
from autograd_lite.saving import load, save
from autograd_lite.testing import check_grads
from autograd_lite.verification.report import Report
from autograd_lite.verification.verify import verify

__version__ = "0.1.0"

__all__ = [
    "Program",
    "Report",
    "Tensor",
    "check_grads",
    "compile",
    "debug",
    "draw",
    "explain",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "load",
    "op",
    "optim",
    "ravel",
    "save",
    "source",
    "stop_gradient",
    "testing",
    "trace",
    "value_and_grad",
    "verify",
    "vjp",
]
# Type checkers and editors read the ops from __init__.pyi, which `make docs` writes from the same table.
# np.trace and np.ravel have ops too; ag.trace and ag.ravel are something else.
_ops = {name: row for name, row in _table.items() if name not in __all__}
globals().update(_ops)
__all__ += list(_ops)


def __dir__() -> list[str]:
    """Return the public names, and those that Python itself gives to a module."""
    return [*__all__, *(name for name in globals() if name.startswith("__"))]


def __getattr__(name: str) -> _NoReturn:
    """Raise AttributeError; of what another framework has, or what lies deeper here, it says what to write."""
    homes = [f"ag.{home}.{name}" for home, names in (("optim", optim), ("testing", testing)) if name in names.__all__]
    instead = homes[0] if homes else _EQUIVALENTS.get(name)
    _missing("module 'autograd_lite'", _sys.modules[__name__], name, instead)
