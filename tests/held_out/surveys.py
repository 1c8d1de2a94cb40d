"""Models of data that people fit: ratings, tests of skills, choices, counts, survival, topics, mixed effects."""

import numpy as np
from scipy.special import digamma, expit, gammaln, log_expit

from tests.held_out.case import call, case


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@case
def bradley_terry_strengths():
    """A player wins several games: each win overwrites the gradient that stood there."""
    games = np.array([[0, 1], [2, 0], [1, 2], [3, 0], [1, 3], [0, 1], [3, 2]])

    def bt_loglik(strength):
        w, l = games.T
        return np.sum(log_expit(strength[w] - strength[l])) - 0.1 * np.sum(strength**2)

    def bt_score(strength):
        grad = -0.2 * strength
        for w, l in games:
            upset = 1 / (1 + np.exp(strength[w] - strength[l]))
            grad[w] = upset  # <- grad[w] += upset
            grad[l] -= upset
        return grad

    return call(bt_loglik, bt_score, normal(1, 4))


@case
def elo_ratings_with_draws():
    """The scale of an Elo rating, log(10) / 400, belongs to the gradient; only 1 / 400 is there."""
    pairs = np.array([[0, 1], [1, 2], [2, 0], [0, 3], [3, 1]])
    score = np.array([1.0, 0.5, 0.0, 1.0, 0.5])

    def elo_loss(r):
        p = 1 / (1 + 10 ** ((r[pairs[:, 1]] - r[pairs[:, 0]]) / 400))
        return -np.sum(score * np.log(p) + (1 - score) * np.log(1 - p))

    def elo_gradient(r):
        p = 1 / (1 + 10 ** ((r[pairs[:, 1]] - r[pairs[:, 0]]) / 400))
        d = (p - score) / 400  # <- d = (p - score) * np.log(10) / 400
        g = np.zeros_like(r)
        np.add.at(g, pairs[:, 0], d)
        np.add.at(g, pairs[:, 1], -d)
        return g

    return call(elo_loss, elo_gradient, 200 * normal(2, 4))


@case
def item_response_two_parameters():
    """a (theta - b): the difficulty enters with minus a, summed over persons; its sign is lost."""

    def irt(theta, a, b, Y):
        z = a * (theta[:, None] - b)
        return np.sum(Y * z - np.logaddexp(0, z)) - 0.5 * np.sum(theta**2)

    def irt_gradient(theta, a, b, Y):
        e = Y - expit(a * (theta[:, None] - b))
        dtheta = e @ a - theta
        da = np.sum(e * (theta[:, None] - b), axis=0)
        db = a * np.sum(e, axis=0)  # <- db = -a * np.sum(e, axis=0)
        return dtheta, da, db

    rng = np.random.default_rng(3)
    Y = (rng.uniform(size=(6, 4)) < 0.5).astype(float)
    return call(irt, irt_gradient, normal(4, 6), rng.uniform(0.5, 2, 4), normal(5, 4), Y)


@case
def item_response_with_guessing():
    """Three-parameter model of a test with a chance of guessing, by ability."""
    a, b, c = np.array([1.2, 0.8, 1.6]), np.array([-0.5, 0.3, 1.0]), np.array([0.2, 0.25, 0.1])

    def guessing_loglik(theta, Y):
        s = expit(a * (theta[:, None] - b))
        p = c + (1 - c) * s
        return np.sum(Y * np.log(p) + (1 - Y) * np.log(1 - p))

    def guessing_score(theta, Y):
        s = expit(a * (theta[:, None] - b))
        p = c + (1 - c) * s
        dp = (1 - c) * a * s * (1 - s)
        return np.sum((Y - p) / (p * (1 - p)) * dp, axis=1)

    Y = (np.random.default_rng(6).uniform(size=(7, 3)) < 0.6).astype(float)
    return call(guessing_loglik, guessing_score, normal(7, 7), Y)


