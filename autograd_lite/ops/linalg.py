"""Linear algebra."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.op import op
from autograd_lite.samples import sample

products = (sample((3,), (3,)), sample((2, 3), (3,)), sample((3,), (3, 2)), sample((2, 3), (3, 4)))


@op(numpy=np.dot, template="np.dot({}, {})", samples=(*products, sample((), (3,)), sample((2, 3, 4), (5, 4, 2))))
def dot(a: Any, b: Any, /) -> Any:
    """Return the inner product over the last axis of ``a`` and the last but one of ``b`` (or its only one)."""
    return np.dot(a, b)


@dot.vjp
def _(g: Any, z: Any, x: Any, y: Any) -> Any:
    m = np.ndim(y)
    if x.ndim == 0:
        return np.sum(g * y)
    if m == 0 or (x.ndim == 1 and m == 1):
        return g * y
    if m == 1:
        return g[..., None] * y
    # g has the axes of x but its last, then the axes of y but its last but one: fold the latter
    return np.tensordot(g, y, (range(x.ndim - 1, g.ndim), [*range(m - 2), m - 1]))


@dot.vjp
def _(g: Any, z: Any, x: Any, y: Any) -> Any:
    n = np.ndim(x)
    if y.ndim == 0:
        return np.sum(g * x)
    if n == 0 or (n == 1 and y.ndim == 1):
        return g * x
    folded = np.tensordot(x, g, (range(n - 1), range(n - 1)))  # the axis of x that was contracted comes first
    return folded if y.ndim == 1 else np.moveaxis(folded, 0, -2)


@op(
    numpy=np.matmul,
    template="{} @ {}",
    core=2,
    samples=(*products, sample((2, 3, 4), (4, 5)), sample((3,), (2, 3, 4)), sample((2, 1, 3, 4), (5, 4, 2))),
)
def matmul(x: Any, y: Any, /) -> Any:
    """Return the matrix product over the last two axes; the other axes broadcast."""
    return np.matmul(x, y)


@matmul.vjp
def _(g: Any, z: Any, x: Any, y: Any) -> Any:
    if np.ndim(y) == 1:
        return g[..., None] * y
    if x.ndim == 1:
        return np.matmul(y, g[..., None])[..., 0]
    return np.matmul(g, np.swapaxes(y, -1, -2))


@matmul.vjp
def _(g: Any, z: Any, x: Any, y: Any) -> Any:
    if np.ndim(x) == 1:
        return x[..., None] * g[..., None, :] if y.ndim > 1 else g * x
    if y.ndim == 1:
        return np.matmul(np.swapaxes(x, -1, -2), g[..., None])[..., 0]
    return np.matmul(np.swapaxes(x, -1, -2), g)


@op(numpy=np.tensordot, samples=(sample((3, 4), (4, 2), axes=1), sample((2, 3, 4), (4, 3), axes=((1, 2), (1, 0)))))
def tensordot(a: Any, b: Any, /, axes: Any = 2) -> Any:
    """Return the sum of products over the axes of ``a`` and ``b`` that ``axes`` pairs."""
    n, m = np.ndim(a), np.ndim(b)
    if isinstance(axes, int):
        axes = (range(n - axes, n), range(axes))
    over_a, over_b = ([axis] if isinstance(axis, int) else list(axis) for axis in axes)
    over_a, over_b = [i % n for i in over_a], [i % m for i in over_b]
    kept_a, kept_b = [i for i in range(n) if i not in over_a], [i for i in range(m) if i not in over_b]
    shape = [np.shape(a)[i] for i in kept_a] + [np.shape(b)[i] for i in kept_b]
    folded = math.prod(np.shape(a)[i] for i in over_a)
    rows = np.transpose(a, (*kept_a, *over_a)).reshape((math.prod(shape[: len(kept_a)]), folded))
    columns = np.transpose(b, (*over_b, *kept_b)).reshape((folded, math.prod(shape[len(kept_a) :])))
    return np.dot(rows, columns).reshape(tuple(shape))
