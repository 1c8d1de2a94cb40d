"""The op table: every built-in op by its name."""

from __future__ import annotations

import numpy as np

from autograd_lite.core.numpy_protocol import ufunc_methods
from autograd_lite.core.op import Op
from autograd_lite.core.tape import registry
from autograd_lite.ops import (
    choices,
    creation,
    diagonals,
    einsum,
    elementwise,
    fourier,
    indexing,
    joining,
    moments,
    nan_moments,
    polynomials,
    quantiles,
    reductions,
    scans,
    shaping,
    signal,
    stores,
    trigonometry,
    updates,
    windows,
)
from autograd_lite.ops.linalg import decompositions, norms, products, solving
from autograd_lite.ops.nn import activations, convolutions, losses, networks, softmaxes

modules = (
    elementwise,
    reductions,
    products,
    einsum,
    solving,
    decompositions,
    norms,
    shaping,
    indexing,
    updates,
    scans,
    moments,
    nan_moments,
    quantiles,
    diagonals,
    joining,
    windows,
    creation,
    signal,
    polynomials,
    fourier,
    trigonometry,
    choices,
    activations,
    softmaxes,
    losses,
    networks,
    convolutions,
)
table: dict[str, Op] = {
    name: row
    for module in modules
    for name, row in vars(module).items()
    if isinstance(row, Op) and not name.startswith("_")
}
"""Every built-in op by name; but for those that only other rows call."""
table["abs"] = elementwise.absolute  # no name of a module: its rules call Python's


ufunc_methods.update({(f, "outer"): updates.outer(f) for f in registry if isinstance(f, np.ufunc) and f.nin == 2})
ufunc_methods.update({(f, "at"): stores.at(f) for f in registry if isinstance(f, np.ufunc)})
