"""Ops that fold axes: sums, means and their kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.arrays import count, expand_reduced
from autograd_lite.op import op
from autograd_lite.samples import sample

Axis = int | tuple[int, ...] | None

over_axes = (
    sample(()),
    sample((4,)),
    sample((3, 4)),
    sample((3, 4), axis=0),
    sample((2, 3, 4), axis=(0, -1), keepdims=True),
    sample((3, 4), axis=-1, keepdims=True),
)


@op(numpy=np.sum, samples=over_axes)
def sum(a: Any, /, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    """Return the sum over ``axis``."""
    total: Any = np.add.reduce  # what np.sum calls, at half the price
    return total(a, axis=axis, dtype=dtype, keepdims=keepdims)


@sum.vjp
def _(g: Any, z: Any, x: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return np.broadcast_to(expand_reduced(g, x.shape, axis, keepdims), x.shape)


@op(numpy=np.mean, samples=over_axes)
def mean(a: Any, /, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    """Return the mean over ``axis``."""
    return np.mean(a, axis=axis, dtype=dtype, keepdims=keepdims)


@mean.vjp
def _(g: Any, z: Any, x: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return np.broadcast_to(expand_reduced(g / count(x.shape, axis), x.shape, axis, keepdims), x.shape)
