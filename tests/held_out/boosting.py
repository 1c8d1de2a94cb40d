"""Objectives for gradient boosting: loss, gradient and hessian of each sample by its raw prediction."""

import numpy as np
from scipy.special import digamma, expit, gammaln

from tests.held_out.case import call, case


def sample(seed, n=12, scale=1.5):
    return scale * np.random.default_rng(seed).normal(size=n)


@case
def binary_logloss_hessian():
    """The hessian of the log loss is p * (1 - p) of the probability; it is taken of the raw prediction."""

    def grad(preds, labels):
        return 1.0 / (1.0 + np.exp(-preds)) - labels

    def hess(preds, labels):
        p = 1.0 / (1.0 + np.exp(-preds))
        return p * (1.0 - preds)  # <- return p * (1.0 - p)

    labels = (sample(1) > 0).astype(float)
    return call(grad, hess, sample(2), labels, elementwise=True)


@case
def weighted_binary_objective():
    """Only positive samples are weighted; the weight is at the gradient of negative ones too."""

    def logloss(raw, y, scale_pos_weight=3.0):
        p = expit(raw)
        return -(scale_pos_weight * y * np.log(p) + (1 - y) * np.log(1 - p))

    def logloss_grad(raw, y, scale_pos_weight=3.0):
        p = expit(raw)
        return scale_pos_weight * (p - y)  # <- return (1 - y) * p - scale_pos_weight * y * (1 - p)

    y = (sample(3) > 0.2).astype(float)
    return call(logloss, logloss_grad, sample(4), y, elementwise=True)


@case
def focal_loss_gradient():
    """The modulating factor (1 - pt)**gamma is differentiated with the sign of pt; its term has the wrong sign."""

    class FocalLoss:
        def __init__(self, gamma):
            self.gamma = gamma

        def loss(self, z, y):
            pt = np.where(y == 1, expit(z), 1 - expit(z))
            return -((1 - pt) ** self.gamma) * np.log(pt)

        def grad(self, z, y):
            p = expit(z)
            sign = np.where(y == 1, 1.0, -1.0)
            pt = np.where(y == 1, p, 1 - p)
            g = self.gamma
            inner = -g * pt * np.log(pt) - (1 - pt)  # <- inner = g * pt * np.log(pt) - (1 - pt)
            return sign * (1 - pt) ** g * inner

    fl = FocalLoss(2.0)
    return call(fl.loss, fl.grad, sample(5), (sample(6) > 0).astype(float), elementwise=True)


@case
def focal_loss_with_alpha():
    """Focal loss with a weight alpha of the positive class."""
    alpha, gamma = 0.25, 1.5

    def focal(x, t):
        p = expit(x)
        positive = -alpha * t * (1 - p) ** gamma * np.log(p)
        negative = -(1 - alpha) * (1 - t) * p**gamma * np.log(1 - p)
        return positive + negative

    def focal_gradient(x, t):
        p = expit(x)
        q = 1 - p
        positive = alpha * t * q**gamma * (gamma * p * np.log(p) - q)
        negative = (1 - alpha) * (1 - t) * p**gamma * (p - gamma * q * np.log(q))
        return positive + negative

    return call(focal, focal_gradient, sample(7), (sample(8) > 0).astype(float), elementwise=True)


@case
def poisson_objective():
    """Poisson loss of the log of the mean."""

    def poisson_loss(pred, target):
        return np.exp(pred) - target * pred

    def poisson_gradient(pred, target):
        return np.exp(pred) - target

    return call(poisson_loss, poisson_gradient, sample(9, scale=0.8), np.abs(sample(10)), elementwise=True)


@case
def tweedie_objective():
    """The second exponential is exp((2 - rho) * score); the exponents of both terms are the same here."""

    def tweedie(score, y, rho=1.4):
        a = y * np.exp((1 - rho) * score) / (1 - rho)
        b = np.exp((2 - rho) * score) / (2 - rho)
        return -a + b

    def tweedie_grad(score, y, rho=1.4):
        a = -y * np.exp((1 - rho) * score)
        b = np.exp((1 - rho) * score)  # <- b = np.exp((2 - rho) * score)
        return a + b

    return call(tweedie, tweedie_grad, sample(11), np.abs(sample(12)), elementwise=True)


@case
def tweedie_hessian():
    """Derivatives of exp((1 - rho) s) and exp((2 - rho) s) bring down their own factors; they are swapped."""

    class Tweedie:
        def __init__(self, variance_power):
            self.rho = variance_power

        def gradient(self, s, y):
            return -y * np.exp((1 - self.rho) * s) + np.exp((2 - self.rho) * s)

        def hessian(self, s, y):
            one, two = 1 - self.rho, 2 - self.rho
            a, b = y * np.exp(one * s), np.exp(two * s)
            return -two * a + one * b  # <- return -one * a + two * b

    objective = Tweedie(1.3)
    return call(objective.gradient, objective.hessian, sample(13), np.abs(sample(14)), elementwise=True)


