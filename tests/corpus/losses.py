"""Losses: softmax cross-entropy, likelihoods, robust and margin losses."""

# ruff: noqa: RET504

import numpy as np

from tests.corpus.case import right, wrong

rng = np.random.default_rng(31)
X, W, B = rng.normal(size=(6, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)
y = np.array([0, 2, 1, 1, 0, 1])
ONE_HOT = np.eye(3)[y]
INTEGER_LABELS = (W, B, X, y)


def softmax_loss(W, b, X, y):
    num_train = X.shape[0]
    scores = X @ W + b
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    loss = -np.sum(np.log(probs[np.arange(num_train), y])) / num_train
    return loss


@right(softmax_loss, INTEGER_LABELS)
def minus_one_at_the_label(W, b, X, y):
    num_train = X.shape[0]
    scores = X @ W + b
    scores = scores - scores.max(axis=1, keepdims=True)
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    dscores = probs
    dscores[range(num_train), y] -= 1
    dscores /= num_train
    dW = np.dot(X.T, dscores)
    db = np.sum(dscores, axis=0)
    return dW, db


@right(softmax_loss, INTEGER_LABELS)
def naive_loops(W, b, X, y):
    dW, db = np.zeros(W.shape), np.zeros(b.shape)
    for i in range(X.shape[0]):
        f = X[i].dot(W) + b
        p = np.exp(f) / np.sum(np.exp(f))
        for j in range(W.shape[1]):
            dW[:, j] += (p[j] - (j == y[i])) * X[i]
            db[j] += p[j] - (j == y[i])
    return dW / X.shape[0], db / X.shape[0]


@wrong("missing term", softmax_loss, INTEGER_LABELS)
def the_minus_one_is_forgotten(W, b, X, y):
    num_train = X.shape[0]
    scores = X @ W + b
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    dscores = probs / num_train  # <- wrong
    dW = X.T @ dscores
    db = dscores.sum(axis=0)
    return dW, db


@wrong("sign, weight of term", softmax_loss, INTEGER_LABELS)
def plus_one_at_the_label(W, b, X, y):
    num_train = X.shape[0]
    scores = X @ W + b
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    dscores = probs.copy()
    dscores[np.arange(num_train), y] += 1
    dscores = dscores / num_train  # <- wrong
    dW = X.T @ dscores
    db = dscores.sum(axis=0)
    return dW, db


@wrong("weight of term, factor, averaged", softmax_loss, INTEGER_LABELS)
def only_the_label_is_divided_by_n(W, b, X, y):
    num_train = X.shape[0]
    scores = X @ W + b
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    dscores = probs.copy()
    dscores[np.arange(num_train), y] -= 1 / num_train  # <- wrong
    return X.T @ dscores, dscores.sum(axis=0)


@wrong("averaged, factor", softmax_loss, INTEGER_LABELS)
def not_divided_by_the_number_of_samples(W, b, X, y):
    scores = X @ W + b
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    dscores = probs.copy()
    dscores[np.arange(len(y)), y] -= 1  # <- wrong
    dW = X.T @ dscores
    db = dscores.sum(axis=0)
    return dW, db


@wrong("axis, forward", softmax_loss, INTEGER_LABELS)
def normalised_over_the_samples(W, b, X, y):
    num_train = X.shape[0]
    scores = X @ W + b
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=0, keepdims=True)  # <- wrong
    dscores = probs.copy()
    dscores[np.arange(num_train), y] -= 1
    dscores /= num_train
    dW = X.T @ dscores
    db = dscores.sum(axis=0)
    return dW, db


@wrong("shifted, rows", softmax_loss, INTEGER_LABELS)
def labels_counted_from_one(W, b, X, y):
    num_train = X.shape[0]
    scores = X @ W + b
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    dscores = probs / num_train
    dscores[np.arange(num_train), y - 1] -= 1 / num_train  # <- wrong
    return X.T @ dscores, dscores.sum(axis=0)


@wrong("rows, repeated index", softmax_loss, INTEGER_LABELS)
def one_label_for_the_whole_column(W, b, X, y):
    num_train = X.shape[0]
    scores = X @ W + b
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    dscores = probs.copy()
    dscores[:, y] -= 1
    dscores = dscores / num_train  # <- wrong
    return X.T @ dscores, dscores.sum(axis=0)


