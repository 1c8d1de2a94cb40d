"""Moments of data: variances, weighted means, covariances; and integrals of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.checks import checked
from autograd_lite.core.ducks import beside
from autograd_lite.core.op import Op, op
from autograd_lite.core.shapes import Cotangent, Value, count, expand_reduced
from autograd_lite.ops.axes import folding
from autograd_lite.ops.folding import as_mask, counted, of_booleans
from autograd_lite.ops.indexing import array_of
from autograd_lite.ops.reductions import (
    SOME,
    Axis,
    added_as_it_is,
    keep_inexact,
    mean,
    number_of,
    only,
)
from autograd_lite.ops.samples import complex_plane, positive, sample
from autograd_lite.ops.samples import constant as always

spreads = (
    sample((4,)),
    sample((3, 4), axis=0, ddof=1),
    sample((2, 3, 4), axis=(0, -1), keepdims=True),
    sample(complex_plane(2, 3), axis=1),
    sample((3, 4), axis=1, where=SOME),
    sample((2, 3, 4), axis=(0, -1), keepdims=True, ddof=1, where=SOME[:1]),
    sample(complex_plane(3, 4), axis=0, where=SOME),
)


def _var(
    a: Value,
    /,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Value:
    """Return the variance over ``axis``, about the mean of the elements themselves."""
    keep_inexact(a, dtype)
    if added_as_it_is(a, dtype, where):
        total: Any = np.add.reduce  # what np.var does, at half the price
        means, n = total(a, axis, None, None, True), count(a.shape, axis)
        if n > ddof:
            return total(np.square(a - means / n), axis, None, None, keepdims) / (n - ddof)
    return np.var(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where)


def _var_vjp(
    g: Cotangent,
    z: Value,
    x: Value,
    axis: Axis = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    **_: Any,
) -> Cotangent:
    return apart(g * 2, x, axis, ddof, keepdims, where, z.dtype)


def _std(
    a: Value,
    /,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Value:
    """Return the standard deviation over ``axis``, about the mean of the elements themselves."""
    return np.sqrt(_var(a, axis, dtype, ddof=ddof, keepdims=keepdims, where=where))


def _std_vjp(
    g: Cotangent,
    z: Value,
    x: Value,
    axis: Axis = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    **_: Any,
) -> Cotangent:
    # where z is 0, so is every difference from the mean: any other divisor gives the subgradient 0
    return apart(g / (z + (z == 0)), x, axis, ddof, keepdims, where, z.dtype)


def apart(g: Cotangent, x: Value, axis: Axis, ddof: float, keepdims: bool, chosen: Any, dtype: Any) -> Cotangent:
    """Return ``g`` times the differences of the chosen elements from their mean, by the degrees of freedom."""
    if chosen is True:
        d = x - np.mean(x, axis=axis, keepdims=True)
        return expand_reduced(g / (count(x.shape, axis) - ddof), x.shape, axis, keepdims) * _conjugate(d)
    chosen = np.broadcast_to(beside(x, chosen), x.shape)
    filled = np.where(chosen, x, 0)
    means = np.sum(filled, axis=axis, keepdims=True) / number_of(chosen, axis, 0, dtype)
    d = np.where(chosen, filled - means, 0)
    return expand_reduced(g, x.shape, axis, keepdims) * (_conjugate(d) / number_of(chosen, axis, ddof, dtype))


def _conjugate(d: Value) -> Value:
    return np.conj(d) if d.dtype.kind == "c" else d


def _as_sums(a: Value, axis: Axis = None, ddof: float = 0, keepdims: bool = False, **params: Any) -> Value:
    if params or ddof not in (0, 1) or a.dtype.kind == "c" or count(a.shape, axis) <= ddof:
        return None
    apart = a - np.mean(a, axis=axis, keepdims=True)
    return np.sum(np.square(apart), axis=axis, keepdims=keepdims) / (count(a.shape, axis) - ddof)


def _as_root(a: Value, **params: Any) -> Value:
    squared = _as_sums(a, **params)
    return None if squared is None else np.sqrt(squared)


variance = Op(_var, (_var_vjp,), name="variance", numpy=np.var, restate=of_booleans, samples=spreads, labels=folding())
deviation = Op(
    _std, (_std_vjp,), name="deviation", numpy=np.std, restate=of_booleans, samples=spreads, labels=folding()
)
variance.expand(_as_sums)
deviation.expand(_as_root)


@op(numpy=np.var, samples=(sample((3, 4), axis=0, correction=1),))
def var(
    a: Value,
    /,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Value:
    """Return the variance over ``axis``, of n - ``ddof`` degrees of freedom.

    Of the elements chosen by ``where``. About ``mean`` where it is given, with its reduced axes of length 1: it is
    differentiated too.
    """
    ddof = _degrees(ddof, correction)
    if mean is None:
        return variance(a, **_given(axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where))
    d, where = a - mean, as_mask(where)
    number = counted(np.broadcast_to(beside(d, where), d.shape), axis, keepdims)
    d = only(where, d, 0)
    squares = np.real(d * np.conj(d)) if d.dtype.kind == "c" else d * d
    total = np.sum(squares, axis=axis, dtype=dtype, keepdims=keepdims)
    return total / np.maximum(number - ddof, 0).astype(total.dtype)


@op(numpy=np.std, samples=(sample((3, 4), axis=0, correction=1),))
def std(
    a: Value,
    /,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Value:
    """Return the standard deviation over ``axis``, of n - ``ddof`` degrees of freedom.

    Of the elements chosen by ``where``. About ``mean`` where it is given, with its reduced axes of length 1: it is
    differentiated too.

    Subgradient: 0 where all elements are equal.
    """
    ddof = _degrees(ddof, correction)
    if mean is None:
        return deviation(a, **_given(axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where))
    v = var(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where, mean=mean)
    return np.sqrt(v + (v == 0)) * (v != 0)  # the root of 0 has no slope


@variance.elsewhere
def _var_elsewhere(
    a: Value, axis: Axis = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False, where: Any = True
) -> Value:
    keep_inexact(a, dtype)
    if where is True:
        return np.var(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)
    means = mean(a, axis, dtype, keepdims=True, where=where)
    return var.forward(a, axis, dtype, ddof=ddof, keepdims=keepdims, where=where, mean=means)


@deviation.elsewhere
def _(a: Value, *args: Any, **params: Any) -> Value:
    return np.sqrt(_var_elsewhere(a, *args, **params))


_DEFAULTS = {name: parameter.default for name, parameter in variance.__signature__.parameters.items()}


def _given(**params: Any) -> dict[str, Any]:
    """Return the keyword parameters that say something."""
    return {key: value for key, value in params.items() if value is not _DEFAULTS[key]}


def _degrees(ddof: float, correction: float | None) -> float:
    if correction is None:
        return ddof
    if ddof != 0:
        raise ValueError(f"expected either ddof= or correction=, got both: {ddof} and {correction}")
    return correction


@op(
    numpy=np.average,
    samples=(
        sample((3, 4), axis=0),
        sample((3,), always(None), positive(3), returned=True),
        sample((3, 4), always(0), positive(3)),
        sample((2, 3, 4), always((2, 0)), positive(4, 2), keepdims=True),
    ),
)
def average(
    a: Value, /, axis: Axis = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Value:
    """Return the weighted mean over ``axis``, and the sum of the weights if ``returned``. Weights are differentiated.

    Raises
    ------
    ZeroDivisionError
        Where weights sum to zero.
    """
    a = array_of(a)
    if weights is None:
        z = np.mean(a, axis=axis, keepdims=keepdims)
        total: Any = z.dtype.type(count(a.shape, axis))
    else:
        weights = array_of(weights)
        if weights.shape != a.shape:
            weights = _stand_along(weights, axis, a.shape)
        total = np.sum(weights, axis=axis, keepdims=keepdims)
        why = "average(): expected weights with a sum other than zero"
        total = checked(total, total == 0, ZeroDivisionError, why)
        a = a * 1.0 if a.dtype.kind in "biu" and weights.dtype.kind in "biu" else a  # products of small integers
        z = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    if not returned:
        return z
    return z, np.broadcast_to(total, z.shape)


def _stand_along(weights: Value, axis: Axis, shape: tuple[int, ...]) -> Value:
    """Return the weights of the elements along one or more axes in as many dimensions as the array has."""
    if axis is None:
        raise TypeError(f"average(): expected axis=, as weights of shape {weights.shape} are not of shape {shape}")
    axes = np.lib.array_utils.normalize_axis_tuple(axis, len(shape))
    if weights.shape != tuple(shape[a] for a in axes):
        raise ValueError(
            f"average(): expected weights of shape {shape} or {tuple(shape[a] for a in axes)}, got {weights.shape}"
        )
    weights = np.transpose(weights, tuple(np.argsort(axes)))
    return np.reshape(weights, tuple(n if i in axes else 1 for i, n in enumerate(shape)))


@op(
    numpy=np.trapezoid,
    samples=(
        sample((5,)),
        sample((3, 4), (3,), axis=0),
        sample((2, 3), (2, 3), axis=-2),
        sample((2, 3), dx=0.5),
    ),
)
def trapezoid(y: Value, /, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Value:
    """Return the integral of samples ``y`` by the trapezoidal rule; ``x`` and ``dx`` are differentiated too."""
    before, after = _pairs(np.ndim(y), axis)
    if x is not None and np.ndim(x) == 1:
        dx = np.reshape(x[1:] - x[:-1], [-1 if i == axis % np.ndim(y) else 1 for i in range(np.ndim(y))])
    elif x is not None:
        x_before, x_after = _pairs(np.ndim(x), axis)
        dx = x[x_after] - x[x_before]
    return np.sum(dx * (y[after] + y[before]) / 2.0, axis=axis)


def _pairs(ndim: int, axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the indices of all elements but the last, and of all but the first, along ``axis``."""
    others = (slice(None),) * (axis % ndim)
    return (*others, slice(None, -1)), (*others, slice(1, None))


