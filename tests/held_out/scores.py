"""Log-likelihoods of statistics and their scores, in the manner of packages for regression."""

import numpy as np
from scipy.special import digamma, expit, gammaln, ndtr

from tests.held_out.case import call, case


@case
def logistic_regression_with_weights():
    """The score weighs each observation; the weights of the sample are left out."""

    def loglike(beta, X, y, weights):
        eta = X @ beta
        return np.sum(weights * (y * eta - np.logaddexp(0, eta)))

    def score(beta, X, y, weights):
        mu = expit(X @ beta)
        return X.T @ (y - mu)  # <- return X.T @ (weights * (y - mu))

    rng = np.random.default_rng(1)
    y = (rng.uniform(size=9) < 0.5).astype(float)
    return call(loglike, score, rng.normal(size=3), rng.normal(size=(9, 3)), y, rng.uniform(0.5, 2, 9))


@case
def ridge_logistic_regression():
    """The penalty of a minimised loss is added with a plus: its gradient is added too, not subtracted."""

    class LogisticRegression:
        def __init__(self, alpha):
            self.alpha = alpha

        def negloglik(self, beta, X, y):
            z = (2 * y - 1) * (X @ beta)
            return np.sum(np.log1p(np.exp(-z))) + 0.5 * self.alpha * np.sum(beta[1:] ** 2)

        def grad_negloglik(self, beta, X, y):
            p = 1 / (1 + np.exp(-X @ beta))
            grad = X.T @ (p - y)
            grad[1:] -= self.alpha * beta[1:]  # <- grad[1:] += self.alpha * beta[1:]
            return grad

    rng = np.random.default_rng(2)
    model = LogisticRegression(1.5)
    X = np.column_stack([np.ones(11), rng.normal(size=(11, 3))])
    y = (rng.uniform(size=11) < 0.6).astype(float)
    return call(model.negloglik, model.grad_negloglik, rng.normal(size=4), X, y)


@case
def poisson_regression_with_offset():
    """The fitted mean of the score lacks the offset."""

    def poisson_loglike(params, X, y, offset):
        linpred = X @ params + offset
        return np.sum(y * linpred - np.exp(linpred) - gammaln(y + 1))

    def poisson_score(params, X, y, offset):
        mu = np.exp(X @ params)  # <- mu = np.exp(X @ params + offset)
        return X.T @ (y - mu)

    rng = np.random.default_rng(3)
    X = rng.normal(size=(10, 3))
    return call(
        poisson_loglike, poisson_score, 0.4 * rng.normal(size=3), X, rng.poisson(2.0, 10), rng.uniform(0.2, 1.2, 10)
    )


@case
def gamma_regression_shape_and_coefficients():
    """d/dk of -k log(scale) has log(scale) with a minus; it is added."""

    def loglik(beta, k, X, y):
        mu = np.exp(X @ beta)
        theta = mu / k
        return np.sum((k - 1) * np.log(y) - y / theta - k * np.log(theta) - gammaln(k))

    def dloglik(beta, k, X, y):
        mu = np.exp(X @ beta)
        dbeta = X.T @ (k * (y / mu - 1))
        dk = np.log(y) - y / mu + np.log(mu / k) + 1  # <- dk = np.log(y) - y / mu - np.log(mu / k) + 1
        dk = np.sum(dk - digamma(k))
        return dbeta, dk

    rng = np.random.default_rng(4)
    return call(loglik, dloglik, 0.5 * rng.normal(size=2), 1.7, rng.normal(size=(8, 2)), rng.gamma(2, 1, 8))


