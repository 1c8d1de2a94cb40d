"""Parts of matrices: diagonals, their sums, and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.labels import Labels, loops, shape_of
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Shape, Value, normalize_axes
from autograd_lite.ops.axes import without
from autograd_lite.ops.samples import complex_plane, sample


def _beside_diagonals(z: Shape, a: Any, *, axis1: int, axis2: int, **_: Any) -> Labels:
    shape = shape_of(a)
    axes = without(shape, normalize_axes((axis1, axis2), len(shape)))
    return Labels((axes,), (*(label for label in axes if label is not None), None))


def _beneath_diagonals(z: Shape, x: Any, *, axis1: int, axis2: int, **_: Any) -> Labels:
    axes = without(z, normalize_axes((axis1, axis2), len(z)))
    return Labels(((*(label for label in axes if label is not None), None),), axes, shapes={"shape": axes})


@op(
    numpy=np.diagonal,
    samples=(
        sample((3, 3)),
        sample((2, 4), offset=1),
        sample((3, 2), offset=-1),
        sample((2, 3, 4), offset=-1, axis1=2, axis2=0),
        sample((2, 2), offset=5),
    ),
    labels=_beside_diagonals,
)
def diagonal(a: Value, /, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """Return the diagonals over two axes, along a new last axis."""
    return np.diagonal(a, offset, axis1, axis2)


@diagonal.vjp
def _(g: Cotangent, z: Value, x: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Cotangent:
    return embed_diagonal(g, shape=x.shape, offset=offset, axis1=axis1, axis2=axis2)


@op(
    samples=(
        sample((3,), shape=(3, 3)),
        sample((2,), shape=(3, 2), offset=-1),
        sample((2, 3), shape=(3, 2, 4), offset=1, axis1=0, axis2=-1),
    ),
    labels=_beneath_diagonals,
)
def embed_diagonal(x: Value, /, shape: Shape, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """Return zeros of ``shape`` with ``x`` on the diagonals over two axes: the transpose of `diagonal`."""
    z = np.zeros_like(x, shape=shape, order="C")
    i = np.arange(x.shape[-1])
    np.moveaxis(z, (axis1, axis2), (-2, -1))[..., i + max(-offset, 0), i + max(offset, 0)] = x
    return z


@embed_diagonal.vjp
def _(g: Cotangent, z: Value, x: Value, shape: Shape, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Cotangent:
    return np.diagonal(g, offset, axis1, axis2)


@op(numpy=np.linalg.diagonal, samples=(sample((3, 3)), sample((2, 3, 4), offset=1)))
def linalg_diagonal(x: Value, /, *, offset: int = 0) -> Value:
    """Return the diagonals over the last two axes (``np.linalg.diagonal``)."""
    return np.diagonal(x, offset, -2, -1)


@op(numpy=np.diag, samples=(sample((3,)), sample((2,), k=-1), sample((2, 3)), sample((3, 2), k=-1)))
def diag(v: Value, /, k: int = 0) -> Value:
    """Return the matrix with a vector as its diagonal, or the diagonal of a matrix."""
    if np.ndim(v) == 2:
        return np.diagonal(v, k)
    if np.ndim(v) != 1:
        raise ValueError(f"np.diag takes a vector or a matrix, got an array of shape {np.shape(v)}")
    n = np.size(v) + abs(k)
    return embed_diagonal(v, shape=(n, n), offset=k)


@op(numpy=np.diagflat, samples=(sample((2, 2)), sample((), k=1)))
def diagflat(v: Value, /, k: int = 0) -> Value:
    """Return the matrix with all elements of an array as its diagonal."""
    return np.diag(np.ravel(v), k)


triangles = (sample((3, 3)), sample((2, 3, 4), k=1), sample((3, 2), k=-1), sample((3,)))


@op(numpy=np.tril, samples=triangles, labels=loops(2))
def tril(m: Value, /, k: int = 0) -> Value:
    """Return matrices with zeros above the diagonal ``k``; a vector counts as equal rows."""
    return np.tril(m, k)


@tril.vjp
def _(g: Cotangent, z: Value, x: Value, k: int = 0) -> Cotangent:
    lower = np.tril(g, k)
    return lower if x.ndim > 1 else np.sum(lower, axis=0)


@op(numpy=np.triu, samples=triangles, labels=loops(2))
def triu(m: Value, /, k: int = 0) -> Value:
    """Return matrices with zeros below the diagonal ``k``; a vector counts as equal rows."""
    return np.triu(m, k)


@triu.vjp
def _(g: Cotangent, z: Value, x: Value, k: int = 0) -> Cotangent:
    upper = np.triu(g, k)
    return upper if x.ndim > 1 else np.sum(upper, axis=0)


@op(
    numpy=np.trace,
    samples=(
        sample((3, 3)),
        sample((3, 4), offset=1),
        sample((2, 3, 4), offset=-1, axis1=2, axis2=1),
        sample(complex_plane(2, 2)),
    ),
)
def trace(a: Value, /, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Value:
    """Return the sum along a diagonal of two axes, the first two by default."""
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@op(numpy=np.linalg.trace, samples=(sample((2, 3, 4)), sample((3, 3), offset=-1)))
def linalg_trace(x: Value, /, *, offset: int = 0, dtype: Any = None) -> Value:
    """Return the sum along a diagonal of the last two axes (``np.linalg.trace``)."""
    return np.trace(x, offset, axis1=-2, axis2=-1, dtype=dtype)