@case
def conditional_logit_choice():
    """Probabilities are normalised over the alternatives of a person: the sum runs over persons instead."""

    class ConditionalLogit:
        def __init__(self, Z, choice):
            self.Z, self.choice = Z, choice

        def utilities(self, beta):
            return self.Z @ beta

        def nll(self, beta):
            U = self.utilities(beta)
            chosen = U[np.arange(len(U)), self.choice]
            return -np.sum(chosen - np.log(np.exp(U).sum(axis=1)))

        def jac(self, beta):
            eU = np.exp(self.utilities(beta))
            P = eU / eU.sum(axis=0, keepdims=True)  # <- P = eU / eU.sum(axis=1, keepdims=True)
            mean = np.einsum("ij,ijk->ik", P, self.Z)
            chosen = self.Z[np.arange(len(P)), self.choice]
            return np.sum(mean - chosen, axis=0)

    model = ConditionalLogit(normal(8, 6, 4, 3), np.array([0, 3, 1, 2, 2, 0]))
    return call(model.nll, model.jac, 0.6 * normal(9, 3))


@case
def nested_logit_dissimilarity():
    """The inclusive value of a nest depends on the dissimilarity twice; only the factor is differentiated."""

    def nest_value(lam, V):
        return lam * np.log(np.sum(np.exp(V / lam)))

    def nest_value_gradient(lam, V):
        e = np.exp(V / lam)
        p = e / e.sum()
        dlam = np.log(e.sum())  # <- dlam = np.log(e.sum()) - p @ V / lam
        return dlam, p

    return call(nest_value, nest_value_gradient, 0.6, normal(10, 5))


@case
def random_intercepts_laplace():
    """Joint log density of effects of groups and fixed effects of a Poisson model."""
    group = np.array([0, 1, 2, 0, 1, 2, 2, 0])

    def joint(beta, b, log_tau, X, y):
        eta = X @ beta + b[group]
        return np.sum(y * eta - np.exp(eta)) - 0.5 * np.sum(b**2) * np.exp(-2 * log_tau) - len(b) * log_tau

    def joint_gradient(beta, b, log_tau, X, y):
        e = y - np.exp(X @ beta + b[group])
        db = np.bincount(group, weights=e) - b * np.exp(-2 * log_tau)
        dlog_tau = np.sum(b**2) * np.exp(-2 * log_tau) - len(b)
        return X.T @ e, db, dlog_tau

    y = np.array([1.0, 0, 2, 3, 1, 0, 2, 1])
    return call(joint, joint_gradient, 0.4 * normal(11, 2), 0.5 * normal(12, 3), -0.3, normal(13, 8, 2), y)


@case
def random_effects_with_variance():
    """The parameter is a variance: d(-b**2 / (2 v)) / dv = b**2 / (2 v**2), and the half is forgotten."""

    def random_effects(b, v, y, g, s2):
        r = y - b[g]
        return -0.5 * r @ r / s2 - 0.5 * b @ b / v - 0.5 * len(b) * np.log(v)

    def random_effects_score(b, v, y, g, s2):
        r = y - b[g]
        db = -b / v
        np.add.at(db, g, r / s2)
        dv = b @ b / v**2 - 0.5 * len(b) / v  # <- dv = 0.5 * b @ b / v**2 - 0.5 * len(b) / v
        return db, dv

    g = np.array([0, 0, 1, 2, 2, 2, 1])
    return call(random_effects, random_effects_score, normal(14, 3), 0.8, normal(15, 7), g, 0.5)


@case
def growth_curve_gompertz():
    """Two slips in Gompertz growth: the slope by b has the inner exponential, and the one by c the time t."""

    def sse(p, t, y):
        a, b, c = p
        return np.sum((a * np.exp(-b * np.exp(-c * t)) - y) ** 2)

    def sse_gradient(p, t, y):
        a, b, c = p
        inner = np.exp(-c * t)
        outer = np.exp(-b * inner)
        r = 2 * (a * outer - y)
        da = r @ outer
        db = -np.sum(r * a * outer)  # <- db = -np.sum(r * a * outer * inner)
        dc = np.sum(r * a * outer * b * inner)  # <- dc = np.sum(r * a * outer * b * inner * t)
        return np.array([da, db, dc])

    return call(sse, sse_gradient, np.array([2.0, 1.3, 0.6]), np.linspace(0.3, 5, 9), normal(16, 9))


