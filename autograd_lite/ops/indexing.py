"""Indexing: picking elements, and its transpose, scattering them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.arrays import Shape
from autograd_lite.op import op
from autograd_lite.samples import sample

indices = (
    sample((3, 4), index=1),
    sample((3, 4), index=(slice(None, None, -2), None, 2)),
    sample((3, 4), index=(Ellipsis, slice(1, 3))),
    sample((3, 4), index=np.array([2, 0, 2])),
    sample((3,), index=np.array([True, False, True])),
)


def _repeats(index: Any) -> bool:
    """Whether an index may pick one element twice: it holds integer arrays."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, (np.ndarray, list)) and np.asarray(part).dtype.kind in "iu" for part in parts)


@op(samples=indices)
def getitem(x: Any, /, index: Any) -> Any:
    """Return ``x[index]``, for every index that NumPy has."""
    return x[index]


@getitem.vjp
def _(g: Any, z: Any, x: Any, index: Any) -> Any:
    return scatter(g, index=index, shape=x.shape)


@op(samples=(sample((4,), index=1, shape=(3, 4)), sample((3,), index=np.array([1, 0, 1]), shape=(2,))))
def scatter(x: Any, /, index: Any, shape: Shape) -> Any:
    """Return zeros of ``shape`` with ``x`` added at ``index``: the transpose of picking."""
    z = np.zeros(shape, x.dtype)
    if _repeats(index):
        np.add.at(z, index, x)
    else:
        z[index] = x
    return z


@scatter.vjp
def _(g: Any, z: Any, x: Any, index: Any, shape: Shape) -> Any:
    return g[index]
