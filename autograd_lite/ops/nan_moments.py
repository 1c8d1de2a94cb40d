"""Moments of data that leave out NaNs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.ops.axes import folding
from autograd_lite.ops.folding import of_booleans
from autograd_lite.ops.moments import apart
from autograd_lite.ops.reductions import SOME, Axis, among, folds, folds_of_some, keep_inexact, only, share_among
from autograd_lite.ops.samples import sample, with_nans

spreads_with_nans = (
    *folds,
    sample(with_nans(2, 5), axis=1, ddof=1),
    sample(lambda rng: with_nans(5)(rng) * (1 + 0.5j)),
    sample(with_nans(3, 4), axis=0, where=SOME),
)


@op(numpy=np.nanmean, restate=of_booleans, samples=(*folds, *folds_of_some), labels=folding())
def nanmean(a: Value, /, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True) -> Value:
    """Return the mean over ``axis`` of the elements chosen by ``where`` that are no NaN."""
    keep_inexact(a, dtype)
    return np.nanmean(a, axis=axis, dtype=dtype, keepdims=keepdims, where=where)


@nanmean.vjp
def _(
    g: Cotangent, z: Value, x: Value, axis: Axis = None, keepdims: bool = False, where: Any = True, **_: Any
) -> Cotangent:
    return share_among(among(x == x, where), g, z.dtype, axis, keepdims)


@op(numpy=np.nanvar, restate=of_booleans, samples=spreads_with_nans, labels=folding())
def nanvar(
    a: Value,
    /,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Value:
    """Return the variance over ``axis`` of the elements chosen by ``where`` that are no NaN.

    Of n - ``ddof`` degrees of freedom.
    """
    keep_inexact(a, dtype)
    return np.nanvar(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where)


@op(numpy=np.nanstd, restate=of_booleans, samples=spreads_with_nans, labels=folding())
def nanstd(
    a: Value,
    /,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Value:
    """Return the standard deviation over ``axis`` of the elements chosen by ``where`` that are no NaN.

    Of n - ``ddof`` degrees of freedom.

    Subgradient: 0 where all elements are equal.
    """
    keep_inexact(a, dtype)
    return np.nanstd(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where)


def _of_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that leaves out NaNs, and with them what ``where=`` leaves out, which CuPy's does not take."""

    def call(a: Value, axis: Axis = None, dtype: Any = None, *, where: Any = True, **params: Any) -> Value:
        keep_inexact(a, dtype)
        return function(only(where, a, np.nan), axis=axis, dtype=dtype, **params)

    return call


nanmean.elsewhere(_of_numbers(np.nanmean))
nanvar.elsewhere(_of_numbers(np.nanvar))
nanstd.elsewhere(_of_numbers(np.nanstd))


@nanvar.vjp
def _(
    g: Cotangent,
    z: Value,
    x: Value,
    axis: Axis = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    **_: Any,
) -> Cotangent:
    return apart(g * 2, x, axis, ddof, keepdims, among(x == x, where), z.dtype)


@nanstd.vjp
def _(
    g: Cotangent,
    z: Value,
    x: Value,
    axis: Axis = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    **_: Any,
) -> Cotangent:
    return apart(g / (z + (z == 0)), x, axis, ddof, keepdims, among(x == x, where), z.dtype)
