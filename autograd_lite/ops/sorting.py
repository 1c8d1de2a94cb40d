"""Sorting: elements change places, and their cotangents go back."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.numpy_protocol import constant
from autograd_lite.core.op import op
from autograd_lite.ops.samples import sample

orders = (sample((5,)), sample((3, 4), axis=0), sample((2, 3, 2), axis=None), sample((2, 0)))
pairs = (sample((5,), (5,)), sample((3, 4), (3, 4), axis=0))


def _average_ties(h: Any, s: Any) -> Any:
    """Replace elements of ``h`` by their mean where those of ``s``, sorted along the last axis, are equal."""
    new = np.ones(s.shape, bool)
    new[..., 1:] = s[..., 1:] != s[..., :-1]
    if new.all():
        return h
    starts = np.flatnonzero(new)
    lengths = np.diff(starts, append=s.size)
    means = np.add.reduceat(h.reshape(-1), starts) / lengths.astype(h.dtype)
    return np.repeat(means, lengths).reshape(h.shape)


def _sort_like_vjp(g: Any, z: Any, x: Any, a: Any, axis: int = -1) -> Any:
    return unsort(g, a, axis=axis)


@op(rules=(_sort_like_vjp, None), samples=pairs)
def sort_like(x: Any, a: Any, /, axis: int = -1) -> Any:
    """Return ``x`` in the order that sorts ``a`` along ``axis``; the mean of those of equal elements of ``a``."""
    x, a = np.moveaxis(x, axis, -1), np.moveaxis(a, axis, -1)
    order = np.argsort(a, axis=-1)
    return np.moveaxis(_average_ties(np.take_along_axis(x, order, -1), np.take_along_axis(a, order, -1)), -1, axis)


def _unsort_vjp(g: Any, z: Any, x: Any, a: Any, axis: int = -1) -> Any:
    return sort_like(g, a, axis=axis)


@op(rules=(_unsort_vjp, None), samples=pairs)
def unsort(x: Any, a: Any, /, axis: int = -1) -> Any:
    """Return ``x``, given in the order of the sorted ``a``, in the order of ``a``: the transpose of `sort_like`."""
    x, a = np.moveaxis(x, axis, -1), np.moveaxis(a, axis, -1)
    order = np.argsort(a, axis=-1)
    z = np.empty_like(x)
    np.put_along_axis(z, order, _average_ties(x, np.take_along_axis(a, order, -1)), -1)
    return np.moveaxis(z, -1, axis)


def _unsorted(g: Any, x: Any, axis: int | None) -> Any:
    """Return the cotangent of ``x`` from that of the sorted ``x``."""
    if axis is None:
        return np.reshape(unsort(g, np.ravel(x)), x.shape)
    return unsort(g, x, axis=axis)


@op(numpy=np.sort, samples=orders)
def sort(a: Any, /, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None) -> Any:
    """Return the elements in ascending order along ``axis``; of the flattened array where it is None.

    Subgradient: equal elements share the cotangents of their places equally.
    """
    return np.sort(a, axis=axis, kind=kind, stable=stable)


@sort.vjp
def _(g: Any, z: Any, x: Any, axis: int | None = -1, kind: Any = None, stable: bool | None = None) -> Any:
    return _unsorted(g, x, axis)


@op(
    numpy=np.partition,
    samples=(sample((40,), kth=20), sample((30, 2), kth=(9, -2), axis=0), sample((5, 8), kth=9, axis=None)),
)
def partition(a: Any, /, kth: Any, axis: int | None = -1, kind: Any = "introselect") -> Any:
    """Return the elements along ``axis`` with the ``kth`` in its sorted place, smaller ones before, larger after.

    Subgradient: equal elements share the cotangents of their places equally.
    """
    return np.partition(a, kth, axis=axis, kind=kind)


@partition.vjp
def _(g: Any, z: Any, x: Any, kth: Any, axis: int | None = -1, kind: Any = "introselect") -> Any:
    return _unsorted(sort_like(g, z, axis=-1 if axis is None else axis), x, axis)


@op(numpy=np.sort_complex, samples=(sample((3, 4)),))
def sort_complex(a: Any, /) -> Any:
    """Return the elements as complex numbers, in ascending order along the last axis."""
    return np.sort(a if a.dtype.kind == "c" else np.astype(a, np.complex128))


constant(np.argsort, np.argpartition, np.lexsort)
