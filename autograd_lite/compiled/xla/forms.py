"""Functions of NumPy that JAX has in another form: each takes and returns `Array`s."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy
import numpy as np

from autograd_lite.compiled.xla.arrays import Array, View, forms, of_jax, unwrapped, wrapped
from autograd_lite.ops.choices import masked
from autograd_lite.ops.quantiles import sort_like, unsort
from autograd_lite.ops.trigonometry import i0_derivative


def _take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
    places = unwrapped(indices if isinstance(indices, Array) else np.asarray(indices))
    x = jnp.atleast_1d(unwrapped(a))
    return Array(jnp.take(x, places, axis, mode="wrap" if mode == "wrap" else "clip" if mode == "clip" else None))


def _running(function: Any) -> Any:
    """Return a running sum or product, which NumPy has of a number too."""

    def run(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        x = jnp.atleast_1d(unwrapped(a))
        return Array(of_jax(function)(x, axis, jnp.sum(x[:0]).dtype if dtype is None else dtype))  # of small integers

    return run


def _of_reals(function: Any) -> Any:
    """Return a function that computes with double precision where it is given integers, as NumPy does."""

    def run(*args: Any, **params: Any) -> Any:
        given, named = unwrapped(args), {key: unwrapped(p) for key, p in params.items() if p is not np._NoValue}
        given = [x.astype(float) if isinstance(x, jax.Array) and x.dtype.kind in "biu" else x for x in given]
        return wrapped(of_jax(function)(*given, **named))

    return run


def _symmetric(function: Any) -> Any:
    """Return a decomposition of a Hermitian matrix, of which NumPy names a half in small letters too."""
    return lambda a, UPLO="L": wrapped(of_jax(function)(unwrapped(a), UPLO.upper()))


def _einsum(*operands: Any, out: Any = None, optimize: Any = False, **params: Any) -> Any:
    return Array(jnp.einsum(*unwrapped(operands), **params))


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    if not isinstance(axes, int):
        axes = tuple([int(part)] if np.ndim(part) == 0 else [int(i) for i in part] for part in axes)
    return Array(jnp.tensordot(unwrapped(a), unwrapped(b), axes))


def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Return a least-squares solution; there are no residuals where there are no more equations than unknowns."""
    x, y = unwrapped((a, b))
    cut = float(np.finfo(x.dtype).eps) if rcond is not None and rcond < 0 else rcond
    solution, residuals, rank, s = jnp.linalg.lstsq(x, y, cut)
    return wrapped((solution, residuals if x.shape[0] > x.shape[1] else residuals[:0], rank.astype(np.int32), s))


def _log_of_sums(
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = -np.inf,
    where: Any = True,
) -> Any:
    x = unwrapped(a).astype(dtype or a.dtype)
    x = x if where is True else jnp.where(unwrapped(where), x, -np.inf)
    total = jax.scipy.special.logsumexp(x, axis, keepdims=keepdims)
    return Array(jnp.logaddexp(total, unwrapped(initial)))


def _folded(function: Any) -> Any:
    """Return a sum, a product or the like, which NumPy has along the axis of a number, too."""

    def fold(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **params: Any) -> Any:
        x = unwrapped(a)
        given = {**params} if dtype is None else {"dtype": np.dtype(dtype), **params}
        given = {key: unwrapped(p) for key, p in given.items() if p is not np._NoValue}
        return Array(of_jax(function)(x, axis=axis if x.ndim else None, **given))

    return fold


def _moved(function: Any, back: Any) -> Any:
    """Return a function that moves axes, and gives a view."""
    return lambda a, *axes: View(a, lambda x: function(x, *axes), lambda x, new: back(new, *axes))


def _transpose(a: Any, axes: Any = None) -> Any:
    order = tuple(range(a.ndim))[::-1] if axes is None else tuple(axis % a.ndim for axis in axes)
    return View(a, lambda x: x.transpose(order), lambda x, new: new.transpose(tuple(np.argsort(order))))


def _stored(function: Any) -> Any:
    """Return a function that changes its first argument."""

    def store(a: Any, *args: Any, **params: Any) -> None:
        a.assign(of_jax(function)(a.value, *unwrapped(args), **unwrapped(params), inplace=False))

    return store


def _copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    dst.assign(jnp.where(unwrapped(where), unwrapped(src), dst.value))


