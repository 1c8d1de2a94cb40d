"""Derivatives from values alone: extrapolated differences, each with an estimate of its error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite.numerical.close import Array, Mask
from autograd_lite.numerical.extrapolation import Limit, Lines, extrapolate
from autograd_lite.numerical.probing import Direction, Elements, Function, quiet


@dataclass(frozen=True)
class Estimate:
    """Derivatives with their errors.

    Attributes
    ----------
    value : array
        The derivatives; NaN where there is none.
    error : array of float, same shape
        How far off ``value`` may be, rounding of the function included; infinite where it could not be judged.
    kink : array of bool, same shape
        Where the slopes from the left and from the right differ. ``value`` is then their mean, and ``error`` covers
        both.
    calls : int
        How often the function was called.
    """

    value: Array
    error: Array
    kink: Mask
    calls: int

    @property
    def judged(self) -> Mask:
        """Where there is a judgement at all."""
        return np.isfinite(self.error)

    def agrees(self, other: ArrayLike, tolerance: float | Array = 0.0) -> Mask:
        """Return where ``other`` is within the error and ``tolerance`` (both absolute); True where not judged."""
        return np.asarray(~(abs(np.asarray(other) - self.value) > self.error + tolerance) | ~self.judged)


def gradient(
    f: Callable[..., Any], primals: Sequence[Any], argnum: int = 0, indices: ArrayLike | None = None
) -> Estimate:
    """Differentiate a scalar function by elements of one argument, with extrapolated central differences.

    Parameters
    ----------
    f : callable
        ``f(*primals)`` returns one real number, of any shape of size 1. It gets copies of the arrays, float32 and
        float16 as float64 if it takes them so. Where it raises or returns NaN near ``primals``, the step is shrunk.
    primals : sequence
        The arguments. The one differentiated is a float or complex array or number; others may be anything.
    argnum : int
        Which argument.
    indices : array of int, optional
        Flat (C order) indices of the elements; all by default.

    Returns
    -------
    Estimate
        In the shape of the argument, or of ``indices`` if given. For a complex argument x + iy it is df/dx - i df/dy.
        About 6 to 14 calls of ``f`` for each element, 72 at most, and 7 or 13 more for its noise.

    Raises
    ------
    TypeError
        If the argument is integer, boolean or no array, or the result not real.
    ValueError
        If the result has not size 1.
    IndexError
        If an index is out of range.
    """
    with quiet():
        elements = Elements(Function(f, primals, "gradient"), argnum, indices)
        return _by_element(elements, extrapolate(elements.lines()))


def one_sided_gradient(
    f: Callable[..., Any], primals: Sequence[Any], argnum: int = 0, indices: ArrayLike | None = None
) -> tuple[Estimate, Estimate]:
    """Differentiate as `gradient` does, from the left and from the right, for kinks and the ends of domains.

    Parameters
    ----------
    f, primals, argnum, indices
        As for `gradient`; the argument must be real.

    Returns
    -------
    left, right : Estimate
        About 4 to 14 calls of ``f`` for each element and side, 42 at most.
    """
    with quiet():
        elements = Elements(Function(f, primals, "one_sided_gradient"), argnum, indices)
        if np.iscomplexobj(elements.x):
            raise TypeError("one_sided_gradient: a complex argument has no left and right; use one_sided")
        lines = elements.lines()
        left = _by_element(elements, extrapolate(lines, -1))
        return left, _by_element(elements, extrapolate(lines, 1))


def directional(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Estimate:
    """Differentiate ``f(primals + t * tangents)`` by t at 0: the product of the Jacobian and the tangents.

    Parameters
    ----------
    f : callable
        Returns a number or array, real or complex. Otherwise as for `gradient`.
    primals : sequence
        The arguments: arrays, numbers, or trees of them.
    tangents : sequence
        A direction of the same structure and shapes; None for arguments and leaves that do not move.

    Returns
    -------
    Estimate
        In the shape of the result. About 13 to 30 calls of ``f``, 85 at most.

    Raises
    ------
    TypeError
        If an integer, boolean or other leaf is to be moved, or the result is no numeric array.
    ValueError
        If structures or shapes of primals and tangents differ.
    """
    with quiet():
        direction = Direction(Function(f, primals, "directional"), tangents)
        return _along(direction, direction.lines(), 0)


def one_sided(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Estimate, Estimate]:
    """Differentiate as `directional` does, from the left (t < 0) and from the right (t > 0).

    Parameters
    ----------
    f, primals, tangents
        As for `directional`.

    Returns
    -------
    left, right : Estimate
        Both are derivatives with respect to t: at the kink of ``abs`` they are -1 and 1.
    """
    with quiet():
        direction = Direction(Function(f, primals, "one_sided"), tangents)
        lines = direction.lines()
        return _along(direction, lines, -1), _along(direction, lines, 1)


def pointwise(f: Callable[[Array], Array], x: Array, scale: Array, side: int = 0) -> Estimate:
    """Differentiate an elementwise function, with steps for each point of its own.

    Parameters
    ----------
    f : callable
        ``f(x)`` returns an array of the shape of ``x``; each element depends on that of ``x`` alone.
    x : float array (n,)
        The points.
    scale : float array (n,)
        How far from each the function is smooth, if nothing is known against it: the first step is a part of that.
    side : {0, 1, -1}
        From both sides, from the right, or from the left.

    Returns
    -------
    Estimate
        In the shape of ``x``. About 10 to 80 calls of ``f``, for any number of points.
    """
    with quiet():
        function = Function(f, (x,), "pointwise")
        step = function.start * scale

        def sample(t: Array, active: Mask) -> tuple[Array, Array]:
            moved = np.where(active, x + t, x)
            return np.where(active, function.at([moved]), np.nan), moved - x

        noise = function.noise(lambda s: function.at([x + s * scale]))
        smallest = np.where(x != 0, 64 * function.eps * abs(x), 2.0**-60 * step)
        lines = Lines(sample, function.base, noise, function.eps, step, smallest, shared=False)
        limit = extrapolate(lines, side)
        return Estimate(limit.value, limit.error, limit.kink, function.calls)


def _by_element(elements: Elements, limit: Limit) -> Estimate:
    """Return the limits in the shape asked for; df/dx - i df/dy of a complex argument."""
    n = elements.size
    value, error, kink = limit.value, limit.error, limit.kink
    if np.iscomplexobj(elements.x):
        value, error, kink = value[:n] - 1j * value[n:], error[:n] + error[n:], kink[:n] | kink[n:]
    shape, calls = elements.shape, elements.function.calls
    return Estimate(value.reshape(shape), error.reshape(shape), kink.reshape(shape), calls)


def _along(direction: Direction, lines: Lines, side: int) -> Estimate:
    """Extrapolate along a direction, in the shape of the result; exactly 0 if nothing moves."""
    shape = direction.function.shape
    if direction.moves:
        limit = extrapolate(lines, side)
        value, error, kink = limit.value.reshape(shape), limit.error.reshape(shape), limit.kink.reshape(shape)
    else:
        value, error, kink = np.zeros(shape, lines.base.dtype), np.zeros(shape), np.zeros(shape, bool)
    return Estimate(value, error, kink, direction.function.calls)