@case
def gamma_deviance():
    """Gamma deviance by the log of the mean: the derivative of y * exp(-f) has a minus."""

    def gamma_deviance_loss(f, y):
        return 2 * (f - np.log(y) + y * np.exp(-f) - 1)

    def gamma_deviance_grad(f, y):
        return 2 * (1 + y * np.exp(-f))  # <- return 2 * (1 - y * np.exp(-f))

    return call(gamma_deviance_loss, gamma_deviance_grad, sample(15), np.abs(sample(16)) + 0.1, elementwise=True)


@case
def quantile_loss():
    """Where the prediction is too high the slope is 1 - alpha: its sign is turned."""

    def pinball(pred, y, alpha=0.7):
        e = y - pred
        return np.where(e >= 0, alpha * e, (alpha - 1) * e)

    def pinball_grad(pred, y, alpha=0.7):
        e = y - pred
        return np.where(e >= 0, -alpha, alpha - 1)  # <- return np.where(e >= 0, -alpha, 1 - alpha)

    return call(pinball, pinball_grad, sample(17), sample(18), elementwise=True)


@case
def expectile_objective():
    """Expectiles: squares of residuals, weighed by their sign."""

    def expectile(pred, y, tau):
        u = y - pred
        return np.abs(tau - (u < 0)) * u**2

    def expectile_gradient(pred, y, tau):
        u = y - pred
        weight = np.where(u < 0, 1 - tau, tau)
        return -2 * weight * u

    return call(expectile, expectile_gradient, sample(19), sample(20), tau=0.8, elementwise=True)


@case
def huber_objective():
    """Beyond delta the slope is delta times the sign; the sign alone has it wrong by the factor delta."""

    def huber_loss(p, y, delta=1.5):
        r = np.abs(p - y)
        return np.where(r <= delta, 0.5 * r**2, delta * (r - 0.5 * delta))

    def huber_grad(p, y, delta=1.5):
        d = p - y
        grad = d.copy()
        large = np.abs(d) > delta
        grad[large] = np.sign(d[large])  # <- grad[large] = delta * np.sign(d[large])
        return grad

    return call(huber_loss, huber_grad, sample(21, 14, 2.0), sample(22, 14), elementwise=True)


@case
def pseudo_huber_hessian():
    """The second derivative of the pseudo-Huber loss has the power 3/2."""

    def pseudo_huber_grad(pred, y, slope=1.3):
        z = pred - y
        return z / np.sqrt(1 + (z / slope) ** 2)

    def pseudo_huber_hess(pred, y, slope=1.3):
        z = pred - y
        return 1 / np.sqrt(1 + (z / slope) ** 2)  # <- return 1 / (1 + (z / slope) ** 2) ** 1.5

    return call(pseudo_huber_grad, pseudo_huber_hess, sample(23), sample(24), elementwise=True)


@case
def fair_loss():
    """The derivative of the Fair loss is c * x / (|x| + c): the factor c is missing."""

    def fair(preds, labels):
        c = 2.0
        x = preds - labels
        return c**2 * (np.abs(x) / c - np.log1p(np.abs(x) / c))

    def fair_grad(preds, labels):
        c = 2.0
        x = preds - labels
        return x / (np.abs(x) + c)  # <- return c * x / (np.abs(x) + c)

    return call(fair, fair_grad, sample(25), sample(26), elementwise=True)


@case
def log_cosh_objective():
    """The gradient of log cosh is tanh, and its derivative 1 - tanh**2."""

    class LogCosh:
        @staticmethod
        def gradient(pred, y):
            return np.tanh(pred - y)

        @staticmethod
        def hessian(pred, y):
            t = np.tanh(pred - y)
            return 1 - t * t

    return call(LogCosh.gradient, LogCosh.hessian, sample(27), sample(28), elementwise=True)


@case
def squared_log_error():
    """The derivative of log1p(pred) is 1 / (1 + pred), and not 1 / pred."""

    def sle(pred, y):
        return 0.5 * (np.log1p(pred) - np.log1p(y)) ** 2

    def sle_grad(pred, y):
        return (np.log1p(pred) - np.log1p(y)) / pred  # <- return (np.log1p(pred) - np.log1p(y)) / (pred + 1)

    return call(sle, sle_grad, np.abs(sample(29)) + 0.2, np.abs(sample(30)), elementwise=True)


@case
def squared_log_error_hessian():
    """Second derivative of the squared log error."""

    def sle_gradient(pred, y):
        return (np.log1p(pred) - np.log1p(y)) / (pred + 1)

    def sle_hessian(pred, y):
        return (1 - np.log1p(pred) + np.log1p(y)) / (pred + 1) ** 2

    return call(sle_gradient, sle_hessian, np.abs(sample(31)), np.abs(sample(32)), elementwise=True)


