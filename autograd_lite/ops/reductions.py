"""Ops that fold axes: sums, products and extremes, with and without NaNs left out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.core.ducks import beside
from autograd_lite.core.numpy_protocol import constant, ufunc_methods
from autograd_lite.core.op import Op, op
from autograd_lite.core.shapes import Cotangent, Shape, Value, count, expand_reduced, normalize_axes
from autograd_lite.core.tensor import Tensor
from autograd_lite.ops.axes import folding
from autograd_lite.ops.folding import counted, folded, from_neutral, of_booleans
from autograd_lite.ops.samples import sample, with_nans

Axis = int | tuple[int, ...] | None

_PLAIN = (np.dtype(np.float64), np.dtype(np.float32))  # np.mean adds half precision in single
over_axes = (
    sample(()),
    sample((4,)),
    sample((3, 4), axis=1),
    sample((2, 3, 4), axis=(0, -1), keepdims=True),
    sample((3, 4), axis=-1, keepdims=True),
)
of_few = (sample((0, 3)), sample((2, 0), axis=1), sample((), axis=0), sample((2, 3), axis=()))
SOME = np.array([[True, False, True, True], [True, True, True, False], [False, True, True, True]])
of_some = (
    sample((3, 4), axis=1, where=SOME),
    sample((2, 3, 4), axis=(0, -1), keepdims=True, where=SOME[:1]),
    sample((4,), where=[True, False, True, True]),
)
from_a_start = (
    sample((4,), initial=0.75),
    sample((3, 4), axis=1, where=[[True], [False], [True]], initial=-0.5),
    sample((3, 4), axis=0, keepdims=True, where=SOME[:, ::-1], initial=1.5),
    sample((0, 3), axis=0, initial=2.0),
    sample((4,), where=False, initial=0.5),
)


def stretch(g: Cotangent, shape: Shape, axis: Axis, keepdims: bool) -> Cotangent:
    """Return ``g``, reduced from ``shape`` over ``axis``, as a constant along the reduced axes: no memory is used."""
    if isinstance(g, np.generic):
        return np.ndarray(shape, g.dtype, g, 0, (0,) * len(shape))  # eight times faster than np.broadcast_to
    g = expand_reduced(g, shape, axis, keepdims)
    if not isinstance(g, np.ndarray) or not g.ndim or not g.flags.c_contiguous:
        return np.broadcast_to(g, shape)
    stretched = np.ndarray(shape, g.dtype, g, 0, [0 if n == 1 else s for n, s in zip(g.shape, g.strides, strict=True)])
    stretched.setflags(write=False)  # one element stands for many
    return stretched


def only(where: Any, x: Value, other: float) -> Value:
    """Return ``x`` with another number in the place of the elements that ``where=`` leaves out of a reduction."""
    return x if where is True else np.where(beside(x, where), x, other)


def among(mask: Value, where: Any) -> Value:
    """Return a mask less the elements that ``where=`` leaves out of a reduction."""
    return mask if where is True else mask & beside(mask, where)


def keep_inexact(a: Value, dtype: Any) -> None:
    """Raise TypeError where ``dtype=`` would round real or complex numbers to integers."""
    if dtype is not None and np.dtype(dtype).kind not in "fc" and np.result_type(a).kind in "fc":
        raise TypeError(f"dtype={np.dtype(dtype)} rounds to integers, which have no derivative; expected a real dtype")


@op(
    numpy=np.sum,
    restate=from_neutral(0.0),
    samples=(*over_axes, *of_few, sample((3, 4), axis=0, dtype=np.complex128), *of_some, *from_a_start),
    labels=folding(np.add),
)
def sum(
    a: Value, /, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = 0, where: Any = True
) -> Value:
    """Return the sum over ``axis`` of the elements chosen by ``where``, and of ``initial``."""
    keep_inexact(a, dtype)
    total: Any = np.add.reduce  # what np.sum calls, at half the price
    return total(a, axis, dtype, None, keepdims, initial, where)


sum.elsewhere(folded(np.sum, np.add, 0))


@sum.vjp
def _(
    g: Cotangent, z: Value, x: Value, axis: Axis = None, keepdims: bool = False, where: Any = True, **_: Any
) -> Cotangent:
    return only(where, stretch(g, x.shape, axis, keepdims), 0)


@op(numpy=np.mean, restate=of_booleans, samples=(*over_axes, *of_some), labels=folding())
def mean(a: Value, /, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True) -> Value:
    """Return the mean over ``axis`` of the elements chosen by ``where``."""
    keep_inexact(a, dtype)
    if not added_as_it_is(a, dtype, where):
        return np.mean(a, axis=axis, dtype=dtype, keepdims=keepdims, where=where)
    total: Any = np.add.reduce  # what np.mean calls, at a third of the price
    return total(a, axis, None, None, keepdims) / count(a.shape, axis)


def added_as_it_is(a: Value, dtype: Any, where: Any) -> bool:
    """Whether np.mean and np.var add all elements, of which there are some, in their own dtype."""
    ours = dtype is None and where is True and isinstance(a, (np.ndarray, np.generic))
    return ours and a.dtype in _PLAIN and a.size > 0


@mean.elsewhere
def _(a: Value, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True) -> Value:
    keep_inexact(a, dtype)
    number: Any = count(a.shape, axis) if where is True else number_of(_chosen(where, a), axis, 0, a.dtype)
    total = sum(a, axis, dtype, keepdims=True, where=where) / number
    return total if keepdims else np.squeeze(total, axis)


@mean.expand
def _(a: Value, axis: Axis = None, dtype: Any = None, keepdims: bool = False, where: Any = True) -> Value:
    if where is not True or np.float16 in (a.dtype, dtype):
        return None
    wider = np.float64 if a.dtype.kind in "biu" and dtype is None else dtype
    given: dict[str, Any] = {} if wider is None else {"dtype": wider}
    return np.sum(a, axis=axis, keepdims=keepdims, **given) / count(a.shape, axis)


@mean.vjp
def _(
    g: Cotangent, z: Value, x: Value, axis: Axis = None, keepdims: bool = False, where: Any = True, **_: Any
) -> Cotangent:
    if where is not True:
        return share_among(_chosen(where, x), g, z.dtype, axis, keepdims)
    return stretch(g / count(x.shape, axis), x.shape, axis, keepdims)


def _chosen(where: Any, x: Value) -> Value:
    """Return the mask of the elements that ``where=`` chooses, in the shape of the array."""
    return np.broadcast_to(beside(x, where), x.shape)


def share_among(chosen: Value, g: Cotangent, dtype: Any, axis: Axis, keepdims: bool) -> Cotangent:
    """Share the cotangent of a mean over ``axis`` among the chosen elements."""
    return expand_reduced(g, chosen.shape, axis, keepdims) * chosen / number_of(chosen, axis, 0, dtype)


def number_of(chosen: Value, axis: Axis, ddof: float, dtype: Any) -> Value:
    """Return how many elements are chosen, less ``ddof``; not quite 0 where none is left and the result is NaN."""
    return np.maximum(np.sum(chosen, axis=axis, keepdims=True, dtype=dtype) - ddof, np.finfo(dtype).tiny)


@op(
    numpy=np.prod,
    restate=from_neutral(1.0),
    samples=(*over_axes, *of_few, sample((2, 3), axis=-1), *of_some, *from_a_start),
    labels=folding(np.multiply),
)
def prod(
    a: Value, /, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = 1, where: Any = True
) -> Value:
    """Return the product over ``axis`` of the elements chosen by ``where``, and of ``initial``.

    Its derivatives are products too: exact where factors are zero.
    """
    keep_inexact(a, dtype)
    return np.prod(a, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


prod.elsewhere(folded(np.prod, np.multiply, 1))


@prod.vjp
def _(
    g: Cotangent,
    z: Value,
    x: Value,
    axis: Axis = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
    **_: Any,
) -> Cotangent:
    if initial is not None:
        g = g * initial
    elif where is True and type(z) is not Tensor and np.all((np.abs(z) > np.finfo(z.dtype).tiny) & np.isfinite(z)):
        # no factor is 0, and all digits of the product are there
        return expand_reduced(g * z, x.shape, axis, keepdims) / x
    x = only(where, x, 1)
    folded = normalize_axes(axis, x.ndim) if x.shape else ()
    last = range(x.ndim - len(folded), x.ndim)
    moved = np.moveaxis(x, folded, last)
    n = math.prod([x.shape[a] for a in folded])
    others = _others(np.reshape(moved, (*moved.shape[: x.ndim - len(folded)], n)))
    others = np.moveaxis(np.reshape(others, moved.shape), last, folded)
    return only(where, expand_reduced(g, x.shape, axis, keepdims) * others, 0)


def _others(x: Value) -> Value:
    """Return, for each element, the product of the others along the last axis.

    In O(n) and without a division: the others of an element are the others of its pair, and its twin.
    """
    n = x.shape[-1]
    if n < 2:
        return np.ones_like(x)
    if n % 2:
        return _others(lengthen(x, 1))[..., :-1]
    first, second = x[..., ::2], x[..., 1::2]
    outside = _others(first * second)
    return interleave(outside * second, outside * first)


def lengthen(x: Value, value: float) -> Value:
    """Append an element of this value along the last axis."""
    return np.concatenate((x, np.full_like(x[..., :1], value)), -1)


def interleave(even: Value, odd: Value) -> Value:
    """Return the elements of two arrays in turn, along the last axis."""
    return np.reshape(np.stack((even, odd), -1), (*even.shape[:-1], 2 * even.shape[-1]))


@op(
    numpy=(np.max, np.amax),
    restate=from_neutral(-np.inf),
    samples=(*over_axes, *from_a_start),
    labels=folding(np.maximum),
)
def max(a: Value, /, axis: Axis = None, *, keepdims: bool = False, initial: Any = None, where: Any = True) -> Value:
    """Return the largest over ``axis`` of the elements chosen by ``where``, and of ``initial``.

    Subgradient: equal largest elements, and ``initial`` among them, share the cotangent equally.
    """
    largest: Any = np.maximum.reduce
    return largest(a, axis, None, None, keepdims, initial, where)


@op(
    numpy=(np.min, np.amin),
    restate=from_neutral(np.inf),
    samples=(*over_axes, *from_a_start),
    labels=folding(np.minimum),
)
def min(a: Value, /, axis: Axis = None, *, keepdims: bool = False, initial: Any = None, where: Any = True) -> Value:
    """Return the smallest over ``axis`` of the elements chosen by ``where``, and of ``initial``.

    Subgradient: equal smallest elements, and ``initial`` among them, share the cotangent equally.
    """
    smallest: Any = np.minimum.reduce
    return smallest(a, axis, None, None, keepdims, initial, where)


max.elsewhere(folded(np.max, np.maximum, -np.inf))
min.elsewhere(folded(np.min, np.minimum, np.inf))


@min.vjp
@max.vjp
def share(
    g: Cotangent,
    z: Value,
    x: Value,
    axis: Axis = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Cotangent:
    """Share the cotangent of one element that was picked over ``axis`` among all that are equal to it."""
    ties = among(x == expand_reduced(z, x.shape, axis, keepdims), where)
    if initial is None and type(z) is not Tensor and np.count_nonzero(ties) == np.count_nonzero(z == z):
        return expand_reduced(g, x.shape, axis, keepdims) * ties  # each result is one element alone, or NaN
    number = counted(ties, axis, keepdims)
    if initial is not None:
        number = number + (z == z.dtype.type(initial))
    number = np.maximum(number, 1, dtype=z.dtype)  # none is equal to a NaN
    return expand_reduced(g / number, x.shape, axis, keepdims) * ties


@op(numpy=np.ptp, samples=over_axes[1:])
def ptp(a: Value, /, axis: Axis = None, *, keepdims: bool = False) -> Value:
    """Return the largest element minus the smallest over ``axis``.

    Subgradient: equal largest (or smallest) elements share the cotangent equally.
    """
    return max(a, axis=axis, keepdims=keepdims) - min(a, axis=axis, keepdims=keepdims)


@op(restate=from_neutral(-np.inf), samples=(*over_axes[1:], *from_a_start), labels=folding(np.logaddexp))
def logaddexp_reduce(
    a: Value,
    /,
    axis: Axis = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = -np.inf,
    where: Any = True,
) -> Value:
    """Return the logarithm of the sum of exponentials over ``axis``: ``np.logaddexp.reduce``.

    Of the elements chosen by ``where``, and of ``initial``.

    Subgradient: 0 where all elements are minus infinity.
    """
    keep_inexact(a, dtype)
    total: Any = np.logaddexp.reduce
    return total(a, axis, dtype, None, keepdims, initial, where)


def _log_sum(a: Value, axis: Axis, keepdims: bool, **dtype: Any) -> Value:
    """Return the logarithm of the sum of exponentials, where no ufunc has the method."""
    top = np.max(a, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    z = np.log(np.sum(np.exp(a - top), axis=axis, keepdims=True, **dtype)) + top
    return z if keepdims else np.squeeze(z, axis)


logaddexp_reduce.elsewhere(folded(_log_sum, np.logaddexp, -np.inf))


@logaddexp_reduce.vjp
def _(
    g: Cotangent, z: Value, x: Value, axis: Axis = None, keepdims: bool = False, where: Any = True, **_: Any
) -> Cotangent:
    x = only(where, x, -np.inf)
    z = np.maximum(z, np.finfo(z.dtype).min)  # minus infinity less itself is not 0
    return expand_reduced(g, x.shape, axis, keepdims) * np.exp(x - expand_reduced(z, x.shape, axis, keepdims))


def _reduce(row: Op) -> Callable[..., Any]:
    """Return the method ``reduce`` of a ufunc: by default it folds the first axis."""
    return lambda array, axis=0, **params: row(array, axis=axis, **params)


ufunc_methods.update(
    {
        (np.add, "reduce"): _reduce(sum),
        (np.multiply, "reduce"): _reduce(prod),
        (np.maximum, "reduce"): _reduce(max),
        (np.minimum, "reduce"): _reduce(min),
        (np.logaddexp, "reduce"): _reduce(logaddexp_reduce),
    }
)
constant(np.all, labels=folding(np.logical_and))
constant(np.any, labels=folding(np.logical_or))
constant(np.count_nonzero, labels=folding(np.add))
constant(np.argmax, np.argmin, np.nanargmax, np.nanargmin, labels=folding())


folds = (sample(with_nans(5)), sample(with_nans(3, 4), axis=1), sample(with_nans(2, 3, 4), axis=(0, -1), keepdims=True))
folds_of_some = (sample(with_nans(3, 4), axis=0, where=SOME), sample(with_nans(2, 3), keepdims=True, where=SOME[0, :3]))
starts = (sample(with_nans(5), initial=0.75), sample(with_nans(3, 4), axis=1, where=SOME, initial=-0.5))


def filled(a: Value, value: float) -> Value:
    """Return the array with this value in the place of NaNs."""
    return np.where(np.isnan(a), value, a)


@op(numpy=np.nansum, samples=(*folds, *starts))
def nansum(
    a: Value, /, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = 0, where: Any = True
) -> Value:
    """Return the sum over ``axis`` of the elements chosen by ``where`` that are no NaN, and of ``initial``."""
    return sum(filled(a, 0), axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


@op(numpy=np.nanprod, samples=(*folds, *starts))
def nanprod(
    a: Value, /, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = 1, where: Any = True
) -> Value:
    """Return the product over ``axis`` of the elements chosen by ``where`` that are no NaN, and of ``initial``."""
    return prod(filled(a, 1), axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


@op(numpy=np.nanmax, restate=from_neutral(-np.inf), samples=(*folds, *starts), labels=folding(np.fmax))
def nanmax(a: Value, /, axis: Axis = None, *, keepdims: bool = False, initial: Any = None, where: Any = True) -> Value:
    """Return the largest over ``axis`` of the elements chosen by ``where`` that are no NaN, and of ``initial``.

    Subgradient: equal largest elements, and ``initial`` among them, share the cotangent equally.
    """
    return np.nanmax(a, axis=axis, keepdims=keepdims, initial=initial, where=where)


@op(numpy=np.nanmin, restate=from_neutral(np.inf), samples=(*folds, *starts), labels=folding(np.fmin))
def nanmin(a: Value, /, axis: Axis = None, *, keepdims: bool = False, initial: Any = None, where: Any = True) -> Value:
    """Return the smallest over ``axis`` of the elements chosen by ``where`` that are no NaN, and of ``initial``.

    Subgradient: equal smallest elements, and ``initial`` among them, share the cotangent equally.
    """
    return np.nanmin(a, axis=axis, keepdims=keepdims, initial=initial, where=where)


nanmax.elsewhere(folded(np.nanmax, np.fmax, np.nan))
nanmin.elsewhere(folded(np.nanmin, np.fmin, np.nan))
nanmax.vjp(share)
nanmin.vjp(share)
