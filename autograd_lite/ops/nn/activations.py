"""Activations: what networks put between their layers, and NumPy lacks. Each keeps float32, and overflows nowhere."""

from __future__ import annotations

import math

import numpy as np

from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.ops import samples
from autograd_lite.ops.choices import masked, where
from autograd_lite.ops.elementwise import sigmoid


@op(elementwise=True)
def relu(x: Value, /) -> Value:
    """Return max(x, 0), the rectified linear unit.

    Subgradient: 0 at 0.
    """
    return np.maximum(x, 0)


@relu.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    return masked(x > 0, g)


@op(elementwise=True, samples=(samples.sample((3, 4)), samples.sample((), slope=0.2), samples.sample((0,))))
def leaky_relu(x: Value, /, slope: float = 0.01) -> Value:
    """Return x where x > 0, and slope * x elsewhere (Maas, Hannun and Ng, 2013).

    Subgradient: ``slope`` at 0.
    """
    return np.where(x > 0, x, slope * x)[()]


@leaky_relu.vjp
def _(g: Cotangent, z: Value, x: Value, slope: float = 0.01) -> Cotangent:
    return where(x > 0, g, slope * g)


@op(elementwise=True, samples=(samples.sample((3, 4)), samples.sample((), alpha=0.5), samples.sample((0,))))
def elu(x: Value, /, alpha: float = 1.0) -> Value:
    """Return x where x > 0, and alpha * (exp(x) - 1) elsewhere (Clevert, Unterthiner and Hochreiter, 2016).

    Subgradient: ``alpha`` at 0, where the slopes differ unless it is 1.
    """
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))[()]


@elu.vjp
def _(g: Cotangent, z: Value, x: Value, alpha: float = 1.0) -> Cotangent:
    return g * where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


@op(elementwise=True)
def selu(x: Value, /) -> Value:
    """Return scale * elu(x, alpha), of the two numbers that keep mean 0 and variance 1 through layers.

    Formula: Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks, 2017.

    Subgradient: scale * alpha, about 1.758, at 0.
    """
    return SELU_SCALE * elu(x, SELU_ALPHA)


@op(elementwise=True)
def silu(x: Value, /) -> Value:
    """Return x * sigmoid(x), also known as swish (Elfwing, Uchibe and Doya, 2018)."""
    return x * sigmoid(x)


@op(elementwise=True)
def mish(x: Value, /) -> Value:
    """Return x * tanh(softplus(x)) (Misra, 2019)."""
    return x * np.tanh(softplus(x))


@op(elementwise=True)
def softplus(x: Value, /) -> Value:
    """Return log(1 + exp(x)), for any x without overflow and to full relative precision."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@softplus.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    return g * sigmoid(x)


@op(elementwise=True)
def log_sigmoid(x: Value, /) -> Value:
    """Return log(sigmoid(x)), which is -softplus(-x), for any x without overflow and to full relative precision."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@log_sigmoid.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    return g * sigmoid(-x)


@op(elementwise=True)
def softsign(x: Value, /) -> Value:
    """Return x / (1 + abs(x))."""
    return x / (1 + np.abs(x))


@softsign.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    d = 1 + np.abs(x)
    return g / d / d


@op(elementwise=True, samples=(samples.sample((3, 4)), samples.sample((), low=-2.0, high=0.5), samples.sample((0,))))
def hardtanh(x: Value, /, low: float = -1.0, high: float = 1.0) -> Value:
    """Return x limited to the interval from low to high.

    Subgradient: 1 at ``low`` and ``high``.
    """
    return np.clip(x, low, high)


@op(elementwise=True)
def hard_sigmoid(x: Value, /) -> Value:
    """Return x / 6 + 1/2 limited to the interval from 0 to 1.

    Subgradient: 1/6 at -3 and 3.
    """
    return np.clip(x / 6 + 0.5, 0, 1)


@op(elementwise=True)
def hard_swish(x: Value, /) -> Value:
    """Return x * hard_sigmoid(x) (Howard et al., 2019).

    Subgradient: -1/2 at -3, and 3/2 at 3.
    """
    return x * hard_sigmoid(x)


# Polynomial in t = (a - 5.3) / (a + 5.3), highest power first: (1 + a / 5.3) * exp(a**2 / 2) * erfc(a / sqrt(2)) for
# a >= 0, to 4e-17. From its values at 64 Chebyshev points, in 40 digits.
_TAIL = (
    -6.670123519599562e-11,
    -7.536905363856514e-10,
    8.023670327781677e-10,
    8.996052590209403e-09,
    -7.3498514573846965e-09,
    -6.741771142695762e-08,
    7.687098297490472e-08,
    4.34980096685372e-07,
    -8.895189375182274e-07,
    -2.3294473350363965e-06,
    1.0014870774216661e-05,
    2.4707022514510448e-06,
    -9.234887001116934e-05,
    0.00021303213368289694,
    0.00025421673809937457,
    -0.0033160980804374717,
    0.01304401521875928,
    -0.03510769836633587,
    0.07433157430302964,
    -0.13074201114967474,
    0.19637575387157177,
    -0.2557756132192698,
    0.2913497215075459,
)


@op(elementwise=True)
def normal_cdf(x: Value, /) -> Value:
    """Return the cumulative distribution function of the normal distribution, (1 + erf(x / sqrt(2))) / 2.

    In its tail the relative error is that of rounding x**2: about 1e-16 * x**2.
    """
    a = np.minimum(np.abs(x), 40)  # beyond, the tail is 0, and a**2 might overflow
    t = (a - 5.3) / (a + 5.3)
    p = _TAIL[0]
    for coefficient in _TAIL[1:]:
        p = p * t + coefficient
    tail = np.exp(-a * a / 2) * p / (2 + a / 2.65)
    return np.where(x > 0, 1 - tail, tail)[()]


@normal_cdf.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    a = np.clip(x, -40, 40)
    return g * np.exp(-a * a / 2) / math.sqrt(2 * math.pi)


@op(
    elementwise=True,
    samples=(
        samples.sample((3, 4)),
        samples.sample((3,), approximate="tanh"),
        samples.sample(()),
        samples.sample((0,)),
    ),
)
def gelu(x: Value, /, approximate: str | None = None) -> Value:
    """Return x * normal_cdf(x), the Gaussian error linear unit.

    Parameters
    ----------
    x : array
    approximate : 'tanh', optional
        x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2 instead, within 5e-4 and faster.

    Raises
    ------
    ValueError
        For any other ``approximate``.

    Notes
    -----
    Formulas: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.
    """
    if approximate is None:
        return x * normal_cdf(x)
    if approximate != "tanh":
        raise ValueError(f"gelu() takes approximate=None or 'tanh', got {approximate!r}")
    a = np.clip(x, -25, 25)  # beyond, the sigmoid is 0 or 1, and a**3 might overflow
    return x * sigmoid(math.sqrt(8 / math.pi) * a * (1 + 0.044715 * a * a))  # (1 + tanh(u)) / 2 is sigmoid(2u)


@op(samples=(samples.sample((3, 4)), samples.sample((4, 3), axis=0)))
def glu(x: Value, /, axis: int = -1) -> Value:
    """Return a * sigmoid(b), of the halves a and b of x along the axis (Dauphin, Fan, Auli and Grangier, 2017).

    Raises
    ------
    ValueError
        Where the axis has an odd length.
    """
    if np.shape(x)[axis] % 2:
        raise ValueError(f"glu() halves an axis of even length, got shape {np.shape(x)} and axis={axis}")
    a, b = np.split(x, 2, axis)
    return a * sigmoid(b)
