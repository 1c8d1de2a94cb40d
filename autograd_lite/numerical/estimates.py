"""Derivatives from values alone: the independent oracle that derivative rules are held to.

Nothing here knows a derivative rule. Every number comes with an error estimate, so that a caller can tell a wrong
gradient from one that cannot be judged. No step sizes are asked for: they follow the scale of the arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite.numerical.extrapolation import Array, Limit, Lines, extrapolate
from autograd_lite.numerical.probing import Direction, Elements, Function, quiet, random_tangents, require_float, scale

__all__ = [
    "ComplexStep", "Estimate", "TaylorSlope", "complex_directional", "complex_gradient", "directional", "gradient",
    "one_sided", "one_sided_gradient", "random_tangents", "rounding_tolerance", "taylor_slope",
]  # fmt: skip

IMAGINARY = 2.0**-70  # of the argument's scale: its square is nothing, and it stays clear of underflow


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
    kink: NDArray[np.bool_]
    calls: int

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Where there is a judgement at all."""
        return np.isfinite(self.error)

    def agrees(self, other: ArrayLike, tolerance: float | Array = 0.0) -> NDArray[np.bool_]:
        """Return where ``other`` is within the error and ``tolerance`` (both absolute); True where not judged."""
        return np.asarray(~(abs(np.asarray(other) - self.value) > self.error + tolerance) | ~self.judged)


@dataclass(frozen=True)
class ComplexStep:
    """Derivatives by the complex step, and where they can be trusted.

    Attributes
    ----------
    value : array
        Exact to the rounding of the function where it is analytic; NaN where it refuses complex numbers.
    trusted : array of bool, same shape
        Where ``differences`` agree. ``abs``, conjugates, real parts and casts break the complex step silently.
    differences : Estimate
        The extrapolated differences that it was compared with.
    """

    value: Array
    trusted: NDArray[np.bool_]
    differences: Estimate


@dataclass(frozen=True)
class TaylorSlope:
    """How fast f(x + h v) - f(x) - h d shrinks with h: its slope in logarithms, 2 if d is right, 1 if not.

    Attributes
    ----------
    slope : float
        NaN where the remainder is rounding at every step (a linear function).
    verdict : {"right", "wrong", "unclear"}
        At a kink no d is right.
    steps, remainders : arrays (k,)
        The remainders that stand out from rounding.
    """

    slope: float
    verdict: Literal["right", "wrong", "unclear"]
    steps: Array
    remainders: Array


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


def one_sided(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Estimate, Estimate]:
    """Differentiate as `directional` does, from the left (t < 0) and from the right (t > 0).

    Parameters
    ----------
    f, primals, tangents
        As for `directional`.

    Returns
    -------
    left, right : Estimate
        Both are derivatives by t: at the kink of ``abs`` they are -1 and 1.
    """
    with quiet():
        direction = Direction(Function(f, primals, "one_sided"), tangents)
        lines = direction.lines()
        return _along(direction, lines, -1), _along(direction, lines, 1)


def complex_gradient(
    f: Callable[..., Any], primals: Sequence[Any], argnum: int = 0, indices: ArrayLike | None = None
) -> ComplexStep:
    """Differentiate a scalar function by elements of one real argument: Im f(x + ih) / h, without cancellation.

    Source: W. Squire and G. Trapp (1998). Needs a function that is analytic and takes complex arrays.

    Parameters
    ----------
    f, primals, argnum, indices
        As for `gradient`; argument and result must be real.

    Returns
    -------
    ComplexStep
        One call of ``f`` for each element more than `gradient`, which it is compared with.
    """
    with quiet():
        elements = Elements(Function(f, primals, "complex_gradient"), argnum, indices)
        if np.iscomplexobj(elements.x):
            raise TypeError("complex_gradient: the argument must be real; use gradient")
        steps = IMAGINARY * scale(elements.x).ravel()[elements.columns]
        values = np.full(elements.columns.shape, np.nan)
        for column, h in enumerate(steps):
            leaves, _ = elements.shifted(column, complex(0, h))
            values[column] = elements.function.at(leaves, analytic=True)[0].imag / h
    return _trust(values.reshape(elements.shape), gradient(f, primals, argnum, indices))


