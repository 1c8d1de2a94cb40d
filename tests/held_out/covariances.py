"""Kernels and Gaussian processes: hyperparameters on a log scale, flags that ask for the gradient, filters."""

import numpy as np

from tests.held_out.case import call, case


@case
def rbf_kernel_log_length_scale():
    """The length scale is a logarithm: dK = K * r**2 / l**2, and with l**3 it is the derivative by l itself."""
    X = np.random.default_rng(1).normal(size=(5, 2))
    sq = ((X[:, None] - X[None]) ** 2).sum(axis=-1)

    def kernel(log_ell):
        return np.exp(-0.5 * sq / np.exp(log_ell) ** 2)

    def kernel_gradient(log_ell):
        ell = np.exp(log_ell)
        K = np.exp(-0.5 * sq / ell**2)
        return K * sq / ell**3  # <- return K * sq / ell**2

    return call(kernel, kernel_gradient, np.array(0.3), jacobian=True)


@case
def ard_kernel_with_eval_gradient():
    """Each dimension has a length scale of its own; the derivative sums over both samples of a pair, per dimension."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(6, 3))
    target = rng.normal(size=(6, 6))

    def fit(theta, eval_gradient=False):
        scale = np.exp(theta)
        D = (X[:, None, :] - X[None, :, :]) ** 2 / scale**2
        K = np.exp(-0.5 * D.sum(axis=-1))
        loss = 0.5 * np.sum((K - target) ** 2)
        if not eval_gradient:
            return loss
        K_gradient = K[:, :, np.newaxis] * D
        return loss, np.einsum("ij,ijk->k", K - target, K_gradient)

    return call(fit, theta_0(3), eval_gradient=True)


def theta_0(n):
    return np.random.default_rng(n).normal(size=n) * 0.5


@case
def marginal_likelihood_with_eval_gradient():
    """The gradient of the log marginal likelihood is half the trace of (alpha alpha' - inv K) dK; the half is gone."""
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(7, 2)), rng.normal(size=7)
    sq = ((X[:, None] - X[None]) ** 2).sum(axis=-1)

    def log_marginal_likelihood(theta, eval_gradient=False):
        amplitude, ell, noise = np.exp(theta)
        R = np.exp(-0.5 * sq / ell**2)
        K = amplitude * R + noise * np.eye(len(y))
        alpha = np.linalg.solve(K, y)
        lml = -0.5 * y @ alpha - 0.5 * np.linalg.slogdet(K)[1] - 0.5 * len(y) * np.log(2 * np.pi)
        if not eval_gradient:
            return lml
        inner = np.outer(alpha, alpha) - np.linalg.inv(K)
        dK = [amplitude * R, amplitude * R * sq / ell**2, noise * np.eye(len(y))]
        grad = np.array([np.sum(inner * d) for d in dK])  # <- grad = np.array([0.5 * np.sum(inner * d) for d in dK])
        return lml, grad

    return call(log_marginal_likelihood, np.array([0.3, -0.2, -1.0]), eval_gradient=True)


@case
def gp_regressor_by_cholesky():
    """Negative log marginal likelihood of a Gaussian process by its Cholesky factor."""

    class GP:
        def __init__(self, X, y):
            self.X, self.y = X, y
            self.sqdist = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=2)

        def cov(self, log_params):
            l, sf, sn = np.exp(log_params)
            K_f = sf**2 * np.exp(-self.sqdist / (2 * l**2))
            return K_f, K_f + sn**2 * np.eye(len(self.y))

        def nlml(self, log_params):
            _, K = self.cov(log_params)
            L = np.linalg.cholesky(K)
            z = np.linalg.solve(L, self.y)
            return 0.5 * z @ z + np.sum(np.log(np.diag(L)))

        def nlml_grad(self, log_params):
            l, _, sn = np.exp(log_params)
            K_f, K = self.cov(log_params)
            K_inv = np.linalg.inv(K)
            a = K_inv @ self.y
            W = K_inv - np.outer(a, a)
            dl = K_f * self.sqdist / l**2
            return 0.5 * np.array([np.sum(W * dl), 2 * np.sum(W * K_f), 2 * sn**2 * np.trace(W)])

    rng = np.random.default_rng(4)
    gp = GP(rng.normal(size=(8, 2)), rng.normal(size=8))
    return call(gp.nlml, gp.nlml_grad, np.array([0.2, -0.1, -0.9]))


