"""Gradients that are written into a buffer of the caller, as optimisers of other languages ask for them."""

import numpy as np

from tests.held_out.case import call, case


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@case
def least_squares_in_place():
    """The residual is multiplied by X transposed, and the factor 2 of the square is forgotten."""

    def sse(w, X, y):
        r = X @ w - y
        return r @ r

    def sse_grad(w, X, y, out):
        r = X @ w - y
        np.dot(X.T, r, out=out)  # <- np.dot(X.T, 2 * r, out=out)

    return call(sse, sse_grad, normal(1, 3), normal(2, 7, 3), normal(3, 7))


@case
def quadratic_in_place():
    """A buffer holds what was there before: it is filled, not added to."""

    def quadratic(x, A, b):
        return 0.5 * x @ A @ x - b @ x

    def quadratic_grad(x, A, b, out):
        out[:] = 0.5 * (A + A.T) @ x
        out -= b

    return call(quadratic, quadratic_grad, normal(4, 4), normal(5, 4, 4), normal(6, 4))


@case
def chained_rosenbrock_in_place():
    """An entry belongs to two terms: the later term overwrites what the earlier one has written."""

    def chained(x):
        total = 0.0
        for i in range(len(x) - 1):
            total += 50 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
        return total

    def chained_grad(x, grad):
        grad[:] = 0
        for i in range(len(x) - 1):
            t = x[i + 1] - x[i] ** 2
            grad[i] = -200 * x[i] * t - 2 * (1 - x[i])  # <- grad[i] += -200 * x[i] * t - 2 * (1 - x[i])
            grad[i + 1] += 100 * t

    return call(chained, chained_grad, normal(7, 6))


@case
def total_variation_in_place():
    """A pixel is pulled by its right neighbour with a minus; the signs of the horizontal differences are turned."""

    def smooth_tv(img, eps=0.1):
        dy = np.diff(img, axis=0)
        dx = np.diff(img, axis=1)
        return np.sum(np.sqrt(dy**2 + eps)) + np.sum(np.sqrt(dx**2 + eps))

    def smooth_tv_gradient(img, eps=0.1, *, out):
        dy = np.diff(img, axis=0)
        dx = np.diff(img, axis=1)
        gy = dy / np.sqrt(dy**2 + eps)
        gx = dx / np.sqrt(dx**2 + eps)
        out.fill(0)
        out[1:] += gy
        out[:-1] -= gy
        out[:, 1:] -= gx  # <- out[:, 1:] += gx
        out[:, :-1] += gx  # <- out[:, :-1] -= gx

    return call(smooth_tv, smooth_tv_gradient, normal(8, 4, 5))


@case
def isotropic_total_variation():
    """Total variation of an image by the norm of its forward differences."""

    def tv(u):
        ux = u[:-1, 1:] - u[:-1, :-1]
        uy = u[1:, :-1] - u[:-1, :-1]
        return np.sum(np.sqrt(ux * ux + uy * uy + 0.01))

    def tv_grad(u, g):
        ux = u[:-1, 1:] - u[:-1, :-1]
        uy = u[1:, :-1] - u[:-1, :-1]
        norm = np.sqrt(ux * ux + uy * uy + 0.01)
        g[...] = 0.0
        g[:-1, 1:] += ux / norm
        g[1:, :-1] += uy / norm
        g[:-1, :-1] -= (ux + uy) / norm

    return call(tv, tv_grad, normal(9, 5, 4))


@case
def dirichlet_energy_with_ends():
    """The ends hang on fixed values; a last line replaces the force of the last node by one without its end."""

    def string_energy(u, left, right):
        e = (u[0] - left) ** 2 + (right - u[-1]) ** 2
        for i in range(1, len(u)):
            e += (u[i] - u[i - 1]) ** 2
        return 0.5 * e

    def string_force(u, left, right, out):
        n = len(u)
        for i in range(n):
            below = left if i == 0 else u[i - 1]
            above = right if i == n - 1 else u[i + 1]
            out[i] = 2 * u[i] - below - above
        out[n - 1] = u[n - 1] - u[n - 2]  # <- delete

    return call(string_energy, string_force, normal(10, 6), 0.4, -0.9)


@case
def log_barrier_in_place():
    """-log(b - A x) has the gradient +A' (1 / slack): the minus of the slack cancels that of the log."""

    def barrier(x, A, b, c, t=2.0):
        return t * c @ x - np.sum(np.log(b - A @ x))

    def barrier_gradient(x, A, b, c, t=2.0, out=None):
        slack = b - A @ x
        out[:] = t * c
        out -= A.T @ (1 / slack)  # <- out += A.T @ (1 / slack)

    return call(barrier, barrier_gradient, 0.3 * normal(11, 3), normal(12, 6, 3), np.full(6, 4.0), normal(13, 3))


@case
def n_body_potential_in_place():
    """Gravity of bodies in a plane, written into an array of the caller."""
    masses = np.array([1.0, 0.4, 2.2, 0.7])

    class NBody:
        def potential(self, q):
            U = 0.0
            for i in range(len(q)):
                for j in range(i):
                    U -= masses[i] * masses[j] / np.linalg.norm(q[i] - q[j])
            return U

        def gradient(self, q, out):
            out[...] = 0
            for i in range(len(q)):
                for j in range(i):
                    d = q[i] - q[j]
                    f = masses[i] * masses[j] * d / np.linalg.norm(d) ** 3
                    out[i] += f
                    out[j] -= f

    system = NBody()
    return call(system.potential, system.gradient, normal(14, 4, 2))