@case
def dose_response_curve():
    """Four parameters of a log-logistic curve: the slope of the dose by log EC50 has a minus."""

    def dose_fit(par, log_dose, y):
        bottom, top, log_ec50, hill = par
        s = expit(hill * (log_dose - log_ec50))
        return 0.5 * np.sum((bottom + (top - bottom) * s - y) ** 2)

    def dose_fit_gradient(par, log_dose, y):
        bottom, top, log_ec50, hill = par
        x = log_dose - log_ec50
        s = expit(hill * x)
        r = bottom + (top - bottom) * s - y
        ds = r * (top - bottom) * s * (1 - s)
        shift = hill * ds.sum()  # <- shift = -hill * ds.sum()
        return np.array([r @ (1 - s), r @ s, shift, ds @ x])

    return call(dose_fit, dose_fit_gradient, np.array([0.1, 1.4, 0.3, 1.8]), np.linspace(-2, 2, 9), normal(17, 9))


@case
def capture_recapture():
    """Two observers of animals in sites: Poisson abundance and binomial detection by observer."""

    def occupancy(log_lam, logit_p, counts):
        lam = np.exp(log_lam)
        p = expit(logit_p)
        rate = lam[:, None] * p
        return np.sum(counts * np.log(rate) - rate)

    def occupancy_score(log_lam, logit_p, counts):
        lam = np.exp(log_lam)
        p = expit(logit_p)
        rate = lam[:, None] * p
        return (counts - rate).sum(axis=1), ((counts - rate) * (1 - p)).sum(axis=0)

    counts = np.random.default_rng(18).poisson(2, size=(6, 2))
    return call(occupancy, occupancy_score, 0.5 * normal(19, 6), normal(20, 2), counts)


@case
def hurdle_model_truncated_poisson():
    """The truncation -log(1 - exp(-mu)) has a slope of its own in the positive part, which is left out."""

    def truncated(beta, X, y):
        mu = np.exp(X @ beta)
        return np.sum(y * np.log(mu) - mu - np.log1p(-np.exp(-mu)) - gammaln(y + 1))

    def truncated_score(beta, X, y):
        mu = np.exp(X @ beta)
        mean = mu  # <- mean = mu / (1 - np.exp(-mu))
        return X.T @ (y - mean)

    y = np.array([1, 2, 1, 3, 5, 1, 2, 4])
    return call(truncated, truncated_score, 0.5 * normal(21, 3), normal(22, 8, 3), y)


@case
def beta_binomial_overdispersion():
    """The failures n - k belong to beta; the successes k are taken for them."""

    def beta_binomial(alpha, beta, k, n):
        return np.sum(
            gammaln(k + alpha)
            + gammaln(n - k + beta)
            - gammaln(n + alpha + beta)
            + gammaln(alpha + beta)
            - gammaln(alpha)
            - gammaln(beta)
        )

    def beta_binomial_score(alpha, beta, k, n):
        both = digamma(alpha + beta) - digamma(n + alpha + beta)
        dalpha = np.sum(digamma(k + alpha) - digamma(alpha) + both)
        dbeta = digamma(k + beta) - digamma(beta) + both  # <- dbeta = digamma(n - k + beta) - digamma(beta) + both
        return dalpha, dbeta.sum()

    return call(beta_binomial, beta_binomial_score, 1.4, 2.3, np.array([1, 3, 0, 5, 2]), np.array([6, 7, 5, 8, 6]))


@case
def dirichlet_multinomial_counts():
    """Dirichlet multinomial counts of documents by log concentration."""

    def dm(log_alpha, N):
        alpha = np.exp(log_alpha)
        A = alpha.sum()
        total = N.sum(axis=1)
        per_doc = gammaln(A) - gammaln(A + total) + np.sum(gammaln(N + alpha) - gammaln(alpha), axis=1)
        return per_doc.sum()

    def dm_gradient(log_alpha, N):
        alpha = np.exp(log_alpha)
        A = alpha.sum()
        shared = digamma(A) * len(N) - digamma(A + N.sum(axis=1)).sum()
        own = digamma(N + alpha).sum(axis=0) - len(N) * digamma(alpha)
        return alpha * (shared + own)

    return call(dm, dm_gradient, 0.5 * normal(23, 4), np.random.default_rng(24).poisson(3, size=(5, 4)))


@case
def pareto_tail_and_threshold():
    """Generalised Pareto excesses: the slope -1/xi**2 of (1 + 1/xi) meets the minus before it, and is positive."""

    def gpd(xi, sigma, x):
        t = 1 + xi * x / sigma
        return -len(x) * np.log(sigma) - (1 + 1 / xi) * np.sum(np.log(t))

    def gpd_score(xi, sigma, x):
        t = 1 + xi * x / sigma
        grow = (1 + 1 / xi) * x / (sigma * t)
        dxi = np.sum(-np.log(t) / xi**2 - grow)  # <- dxi = np.sum(np.log(t) / xi**2 - grow)
        dsigma = -len(x) / sigma + (1 + 1 / xi) * np.sum(xi * x / (sigma**2 * t))
        return dxi, dsigma

    return call(gpd, gpd_score, 0.3, 1.2, np.random.default_rng(25).exponential(size=9))