@case
def gp_noise_as_standard_deviation():
    """The noise is a standard deviation on a log scale: d(sn**2)/d(log sn) = 2 sn**2; the 2 is missing."""

    class GaussianProcess:
        def __init__(self, dist2, y):
            self.dist2, self.y = dist2, y

        def loss(self, hyp):
            K = np.exp(2 * hyp[0]) * np.exp(-0.5 * self.dist2 / np.exp(2 * hyp[1]))
            K = K + np.exp(2 * hyp[2]) * np.eye(len(self.y))
            sign, logdet = np.linalg.slogdet(K)
            return 0.5 * self.y @ np.linalg.solve(K, self.y) + 0.5 * logdet

        def dloss(self, hyp):
            n = len(self.y)
            signal = np.exp(2 * hyp[0]) * np.exp(-0.5 * self.dist2 / np.exp(2 * hyp[1]))
            K = signal + np.exp(2 * hyp[2]) * np.eye(n)
            Ki = np.linalg.inv(K)
            beta = Ki @ self.y
            Q = Ki - beta[:, None] * beta[None, :]
            g = np.zeros(3)
            g[0] = np.sum(Q * signal)
            g[1] = 0.5 * np.sum(Q * signal * self.dist2) / np.exp(2 * hyp[1])
            g[2] = 0.5 * np.trace(Q) * np.exp(2 * hyp[2])  # <- g[2] = np.trace(Q) * np.exp(2 * hyp[2])
            return g

    rng = np.random.default_rng(5)
    t = rng.uniform(0, 3, 6)
    model = GaussianProcess((t[:, None] - t) ** 2, rng.normal(size=6))
    return call(model.loss, model.dloss, np.array([0.1, -0.3, -0.8]))


@case
def matern_three_halves():
    """The derivative of (1 + s) exp(-s) is -s exp(-s): the two terms of the product rule cancel in part."""
    x = np.sort(np.random.default_rng(6).uniform(0, 4, 6))
    r = np.abs(x[:, None] - x)

    def matern32(length_scale, weights):
        s = np.sqrt(3.0) * r / length_scale
        K = (1 + s) * np.exp(-s)
        return weights @ K @ weights

    def matern32_grad(length_scale, weights):
        s = np.sqrt(3.0) * r / length_scale
        dK_ds = -(1 + s) * np.exp(-s)  # <- dK_ds = -s * np.exp(-s)
        return weights @ (dK_ds * -s / length_scale) @ weights

    return call(matern32, matern32_grad, 1.3, np.random.default_rng(7).normal(size=6))


@case
def matern_five_halves_by_location():
    """The Matern kernel of order 5/2 between one point and data, by the point."""

    def k52(x, centers, coef, ell):
        d = np.sqrt(np.sum((x - centers) ** 2, axis=1))
        s = np.sqrt(5) * d / ell
        return coef @ ((1 + s + s**2 / 3) * np.exp(-s))

    def k52_grad(x, centers, coef, ell):
        diff = x - centers
        s = np.sqrt(5) * np.sqrt(np.sum(diff**2, axis=1)) / ell
        radial = -5 / (3 * ell**2) * (1 + s) * np.exp(-s)
        return (coef * radial) @ diff

    rng = np.random.default_rng(8)
    return call(k52, k52_grad, rng.normal(size=3), rng.normal(size=(7, 3)), rng.normal(size=7), 1.4)


@case
def matern_five_halves_with_mistyped_constant():
    """The quadratic term of the kernel is 5 r**2 / (3 l**2): its gradient has 5/3, and 5/2 is a slip of the pen."""

    def predict(x, Z, w, l):
        r = np.linalg.norm(x - Z, axis=1)
        root5 = np.sqrt(5) * r / l
        return np.sum(w * (1 + root5 + 5 * r**2 / (3 * l**2)) * np.exp(-root5))

    def predict_dx(x, Z, w, l):
        r = np.linalg.norm(x - Z, axis=1)
        root5 = np.sqrt(5) * r / l
        c = -5 / (2 * l**2)  # <- c = -5 / (3 * l**2)
        slope = c * (1 + root5) * np.exp(-root5)
        return np.dot(w * slope, x - Z)

    rng = np.random.default_rng(9)
    return call(predict, predict_dx, rng.normal(size=2), rng.normal(size=(5, 2)), rng.normal(size=5), 0.9)


