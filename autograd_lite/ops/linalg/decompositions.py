"""Decompositions of matrices: Cholesky, QR, eigenvalues, singular values.

With g for a cotangent, transposed but not conjugated as everywhere in this package, and differentials from the sources
that each rule names. ``eigh`` and ``cholesky`` read one triangle of a Hermitian matrix, and the derivative is by that:
the cotangent is triangular, and its sum with its own adjoint (the diagonal counted once) is that of the whole matrix.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.checks import checked
from autograd_lite.core.ducks import beside
from autograd_lite.core.labels import loops
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.ops.elementwise import COMPLEX
from autograd_lite.ops.linalg.hermitian import (
    adjoint,
    by_triangle,
    diagonal_matrices,
    differences,
    half_triangle,
    hermitian_matrix,
    pin_phases,
    quotient,
    unused,
)
from autograd_lite.ops.samples import diagonalizable, matrices, positive_definite, sample


@op(
    numpy=np.linalg.cholesky,
    samples=(
        sample(positive_definite(3, 3)),
        sample(positive_definite(1, 3, 2, 2)),
        sample(positive_definite(3, 3), upper=True),
        sample(positive_definite(2, 2, dtype=complex)),
        sample(positive_definite(2, 2, dtype=complex), upper=True),
    ),
    labels=loops(2),
)
def cholesky(a: Value, /, *, upper: bool = False) -> Value:
    """Return the triangular factor of positive definite matrices: ``a = z @ z.mT.conj()``, adjoint if ``upper``.

    The rule is that of I. Murray, "Differentiation of the Cholesky decomposition" (2016), for complex matrices too.
    """
    return np.linalg.cholesky(a, upper=upper)


@cholesky.elsewhere
def _(a: Value, *, upper: bool = False) -> Value:
    return adjoint(np.linalg.cholesky(adjoint(a))) if upper else np.linalg.cholesky(a)


@cholesky.vjp
def _(g: Cotangent, z: Value, x: Value, upper: bool = False) -> Cotangent:
    if upper:
        g, z = adjoint(g), adjoint(z)
    inner = np.matmul(z.mT, g) * beside(z, half_triangle(z.shape[-1], z.dtype))
    return by_triangle(np.linalg.solve(z.mT, adjoint(np.linalg.solve(z.mT, inner))), not upper)


@op(
    numpy=np.linalg.qr,
    samples=(
        sample(matrices(3, 3)),
        sample(matrices(4, 2)),
        sample(matrices(2, 4)),
        sample(matrices(1, 3, 2), mode="r"),
        sample(matrices(2, 3), mode="r"),
        sample(matrices(2, 3), mode="complete"),
        sample(matrices(3, 2, dtype=complex)),
        sample(matrices(2, 3, dtype=complex)),
    ),
    labels=loops(2),
)
def qr(a: Value, /, mode: Any = "reduced") -> Value:
    """Return matrices with orthonormal columns and upper triangular ones whose product is ``a``.

    The rule is that of S. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions with
    application in optimum experimental design" (2010). It is defined where the first columns of ``a``, as many as it
    has rows or fewer, are linearly independent. The columns that ``mode="complete"`` adds to the range of a tall matrix
    are any that fit, and have no derivative.
    """
    return np.linalg.qr(a, mode)


@qr.vjp
def _(g: Cotangent, z: Value, x: Value, mode: Any = "reduced") -> Cotangent:
    if mode not in ("reduced", "complete", "r"):
        raise NotImplementedError(f"np.linalg.qr(mode={mode!r}) has no derivative rule; use mode='reduced' or 'r'")
    q, r = np.linalg.qr(x) if mode == "r" else z
    g_q, g_r = (np.zeros_like(q), g) if mode == "r" else g
    k = min(x.shape[-2:])
    q = _without_extra(q, g_q, k, "np.linalg.qr(mode='complete')", "use mode='reduced'")
    r, g_q, g_r = r[..., :k, :], g_q[..., :k], g_r[..., :k, :]
    # of a wide matrix, the first columns decide q, and the last ones of r are the adjoint of q times those of x
    last = g_r[..., k:]
    g_q = g_q + np.matmul(np.conj(x[..., k:]), adjoint(last))
    inner = np.matmul(g_r[..., :k], r[..., :k].mT) - np.matmul(q.mT, g_q)
    c = g_q + np.matmul(np.conj(q), hermitian_matrix(inner, lower=False))
    first = np.linalg.solve(r[..., :k], c.mT).mT
    return np.concatenate([first, np.matmul(np.conj(q), last)], axis=-1)


def _without_extra(u: Value, g: Cotangent, k: int, call: str, instead: str) -> Value:
    """Return the first k columns; raise LinAlgError where the result depends on those that complete a basis."""
    why = f"the vectors that {call} adds to complete a basis have no derivative, and the result depends on them; "
    return checked(u[..., :k], np.any(g[..., k:]), np.linalg.LinAlgError, why + instead)


def _repeated(call: str, values: str, vectors: str) -> str:
    """Say why a derivative is undefined where values repeat."""
    return (
        f"the {vectors} of {call} have no derivative where {values} repeat, and the result depends on those vectors; "
        f"write it with the {values} alone, or move the matrix off the tie"
    )


@op(
    numpy=np.linalg.eigh,
    samples=(
        sample(positive_definite(3, 3)),
        sample(positive_definite(1, 3, 2, 2), UPLO="U"),
        sample(positive_definite(2, 2), UPLO="l"),
        sample(positive_definite(3, 2, 2, dtype=complex)),
        sample(positive_definite(2, 2, dtype=complex), UPLO="U"),
    ),
    labels=loops(2),
)
def eigh(a: Value, /, UPLO: Any = "L") -> Value:
    """Return eigenvalues and eigenvectors of Hermitian matrices (Giles 2008, 3.1; Boeddeker et al. 2017 for complex).

    The phases of complex eigenvectors are such that the first component is real (the last, if the upper triangle is
    read), where LAPACK made it so; elsewhere the derivative is that of functions which do not depend on them.
    Eigenvectors of an eigenvalue that repeats have no derivative: where the result depends on them, the backward pass
    raises LinAlgError.
    """
    return np.linalg.eigh(a, UPLO)


@eigh.vjp
def _(g: Cotangent, z: Value, x: Value, UPLO: Any = "L") -> Cotangent:
    (g_w, g_v), (w, v) = g, z
    lower = UPLO in "Ll"
    inner = diagonal_matrices(g_w)
    if not unused(g_v):
        if np.iscomplexobj(v):
            turning = np.imag(np.sum(g_v * v, axis=-2, keepdims=True))
            g_v = pin_phases(g_v, v, 0 if lower else v.shape[-2] - 1, turning)
        inner = inner + _between(np.matmul(v.mT, g_v), w, "np.linalg.eigh")
    return by_triangle(np.matmul(np.conj(v), np.matmul(inner, v.mT)), lower)


def _between(x: Value, w: Value, call: str) -> Value:
    """Return how the cotangent of eigenvectors, in their own basis, moves the matrix between two eigenvectors."""
    off_diagonal = x * beside(x, 1 - np.eye(x.shape[-1], dtype=x.dtype))
    scale = np.sum(np.abs(w), axis=-1)[..., None, None]
    return quotient(off_diagonal, differences(w), scale, _repeated(call, "eigenvalues", "eigenvectors"))


@op(
    numpy=np.linalg.eigvalsh,
    samples=(
        sample(positive_definite(3, 3)),
        sample(positive_definite(2, 2, 2), UPLO="U"),
        sample(positive_definite(2, 2, dtype=complex)),
    ),
    labels=loops(2),
)
def eigvalsh(a: Value, /, UPLO: Any = "L") -> Value:
    """Return the eigenvalues of Hermitian matrices, in ascending order.

    Subgradient: where eigenvalues repeat, that of the eigenvectors which NumPy finds; symmetric functions of the
    eigenvalues do not depend on the choice.
    """
    return np.linalg.eigvalsh(a, UPLO)


@eigvalsh.vjp
def _(g: Cotangent, z: Value, x: Value, UPLO: Any = "L") -> Cotangent:
    _, v = np.linalg.eigh(x, UPLO)
    return by_triangle(np.matmul(np.conj(v) * g[..., None, :], v.mT), UPLO in "Ll")


def _may_turn_complex(a: Value) -> str | None:
    return None if np.iscomplexobj(a) else f"{COMPLEX}; pass a.astype(complex)"


@op(
    numpy=np.linalg.eig,
    varies=_may_turn_complex,
    samples=(
        sample(diagonalizable(3, 3)),
        sample(diagonalizable(3, 2, 2)),
        sample(diagonalizable(2, 2, rotations=True)),
        sample(diagonalizable(4, 3, 3, dtype=complex)),
    ),
    labels=loops(2),
)
def eig(a: Value, /) -> Value:
    """Return eigenvalues and eigenvectors of square matrices.

    The rule is that of C. Boeddeker et al., "On the computation of complex-valued gradients with application to
    statistically optimum beamforming" (2017), with the phases that LAPACK gives: vectors of length 1 whose largest
    component is real. It is defined where no two eigenvalues are equal. Where they are, and the result depends on their
    eigenvectors, the backward pass raises LinAlgError; so it does for matrices that cannot be diagonalized.
    """
    return np.linalg.eig(a)


@eig.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    (g_w, g_v), (w, v) = g, z
    inner = diagonal_matrices(g_w)
    if not unused(g_v):
        own = np.sum(g_v * v, axis=-2, keepdims=True)
        g_v = g_v - np.conj(v) * np.real(own)  # the length of a vector does not change
        if np.iscomplexobj(v):  # nor does the phase of its largest component
            row = np.argmax(np.abs(v) * (np.imag(v) == 0), axis=-2, keepdims=True)
            g_v = pin_phases(g_v, v, row, np.imag(own))
        inner = inner + _between(np.matmul(v.mT, g_v), w, "np.linalg.eig")
    return np.linalg.solve(v.mT, np.matmul(inner, v.mT))


@op(
    numpy=np.linalg.eigvals,
    varies=_may_turn_complex,
    samples=(sample(diagonalizable(3, 3)), sample(diagonalizable(3, 2, 2, rotations=True))),
)
def eigvals(a: Value, /) -> Value:
    """Return the eigenvalues of square matrices; of a Tensor, in the order in which ``np.linalg.eig`` finds them."""
    return np.linalg.eig(a)[0]


@op(
    numpy=np.linalg.svd,
    samples=(
        sample(matrices(3, 3)),
        sample(matrices(4, 2), full_matrices=False),
        sample(matrices(2, 2, 3), full_matrices=False),
        sample(matrices(3, 2), compute_uv=False),
        sample(matrices(5, 3, 2, dtype=complex), full_matrices=False),
        sample(matrices(3, 4, dtype=complex), full_matrices=False),
        sample(matrices(2, 2, dtype=complex)),
        sample(positive_definite(3, 3), hermitian=True),
        sample(positive_definite(2, 2, dtype=complex), compute_uv=False, hermitian=True),
    ),
    labels=loops(2),
)
def svd(a: Value, /, full_matrices: bool = True, compute_uv: Any = True, hermitian: bool = False) -> Value:
    """Return singular vectors and values, ``a = u @ diag(s) @ vh`` (J. Townsend, "Differentiating the SVD", 2016).

    The phases of complex singular vectors are such that the first component of each row of ``vh`` is real (of each
    column of ``u``, for wide matrices), where LAPACK made it so; elsewhere the derivative is that of functions which do
    not depend on them. Vectors of a singular value that repeats, or of the value 0, have no derivative, and those that
    ``full_matrices`` adds to complete a basis have none either: where the result depends on them, the backward pass
    raises LinAlgError. ``hermitian=True`` reads the lower triangle alone, and the derivative is by that.

    Subgradient: for a singular value of 0, 0; where singular values repeat, that of the vectors which NumPy finds.
    """
    return np.linalg.svd(a, full_matrices, compute_uv, hermitian)


svd.elsewhere(np.linalg.svd)  # CuPy has no hermitian=


@svd.vjp
def _(
    g: Cotangent, z: Value, x: Value, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Cotangent:
    if compute_uv:
        (g_u, g_s, g_vh), (u, s, vh) = g, z
    else:
        g_u, g_s, g_vh = 0, g, 0
        u, s, vh = svd(x, full_matrices=False, **({"hermitian": True} if hermitian else {}))
    k = s.shape[-1]
    v, call = adjoint(vh), ("np.linalg.svd", "use full_matrices=False")
    if unused(g_u, g_vh):
        u, v = u[..., :k], v[..., :k]
    else:
        u, v = _without_extra(u, g_u, k, *call), _without_extra(v, adjoint(g_vh), k, *call)
    vh = adjoint(v)
    c = np.matmul(np.conj(u) * (g_s * (s > 0))[..., None, :], np.conj(vh))
    if not unused(g_u, g_vh):
        c = c + _turning_cotangent(g_u[..., :k], adjoint(g_vh)[..., :k], u, s, adjoint(vh))
    return by_triangle(c) if hermitian else c


def _turning_cotangent(g_u: Value, g_v: Value, u: Value, s: Value, v: Value) -> Value:
    """Return the cotangent of a matrix from those of its singular vectors, as columns of ``u`` and ``v``."""
    m, n, k = u.shape[-2], v.shape[-2], s.shape[-1]
    if np.iscomplexobj(u):
        turning = np.imag(np.sum(g_u * u, axis=-2, keepdims=True) + np.sum(g_v * v, axis=-2, keepdims=True))
        g_u, g_v = (g_u, pin_phases(g_v, v, 0, turning)) if m >= n else (pin_phases(g_u, u, 0, turning), g_v)
    of_u, of_v = np.matmul(u.mT, g_u), np.matmul(v.mT, g_v)
    turn_u, turn_v = of_u - adjoint(of_u), of_v - adjoint(of_v)
    scale = np.sum(s, axis=-1)[..., None, None]
    why = _repeated("np.linalg.svd", "singular values", "singular vectors")
    together = (turn_u + turn_v) * beside(
        u, 1 - np.eye(k, dtype=u.dtype)
    )  # u and v turning alike, and against each other
    inner = quotient(together, differences(s), scale, why)
    inner = inner + quotient(turn_u - turn_v, s[..., None, :] + s[..., :, None], scale, why)
    c = np.matmul(np.conj(u), np.matmul(inner / 2, v.mT))
    if m > k:
        outside = g_u - np.matmul(np.conj(u), of_u)
        c = c + np.matmul(quotient(outside, s[..., None, :], scale, why), v.mT)
    if n > k:
        outside = g_v - np.matmul(np.conj(v), of_v)
        c = c + np.matmul(np.conj(u), adjoint(quotient(outside, s[..., None, :], scale, why)))
    return c


@op(numpy=np.linalg.svdvals, samples=(sample(matrices(3, 2)), sample(matrices(2, 2, 3))))
def svdvals(x: Value, /) -> Value:
    """Return the singular values of matrices, in descending order; their derivatives are those of `svd`."""
    return np.linalg.svd(x, compute_uv=False)
