"""When two floating-point values are the same: every tolerance of the comparisons, and what it follows from.

A tolerance is absolute: a number, or an array of them. It follows from the dtype (`eps`, the spacing of numbers at 1),
from the conditioning (what a move by such units changes), or from the error that differences estimate of themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Mask = NDArray[np.bool_]

DOUBLE, SINGLE = (float(np.finfo(dtype).eps) for dtype in (np.float64, np.float32))
TINY = float(np.finfo(np.float64).tiny) / DOUBLE
"""Smaller numbers lose digits, so that differences of them are nothing."""


# --- the comparison


def within(a: ArrayLike, b: ArrayLike, tolerance: ArrayLike = 0) -> Mask:
    """Return where two arrays differ by no more than a tolerance; NaN equals NaN, and infinity itself."""
    a, b = np.asarray(a), np.asarray(b)
    with np.errstate(all="ignore"):
        equal = (a == b) | ((a != a) & (b != b))
        both_truths = a.dtype.kind == b.dtype.kind == "b"
        return np.asarray(equal if both_truths else equal | (np.abs(a - b) <= tolerance))


def same(a: Any, b: Any, tolerance: Any = 0) -> bool:
    """Whether two values have one shape and are within a tolerance in every element; what is no array never is."""
    if isinstance(a, tuple) or isinstance(b, tuple) or np.shape(a) != np.shape(b):
        return False
    return {np.asarray(a).dtype.kind, np.asarray(b).dtype.kind} <= set("fciub") and bool(within(a, b, tolerance).all())


def alike(value: Any, expected: Any, tolerance: Any = 0) -> bool:
    """Whether two values are the same but for the way in which they were computed, or for a larger tolerance."""
    if expected is None or isinstance(expected, tuple):
        return False
    return same(value, expected, np.fmax(tolerance, of_one_line(expected, eps_of(value, expected))))


def farthest(a: ArrayLike, b: ArrayLike, among: ArrayLike = True) -> tuple[int, ...]:
    """Return the index of the element that is farthest off; empty where the shapes differ."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or not a.size:
        return ()
    with np.errstate(all="ignore"):
        off = np.asarray(a != b, int) if a.dtype.kind == b.dtype.kind == "b" else np.abs(a - b)
    off = np.where(among, np.where(np.isnan(off), np.inf, off), -1)
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))


def ratio(value: ArrayLike, expected: ArrayLike) -> float | None:
    """Return the one number by which an array differs from what is expected; None for single numbers."""
    value, expected = np.asarray(value), np.asarray(expected)
    if value.shape != expected.shape or value.size < 2 or {value.dtype.kind, expected.dtype.kind} - set("fiu"):
        return None
    there = expected != 0
    if there.sum() < 2 or np.any(value[~there] != 0):
        return None
    with np.errstate(all="ignore"):
        ratios = value[there] / expected[there]
    middle = float(np.median(ratios))
    return middle if middle and np.isfinite(middle) and is_factor(ratios, middle, value, expected) else None


def is_factor(ratios: ArrayLike, number: float, *values: ArrayLike) -> bool:
    """Whether quotients of values are one number: half of the digits tell, of the dtype of the values."""
    return bool(np.all(np.abs(np.asarray(ratios) - number) <= half_of_the_digits(*values) * abs(number)))


# --- the dtype


def eps_of(*values: ArrayLike) -> float:
    """Return the relative spacing of the coarsest floating-point dtype among values; 0 where all are integers."""
    return max((float(np.finfo(x.dtype).eps) for x in map(np.asarray, values) if x.dtype.kind in "fc"), default=0)


def largest(x: ArrayLike) -> float:
    """Return the largest finite magnitude; 0 where there is none."""
    size = np.abs(np.asarray(x))
    return float(size.max(initial=0, where=np.isfinite(size)))


def reordered(x: ArrayLike) -> float:
    """Return what another order of adding changes: the square root of the number of terms, of a million, in units."""
    return 1000 * eps_of(x) * largest(x)


