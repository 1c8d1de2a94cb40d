"""Matrix calculus: determinants, inverses, Cholesky factors, traces, norms, eigenvalues."""

import numpy as np

from tests.held_out.case import call, case


def spd(seed, n):
    B = np.random.default_rng(seed).normal(size=(n, n))
    return B @ B.T + n * np.eye(n)


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@case
def logdet_of_a_general_matrix():
    """d log det A = inv(A) transposed; the transposition is missing."""

    def logdet(A):
        return np.linalg.slogdet(A)[1]

    def logdet_grad(A):
        return np.linalg.inv(A)  # <- return np.linalg.inv(A).T

    return call(logdet, logdet_grad, normal(1, 4, 4))


@case
def determinant():
    """The derivative of a determinant is the determinant times the transposed inverse."""

    def det(A):
        return np.linalg.det(A)

    def det_grad(A):
        return np.linalg.det(A) * np.linalg.inv(A).T

    return call(det, det_grad, normal(2, 3, 3))


@case
def logdet_through_a_factor():
    """log det(B'B + eps I): both factors B are differentiated, which makes 2 B inv(..)."""

    def precision_logdet(B, eps=0.5):
        M = B.T @ B + eps * np.eye(B.shape[1])
        return np.log(np.linalg.det(M))

    def precision_logdet_grad(B, eps=0.5):
        M = B.T @ B + eps * np.eye(B.shape[1])
        return B @ np.linalg.inv(M)  # <- return 2 * B @ np.linalg.inv(M)

    return call(precision_logdet, precision_logdet_grad, normal(3, 5, 3))


@case
def trace_of_inverse():
    """The derivative of tr(inv A) is -inv(A)**2, transposed; the inverse itself, without a minus, is returned."""

    def a_optimality(A):
        return np.trace(np.linalg.inv(A))

    def a_optimality_grad(A):
        Ainv = np.linalg.inv(A)
        return Ainv.T  # <- return -(Ainv @ Ainv).T

    return call(a_optimality, a_optimality_grad, spd(4, 4))


@case
def quadratic_form_of_inverse():
    """x' inv(A) x by x and A, for an A that is not symmetric."""

    def mahalanobis(x, A):
        return x @ np.linalg.inv(A) @ x

    def mahalanobis_grad(x, A):
        Ainv = np.linalg.inv(A)
        u, v = Ainv @ x, Ainv.T @ x
        return u + v, -np.outer(v, u)

    return call(mahalanobis, mahalanobis_grad, normal(5, 4), spd(6, 4) + normal(7, 4, 4))


@case
def quadratic_form_of_inverse_swapped():
    """-outer(inv(A)' x, inv(A) y): rows and columns are swapped."""

    def bilinear(A, x, y):
        return x @ np.linalg.solve(A, y)

    def bilinear_dA(A, x, y):
        left = np.linalg.solve(A.T, x)
        right = np.linalg.solve(A, y)
        return -np.outer(right, left)  # <- return -np.outer(left, right)

    return call(bilinear, bilinear_dA, normal(8, 4, 4), normal(9, 4), normal(10, 4))


@case
def linear_solve_adjoint():
    """The adjoint of a solve is a solve with the transposed matrix; the matrix itself is taken."""

    def solve_and_measure(A, b, target):
        x = np.linalg.solve(A, b)
        return 0.5 * np.sum((x - target) ** 2)

    def adjoint(A, b, target):
        x = np.linalg.solve(A, b)
        lam = np.linalg.solve(A, x - target)  # <- lam = np.linalg.solve(A.T, x - target)
        return -np.outer(lam, x), lam

    return call(solve_and_measure, adjoint, normal(11, 5, 5), normal(12, 5), normal(13, 5))


@case
def cholesky_parametrised_normal():
    """The derivative of log L_ii is 1 / L_ii; L_ii itself is added."""

    class FactorNormal:
        def __init__(self, n):
            self.tril = np.tril_indices(n)
            self.n = n

        def unpack(self, theta):
            L = np.zeros((self.n, self.n))
            L[self.tril] = theta
            return L

        def logpdf(self, theta, x):
            L = self.unpack(theta)
            z = L.T @ x
            return np.sum(np.log(np.abs(np.diag(L)))) - 0.5 * z @ z

        def grad(self, theta, x):
            L = self.unpack(theta)
            dL = -np.outer(x, L.T @ x)
            dL += np.diag(np.diag(L))  # <- dL += np.diag(1 / np.diag(L))
            return dL[self.tril]

    model = FactorNormal(3)
    return call(model.logpdf, model.grad, normal(14, 6), normal(15, 3))


