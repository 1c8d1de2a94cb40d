"""Angles: trigonometric and hyperbolic functions and their inverses; sinc and i0, and their Bessel functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core.ducks import dtype_of
from autograd_lite.core.general import settled
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tensor import raw
from autograd_lite.ops import samples
from autograd_lite.ops.elementwise import nonzero, over

sin = op(np.sin, "np.sin({})", (lambda g, z, x: g * np.cos(x),))
cos = op(np.cos, "np.cos({})", (lambda g, z, x: -g * np.sin(x),))
tan = op(np.tan, "np.tan({})", (lambda g, z, x: g * (1 + z * z),), domain=samples.unit)
sinh = op(np.sinh, "np.sinh({})", (lambda g, z, x: g * np.cosh(x),))
cosh = op(np.cosh, "np.cosh({})", (lambda g, z, x: g * np.sinh(x),))
tanh = op(np.tanh, "np.tanh({})", (lambda g, z, x: g * (1 - z * z),))

deg2rad = op(np.deg2rad, "np.deg2rad({})", (lambda g, z, x: np.deg2rad(g),))
radians = op(np.radians, "np.radians({})", (lambda g, z, x: np.radians(g),))
rad2deg = op(np.rad2deg, "np.rad2deg({})", (lambda g, z, x: np.rad2deg(g),))
degrees = op(np.degrees, "np.degrees({})", (lambda g, z, x: np.degrees(g),))


# NumPy's hypot takes ten times as long as the root of squares: it is asked where squares lose digits.


def _bounded(square: Value) -> bool:
    """Whether no sum of squares has overflowed, as is settled."""
    return settled((raw(square) < np.inf).all())


def _above_least(square: Value) -> bool:
    """Whether no sum of squares has come near to the least number, where digits are lost, as is settled."""
    values = raw(square)
    numbers = np.finfo(values.dtype)
    return settled((numbers.tiny / numbers.eps < values).all())


def _slope(g: Cotangent, x: Value) -> Cotangent:
    """Return g / sqrt(1 - x**2), without cancellation near 1 and -1, and 0 for g = 0 there."""
    return over(g, np.sqrt((1 - x) * (1 + x)))


def _slant(x: Value) -> Value:
    """Return sqrt(1 + x**2). NumPy's hypot takes no complex numbers."""
    with np.errstate(over="ignore"):
        square = 1 + x * x
    return np.sqrt(square) if np.iscomplexobj(raw(x)) or _bounded(square) else np.hypot(1, x)


def _descent(x: Value) -> Value:
    """Return sqrt(x**2 - 1), without cancellation near 1; of complex numbers, that of the branch that arccosh takes."""
    with np.errstate(over="ignore"):
        square = (x - 1) * (x + 1)
    if not np.iscomplexobj(raw(x)) and _bounded(square):
        return np.sqrt(square)
    return np.sqrt(x - 1) * np.sqrt(x + 1)


@op(numpy=np.arcsin, template="np.arcsin({})", elementwise=True, domain=samples.unit)
def arcsin(x: Value, /) -> Value:
    """Return the angle whose sine is x.

    Subgradient: none at -1 and 1, where the derivative is infinite; a cotangent of 0 gives 0 there.
    """
    return np.arcsin(x)


@op(numpy=np.arccos, template="np.arccos({})", elementwise=True, domain=samples.unit)
def arccos(x: Value, /) -> Value:
    """Return the angle whose cosine is x.

    Subgradient: none at -1 and 1, where the derivative is infinite; a cotangent of 0 gives 0 there.
    """
    return np.arccos(x)


@op(numpy=np.arccosh, template="np.arccosh({})", elementwise=True, domain=samples.above_one)
def arccosh(x: Value, /) -> Value:
    """Return the number whose hyperbolic cosine is x.

    Subgradient: none at 1, where the derivative is infinite; a cotangent of 0 gives 0 there.
    """
    return np.arccosh(x)


arcsin.vjp(lambda g, z, x: _slope(g, x))
arccos.vjp(lambda g, z, x: -_slope(g, x))


@arccosh.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    return over(g, _descent(x))


@op(numpy=np.arctan, template="np.arctan({})", elementwise=True)
def arctan(x: Value, /) -> Value:
    """Return the angle whose tangent is x."""
    return np.arctan(x)


@arctan.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    with np.errstate(over="ignore"):  # 1 / infinity is the 0 that is wanted
        return g / (1 + x * x)


arcsinh = op(np.arcsinh, "np.arcsinh({})", (lambda g, z, x: g / _slant(x),))
arctanh = op(np.arctanh, "np.arctanh({})", (lambda g, z, x: g / ((1 - x) * (1 + x)),), domain=samples.unit)


def _over_square(g: Cotangent, x: Value, y: Value) -> Cotangent:
    """Return g * x / (x**2 + y**2), and 0 at (0, 0)."""
    if dtype_of(raw(x)).kind == "f":  # a constant may be of integers, whose squares overflow early
        with np.errstate(over="ignore"):
            square = x * x + y * y
        if _above_least(square) and _bounded(square):
            return g * x / square
    r = nonzero(np.hypot(x, y))
    return g * (x / r) / r


@op(numpy=np.arctan2, template="np.arctan2({}, {})", elementwise=True)
def arctan2(x: Value, y: Value, /) -> Value:
    """Return the angle of the point (y, x): the first argument is its height.

    Subgradient: 0 at (0, 0), where the angle jumps.
    """
    return np.arctan2(x, y)


@arctan2.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return _over_square(g, y, x)


@arctan2.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return -_over_square(g, x, y)


acos, acosh, asin, asinh, atan, atan2, atanh = arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh


_ORDERS = (
    samples.sample((3, 4), order=1),
    samples.sample((), order=2),
    samples.sample(samples.Domain(3.0, 30.0)(4), order=3),
    samples.sample((0,), order=1),
)


@op(elementwise=True, samples=(*_ORDERS, samples.sample((3,), order=0)))
def spherical_bessel(x: Value, /, order: int) -> Value:
    """Return the spherical Bessel function of the first kind: sin(x) / x for order 0, and of x to the order near 0.

    Its power series for abs(x) up to order + 1; beyond, where it is stable, the recurrence
    j[n+1] = (2 n + 1) / x * j[n] - j[n-1] (DLMF 10.53.1 and 10.51.1).
    """
    n = order
    near = np.abs(x) <= n + 1
    square = np.where(near, x, 0) ** 2 / 2
    series: Any = 1.0
    for k in range(20, 0, -1):
        series = 1 - series * square / (k * (2 * n + 2 * k + 1))
    series = series * np.where(near, x, 0) ** n / math.prod(range(2 * n + 1, 0, -2))
    x = np.where(near, n + 1, x)
    j, following = np.sin(x) / x, (np.sin(x) / x - np.cos(x)) / x
    for k in range(1, n + 1):
        j, following = following, (2 * k + 1) / x * following - j
    return np.where(near, series, j)[()]


@spherical_bessel.vjp
def _(g: Cotangent, z: Value, x: Value, order: int) -> Cotangent:
    later = (order + 1) * spherical_bessel(x, order=order + 1)
    return g * ((order * spherical_bessel(x, order=order - 1) if order else 0) - later) / (2 * order + 1)


@op(elementwise=True, samples=_ORDERS)
def i0_derivative(x: Value, /, order: int) -> Value:
    """Return the derivative, of any order k, of the modified Bessel function of the first kind and order 0.

    It is the mean over angles t from 0 to pi / 2 of cos(t)**k times cosh(x cos(t)), or sinh for odd k (DLMF 10.32.1):
    positive terms, so that nothing cancels. The trapezoidal rule is exact to rounding at O(sqrt(x)) points.
    """
    a = np.minimum(np.abs(x), 1500)  # beyond, it overflows
    n = 8 + int(2.5 * math.sqrt(np.max(np.where(np.isfinite(a), a, 0)) if np.size(a) else 0))
    total: Any = 0.0
    for j in range(n + 1):
        c = math.cos(math.pi / 2 * j / n)
        wave = -np.expm1(-2 * c * a) if order % 2 else 1 + np.exp(-2 * c * a)  # times exp(c * a) / 2
        total = total + wave * np.exp(a * (c - 1)) * (c**order / (4 * n if j in (0, n) else 2 * n))
    half = np.exp(a / 2)
    return total * half * half * (np.sign(x) if order % 2 else 1)


@i0_derivative.vjp
def _(g: Cotangent, z: Value, x: Value, order: int) -> Cotangent:
    return g * i0_derivative(x, order=order + 1)


sinc = op(
    np.sinc, "np.sinc({})", (lambda g, z, x: -math.pi * g * spherical_bessel(math.pi * x, order=1),), elementwise=True
)
i0 = op(np.i0, "np.i0({})", (lambda g, z, x: g * i0_derivative(x, order=1),), elementwise=True)