@op(
    numpy=np.cov,
    samples=(
        sample((2, 5)),
        sample((5,)),
        sample((4, 2), (4, 1), rowvar=False, bias=True),
        sample((2, 4), fweights=np.array([1, 2, 3, 1]), aweights=np.array([0.5, 1.0, 2.0, 1.0])),
    ),
)
def cov(
    m: Value,
    /,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: float | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Value:
    """Return the covariance matrix of variables, a row each (a column, where not ``rowvar``), with those of ``y``.

    ``y`` and ``aweights`` are differentiated too. Of float64 unless ``dtype`` is given, as in NumPy.
    """
    x = _variables(m, not rowvar and np.ndim(m) != 1)
    if y is not None:
        x = np.concatenate((x, _variables(y, not rowvar and np.ndim(y) > 1 and np.shape(y)[0] != 1)), axis=0)
    x = np.astype(x, np.result_type(x.dtype, np.float64) if dtype is None else dtype)
    if ddof is None:
        ddof = 0 if bias else 1
    given = [array_of(w) for w in (fweights, aweights) if w is not None]
    for w in given:
        if w.shape != x.shape[1:]:
            raise ValueError(f"cov(): expected a weight for each of {x.shape[1]} observations, got shape {w.shape}")
    weights = given[0] * given[1] if len(given) > 1 else given[0] if given else None
    means, totals = np.average(x, axis=1, weights=weights, returned=True)
    freedom: Any = totals[0] - ddof
    if aweights is not None and ddof:
        freedom = totals[0] - ddof * np.sum(weights * given[-1]) / totals[0]
    d = x - means[:, None]
    weighted = d if weights is None else d * weights
    products = np.dot(d, (np.conj(weighted) if d.dtype.kind == "c" else weighted).T)
    return np.squeeze(products * (1 / np.maximum(freedom, 0)))


def _variables(m: Value, transposed: bool) -> Value:
    """Return data as a matrix with a row for each variable."""
    if np.ndim(m) > 2:
        raise ValueError(f"cov(): expected data of at most 2 dimensions, got {np.ndim(m)}")
    x = np.atleast_2d(m)
    return x.T if transposed else x


@op(numpy=np.corrcoef, samples=(sample((3, 5)), sample((5, 2), (5, 1), rowvar=False)))
def corrcoef(x: Value, /, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Value:
    """Return the correlation matrix of variables, a row each (a column, where not ``rowvar``), with those of ``y``.

    Subgradient: 0 where rounding has taken a coefficient out of [-1, 1].
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if not np.ndim(c):
        return c / c
    deviations = np.sqrt(np.real(np.diagonal(c)))
    c = c / deviations[:, None] / deviations
    if c.dtype.kind == "c":
        return np.clip(np.real(c), -1, 1) + 1j * np.clip(np.imag(c), -1, 1)
    return np.clip(c, -1, 1)