def _windows(x: Any, window_shape: Any, axis: Any = None, **_: Any) -> Any:
    lengths = np.atleast_1d(window_shape).tolist()
    axes = range(x.ndim) if axis is None else [i % x.ndim for i in np.atleast_1d(axis).tolist()]
    z = unwrapped(x)
    for along, length in zip(axes, lengths, strict=True):
        places = np.arange(z.shape[along] - length + 1)[:, None] + np.arange(length)
        z = jnp.moveaxis(jnp.take(z, places, along), along + 1, -1)
    return Array(z)


def _pad(array: Any, pad_width: Any, mode: Any = "constant", **params: Any) -> Any:
    if isinstance(pad_width, dict):
        widths = np.zeros((array.ndim, 2), int)
        for axis, width in pad_width.items():
            widths[axis] = width
        pad_width = widths
    return Array(jnp.pad(unwrapped(array), pad_width, mode, **unwrapped(params)))


def _convolve(function: Any, usual: str) -> Any:
    def run(a: Any, v: Any, mode: str = usual) -> Any:
        x, y = map(jnp.atleast_1d, unwrapped((a, v)))
        dtype = np.result_type(x.dtype, y.dtype)
        if dtype.kind in "iu":
            x, y = x.astype(int), y.astype(int)
        z = of_jax(function)(x, y, mode)
        return Array(z.astype(int).astype(dtype) if dtype.kind in "iu" else z)  # JAX computes with real numbers

    return run


def _quantile(a: Any, q: Any, axis: Any = None, out: Any = None, method: Any = "linear", **params: Any) -> Any:
    """Return quantiles: between the elements whose numbers are the quantiles of 0, 1, ..., n - 1, by any method."""
    x, keepdims = unwrapped(a), params.get("keepdims") is True
    x = x if jnp.issubdtype(x.dtype, jnp.inexact) else x.astype(float)
    if isinstance(q, Array):
        return Array(jnp.quantile(x, q.value, axis, method=method, keepdims=keepdims))
    axes = tuple(range(x.ndim)) if axis is None else tuple(i % x.ndim for i in np.atleast_1d(axis).tolist())
    rows = jnp.moveaxis(x, axes, range(len(axes))).reshape(-1, *[n for i, n in enumerate(x.shape) if i not in axes])
    ranks = np.asarray(np.quantile(np.arange(len(rows)), q, method=method))
    low = np.floor(ranks).astype(int)
    part = (ranks - low).reshape((*ranks.shape, *[1] * (rows.ndim - 1))).astype(x.dtype)
    ordered = jnp.sort(rows, 0)
    z = ordered[low] + part * (ordered[np.minimum(low + 1, len(rows) - 1)] - ordered[low])
    z = jnp.where(jnp.isnan(rows).any(0), jnp.nan, z)
    return Array(jnp.expand_dims(z, [ranks.ndim + i for i in axes]) if keepdims else z)


def _nanquantile(a: Any, q: Any, axis: Any = None, out: Any = None, method: Any = "linear", **params: Any) -> Any:
    places, keepdims = unwrapped(q if isinstance(q, Array) else np.asarray(q)), params.get("keepdims") is True
    return Array(jnp.nanquantile(unwrapped(a), places, axis, method=method, keepdims=keepdims))


def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    return Array(jnp.repeat(unwrapped(a), np.asarray(repeats), axis))


def _triangle(function: Any) -> Any:
    """Return a triangle of a matrix; a vector counts as equal rows."""

    def cut(m: Any, k: int = 0) -> Any:
        x = unwrapped(m)
        return Array(of_jax(function)(x if x.ndim > 1 else jnp.broadcast_to(x, (len(x), len(x))), k))

    return cut


def _in_order(x: Any, a: Any, axis: int) -> tuple[Any, Any, Any]:
    """Return two arrays with an axis as their last one, and what sorts the second."""
    x, a = (jnp.moveaxis(unwrapped(part), axis, -1) for part in (x, a))
    return x, a, jnp.argsort(a, -1)


def _average_ties(h: Any, s: Any) -> Any:
    """Return the means of the elements of ``h`` where those of ``s``, sorted along the last axis, are equal."""
    new = jnp.ones(s.shape, bool).at[..., 1:].set(s[..., 1:] != s[..., :-1])
    runs = jnp.cumsum(new.ravel()) - 1
    sums, counts = (jnp.zeros(s.size, h.dtype).at[runs].add(x) for x in (h.ravel(), jnp.ones(s.size, h.dtype)))
    return (sums / counts)[runs].reshape(h.shape)