@case
def beta_regression_mean_and_precision():
    """Beta regression with a logit mean and a log precision, by the chain rule of both links."""

    class BetaModel:
        def __init__(self, y, X, Z):
            self.y, self.X, self.Z = y, X, Z
            self.logit_y = np.log(y) - np.log1p(-y)

        def _split(self, params):
            p = self.X.shape[1]
            return expit(self.X @ params[:p]), np.exp(self.Z @ params[p:])

        def loglike(self, params):
            mu, phi = self._split(params)
            a, b = mu * phi, (1 - mu) * phi
            const = gammaln(phi) - gammaln(a) - gammaln(b)
            return np.sum(const + (a - 1) * np.log(self.y) + (b - 1) * np.log1p(-self.y))

        def score(self, params):
            mu, phi = self._split(params)
            mustar = digamma(mu * phi) - digamma((1 - mu) * phi)
            dmu = phi * (self.logit_y - mustar)
            dphi = mu * (self.logit_y - mustar) + np.log1p(-self.y) - digamma((1 - mu) * phi) + digamma(phi)
            return np.concatenate([self.X.T @ (dmu * mu * (1 - mu)), self.Z.T @ (dphi * phi)])

    rng = np.random.default_rng(5)
    model = BetaModel(rng.beta(2, 3, 9), rng.normal(size=(9, 3)), rng.normal(size=(9, 2)))
    return call(model.loglike, model.score, 0.5 * rng.normal(size=5))


@case
def beta_regression_without_link():
    """The mean is a logistic function of the linear predictor: its slope mu * (1 - mu) is missing."""

    def llf(coef, phi, X, y):
        mu = expit(X @ coef)
        p, q = mu * phi, (1 - mu) * phi
        ll = gammaln(phi) - gammaln(p) - gammaln(q)
        ll = ll + (p - 1) * np.log(y) + (q - 1) * np.log(1 - y)
        return ll.sum()

    def llf_grad(coef, phi, X, y):
        mu = expit(X @ coef)
        p, q = mu * phi, (1 - mu) * phi
        ystar = np.log(y / (1 - y))
        mustar = digamma(p) - digamma(q)
        resid = phi * (ystar - mustar)  # <- resid = phi * (ystar - mustar) * mu * (1 - mu)
        return X.T @ resid

    rng = np.random.default_rng(6)
    return call(llf, llf_grad, 0.5 * rng.normal(size=3), 4.5, rng.normal(size=(10, 3)), rng.beta(2, 2, 10))


@case
def negative_binomial_nb2():
    """The mean in the denominator of the score is multiplied by alpha: 1 + alpha * mu."""

    def nb2_loglike(beta, alpha, exog, endog):
        mu = np.exp(exog @ beta)
        r = 1 / alpha
        prob = r / (r + mu)
        coeff = gammaln(endog + r) - gammaln(r) - gammaln(endog + 1)
        return np.sum(coeff + r * np.log(prob) + endog * np.log(1 - prob))

    def nb2_score(beta, alpha, exog, endog):
        mu = np.exp(exog @ beta)
        r = 1 / alpha
        dbeta = exog.T @ ((endog - mu) / (1 + mu))  # <- dbeta = exog.T @ ((endog - mu) / (1 + alpha * mu))
        dr = digamma(endog + r) - digamma(r) + np.log(r / (r + mu)) + 1 - (r + endog) / (r + mu)
        dalpha = -np.sum(dr) / alpha**2
        return dbeta, dalpha

    rng = np.random.default_rng(7)
    return call(nb2_loglike, nb2_score, 0.4 * rng.normal(size=3), 0.6, rng.normal(size=(9, 3)), rng.poisson(2.5, 9))


@case
def negative_binomial_log_dispersion():
    """The parameter is the logarithm of the dispersion: d/d log r = r * d/d r, and the factor r is missing."""

    def negbin(params, X, y):
        beta, r = params[:-1], np.exp(params[-1])
        m = np.exp(X @ beta)
        ll = gammaln(y + r) - gammaln(r) + r * np.log(r) + y * np.log(m) - (y + r) * np.log(r + m)
        return -np.sum(ll)

    def negbin_grad(params, X, y):
        beta, r = params[:-1], np.exp(params[-1])
        m = np.exp(X @ beta)
        grad = np.empty_like(params)
        grad[:-1] = -X.T @ (y - m * (y + r) / (r + m))
        dr = digamma(y + r) - digamma(r) + np.log(r) + 1 - np.log(r + m) - (y + r) / (r + m)
        grad[-1] = -np.sum(dr)  # <- grad[-1] = -np.sum(dr) * r
        return grad

    rng = np.random.default_rng(8)
    return call(negbin, negbin_grad, np.array([0.3, -0.5, 0.9]), rng.normal(size=(8, 2)), rng.poisson(2, 8))


