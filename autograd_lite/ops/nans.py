"""Reductions and running results that leave NaNs out: their cotangents are 0 where an element is a NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.op import op
from autograd_lite.core.shapes import expand_reduced
from autograd_lite.ops.reductions import Axis, keep_inexact, prod, share, sum
from autograd_lite.ops.samples import sample, with_nans
from autograd_lite.ops.scans import cumprod, cumsum

folds = (sample(with_nans(5)), sample(with_nans(3, 4), axis=1), sample(with_nans(2, 3, 4), axis=(0, -1), keepdims=True))
spreads = (*folds, sample(with_nans(2, 5), axis=1, ddof=1), sample(lambda rng: with_nans(5)(rng) * (1 + 0.5j)))
scans = (sample(with_nans(2, 5)), sample(with_nans(2, 5), axis=-1))


def _filled(a: Any, value: float) -> Any:
    """Return the array with this value in the place of NaNs."""
    return np.where(np.isnan(a), value, a)


@op(numpy=np.nansum, samples=folds)
def nansum(a: Any, /, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    """Return the sum over ``axis`` of the elements that are no NaN."""
    return sum(_filled(a, 0), axis=axis, dtype=dtype, keepdims=keepdims)


@op(numpy=np.nanprod, samples=folds)
def nanprod(a: Any, /, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    """Return the product over ``axis`` of the elements that are no NaN."""
    return prod(_filled(a, 1), axis=axis, dtype=dtype, keepdims=keepdims)


@op(numpy=np.nancumsum, samples=scans)
def nancumsum(a: Any, /, axis: int | None = None, dtype: Any = None) -> Any:
    """Return the running sum along ``axis`` of the elements that are no NaN."""
    return cumsum(_filled(a, 0), axis=axis, dtype=dtype)


@op(numpy=np.nancumprod, samples=scans)
def nancumprod(a: Any, /, axis: int | None = None, dtype: Any = None) -> Any:
    """Return the running product along ``axis`` of the elements that are no NaN."""
    return cumprod(_filled(a, 1), axis=axis, dtype=dtype)


@op(numpy=np.nanmean, samples=folds)
def nanmean(a: Any, /, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    """Return the mean over ``axis`` of the elements that are no NaN."""
    keep_inexact(a, dtype)
    return np.nanmean(a, axis=axis, dtype=dtype, keepdims=keepdims)


@nanmean.vjp
def _(g: Any, z: Any, x: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    numbers = x == x
    return expand_reduced(g, x.shape, axis, keepdims) * numbers / _number(numbers, axis, 0, z.dtype)


@op(numpy=np.nanmax, samples=folds)
def nanmax(a: Any, /, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Return the largest element over ``axis`` that is no NaN.

    Subgradient: equal largest elements share the cotangent equally.
    """
    return np.nanmax(a, axis=axis, keepdims=keepdims)


@op(numpy=np.nanmin, samples=folds)
def nanmin(a: Any, /, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Return the smallest element over ``axis`` that is no NaN.

    Subgradient: equal smallest elements share the cotangent equally.
    """
    return np.nanmin(a, axis=axis, keepdims=keepdims)


nanmax.vjp(share)
nanmin.vjp(share)


@op(numpy=np.nanvar, samples=spreads)
def nanvar(a: Any, /, axis: Axis = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    """Return the variance over ``axis`` of the elements that are no NaN, of n - ``ddof`` degrees of freedom."""
    keep_inexact(a, dtype)
    return np.nanvar(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)


@op(numpy=np.nanstd, samples=spreads)
def nanstd(a: Any, /, axis: Axis = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    """Return the standard deviation over ``axis`` of the elements that are no NaN.

    Subgradient: 0 where all elements are equal.
    """
    keep_inexact(a, dtype)
    return np.nanstd(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)


@nanvar.vjp
def _(g: Any, z: Any, x: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return expand_reduced(g, x.shape, axis, keepdims) * (2 * _slope(x, axis, ddof, z.dtype))


@nanstd.vjp
def _(g: Any, z: Any, x: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return expand_reduced(g / (z + (z == 0)), x.shape, axis, keepdims) * _slope(x, axis, ddof, z.dtype)


def _slope(x: Any, axis: Axis, ddof: float, dtype: Any) -> Any:
    """Return the differences from the mean, by the degrees of freedom; 0 for NaNs."""
    numbers = x == x
    filled = np.where(numbers, x, 0)
    means = np.sum(filled, axis=axis, keepdims=True) / _number(numbers, axis, 0, dtype)
    d = np.where(numbers, filled - means, 0)
    return (np.conj(d) if d.dtype.kind == "c" else d) / _number(numbers, axis, ddof, dtype)


def _number(numbers: Any, axis: Axis, ddof: float, dtype: Any) -> Any:
    """Return how many elements are numbers, less ``ddof``; not quite 0 where none is left and the result is NaN."""
    return np.maximum(np.sum(numbers, axis=axis, keepdims=True, dtype=dtype) - ddof, np.finfo(dtype).tiny)