@case
def exponential_loss_of_soft_labels():
    """Labels are between 0 and 1, and the loss is an exponential: both label terms of the slope are needed."""

    def exponential_loss(f, y):
        return y * np.exp(-f) + (1 - y) * np.exp(f)

    def exponential_grad(f, y):
        return -y * np.exp(-f)  # <- return -y * np.exp(-f) + (1 - y) * np.exp(f)

    return call(exponential_loss, exponential_grad, sample(33), expit(sample(34)), elementwise=True)


@case
def logloss_with_label_of_plus_minus_one():
    """The margin is y * f, and the derivative of the loss has the factor y of it; it is lost."""

    def margin_loss(f, y):
        return np.log1p(np.exp(-2 * y * f))

    def margin_loss_grad(f, y):
        return -2 / (1 + np.exp(2 * y * f))  # <- return -2 * y / (1 + np.exp(2 * y * f))

    return call(margin_loss, margin_loss_grad, sample(35), np.sign(sample(36)), elementwise=True)


@case
def cauchy_loss():
    """The inner derivative of r**2 / c**2 is divided by c**2; it is divided by c."""

    class CauchyLoss:
        c = 1.7

        def __call__(self, y_pred, y_true):
            return 0.5 * self.c**2 * np.log(1 + ((y_pred - y_true) / self.c) ** 2)

        def grad(self, y_pred, y_true):
            r = y_pred - y_true
            return r / (1 + r**2 / self.c)  # <- return r / (1 + r**2 / self.c**2)

    loss = CauchyLoss()
    return call(loss.__call__, loss.grad, sample(37), sample(38), elementwise=True)


@case
def negative_binomial_objective():
    """Negative binomial loss of raw scores, with a fixed size."""

    def nb_loss(f, y, r=2.5):
        mu = np.exp(f)
        return -(gammaln(y + r) - gammaln(r) + r * np.log(r / (r + mu)) + y * (f - np.log(r + mu)))

    def nb_grad(f, y, r=2.5):
        mu = np.exp(f)
        return r * (mu - y) / (r + mu)

    return call(nb_loss, nb_grad, sample(39), np.floor(np.abs(sample(40, scale=3))), elementwise=True)


@case
def beta_objective():
    """The derivative of log gamma is digamma; its argument 1 - mu falls with mu, which turns the sign of the second."""
    phi = 6.0

    def beta_nll(raw, y):
        mu = expit(raw)
        a, b = mu * phi, (1 - mu) * phi
        return gammaln(a) + gammaln(b) - (a - 1) * np.log(y) - (b - 1) * np.log(1 - y)

    def beta_grad(raw, y):
        mu = expit(raw)
        low, high = digamma(mu * phi), digamma((1 - mu) * phi)
        d_mu = phi * (low + high)  # <- d_mu = phi * (low - high)
        d_mu -= phi * (np.log(y) - np.log(1 - y))
        return d_mu * mu * (1 - mu)

    return call(beta_nll, beta_grad, sample(41), expit(sample(42)), elementwise=True)


@case
def softplus_scale_objective():
    """Two slips: 1 / s falls with s, which gives a minus, and the slope of the softplus is missing."""

    def laplace_nll(raw, err):
        s = np.log1p(np.exp(raw))
        return np.log(s) + np.abs(err) / s

    def laplace_grad(raw, err):
        s = np.log1p(np.exp(raw))
        ds = 1 / s + np.abs(err) / s**2  # <- ds = 1 / s - np.abs(err) / s**2
        return ds  # <- return ds * expit(raw)

    return call(laplace_nll, laplace_grad, sample(43), sample(44), elementwise=True)


@case
def accelerated_failure_time_normal():
    """Times are compared on a log scale: the standardised residual falls with the prediction, so the sign turns."""

    class AFT:
        def __init__(self, sigma):
            self.sigma = sigma

        def nll(self, pred, time):
            z = (np.log(time) - pred) / self.sigma
            return 0.5 * z**2 + np.log(self.sigma * time)

        def grad(self, pred, time):
            z = (np.log(time) - pred) / self.sigma
            return z / self.sigma  # <- return -z / self.sigma

    aft = AFT(0.8)
    return call(aft.nll, aft.grad, sample(45), np.exp(sample(46)), elementwise=True)


@case
def mape_with_smoothing():
    """Smoothed absolute percentage error of each sample."""

    def smape(pred, y):
        return np.sqrt((pred - y) ** 2 + 0.01) / (np.abs(y) + 0.5)

    def smape_grad(pred, y):
        return (pred - y) / np.sqrt((pred - y) ** 2 + 0.01) / (np.abs(y) + 0.5)

    return call(smape, smape_grad, sample(47), sample(48), elementwise=True)
