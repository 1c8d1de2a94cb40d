"""Products of vectors, matrices and stacks of them; Kronecker and cross products, and chains of matrices."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

import numpy as np

from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tensor import raw
from autograd_lite.ops.linalg.pairs import (
    contracted,
    of_chain,
    of_dot,
    of_inner,
    of_matmul,
    of_outer,
    of_tensordot,
    of_vdot,
    of_vecdot,
)
from autograd_lite.ops.samples import complex_plane, sample

products = (sample((3,), (3,)), sample((2, 3), (3,)), sample((3,), (3, 2)), sample((2, 3), (3, 4)))
complex_products = (sample(complex_plane(2, 3), complex_plane(3, 2)), sample((2, 3), complex_plane(3)))


@op(
    numpy=np.dot,
    template="np.dot({}, {})",
    operate=np.dot,
    samples=(
        *products,
        *complex_products,
        sample((), (3,)),
        sample((2, 3), ()),
        sample((2, 3, 4), (4,)),
        sample((2, 3, 4), (4, 5)),
        sample((3,), (2, 3, 4)),
        sample((2, 3, 4), (5, 4, 2)),
        sample((2, 0), (0, 3)),
    ),
    labels=of_dot,
)
def dot(a: Value, b: Value, /) -> Value:
    """Return the inner product over the last axis of ``a`` and the last but one of ``b`` (or its only one)."""
    return np.dot(a, b)


@dot.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    if z.ndim == 0:  # both are vectors, or numbers; np.ndim would be half of this rule's time
        return g * y
    n, m = x.ndim, np.ndim(y)
    if n == 0:
        return np.sum(g * y)
    if m == 0:
        return g * y
    if m == 1:
        return g[..., None] * y
    if m == 2:
        return np.dot(g, y.T)
    # g has the axes of x but its last, then the axes of y but its last but one: fold the latter
    return np.tensordot(g, y, (range(n - 1, g.ndim), [*range(m - 2), m - 1]))


@dot.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    if z.ndim == 0:
        return g * x
    n, m = np.ndim(x), y.ndim
    if m == 0:
        return np.sum(g * x)
    if n == 0:
        return g * x
    if n == 1 and m == 2:
        return x[:, None] * g
    if n == 2 and m <= 2:
        return np.dot(x.T, g)
    folded = np.tensordot(x, g, (range(n - 1), range(n - 1)))  # the axis of x that was contracted comes first
    return folded if m == 1 else np.moveaxis(folded, 0, -2)


@op(
    numpy=(np.matmul, np.linalg.matmul),
    template="{} @ {}",
    core=2,
    operate=operator.matmul,
    samples=(
        *products,
        *complex_products,
        sample((2, 3, 4), (4, 5)),
        sample((2, 3, 4), (4,)),
        sample((3,), (2, 3, 4)),
        sample((2, 1, 3, 4), (5, 4, 2)),
        sample((2, 0), (0, 3)),
    ),
    labels=of_matmul,
)
def matmul(x: Value, y: Value, /) -> Value:
    """Return the matrix product over the last two axes; the other axes broadcast."""
    return np.matmul(x, y)


@matmul.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    if y.ndim == 1:
        return g[..., None] * y
    if x.ndim == 1:
        return np.matmul(y, g) if y.ndim == 2 else np.matmul(y, g[..., None])[..., 0]
    return np.matmul(g, y.mT)


@matmul.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    if x.ndim == 1:
        return g * x if y.ndim == 1 else x[:, None] * g[..., None, :]
    if y.ndim == 1:
        return np.matmul(x.mT, g) if x.ndim == 2 else np.matmul(x.mT, g[..., None])[..., 0]
    if y.ndim == 2 and x.ndim > 2:  # one product instead of a stack that the sweep would have to sum
        return np.tensordot(x, g, (range(x.ndim - 1), range(x.ndim - 1)))
    return np.matmul(x.mT, g)


@op(
    numpy=np.vdot,
    template="np.vdot({}, {})",
    samples=(
        sample((3,), (3,)),
        sample((2, 3), (3, 2)),
        sample((), ()),
        sample(complex_plane(3), complex_plane(3)),
        sample((0,), (0,)),
    ),
    labels=of_vdot,
)
def vdot(a: Value, b: Value, /) -> Value:
    """Return the sum of products of all elements, those of ``a`` conjugated."""
    return np.vdot(a, b)


@vdot.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return np.reshape(np.conj(g * y), x.shape)


@vdot.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return np.reshape(g * np.conj(x), y.shape)


@op(
    numpy=np.inner,
    template="np.inner({}, {})",
    samples=(
        sample((3,), (3,)),
        sample((2, 3), (3,)),
        sample((2, 3), (4, 3)),
        sample((2, 3, 4), (5, 4)),
        sample((), (3,)),
        sample((2, 3), ()),
        sample(complex_plane(3), complex_plane(3)),
    ),
    labels=of_inner,
)
def inner(a: Value, b: Value, /) -> Value:
    """Return the sums of products over the last axis of each: ``z[i..., j...]`` is that of a[i...] and b[j...]."""
    return np.inner(a, b)


@inner.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    n, m = x.ndim, np.ndim(y)
    if n == 0:
        return np.sum(g * y)
    return g * y if m == 0 else np.tensordot(g, y, (range(n - 1, g.ndim), range(m - 1)))


@inner.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    if y.ndim == 0:
        return np.sum(g * x)
    axes = range(np.ndim(x) - 1)
    return np.tensordot(g, x, (axes, axes))


@op(
    numpy=np.outer,
    template="np.outer({}, {})",
    samples=(
        sample((3,), (4,)),
        sample((2, 3), (2, 2)),
        sample((), (3,)),
        sample(complex_plane(2), complex_plane(3)),
        sample((0,), (2,)),
    ),
    labels=of_outer,
)
def outer(a: Value, b: Value, /) -> Value:
    """Return the matrix of products of each element of ``a`` (rows) with each of ``b`` (columns)."""
    return np.outer(a, b)


@outer.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return np.reshape(np.dot(g, np.reshape(y, -1)), x.shape)


@outer.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return np.reshape(np.dot(np.reshape(x, -1), g), y.shape)


@op(numpy=np.linalg.outer, samples=(sample((3,), (4,)),))
def linalg_outer(x1: Value, x2: Value, /) -> Value:
    """Return the outer product of two vectors (``np.linalg.outer``, which takes nothing else)."""
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        np.linalg.outer(raw(x1), raw(x2))  # NumPy's own error
    return np.outer(x1, x2)


@op(
    numpy=np.vecdot,
    template="np.vecdot({}, {})",
    core=1,
    samples=(
        sample((3,), (3,)),
        sample((2, 3), (3,)),
        sample((2, 1, 3), (4, 3)),
        sample(complex_plane(2, 3), complex_plane(2, 3)),
    ),
    labels=of_vecdot,
)
def vecdot(x1: Value, x2: Value, /) -> Value:
    """Return the inner products over the last axis, the first vector conjugated; the other axes broadcast."""
    return np.vecdot(x1, x2)


@vecdot.elsewhere
def _(x1: Value, x2: Value) -> Value:
    return np.matmul(np.conj(x1)[..., None, :], x2[..., :, None])[..., 0, 0]


@vecdot.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return np.conj(g[..., None] * y)


@vecdot.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return g[..., None] * np.conj(x)


@op(numpy=np.linalg.vecdot, samples=(sample((2, 3), (3,)), sample((3, 2), (3, 1), axis=0)))
def linalg_vecdot(x1: Value, x2: Value, /, *, axis: int = -1) -> Value:
    """Return the inner products over ``axis`` (``np.linalg.vecdot``)."""
    return np.vecdot(np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1))


if hasattr(np, "matvec"):  # NumPy 2.2

    @op(numpy=np.matvec, samples=(sample((2, 3), (3,)), sample((2, 1, 3, 4), (5, 4))))
    def matvec(x1: Value, x2: Value, /) -> Value:
        """Return the product of matrices with vectors."""
        return np.matmul(x1, x2[..., None])[..., 0]

    @op(numpy=np.vecmat, samples=(sample((2,), (2, 3)), sample((5, 3), (2, 1, 3, 4))))
    def vecmat(x1: Value, x2: Value, /) -> Value:
        """Return the product of vectors, conjugated, with matrices."""
        return np.matmul(np.conj(x1)[..., None, :], x2)[..., 0, :]


def _unfold(product: Value, kept: list[int], paired: list[int], others: list[int]) -> Value:
    """Put in order the axes of a tensor product: those kept, then those paired with the sorted ``others``."""
    found = kept + [paired[others.index(axis)] for axis in sorted(others)]
    return np.transpose(product, sorted(range(len(found)), key=found.__getitem__))


@op(
    numpy=(np.tensordot, np.linalg.tensordot),
    samples=(
        sample((2, 3, 4), (4, 2), axes=1),
        sample((2, 3, 4), (4, 3), axes=((1, -1), (1, 0))),
        sample((2, 3, 4), (5, 4), axes=(-1, -1)),
        sample((3, 2), (2, 3, 4), axes=(-1, [0])),
        sample((2, 3), (3, 2), axes=[[1, 0], [0, 1]]),
        sample((2, 3), (2, 3)),
        sample((2,), (3,), axes=0),
        sample(complex_plane(2, 3), complex_plane(3, 2), axes=1),
    ),
    labels=of_tensordot,
)
def tensordot(a: Value, b: Value, /, axes: Any = 2) -> Value:
    """Return the sum of products over the axes of ``a`` and ``b`` that ``axes`` pairs."""
    return np.tensordot(a, b, axes)


@tensordot.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value, axes: Any = 2) -> Cotangent:
    n, m = x.ndim, np.ndim(y)
    over_x, over_y = contracted(axes, n, m)
    kept_x, kept_y = [i for i in range(n) if i not in over_x], [i for i in range(m) if i not in over_y]
    product = np.tensordot(g, y, (range(len(kept_x), g.ndim), kept_y))
    return _unfold(product, kept_x, over_x, over_y)


@tensordot.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value, axes: Any = 2) -> Cotangent:
    n, m = np.ndim(x), y.ndim
    over_x, over_y = contracted(axes, n, m)
    kept_x, kept_y = [i for i in range(n) if i not in over_x], [i for i in range(m) if i not in over_y]
    product = np.tensordot(g, x, (range(len(kept_x)), kept_x))
    return _unfold(product, kept_y, over_y, over_x)


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
def kron(a: Value, b: Value, /) -> Value:
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
def cross(a: Value, b: Value, /, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Value:
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
def linalg_cross(x1: Value, x2: Value, /, *, axis: int = -1) -> Value:
    """Return the cross products of vectors of three components (``np.linalg.cross``)."""
    n, m = np.shape(x1)[axis], np.shape(x2)[axis]
    if (n, m) != (3, 3):
        np.linalg.cross(np.zeros(n), np.zeros(m))  # NumPy's own error
    return np.cross(x1, x2, axis=axis)


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
    labels=of_chain,
)
def multi_dot(arrays: Value, /) -> Value:
    """Return the product of two or more matrices, multiplied in the order that costs least."""
    return np.linalg.multi_dot(arrays)


@multi_dot.elsewhere
def _(*arrays: Value) -> Value:
    return reduce(np.dot, arrays)


@multi_dot.vjp
def _(i: int, g: Cotangent, z: Value, *arrays: Value) -> Cotangent:
    rows = 1 if arrays[0].ndim == 1 else arrays[0].shape[0]
    columns = 1 if arrays[-1].ndim == 1 else arrays[-1].shape[1]
    before = [np.reshape(x, (1, -1)) if x.ndim == 1 else x for x in arrays[:i]]
    after = [np.reshape(x, (-1, 1)) if x.ndim == 1 else x for x in arrays[i + 1 :]]
    chain = [x.mT for x in reversed(before)] + [np.reshape(g, (rows, columns))] + [x.mT for x in reversed(after)]
    return np.reshape(multi_dot(chain), arrays[i].shape)