def of_one_line(x: ArrayLike, eps: float) -> float:
    """Return what another arithmetic may change in a value: a line may be conditioned like 100,000 units."""
    return 10**5 * eps * largest(x)


def relative(x: ArrayLike, expected: ArrayLike) -> float:
    """Return the largest relative difference of an element; infinite where one is not finite, or 0 is expected."""
    with np.errstate(all="ignore"):
        off = np.where(np.equal(x, expected), 0, np.abs(np.subtract(x, expected)) / np.abs(expected))
    return float(np.max(np.where(np.isfinite(off), off, np.inf), initial=0))


def half_of_the_digits(*values: ArrayLike) -> float:
    """Return the relative difference that half of the digits show: rounding is far smaller, a mistake larger."""
    return float(np.sqrt(eps_of(*values) or DOUBLE))


def on_tensors(x: ArrayLike, *inputs: ArrayLike) -> Array:
    """Return what the arithmetic of the ops may change in a function's result: half of the digits of each element."""
    return np.asarray(half_of_the_digits(x, *inputs) * np.abs(x) + of_the_largest(x, eps_of(x, *inputs)))


def of_shares(count: int) -> float:
    """Return how far from 1 so many shares may add up, if each was computed in single precision."""
    return count * SINGLE


def of_exact_rules(terms: Any, size: Any, *values: ArrayLike) -> Any:
    """Return what exact rules lose: a third of the digits of the terms, and as much of what cancels inside of them.

    ``terms`` is the sum of the absolute terms; of the function's ``size``, four digits may cancel out.
    """
    return (eps_of(*values) or DOUBLE) ** (2 / 3) * (terms + digits(4) * size)


# --- the conditioning

DRAWS, MORE_DRAWS = 4, 12
"""How often all numbers are moved by units in the last place; and how often again where that leaves a near miss."""
MARGIN = 20
"""Of four normal changes, all are below a twentieth of their deviation once in 400,000 elements."""
NEAR_MISS = 10**4
"""Beyond so many tolerances, further draws change nothing."""


def conditioned(x: ArrayLike, change: ArrayLike, eps: float) -> Array:
    """Return the tolerance of gradients whose elements were seen to change: many times that, and 64 units of each."""
    return np.asarray(MARGIN * np.asarray(change) + 64 * eps * np.abs(x))


def of_the_largest(x: ArrayLike, eps: float) -> float:
    """Return what sums of elements leave everywhere: a few units of the largest."""
    return 8 * eps * largest(x)


def of_a_repair(x: ArrayLike, slope: float) -> float:
    """Return how far off a gradient of other arithmetic is at most: nine digits of the largest element are left.

    Where a function saturates, its derivatives are far smaller than the ``slope`` from 0 to it, and units of that are
    lost: ``p * (1 - p)`` for p near 1.
    """
    eps, size = eps_of(x), largest(x)
    return float(max(digits(9), 64 * eps) * size + min(1000 * eps * slope, digits(TELLING) * size))


# --- the error that differences estimate of themselves

NEARLY = 5
"""Digits that a gradient has right which is off by a detail, such as an eps that guards a division."""
TELLING = 3
"""What is known to fewer digits than these tells nothing."""
SHARP = 4
"""Digits to which differences are known that contradict a derivative rule."""
CLEAR = 6
"""Digits that leave no doubt about a kink, either."""
EXCEEDED = 3
"""By so many times their own estimate the differences are off at most."""
EXCEEDED_ALONG = 10
"""The same along a direction, where the errors of all elements meet."""


def digits(count: int) -> float:
    """Return the relative error of what is known to so many decimal digits."""
    return 10.0**-count


def known(error: ArrayLike, size: ArrayLike, count: int) -> Mask:
    """Return where something of a size is known to so many digits, by its estimated error."""
    return np.asarray(np.asarray(error) <= digits(count) * np.abs(size))


def of_a_sum(terms: ArrayLike) -> float:
    """Return what rounding changes in a sum of terms: nine digits are left, or of single precision 8 units."""
    return float(max(digits(9), 8 * eps_of(terms)) * np.abs(terms).sum())
