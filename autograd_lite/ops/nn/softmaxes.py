"""Softmax and its kin: exponentials over their sum, and the logarithm of that sum. Each overflows nowhere."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Shape, Value, expand_reduced
from autograd_lite.ops import samples
from autograd_lite.ops.axes import along_axis, folding
from autograd_lite.ops.indexing import arrays_of
from autograd_lite.ops.reductions import Axis
from autograd_lite.ops.reductions import max as _max

_OVER_AXES = (
    samples.sample((4,)),
    samples.sample((3, 4)),
    samples.sample((2, 3, 4), axis=1),
    samples.sample((2, 3, 4), axis=(0, -1)),
    samples.sample((3, 4), axis=None),
)


def shift(x: Value, axis: Axis) -> tuple[Any, Any]:
    """Return x minus its largest element along the axis, and that: 0 in its place where it is not finite."""
    largest: Any = np.maximum.reduce
    top = largest(x, axis=axis, keepdims=True, initial=-np.inf)
    if not np.isfinite(top).all():
        top = np.where(np.isfinite(top), top, 0)
    with np.errstate(over="ignore"):  # the farthest elements may come to -inf, whose exponential is 0 all the same
        return x - top, top


@op(rules=(None,), labels=along_axis)
def _finite_max(x: Value, /, axis: Axis) -> Value:
    """Return what `shift` subtracts: of short rows from a transposed copy, in half of the time."""
    largest: Any = np.maximum.reduce
    if x.ndim == 2 and axis in (-1, 1) and 0 < x.shape[1] <= _SHORT:
        top = largest(np.ascontiguousarray(x.T), axis=0)
        if math.isfinite(np.dot(top, top)):
            return top[:, None]
        top = top[:, None]
    else:
        top = largest(x, axis=axis, keepdims=True, initial=-np.inf)
    finite = np.isfinite(top)
    return top if finite.all() else np.where(finite, top, 0)


@_finite_max.elsewhere
def _(x: Value, axis: Axis) -> Value:
    top = _max(x, axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(top), top, 0)


_SHORT = 32


@op(samples=(*_OVER_AXES, samples.sample((0, 3))), labels=along_axis)
def softmax(x: Value, /, axis: Axis = -1) -> Value:
    """Return exp(x) / sum(exp(x)) over the axis, without overflow. A slice of -inf alone gives zeros.

    Parameters
    ----------
    x : array of real numbers
    axis : int, tuple of int or None
        None for all axes.
    """
    powers = np.exp(shift(x, axis)[0])
    total = np.add.reduce(powers, axis=axis, keepdims=True)
    return powers / np.maximum(total, 1)  # 0 of -inf alone, and 1 or more of others


def shares(x: Value, axis: Axis) -> tuple[Any, Any, Any]:
    """Return x minus its largest element along the axis, the exponential of that, and its sum: at least 1."""
    shifted = x - _finite_max(x, axis=axis)
    powers = np.exp(shifted)
    return shifted, powers, np.maximum(np.sum(powers, axis=axis, keepdims=True), 1)


@softmax.elsewhere
@softmax.expand
def _(x: Value, axis: Axis = -1) -> Value:
    _, powers, total = shares(x, axis)
    return powers / total


@softmax.vjp
def _(g: Cotangent, z: Value, x: Value, axis: Axis = -1) -> Cotangent:
    return z * (g - np.sum(g * z, axis=axis, keepdims=True))


@op(samples=(*_OVER_AXES, samples.sample((0, 3))), labels=along_axis)
def log_softmax(x: Value, /, axis: Axis = -1) -> Value:
    """Return x - log(sum(exp(x))) over the axis, without overflow. A slice of -inf alone stays as it is.

    Parameters
    ----------
    x : array of real numbers
    axis : int, tuple of int or None
        None for all axes.
    """
    shifted = shift(x, axis)[0]
    total = np.add.reduce(np.exp(shifted), axis=axis, keepdims=True)
    return shifted - np.log(np.maximum(total, 1))


@log_softmax.elsewhere
@log_softmax.expand
def _(x: Value, axis: Axis = -1) -> Value:
    shifted, _, total = shares(x, axis)
    return shifted - np.log(total)


@log_softmax.vjp
def _(g: Cotangent, z: Value, x: Value, axis: Axis = -1) -> Cotangent:
    return g - np.exp(z) * np.sum(g, axis=axis, keepdims=True)


_TO_NUMBERS = (samples.sample(()), samples.sample((0, 3), axis=1), samples.sample((3, 4), axis=0, keepdims=True))


@op(samples=(*_OVER_AXES, *_TO_NUMBERS), labels=folding(np.logaddexp))
def log_sum_exp(x: Value, /, axis: Axis = None, *, keepdims: bool = False) -> Value:
    """Return log(sum(exp(x))) over the axis, without overflow: what `logsumexp` records where it has no weights.

    Subgradient: 0 for a slice of -inf alone.
    """
    shifted, top = shift(x, axis)
    with np.errstate(divide="ignore"):  # of -inf alone, or of nothing, it is -inf
        z = np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True)) + top
    return z if keepdims else np.squeeze(z, axis)[()]


@log_sum_exp.elsewhere
def _(x: Value, axis: Axis = None, *, keepdims: bool = False) -> Value:
    top = _finite_max(x, axis=axis)
    z = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return z if keepdims else np.squeeze(z, axis)


@log_sum_exp.vjp
def _(g: Cotangent, z: Value, x: Value, axis: Axis = None, keepdims: bool = False) -> Cotangent:
    return expand_reduced(g, x.shape, axis, keepdims) * softmax(x, axis)  # exp(x - z) has the rounding of z


_WEIGHTS = samples.positive
_WITH_WEIGHTS = (
    samples.sample(_WEIGHTS(4), _WEIGHTS(4)),
    samples.sample(_WEIGHTS(3, 4), _WEIGHTS(3, 4), axis=1),
    samples.sample(_WEIGHTS(2, 3, 4), _WEIGHTS(2, 3, 4), axis=(0, -1)),
    samples.sample(_WEIGHTS(3), samples.constant(np.array([0.0, 2.0, 0.0]))),
    samples.sample((3, 2), samples.constant(np.array([[2.0, -0.5], [0.5, -1.0], [1.0, -2.0]])), axis=0),
)


def _weighted(x: Value, b: Value, axis: Axis) -> tuple[Any, Any, Any]:
    """Return exp(x - top), the sum of ``b`` times that, and top, the largest element whose weight is not 0."""
    top = _finite_max(np.where(b == 0, -np.inf, x), axis=axis)
    with np.errstate(over="ignore"):
        shifted = x - top
    most = np.log(np.finfo(shifted.dtype).max) - 1
    powers = np.exp(np.where(b == 0, np.minimum(shifted, most), shifted))  # of the weight 0, it may be large
    return powers, np.sum(b * powers, axis=axis, keepdims=True), top


@op(samples=_WITH_WEIGHTS, labels=along_axis)
def weighted_softmax(x: Value, b: Value, /, axis: Axis = -1) -> Value:
    """Return exp(x) / sum(b * exp(x)) over the axis, of ``x`` and ``b`` of one shape, without overflow.

    Zeros for a slice whose weighted sum is 0.
    """
    powers, total, _ = _weighted(x, b, axis)
    return powers / np.where(total == 0, np.inf, total)


@weighted_softmax.vjp
def _(g: Cotangent, z: Value, x: Value, b: Value, axis: Axis = -1) -> Cotangent:
    return z * (g - b * np.sum(g * z, axis=axis, keepdims=True))


@weighted_softmax.vjp
def _(g: Cotangent, z: Value, x: Value, b: Value, axis: Axis = -1) -> Cotangent:
    return -z * np.sum(g * z, axis=axis, keepdims=True)


@op(
    samples=(
        *_WITH_WEIGHTS[:-1],
        samples.sample(_WEIGHTS(3, 4), _WEIGHTS(3, 4), axis=0, keepdims=True),
        samples.sample((3, 2), samples.constant(np.array([[2.0, -0.5], [0.5, -1.0], [1.0, -2.0]])), return_sign=True),
        samples.sample((0, 3), (0, 3), axis=1),
        samples.sample(_WEIGHTS(), _WEIGHTS()),
    ),
    labels=folding(),
)
def weighted_log_sum_exp(
    x: Value, b: Value, /, axis: Axis = None, *, keepdims: bool = False, return_sign: bool = False
) -> Value:
    """Return log(sum(b * exp(x))) over the axis, of ``x`` and ``b`` of one shape: what `logsumexp` records.

    Subgradient: 0 where the weighted sum is 0.
    """
    _, total, top = _weighted(x, b, axis)
    with np.errstate(divide="ignore"):  # of a sum of 0 it is -inf
        z = np.log(np.abs(total) if return_sign else total) + top
    results = (z, np.sign(total)) if return_sign else (z,)
    if not keepdims:
        results = tuple(np.squeeze(part, axis)[()] for part in results)
    return results if return_sign else results[0]


def _spread(g: Cotangent, shape: Shape, axis: Axis, keepdims: bool, return_sign: bool) -> Cotangent:
    """Return the cotangent of the logarithm, so that it broadcasts; the sign is constant."""
    return expand_reduced(g[0] if return_sign else g, shape, axis, keepdims)


@weighted_log_sum_exp.vjp
def _(
    g: Cotangent,
    z: Value,
    x: Value,
    b: Value,
    axis: Axis = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Cotangent:
    return _spread(g, x.shape, axis, keepdims, return_sign) * b * weighted_softmax(x, b, axis)


@weighted_log_sum_exp.vjp
def _(
    g: Cotangent,
    z: Value,
    x: Value,
    b: Value,
    axis: Axis = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Cotangent:
    return _spread(g, b.shape, axis, keepdims, return_sign) * weighted_softmax(x, b, axis)


@op(
    samples=(
        *_OVER_AXES,
        *_TO_NUMBERS,
        samples.sample((3, 1), samples.constant(1), _WEIGHTS(4)),
        samples.sample((4,), b=2.0),
        samples.sample((3, 4), axis=0, return_sign=True),
    )
)
def logsumexp(
    x: Value, /, axis: Axis = None, b: Value = None, *, keepdims: bool = False, return_sign: bool = False
) -> Value:
    """Return log(sum(b * exp(x))) over the axis, without overflow: a smooth maximum.

    Subgradient: 0 for a slice of -inf alone, and where the weighted sum is 0.

    Parameters
    ----------
    x : array of real numbers
    axis : int, tuple of int or None
        None for all axes.
    b : array of real numbers, optional
        The weights, which broadcast with ``x`` and are differentiated too. An element of the weight 0 does not matter.
    keepdims : bool
        Whether reduced axes stay, with length 1.
    return_sign : bool
        Whether to return the logarithm of the absolute value of the sum, and its sign. Else the logarithm of a
        negative sum is NaN.
    """
    if b is None and not return_sign:
        return log_sum_exp(x, axis=axis, keepdims=keepdims)
    x, b = arrays_of(x, 1.0 if b is None else b)
    shape = np.broadcast_shapes(x.shape, b.shape)
    x, b = (part if part.shape == shape else np.broadcast_to(part, shape) for part in (x, b))
    return weighted_log_sum_exp(x, b, axis=axis, keepdims=keepdims, return_sign=return_sign)
