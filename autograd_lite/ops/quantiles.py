"""Medians, quantiles and percentiles, with and without NaNs left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.arrays import count, normalize_axes
from autograd_lite.op import op
from autograd_lite.ops.indexing import along, scatter
from autograd_lite.ops.reductions import Axis
from autograd_lite.ops.sorting import unsort
from autograd_lite.samples import sample

medians = (sample(()), sample((5,)), sample((3, 4), axis=0), sample((2, 3, 4), axis=(0, -1), keepdims=True))
quantiles = (
    sample((5,), q=0.3),
    sample((3, 4), q=[[0.0, 0.25], [0.6, 1.0]], axis=-1),
    sample((2, 4, 3), q=[0.1, 0.9], axis=(0, 1), keepdims=True),
    sample((7,), q=0.4, method="hazen"),
    sample((7,), q=0.4, method="averaged_inverted_cdf"),
    sample((3, 4), q=0.4, axis=0, method="nearest"),
)


def _rule(of_one: float, skip_nans: bool = False) -> Callable[..., Any]:
    """Return the rule of quantiles whose ``q`` goes up to ``of_one``, each the mean of two sorted elements."""

    def rule(g: Any, z: Any, x: Any, q: Any = 0.5, axis: Axis = None, *, method: Any = "linear", **params: Any) -> Any:
        folded = normalize_axes(axis, x.ndim)
        last = tuple(range(x.ndim - len(folded), x.ndim))
        moved = np.moveaxis(x, folded, last)
        rows = np.reshape(moved, (*moved.shape[: x.ndim - len(folded)], count(x.shape, axis)))
        g = np.moveaxis(np.reshape(g, (np.size(q), *rows.shape[:-1])), 0, -1)
        rank = np.broadcast_to(_ranks(rows, np.divide(q, of_one).reshape(-1), method, skip_nans), g.shape)
        below = np.searchsorted(np.arange(rows.shape[-1]), rank, side="right") - 1  # the floor, as integers
        weight = (rank - below).astype(g.dtype)
        above = np.minimum(below + 1, rows.shape[-1] - 1)
        h = scatter(g * (1 - weight), index=along(below, -1, g.shape), shape=rows.shape)
        h = h + scatter(g * weight, index=along(above, -1, g.shape), shape=rows.shape)
        return np.moveaxis(np.reshape(unsort(h, rows), moved.shape), last, folded)

    return rule


def _ranks(rows: Any, q: Any, method: Any, skip_nans: bool) -> Any:
    """Return the ranks of quantiles among the elements along the last axis, between two of them where broken.

    The quantiles of the ranks 0, 1, ..., n - 1 themselves are these, by every method.
    """
    ranks = np.arange(float(rows.shape[-1]))
    if not skip_nans:
        return np.quantile(ranks, q, method=method)
    numbers = np.count_nonzero(rows == rows, axis=-1)[..., None]
    valid = np.where(ranks < np.maximum(numbers, 1), ranks, np.nan)
    return np.moveaxis(np.nanquantile(valid, q, axis=-1, method=method), 0, -1)


@op(numpy=np.median, samples=medians)
def median(a: Any, /, axis: Axis = None, *, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """Return the median over ``axis``. The array is never written over, whatever ``overwrite_input`` allows.

    Subgradient: elements equal to a middle one share its cotangent equally.
    """
    return np.median(a, axis=axis, keepdims=keepdims)


@op(numpy=np.nanmedian, samples=medians[1:])
def nanmedian(a: Any, /, axis: Axis = None, *, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """Return the median over ``axis`` of the elements that are no NaN.

    Subgradient: elements equal to a middle one share its cotangent equally.
    """
    return np.nanmedian(a, axis=axis, keepdims=keepdims)


@op(numpy=np.quantile, samples=quantiles)
def quantile(
    a: Any,
    /,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any:
    """Return the quantiles ``q``, from 0 to 1, over ``axis``: first the axes of ``q``, then those that are left.

    Subgradient: elements equal to the one or two that make a quantile share its cotangent equally.
    """
    return np.quantile(a, q, axis=axis, method=method, keepdims=keepdims)


@op(numpy=np.nanquantile, samples=(sample((3, 6), q=[0.1, 0.6], axis=1), sample((6,), q=0.4)))
def nanquantile(
    a: Any,
    /,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any:
    """Return the quantiles ``q``, from 0 to 1, over ``axis`` of the elements that are no NaN.

    Subgradient: elements equal to the one or two that make a quantile share its cotangent equally.
    """
    return np.nanquantile(a, q, axis=axis, method=method, keepdims=keepdims)


@op(numpy=np.percentile, samples=(sample((5,), q=30), sample((3, 4), q=[0.0, 65.0], axis=-1, method="midpoint")))
def percentile(
    a: Any,
    /,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any:
    """Return the quantiles ``q``, from 0 to 100, over ``axis``: first the axes of ``q``, then those that are left.

    Subgradient: elements equal to the one or two that make a percentile share its cotangent equally.
    """
    return np.percentile(a, q, axis=axis, method=method, keepdims=keepdims)


@op(numpy=np.nanpercentile, samples=(sample((2, 5), q=[30, 80], axis=1, keepdims=True),))
def nanpercentile(
    a: Any,
    /,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any:
    """Return the quantiles ``q``, from 0 to 100, over ``axis`` of the elements that are no NaN.

    Subgradient: elements equal to the one or two that make a percentile share its cotangent equally.
    """
    return np.nanpercentile(a, q, axis=axis, method=method, keepdims=keepdims)


median.vjp(_rule(1.0))
quantile.vjp(_rule(1.0))
percentile.vjp(_rule(100.0))
nanmedian.vjp(_rule(1.0, skip_nans=True))
nanquantile.vjp(_rule(1.0, skip_nans=True))
nanpercentile.vjp(_rule(100.0, skip_nans=True))