@case
def student_t_location_scale():
    """The weight of a residual is (nu + 1) / (nu + t**2), with the standardised t, not the plain residual."""

    def t_loglik(mu, sigma, nu, x):
        t = (x - mu) / sigma
        norm = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi) - np.log(sigma)
        return np.sum(norm - (nu + 1) / 2 * np.log1p(t**2 / nu))

    def t_score(mu, sigma, nu, x):
        r = x - mu
        t = r / sigma
        w = (nu + 1) / (nu + r**2)  # <- w = (nu + 1) / (nu + t**2)
        return np.sum(w * t) / sigma, np.sum(w * t**2 - 1) / sigma

    return call(t_loglik, t_score, 0.3, 1.8, 4.0, np.random.default_rng(9).standard_t(4, size=12))


@case
def student_t_degrees_of_freedom():
    """Score of a t distribution with respect to its degrees of freedom alone."""

    def loglik(nu, z):
        n = len(z)
        const = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi)
        return n * const - 0.5 * (nu + 1) * np.sum(np.log(1 + z**2 / nu))

    def dloglik(nu, z):
        n = len(z)
        out = 0.5 * n * (digamma((nu + 1) / 2) - digamma(nu / 2) - 1 / nu)
        out += np.sum(-0.5 * np.log(1 + z**2 / nu) + 0.5 * (nu + 1) / nu * z**2 / (nu + z**2))
        return out

    return call(loglik, dloglik, 5.3, np.random.default_rng(10).normal(size=9))


@case
def cox_partial_likelihood_loop():
    """The risk set of an event holds all who are still there, the event itself too: times >= t, not >."""

    def partial_loglik(beta, X, time, event):
        ll = 0.0
        for i in range(len(time)):
            if event[i]:
                at_risk = time >= time[i]
                ll += X[i] @ beta - np.log(np.sum(np.exp(X[at_risk] @ beta)))
        return ll

    def partial_score(beta, X, time, event):
        U = np.zeros_like(beta)
        for i in range(len(time) - 1):
            if event[i]:
                at_risk = time > time[i]  # <- at_risk = time >= time[i]
                theta = np.exp(X[at_risk] @ beta)
                U += X[i] - theta @ X[at_risk] / theta.sum()
        return U

    rng = np.random.default_rng(11)
    time = np.sort(rng.exponential(size=9))
    event = np.array([1, 0, 1, 1, 0, 1, 1, 1, 0])
    return call(partial_loglik, partial_score, 0.6 * rng.normal(size=3), rng.normal(size=(9, 3)), time, event)


@case
def cox_with_cumulative_sums():
    """Cox regression by cumulative sums over the sample sorted by falling time."""

    def cox_loss(beta, X, event):
        eta = X @ beta
        log_risk = np.log(np.cumsum(np.exp(eta)))
        return -np.sum(event * (eta - log_risk)) / np.sum(event)

    def cox_loss_gradient(beta, X, event):
        w = np.exp(X @ beta)
        risk = np.cumsum(w)
        averages = np.cumsum(w[:, None] * X, axis=0) / risk[:, None]
        return -(event[:, None] * (X - averages)).sum(axis=0) / event.sum()

    rng = np.random.default_rng(12)
    event = np.array([0.0, 1, 1, 0, 1, 1, 0, 1])
    return call(cox_loss, cox_loss_gradient, 0.5 * rng.normal(size=3), rng.normal(size=(8, 3)), event)


@case
def cox_with_cumulative_sums_and_weights_of_a_later_time():
    """The martingale residual needs the hazards of all earlier events: the sum runs the other way."""

    def breslow_loss(eta, event):
        risk = np.cumsum(np.exp(eta)[::-1])[::-1]
        return np.mean(event * (np.log(risk) - eta))

    def breslow_gradient(eta, event):
        w = np.exp(eta)
        risk = np.cumsum(w[::-1])[::-1]
        hazard = np.cumsum((event / risk)[::-1])[::-1]  # <- hazard = np.cumsum(event / risk)
        return (w * hazard - event) / len(eta)

    rng = np.random.default_rng(13)
    return call(breslow_loss, breslow_gradient, rng.normal(size=8), np.array([1.0, 0, 1, 1, 0, 1, 1, 0]))


