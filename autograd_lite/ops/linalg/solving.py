"""Inverses, linear systems and determinants.

The rules are the transposes of the differentials in M. Giles, "An extended collection of matrix derivative results for
forward and reverse mode algorithmic differentiation" (2008), without conjugation where the function is holomorphic.
Stacks of matrices are taken everywhere that NumPy takes them. A matrix that is singular raises NumPy's LinAlgError, in
the backward pass too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core.ducks import beside
from autograd_lite.core.general import settled
from autograd_lite.core.labels import loops
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tensor import raw
from autograd_lite.ops.indexing import scatter
from autograd_lite.ops.linalg.hermitian import NOISE, adjoint, by_triangle, hermitian_matrix, unused
from autograd_lite.ops.samples import complex_plane, constant, matrices, positive_definite, sample

SINGULAR = np.arange(1.0, 10.0).reshape(3, 3)
ILL_CONDITIONED = 1e-4  # below this determinant, relative to its terms, rounding would rule the quotient by it


@op(
    numpy=np.linalg.inv,
    template="np.linalg.inv({})",
    samples=(sample(matrices(3, 3)), sample(matrices(2, 2, 2)), sample(matrices(2, 2, dtype=complex))),
    labels=loops(2),
)
def inv(a: Value, /) -> Value:
    """Return the inverse of square matrices (Giles 2.2.3)."""
    return np.linalg.inv(a)


@inv.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    return -np.matmul(z.mT, np.matmul(g, z.mT))


@op(
    numpy=np.linalg.solve,
    template="np.linalg.solve({}, {})",
    core=2,
    samples=(
        sample(matrices(3, 3), (3,)),
        sample(matrices(3, 3), (3, 2)),
        sample(matrices(2, 3, 3), (3,)),
        sample(matrices(2, 1, 3, 3), (4, 3, 2)),
        sample(matrices(3, 3), (2, 3, 1)),
        sample(matrices(2, 2, dtype=complex), (2,)),
        sample(matrices(2, 2), complex_plane(2)),
    ),
)
def solve(a: Value, b: Value, /) -> Value:
    """Return the solution of ``a @ z = b`` (Giles 2.2.3); ``b`` is a vector if it has one axis, else of columns."""
    return np.linalg.solve(a, b)


def _transposed_solve(a: Value, b: Value, g: Cotangent) -> Value:
    """Solve with the transpose, for a cotangent of the solution: the cotangent of ``b``."""
    return np.linalg.solve(a.mT, g[..., None])[..., 0] if b.ndim == 1 else np.linalg.solve(a.mT, g)


@solve.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    w = _transposed_solve(x, y, g)
    return -w[..., :, None] * z[..., None, :] if y.ndim == 1 else -np.matmul(w, z.mT)


@solve.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return _transposed_solve(x, y, g)


@op(
    numpy=np.linalg.det,
    template="np.linalg.det({})",
    samples=(
        sample((3, 3)),
        sample((2, 2, 2)),
        sample((1, 1)),
        sample(complex_plane(2, 2)),
        sample(constant(SINGULAR)),
        sample(constant(np.zeros((3, 3)))),
        sample(constant(np.diag([2.0, 0.0, 3.0, 0.0]))),
    ),
    labels=loops(2),
)
def det(a: Value, /) -> Value:
    """Return the determinant of square matrices; singular ones have derivatives of every order too."""
    return np.linalg.det(a)


@det.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    return g[..., None, None] * cofactors(x)


@op(
    samples=(
        sample((3, 3)),
        sample((3, 2, 2)),
        sample((1, 1)),
        sample(complex_plane(2, 2)),
        sample(constant(SINGULAR)),
        sample(constant(SINGULAR[None, None])),
    ),
    labels=loops(2),
)
def cofactors(a: Value, /) -> Value:
    """Return the matrices of cofactors: the derivatives of the determinant by the elements.

    Notes
    -----
    That is ``det(a) * inv(a).T``; where there is no inverse, it is made of the products of all singular values but one
    (G. Stewart, "On the adjugate matrix", 1998). Costs O(n**3). The derivative of the cofactors of an ill-conditioned
    matrix is made of the cofactors of its minors, which take O(n**4) memory.
    """
    d = np.linalg.det(a)
    if np.all(d):
        return d[..., None, None] * np.linalg.inv(a).mT
    u, s, vh = np.linalg.svd(a)
    others = np.where(beside(s, np.eye(s.shape[-1], dtype=bool)), 1, s[..., None, :]).prod(axis=-1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * np.matmul(np.conj(u) * others[..., None, :], np.conj(vh))


@cofactors.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    d = np.sum(x * z, axis=(-2, -1), keepdims=True) / max(x.shape[-1], 1)
    if settled(np.all(np.abs(d) > ILL_CONDITIONED * np.sum(np.abs(x * z), axis=(-2, -1), keepdims=True))):
        return (np.sum(g * z, axis=(-2, -1), keepdims=True) * z - np.matmul(z, np.matmul(g.mT, z))) / d
    n = x.shape[-1]
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], dtype=int).reshape(n, max(n - 1, 0))
    minors = (..., others[:, None, :, None], others[None, :, None, :])
    signs = beside(x, np.where(np.add.outer(range(n), range(n)) % 2, -1, 1).astype(x.dtype))
    return scatter((g * signs)[..., None, None] * cofactors(x[minors]), index=minors, shape=x.shape)


@op(
    numpy=np.linalg.slogdet,
    samples=(sample((3, 3)), sample((2, 2, 2)), sample(complex_plane(2, 2)), sample(complex_plane(2, 1, 1))),
    labels=loops(2),
)
def slogdet(a: Value, /) -> Value:
    """Return sign and logarithm of the absolute value of the determinant.

    The sign of a complex matrix lies on the unit circle, and has a derivative; that of a real one is constant.
    """
    return np.linalg.slogdet(a)


@slogdet.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    (g_sign, g_log), (sign, _) = g, z
    if np.iscomplexobj(x):  # d log(det) = tr(inv(x) dx): its real part moves the logarithm, its imaginary part the sign
        g_log = g_log + 1j * np.imag(g_sign * sign)
    return g_log[..., None, None] * np.linalg.inv(x).mT


@op(
    numpy=np.linalg.pinv,
    samples=(
        sample(matrices(3, 2)),
        sample(matrices(2, 3)),
        sample(matrices(3, 2, 2)),
        sample(matrices(4, 3), rcond=0.5),
        sample(matrices(3, 4, dtype=complex), rtol=0.5),
        sample(matrices(3, 2, dtype=complex)),
        sample(positive_definite(3, 3), hermitian=True),
        sample(positive_definite(1, 3, 2, 2, dtype=complex), rcond=0.5, hermitian=True),
    ),
    labels=loops(2),
)
def pinv(a: Value, /, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Value:
    """Return the Moore-Penrose inverse of matrices.

    The derivative is that along matrices of the same rank, singular values below the cut-off not counted (G. Golub and
    V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate",
    1973). ``hermitian=True`` reads the lower triangle alone, and the derivative is by that.
    """
    return np.linalg.pinv(a, rcond, hermitian, rtol=rtol)


@pinv.elsewhere
def _(a: Value, rcond: Any = None, *, rtol: Any = np._NoValue) -> Value:  # CuPy has no hermitian=, and no rtol=
    if rcond is None:
        rcond = float(np.finfo(a.dtype).eps) * max(a.shape[-2:]) if rtol is None else 1e-15
    return np.linalg.pinv(a, rcond if rtol in (None, np._NoValue) else rtol)


@pinv.vjp
def _(g: Cotangent, z: Value, x: Value, hermitian: bool = False, **_: Any) -> Cotangent:
    return by_triangle(_pinv_cotangent(g, z, hermitian_matrix(x))) if hermitian else _pinv_cotangent(g, z, x)


def _pinv_cotangent(g: Cotangent, z: Value, x: Value) -> Cotangent:
    """Return the cotangent of a matrix ``x`` from that of its pseudoinverse ``z``."""
    g_adjoint, z_conj = adjoint(g), np.conj(z)
    left = np.matmul(np.matmul(g_adjoint, z_conj), z.mT)
    right = np.matmul(np.matmul(z.mT, z_conj), g_adjoint)
    c = left - np.matmul(z.mT, np.matmul(x.mT, left))  # by what lies outside of the columns that z inverts
    c = c + right - np.matmul(np.matmul(right, x.mT), z.mT)  # and outside of the rows
    c = c - np.matmul(z.mT, np.matmul(g, z.mT))
    cut_off = x - np.matmul(x, np.matmul(z, x))
    noise = NOISE * float(np.finfo(x.dtype).eps) * np.sum(np.abs(x), axis=(-2, -1), keepdims=True)
    return c if settled(np.logical_not(np.any(np.abs(cut_off) > noise))) else c + _cut_off_cotangent(g, z, x)


def _cut_off_cotangent(g: Cotangent, z: Value, x: Value) -> Cotangent:
    """Return what Golub and Pereyra leave out: singular vectors that are cut off turn with those that are not.

    Their singular values s_i count as 0 there. The first differential of the pseudoinverse's element between them and a
    vector that is kept has the factor s_i / (s_j (s_j**2 - s_i**2)), by Townsend's (2016) turns of singular vectors.
    """
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    inverses = np.real(np.sum(np.matmul(vh, z) * u.mT, axis=-1))
    kept = s * inverses > 0.5
    mixed = kept[..., None, :] & ~kept[..., :, None]  # row i is cut off, column j is kept
    small, large = s[..., :, None], s[..., None, :]
    ratio = small / np.where(mixed, large, np.inf)
    factor = ratio / np.where(mixed, (large - small) * (large + small), np.inf)
    alike, across = (part + part.mT for part in (factor, factor * ratio))
    inner = np.matmul(np.conj(vh), np.matmul(g, np.conj(u)))
    turned = alike * inner + adjoint(across * inner)
    return np.matmul(np.conj(u), np.matmul(turned, np.conj(vh)))


@op(
    numpy=np.linalg.lstsq,
    samples=(
        sample(matrices(4, 2), (4,)),
        sample(matrices(4, 2), (4, 3)),
        sample(matrices(2, 3), (2,)),
        sample(matrices(3, 3), (3, 2), rcond=-1),
        sample(matrices(4, 3), (4,), rcond=0.5),
        sample(matrices(3, 2, dtype=complex), complex_plane(3)),
        sample(matrices(2, 3, dtype=complex), complex_plane(2)),
    ),
)
def lstsq(a: Value, b: Value, /, rcond: Any = None) -> Value:
    """Return least-squares solution, residuals, rank and singular values.

    The derivative of the solution is that along matrices of the same rank, as of `pinv`.
    """
    return np.linalg.lstsq(a, b, rcond)


def _columns(b: Value) -> Value:
    """Return a vector as a column, and a matrix as it is."""
    return b[:, None] if b.ndim == 1 else b


def _pseudoinverse(a: Value, rcond: Any) -> Value:
    """Return the pseudoinverse that makes a least-squares solution, with the same cut-off of singular values."""
    eps = float(np.finfo(a.dtype).eps)
    return np.linalg.pinv(a, rcond=eps * max(a.shape) if rcond is None else eps if rcond < 0 else rcond)


def _of_residuals(g: Cotangent, z: Value, x: Value) -> Cotangent:
    """Return the cotangent of the residuals, which there are of a matrix of full rank alone."""
    full = z[2] == x.shape[1]
    return g[1] if settled(raw(full)) else np.where(full, g[1], 0)


@lstsq.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value, rcond: Any = None) -> Cotangent:
    y = _columns(y)
    c = _pinv_cotangent(np.matmul(_columns(g[0]), y.mT), _pseudoinverse(x, rcond), x)
    if raw(g[1]).size:
        solution = _columns(z[0])
        c = c - 2 * np.matmul(_of_residuals(g, z, x) * np.conj(y - np.matmul(x, solution)), solution.mT)
    if not unused(g[3]):
        u, _, vh = np.linalg.svd(x, full_matrices=False)
        c = c + np.matmul(np.conj(u) * g[3], np.conj(vh))
    return c


@lstsq.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value, rcond: Any = None) -> Cotangent:
    c = np.matmul(_pseudoinverse(x, rcond).mT, _columns(g[0]))
    if raw(g[1]).size:
        c = c + 2 * _of_residuals(g, z, x) * np.conj(_columns(y) - np.matmul(x, _columns(z[0])))
    return np.reshape(c, y.shape)


@op(numpy=np.linalg.tensorinv, samples=(sample(matrices(4, 4), ind=1), sample((2, 3, 3, 2)), sample((6, 2, 3), ind=1)))
def tensorinv(a: Value, /, ind: int = 2) -> Value:
    """Return the inverse with respect to ``tensordot`` over the first ``ind`` axes."""
    if ind <= 0:
        raise ValueError("Invalid ind argument.")  # NumPy's own words
    before, after = np.shape(a)[:ind], np.shape(a)[ind:]
    return np.reshape(np.linalg.inv(np.reshape(a, (math.prod(after), -1))), (*after, *before))


@op(
    numpy=np.linalg.tensorsolve,
    samples=(sample((2, 3, 6), (2, 3)), sample((2, 6, 3), (2, 3), axes=(1,)), sample(matrices(3, 3), (3,))),
)
def tensorsolve(a: Value, b: Value, /, axes: Any = None) -> Value:
    """Return the solution of ``tensordot(a, z, z.ndim) = b``; ``axes`` of ``a`` are moved to the end first."""
    n = np.ndim(a)
    order = list(range(n))
    for axis in axes or ():
        order.remove(axis)
        order.insert(n, axis)
    a = np.transpose(a, order)
    shape = np.shape(a)[-(n - np.ndim(b)) :]
    size = math.prod(shape)
    if np.size(a) != size**2:
        np.linalg.tensorsolve(raw(a), raw(b))  # NumPy's own error
    return np.reshape(np.linalg.solve(np.reshape(a, (size, size)), np.reshape(b, -1)), shape)


@op(
    numpy=np.linalg.matrix_power,
    samples=(
        *(sample((3, 3), n=n) for n in (0, 1, 2, 3, 6)),
        sample((2, 2, 2), n=-2),
        sample(complex_plane(2, 2), n=3),
    ),
)
def matrix_power(a: Value, /, n: int) -> Value:
    """Return square matrices multiplied with themselves; inverted first where ``n`` is negative."""
    identity = np.linalg.matrix_power(raw(a), n * 0)  # also NumPy's own errors
    if n == 0:
        return np.where(True, identity, a)
    a = np.linalg.inv(a) if n < 0 else a
    power, *squares = [int(bit) for bit in bin(abs(n))[:1:-1]]
    result = a if power else None
    for bit in squares:
        a = np.matmul(a, a)
        if bit:
            result = a if result is None else np.matmul(result, a)
    return result