@case
def log_cholesky_parametrisation():
    """The diagonal of the factor is kept as a logarithm: its gradient is multiplied by the diagonal."""

    def precision_loss(diag_log, lower, S):
        n = len(diag_log)
        L = np.diag(np.exp(diag_log))
        L[np.tril_indices(n, -1)] = lower
        return np.sum((L @ L.T) * S) - 2 * np.sum(diag_log)

    def precision_loss_grad(diag_log, lower, S):
        n = len(diag_log)
        L = np.diag(np.exp(diag_log))
        L[np.tril_indices(n, -1)] = lower
        dL = (S + S.T) @ L
        ddiag = np.diag(dL) - 2  # <- ddiag = np.diag(dL) * np.exp(diag_log) - 2
        return ddiag, dL[np.tril_indices(n, -1)]

    return call(precision_loss, precision_loss_grad, 0.5 * normal(16, 4), normal(17, 6), spd(18, 4))


@case
def cholesky_backward():
    """The gradient of a function of the Cholesky factor, as a symmetric matrix."""

    def half_logdet_and_more(B, v):
        A = B @ B.T + 3 * np.eye(len(B))
        L = np.linalg.cholesky(A)
        return np.sum(np.tril(L) * np.outer(v, v))

    def backward(B, v):
        A = B @ B.T + 3 * np.eye(len(B))
        L = np.linalg.cholesky(A)
        G = np.tril(np.outer(v, v))
        P = np.tril(L.T @ G)
        P[np.diag_indices(len(B))] *= 0.5
        S = np.linalg.solve(L.T, np.linalg.solve(L.T, P.T).T)
        return (S + S.T) @ B

    return call(half_logdet_and_more, backward, normal(19, 4, 4), normal(20, 4))


@case
def cholesky_backward_diagonal_not_halved():
    """Of the product L' W the lower triangle is taken with half of its diagonal; the line that halves it is missing."""

    def weigh_factor(A, W):
        L = np.linalg.cholesky((A + A.T) / 2)
        return np.sum(L * W)

    def weigh_factor_grad(A, W):
        L = np.linalg.cholesky((A + A.T) / 2)
        phi = np.tril(L.T @ np.tril(W))  # <- below: phi[np.diag_indices(len(A))] *= 0.5
        Li = np.linalg.inv(L)
        S = Li.T @ phi @ Li
        return 0.5 * (S + S.T)

    return call(weigh_factor, weigh_factor_grad, spd(21, 4), normal(22, 4, 4))


@case
def trace_of_a_product():
    """tr(A X B) has the gradient A' B': the order of the transposed factors is wrong."""

    def trace_product(X, A, B):
        return np.trace(A @ X @ B)

    def trace_product_grad(X, A, B):
        return B.T @ A.T  # <- return A.T @ B.T

    return call(trace_product, trace_product_grad, normal(23, 3, 3), normal(24, 3, 3), normal(25, 3, 3))


@case
def trace_of_a_quadratic():
    """tr(X' A X B) holds X twice: the term with both matrices transposed is missing."""

    def riemannian(X, A, B):
        return np.trace(X.T @ A @ X @ B)

    def riemannian_grad(X, A, B):
        return 2 * A @ X @ B  # <- return A @ X @ B + A.T @ X @ B.T

    return call(riemannian, riemannian_grad, normal(26, 5, 3), normal(27, 5, 5), normal(28, 3, 3))


@case
def trace_of_a_cube():
    """tr(A**3) by A."""

    def triangles(A):
        return np.trace(A @ A @ A)

    def triangles_grad(A):
        return 3 * np.linalg.matrix_power(A, 2).T

    return call(triangles, triangles_grad, normal(29, 4, 4))


@case
def quadratic_form_not_symmetric():
    """x' A x has the gradient (A + A') x: A is taken to be symmetric."""

    def q(x, A, b):
        return 0.5 * x @ A @ x - b @ x

    def dq(x, A, b):
        return A @ x - b  # <- return 0.5 * (A + A.T) @ x - b

    return call(q, dq, normal(30, 5), normal(31, 5, 5), normal(32, 5))


@case
def rayleigh_quotient():
    """The quotient times x is subtracted; the numerator alone is taken for the quotient."""

    def rayleigh(x, A):
        return x @ A @ x / (x @ x)

    def rayleigh_grad(x, A):
        num, den = x @ A @ x, x @ x
        return 2 * (A @ x - num * x) / den  # <- return 2 * (A @ x - num / den * x) / den

    return call(rayleigh, rayleigh_grad, normal(33, 5), spd(34, 5))


@case
def orthogonality_penalty_of_columns():
    """|W'W - I|**2 has the gradient 4 W (W'W - I)."""

    def orth(W):
        return np.linalg.norm(W.T @ W - np.eye(W.shape[1])) ** 2

    def orth_grad(W):
        return 4 * W @ (W.T @ W - np.eye(W.shape[1]))

    return call(orth, orth_grad, normal(35, 5, 3))