@case
def gaussian_mixture_means():
    """The responsibility-weighted pull is divided by the variance, the square of the deviation."""

    def mixture_loglik(mu, log_pi, sigma, x):
        z = (x[:, None] - mu) / sigma
        logp = log_pi - 0.5 * z**2 - np.log(sigma) - 0.5 * np.log(2 * np.pi)
        top = logp.max(axis=1, keepdims=True)
        return np.sum(top[:, 0] + np.log(np.exp(logp - top).sum(axis=1)))

    def mixture_score(mu, log_pi, sigma, x):
        z = (x[:, None] - mu) / sigma
        logp = log_pi - 0.5 * z**2 - np.log(sigma)
        resp = np.exp(logp - logp.max(axis=1, keepdims=True))
        resp /= resp.sum(axis=1, keepdims=True)
        pull = np.sum(resp * (x[:, None] - mu), axis=0)
        return pull / sigma  # <- return pull / sigma**2

    rng = np.random.default_rng(14)
    log_pi = np.log(np.array([0.2, 0.5, 0.3]))
    return call(mixture_loglik, mixture_score, rng.normal(size=3), log_pi, rng.uniform(0.5, 2, 3), rng.normal(size=11))


@case
def mixture_weights_by_softmax():
    """The weights of the mixture are normalised: each sample takes the prior weights off its responsibilities."""

    def loglik(alpha, densities):
        w = np.exp(alpha - alpha.max())
        w = w / w.sum()
        return np.log(densities @ w).sum()

    def grad_alpha(alpha, densities):
        w = np.exp(alpha - alpha.max())
        w = w / w.sum()
        resp = densities * w
        resp = resp / resp.sum(axis=1, keepdims=True)
        return resp.sum(axis=0) - w  # <- return resp.sum(axis=0) - len(resp) * w

    rng = np.random.default_rng(15)
    return call(loglik, grad_alpha, rng.normal(size=4), rng.uniform(0.05, 2, size=(9, 4)))


@case
def ordinal_logit_thresholds():
    """A threshold is the lower bound of the category above it, which counts with a minus, not a plus."""

    def ordinal_loglik(cut, eta, y):
        upper = np.append(cut, np.inf)[y] - eta
        lower = np.concatenate(([-np.inf], cut))[y] - eta
        return np.log(expit(upper) - expit(lower)).sum()

    def ordinal_score(cut, eta, y):
        upper = np.append(cut, np.inf)[y] - eta
        lower = np.concatenate(([-np.inf], cut))[y] - eta
        prob = expit(upper) - expit(lower)
        f_up = expit(upper) * (1 - expit(upper))
        f_lo = expit(lower) * (1 - expit(lower))
        d = np.zeros_like(cut)
        for k in range(len(cut)):
            d[k] += np.sum((f_up / prob)[y == k])
            d[k] += np.sum((f_lo / prob)[y == k + 1])  # <- d[k] -= np.sum((f_lo / prob)[y == k + 1])
        return d

    rng = np.random.default_rng(16)
    y = np.array([0, 1, 2, 3, 1, 2, 0, 3, 2, 1])
    return call(ordinal_loglik, ordinal_score, np.array([-1.1, 0.2, 1.4]), rng.normal(size=10), y)


@case
def probit_regression():
    """Probit regression with labels of -1 and 1."""

    def loglikelihood(b, X, q):
        return np.log(ndtr(q * (X @ b))).sum()

    def inverse_mills(b, X, q):
        a = q * (X @ b)
        phi = np.exp(-0.5 * a**2) / np.sqrt(2 * np.pi)
        return (q * phi / ndtr(a)) @ X

    rng = np.random.default_rng(17)
    q = np.where(rng.uniform(size=8) < 0.5, -1.0, 1.0)
    return call(loglikelihood, inverse_mills, rng.normal(size=3), rng.normal(size=(8, 3)), q)