@case
def gumbel_maxima():
    """The score by the scale also has -1 / scale for each observation, from -log(scale)."""

    def gumbel(loc, scale, x):
        z = (x - loc) / scale
        return np.sum(-np.log(scale) - z - np.exp(-z))

    def gumbel_score(loc, scale, x):
        z = (x - loc) / scale
        e = np.exp(-z)
        dloc = np.sum(1 - e) / scale
        dscale = np.sum(z * (1 - e)) / scale  # <- dscale = np.sum(z * (1 - e) - 1) / scale
        return dloc, dscale

    return call(gumbel, gumbel_score, 0.4, 1.3, np.random.default_rng(26).gumbel(size=9))


@case
def skew_normal_shape():
    """The mills ratio is taken at alpha z: it is taken at z."""
    from scipy.special import log_ndtr, ndtr

    def skew_normal(alpha, x, mu=0.2, s=1.4):
        z = (x - mu) / s
        return np.sum(np.log(2 / s) - 0.5 * z**2 + log_ndtr(alpha * z))

    def skew_normal_score(alpha, x, mu=0.2, s=1.4):
        z = (x - mu) / s
        w = z  # <- w = alpha * z
        mills = np.exp(-0.5 * w**2) / np.sqrt(2 * np.pi) / ndtr(w)
        return np.sum(mills * z)

    return call(skew_normal, skew_normal_score, 1.7, normal(27, 8))


@case
def copula_correlation():
    """Log density of a Gaussian copula by its correlation."""

    def gaussian_copula(rho, z1, z2):
        d = 1 - rho**2
        q = rho**2 * (z1**2 + z2**2) - 2 * rho * z1 * z2
        return np.sum(-0.5 * np.log(d) - q / (2 * d))

    def gaussian_copula_score(rho, z1, z2):
        d = 1 - rho**2
        q = rho**2 * (z1**2 + z2**2) - 2 * rho * z1 * z2
        dq = 2 * rho * (z1**2 + z2**2) - 2 * z1 * z2
        return np.sum(rho / d - dq / (2 * d) - q * rho / d**2)

    return call(gaussian_copula, gaussian_copula_score, 0.4, normal(28, 7), normal(29, 7))


@case
def clayton_copula_dependence():
    """The exponent -(2 + 1/theta) depends on theta as well: the term log(s) / theta**2 is missing."""

    def clayton(theta, u, v):
        s = u**-theta + v**-theta - 1
        return np.sum(np.log1p(theta) - (1 + theta) * (np.log(u) + np.log(v)) - (2 + 1 / theta) * np.log(s))

    def clayton_score(theta, u, v):
        s = u**-theta + v**-theta - 1
        ds = -(u**-theta * np.log(u) + v**-theta * np.log(v))
        terms = 1 / (1 + theta) - np.log(u) - np.log(v)
        terms = terms - (2 + 1 / theta) * ds / s  # <- terms = terms - (2 + 1 / theta) * ds / s + np.log(s) / theta**2
        return np.sum(terms)

    rng = np.random.default_rng(30)
    return call(clayton, clayton_score, 1.6, rng.uniform(0.1, 0.9, 7), rng.uniform(0.1, 0.9, 7))


@case
def hawkes_intensity():
    """A self-exciting process: the recursion of the excitation's slope by decay holds the old excitation too."""

    def hawkes(par, t):
        mu, alpha, beta = par
        A, ll = 0.0, np.log(mu)
        for i in range(1, len(t)):
            A = np.exp(-beta * (t[i] - t[i - 1])) * (1 + A)
            ll += np.log(mu + alpha * A)
        return ll - mu * t[-1] - alpha / beta * np.sum(1 - np.exp(-beta * (t[-1] - t)))

    def hawkes_score(par, t):
        mu, alpha, beta = par
        A, dA = 0.0, 0.0
        g = np.array([1 / mu, 0.0, 0.0])
        for i in range(1, len(t)):
            gap = t[i] - t[i - 1]
            decay = np.exp(-beta * gap)
            dA = decay * dA  # <- dA = decay * (dA - gap * (1 + A))
            A = decay * (1 + A)
            g += np.array([1.0, A, alpha * dA]) / (mu + alpha * A)
        left = t[-1] - t
        gone = np.exp(-beta * left)
        g[0] -= t[-1]
        g[1] -= np.sum(1 - gone) / beta
        g[2] -= alpha / beta * np.sum(left * gone) - alpha / beta**2 * np.sum(1 - gone)
        return g

    t = np.cumsum(np.random.default_rng(31).exponential(size=7))
    return call(hawkes, hawkes_score, np.array([0.6, 0.5, 1.3]), t)


