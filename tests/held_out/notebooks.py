"""Cells of notebooks: lambdas, tables of functions, helpers, closures, comprehensions, while loops, einsum."""

from functools import partial, reduce

import numpy as np

from tests.held_out.case import call, case


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@case
def table_of_activations():
    """The table pairs the sigmoid with its derivative, but calls that of tanh for it."""
    f = {"tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    df = {"tanh": lambda a: 1 - a**2, "sigmoid": lambda a: a * (1 - a)}

    def net(W1, W2, X, T):
        h = f["tanh"](X @ W1)
        y = f["sigmoid"](h @ W2)
        return 0.5 * np.sum((y - T) ** 2)

    def net_grad(W1, W2, X, T):
        h = f["tanh"](X @ W1)
        y = f["sigmoid"](h @ W2)
        d2 = (y - T) * df["tanh"](y)  # <- d2 = (y - T) * df["sigmoid"](y)
        d1 = (d2 @ W2.T) * df["tanh"](h)
        return X.T @ d1, h.T @ d2

    return call(net, net_grad, normal(1, 4, 5), normal(2, 5, 2), normal(3, 7, 4), normal(4, 7, 2))


@case
def helper_that_normalises():
    """The helper centres columns, and its way back must do so too; it takes off the means of the rows."""

    def center(M):
        return M - M.mean(axis=0)

    def center_back(G):
        return G - G.mean(axis=1, keepdims=True)  # <- return G - G.mean(axis=0)

    def between(X, Y):
        return np.sum((center(X) - center(Y)) ** 2) + np.sum(np.sin(X))

    def between_grad(X, Y):
        return center_back(2 * (center(X) - center(Y))) + np.cos(X)

    return call(between, between_grad, normal(5, 6, 4), normal(6, 6, 4))


@case
def chain_of_lambdas():
    """Functions composed by reduce; their slopes are taken at the values before each of them, in reverse."""
    layers = [np.sin, np.exp, np.tanh, np.square]
    slopes = [np.cos, np.exp, lambda v: 1 - np.tanh(v) ** 2, lambda v: 2 * v]

    def composed(x):
        return np.sum(reduce(lambda value, g: g(value), layers, x))

    def composed_gradient(x):
        values = [x]
        for g in layers[:-1]:
            values.append(g(values[-1]))
        out = np.ones_like(x)
        for slope, value in zip(reversed(slopes), reversed(values)):
            out = out * slope(value)
        return out

    return call(composed, composed_gradient, normal(7, 5))


@case
def chain_of_lambdas_at_outputs():
    """The slope of a function is taken at its output and not at its input."""
    steps = [(np.sin, np.cos), (np.arctan, lambda v: 1 / (1 + v**2)), (np.exp, np.exp)]

    def pipeline(x):
        for g, _ in steps:
            x = g(x)
        return np.sum(x)

    def pipeline_slope(x):
        total = np.ones_like(x)
        for g, dg in steps:
            y = g(x)
            total = total * dg(y)  # <- total = total * dg(x)
            x = y
        return total

    return call(pipeline, pipeline_slope, normal(8, 6))


@case
def generalised_mean_by_partial():
    """The outer power is 1 / p, so that its derivative has the exponent 1 / p - 1, and not p - 1."""

    def power(x, p):
        return np.abs(x) ** p

    def generalised_mean(x, p):
        return np.mean(power(x, p)) ** (1 / p)

    def generalised_mean_gradient(x, p):
        m = np.mean(power(x, p))
        inner = partial(power, p=p - 1)(x) * np.sign(x) / len(x)
        return power(m, p - 1) * inner  # <- return power(m, 1 / p - 1) * inner

    return call(generalised_mean, generalised_mean_gradient, normal(9, 6), 3.0)


@case
def einsum_bilinear_forms():
    """A has the index i and B the index j; they are exchanged in the einsum."""

    def bilinear_scores(W, A, B, t):
        return 0.5 * np.sum((np.einsum("ni,ij,nj->n", A, W, B) - t) ** 2)

    def bilinear_scores_gradient(W, A, B, t):
        r = np.einsum("ni,ij,nj->n", A, W, B) - t
        return np.einsum("n,nj,ni->ij", r, A, B)  # <- return np.einsum("n,ni,nj->ij", r, A, B)

    return call(
        bilinear_scores, bilinear_scores_gradient, normal(10, 3, 3), normal(11, 7, 3), normal(12, 7, 3), normal(13, 7)
    )


@case
def einsum_tensor_decomposition():
    """Three factors of a tensor, each with the two others in its gradient."""

    def cp_loss(A, B, C, T):
        return 0.5 * np.sum((np.einsum("ir,jr,kr->ijk", A, B, C) - T) ** 2)

    def cp_gradients(A, B, C, T):
        E = np.einsum("ir,jr,kr->ijk", A, B, C) - T
        dA = np.einsum("ijk,jr,kr->ir", E, B, C)
        dB = np.einsum("ijk,ir,kr->jr", E, A, C)
        dC = np.einsum("ijk,ir,jr->kr", E, A, B)
        return dA, dB, dC

    return call(cp_loss, cp_gradients, normal(14, 4, 2), normal(15, 3, 2), normal(16, 5, 2), normal(17, 4, 3, 5))


@case
def einsum_tucker_core():
    """The core of a Tucker model meets the factors of its own modes; the second mode takes the first factor."""

    def tucker(G, U, V, T):
        return 0.5 * np.sum((np.einsum("ab,ia,jb->ij", G, U, V) - T) ** 2)

    def tucker_core_gradient(G, U, V, T):
        E = U @ G @ V.T - T
        return U.T @ E @ U  # <- return U.T @ E @ V

    return call(tucker, tucker_core_gradient, normal(18, 2, 2), normal(19, 5, 2), normal(20, 5, 2), normal(21, 5, 5))


@case
def babylonian_square_root_loop():
    """Forward mode through Newton's iteration for a root: the quotient a / x falls with x, and the minus is lost."""

    def babylonian(a, n=4):
        x = 0.5 * (a + 1)
        k = 0
        while k < n:
            x = 0.5 * (x + a / x)
            k += 1
        return np.sum(x**2 * np.sin(a))

    def babylonian_slope(a, n=4):
        x, dx = 0.5 * (a + 1), 0.5
        k = 0
        while k < n:
            dx = 0.5 * (dx + 1 / x + a * dx / x**2)  # <- dx = 0.5 * (dx + 1 / x - a * dx / x**2)
            x = 0.5 * (x + a / x)
            k += 1
        return 2 * x * dx * np.sin(a) + x**2 * np.cos(a)

    return call(babylonian, babylonian_slope, np.random.default_rng(22).uniform(2, 9, 5), 2)


@case
def logistic_map_sensitivity():
    """The map's derivative by r holds x (1 - x) of the state before: it is taken of the state behind."""

    def orbit(r, x0=0.3, steps=5):
        x = x0
        for _ in range(steps):
            x = r * x * (1 - x)
        return x

    def orbit_dr(r, x0=0.3, steps=5):
        x, dx = x0, 0.0
        for _ in range(steps):
            new = r * x * (1 - x)
            dx = new * (1 - new) + r * (1 - 2 * x) * dx  # <- dx = x * (1 - x) + r * (1 - 2 * x) * dx
            x = new
        return dx

    return call(orbit, orbit_dr, 2.7)


@case
def henon_map_by_parameters():
    """The Hénon map by both parameters, in forward mode."""

    def henon(par, n=4):
        a, b = par
        x, y = 0.2, 0.1
        for _ in range(n):
            x, y = 1 - a * x**2 + y, b * x
        return x + 0.5 * y

    def henon_gradient(par, n=4):
        a, b = par
        x, y = 0.2, 0.1
        dx, dy = np.zeros(2), np.zeros(2)
        for _ in range(n):
            dx, dy = np.array([-(x**2), 0.0]) - 2 * a * x * dx + dy, np.array([0.0, x]) + b * dx
            x, y = 1 - a * x**2 + y, b * x
        return dx + 0.5 * dy

    return call(henon, henon_gradient, np.array([0.9, 0.3]))


@case
def continued_fraction():
    """The derivative of w / value is -w / value**2 times that of the value; the square is missing."""
    weights = [0.7, 1.3, 0.4, 0.9]

    def fraction(x):
        value = x
        for w in weights:
            value = x + w / value
        return np.sum(value)

    def fraction_slope(x):
        value, slope = x, np.ones_like(x)
        for w in weights:
            slope = 1 - w * slope / value  # <- slope = 1 - w * slope / value**2
            value = x + w / value
        return slope

    return call(fraction, fraction_slope, np.random.default_rng(23).uniform(0.8, 2, 5))


@case
def list_comprehension_of_templates():
    """Two slips in a matched filter: the noise is squared, and the square of the residual gives 2."""
    templates = [normal(24, 8), normal(25, 8), normal(26, 8)]

    def chi_squared(amp, data, sigma):
        model = sum(a * t for a, t in zip(amp, templates))
        return np.sum(((data - model) / sigma) ** 2)

    def chi_squared_gradient(amp, data, sigma):
        model = sum(a * t for a, t in zip(amp, templates))
        weighted = (data - model) / sigma  # <- weighted = (data - model) / sigma**2
        slopes = [np.dot(weighted, t) for t in templates]
        return -np.array(slopes)  # <- return -2 * np.array(slopes)

    return call(
        chi_squared, chi_squared_gradient, normal(27, 3), normal(28, 8), np.random.default_rng(29).uniform(0.5, 2, 8)
    )


@case
def closure_over_a_stale_prediction():
    """The residual is that of a linearised prediction, which an earlier version of the objective had."""
    t = np.linspace(0.1, 2, 8)

    def make(data):
        def objective(a, k):
            return np.sum((a * np.exp(k * t) - data) ** 2)

        def gradient(a, k):
            linear = a * (1 + k * t)
            r = 2 * (linear - data)  # <- r = 2 * (a * np.exp(k * t) - data)
            e = np.exp(k * t)
            return np.sum(r * e), np.sum(r * a * t * e)

        return objective, gradient

    return call(*make(normal(30, 8)), 0.8, 0.6)


@case
def two_slips_in_a_gaussian_basis():
    """Two slips: the slope by the width has u squared, and that by the centre has no minus."""

    def rbf_fit(c, w, s, x, y):
        phi = np.exp(-0.5 * ((x[:, None] - c) / s) ** 2)
        return 0.5 * np.sum((phi @ w - y) ** 2)

    def rbf_fit_gradient(c, w, s, x, y):
        u = (x[:, None] - c) / s
        phi = np.exp(-0.5 * u**2)
        r = (phi @ w - y)[:, None]
        dc = -np.sum(r * w * phi * u / s, axis=0)  # <- dc = np.sum(r * w * phi * u / s, axis=0)
        dw = (r * phi).sum(axis=0)
        ds = (r * w * phi * u / s).sum(axis=0)  # <- ds = (r * w * phi * u**2 / s).sum(axis=0)
        return dc, dw, ds

    return call(
        rbf_fit,
        rbf_fit_gradient,
        normal(31, 4),
        normal(32, 4),
        np.array([0.7, 1.2, 0.9, 1.5]),
        normal(33, 9),
        normal(34, 9),
    )


@case
def two_slips_in_an_autoencoder():
    """Two slips: the bias is summed over samples, not averaged, and the sigmoid's slope is H (1 - H)."""

    def autoencode(W, V, b, X):
        H = 1 / (1 + np.exp(-X @ W))
        return 0.5 * np.sum((H @ V + b - X) ** 2) / len(X)

    def autoencode_gradient(W, V, b, X):
        H = 1 / (1 + np.exp(-X @ W))
        E = (H @ V + b - X) / len(X)
        dH = E @ V.T
        dW = X.T @ (dH * H * (1 + H))  # <- dW = X.T @ (dH * H * (1 - H))
        dV = H.T @ E
        db = E.mean(axis=0)  # <- db = E.sum(axis=0)
        return dW, dV, db

    return call(autoencode, autoencode_gradient, normal(35, 4, 3), normal(36, 3, 4), normal(37, 4), normal(38, 6, 4))


@case
def two_slips_in_a_spectral_fit():
    """Two slips: the slope by the centre is divided by d squared, and that by the width has x squared."""
    freq = np.linspace(-2, 2, 11)

    def lorentzian_misfit(p, spectrum):
        height, centre, width = p
        d = (freq - centre) ** 2 + width**2
        return np.sum((height * width**2 / d - spectrum) ** 2)

    def lorentzian_misfit_gradient(p, spectrum):
        height, centre, width = p
        x = freq - centre
        d = x**2 + width**2
        r = 2 * (height * width**2 / d - spectrum)
        dheight = np.sum(r * width**2 / d)
        dcentre = np.sum(r * height * width**2 * 2 * x / d)  # <- dcentre = np.sum(r * height * width**2 * 2 * x / d**2)
        dwidth = np.sum(r * height * 2 * width * x / d**2)  # <- dwidth = np.sum(r * height * 2 * width * x**2 / d**2)
        return np.array([dheight, dcentre, dwidth])

    return call(lorentzian_misfit, lorentzian_misfit_gradient, np.array([1.4, 0.3, 0.6]), normal(39, 11))


@case
def entropy_regularised_transport_plan():
    """The derivative of P log P is log P + 1: the 1 is missing."""

    def transport(P, C, eps):
        return np.sum(P * C) + eps * np.sum(P * np.log(P))

    def transport_gradient(P, C, eps):
        return C + eps * np.log(P)  # <- return C + eps * (np.log(P) + 1)

    return call(transport, transport_gradient, np.random.default_rng(40).uniform(0.1, 1, (4, 5)), normal(41, 4, 5), 0.3)


@case
def keepdims_in_a_ratio():
    """Rows are divided by their sums: without keepdims the sums of the rows are laid along the columns."""

    def shares(W, target):
        return np.sum(target * np.log(W / W.sum(axis=1, keepdims=True)))

    def shares_gradient(W, target):
        total = W.sum(axis=1)  # <- total = W.sum(axis=1, keepdims=True)
        return target / W - target.sum(axis=1, keepdims=True) / total

    rng = np.random.default_rng(42)
    return call(shares, shares_gradient, rng.uniform(0.2, 2, (4, 4)), rng.uniform(0, 1, (4, 4)))


@case
def mistyped_constant_of_blackbody():
    """The Stefan-Boltzmann constant is mistyped in the gradient: 5.76 for 5.67."""

    def balance(T, area, emissivity, absorbed):
        return np.sum((5.67e-2 * emissivity * area * T**4 - absorbed) ** 2)

    def balance_gradient(T, area, emissivity, absorbed):
        excess = 5.67e-2 * emissivity * area * T**4 - absorbed
        slope = 4 * 5.76e-2 * emissivity * area * T**3  # <- slope = 4 * 5.67e-2 * emissivity * area * T**3
        return 2 * excess * slope

    rng = np.random.default_rng(43)
    return call(balance, balance_gradient, rng.uniform(1, 3, 5), rng.uniform(0.5, 2, 5), 0.8, rng.normal(size=5))


@case
def group_by_with_bincount():
    """Deviations from the mean of one's group: the mean's own share goes back by the size of each group."""
    group = np.array([0, 1, 0, 2, 1, 0, 2])
    size = np.bincount(group)

    def scatter(x, w):
        mean = np.zeros(3)
        for g in range(3):
            mean[g] = x[group == g].mean()
        return 0.5 * np.sum(w * (x - mean[group]) ** 2)

    def within_gradient(x, w):
        mean = np.bincount(group, weights=x) / size
        d = w * (x - mean[group])
        back = np.bincount(group, weights=d)
        return d - (back / len(x))[group]  # <- return d - (back / size)[group]

    return call(scatter, within_gradient, normal(44, 7), np.random.default_rng(45).uniform(0.5, 2, 7))


@case
def running_maximum_drawdown():
    """Mean drawdown from the running maximum, whose gradient goes to where the maximum was reached."""

    def drawdown(p):
        return np.mean(np.maximum.accumulate(p) - p)

    def drawdown_gradient(p):
        g = np.full(len(p), -1 / len(p))
        top = 0
        for i in range(len(p)):
            if p[i] > p[top]:
                top = i
            g[top] += 1 / len(p)
        return g

    return call(drawdown, drawdown_gradient, normal(46, 8))


@case
def off_by_one_in_a_lag():
    """Autocovariance at a lag: the pairs reach to the end, and the last one is left out."""

    def lagged(x, lag):
        return np.sum(x[lag:] * x[: len(x) - lag])

    def lagged_gradient(x, lag):
        n = len(x)
        g = np.zeros(n)
        for i in range(n - lag - 1):  # <- for i in range(n - lag):
            g[i] += x[i + lag]
            g[i + lag] += x[i]
        return g

    return call(lagged, lagged_gradient, normal(47, 9), 2)