@case
def tobit_censored_at_zero():
    """An observation that is censored adds log Phi(-xb / s), whose derivative has a minus; it has a plus here."""

    def tobit(beta, sigma, X, y):
        xb = X @ beta
        seen = y > 0
        z = (y[seen] - xb[seen]) / sigma
        ll = np.sum(-0.5 * z**2 - np.log(sigma))
        return ll + np.sum(np.log(ndtr(-xb[~seen] / sigma)))

    def tobit_score(beta, sigma, X, y):
        xb = X @ beta
        seen = y > 0
        z = (y[seen] - xb[seen]) / sigma
        a = xb[~seen] / sigma
        mills = np.exp(-0.5 * a**2) / np.sqrt(2 * np.pi) / ndtr(-a)
        dbeta = X[seen].T @ z / sigma
        dbeta += X[~seen].T @ mills / sigma  # <- dbeta -= X[~seen].T @ mills / sigma
        dsigma = np.sum(z**2 - 1) / sigma + np.sum(mills * a) / sigma
        return dbeta, dsigma

    rng = np.random.default_rng(18)
    y = np.maximum(rng.normal(size=12), 0)
    return call(tobit, tobit_score, rng.normal(size=3), 1.3, rng.normal(size=(12, 3)), y)


@case
def multinomial_logit_with_reference_class():
    """Only classes but the reference have coefficients; the reference is the first, whose column must be dropped."""

    def mnlogit(coef, X, Y):
        B = coef.reshape(X.shape[1], -1)
        eta = np.hstack([np.zeros((len(X), 1)), X @ B])
        return np.sum(Y * eta) - np.sum(np.log(np.exp(eta).sum(axis=1)))

    def mnlogit_score(coef, X, Y):
        B = coef.reshape(X.shape[1], -1)
        eta = np.hstack([np.zeros((len(X), 1)), X @ B])
        P = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
        return (X.T @ (Y - P)[:, :-1]).ravel()  # <- return (X.T @ (Y - P)[:, 1:]).ravel()

    rng = np.random.default_rng(19)
    Y = np.eye(4)[rng.integers(0, 4, size=10)]
    return call(mnlogit, mnlogit_score, 0.5 * rng.normal(size=6), rng.normal(size=(10, 2)), Y)


@case
def weibull_survival():
    """Two slips: the log of the scale counts k times for each event, and d z / d log k has the factor k."""

    def weibull(log_lam, log_k, t, d):
        lam, k = np.exp(log_lam), np.exp(log_k)
        z = (t / lam) ** k
        return np.sum(d * (np.log(k) - k * np.log(lam) + (k - 1) * np.log(t)) - z)

    def weibull_score(log_lam, log_k, t, d):
        lam, k = np.exp(log_lam), np.exp(log_k)
        z = (t / lam) ** k
        d_lam = np.sum(-d + k * z)  # <- d_lam = np.sum(-d * k + k * z)
        log_z = np.log(t / lam)
        d_k = np.sum(d * (1 + k * log_z) - z * log_z)  # <- d_k = np.sum(d * (1 + k * log_z) - k * z * log_z)
        return d_lam, d_k

    rng = np.random.default_rng(20)
    d = (rng.uniform(size=9) < 0.7).astype(float)
    return call(weibull, weibull_score, 0.4, 0.3, rng.exponential(1.5, size=9), d)


@case
def dirichlet_concentration():
    """The normalising constant is shared by all samples: its derivative counts n times."""

    def dirichlet_loglik(alpha, logp):
        n = logp.shape[0]
        return n * (gammaln(alpha.sum()) - gammaln(alpha).sum()) + np.sum((alpha - 1) * logp)

    def dirichlet_score(alpha, logp):
        n = logp.shape[0]
        g = digamma(alpha.sum()) - n * digamma(alpha)  # <- g = n * (digamma(alpha.sum()) - digamma(alpha))
        return g + logp.sum(axis=0)

    rng = np.random.default_rng(21)
    return call(dirichlet_loglik, dirichlet_score, rng.uniform(0.5, 3, 4), np.log(rng.dirichlet(np.ones(4), size=7)))