def _sort_like(x: Any, a: Any, axis: int = -1) -> Any:
    x, a, order = _in_order(x, a, axis)
    means = _average_ties(*(jnp.take_along_axis(part, order, -1) for part in (x, a)))
    return Array(jnp.moveaxis(means, -1, axis))


def _unsort(x: Any, a: Any, axis: int = -1) -> Any:
    x, a, order = _in_order(x, a, axis)
    means = _average_ties(x, jnp.take_along_axis(a, order, -1))
    return Array(jnp.moveaxis(jnp.put_along_axis(x, order, means, -1, inplace=False), -1, axis))


_MOST_ANGLES = 8 + int(2.5 * np.sqrt(1500))
"""Angles that the derivatives of the Bessel function are summed over where these are largest."""


def _i0_derivative(x: Any, order: int) -> Any:
    """Return what the op gives, from as many angles for all arguments."""
    n = _MOST_ANGLES
    x = unwrapped(x)[..., None]
    a = jnp.minimum(jnp.abs(x), 1500)
    cosines = np.cos(np.pi / 2 * np.arange(n + 1) / n).astype(x.dtype)
    weights = cosines**order / np.where(np.arange(n + 1) % n, 2 * n, 4 * n)
    wave = -jnp.expm1(-2 * cosines * a) if order % 2 else 1 + jnp.exp(-2 * cosines * a)
    total = jnp.sum(wave * jnp.exp(a * (cosines - 1)) * weights.astype(x.dtype), -1)
    half = jnp.exp(a[..., 0] / 2)
    return Array(total * half * half * (jnp.sign(x[..., 0]) if order % 2 else 1))


_REAL: tuple[Any, ...] = (
    *(np.mean, np.var, np.std, np.average, np.median, np.nanmean, np.nanvar, np.nanstd, np.nanmedian),
    *(np.cov, np.corrcoef, np.linalg.norm, np.linalg.vector_norm, np.linalg.matrix_norm, np.linalg.det),
    *(np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2),
    *(np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn, np.fft.hfft, np.fft.ihfft),
)
"""Functions that JAX computes in single precision, or in their own dtype, of integers of fewer bits."""

forms |= {
    np.sum: _folded(np.sum),
    np.prod: _folded(np.prod),
    np.moveaxis: lambda a, source, destination: View(
        a, lambda x: jnp.moveaxis(x, source, destination), lambda x, new: jnp.moveaxis(new, destination, source)
    ),
    np.swapaxes: _moved(jnp.swapaxes, jnp.swapaxes),
    np.transpose: _transpose,
    np.reshape: lambda a, shape, order="C", **_: a.reshape(shape) if order == "C" else a.reshape(shape, order=order),
    np.put: _stored(np.put),
    np.place: _stored(np.place),
    np.put_along_axis: _stored(np.put_along_axis),
    np.fill_diagonal: _stored(np.fill_diagonal),
    np.copyto: _copyto,
    np.lib.stride_tricks.sliding_window_view: _windows,
    np.pad: _pad,
    np.convolve: _convolve(np.convolve, "full"),
    np.correlate: _convolve(np.correlate, "valid"),
    np.repeat: _repeat,
    np.tril: _triangle(np.tril),
    np.triu: _triangle(np.triu),
    sort_like.forward: _sort_like,
    unsort.forward: _unsort,
    i0_derivative.forward: _i0_derivative,
    np.quantile: _quantile,
    np.nanquantile: _nanquantile,
    masked.forward: lambda mask, x: np.where(mask, x, 0),
    np.take: _take,
    np.cumsum: _running(np.cumsum),
    np.cumprod: _running(np.cumprod),
    np.linalg.eigh: _symmetric(np.linalg.eigh),
    np.linalg.eigvalsh: _symmetric(np.linalg.eigvalsh),
    **{function: _of_reals(function) for function in _REAL},
    np.einsum: _einsum,
    np.tensordot: _tensordot,
    np.linalg.lstsq: _lstsq,
    (np.logaddexp, "reduce"): _log_of_sums,
}