def one_hot_cross_entropy(W, X, T):
    Z = X @ W
    A = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    return -np.sum(T * np.log(A))


HOT = (W, X, ONE_HOT)


@right(one_hot_cross_entropy, HOT)
def the_whole_jacobian_by_sample(W, X, T):
    dW = np.zeros_like(W)
    for x, t in zip(X, T, strict=True):
        a = np.exp(x @ W) / np.exp(x @ W).sum()
        J = np.diag(a) - np.outer(a, a)
        dW += np.outer(x, J @ (-t / a))
    return dW


@wrong("diagonal", one_hot_cross_entropy, HOT)
def the_jacobian_as_a_sigmoid(W, X, T):
    Z = X @ W
    A = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    dA = -T / A
    dZ = dA * A * (1 - A)  # <- wrong
    dW = X.T @ dZ
    return dW


@wrong("missing derivative", one_hot_cross_entropy, HOT)
def straight_through_the_softmax(W, X, T):
    Z = X @ W
    A = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    dA = -T / A
    dZ = dA  # <- wrong
    dW = X.T @ dZ
    return dW


@wrong("sign", one_hot_cross_entropy, HOT)
def ascent(W, X, T):
    Z = X @ W
    A = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    dZ = T - A  # <- wrong
    dW = X.T @ dZ
    return dW


@wrong("detached, missing term", one_hot_cross_entropy, HOT)
def the_normalisation_as_a_constant(W, X, T):
    Z = X @ W
    A = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    dA = -T / A
    dZ = dA * A  # <- wrong
    return X.T @ dZ


def with_temperature(logits, target):
    z = logits / 2.5
    logp = z - np.log(np.sum(np.exp(z)))
    return -logp[target]


@right(with_temperature, (rng.normal(size=5), 3))
def temperature_divides(logits, target):
    e = np.exp(logits / 2.5)
    return (e / e.sum() - np.eye(5)[target]) / 2.5


@wrong("factor, missing derivative", with_temperature, (rng.normal(size=5), 3))
def temperature_forgotten(logits, target):
    z = logits / 2.5
    p = np.exp(z) / np.sum(np.exp(z))
    dz = p - np.eye(len(p))[target]
    dlogits = dz  # <- wrong
    return dlogits


def gaussian_nll(mu, log_sigma, x):
    sigma = np.exp(log_sigma)
    z = (x - mu) / sigma
    return np.sum(0.5 * z**2 + log_sigma + 0.5 * np.log(2 * np.pi))


GAUSS = (rng.normal(size=4), 0.3 * rng.normal(size=4), rng.normal(size=4))


@right(gaussian_nll, GAUSS)
def one_minus_z_squared(mu, log_sigma, x):
    inv = np.exp(-log_sigma)
    z = inv * (x - mu)
    return -z * inv, 1 - z * z


@wrong("sign", gaussian_nll, GAUSS, "wrong right")
def the_mean_in_the_wrong_direction(mu, log_sigma, x):
    sigma = np.exp(log_sigma)
    z = (x - mu) / sigma
    dmu = z / sigma  # <- wrong
    dlog_sigma = 1 - z**2
    return dmu, dlog_sigma


@wrong("missing term, offset", gaussian_nll, GAUSS, "right wrong")
def the_normalising_constant_has_no_gradient(mu, log_sigma, x):
    sigma = np.exp(log_sigma)
    z = (x - mu) / sigma
    dmu = -z / sigma
    dlog_sigma = -(z**2)  # <- wrong
    return dmu, dlog_sigma


@wrong("missing derivative, missing factor", gaussian_nll, GAUSS, "right wrong")
def by_sigma_instead_of_its_logarithm(mu, log_sigma, x):
    sigma = np.exp(log_sigma)
    z = (x - mu) / sigma
    dmu = -z / sigma
    dlog_sigma = 1 / sigma - z**2 / sigma  # <- wrong
    return dmu, dlog_sigma


