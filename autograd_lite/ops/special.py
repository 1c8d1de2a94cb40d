"""Rules for the ufuncs of `scipy.special`. Imported when one of them meets a Tensor: SciPy is no dependency.

Formulas: NIST Digital Library of Mathematical Functions (DLMF), by chapter: 4 elementary, 5 gamma, 6 exponential
integrals, 7 error functions, 8 incomplete gamma and beta, 10 Bessel. Functions of SciPy that are no ufuncs, such as
``polygamma`` and ``logsumexp``, do not ask a Tensor; `polygamma` and `autograd_lite.logsumexp` stand in for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from autograd_lite.core.extras import needed
from autograd_lite.core.numpy_protocol import constant
from autograd_lite.core.op import Op, op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tape import Rule
from autograd_lite.core.tensor import raw
from autograd_lite.ops import samples
from autograd_lite.ops.elementwise import LOG_2, LOG_10, nonzero, over, power

sc = needed("scipy.special", "autograd_lite.ops.special")
ROOT_PI, ROOT_2_PI, DEGREE = math.sqrt(math.pi), math.sqrt(2 * math.pi), math.pi / 180
_ORDER = samples.constant(2)


def _row(function: np.ufunc, *rules: Rule, **row: Any) -> Op:
    """Return the op of a ufunc: a rule for each input."""
    return op(function, f"scipy.special.{function.__name__}({', '.join(['{}'] * function.nin)})", rules, **row)


def missing(g: Cotangent, z: Value, *inputs: Value) -> Cotangent:
    """Stand for the rule of a parameter such as the order of a Bessel function: it has no closed form."""
    raise NotImplementedError(
        "this parameter of a scipy.special function has no derivative rule here, and got a Tensor; "
        "pass its .value to treat it as a constant"
    )


def _gauss(x: Value) -> Value:
    """Return exp(-x**2), without overflow of the square."""
    x = x if np.iscomplexobj(raw(x)) else np.clip(x, -40, 40)
    return np.exp(-x * x)


# error functions
erf = _row(sc.erf, lambda g, z, x: g * _gauss(x) * (2 / ROOT_PI))
erfc = _row(sc.erfc, lambda g, z, x: -g * _gauss(x) * (2 / ROOT_PI))
erfi = _row(sc.erfi, lambda g, z, x: g * np.exp(x * x) * (2 / ROOT_PI))
erfcx = _row(sc.erfcx, lambda g, z, x: 2 * g * (x * z - 1 / ROOT_PI))
dawsn = _row(sc.dawsn, lambda g, z, x: g * (1 - 2 * x * z))
erfinv = _row(sc.erfinv, lambda g, z, x: g * np.exp(z * z) * (ROOT_PI / 2), domain=samples.unit)
erfcinv = _row(sc.erfcinv, lambda g, z, x: -g * np.exp(z * z) * (ROOT_PI / 2), domain=samples.probability)
ndtr = _row(sc.ndtr, lambda g, z, x: g * _gauss(x / math.sqrt(2)) / ROOT_2_PI)
ndtri = _row(sc.ndtri, lambda g, z, x: g * np.exp(z * z / 2) * ROOT_2_PI, domain=samples.probability)
log_ndtr = _row(sc.log_ndtr, lambda g, z, x: g * math.sqrt(2 / math.pi) / sc.erfcx(-x / math.sqrt(2)))

# exponentials, logarithms and roots
expit = _row(sc.expit, lambda g, z, x: g * z * (1 - z))
log_expit = _row(sc.log_expit, lambda g, z, x: g * sc.expit(-x))
logit = _row(sc.logit, lambda g, z, x: g / x / (1 - x), domain=samples.probability)
exp2 = _row(sc.exp2, lambda g, z, x: g * z * LOG_2)
exp10 = _row(sc.exp10, lambda g, z, x: g * z * LOG_10)
expm1 = _row(sc.expm1, lambda g, z, x: g * np.exp(x))
log1p = _row(sc.log1p, lambda g, z, x: g / (1 + x), domain=samples.positive)
cbrt = _row(sc.cbrt, lambda g, z, x: over(g, 3 * z * z))
powm1 = _row(
    sc.powm1,
    cast(Rule, power.rules_for(2)[0]),
    lambda g, z, x, y: g * (z + 1) * np.log(nonzero(x)),
    domain=samples.positive,
)
xlogy = _row(
    sc.xlogy,
    lambda g, z, x, y: sc.xlogy(g, y),  # 0 for g = 0, also where y is 0
    lambda g, z, x, y: over(g * x, y),
    domain=(samples.real, samples.positive),
)
xlog1py = _row(
    sc.xlog1py,
    lambda g, z, x, y: sc.xlog1py(g, y),
    lambda g, z, x, y: over(g * x, 1 + y),
    domain=(samples.real, samples.positive),
)
wrightomega = _row(sc.wrightomega, lambda g, z, x: g * z / (1 + z))

# trigonometry, of degrees and close to 1
sindg = _row(sc.sindg, lambda g, z, x: g * sc.cosdg(x) * DEGREE)
cosdg = _row(sc.cosdg, lambda g, z, x: -g * sc.sindg(x) * DEGREE)
tandg = _row(sc.tandg, lambda g, z, x: g * (1 + z * z) * DEGREE)
cotdg = _row(sc.cotdg, lambda g, z, x: -g * (1 + z * z) * DEGREE, domain=samples.Domain(20, 160))
cosm1 = _row(sc.cosm1, lambda g, z, x: -g * np.sin(x))

# entropies and losses
entr = _row(sc.entr, lambda g, z, x: -sc.xlogy(g, x) - g, domain=samples.positive)
rel_entr = _row(
    sc.rel_entr,
    lambda g, z, x, y: sc.xlogy(g, x / y) + g,
    lambda g, z, x, y: -over(g * x, y),
    domain=samples.positive,
)
kl_div = _row(
    sc.kl_div,
    lambda g, z, x, y: sc.xlogy(g, x / y),
    lambda g, z, x, y: over(g * (y - x), y),
    domain=samples.positive,
)
huber = _row(
    sc.huber,
    lambda g, z, delta, r: g * np.maximum(np.abs(r) - delta, 0),
    lambda g, z, delta, r: g * np.clip(r, -delta, delta),
    domain=(samples.probability, samples.real),
)


def _hyperbola(delta: Value, r: Value) -> Value:
    return np.hypot(1, r / delta)


pseudo_huber = _row(
    sc.pseudo_huber,
    lambda g, z, delta, r: g * (2 * z / delta - r / delta * r / _hyperbola(delta, r)),
    lambda g, z, delta, r: g * r / _hyperbola(delta, r),
    domain=(samples.positive, samples.real),
)


@op(elementwise=True, samples=(samples.sample(samples.positive(3), n=1), samples.sample(samples.positive(), n=2)))
def polygamma(x: Value, /, n: int) -> Value:
    """Return the n-th derivative of digamma, for n >= 1."""
    return np.asarray(sc.polygamma(n, x)).astype(np.asarray(x).dtype)[()]


polygamma.vjp(lambda g, z, x, n: g * polygamma(x, n=n + 1))

# gamma and beta functions
gamma = _row(sc.gamma, lambda g, z, x: g * z * sc.digamma(x), domain=samples.positive)
gammaln = _row(sc.gammaln, lambda g, z, x: g * sc.digamma(x), domain=samples.positive)
loggamma = _row(sc.loggamma, lambda g, z, x: g * sc.digamma(x), domain=samples.positive)
digamma = _row(sc.digamma, lambda g, z, x: g * polygamma(x, n=1), domain=samples.positive)
beta = _row(
    sc.beta,
    lambda g, z, x, y: g * z * (sc.digamma(x) - sc.digamma(x + y)),
    lambda g, z, x, y: g * z * (sc.digamma(y) - sc.digamma(x + y)),
    domain=samples.positive,
)
betaln = _row(
    sc.betaln,
    lambda g, z, x, y: g * (sc.digamma(x) - sc.digamma(x + y)),
    lambda g, z, x, y: g * (sc.digamma(y) - sc.digamma(x + y)),
    domain=samples.positive,
)
poch = _row(
    sc.poch,
    lambda g, z, x, y: g * z * (sc.digamma(x + y) - sc.digamma(x)),
    lambda g, z, x, y: g * z * sc.digamma(x + y),
    domain=samples.positive,
)
binom = _row(
    sc.binom,
    lambda g, z, x, y: g * z * (sc.digamma(x + 1) - sc.digamma(x - y + 1)),
    lambda g, z, x, y: g * z * (sc.digamma(x - y + 1) - sc.digamma(y + 1)),
    domain=(samples.Domain(4.2, 6.8), samples.positive),
)


def _gamma_density(a: Value, x: Value) -> Value:
    return np.exp(sc.xlogy(a - 1, x) - x - sc.gammaln(a))


_SHAPE = (samples.sample(samples.constant(np.array([0.5, 1.0, 2.5])), samples.positive(3)),)
gammainc = _row(sc.gammainc, missing, lambda g, z, a, x: g * _gamma_density(a, x), samples=_SHAPE)
gammaincc = _row(sc.gammaincc, missing, lambda g, z, a, x: -g * _gamma_density(a, x), samples=_SHAPE)
betainc = _row(
    sc.betainc,
    missing,
    missing,
    lambda g, z, a, b, x: g * np.exp(sc.xlogy(a - 1, x) + sc.xlog1py(b - 1, -x) - sc.betaln(a, b)),
    samples=(samples.sample(samples.constant(1.5), samples.constant(2.5), samples.probability(3)),),
)

# exponential integrals
expi = _row(sc.expi, lambda g, z, x: g * np.exp(x) / x, domain=samples.positive)
exp1 = _row(sc.exp1, lambda g, z, x: -g * np.exp(-x) / x, domain=samples.positive)
expn = _row(
    sc.expn,
    missing,
    lambda g, z, n, x: -g * sc.expn(n - 1, x),
    samples=(samples.sample(samples.constant(3), samples.positive(3)),),
)
sici = _row(sc.sici, lambda g, z, x: g[0] * np.sinc(x / math.pi) + g[1] * np.cos(x) / x, domain=samples.positive)
fresnel = _row(sc.fresnel, lambda g, z, x: g[0] * np.sin(math.pi / 2 * x * x) + g[1] * np.cos(math.pi / 2 * x * x))

# Bessel functions
j0 = _row(sc.j0, lambda g, z, x: -g * sc.j1(x))
j1 = _row(sc.j1, lambda g, z, x: g * (sc.j0(x) - sc.jv(2, x)) / 2)
y0 = _row(sc.y0, lambda g, z, x: -g * sc.y1(x), domain=samples.positive)
y1 = _row(sc.y1, lambda g, z, x: g * (sc.y0(x) - sc.yv(2, x)) / 2, domain=samples.positive)
i0 = _row(sc.i0, lambda g, z, x: g * sc.i1(x))
i1 = _row(sc.i1, lambda g, z, x: g * (sc.i0(x) + sc.iv(2, x)) / 2)
k0 = _row(sc.k0, lambda g, z, x: -g * sc.k1(x), domain=samples.positive)
k1 = _row(sc.k1, lambda g, z, x: -g * (sc.k0(x) + sc.kv(2, x)) / 2, domain=samples.positive)
i0e = _row(sc.i0e, lambda g, z, x: g * (sc.i1e(x) - np.sign(x) * z))
i1e = _row(sc.i1e, lambda g, z, x: g * ((sc.i0e(x) + sc.ive(2, x)) / 2 - np.sign(x) * z))
k0e = _row(sc.k0e, lambda g, z, x: g * (z - sc.k1e(x)), domain=samples.positive)
k1e = _row(sc.k1e, lambda g, z, x: g * (z - (sc.k0e(x) + sc.kve(2, x)) / 2), domain=samples.positive)


def _of_order(function: Callable[..., Any], sign: int, factor: int) -> Op:
    """Return the op of a Bessel function f[v] whose derivative is factor * (f[v-1] + sign * f[v+1]) / 2."""

    def rule(g: Cotangent, z: Value, v: Value, x: Value) -> Cotangent:
        return factor * g * (function(v - 1, x) + sign * function(v + 1, x)) / 2

    return _row(function, missing, rule, samples=(samples.sample(_ORDER, samples.positive(3)),))  # type: ignore[arg-type]


jv, yv, iv = _of_order(sc.jv, -1, 1), _of_order(sc.yv, -1, 1), _of_order(sc.iv, 1, 1)
kv, yn, kn = _of_order(sc.kv, 1, -1), _of_order(sc.yn, -1, 1), _of_order(sc.kn, 1, -1)
ive = _row(
    sc.ive,
    missing,
    lambda g, z, v, x: g * ((sc.ive(v - 1, x) + sc.ive(v + 1, x)) / 2 - np.sign(x) * z),
    samples=(samples.sample(_ORDER, (3,)),),
)
kve = _row(
    sc.kve,
    missing,
    lambda g, z, v, x: g * (z - (sc.kve(v - 1, x) + sc.kve(v + 1, x)) / 2),
    samples=(samples.sample(_ORDER, samples.positive(3)),),
)

constant(sc.round, sc.gammasgn)

table: dict[str, Op] = {name: row for name, row in list(globals().items()) if isinstance(row, Op)}
"""Every op of this module by name."""
