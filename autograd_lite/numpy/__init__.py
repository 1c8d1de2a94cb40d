"""NumPy's namespace for programs that fill arrays: ``import autograd_lite.numpy as np``.

All of it is NumPy's own, but for the functions that make arrays: inside a transform they give Tensors where NumPy gives
real or complex arrays, so that what is stored there is differentiated (``r_`` and ``c_`` among them)::

    out = np.zeros((n, m))
    out[i, j] = np.sum(x[i] * w)

``autograd_lite.numpy.makers`` says which they are. Submodules are NumPy's: ``import autograd_lite.numpy.linalg``.
"""

import sys

import numpy

from autograd_lite.numpy.makers import joiners as _joiners
from autograd_lite.numpy.makers import table as _table

__all__ = list(numpy.__all__)

globals().update({name: value for name, value in vars(numpy).items() if not name.startswith("_")} | _table | _joiners)
sys.modules.update({f"{__name__}.{name}": getattr(numpy, name) for name in ("fft", "linalg", "random")})


def __getattr__(name: str) -> object:
    """Return what NumPy loads at the first need, or says of a name that it has not."""
    return getattr(numpy, name)


def __dir__() -> list[str]:
    """Return NumPy's names."""
    return dir(numpy)
