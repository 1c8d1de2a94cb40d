"""Polynomials as vectors of coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.ducks import arrayed, beside
from autograd_lite.core.labels import Labels
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Shape, Value
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.ops.samples import complex_plane, constant, positive, sample

pairs = (sample((3,), (3,)), sample((2,), (4,)), sample((4,), (1,)), sample((), (3,)))


def _array(x: Value) -> Value:
    """Return a Tensor as it is, and anything else as an array of at least one axis."""
    return np.atleast_1d(x if type(x) is Tensor else arrayed(x))


_LEADING = "how many elements it returns depends on which leading coefficients are 0"


def _of_each_place(z: Shape, p: Any, x: Any) -> Labels:
    places = tuple(range(len(z)))
    return Labels(((None,), places), places)


@op(
    numpy=np.polyval,
    samples=(sample((4,), ()), sample((3,), (2, 3)), sample((1,), (2,)), sample((3,), complex_plane(2))),
    labels=_of_each_place,
)
def polyval(p: Any, x: Value, /) -> Value:
    """Return the values of a polynomial, by Horner's rule."""
    if np.ndim(p) != 1:
        raise ValueError(f"polyval() of a Tensor takes a vector of coefficients, got an array of shape {np.shape(p)}")
    return np.polyval(p, x)


@polyval.vjp
def _(g: Cotangent, z: Value, p: Any, x: Value) -> Cotangent:
    places = np.ravel(x)[:, None]
    return np.dot(np.ravel(g), places ** beside(g, np.arange(len(p) - 1, -1, -1).astype(places.dtype)))


@polyval.vjp
def _(g: Cotangent, z: Value, p: Any, x: Value) -> Cotangent:
    return g * np.polyval(p[:-1] * beside(p, np.arange(len(p) - 1, 0, -1).astype(p.dtype)), x)


def _aligned(a1: Value, a2: Value) -> tuple[Any, Any]:
    """Return two vectors of coefficients with zeros before the shorter one."""
    a1, a2 = _array(a1), _array(a2)
    n = max(len(a1), len(a2))
    return np.pad(a1, (n - len(a1), 0)), np.pad(a2, (n - len(a2), 0))


@op(numpy=np.polyadd, samples=pairs)
def polyadd(a1: Value, a2: Value, /) -> Value:
    """Return the sum of two polynomials."""
    a1, a2 = _aligned(a1, a2)
    return a1 + a2


@op(numpy=np.polysub, samples=pairs)
def polysub(a1: Value, a2: Value, /) -> Value:
    """Return the difference of two polynomials."""
    a1, a2 = _aligned(a1, a2)
    return a1 - a2


@op(
    numpy=np.polymul,
    varies=f"{_LEADING}; write np.convolve(a1, a2)",
    samples=(*pairs, sample(constant(np.array([0, 2, 1])), (2,))),
)
def polymul(a1: Value, a2: Value, /) -> Value:
    """Return the product of two polynomials; leading zeros are dropped."""
    return np.convolve(_proper(a1), _proper(a2))


def _proper(p: Any) -> Value:
    """Return the coefficients without leading zeros, but for the last one."""
    p = _array(p)
    proper = np.trim_zeros(p, "f")
    return proper if len(proper) else p[-1:]


@op(
    numpy=np.polydiv,
    varies=f"{_LEADING}; write the steps of the long division",
    samples=(sample((4,), positive(2)), sample((3,), positive(1)), sample((2,), positive(3))),
)
def polydiv(u: Value, v: Value, /) -> Value:
    """Return the quotient and the remainder of two polynomials, by long division.

    Leading coefficients of the remainder that are as good as zero are dropped.
    """
    remainder, v = _array(u) + 0.0, _array(v)
    scale = 1.0 / v[0]
    steps = max(len(remainder) - len(v) + 1, 0)
    quotient = []
    for k in range(steps):
        quotient.append(scale * remainder[k])
        remainder = remainder - np.pad(quotient[k] * v, (k, steps - 1 - k))
    kept: Value = ~np.isclose(raw(remainder), 0, rtol=1e-14)
    zeros = int(np.argmax(kept)) if np.any(kept) else len(kept) - 1
    return np.stack(quotient) if steps else remainder[:1] * 0, remainder[zeros:]


@op(numpy=np.polyder, samples=(sample((4,)), sample((4,), m=2), sample((3,), m=0), sample((1,))))
def polyder(p: Any, /, m: int = 1) -> Value:
    """Return the m-th derivative of a polynomial."""
    if m < 0:
        raise ValueError(f"np.polyder takes an order m >= 0, got {m}; np.polyint integrates")
    p = _array(p)
    for _ in range(m):
        p = p[:-1] * beside(p, np.arange(len(p) - 1, 0, -1))
    return p