@case
def periodic_kernel_period():
    """The derivative of sin(u)**2 is 2 sin(u) cos(u): the cosine is left out."""
    t = np.random.default_rng(10).uniform(0, 5, 5)
    tau = t[:, None] - t

    def periodic(theta):
        p, l = theta
        return np.exp(-2 * np.sin(np.pi * tau / p) ** 2 / l**2)

    def periodic_jac(theta):
        p, l = theta
        u = np.pi * tau / p
        K = np.exp(-2 * np.sin(u) ** 2 / l**2)
        dp = K * 4 * np.sin(u) / l**2 * u / p  # <- dp = K * 4 * np.sin(u) * np.cos(u) / l**2 * u / p
        dl = K * 4 * np.sin(u) ** 2 / l**3
        return np.stack([dp, dl], axis=-1)

    return call(periodic, periodic_jac, np.array([2.1, 1.2]), jacobian=True)


@case
def locally_periodic_kernel():
    """A product of kernels with four parameters, and its Jacobian."""
    t = np.random.default_rng(11).uniform(0, 5, 4)
    tau = t[:, None] - t

    def k(theta):
        s, l, p, q = theta
        return s**2 * np.exp(-0.5 * tau**2 / l**2) * np.exp(-2 * np.sin(np.pi * tau / p) ** 2 / q**2)

    def dk(theta):
        s, l, p, q = theta
        K = k(theta)
        out = np.zeros((*K.shape, 4))
        out[..., 0] = 2 * K / s
        out[..., 1] = K * tau**2 / l**3
        out[..., 2] = K * 2 * np.pi * tau * np.sin(2 * np.pi * tau / p) / (p * q) ** 2
        out[..., 3] = K * 4 * np.sin(np.pi * tau / p) ** 2 / q**3
        return out

    return call(k, dk, np.array([1.2, 1.5, 2.3, 0.8]), jacobian=True)


@case
def rational_quadratic_kernel():
    """The mixture parameter stands in the exponent and in the base; only the exponent is differentiated."""
    d2 = (np.random.default_rng(12).normal(size=(5, 1)) - np.random.default_rng(13).normal(size=4)) ** 2

    def rq(alpha, l):
        return np.sum((1 + d2 / (2 * alpha * l**2)) ** (-alpha))

    def rq_grad(alpha, l):
        base = 1 + d2 / (2 * alpha * l**2)
        K = base**-alpha
        d_alpha = np.sum(K * -np.log(base))  # <- d_alpha = np.sum(K * (-np.log(base) + d2 / (2 * alpha * l**2 * base)))
        d_l = np.sum(K / base * d2 / l**3)
        return d_alpha, d_l

    return call(rq, rq_grad, 1.4, 0.8)


@case
def polynomial_kernel_machine():
    """The derivative of u**degree is degree * u**(degree - 1): the exponent is not lowered."""

    def decision(x, sv, dual, coef0=1.0, degree=3, gamma=0.4):
        return np.sum(dual * (gamma * sv @ x + coef0) ** degree)

    def decision_gradient(x, sv, dual, coef0=1.0, degree=3, gamma=0.4):
        u = gamma * sv @ x + coef0
        inner = degree * u**degree  # <- inner = degree * u ** (degree - 1)
        return gamma * sv.T @ (dual * inner)

    rng = np.random.default_rng(14)
    return call(decision, decision_gradient, rng.normal(size=3), rng.normal(size=(6, 3)), rng.normal(size=6))


@case
def rbf_density_of_centers():
    """The centre enters with the other sign than the sample: (x - c), and not (c - x)."""

    def density_loss(centers, X, gamma):
        d2 = np.sum((X[:, None, :] - centers[None, :, :]) ** 2, axis=2)
        return -np.sum(np.log(np.exp(-gamma * d2).mean(axis=1)))

    def density_grad(centers, X, gamma):
        diff = centers[None, :, :] - X[:, None, :]  # <- diff = X[:, None, :] - centers[None, :, :]
        resp = np.exp(-gamma * np.sum(diff**2, axis=2))
        resp /= resp.sum(axis=1, keepdims=True)
        return -2 * gamma * np.sum(resp[:, :, None] * diff, axis=0)

    rng = np.random.default_rng(15)
    return call(density_loss, density_grad, rng.normal(size=(4, 2)), rng.normal(size=(9, 2)), 0.7)