def complex_directional(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> ComplexStep:
    """Differentiate ``f(primals + t * tangents)`` by t at 0 as Im f(primals + ih tangents) / h.

    Parameters
    ----------
    f, primals, tangents
        As for `directional`; what moves must be real, and so must the result.

    Returns
    -------
    ComplexStep
        In the shape of the result.
    """
    with quiet():
        direction = Direction(Function(f, primals, "complex_directional"), tangents)
        if np.iscomplexobj(direction.function.base):
            raise TypeError("complex_directional: the result must be real; use directional")
        if direction.complex:
            raise TypeError("complex_directional: what moves must be real; use directional")
        h = IMAGINARY * direction.reach
        values = direction.at(complex(0, h)).imag / h
    return _trust(values.reshape(direction.function.shape), directional(f, primals, tangents))


def taylor_slope(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], derivative: ArrayLike
) -> TaylorSlope:
    """Judge a directional derivative by the remainder |f(x + h v) - f(x) - h d|, which is O(h**2) only for a right d.

    Parameters
    ----------
    f, primals, tangents
        As for `directional`.
    derivative : array
        The claimed derivative d, in the shape of the result.

    Returns
    -------
    TaylorSlope
        The slope is that over the three smallest steps at which the remainder stands out from rounding. It sees
        relative errors of about 1e-6 and more. 12 calls of ``f``, and 7 or 13 for its noise.

    Raises
    ------
    ValueError
        If ``derivative`` has not the shape of the result.
    """
    with quiet():
        direction = Direction(Function(f, primals, "taylor_slope"), tangents)
        function, lines = direction.function, direction.lines()
        d = np.asarray(derivative)
        if d.shape != function.shape:
            raise ValueError(f"taylor_slope: the result has shape {function.shape}, the derivative {d.shape}")
        steps = function.start * direction.reach * 0.25 ** np.arange(12)
        values = np.stack([direction.at(h) for h in steps])
        moves = steps[:, None] * d.ravel()
        remainders = abs(values - function.base - moves)
        rounding = 10 * (lines.noise + function.eps * (abs(values) + abs(moves)))
        known = np.isfinite(remainders).all(axis=1)
        return _slope(steps[known], remainders[known], rounding[known], abs(moves[known]))


def _slope(steps: Array, remainders: Array, rounding: Array, moves: Array) -> TaylorSlope:
    """Fit the slope to the largest remainder of each step, each arrays (k, n)."""
    remainder, noise = remainders.max(axis=1, initial=0.0), rounding.max(axis=1, initial=0.0)
    above = remainder > noise
    count = int(np.argmin(above)) if not above.all() else above.size  # from the largest step down, without a gap
    if count == 0:
        linear = bool((noise <= 1e-3 * moves.max(axis=1, initial=0.0)).any() or not remainders.any())
        return TaylorSlope(np.nan, "right" if linear and steps.size else "unclear", steps[:0], remainder[:0])
    steps, remainder = steps[: count + 1], np.maximum(remainder, noise)[: count + 1]
    if count > 2:
        steps, remainder = steps[count - 3 : count], remainder[count - 3 : count]
    if steps.size < 2:
        return TaylorSlope(np.nan, "unclear", steps, remainder)
    slope = float(np.polyfit(np.log(steps), np.log(remainder), 1)[0])
    # of one or two remainders, the next one is known to be below rounding: the slope is at least this
    verdict: Literal["right", "wrong", "unclear"] = "unclear"
    if slope > 1.6:
        verdict = "right"
    elif count > 2 and slope < 1.4:
        verdict = "wrong"
    return TaylorSlope(slope, verdict, steps, remainder)


def rounding_tolerance(
    gradients: Callable[..., tuple[Any, ...]],
    primals: Sequence[Any],
    argnums: Sequence[int],
    rng: np.random.Generator,
) -> tuple[Array, ...]:
    """Return by how much gradients may differ through rounding alone, element by element.

    It is 20 times their change when the arguments move by one unit in the last place, plus 64 eps of the element and
    8 eps of the largest: it follows the conditioning, so that no scale or dtype needs a tolerance of its own.

    Parameters
    ----------
    gradients : callable
        ``gradients(*primals)`` returns one array for each of ``argnums``.
    primals : sequence
        The arguments; those of ``argnums`` are floating point arrays or numbers.
    argnums : sequence of int
        The arguments that are differentiated. No others are moved.
    rng : numpy.random.Generator
        Signs of the moves, which are drawn four times.

    Returns
    -------
    tuple of arrays
        Absolute tolerances in the shapes of the gradients. A unit in the last place of an element is one of the
        argument's scale where the element is smaller, so that an exact 0 moves too.
    """
    arrays = {i: require_float(primals[i], f"rounding_tolerance: argument {i}") for i in argnums}
    base = [np.asarray(g) for g in gradients(*primals)]
    change = [np.zeros(g.shape) for g in base]
    for _ in range(4):
        moved = list(primals)
        for i, x in arrays.items():
            ulp = np.finfo(x.dtype).eps * scale(x)
            shifted = (x + ulp * rng.choice([-1.0, 1.0], x.shape)).astype(x.dtype)
            moved[i] = shifted if isinstance(primals[i], np.ndarray) else shifted[()]
        with quiet():
            change = [
                np.fmax(c, abs(np.asarray(g) - b)) for c, g, b in zip(change, gradients(*moved), base, strict=True)
            ]
    tolerances = []
    for g, c in zip(base, change, strict=True):
        eps = float(np.finfo(g.dtype).eps)
        tolerances.append(20 * c + 64 * eps * abs(g) + 8 * eps * abs(g).max(initial=0.0))
    return tuple(tolerances)


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


def _trust(values: Array, differences: Estimate) -> ComplexStep:
    """Trust the complex step where differences that tell something agree with it."""
    largest = abs(values).max(initial=0.0, where=np.isfinite(values))
    telling = differences.error <= np.maximum(1e-4 * abs(values), 1e-6 * largest)
    telling |= (values == 0) & (differences.value == 0)
    agree = differences.judged & ~differences.kink & (abs(values - differences.value) <= 3 * differences.error)
    return ComplexStep(values, np.asarray(telling & agree), differences)
