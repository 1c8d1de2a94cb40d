"""Activations and other functions of each element, with the derivative written as a formula."""

import math

import numpy as np
from scipy.special import erf, expit, ndtr

from tests.held_out.case import call, case


def points(seed, shape=(11,), scale=1.3):
    return scale * np.random.default_rng(seed).normal(size=shape)


@case
def sigmoid_derivative_of_the_output():
    """s * (1 - s) is of the output: the input is taken for it."""

    def sigmoid(z):
        return 1.0 / (1.0 + np.exp(-z))

    def sigmoid_prime(z):
        return z * (1 - z)  # <- return sigmoid(z) * (1 - sigmoid(z))

    return call(sigmoid, sigmoid_prime, points(1, (4, 3)), elementwise=True)


@case
def tanh_derivative():
    """tanh' = 1 - tanh**2: the square is missing."""

    def tanh(x):
        return np.tanh(x)

    def d_tanh(x):
        return 1 - np.tanh(x)  # <- return 1 - np.tanh(x) ** 2

    return call(tanh, d_tanh, points(2), elementwise=True)


@case
def scaled_tanh_of_lecun():
    """1.7159 tanh(2 x / 3): the inner factor 2 / 3 comes out too."""

    def lecun_tanh(x):
        return 1.7159 * np.tanh(2 / 3 * x)

    def lecun_tanh_prime(x):
        t = np.tanh(2 / 3 * x)
        return 1.7159 * (1 - t**2)  # <- return 1.7159 * 2 / 3 * (1 - t**2)

    return call(lecun_tanh, lecun_tanh_prime, points(3), elementwise=True)


@case
def gelu_exact():
    """x Phi(x) by the product rule: the term x phi(x) is missing."""

    def gelu(x):
        return 0.5 * x * (1 + erf(x / math.sqrt(2)))

    def gelu_grad(x):
        return 0.5 * (1 + erf(x / math.sqrt(2)))  # <- return ndtr(x) + x * np.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)

    return call(gelu, gelu_grad, points(4), elementwise=True)


@case
def gelu_with_density():
    """The exact GELU with its derivative."""

    def gelu_cdf(x):
        return x * ndtr(x)

    def gelu_cdf_derivative(x):
        pdf = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
        return ndtr(x) + x * pdf

    return call(gelu_cdf, gelu_cdf_derivative, points(5), elementwise=True)


@case
def gelu_tanh():
    """The cubic in the argument has the derivative 3 * 0.044715 x**2; the 3 is not there."""

    def gelu_approx(x):
        u = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
        return 0.5 * x * (1 + np.tanh(u))

    def gelu_approx_prime(x):
        c = np.sqrt(2 / np.pi)
        t = np.tanh(c * (x + 0.044715 * x**3))
        du = c * (1 + 0.044715 * x**2)  # <- du = c * (1 + 3 * 0.044715 * x**2)
        return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * du

    return call(gelu_approx, gelu_approx_prime, points(6), elementwise=True)


@case
def swish_with_beta():
    """The second term of Swish has the factor beta of its inner function."""

    def swish(x, beta):
        return x * expit(beta * x)

    def swish_grad(x, beta):
        s = expit(beta * x)
        return s + x * s * (1 - s)  # <- return s + beta * x * s * (1 - s)

    return call(swish, swish_grad, points(7), 1.7, elementwise=True)


@case
def mish():
    """Mish: x times the tanh of the softplus."""

    def mish_fn(x):
        return x * np.tanh(np.log1p(np.exp(x)))

    def mish_grad(x):
        t = np.tanh(np.log1p(np.exp(x)))
        s = 1 / (1 + np.exp(-x))
        return t + x * (1 - t**2) * s

    return call(mish_fn, mish_grad, points(8), elementwise=True)


@case
def mish_without_softplus_slope():
    """The slope of the softplus inside is the sigmoid: the sigmoid's own slope is taken."""

    class Mish:
        def forward(self, x):
            return x * np.tanh(np.logaddexp(0, x))

        def derivative(self, x):
            sp = np.logaddexp(0, x)
            sig = 1 / (1 + np.exp(-x))
            dtanh = 1 - np.tanh(sp) ** 2
            return np.tanh(sp) + x * dtanh * sig * (1 - sig)  # <- return np.tanh(sp) + x * dtanh * sig

    activation = Mish()
    return call(activation.forward, activation.derivative, points(9), elementwise=True)


@case
def elu_with_alpha():
    """Below zero ELU is alpha (e**x - 1), with the slope alpha e**x; the function itself is returned for it."""

    def elu(x, alpha=0.8):
        return np.where(x > 0, x, alpha * (np.exp(x) - 1))

    def elu_prime(x, alpha=0.8):
        return np.where(x > 0, 1.0, alpha * (np.exp(x) - 1))  # <- return np.where(x > 0, 1.0, alpha * np.exp(x))

    return call(elu, elu_prime, points(10), elementwise=True)