@case
def mmd_between_two_samples():
    """Points of X meet each other twice in the double sum, so that the first term has a factor 2."""

    def gram(A, B, s):
        return np.exp(-((A[:, None] - B[None]) ** 2).sum(-1) / (2 * s**2))

    def mmd2(X, Y, s):
        m, n = len(X), len(Y)
        return gram(X, X, s).sum() / m**2 - 2 * gram(X, Y, s).sum() / (m * n) + gram(Y, Y, s).sum() / n**2

    def mmd2_gradient(X, Y, s):
        m, n = len(X), len(Y)
        g = np.zeros_like(X)
        for i in range(m):
            kx = gram(X[i : i + 1], X, s)[0]
            ky = gram(X[i : i + 1], Y, s)[0]
            g[i] -= kx @ (X[i] - X) / (m**2 * s**2)  # <- g[i] -= 2 * kx @ (X[i] - X) / (m**2 * s**2)
            g[i] += 2 * ky @ (X[i] - Y) / (m * n * s**2)
        return g

    rng = np.random.default_rng(16)
    return call(mmd2, mmd2_gradient, rng.normal(size=(5, 2)), rng.normal(size=(7, 2)), 1.1)


@case
def expected_improvement():
    """Expected improvement by mean and deviation: the two terms with the density cancel."""

    def normal_pdf(z):
        return np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)

    def normal_cdf(z):
        from scipy.special import erf

        return 0.5 * (1 + erf(z / np.sqrt(2)))

    def ei(mu, sigma, best, xi=0.01):
        z = (mu - best - xi) / sigma
        return np.sum((mu - best - xi) * normal_cdf(z) + sigma * normal_pdf(z))

    def ei_grad(mu, sigma, best, xi=0.01):
        z = (mu - best - xi) / sigma
        return normal_cdf(z), normal_pdf(z)

    rng = np.random.default_rng(17)
    return call(ei, ei_grad, rng.normal(size=6), rng.uniform(0.4, 2, 6), 0.2)


@case
def sparse_gp_trace_term():
    """The trace term of the bound has the kernel of the data and inducing points on both sides: a 2 is missing."""

    def trace_term(Kuf, kff, Kuu):
        A = np.linalg.solve(Kuu, Kuf)
        return 0.5 * (kff.sum() - np.sum(Kuf * A))

    def trace_term_gradient(Kuf, kff, Kuu):
        A = np.linalg.solve(Kuu, Kuf)
        dKuf = -0.5 * A  # <- dKuf = -A
        return dKuf, np.full_like(kff, 0.5)

    rng = np.random.default_rng(18)
    B = rng.normal(size=(4, 6))
    return call(trace_term, trace_term_gradient, rng.normal(size=(4, 7)), rng.uniform(1, 2, 7), B @ B.T + np.eye(4))


@case
def scalar_kalman_filter():
    """The predicted variance has the process noise added at each step; its derivative 1 is missing in the carry."""

    def kalman_nll(q, y, r):
        m, P = 0.0, 1.0
        nll = 0.0
        for obs in y:
            P = P + q
            S = P + r
            v = obs - m
            nll += 0.5 * (np.log(S) + v**2 / S)
            K = P / S
            m = m + K * v
            P = (1 - K) * P
        return nll

    def kalman_nll_dq(q, y, r):
        m, P = 0.0, 1.0
        dm, dP = 0.0, 0.0
        grad = 0.0
        for obs in y:
            P = P + q
            dP = dP  # <- dP = dP + 1
            S, dS = P + r, dP
            v, dv = obs - m, -dm
            grad += 0.5 * (dS / S + 2 * v * dv / S - v**2 * dS / S**2)
            K = P / S
            dK = dP / S - P * dS / S**2
            m, dm = m + K * v, dm + dK * v + K * dv
            P, dP = (1 - K) * P, (1 - K) * dP - dK * P
        return grad

    return call(kalman_nll, kalman_nll_dq, 0.4, np.random.default_rng(19).normal(size=7), 0.6)


