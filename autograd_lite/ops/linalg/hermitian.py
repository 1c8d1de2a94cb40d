"""What rules of decompositions share: Hermitian matrices, and quotients by differences of eigenvalues."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.checks import checked
from autograd_lite.core.ducks import beside
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tensor import Tensor
from autograd_lite.ops.reductions import max as largest

NOISE = 100.0  # rounding in a product of matrices, in units of its largest element's


def adjoint(a: Value) -> Value:
    """Return the conjugate transposes."""
    return np.conj(a.mT)


def half_triangle(n: int, dtype: Any, lower: bool = True) -> Value:
    """Return a matrix of 1 in a triangle and 1/2 on the diagonal."""
    triangle = np.tri(n, dtype=dtype) if lower else np.tri(n, dtype=dtype).T
    return triangle - np.eye(n, dtype=dtype) / 2


def hermitian_matrix(a: Value, lower: bool = True) -> Value:
    """Return the Hermitian matrices that have a triangle of ``a``, and the real part of its diagonal."""
    half = a * beside(a, half_triangle(a.shape[-1], a.dtype, lower))
    return half + adjoint(half)


def by_triangle(c: Value, lower: bool = True) -> Value:
    """Return the cotangent of the triangle that was read, from that of the Hermitian matrix which it stands for."""
    return (c + adjoint(c)) * beside(c, half_triangle(c.shape[-1], c.dtype, lower))


def diagonal_matrices(v: Value) -> Value:
    """Return matrices with the last axis of ``v`` as their diagonals."""
    return v[..., None, :] * beside(v, np.eye(v.shape[-1], dtype=v.dtype))


def differences(w: Value) -> Value:
    """Return ``w[j] - w[i]`` for row i and column j."""
    return w[..., None, :] - w[..., :, None]


def unused(*cotangents: Value) -> bool:
    """Whether these are the zeros of outputs on which the result does not depend."""
    return not any(type(g) is Tensor or np.any(g) for g in cotangents)


def pin_phases(g: Cotangent, v: Value, row: Value, turning: Value) -> Cotangent:
    """Return the cotangent of complex vectors, as columns, whose phases are such that one component is real.

    Parameters
    ----------
    g, v : array (..., m, n)
        The cotangent, and the vectors.
    row : int, or array (..., 1, n)
        Which component LAPACK made real. Where it is not exactly real, the phase is left alone.
    turning : array (..., 1, n)
        The derivative of the result by the phase.
    """
    pinned = (beside(v, np.arange(v.shape[-2])[:, None]) == row) & (np.imag(v) == 0) & (v != 0)
    return g - 1j * (turning / np.where(pinned, np.real(v), np.inf))


def quotient(x: Value, by: Value, scale: Value, undefined: str) -> Value:
    """Return ``x / by``; 0 where both are 0 to rounding.

    Parameters
    ----------
    x : array (..., m, n)
        Cotangents. Zeros within the rounding of a product of matrices count as zeros.
    by : array that broadcasts to ``x``
        Eigenvalues or singular values, or differences of them.
    scale : array (..., 1, 1)
        The size of the numbers of which ``by`` is made.
    undefined : str
        What to say where ``by`` alone is 0.

    Raises
    ------
    LinAlgError
        Where ``by`` is 0 and ``x`` is not: the derivative is infinite there, or has a limit that only derivatives of
        ``x`` could tell.
    """
    eps = float(np.finfo(by.dtype).eps)
    zero = np.abs(by) <= eps * scale
    size = np.abs(x)
    wrong = zero & (size > NOISE * eps * largest(size, axis=(-2, -1), keepdims=True, initial=0.0))
    return checked(x, wrong, np.linalg.LinAlgError, undefined) / np.where(zero, np.inf, by)