@case
def n_body_newton_third_law():
    """The second body takes the pull with a minus; it is added."""
    m = np.array([1.0, 1.5, 0.6])

    def newton(pos):
        e = 0.0
        for i in range(3):
            for j in range(i + 1, 3):
                e += -m[i] * m[j] / np.sqrt(((pos[i] - pos[j]) ** 2).sum() + 0.04)
        return e

    def newton_grad(pos, out):
        out.fill(0.0)
        for i in range(3):
            for j in range(i + 1, 3):
                d = pos[i] - pos[j]
                pull = m[i] * m[j] * d / ((d**2).sum() + 0.04) ** 1.5
                out[i] += pull
                out[j] += pull  # <- out[j] -= pull

    return call(newton, newton_grad, normal(15, 3, 3))


@case
def smoothing_of_a_signal():
    """The middle of a second difference has the weight -2, and -1 here."""

    def whittaker(z, y, lam):
        d = z[2:] - 2 * z[1:-1] + z[:-2]
        return np.sum((z - y) ** 2) + lam * np.sum(d**2)

    def whittaker_gradient(z, y, lam, grad):
        d = z[2:] - 2 * z[1:-1] + z[:-2]
        grad[:] = 2 * (z - y)
        grad[2:] += 2 * lam * d
        grad[1:-1] -= 2 * lam * d  # <- grad[1:-1] -= 4 * lam * d
        grad[:-2] += 2 * lam * d

    return call(whittaker, whittaker_gradient, normal(16, 8), normal(17, 8), 1.7)


@case
def symmetric_factorisation_in_place():
    """S - H H' holds H twice: the residual of a matrix that is not symmetric is needed with its transpose."""

    def symnmf(H, S):
        return 0.25 * np.sum((S - H @ H.T) ** 2)

    def symnmf_gradient(H, S, out):
        E = H @ H.T - S
        out[...] = E @ H  # <- out[...] = 0.5 * (E + E.T) @ H

    return call(symnmf, symnmf_gradient, normal(18, 5, 2), normal(19, 5, 5))


@case
def volume_of_a_mesh():
    """Each corner takes the cross product of the two others in cyclic order, which is turned for b."""
    faces = np.array([[0, 1, 2], [0, 3, 1], [1, 3, 2], [2, 3, 0]])

    def volume(v):
        total = 0.0
        for a, b, c in faces:
            total += np.dot(v[a], np.cross(v[b], v[c])) / 6
        return total

    def volume_gradient(v, out):
        out[:] = 0
        for a, b, c in faces:
            out[a] += np.cross(v[b], v[c]) / 6
            out[b] += np.cross(v[a], v[c]) / 6  # <- out[b] += np.cross(v[c], v[a]) / 6
            out[c] += np.cross(v[a], v[b]) / 6

    return call(volume, volume_gradient, normal(20, 4, 3))


@case
def repulsion_of_points_on_an_axis():
    """Logarithmic repulsion in a harmonic trap."""

    def coulomb_gas(x, beta):
        e = 0.5 * np.sum(x**2)
        for i in range(len(x)):
            for j in range(i + 1, len(x)):
                e -= beta * np.log(np.abs(x[i] - x[j]))
        return e

    def coulomb_gas_grad(x, beta, out):
        out[:] = x
        for i in range(len(x)):
            for j in range(len(x)):
                if i != j:
                    out[i] -= beta / (x[i] - x[j])

    return call(coulomb_gas, coulomb_gas_grad, np.array([-1.6, -0.7, 0.1, 0.9, 1.8]), 1.5)


@case
def markov_random_field_on_an_image():
    """The data term is weighed by the noise: it is divided by the variance, not by the deviation."""

    def posterior(u, f, sigma, J):
        smooth = np.sum(np.log(1 + (u[1:] - u[:-1]) ** 2))
        return 0.5 * np.sum((u - f) ** 2) / sigma**2 + J * smooth

    def posterior_gradient(u, f, sigma, J, out):
        np.copyto(out, (u - f) / sigma)  # <- np.copyto(out, (u - f) / sigma**2)
        d = u[1:] - u[:-1]
        slope = 2 * J * d / (1 + d**2)
        out[1:] += slope
        out[:-1] -= slope

    return call(posterior, posterior_gradient, normal(21, 6, 3), normal(22, 6, 3), 0.6, 1.1)


@case
def deconvolution_in_place():
    """The adjoint of a valid convolution correlates with the kernel: the kernel is turned round once too often."""
    kernel = np.array([0.5, 1.0, -0.3])

    def misfit(signal, observed):
        return 0.5 * np.sum((np.convolve(signal, kernel, mode="valid") - observed) ** 2)

    def misfit_gradient(signal, observed, out):
        r = np.convolve(signal, kernel, mode="valid") - observed
        out[:] = np.convolve(r, kernel, mode="full")  # <- out[:] = np.convolve(r, kernel[::-1], mode="full")

    return call(misfit, misfit_gradient, normal(23, 9), normal(24, 7))