@case
def mixture_of_regressions_gate():
    """Two slips: the second component has the share 1 - share, and the gate rises with share - pi."""

    def moe(w1, w2, gate, X, y):
        pi = expit(X @ gate)
        f1 = np.exp(-0.5 * (y - X @ w1) ** 2)
        f2 = np.exp(-0.5 * (y - X @ w2) ** 2)
        return np.sum(np.log(pi * f1 + (1 - pi) * f2))

    def moe_gradient(w1, w2, gate, X, y):
        pi = expit(X @ gate)
        r1, r2 = y - X @ w1, y - X @ w2
        f1, f2 = np.exp(-0.5 * r1**2), np.exp(-0.5 * r2**2)
        share = pi * f1 / (pi * f1 + (1 - pi) * f2)
        dw1 = X.T @ (share * r1)
        dw2 = X.T @ (share * r2)  # <- dw2 = X.T @ ((1 - share) * r2)
        dgate = X.T @ (pi - share)  # <- dgate = X.T @ (share - pi)
        return dw1, dw2, dgate

    return call(moe, moe_gradient, normal(32, 3), normal(33, 3), normal(34, 3), normal(35, 9, 3), normal(36, 9))


@case
def proportional_odds_shared_slope():
    """Two slips: both bounds fall with X beta, so that a minus is due, and the steps have the slope exp(raw)."""

    def proportional(params, X, y):
        beta, raw = params[:2], params[2:]
        cuts = raw[0] + np.concatenate(([0.0], np.cumsum(np.exp(raw[1:]))))
        lo = np.concatenate(([-50.0], cuts))[y] - X @ beta
        hi = np.concatenate((cuts, [50.0]))[y] - X @ beta
        return -np.sum(np.log(expit(hi) - expit(lo)))

    def proportional_gradient(params, X, y):
        beta, raw = params[:2], params[2:]
        cuts = raw[0] + np.concatenate(([0.0], np.cumsum(np.exp(raw[1:]))))
        lo = np.concatenate(([-50.0], cuts))[y] - X @ beta
        hi = np.concatenate((cuts, [50.0]))[y] - X @ beta
        prob = expit(hi) - expit(lo)
        dhi = -expit(hi) * expit(-hi) / prob
        dlo = expit(lo) * expit(-lo) / prob
        dbeta = X.T @ (dhi + dlo)  # <- dbeta = -X.T @ (dhi + dlo)
        padded = np.zeros(len(cuts) + 2)
        np.add.at(padded, y + 1, dhi)
        np.add.at(padded, y, dlo)
        dcuts = padded[1:-1]
        draw = np.cumsum(dcuts[::-1])[::-1]
        draw[1:] *= raw[1:]  # <- draw[1:] *= np.exp(raw[1:])
        return np.concatenate((dbeta, draw))

    y = np.array([0, 1, 2, 3, 1, 2, 0, 3, 1])
    return call(proportional, proportional_gradient, np.array([0.4, -0.7, -1.0, 0.2, -0.3]), normal(37, 9, 2), y)


@case
def instrumental_variables_gmm():
    """GMM with moments Z'(y - X b) and a weight matrix that is not symmetric."""

    def gmm(beta, X, Z, y, W):
        m = Z.T @ (y - X @ beta) / len(y)
        return m @ W @ m

    def gmm_gradient(beta, X, Z, y, W):
        n = len(y)
        m = Z.T @ (y - X @ beta) / n
        return -X.T @ Z @ (W + W.T) @ m / n

    return call(gmm, gmm_gradient, normal(38, 2), normal(39, 9, 2), normal(40, 9, 3), normal(41, 9), normal(42, 3, 3))