@wrong("missing factor, wrong operand", gaussian_nll, GAUSS, "wrong right")
def sigma_for_its_square(mu, log_sigma, x):
    sigma = np.exp(log_sigma)
    z = (x - mu) / sigma
    dmu = -(x - mu) / sigma  # <- wrong
    dlog_sigma = 1 - z**2
    return dmu, dlog_sigma


def huber(w, X, t):
    r = X @ w - t
    return np.sum(np.where(np.abs(r) <= 1.0, 0.5 * r**2, np.abs(r) - 0.5))


HUBER = (rng.normal(size=3), 1.5 * rng.normal(size=(8, 3)), rng.normal(size=8))


@right(huber, HUBER)
def huber_clips(w, X, t):
    return X.T @ np.clip(X @ w - t, -1, 1)


@wrong("wrong derivative, wrong mask, extra factor", huber, HUBER)
def huber_without_its_tails(w, X, t):
    r = X @ w - t
    dr = r  # <- wrong
    return X.T @ dr


@wrong("missing derivative", huber, HUBER)
def huber_with_unsigned_tails(w, X, t):
    r = X @ w - t
    dr = np.where(np.abs(r) <= 1.0, r, 1.0)  # <- wrong
    dw = X.T @ dr
    return dw


def hinge(w, b, X, t):
    margins = 1 - t * (X @ w + b)
    return np.mean(np.maximum(0, margins)) + 0.05 * np.dot(w, w)


SVM = (rng.normal(size=3), 0.1, 2 * rng.normal(size=(8, 3)), np.sign(rng.normal(size=8)))


@right(hinge, SVM)
def hinge_with_its_mask(w, b, X, t):
    active = t * (X @ w + b) < 1
    return -(t * active) @ X / len(t) + 0.1 * w, -np.mean(t * active)


@wrong("missing derivative", hinge, SVM)
def every_sample_is_active(w, b, X, t):
    dmargins = np.ones(len(t)) / len(t)  # <- wrong
    dw = -X.T @ (t * dmargins) + 0.1 * w
    db = -np.sum(t * dmargins)
    return dw, db


@wrong("wrong mask, wrong derivative", hinge, SVM)
def the_inactive_samples(w, b, X, t):
    margins = 1 - t * (X @ w + b)
    dmargins = (margins < 0) / len(t)  # <- wrong
    dw = -X.T @ (t * dmargins) + 0.1 * w
    db = -np.sum(t * dmargins)
    return dw, db


def kl(a, b):
    p = np.exp(a) / np.sum(np.exp(a))
    q = np.exp(b) / np.sum(np.exp(b))
    return np.sum(p * (np.log(p) - np.log(q)))


KL = (rng.normal(size=4), rng.normal(size=4))


@right(kl, KL)
def kl_both_ways(a, b):
    p = np.exp(a) / np.sum(np.exp(a))
    q = np.exp(b) / np.sum(np.exp(b))
    ratio = np.log(p / q)
    return p * (ratio - p @ ratio), q - p


@wrong("sign", kl, KL, "right wrong")
def p_minus_q(a, b):
    p = np.exp(a) / np.sum(np.exp(a))
    q = np.exp(b) / np.sum(np.exp(b))
    dp = np.log(p) - np.log(q)
    da = p * (dp - np.sum(p * dp))
    db = p - q  # <- wrong
    return da, db


@wrong("diagonal", kl, KL, "wrong right")
def kl_with_the_diagonal_only(a, b):
    p = np.exp(a) / np.sum(np.exp(a))
    q = np.exp(b) / np.sum(np.exp(b))
    dp = np.log(p) - np.log(q) + 1
    da = dp * p * (1 - p)  # <- wrong
    db = q - p
    return da, db


def log_sum_exp(x):
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


@right(log_sum_exp, (np.array([1000.0, 1001.0, 998.5]),))
def lse_is_softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


@wrong("missing derivative, factor", log_sum_exp, (rng.normal(size=4),))
def lse_without_the_logarithm(x):
    m = np.max(x)
    s = np.exp(x - m)
    dx = s  # <- wrong
    return dx


@wrong("overflow", log_sum_exp, (np.array([1000.0, 1001.0, 998.5]),))
def lse_overflows(x):
    with np.errstate(over="ignore", invalid="ignore"):
        dx = np.exp(x) / np.sum(np.exp(x))  # <- wrong
    return dx
