"""Polynomials as vectors of coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import Tensor
from autograd_lite.op import op
from autograd_lite.samples import complex_plane, constant, sample

pairs = (sample((3,), (3,)), sample((2,), (4,)), sample((4,), (1,)), sample((), (3,)))


def _array(x: Any) -> Any:
    """Return a Tensor as it is, and anything else as an array of at least one axis."""
    return np.atleast_1d(x) if type(x) is Tensor else np.atleast_1d(np.asarray(x))


@op(
    numpy=np.polyval,
    samples=(sample((4,), ()), sample((3,), (2, 3)), sample((1,), (2,)), sample((3,), complex_plane(2))),
)
def polyval(p: Any, x: Any, /) -> Any:
    """Return the values of a polynomial, by Horner's rule."""
    return np.polyval(p, x)


@polyval.vjp
def _(g: Any, z: Any, p: Any, x: Any) -> Any:
    places = np.reshape(x, (-1, 1))
    return np.dot(np.ravel(g), places ** np.arange(len(p) - 1, -1, -1).astype(places.dtype))


@polyval.vjp
def _(g: Any, z: Any, p: Any, x: Any) -> Any:
    p = _array(p)
    return g * np.polyval(p[:-1] * np.arange(len(p) - 1, 0, -1).astype(p.dtype), x)


def _aligned(a1: Any, a2: Any) -> tuple[Any, Any]:
    """Return two vectors of coefficients with zeros before the shorter one."""
    a1, a2 = _array(a1), _array(a2)
    n = max(len(a1), len(a2))
    return np.pad(a1, (n - len(a1), 0)), np.pad(a2, (n - len(a2), 0))


@op(numpy=np.polyadd, samples=pairs)
def polyadd(a1: Any, a2: Any, /) -> Any:
    """Return the sum of two polynomials."""
    a1, a2 = _aligned(a1, a2)
    return a1 + a2


@op(numpy=np.polysub, samples=pairs)
def polysub(a1: Any, a2: Any, /) -> Any:
    """Return the difference of two polynomials."""
    a1, a2 = _aligned(a1, a2)
    return a1 - a2


@op(numpy=np.polymul, samples=(*pairs, sample(constant(np.array([0.0, 2.0, 1.0])), (2,))))
def polymul(a1: Any, a2: Any, /) -> Any:
    """Return the product of two polynomials; leading zeros are dropped."""
    return np.convolve(_proper(a1), _proper(a2))


def _proper(p: Any) -> Any:
    """Return the coefficients without leading zeros, but for the last one."""
    p = _array(p)
    proper = np.trim_zeros(p, "f")
    return proper if len(proper) else p[-1:]


@op(numpy=np.polyder, samples=(sample((4,)), sample((4,), m=2), sample((3,), m=0), sample((1,))))
def polyder(p: Any, /, m: int = 1) -> Any:
    """Return the m-th derivative of a polynomial."""
    if m < 0:
        raise ValueError(f"np.polyder takes an order m >= 0, got {m}; np.polyint integrates")
    p = _array(p)
    for _ in range(m):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


@op(numpy=np.polyint, samples=(sample((3,)), sample((3,), m=2, k=[1.0, -2.0]), sample((2,), m=2, k=0.5)))
def polyint(p: Any, /, m: int = 1, k: Any = None) -> Any:
    """Return the m-th antiderivative of a polynomial, with the constants of integration ``k``."""
    if m < 0:
        raise ValueError(f"np.polyint takes an order m >= 0, got {m}; np.polyder differentiates")
    p = _array(p)
    constants = np.broadcast_to(0.0 if k is None else k, (m,)) if np.size(k) < 2 else k
    if np.size(constants) < m:
        raise ValueError(f"expected k to be one constant of integration, or m={m} of them; got {np.size(constants)}")
    for i in range(m):
        p = np.concatenate([p / np.arange(len(p), 0, -1), constants[i : i + 1]])
    return p


@op(numpy=np.poly, samples=(sample((3,)), sample((0,))))
def poly(seq_of_zeros: Any, /) -> Any:
    """Return the polynomial with the given roots, and 1 as its leading coefficient."""
    roots = _array(seq_of_zeros)
    if roots.ndim != 1:
        raise NotImplementedError("np.poly of a matrix has no derivative rule here; pass its np.linalg.eigvals")
    p = np.ones(1, roots.dtype)
    for root in roots:
        p = np.pad(p, (0, 1)) - root * np.pad(p, (1, 0))
    return p


def _simple(*roots: complex) -> Any:
    """Return a polynomial near the one with these simple roots."""
    return lambda rng: np.poly(roots) * rng.uniform(1, 2) + rng.uniform(-0.01, 0.01, len(roots) + 1)


@op(numpy=np.roots, samples=(sample(_simple(-2.0, 0.5, 3.0)), sample(_simple(1.0, 2.0 + 1j, 2.0 - 1j))))
def roots(p: Any, /) -> Any:
    """Return the roots of a polynomial.

    Simple roots can be differentiated: the polynomial stays zero as they move. At roots that coincide the derivative is
    infinite.
    """
    return np.roots(p)


@roots.vjp
def _(g: Any, z: Any, p: Any) -> Any:
    powers = np.arange(len(p) - 1, -1, -1).astype(z.dtype)
    slope = np.polyval(p[:-1] * powers[:-1], z)
    return -np.dot(g / slope, np.reshape(z, (-1, 1)) ** powers)


@op(
    numpy=np.vander,
    samples=(sample((3,)), sample((3,), N=2, increasing=True), sample((2,), N=5), sample((2,), N=0)),
)
def vander(x: Any, /, N: int | None = None, increasing: bool = False) -> Any:
    """Return the powers of a vector's elements, those of each in a row."""
    if np.ndim(x) != 1:
        raise ValueError(f"np.vander takes a vector, got an array of shape {np.shape(x)}")
    powers = np.arange(len(x) if N is None else N)
    return np.reshape(x, (-1, 1)) ** (powers if increasing else powers[::-1])