@case
def orthogonality_penalty_of_rows():
    """For rows the factor stands on the left: (W W' - I) W, with 4 and not 2."""

    def row_penalty(W):
        G = W @ W.T
        return np.sum((G - np.eye(len(W))) ** 2)

    def row_penalty_grad(W):
        G = W @ W.T
        return 2 * (G - np.eye(len(W))) @ W  # <- return 4 * (G - np.eye(len(W))) @ W

    return call(row_penalty, row_penalty_grad, normal(36, 3, 5))


@case
def frobenius_norm_unsquared():
    """The norm is not squared: its gradient is the residual over the norm, not twice the residual."""

    def distance(X, A, B):
        return np.linalg.norm(A @ X - B)

    def distance_grad(X, A, B):
        R = A @ X - B
        return 2 * A.T @ R  # <- return A.T @ R / np.linalg.norm(R)

    return call(distance, distance_grad, normal(37, 3, 2), normal(38, 5, 3), normal(39, 5, 2))


@case
def nuclear_norm_of_smooth_matrix():
    """Sum of singular values."""

    def nuclear(M):
        return np.linalg.svd(M, compute_uv=False).sum()

    def nuclear_grad(M):
        U, _, Vt = np.linalg.svd(M, full_matrices=False)
        return U @ Vt

    return call(nuclear, nuclear_grad, normal(40, 5, 3))


@case
def largest_eigenvalue():
    """The gradient of an eigenvalue is the outer product of its vector, which is a column of the result of eigh."""

    def top(A):
        return np.linalg.eigvalsh(0.5 * (A + A.T))[-1]

    def top_grad(A):
        _, vectors = np.linalg.eigh(0.5 * (A + A.T))
        v = vectors[-1]  # <- v = vectors[:, -1]
        return np.outer(v, v)

    return call(top, top_grad, normal(41, 4, 4))


@case
def gaussian_kl_to_standard():
    """KL of a normal distribution to the standard one: inv(S) is subtracted, with the half."""

    def kl(mu, S):
        return 0.5 * (np.trace(S) + mu @ mu - len(mu) - np.linalg.slogdet(S)[1])

    def kl_grad(mu, S):
        n = len(mu)
        return mu, 0.5 * np.eye(n) - np.linalg.inv(S).T  # <- return mu, 0.5 * (np.eye(n) - np.linalg.inv(S).T)

    return call(kl, kl_grad, normal(42, 3), spd(43, 3))


@case
def gaussian_log_density_of_precision():
    """The log determinant is counted once for each sample, and the scatter keeps its half: two mistakes."""

    def loglik(P, X):
        n = len(X)
        return 0.5 * n * np.linalg.slogdet(P)[1] - 0.5 * np.sum(X @ P * X)

    def loglik_grad(P, X):
        g = 0.5 * np.linalg.inv(P).T  # <- g = 0.5 * len(X) * np.linalg.inv(P).T
        g -= X.T @ X  # <- g -= 0.5 * X.T @ X
        return g

    return call(loglik, loglik_grad, spd(44, 3), normal(45, 7, 3))


@case
def woodbury_factor_analysis():
    """Negative log-likelihood of factor analysis by loadings and log uniquenesses."""

    def fa_nll(Lam, log_psi, S):
        Sigma = Lam @ Lam.T + np.diag(np.exp(log_psi))
        return 0.5 * np.linalg.slogdet(Sigma)[1] + 0.5 * np.trace(np.linalg.solve(Sigma, S))

    def fa_nll_grad(Lam, log_psi, S):
        Sigma_inv = np.linalg.inv(Lam @ Lam.T + np.diag(np.exp(log_psi)))
        G = 0.5 * (Sigma_inv - Sigma_inv @ S @ Sigma_inv)
        return 2 * G @ Lam, np.diag(G) * np.exp(log_psi)

    return call(fa_nll, fa_nll_grad, normal(46, 5, 2), 0.5 * normal(47, 5), spd(48, 5))


@case
def commutator_norm():
    """|AX - XA|**2: the second appearance of X is multiplied from the right, by A transposed."""

    def commutator(X, A):
        C = A @ X - X @ A
        return 0.5 * np.sum(C**2)

    def commutator_grad(X, A):
        C = A @ X - X @ A
        return A.T @ C - A.T @ C.T  # <- return A.T @ C - C @ A.T

    return call(commutator, commutator_grad, normal(49, 4, 4), normal(50, 4, 4))


@case
def kronecker_structure():
    """Residual of a two-sided product, as in separable filters."""

    def separable(L, R, Y, X):
        return 0.5 * np.sum((L @ X @ R - Y) ** 2)

    def separable_grad(L, R, Y, X):
        E = L @ X @ R - Y
        return E @ R.T @ X.T, X.T @ L.T @ E

    return call(separable, separable_grad, normal(51, 3, 4), normal(52, 5, 2), normal(53, 3, 2), normal(54, 4, 5))
