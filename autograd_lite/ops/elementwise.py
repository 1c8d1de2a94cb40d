"""Elementwise ops: one row each."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd_lite.op import op
from autograd_lite.samples import positive

add = op(np.add, "{} + {}", (lambda g, z, x, y: g, lambda g, z, x, y: g), operate=operator.add)
subtract = op(np.subtract, "{} - {}", (lambda g, z, x, y: g, lambda g, z, x, y: -g), operate=operator.sub)
multiply = op(np.multiply, "{} * {}", (lambda g, z, x, y: g * y, lambda g, z, x, y: g * x), operate=operator.mul)
divide = op(
    np.divide,
    "{} / {}",
    (lambda g, z, x, y: g / y, lambda g, z, x, y: -g * z / y),
    operate=operator.truediv,
    domain=positive,
)
negative = op(np.negative, "-{}", (lambda g, z, x: -g,), operate=operator.neg)
square = op(np.square, "np.square({})", (lambda g, z, x: 2 * g * x,))
exp = op(np.exp, "np.exp({})", (lambda g, z, x: g * z,))
log = op(np.log, "np.log({})", (lambda g, z, x: g / x,), domain=positive)
tanh = op(np.tanh, "np.tanh({})", (lambda g, z, x: g * (1 - z * z),))


@op(numpy=np.power, template="{} ** {}", elementwise=True, operate=operator.pow, domain=positive)
def power(x: Any, y: Any, /) -> Any:
    """Return x to the power of y."""
    return np.power(x, y)


@power.vjp
def _(g: Any, z: Any, x: Any, y: Any) -> Any:
    # where y is 0 the derivative is 0, also at x = 0, where x ** -1 is infinite
    lower = np.where(y == 0, 1, y - 1) if np.ndim(y) else (y - 1 if y != 0 else 1)
    return g * y * x**lower


@power.vjp
def _(g: Any, z: Any, x: Any, y: Any) -> Any:
    # where x is 0 the limit of z log(x) is 0
    return g * z * np.log(np.where(x == 0, 1, x))


maximum = op(
    np.maximum,
    "np.maximum({}, {})",
    (
        lambda g, z, x, y: g * (x > y) + g * (x == y) / 2,
        lambda g, z, x, y: g * (y > x) + g * (x == y) / 2,
    ),
)


@op(elementwise=True)
def sigmoid(x: Any, /) -> Any:
    """Return 1 / (1 + exp(-x)), for any x without overflow and to full relative precision."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


@sigmoid.vjp
def _(g: Any, z: Any, x: Any) -> Any:
    return g * z * (1 - z)


@op(elementwise=True)
def relu(x: Any, /) -> Any:
    """Return max(x, 0); the derivative at 0 is taken to be 0."""
    return np.maximum(x, 0)


@relu.vjp
def _(g: Any, z: Any, x: Any) -> Any:
    return g * (x > 0)