@case
def selu():
    """SELU with its two constants."""
    ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805

    def selu_fn(x):
        return SCALE * np.where(x > 0, x, ALPHA * np.expm1(x))

    def selu_grad(x):
        return SCALE * np.where(x > 0, 1, ALPHA * np.exp(x))

    return call(selu_fn, selu_grad, points(11), elementwise=True)


@case
def selu_with_scale_on_one_side():
    """The scale belongs to both branches; the positive one lacks it."""

    def selu2(x, a=1.67326, lam=1.0507):
        out = np.where(x > 0, lam * x, lam * a * (np.exp(x) - 1))
        return out

    def selu2_derivative(x, a=1.67326, lam=1.0507):
        d = np.ones_like(x)  # <- d = np.full_like(x, lam)
        d[x <= 0] = lam * a * np.exp(x[x <= 0])
        return d

    return call(selu2, selu2_derivative, points(12, (3, 4)), elementwise=True)


@case
def softsign():
    """The denominator of the derivative of x / (1 + |x|) is squared."""

    def softsign_fn(x):
        return x / (1 + np.abs(x))

    def softsign_grad(x):
        return 1 / (1 + np.abs(x))  # <- return 1 / (1 + np.abs(x)) ** 2

    return call(softsign_fn, softsign_grad, points(13), elementwise=True)


@case
def hard_swish():
    """Between -3 and 3 hard swish is x (x + 3) / 6, whose slope is (2 x + 3) / 6."""

    def hardswish(x):
        return x * np.clip(x + 3, 0, 6) / 6

    def hardswish_grad(x):
        g = (x + 3) / 6  # <- g = (2 * x + 3) / 6
        g = np.where(x <= -3, 0, g)
        return np.where(x >= 3, 1, g)

    return call(hardswish, hardswish_grad, points(14, (12,), 2.5), elementwise=True)


@case
def hard_sigmoid():
    """A sigmoid of three straight pieces."""

    def hard_sigmoid_fn(x):
        return np.maximum(0, np.minimum(1, 0.2 * x + 0.5))

    def hard_sigmoid_grad(x):
        inside = (x > -2.5) & (x < 2.5)
        return 0.2 * inside

    return call(hard_sigmoid_fn, hard_sigmoid_grad, points(15, (12,), 2.5), elementwise=True)


@case
def squareplus():
    """The inner derivative of x**2 is 2 x, which cancels the half of the root: x alone is right, without a half."""

    def squareplus_fn(x, b=1.5):
        return 0.5 * (x + np.sqrt(x**2 + b))

    def squareplus_grad(x, b=1.5):
        return 0.5 * (1 + 0.5 * x / np.sqrt(x**2 + b))  # <- return 0.5 * (1 + x / np.sqrt(x**2 + b))

    return call(squareplus_fn, squareplus_grad, points(16), elementwise=True)


@case
def snake():
    """Snake: x + sin(a x)**2 / a."""

    def snake_fn(x, a=1.4):
        return x + np.sin(a * x) ** 2 / a

    def snake_grad(x, a=1.4):
        return 1 + np.sin(2 * a * x)

    return call(snake_fn, snake_grad, points(17), elementwise=True)


@case
def bent_identity():
    """Two slips: the root's slope is x / (2 sqrt), and the identity adds one."""

    def bent(x):
        return (np.sqrt(x**2 + 1) - 1) / 2 + x

    def bent_grad(x):
        slope = x / np.sqrt(x**2 + 1)  # <- slope = x / (2 * np.sqrt(x**2 + 1))
        return slope  # <- return slope + 1

    return call(bent, bent_grad, points(18), elementwise=True)


@case
def sinc_activation():
    """Quotient rule for sin(x) / x: the denominator of the second term is squared."""

    def sinc(x):
        return np.sin(x) / x

    def sinc_grad(x):
        return np.cos(x) / x - np.sin(x) / x  # <- return np.cos(x) / x - np.sin(x) / x**2

    return call(sinc, sinc_grad, points(19), elementwise=True)


@case
def planck_radiance():
    """The slope of 1 / (exp(u) - 1) is -exp(u) / (exp(u) - 1)**2; the square is missing."""

    def radiance(T, nu):
        u = nu / T
        return nu**3 / (np.exp(u) - 1)

    def dradiance_dT(T, nu):
        u = nu / T
        e = np.exp(u)
        return nu**3 * e / (e - 1) * u / T  # <- return nu**3 * e / (e - 1) ** 2 * u / T

    return call(radiance, dradiance_dT, np.random.default_rng(20).uniform(0.5, 2, 7), 1.3, elementwise=True)


@case
def michaelis_menten():
    """Quotient rule of Vmax S / (Km + S): Km stays in the numerator; S is put there."""

    def rate(S, Vmax, Km):
        return Vmax * S / (Km + S)

    def drate_dS(S, Vmax, Km):
        return Vmax * S / (Km + S) ** 2  # <- return Vmax * Km / (Km + S) ** 2

    return call(rate, drate_dS, np.random.default_rng(21).uniform(0.2, 4, 8), 2.0, 0.7, elementwise=True)


