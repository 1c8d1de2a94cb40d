"""Products made of products: Kronecker and cross products, chains and powers of matrices; traces."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.op import op
from autograd_lite.core.tensor import raw
from autograd_lite.ops.samples import complex_plane, sample


@op(
    numpy=np.kron,
    samples=(
        sample((2, 3), (2, 2)),
        sample((3,), (2, 2)),
        sample((2, 1, 3), (2, 2)),
        sample((), (2, 3)),
        sample(complex_plane(2), complex_plane(2)),
    ),
)
def kron(a: Any, b: Any, /) -> Any:
    """Return the Kronecker product: blocks of ``b``, one for each element of ``a`` and multiplied by it."""
    n = max(np.ndim(a), np.ndim(b))
    outer_shape, inner_shape = ((1,) * (n - np.ndim(x)) + np.shape(x) for x in (a, b))
    blocks = np.reshape(a, tuple(k for m in outer_shape for k in (m, 1)))
    elements = np.reshape(b, tuple(k for m in inner_shape for k in (1, m)))
    return np.reshape(blocks * elements, tuple(i * j for i, j in zip(outer_shape, inner_shape, strict=True)))


@op(
    numpy=np.cross,
    samples=(
        sample((3,), (3,)),
        sample((2, 3), (3,)),
        sample((3, 2), (2, 3), axisa=0, axisc=0),
        sample((3, 2), (3, 1), axis=0),
        sample(complex_plane(3), complex_plane(3)),
    ),
)
def cross(a: Any, b: Any, /, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """Return the cross products of vectors; those of two components, which NumPy has deprecated, lie in a plane."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    n, m = np.shape(a)[-1], np.shape(b)[-1]
    if (n, m) != (3, 3):
        np.cross(np.zeros(n), np.zeros(m))  # NumPy's own error or warning
    (a0, a1, *a2), (b0, b1, *b2) = ([x[..., i] for i in range(np.shape(x)[-1])] for x in (a, b))
    normal = a0 * b1 - a1 * b0
    if not a2 and not b2:
        return normal
    x2, y2 = (a2 or [0.0])[0], (b2 or [0.0])[0]
    return np.moveaxis(np.stack([a1 * y2 - x2 * b1, x2 * b0 - a0 * y2, normal], axis=-1), -1, axisc)


@op(numpy=np.linalg.cross, samples=(sample((2, 3), (3,)), sample((3, 2), (3, 2), axis=0)))
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Return the cross products of vectors of three components (``np.linalg.cross``)."""
    n, m = np.shape(x1)[axis], np.shape(x2)[axis]
    if (n, m) != (3, 3):
        np.linalg.cross(np.zeros(n), np.zeros(m))  # NumPy's own error
    return np.cross(x1, x2, axis=axis)


@op(
    numpy=np.trace,
    samples=(
        sample((3, 3)),
        sample((3, 4), offset=1),
        sample((2, 3, 4), offset=-1, axis1=2, axis2=1),
        sample(complex_plane(2, 2)),
    ),
)
def trace(a: Any, /, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """Return the sum along a diagonal of two axes, the first two by default."""
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@op(numpy=np.linalg.trace, samples=(sample((2, 3, 4)), sample((3, 3), offset=-1)))
def linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Return the sum along a diagonal of the last two axes (``np.linalg.trace``)."""
    return np.trace(x, offset, axis1=-2, axis2=-1, dtype=dtype)


@op(
    numpy=np.linalg.multi_dot,
    spread=True,
    samples=(
        sample((2, 3), (3, 4), (4, 2)),
        sample((3,), (3, 4), (4, 2), (2,)),
        sample((3,), (3, 2)),
        sample((2, 5), (5, 1), (1, 4), (4,)),
        sample((0, 2), (2, 0), (0, 3)),
        sample(complex_plane(2, 3), (3, 2), complex_plane(2, 2)),
    ),
)
def multi_dot(arrays: Any, /) -> Any:
    """Return the product of two or more matrices, multiplied in the order that costs least."""
    return np.linalg.multi_dot(arrays)


@multi_dot.vjp
def _(i: int, g: Any, z: Any, *arrays: Any) -> Any:
    rows = 1 if arrays[0].ndim == 1 else arrays[0].shape[0]
    columns = 1 if arrays[-1].ndim == 1 else arrays[-1].shape[1]
    before = [np.reshape(x, (1, -1)) if x.ndim == 1 else x for x in arrays[:i]]
    after = [np.reshape(x, (-1, 1)) if x.ndim == 1 else x for x in arrays[i + 1 :]]
    chain = [x.mT for x in reversed(before)] + [np.reshape(g, (rows, columns))] + [x.mT for x in reversed(after)]
    return np.reshape(np.linalg.multi_dot(chain), arrays[i].shape)


@op(
    numpy=np.linalg.matrix_power,
    samples=(
        *(sample((3, 3), n=n) for n in (0, 1, 2, 3, 6)),
        sample((2, 2, 2), n=-2),
        sample(complex_plane(2, 2), n=3),
    ),
)
def matrix_power(a: Any, /, n: int) -> Any:
    """Return square matrices multiplied with themselves; inverted first where ``n`` is negative."""
    identity = np.linalg.matrix_power(raw(a), n * 0)  # also NumPy's own errors
    if n == 0:
        return np.where(True, identity, a)
    a = np.linalg.inv(a) if n < 0 else a
    power, *squares = [int(bit) for bit in bin(abs(n))[:1:-1]]
    result = a if power else None
    for bit in squares:
        a = np.matmul(a, a)
        if bit:
            result = a if result is None else np.matmul(result, a)
    return result
