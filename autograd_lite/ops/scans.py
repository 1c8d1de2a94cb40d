"""Ops that run along an axis: running sums, products and extremes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.core.ducks import beside
from autograd_lite.core.numpy_protocol import ufunc_methods
from autograd_lite.core.op import Op, op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.ops.axes import along_axis
from autograd_lite.ops.indexing import along, scatter
from autograd_lite.ops.reductions import filled, interleave, keep_inexact, lengthen
from autograd_lite.ops.samples import sample, with_nans

along_an_axis = (
    sample((4,)),
    sample((3, 5), axis=0),
    sample((2, 3), axis=None),
    sample((2, 3, 1), axis=-2),
    sample((), axis=0),
    sample((2, 0), axis=1),
)


@op(numpy=np.cumsum, samples=along_an_axis, labels=along_axis)
def cumsum(a: Value, /, axis: int | None = None, dtype: Any = None) -> Value:
    """Return the running sum along ``axis``; of the flattened array where it is None."""
    keep_inexact(a, dtype)
    return np.cumsum(a, axis=axis, dtype=dtype)


@cumsum.vjp
def _(g: Cotangent, z: Value, x: Value, axis: int | None = None, dtype: Any = None) -> Cotangent:
    return np.reshape(np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis), x.shape)


@op(numpy=np.cumprod, samples=along_an_axis, labels=along_axis)
def cumprod(a: Value, /, axis: int | None = None, dtype: Any = None) -> Value:
    """Return the running product along ``axis``; of the flattened array where it is None.

    Its derivatives are products too: exact where factors are zero.
    """
    keep_inexact(a, dtype)
    return np.cumprod(a, axis=axis, dtype=dtype)


@cumprod.vjp
def _(g: Cotangent, z: Value, x: Value, axis: int | None = None, dtype: Any = None) -> Cotangent:
    along = axis or 0  # with axis=None, g has but one
    last = [np.moveaxis(a, along, -1) for a in (g, z, np.reshape(x, g.shape))]
    return np.reshape(np.moveaxis(_pull_products(*last), -1, along), x.shape)


def _pull_products(g: Cotangent, z: Value, x: Value) -> Cotangent:
    """Return the cotangent of the factors ``x`` of the running products ``z`` along the last axis.

    In O(n) and without a division: the products that end with a pair are the running products of the pairs. The last
    of ``z`` is not looked at, and may be left out.
    """
    n = x.shape[-1]
    if n < 2:
        return g
    if n % 2:
        return _pull_products(lengthen(g, 0), z, lengthen(x, 1))[..., :-1]
    first, second, at_pairs = x[..., ::2], x[..., 1::2], z[..., 1::2]
    before = np.concatenate((np.ones_like(first[..., :1]), at_pairs[..., : n // 2 - 1]), -1)
    inside = g[..., ::2]
    at_ends = g[..., 1::2] + lengthen(inside * first, 0)[..., 1:]
    of_pairs = _pull_products(at_ends, at_pairs, first * second)
    return interleave(inside * before + of_pairs * second, of_pairs * first)


def _flat_or_axis(x: Value, axis: int | None) -> int:
    """Return the axis of an array API function, which may be left out for one-dimensional arrays only."""
    if axis is None and np.ndim(x) > 1:
        raise ValueError(f"expected axis= for an array of {np.ndim(x)} dimensions; only 1-d arrays can do without")
    return 0 if axis is None else axis


def _with_initial(z: Value, axis: int, start: float, include_initial: bool) -> Value:
    """Return a running result, with its value before the first element where that is asked for."""
    if not include_initial:
        return z
    z = np.moveaxis(z, axis, -1)
    first = beside(z, np.full((*z.shape[:-1], 1), start, z.dtype))
    return np.moveaxis(np.concatenate((first, z), -1), -1, axis)


array_api = (sample((4,)), sample((3, 5), axis=0, include_initial=True), sample((2, 3), axis=-1))


@op(numpy=getattr(np, "cumulative_sum", None), samples=array_api)
def cumulative_sum(x: Value, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Value:
    """Return the running sum along ``axis``, after a zero if ``include_initial``."""
    axis = _flat_or_axis(x, axis)
    return _with_initial(cumsum(x, axis=axis, dtype=dtype), axis, 0.0, include_initial)


@op(numpy=getattr(np, "cumulative_prod", None), samples=array_api)
def cumulative_prod(x: Value, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Value:
    """Return the running product along ``axis``, after a one if ``include_initial``."""
    axis = _flat_or_axis(x, axis)
    return _with_initial(cumprod(x, axis=axis, dtype=dtype), axis, 1.0, include_initial)


from_the_first_axis = (sample((4,)), sample((5, 3)), sample((2, 4), axis=-1))


@op(samples=from_the_first_axis, labels=along_axis)
def maximum_accumulate(a: Value, /, axis: int = 0, dtype: Any = None) -> Value:
    """Return the largest element so far along ``axis``: ``np.maximum.accumulate``.

    Subgradient: of equal largest elements, the first takes the cotangent.
    """
    keep_inexact(a, dtype)
    return np.maximum.accumulate(a, axis=axis, dtype=dtype)


@op(samples=from_the_first_axis, labels=along_axis)
def minimum_accumulate(a: Value, /, axis: int = 0, dtype: Any = None) -> Value:
    """Return the smallest element so far along ``axis``: ``np.minimum.accumulate``.

    Subgradient: of equal smallest elements, the first takes the cotangent.
    """
    keep_inexact(a, dtype)
    return np.minimum.accumulate(a, axis=axis, dtype=dtype)


@minimum_accumulate.vjp
@maximum_accumulate.vjp
def _(g: Cotangent, z: Value, x: Value, axis: int = 0, dtype: Any = None) -> Cotangent:
    g, z = np.moveaxis(g, axis, -1), np.moveaxis(z, axis, -1)
    changed = z[..., 1:] != z[..., :-1]
    later = np.maximum.accumulate(np.where(changed, beside(z, np.arange(1, z.shape[-1])), 0), axis=-1)
    source = np.concatenate((np.zeros((*z.shape[:-1], 1), int), later), -1)
    return np.moveaxis(scatter(g, index=along(source, -1, g.shape), shape=g.shape), -1, axis)


def _accumulate(row: Op) -> Callable[..., Any]:
    """Return the method ``accumulate`` of a ufunc: by default along the first axis."""
    return lambda array, axis=0, **params: row(array, axis=axis, **params)


ufunc_methods.update(
    {
        (np.add, "accumulate"): _accumulate(cumsum),
        (np.multiply, "accumulate"): _accumulate(cumprod),
        (np.maximum, "accumulate"): _accumulate(maximum_accumulate),
        (np.minimum, "accumulate"): _accumulate(minimum_accumulate),
    }
)


scans = (sample(with_nans(2, 5)), sample(with_nans(2, 5), axis=-1))


@op(numpy=np.nancumsum, samples=scans)
def nancumsum(a: Value, /, axis: int | None = None, dtype: Any = None) -> Value:
    """Return the running sum along ``axis`` of the elements that are no NaN."""
    return cumsum(filled(a, 0), axis=axis, dtype=dtype)


@op(numpy=np.nancumprod, samples=scans)
def nancumprod(a: Value, /, axis: int | None = None, dtype: Any = None) -> Value:
    """Return the running product along ``axis`` of the elements that are no NaN."""
    return cumprod(filled(a, 1), axis=axis, dtype=dtype)