@op(numpy=np.polyint, samples=(sample((3,)), sample((3,), m=2, k=[1.0, -2.0]), sample((2,), m=2, k=0.5)))
def polyint(p: Any, /, m: int = 1, k: Any = None) -> Value:
    """Return the m-th antiderivative of a polynomial, with the constants of integration ``k``."""
    if m < 0:
        raise ValueError(f"np.polyint takes an order m >= 0, got {m}; np.polyder differentiates")
    p = _array(p)
    constants = np.broadcast_to(0.0 if k is None else k, (m,)) if np.size(k) < 2 else k
    if np.size(constants) < m:
        raise ValueError(f"expected k to be one constant of integration, or m={m} of them; got {np.size(constants)}")
    for i in range(m):
        p = np.concatenate([p / beside(p, np.arange(len(p), 0, -1)), beside(p, constants[i : i + 1])])
    return p


@op(numpy=np.poly, samples=(sample((3,)), sample((1,))))
def poly(seq_of_zeros: Value, /) -> Value:
    """Return the polynomial with the given roots, and 1 as its leading coefficient."""
    roots = _array(seq_of_zeros)
    if roots.ndim != 1:
        raise NotImplementedError("np.poly of a matrix has no derivative rule here; pass its np.linalg.eigvals")
    p = beside(roots, np.ones(1, roots.dtype))
    for root in roots:
        p = np.pad(p, (0, 1)) - root * np.pad(p, (1, 0))
    return p


def _places(rng: np.random.Generator) -> Value:
    """Draw five places apart from each other."""
    return np.arange(5) / 2 + rng.uniform(-0.1, 0.1, 5)


@op(
    numpy=np.polyfit,
    samples=(
        sample(_places, (5,), deg=2),
        sample(_places, (5, 2), deg=1, w=np.array([1.0, 2.0, 0.5, 1.0, 1.0])),
        sample(_places, (5,), deg=0),
    ),
)
def polyfit(
    x: Value, y: Value, /, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: bool | str = False
) -> Value:
    """Return the polynomial of a degree that fits samples best, in the sense of least (weighted) squares."""
    if full or cov:
        raise NotImplementedError("np.polyfit of a Tensor gives coefficients alone; leave out full= and cov=")
    powers, y = np.vander(np.add(x, 0.0), deg + 1), np.add(y, 0.0)
    if w is not None:
        powers, y = powers * np.reshape(w, (-1, 1)), y * np.reshape(w, (-1,) + (1,) * (y.ndim - 1))
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    rcond = len(powers) * np.finfo(powers.dtype).eps if rcond is None else rcond
    coefficients = np.linalg.lstsq(powers / scale, y, rcond)[0]
    return np.transpose(np.transpose(coefficients) / scale)


def _simple(*roots: complex) -> Value:
    """Return a polynomial near the one with these simple roots."""
    return lambda rng: np.poly(roots) * rng.uniform(1, 2) + rng.uniform(-0.01, 0.01, len(roots) + 1)


@op(
    numpy=np.roots,
    varies=f"{_LEADING}, and whether roots are complex on all; write np.linalg.eigvals of the companion matrix",
    samples=(sample(_simple(-2.0, 0.5, 3.0)), sample(_simple(1.0, 2.0 + 1j, 2.0 - 1j))),
)
def roots(p: Any, /) -> Value:
    """Return the roots of a polynomial.

    Simple roots can be differentiated: the polynomial stays zero as they move. At roots that coincide the derivative is
    infinite.
    """
    return np.roots(p)


@roots.vjp
def _(g: Cotangent, z: Value, p: Any) -> Cotangent:
    powers = beside(z, np.arange(len(p) - 1, -1, -1).astype(z.dtype))
    slope = np.polyval(p[:-1] * powers[:-1], z)
    return -np.dot(g / slope, z[:, None] ** powers)


@op(
    numpy=np.vander,
    samples=(sample((3,)), sample((3,), N=2, increasing=True), sample((2,), N=5), sample((2,), N=0)),
)
def vander(x: Value, /, N: int | None = None, increasing: bool = False) -> Value:
    """Return the powers of a vector's elements, those of each in a row."""
    if np.ndim(x) != 1:
        raise ValueError(f"np.vander takes a vector, got an array of shape {np.shape(x)}")
    powers = beside(x, np.arange(len(x) if N is None else N))
    return np.reshape(x, (-1, 1)) ** (powers if increasing else powers[::-1])