@case
def hill_function():
    """The Hill function of a concentration, by the logarithm of its odds."""

    def hill(c, K=0.8, n=2.7):
        return c**n / (K**n + c**n)

    def hill_slope(c, K=0.8, n=2.7):
        y = hill(c, K, n)
        return n * y * (1 - y) / c

    return call(hill, hill_slope, np.random.default_rng(22).uniform(0.2, 3, 8), elementwise=True)


@case
def black_scholes_delta():
    """The delta of a call is Phi(d1), and d2 is used in its place."""

    def price(S, K=1.1, r=0.03, sigma=0.4, T=1.5):
        d1 = (np.log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * np.sqrt(T))
        d2 = d1 - sigma * np.sqrt(T)
        return S * ndtr(d1) - K * np.exp(-r * T) * ndtr(d2)

    def delta(S, K=1.1, r=0.03, sigma=0.4, T=1.5):
        d1 = (np.log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * np.sqrt(T))
        d2 = d1 - sigma * np.sqrt(T)
        return ndtr(d2)  # <- return ndtr(d1)

    return call(price, delta, np.random.default_rng(23).uniform(0.6, 1.8, 9), elementwise=True)


@case
def black_scholes_vega():
    """The vega has the root of the time to expiry; the time itself is there."""
    S, K, r, T = 1.0, 0.9, 0.02, 2.2

    def call_price(vol):
        d1 = (np.log(S / K) + (r + 0.5 * vol**2) * T) / (vol * np.sqrt(T))
        return S * ndtr(d1) - K * np.exp(-r * T) * ndtr(d1 - vol * np.sqrt(T))

    def vega(vol):
        d1 = (np.log(S / K) + (r + 0.5 * vol**2) * T) / (vol * np.sqrt(T))
        density = np.exp(-0.5 * d1**2) / np.sqrt(2 * np.pi)
        return S * density * T  # <- return S * density * np.sqrt(T)

    return call(call_price, vega, np.random.default_rng(24).uniform(0.2, 0.7, 6), elementwise=True)


@case
def van_der_waals_pressure():
    """Pressure by volume: the attraction -a / v**2 grows with the volume, so its derivative is positive."""

    def pressure(v, T=1.2, a=0.9, b=0.2):
        return T / (v - b) - a / v**2

    def dp_dv(v, T=1.2, a=0.9, b=0.2):
        return -T / (v - b) ** 2 - 2 * a / v**3  # <- return -T / (v - b) ** 2 + 2 * a / v**3

    return call(pressure, dp_dv, np.random.default_rng(25).uniform(0.5, 3, 8), elementwise=True)


@case
def horner_polynomial():
    """A polynomial by Horner's rule, with the derivative carried along."""
    coefficients = [0.5, -1.2, 0.3, 2.0, -0.7]

    def poly(x):
        p = np.zeros_like(x)
        for c in coefficients:
            p = p * x + c
        return p

    def dpoly(x):
        p, dp = np.zeros_like(x), np.zeros_like(x)
        for c in coefficients:
            dp = dp * x + p
            p = p * x + c
        return dp

    return call(poly, dpoly, points(26), elementwise=True)


@case
def horner_with_updated_value():
    """The derivative takes the value of before the step: it is updated too early."""
    coef = (1.0, -0.4, 0.8, -1.5)

    def evaluate(t):
        value = 0.0
        for a in coef:
            value = value * t + a
        return value

    def slope(t):
        value, d = 0.0, 0.0
        for a in coef:
            value = value * t + a  # <- delete
            d = d * t + value  # <- below: value = value * t + a
        return d

    return call(evaluate, slope, points(27), elementwise=True)


@case
def chebyshev_series():
    """The recurrence of the derivatives has 2 T_k of the last polynomial: T of one before is taken."""
    c = np.array([0.3, -0.8, 0.5, 0.9, -0.4])

    def chebyshev(x):
        t0, t1 = np.ones_like(x), x
        total = c[0] + c[1] * x
        for k in range(2, len(c)):
            t0, t1 = t1, 2 * x * t1 - t0
            total = total + c[k] * t1
        return total

    def chebyshev_derivative(x):
        t0, t1 = np.ones_like(x), x
        d0, d1 = np.zeros_like(x), np.ones_like(x)
        total = c[1] * d1
        for k in range(2, len(c)):
            d0, d1 = d1, 2 * t0 + 2 * x * d1 - d0  # <- d0, d1 = d1, 2 * t1 + 2 * x * d1 - d0
            t0, t1 = t1, 2 * x * t1 - t0
            total = total + c[k] * d1
        return total

    return call(chebyshev, chebyshev_derivative, points(28, scale=0.7), elementwise=True)