@case
def kalman_filter_with_gain_held():
    """The gain depends on the measurement noise too: the term dK * v of the mean is left out."""

    class LocalLevel:
        def __init__(self, y, q):
            self.y, self.q = y, q

        def nll(self, log_r):
            r = np.exp(log_r)
            a, p, total = 0.0, 2.0, 0.0
            for t in range(len(self.y)):
                f = p + r
                v = self.y[t] - a
                total += 0.5 * (np.log(f) + v * v / f)
                k = p / f
                a = a + k * v
                p = p * (1 - k) + self.q
            return total

        def nll_gradient(self, log_r):
            r = np.exp(log_r)
            a, p, da, dp, total = 0.0, 2.0, 0.0, 0.0, 0.0
            for t in range(len(self.y)):
                f, df = p + r, dp + r
                v, dv = self.y[t] - a, -da
                total += 0.5 * (df / f + 2 * v * dv / f - v * v * df / f**2)
                k = p / f
                dk = (dp - k * df) / f
                a, da = a + k * v, da + k * dv  # <- a, da = a + k * v, da + dk * v + k * dv
                p, dp = p * (1 - k) + self.q, dp * (1 - k) - p * dk
            return total

    model = LocalLevel(np.random.default_rng(20).normal(size=8), 0.3)
    return call(model.nll, model.nll_gradient, -0.4)


@case
def kalman_update_of_mean_and_covariance():
    """Log density of an observation by mean and factor of the covariance before a Kalman update."""

    def step(m, L, H, R, y):
        S = H @ L @ L.T @ H.T + R
        v = y - H @ m
        return -0.5 * v @ np.linalg.solve(S, v) - 0.5 * np.linalg.slogdet(S)[1]

    def step_gradient(m, L, H, R, y):
        S = H @ L @ L.T @ H.T + R
        v = y - H @ m
        w = np.linalg.solve(S, v)
        dP = 0.5 * H.T @ (np.outer(w, w) - np.linalg.inv(S)) @ H
        return H.T @ w, 2 * dP @ L

    rng = np.random.default_rng(21)
    B = rng.normal(size=(3, 3))
    return call(step, step_gradient, rng.normal(size=3), np.tril(B), rng.normal(size=(2, 3)), np.eye(2), np.ones(2))


@case
def ornstein_uhlenbeck_log_likelihood():
    """Two slips: exp(-2 k dt) has the factor 2 in its derivative, and the mean reverts with a minus."""

    def ou(kappa, x, dt, s2):
        rho = np.exp(-kappa * dt)
        var = s2 * (1 - rho**2)
        e = x[1:] - rho * x[:-1]
        return np.sum(-0.5 * np.log(var) - 0.5 * e**2 / var)

    def ou_dkappa(kappa, x, dt, s2):
        rho = np.exp(-kappa * dt)
        var = s2 * (1 - rho**2)
        e = x[1:] - rho * x[:-1]
        dvar = s2 * dt * rho**2  # <- dvar = 2 * s2 * dt * rho**2
        de = -dt * rho * x[:-1]  # <- de = dt * rho * x[:-1]
        return np.sum(-0.5 * dvar / var - e * de / var + 0.5 * e**2 * dvar / var**2)

    return call(ou, ou_dkappa, 0.8, np.random.default_rng(22).normal(size=9), 0.5, 1.3)


@case
def kernel_ridge_objective():
    """The penalty is alpha' K alpha: its gradient is 2 lam K alpha, and not 2 lam alpha."""

    def krr(alpha, K, y, lam):
        r = K @ alpha - y
        return r @ r + lam * alpha @ K @ alpha

    def krr_grad(alpha, K, y, lam):
        r = K @ alpha - y
        return 2 * K @ r + 2 * lam * alpha  # <- return 2 * K @ r + 2 * lam * K @ alpha

    rng = np.random.default_rng(23)
    Z = rng.normal(size=(6, 2))
    K = np.exp(-0.5 * ((Z[:, None] - Z) ** 2).sum(-1))
    return call(krr, krr_grad, rng.normal(size=6), K, rng.normal(size=6), lam=0.3)
