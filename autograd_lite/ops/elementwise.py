"""Arithmetic, powers, exponentials, logarithms and parts of complex numbers, element by element.

The cotangent of a complex number x + iy is dL/dx - i dL/dy, as in HIPS autograd, so that the rule of a holomorphic
function is the cotangent times its derivative, without conjugation. The sweep takes the real part for real inputs.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from autograd_lite.core.ducks import arrayed
from autograd_lite.core.general import settled
from autograd_lite.core.labels import elementwise
from autograd_lite.core.numpy_protocol import by_value, constant, refuse
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tape import registry
from autograd_lite.core.tensor import raw
from autograd_lite.ops import samples
from autograd_lite.ops.shaping import astype

LOG_2, LOG_10 = math.log(2.0), math.log(10.0)

add = op(np.add, "{} + {}", (lambda g, z, x, y: g, lambda g, z, x, y: g), operate=operator.add)
subtract = op(np.subtract, "{} - {}", (lambda g, z, x, y: g, lambda g, z, x, y: -g), operate=operator.sub)
multiply = op(np.multiply, "{} * {}", (lambda g, z, x, y: g * y, lambda g, z, x, y: g * x), operate=operator.mul)
divide = op(
    np.divide,
    "{} / {}",
    (lambda g, z, x, y: g / y, lambda g, z, x, y: -g * z / y),
    operate=operator.truediv,
    domain=samples.positive,
)
negative = op(np.negative, "-{}", (lambda g, z, x: -g,), operate=operator.neg)
positive = op(np.positive, "+{}", (lambda g, z, x: g,), operate=operator.pos)
reciprocal = op(np.reciprocal, "np.reciprocal({})", (lambda g, z, x: -g * z * z,), domain=samples.positive)
square = op(np.square, "np.square({})", (lambda g, z, x: 2 * g * x,), operate=lambda x: x * x)

exp = op(np.exp, "np.exp({})", (lambda g, z, x: g * z,))
exp2 = op(np.exp2, "np.exp2({})", (lambda g, z, x: g * z * LOG_2,))
expm1 = op(np.expm1, "np.expm1({})", (lambda g, z, x: g * np.exp(x),))  # z + 1 is 0 long before exp(x) is
log = op(np.log, "np.log({})", (lambda g, z, x: g / x,), domain=samples.positive)
log2 = op(np.log2, "np.log2({})", (lambda g, z, x: g / x / LOG_2,), domain=samples.positive)
log10 = op(np.log10, "np.log10({})", (lambda g, z, x: g / x / LOG_10,), domain=samples.positive)
log1p = op(np.log1p, "np.log1p({})", (lambda g, z, x: g / (1 + x),), domain=samples.positive)


def over(g: Cotangent, d: Value) -> Cotangent:
    """Return g / d, and 0 where both are 0: a result that does not matter passes on nothing, however steep it is."""
    return g / d if settled(raw(d).all()) else g / np.where((d == 0) & (g == 0), 1, d)


def nonzero(d: Value) -> Value:
    """Return d, with 1 in the place of zeros: a divisor of what is 0 there."""
    return d if settled(arrayed(raw(d)).all()) else np.where(d == 0, 1, d)


@op(numpy=np.sqrt, template="np.sqrt({})", elementwise=True, domain=samples.positive)
def sqrt(x: Value, /) -> Value:
    """Return the square root.

    Subgradient: none at 0, where the derivative is infinite; a cotangent of 0 gives 0 there.
    """
    return np.sqrt(x)


@sqrt.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    return over(g, 2 * z)


@op(numpy=np.cbrt, template="np.cbrt({})", elementwise=True)
def cbrt(x: Value, /) -> Value:
    """Return the cube root.

    Subgradient: none at 0, where the derivative is infinite; a cotangent of 0 gives 0 there.
    """
    return np.cbrt(x)


@cbrt.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    return over(g, 3 * z * z)


@op(numpy=np.power, template="{} ** {}", elementwise=True, operate=operator.pow, domain=samples.positive)
def power(x: Value, y: Value, /) -> Value:
    """Return x to the power of y.

    Subgradient: at x = 0, the derivative by x is 0 for y = 0, and infinite for 0 < y < 1 (a cotangent of 0 gives 0);
    the derivative by y is 0.
    """
    return np.power(x, y)


def _base(g: Cotangent, x: Value, y: Value) -> Cotangent:
    """Return x, with 1 for its zeros where x ** (y - 1) is infinite and the factor before it 0."""
    if (isinstance(y, (int, float)) and y >= 1) or settled(raw(x).all()):
        return x
    return np.where((x == 0) & ((g == 0) | (y == 0)), 1, x)


@power.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return g * (_base(g, x, y) ** (y - 1) * y)  # in this order NumPy makes one array, and multiplies in place


@power.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return g * z * np.log(nonzero(x))  # where x is 0, the limit of z log(x) is 0


@op(numpy=np.float_power, elementwise=True, domain=samples.positive)
def float_power(x: Value, y: Value, /) -> Value:
    """Return x to the power of y, computed and returned in at least float64."""
    wide = np.result_type(raw(x), raw(y), np.float64)
    return power(astype(x, wide), astype(y, wide))


@op(numpy=np.absolute, template="np.abs({})", elementwise=True, operate=operator.abs)
def absolute(x: Value, /) -> Value:
    """Return the absolute value, of real and of complex numbers.

    Subgradient: 0 at 0.
    """
    return np.absolute(x)


@absolute.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    if np.iscomplexobj(raw(x)):
        return g * (np.conj(x) / nonzero(z))
    return g * np.sign(x)


@op(numpy=np.fabs, template="np.fabs({})", elementwise=True)
def fabs(x: Value, /) -> Value:
    """Return the absolute value of real numbers.

    Subgradient: 0 at 0.
    """
    return np.fabs(x)


@fabs.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    return g * np.sign(x)


@op(
    numpy=np.copysign,
    template="np.copysign({}, {})",
    elementwise=True,
    rules=(lambda g, z, x, y: g * np.sign(x) * np.copysign(1, y), None),
)
def copysign(x: Value, y: Value, /) -> Value:
    """Return the magnitude of x with the sign of y.

    Subgradient: 0 at x = 0, as for the absolute value; 0 by y.
    """
    return np.copysign(x, y)


@op(numpy=np.hypot, template="np.hypot({}, {})", elementwise=True)
def hypot(x: Value, y: Value, /) -> Value:
    """Return sqrt(x**2 + y**2).

    Subgradient: 0 at (0, 0).
    """
    return np.hypot(x, y)


@hypot.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return g * (x / nonzero(z))


@hypot.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return g * (y / nonzero(z))


@op(elementwise=True)
def sigmoid(x: Value, /) -> Value:
    """Return 1 / (1 + exp(-x)), for any x without overflow and to full relative precision."""
    if isinstance(x, np.ndarray) and x.ndim:
        with np.errstate(over="ignore"):  # 1 / (1 + infinity) is the 0 that is wanted
            d = np.exp(-x)
        d += 1
        return np.reciprocal(d, out=d)
    if x < 0:
        e = np.exp(x)
        return e / (1 + e)
    return 1 / (1 + np.exp(-x))


@sigmoid.elsewhere
def _(x: Value) -> Value:
    return np.reciprocal(1 + np.exp(-x))


@sigmoid.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    return g * z * (1 - z)


@sigmoid.expand
def _(x: Value) -> Value:
    smaller = np.exp(-np.abs(x))  # what softplus needs too
    return np.maximum(smaller, x >= 0) / (1 + smaller)


def _is_finite_number(x: Value) -> bool:
    return isinstance(x, (int, float)) and math.isfinite(x)


def _lead(x: Value, y: Value) -> Value:
    """Return x - y, and 0 where both are the same infinity."""
    if _is_finite_number(y) or settled(np.isfinite(raw(x)).all()):
        return x - y
    same = np.isinf(x) & (x == y)
    return np.where(same, 0, x) - np.where(same, 0, y)


# exp(x - z) is the same as sigmoid(x - y), but z is rounded: it loses as many digits as z has before the point
logaddexp = op(
    np.logaddexp,
    "np.logaddexp({}, {})",
    (
        lambda g, z, x, y: g * sigmoid(_lead(x, y)),
        lambda g, z, x, y: g * sigmoid(_lead(y, x)),
    ),
)


@logaddexp.expand
def _(x: Value, y: Value) -> Value:
    if isinstance(y, (int, float)):
        x, y = y, x
    if not _is_finite_number(x):  # of two infinities the difference is none
        return None
    z = y if x == 0 else y - x
    return np.maximum(x, y) + np.log1p(np.exp(-np.abs(z)))


logaddexp2 = op(
    np.logaddexp2,
    "np.logaddexp2({}, {})",
    (
        lambda g, z, x, y: g * sigmoid(_lead(x, y) * LOG_2),
        lambda g, z, x, y: g * sigmoid(_lead(y, x) * LOG_2),
    ),
)


@op(
    numpy=np.remainder,
    template="{} % {}",
    elementwise=True,
    # rint: the quotient of x and y itself may be rounded up to the next integer, and floor_divide is slow
    rules=(lambda g, z, x, y: g, lambda g, z, x, y: -g * np.rint((x - z) / y)),
    domain=(samples.real, samples.positive),
)
def remainder(x: Value, y: Value, /) -> Value:
    """Return x - y * floor(x / y).

    Subgradient: at the jumps, where x is a multiple of y, the derivative from the right.
    """
    return np.remainder(x, y)


@op(
    numpy=np.fmod,
    template="np.fmod({}, {})",
    elementwise=True,
    rules=(lambda g, z, x, y: g, lambda g, z, x, y: -g * np.rint((x - z) / y)),  # as for the remainder
    domain=(samples.real, samples.positive),
)
def fmod(x: Value, y: Value, /) -> Value:
    """Return x - y * trunc(x / y).

    Subgradient: at the jumps, where x is a multiple of y, the derivative from the side away from 0.
    """
    return np.fmod(x, y)


@op(numpy=np.divmod, samples=(samples.sample((3,), samples.positive(3)), samples.sample((), samples.positive(2, 1))))
def divmod(x: Value, y: Value, /) -> tuple[Any, Any]:
    """Return floor(x / y), which is a constant, and the remainder."""
    return np.floor_divide(x, y), np.remainder(x, y)


modf = op(np.modf, "np.modf({})", (lambda g, z, x: g[0],))


@by_value(labels=elementwise)
def binary_exponent(x: Value) -> Value:
    """Return the exponent of 2 of x."""
    return np.frexp(x)[1]


@op(numpy=np.frexp, samples=(samples.sample((3,)), samples.sample(())))
def frexp(x: Value, /) -> tuple[Any, Any]:
    """Return the mantissa, and the exponent of 2, which is a constant: x is mantissa * 2**exponent."""
    exponent = binary_exponent(x)
    return np.ldexp(x, -exponent), exponent


@op(
    numpy=np.ldexp,
    elementwise=True,
    rules=(lambda g, z, x, y: np.ldexp(g, y), None),
    samples=(samples.sample((3,), samples.constant(np.array([[1, -2, 0], [3, 0, -1]]))),),
)
def ldexp(x: Value, y: Value, /) -> Value:
    """Return x * 2**y, of integers y."""
    return np.ldexp(x, y)


mod, pow, true_divide = remainder, power, divide

constant(np.floor, np.ceil, np.trunc, np.rint, np.fix, np.round, np.around, np.floor_divide, labels=elementwise)
constant(np.isinf, np.isposinf, np.isneginf, np.signbit, np.isreal, np.iscomplex, np.isclose, labels=elementwise)
constant(np.isrealobj, np.iscomplexobj)
constant(np.equal, template="{} == {}")
constant(np.not_equal, template="{} != {}")
constant(np.less, template="{} < {}")
constant(np.less_equal, template="{} <= {}")
constant(np.greater, template="{} > {}")
constant(np.greater_equal, template="{} >= {}")
constant(np.bitwise_and, template="{} & {}")
constant(np.bitwise_or, template="{} | {}")
constant(np.bitwise_xor, template="{} ^ {}")
constant(np.invert, template="~{}")
constant(np.isnan, np.isfinite, np.logical_and, np.logical_or, np.logical_not)
constant(np.allclose, np.array_equal, np.array_equiv, np.logical_xor)
refuse("it steps from one floating-point number to the next, and has no derivative", np.nextafter, np.spacing)
refuse(
    "it takes integers, and a Tensor holds real or complex numbers",
    np.left_shift,
    np.right_shift,
    np.bitwise_count,
    np.gcd,
    np.lcm,
    np.isnat,
)


def _complex(*shape: int) -> samples.Draw:
    """Return an input of complex numbers."""
    return lambda rng: (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))[()]


_NUMBERS = (samples.sample(_complex(2, 3)), samples.sample(_complex()), samples.sample((3,)))


@op(numpy=np.real, elementwise=True, template="np.real({})", rules=(lambda g, z, x: g,), samples=_NUMBERS)
def real(x: Value, /) -> Value:
    """Return the real part."""
    return np.real(x)


@op(numpy=np.imag, elementwise=True, template="np.imag({})", rules=(lambda g, z, x: g * -1j,), samples=_NUMBERS)
def imag(x: Value, /) -> Value:
    """Return the imaginary part: 0 for real numbers."""
    return np.imag(x)


@op(
    numpy=np.conjugate,
    elementwise=True,
    template="np.conj({})",
    rules=(lambda g, z, x: np.conjugate(g),),
    samples=_NUMBERS,
)
def conjugate(x: Value, /) -> Value:
    """Return the complex conjugate."""
    return np.conjugate(x)


conj = conjugate


COMPLEX = "whether its result is complex depends on the values"


@op(numpy=np.angle, samples=(*_NUMBERS, samples.sample(_complex(3), deg=True)))
def angle(z: Value, /, deg: bool = False) -> Value:
    """Return the angle of complex numbers in the plane, in radians or degrees.

    Subgradient: 0 at 0, where the angle jumps.
    """
    radians = np.arctan2(np.imag(z), np.real(z))
    return radians * (180 / np.pi) if deg else radians


@op(
    numpy=np.real_if_close,
    varies=lambda a, tol=100: None if np.isrealobj(a) else f"{COMPLEX}; write np.real(a)",
    samples=_NUMBERS,
)
def real_if_close(a: Value, /, tol: float = 100) -> Value:
    """Return the real part of complex numbers whose imaginary parts are within rounding of 0; else the numbers."""
    return np.real(a) if np.isrealobj(np.real_if_close(raw(a), tol)) else a


constant(np.sign)
_sign_of_reals = registry[np.sign]


@op(numpy=np.sign, elementwise=True, samples=(samples.sample(_complex(3)), samples.sample(_complex())))
def sign(x: Value, /) -> Value:
    """Return x / abs(x), and 0 for 0. That of real numbers is a constant: a plain array.

    Subgradient: 0 at 0.
    """
    return x / np.where(x == 0, np.inf, np.abs(x)) if np.iscomplexobj(raw(x)) else _sign_of_reals(x)
