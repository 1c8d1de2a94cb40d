"""Angles: trigonometric and hyperbolic functions and their inverses, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.op import op
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


def _slant(x: Any) -> Any:
    """Return sqrt(1 + x**2), where x**2 may overflow. NumPy's hypot takes no complex numbers."""
    return np.sqrt(1 + x * x) if np.iscomplexobj(raw(x)) else np.hypot(1, x)


def _slope(g: Any, x: Any) -> Any:
    """Return g / sqrt(1 - x**2), without cancellation near 1 and -1, and 0 for g = 0 there."""
    return over(g, np.sqrt(1 - x) * np.sqrt(1 + x))


@op(numpy=np.arcsin, template="np.arcsin({})", elementwise=True, domain=samples.unit)
def arcsin(x: Any, /) -> Any:
    """Return the angle whose sine is x.

    Subgradient: none at -1 and 1, where the derivative is infinite; a cotangent of 0 gives 0 there.
    """
    return np.arcsin(x)


@op(numpy=np.arccos, template="np.arccos({})", elementwise=True, domain=samples.unit)
def arccos(x: Any, /) -> Any:
    """Return the angle whose cosine is x.

    Subgradient: none at -1 and 1, where the derivative is infinite; a cotangent of 0 gives 0 there.
    """
    return np.arccos(x)


@op(numpy=np.arccosh, template="np.arccosh({})", elementwise=True, domain=samples.above_one)
def arccosh(x: Any, /) -> Any:
    """Return the number whose hyperbolic cosine is x.

    Subgradient: none at 1, where the derivative is infinite; a cotangent of 0 gives 0 there.
    """
    return np.arccosh(x)


arcsin.vjp(lambda g, z, x: _slope(g, x))
arccos.vjp(lambda g, z, x: -_slope(g, x))


@arccosh.vjp
def _(g: Any, z: Any, x: Any) -> Any:
    # two roots: x**2 may overflow, and this is the branch for complex x
    return over(g, np.sqrt(x - 1) * np.sqrt(x + 1))


arctan = op(np.arctan, "np.arctan({})", (lambda g, z, x: g / _slant(x) / _slant(x),))
arcsinh = op(np.arcsinh, "np.arcsinh({})", (lambda g, z, x: g / _slant(x),))
arctanh = op(np.arctanh, "np.arctanh({})", (lambda g, z, x: g / ((1 - x) * (1 + x)),), domain=samples.unit)


def _radius(x: Any, y: Any) -> Any:
    """Return the distance of (x, y) from the origin; 1 at the origin."""
    return nonzero(np.hypot(x, y))


@op(numpy=np.arctan2, template="np.arctan2({}, {})", elementwise=True)
def arctan2(x: Any, y: Any, /) -> Any:
    """Return the angle of the point (y, x): the first argument is its height.

    Subgradient: 0 at (0, 0), where the angle jumps.
    """
    return np.arctan2(x, y)


@arctan2.vjp
def _(g: Any, z: Any, x: Any, y: Any) -> Any:
    r = _radius(x, y)
    return g * (y / r) / r


@arctan2.vjp
def _(g: Any, z: Any, x: Any, y: Any) -> Any:
    r = _radius(x, y)
    return -g * (x / r) / r


acos, acosh, asin, asinh, atan, atan2, atanh = arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh
