"""Norms of vectors and matrices, and condition numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core.numpy_protocol import constant as without_derivative
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value, expand_reduced, normalize_axes
from autograd_lite.ops.axes import folding
from autograd_lite.ops.samples import complex_plane, matrices, sample

ORDERS_OF_VECTORS = (1, 2, 3, -1, 0.5, np.inf, -np.inf, 0)
ORDERS_OF_MATRICES = ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)


@op(
    numpy=np.linalg.norm,
    samples=(
        sample((3,)),
        sample((2, 3)),
        sample((2, 3, 2), keepdims=True),
        sample((2, 3), axis=1),
        sample((2, 3, 2), axis=(2, 0), keepdims=True),
        sample(complex_plane(3)),
        sample(complex_plane(2, 3), ord=3, axis=-1),
        sample(matrices(2, 2, dtype=complex), ord="nuc"),
        *(sample((2, 3), ord=ord, axis=-1, keepdims=True) for ord in ORDERS_OF_VECTORS),
        *(sample(matrices(3, 2), ord=ord) for ord in ORDERS_OF_MATRICES),
        *(sample((2, 3, 2), ord=ord, axis=(2, 0), keepdims=True) for ord in ORDERS_OF_MATRICES),
    ),
    labels=folding(),
)
def norm(x: Value, /, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Value:
    """Return the norm of vectors or matrices, of any order that NumPy has.

    Subgradient: 0 at 0; ties in the orders that take a maximum or minimum share equally.
    """
    return np.linalg.norm(x, ord, axis, keepdims)


@norm.expand
def _(x: Value, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Value:
    if x.dtype.kind == "c" or (ord == 2 and len(normalize_axes(axis, x.ndim)) != 1) or ord not in (None, 2, "fro", "f"):
        return None
    x = x.astype(np.float64) if x.dtype.kind in "biu" else x  # squares of small integers would overflow
    return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))


@norm.vjp
def _(g: Cotangent, z: Value, x: Value, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Cotangent:
    axes = normalize_axes(axis, x.ndim)
    if ord is None or ord in ("fro", "f") or (ord == 2 and len(axes) == 1):
        g, z = (expand_reduced(part, x.shape, axis, keepdims) for part in (g, z))
        return g / _nonzero(z) * (np.conj(x) if np.iscomplexobj(x) else x)
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    g, z = np.reshape(g, kept), np.reshape(z, kept)
    if len(axes) == 1:
        return g * _vector_slope(z, x, ord, axes)
    if ord in ("nuc", 2, -2):
        return _spectral_cotangent(g, x, ord, axes)
    sums = np.sum(np.abs(x), axis=axes[0] if abs(ord) == 1 else axes[1], keepdims=True)
    return g * _share(sums == z, axes, g.dtype) * _direction(x)


def _nonzero(size: Value) -> Value:
    """Return a divisor for the subgradient 0 at 0."""
    return np.where(size == 0, np.inf, size)


def _direction(x: Value) -> Value:
    """Return the derivative of the absolute value: conj(x) / abs(x), and 0 at 0."""
    return np.conj(x) / _nonzero(np.abs(x)) if np.iscomplexobj(x) else np.sign(x)


def _share(ties: Value, axes: tuple[int, ...], dtype: Any) -> Value:
    """Return 1 where there is one winner, equal shares where there are ties."""
    return ties / np.sum(ties, axis=axes, dtype=dtype, keepdims=True)


def _vector_slope(z: Value, x: Value, ord: Any, axes: tuple[int, ...]) -> Value:
    """Return the derivative of a vector norm, other than that of order 2, by the elements."""
    if ord == 0:
        return np.zeros_like(x)
    if ord == 1:
        return _direction(x)
    size = np.abs(x)
    if abs(ord) == np.inf:
        return _share(size == z, axes, size.dtype) * _direction(x)
    ratio = np.where(size == 0, 1, size) / _nonzero(z)  # where size is 0, so is the direction
    return np.where(z == 0, 0, np.where(z == 0, 1, ratio) ** (ord - 1)) * _direction(x)


def _spectral_cotangent(g: Cotangent, x: Value, ord: Any, axes: tuple[int, ...]) -> Cotangent:
    """Return the cotangent of a matrix from that of a norm of its singular values."""
    u, s, vh = np.linalg.svd(np.moveaxis(x, axes, (-2, -1)), full_matrices=False)
    share = s > 0
    if ord != "nuc":
        share = share * _share(s == (s[..., :1] if ord == 2 else s[..., -1:]), (-1,), s.dtype)
    g = np.moveaxis(g, axes, (-2, -1))
    return np.moveaxis(g * np.matmul(np.conj(u) * share[..., None, :], np.conj(vh)), (-2, -1), axes)


@op(
    numpy=np.linalg.vector_norm,
    samples=(
        sample((3,)),
        sample((2, 3)),
        sample((2, 3), axis=0, ord=3),
        sample((2, 3, 2), axis=(2, 0), keepdims=True, ord=1),
        sample((), keepdims=True),
    ),
)
def vector_norm(x: Value, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Value:
    """Return the norm over axes, all elements of which count as one vector."""
    shape = np.shape(x)
    axes = normalize_axes(axis, len(shape))
    rest = tuple(i for i in range(len(shape)) if i not in axes)
    lengths = (*(shape[i] for i in rest), math.prod(shape[i] for i in axes))
    flat = np.reshape(np.transpose(x, (*rest, *axes)), lengths)
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    z = np.linalg.norm(flat, ord, axis=-1)
    return np.reshape(z, kept) if keepdims else z


@op(
    numpy=np.linalg.matrix_norm,
    samples=(sample((2, 3)), sample(matrices(2, 2, 2), ord="nuc", keepdims=True), sample((3, 2), ord=1)),
)
def matrix_norm(x: Value, /, *, keepdims: bool = False, ord: Any = "fro") -> Value:
    """Return the norm of matrices, the Frobenius norm by default."""
    return np.linalg.norm(x, ord, axis=(-2, -1), keepdims=keepdims)


@op(
    numpy=np.linalg.cond,
    samples=(sample(matrices(3, 2)), *(sample(matrices(2, 2, 2), p=p) for p in (2, -2, 1, np.inf, "fro", "nuc"))),
)
def cond(x: Value, /, p: Any = None) -> Value:
    """Return the condition number of matrices.

    Singular matrices have none in the orders that need the inverse: they raise LinAlgError.
    """
    if p is None or p in (2, -2):
        s = np.linalg.svdvals(x)
        first, last = (s[..., -1], s[..., 0]) if p == -2 else (s[..., 0], s[..., -1])
        return first / last
    return np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, axis=(-2, -1))


without_derivative(np.linalg.matrix_rank)