@case
def heteroscedastic_normal():
    """Normal regression of mean and log standard deviation; residuals are standardised once, not twice."""

    def nll(b, g, X, Z, y):
        s = np.exp(Z @ g)
        return np.sum(np.log(s) + 0.5 * ((y - X @ b) / s) ** 2)

    def nll_grad(b, g, X, Z, y):
        s = np.exp(Z @ g)
        r = (y - X @ b) / s
        return {"b": -X.T @ (r / s), "g": Z.T @ (1 - r**2)}

    rng = np.random.default_rng(22)
    X, Z = rng.normal(size=(9, 3)), rng.normal(size=(9, 2))
    return call(nll, nll_grad, rng.normal(size=3), 0.4 * rng.normal(size=2), X, Z, rng.normal(size=9))


@case
def zero_inflated_poisson():
    """Where a zero is observed both parts contribute: the mean has the probability of the Poisson zero in it."""

    def zip_loglike(lam_raw, pi_raw, y):
        lam, pi = np.exp(lam_raw), expit(pi_raw)
        zero = np.log(pi + (1 - pi) * np.exp(-lam))
        positive = np.log(1 - pi) - lam + y * lam_raw
        return np.sum(np.where(y == 0, zero, positive))

    def zip_score(lam_raw, pi_raw, y):
        lam, pi = np.exp(lam_raw), expit(pi_raw)
        e = np.exp(-lam)
        p0 = pi + (1 - pi) * e
        d_zero = -(1 - pi) * lam / p0  # <- d_zero = -(1 - pi) * lam * e / p0
        d_lam = np.where(y == 0, d_zero, y - lam)
        d_pi = np.where(y == 0, (1 - e) * pi * (1 - pi) / p0, -pi)
        return d_lam, d_pi

    rng = np.random.default_rng(23)
    return call(zip_loglike, zip_score, rng.normal(size=8), rng.normal(size=8), np.array([0, 2, 0, 1, 3, 0, 1, 0]))


@case
def ar1_conditional_likelihood():
    """Conditional likelihood of an AR(1) process in mean, coefficient and log variance."""

    def arloglik(theta, y):
        mu, phi, logs2 = theta
        e = (y[1:] - mu) - phi * (y[:-1] - mu)
        return -0.5 * np.sum(e**2) / np.exp(logs2) - 0.5 * len(e) * logs2

    def arscore(theta, y):
        mu, phi, logs2 = theta
        s2 = np.exp(logs2)
        e = (y[1:] - mu) - phi * (y[:-1] - mu)
        return np.array(
            [
                np.sum(e) * (1 - phi) / s2,
                np.sum(e * (y[:-1] - mu)) / s2,
                0.5 * np.sum(e**2) / s2 - 0.5 * len(e),
            ]
        )

    return call(arloglik, arscore, np.array([0.3, 0.6, -0.2]), np.random.default_rng(24).normal(size=12))


@case
def garch_recursion():
    """The variance of a day depends on that of the day before: the carry beta * dh is lost."""

    def garch_nll(par, r):
        omega, alpha, beta = par
        h = 1.0
        nll = 0.0
        for t in range(1, len(r)):
            h = omega + alpha * r[t - 1] ** 2 + beta * h
            nll += 0.5 * (np.log(h) + r[t] ** 2 / h)
        return nll

    def garch_grad(par, r):
        omega, alpha, beta = par
        h = 1.0
        dh = np.zeros(3)
        grad = np.zeros(3)
        for t in range(1, len(r)):
            dh = np.array([1.0, r[t - 1] ** 2, h])  # <- dh = np.array([1.0, r[t - 1] ** 2, h]) + beta * dh
            h = omega + alpha * r[t - 1] ** 2 + beta * h
            grad += 0.5 * (1 / h - r[t] ** 2 / h**2) * dh
        return grad

    return call(garch_nll, garch_grad, np.array([0.1, 0.25, 0.6]), np.random.default_rng(25).normal(size=10))


@case
def von_mises_direction():
    """The derivative of cos(x - mu) by mu is +sin(x - mu): the sign is turned."""

    def vonmises_loglik(mu, kappa, x):
        return kappa * np.cos(x - mu).sum() - len(x) * np.log(2 * np.pi * np.i0(kappa))

    def vonmises_dmu(mu, kappa, x):
        return -kappa * np.sin(x - mu).sum()  # <- return kappa * np.sin(x - mu).sum()

    return call(vonmises_loglik, vonmises_dmu, 0.7, 2.3, np.random.default_rng(26).uniform(-3, 3, size=9))
