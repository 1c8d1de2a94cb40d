"""Ops on sampled functions: differences, slopes, convolutions, interpolation."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.numpy_protocol import by_value
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value, normalize_axes
from autograd_lite.ops.axes import along_axis
from autograd_lite.ops.indexing import arrays_of, getitem
from autograd_lite.ops.samples import constant, sample


@op(
    numpy=np.diff,
    samples=(
        sample((4,)),
        sample((3, 4), n=2, axis=0),
        sample((2, 3), n=0),
        sample((2, 3), prepend=1.0, append=np.ones((2, 2))),
    ),
)
def diff(a: Value, /, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Value:
    """Return the differences of neighbours along an axis, ``n`` times over."""
    if n < 0:
        raise ValueError(f"np.diff takes differences n >= 0 times, got n={n}")
    if not np.ndim(a):
        raise ValueError("np.diff takes an array of at least one axis, got one of shape ()")
    if not n:
        return a
    (axis,) = normalize_axes(axis, np.ndim(a))
    edge = (*np.shape(a)[:axis], 1, *np.shape(a)[axis + 1 :])
    parts = arrays_of(*(x for x in (prepend, a, append) if x is not None))
    parts = [x if x.ndim else np.broadcast_to(x, edge) for x in parts]
    a = np.concatenate(parts, axis) if len(parts) > 1 else a
    upper, lower = ((slice(None),) * axis + (part,) for part in (slice(1, None), slice(None, -1)))
    for _ in range(n):
        a = a[upper] - a[lower]
    return a


@op(
    numpy=np.ediff1d,
    samples=(sample((2, 3)), sample((3,), to_end=np.array([1.0, 2.0]), to_begin=0.5)),
)
def ediff1d(ary: Value, /, to_end: Any = None, to_begin: Any = None) -> Value:
    """Return the differences of neighbours among all elements, with values before and after them."""
    differences = np.diff(np.ravel(ary))
    parts = arrays_of(*(x for x in (to_begin, differences, to_end) if x is not None))
    return np.concatenate(list(map(np.ravel, parts)), dtype=differences.dtype)


@op(
    numpy=np.gradient,
    samples=(
        sample((4,)),
        sample((3, 4), edge_order=2),
        sample((3, 4), (), axis=1),
        sample((3, 4), constant(0.5), lambda rng: np.cumsum(rng.uniform(0.5, 2, 4)), edge_order=2),
        sample((5, 2), lambda rng: np.cumsum(rng.uniform(0.5, 2, 5)), axis=0),
        sample((2, 3), constant(2.0), axis=(1, 0)),
    ),
)
def gradient(f: Any, *varargs: Value, axis: Any = None, edge_order: int = 1) -> Value:
    """Return the slopes of a sampled function: central differences inside, one-sided ones at both ends.

    Parameters
    ----------
    f : array
    *varargs : numbers or vectors
        The distance of samples or their coordinates: none, one for all axes, or one for each.
    axis : int or tuple of int, optional
        All axes if left out.
    edge_order : 1 or 2
        How exact the differences at the ends are.

    Returns
    -------
    array of the shape of ``f``, or a tuple of them for several axes

    Notes
    -----
    Inside, the three-point formula for unequal distances a and b of neighbours: the combination of values that is
    exact for parabolas. Equal distances give half the difference of both neighbours.
    """
    axes = normalize_axes(axis, np.ndim(f))
    spacings = varargs or (1.0,)
    if len(spacings) == 1:
        spacings *= len(axes)
    if len(spacings) != len(axes):
        raise TypeError(f"np.gradient takes no spacing, one, or one for each of {len(axes)} axes; got {len(varargs)}")
    if edge_order not in (1, 2):
        raise ValueError(f"expected edge_order=1 or 2, got {edge_order}")
    slopes = tuple(_slope(f, h, a, edge_order) for h, a in zip(spacings, axes, strict=True))
    return slopes[0] if len(slopes) == 1 else slopes


def _slope(f: Any, spacing: Value, axis: int, edge_order: int) -> Value:
    """Return the slopes along one axis."""
    f = np.moveaxis(f, axis, 0)
    n = f.shape[0]
    if n <= edge_order:
        raise ValueError(f"np.gradient needs {edge_order + 1} samples along axis {axis} (edge_order + 1), got {n}")
    if np.ndim(spacing) > 1 or (np.ndim(spacing) == 1 and np.size(spacing) != n):
        raise ValueError(f"expected a spacing that is a number or {n} coordinates, got shape {np.shape(spacing)}")
    if np.ndim(spacing):
        steps = np.reshape(np.diff(spacing), (n - 1,) + (1,) * (f.ndim - 1))
        a, b = steps[:-1], steps[1:]
        first, last = (steps[0], steps[min(1, n - 2)]), (-steps[-1], -steps[max(-2, 1 - n)])
    else:
        a = b = spacing
        first, last = (spacing, spacing), (-1 * spacing, -1 * spacing)
    inside = (a / b * (f[2:] - f[1:-1]) + b / a * (f[1:-1] - f[:-2])) / (a + b)
    start, end = _end_slope(f[:3], *first, edge_order), _end_slope(f[:-4:-1], *last, edge_order)
    return np.moveaxis(np.concatenate([start[None], inside, end[None]]), 0, axis)


def _end_slope(f: Any, a: Value, b: Value, order: int) -> Value:
    """Return the slope at f[0], of a line through two samples or of a parabola through three, a and b apart."""
    near = (f[1] - f[0]) / a
    return near if order == 1 else near + (near - (f[2] - f[1]) / b) * (a / (a + b))


convolutions = (
    sample((5,), (3,)),
    sample((3,), (4,)),
    sample((2,), (4,), mode="same"),
    sample((4,), (3,), mode="same"),
    sample((5,), (3,), mode="valid"),
    sample((2,), (5,), mode="valid"),
)


@op(numpy=np.convolve, samples=(*convolutions, sample((4,), (), mode="same")))
def convolve(a: Value, v: Value, /, mode: Any = "full") -> Value:
    """Return the discrete convolution of two vectors."""
    return np.convolve(a, v, mode)


@convolve.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value, mode: Any = "full") -> Cotangent:
    return _unconvolve(g, x, y, mode)


@convolve.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value, mode: Any = "full") -> Cotangent:
    return _unconvolve(g, y, x, mode)


def _unconvolve(g: Cotangent, x: Value, other: Value, mode: Any) -> Cotangent:
    """Return the cotangent of a factor of a convolution: the full one's, correlated with the other factor."""
    n, m = np.size(x), np.size(other)
    overlap = min([n, m]) - 1
    missing = {"f": 0, "s": overlap // 2, "v": overlap}[mode[0]]
    full = np.pad(g, (missing, n + m - 1 - missing - g.size))
    return np.reshape(np.convolve(full, np.flip(other), "valid"), x.shape)


@op(numpy=np.correlate, samples=convolutions)
def correlate(a: Value, v: Value, /, mode: Any = "valid") -> Value:
    """Return the cross-correlation of two vectors, the second one conjugated."""
    if np.size(v) > np.size(a):
        return np.flip(np.conj(np.correlate(v, a, mode)))
    return np.convolve(a, np.conj(np.flip(np.ravel(v))), mode)


def _between(rng: np.random.Generator) -> Value:
    """Draw places at a distance from the knots 0, 1, 2, inside and outside."""
    return rng.permutation(np.array([-1, 0, 1, 2])) + rng.uniform(0.2, 0.8, 4)


@op(
    numpy=np.interp,
    samples=(
        sample(_between, lambda rng: np.arange(3) + rng.uniform(-0.1, 0.1, 3), (3,)),
        sample(_between, constant([0, 1, 2]), (3,), left=7.0, right=1.0),
        sample(lambda rng: rng.uniform(0.2, 0.8), constant(np.array([0, 1, 2])), (3,)),
        sample(_between, lambda rng: np.array([1.0, 5.0, 0.0]) + rng.uniform(-0.1, 0.1, 3), (3,), period=3.0),
        sample((2, 2), (1,), (1,)),
    ),
)
def interp(x: Value, xp: Value, fp: Value, /, left: Any = None, right: Any = None, period: Any = None) -> Value:
    """Return the piecewise linear function through the points (xp, fp), at x.

    Subgradient: at a knot, the slope to its right; at the last knot, the slope to its left.
    """
    if np.ndim(xp) != 1 or np.shape(xp) != np.shape(fp) or not np.size(xp):
        raise ValueError(f"expected vectors xp and fp of one length > 0, got shapes {np.shape(xp)} and {np.shape(fp)}")
    if period is not None:
        return np.interp(*_unrolled(x, xp, fp, abs(period)))
    x, xp, fp = arrays_of(x, xp, fp)
    if np.size(xp) == 1:
        xp, fp = np.concatenate([xp, xp + 1]), np.concatenate([fp, fp])
    i = np.clip(np.searchsorted(xp, x, "right") - 1, 0, len(xp) - 2)
    near, far = getitem(xp, i), getitem(xp, i + 1)
    step = far - near
    part = (x - near) / np.where(step == 0, 1, step)
    z = getitem(fp, i) + part * (getitem(fp, i + 1) - getitem(fp, i))
    z = np.where(x < xp[0], fp[0] if left is None else left, z)
    z = np.where(x > xp[-1], fp[-1] if right is None else right, z)
    return z.astype(np.result_type(z.dtype, np.float64))


def _unrolled(x: Value, xp: Value, fp: Value, period: float) -> tuple[Any, Any, Any]:
    """Return points in one period, sorted, with a neighbour from the next on each side."""
    if not period:
        raise ValueError("np.interp takes a period other than zero")
    x, xp, fp = arrays_of(x, xp, fp)
    x, xp = (t - period * np.floor_divide(t, period) for t in (x, np.add(xp, 0.0)))
    order = np.argsort(xp)
    xp, fp = xp[order], fp[order]
    return x, np.concatenate([xp[-1:] - period, xp, xp[:1] + period]), np.concatenate([fp[-1:], fp, fp[:1]])


@op(
    numpy=np.unwrap,
    samples=(
        sample(lambda rng: np.array([0.0, 3.0, 7.0, 1.0, -4.0]) + rng.uniform(-0.1, 0.1, 5)),
        sample(lambda rng: np.array([[0.0, 3.0], [7.0, 1.0]]) + rng.uniform(-0.1, 0.1, (2, 2)), axis=0, period=4.0),
    ),
)
def unwrap(p: Any, /, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> Value:
    """Return angles with multiples of the period added, so that neighbours differ by at most half of it.

    Subgradient: where a difference is half a period, the multiple counts as a constant all the same.
    """
    return p + correction(p, discont=discont, axis=axis, period=period)


@by_value(labels=along_axis)
def correction(p: Any, discont: Any = None, axis: int = -1, period: Any = 2 * np.pi) -> Value:
    """Return the multiples of the period that unwrapping adds to angles."""
    return np.unwrap(p, discont, axis, period=period) - p
