"""Sorting, and what is read off sorted elements: medians, quantiles and percentiles, with and without NaNs left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.ducks import beside, ducks
from autograd_lite.core.numpy_protocol import constant
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value, count, normalize_axes
from autograd_lite.core.tensor import raw
from autograd_lite.ops.axes import along_axis, folding
from autograd_lite.ops.indexing import along, scatter
from autograd_lite.ops.reductions import Axis
from autograd_lite.ops.samples import sample, with_nans

orders = (sample((5,)), sample((3, 4), axis=0), sample((2, 3, 2), axis=None), sample((2, 0)))
pairs = (sample((5,), (5,)), sample((3, 4), (3, 4), axis=0))


def _average_ties(h: Value, s: Value) -> Value:
    """Replace elements of ``h`` by their mean where those of ``s``, sorted along the last axis, are equal."""
    new = np.ones_like(s, bool)
    new[..., 1:] = s[..., 1:] != s[..., :-1]
    if new.all():
        return h
    starts = np.flatnonzero(new)
    lengths = np.diff(starts, append=s.size)
    means = np.add.reduceat(h.reshape(-1), starts) / lengths.astype(h.dtype)
    return means[np.cumsum(new) - 1].reshape(h.shape)


def _sort_like_vjp(g: Cotangent, z: Value, x: Value, a: Value, axis: int = -1) -> Cotangent:
    return unsort(g, a, axis=axis)


@op(rules=(_sort_like_vjp, None), samples=pairs, labels=along_axis)
def sort_like(x: Value, a: Value, /, axis: int = -1) -> Value:
    """Return ``x`` in the order that sorts ``a`` along ``axis``; the mean of those of equal elements of ``a``."""
    x, a = np.moveaxis(x, axis, -1), np.moveaxis(a, axis, -1)
    order = np.argsort(a, axis=-1)
    return np.moveaxis(_average_ties(np.take_along_axis(x, order, -1), np.take_along_axis(a, order, -1)), -1, axis)


def _unsort_vjp(g: Cotangent, z: Value, x: Value, a: Value, axis: int = -1) -> Cotangent:
    return sort_like(g, a, axis=axis)


@op(rules=(_unsort_vjp, None), samples=pairs, labels=along_axis)
def unsort(x: Value, a: Value, /, axis: int = -1) -> Value:
    """Return ``x``, given in the order of the sorted ``a``, in the order of ``a``: the transpose of `sort_like`."""
    x, a = np.moveaxis(x, axis, -1), np.moveaxis(a, axis, -1)
    order = np.argsort(a, axis=-1)
    z = np.empty_like(x)
    np.put_along_axis(z, order, _average_ties(x, np.take_along_axis(a, order, -1)), -1)
    return np.moveaxis(z, -1, axis)


def _unsorted(g: Cotangent, x: Value, axis: int | None) -> Cotangent:
    """Return the cotangent of ``x`` from that of the sorted ``x``."""
    if axis is None:
        return np.reshape(unsort(g, np.ravel(x)), x.shape)
    return unsort(g, x, axis=axis)


@op(numpy=np.sort, samples=orders, labels=along_axis)
def sort(a: Value, /, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None) -> Value:
    """Return the elements in ascending order along ``axis``; of the flattened array where it is None.

    Subgradient: equal elements share the cotangents of their places equally.
    """
    return np.sort(a, axis=axis, kind=kind, stable=stable)


sort.elsewhere(lambda a, axis=-1, **_: np.sort(a, axis=axis))  # equal numbers are all the same


@sort.vjp
def _(
    g: Cotangent, z: Value, x: Value, axis: int | None = -1, kind: Any = None, stable: bool | None = None
) -> Cotangent:
    return _unsorted(g, x, axis)


@op(
    numpy=np.partition,
    samples=(sample((40,), kth=20), sample((30, 2), kth=(9, -2), axis=0), sample((5, 8), kth=9, axis=None)),
    labels=along_axis,
)
def partition(a: Value, /, kth: Value, axis: int | None = -1, kind: Any = "introselect") -> Value:
    """Return the elements along ``axis`` with the ``kth`` in its sorted place, smaller ones before, larger after.

    Subgradient: equal elements share the cotangents of their places equally.
    """
    return np.partition(a, kth, axis=axis, kind=kind)


partition.elsewhere(lambda a, kth, axis=-1, **_: np.partition(a, kth, axis=axis))


@partition.vjp
def _(g: Cotangent, z: Value, x: Value, kth: Value, axis: int | None = -1, kind: Any = "introselect") -> Cotangent:
    return _unsorted(sort_like(g, z, axis=-1 if axis is None else axis), x, axis)


@op(numpy=np.sort_complex, samples=(sample((3, 4)),))
def sort_complex(a: Value, /) -> Value:
    """Return the elements as complex numbers, in ascending order along the last axis."""
    return np.sort(a if a.dtype.kind == "c" else np.astype(a, np.complex128))


constant(np.argsort, np.argpartition, labels=along_axis)
constant(np.lexsort)


medians = (sample(()), sample((5,)), sample((3, 4), axis=0), sample((2, 3, 4), axis=(0, -1), keepdims=True))
quantiles = (
    sample((5,), q=0.3),
    sample((3, 4), q=[[0.0, 0.25], [0.6, 1.0]], axis=-1),
    sample((2, 4, 3), q=[0.1, 0.9], axis=(0, 1), keepdims=True),
    sample((7,), q=0.4, method="hazen"),
    sample((7,), q=0.4, method="averaged_inverted_cdf"),
    sample((3, 4), q=0.4, axis=0, method="nearest"),
)


def _ranks(rows: Value, q: Any, method: Any) -> Value:
    """Return the ranks of quantiles ``q`` among the sorted elements of each row, broken where between two of them.

    The quantiles of the ranks 0, 1, ..., n - 1 themselves are these, by every method.
    """
    return np.quantile(beside(q, np.arange(rows.shape[1])), q, method=method)


def _ranks_of_numbers(rows: Value, q: Any, method: Any) -> Value:
    """Return the same where NaNs, which are sorted last, are left out; of nothing but NaNs the first."""
    ranks = beside(rows, np.arange(rows.shape[1]))
    numbers = np.maximum(np.count_nonzero(rows == rows, axis=1), 1)
    if ducks[type(raw(rows))] and method == "linear":  # CuPy has no nanquantile
        return beside(rows, q) * (numbers - 1)[:, None]
    return np.nanquantile(np.where(ranks < numbers[:, None], ranks, np.nan), q, axis=1, method=method).T


def _pull(
    g: Cotangent,
    z: Value,
    x: Value,
    q: Any = 0.5,
    axis: Axis = None,
    *,
    method: Any = "linear",
    ranks: Any = _ranks,
    **_: Any,
) -> Cotangent:
    """Return the cotangent of ``x`` from that of its quantiles ``q``, each the mean of two sorted elements."""
    folded = normalize_axes(axis, x.ndim)
    last = range(x.ndim - len(folded), x.ndim)
    moved = np.moveaxis(x, folded, last)
    g = np.reshape(g, (np.size(q), g.size // np.size(q))).T
    rows = np.reshape(moved, (len(g), count(x.shape, axis)))
    rank = ranks(rows, np.ravel(q), method)
    above = np.searchsorted(beside(rank, np.arange(rows.shape[1])), rank)
    weight = beside(g, (above - rank).astype(g.dtype))  # of the element below
    h = scatter(g * weight, index=along(above - 1, 1, g.shape), shape=rows.shape)
    h = h + scatter(g * (1 - weight), index=along(above, 1, g.shape), shape=rows.shape)
    return np.moveaxis(np.reshape(unsort(h, rows), moved.shape), last, folded)


def _pull_numbers(g: Cotangent, z: Value, x: Value, **params: Any) -> Cotangent:
    """Return the same where NaNs are left out."""
    return _pull(g, z, x, **params, ranks=_ranks_of_numbers)


@op(numpy=np.median, samples=medians, labels=folding())
def median(a: Value, /, axis: Axis = None, *, overwrite_input: bool = False, keepdims: bool = False) -> Value:
    """Return the median over ``axis``. The array is never written over, whatever ``overwrite_input`` allows.

    Subgradient: elements equal to a middle one share its cotangent equally.
    """
    return np.median(a, axis=axis, keepdims=keepdims)


@op(
    numpy=np.nanmedian,
    samples=(sample(with_nans(3, 2), axis=1), sample(with_nans(3, 2, 4), axis=(0, -1), keepdims=True)),
    labels=folding(),
)
def nanmedian(a: Value, /, axis: Axis = None, *, overwrite_input: bool = False, keepdims: bool = False) -> Value:
    """Return the median over ``axis`` of the elements that are no NaN.

    Subgradient: elements equal to a middle one share its cotangent equally.
    """
    return np.nanmedian(a, axis=axis, keepdims=keepdims)


@op(numpy=np.quantile, samples=quantiles, labels=folding())
def quantile(
    a: Value,
    /,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Value:
    """Return the quantiles ``q``, from 0 to 1, over ``axis``: first the axes of ``q``, then those that are left.

    Subgradient: elements equal to the one or two that make a quantile share its cotangent equally.
    """
    return np.quantile(a, q, axis=axis, method=method, keepdims=keepdims)


@op(
    numpy=np.nanquantile,
    samples=(sample(with_nans(3, 7), q=[0.0, 0.6], axis=1), sample(with_nans(7), q=0.4, method="hazen")),
    labels=folding(),
)
def nanquantile(
    a: Value,
    /,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Value:
    """Return the quantiles ``q``, from 0 to 1, over ``axis`` of the elements that are no NaN.

    Subgradient: elements equal to the one or two that make a quantile share its cotangent equally.
    """
    return np.nanquantile(a, q, axis=axis, method=method, keepdims=keepdims)


def _shares(q: Any, a: Value) -> Any:
    """Return percents as shares of 1, in the precision of the data."""
    shares = np.true_divide(q, a.dtype.type(100))
    return beside(a, shares) if np.ndim(shares) else shares


@op(numpy=np.percentile, samples=(sample((5,), q=30), sample((3, 4), q=[0.0, 65.0], axis=-1, method="midpoint")))
def percentile(
    a: Value,
    /,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Value:
    """Return the quantiles ``q``, from 0 to 100, over ``axis``: first the axes of ``q``, then those that are left.

    Subgradient: elements equal to the one or two that make a percentile share its cotangent equally.
    """
    return quantile(a, _shares(q, a), axis=axis, method=method, keepdims=keepdims)


@op(numpy=np.nanpercentile, samples=(sample(with_nans(2, 5), q=[30, 80], axis=1, keepdims=True),))
def nanpercentile(
    a: Value,
    /,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Value:
    """Return the quantiles ``q``, from 0 to 100, over ``axis`` of the elements that are no NaN.

    Subgradient: elements equal to the one or two that make a percentile share its cotangent equally.
    """
    return nanquantile(a, _shares(q, a), axis=axis, method=method, keepdims=keepdims)


median.vjp(_pull)
quantile.vjp(_pull)
nanmedian.vjp(_pull_numbers)
nanquantile.vjp(_pull_numbers)
