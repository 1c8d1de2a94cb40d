"""Linear, ridge, lasso and logistic regression."""

# ruff: noqa: RET504

import numpy as np

from tests.corpus.case import right, wrong

rng = np.random.default_rng(11)
X, Y, W, B = rng.normal(size=(7, 3)), rng.normal(size=7), rng.normal(size=3), 0.4
LABELS = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0])
LINEAR = (W, B, X, Y)


def mse(w, b, X, y):
    y_hat = X @ w + b
    residual = y_hat - y
    return np.mean(residual**2)


@right(mse, LINEAR)
def divides_by_n_at_the_end(w, b, X, y):
    n = len(y)
    residual = X @ w + b - y
    dw = X.T @ residual
    db = residual.sum()
    return 2 * dw / n, 2 * db / n


@right(mse, LINEAR)
def loops_over_samples(w, b, X, y):
    dw = np.zeros_like(w)
    db = 0.0
    for xi, yi in zip(X, y, strict=True):
        e = xi @ w + b - yi
        dw += 2 * e * xi / len(y)
        db += 2 * e / len(y)
    return dw, db


@wrong("factor", mse, LINEAR)
def without_the_2(w, b, X, y):
    n = X.shape[0]
    y_hat = X @ w + b
    dw = X.T @ (y_hat - y) / n  # <- wrong
    db = np.sum(y_hat - y) / n
    return dw, db


@wrong("factor, averaged", mse, LINEAR)
def without_the_mean(w, b, X, y):
    y_hat = X @ w + b
    dy_hat = 2 * (y_hat - y)  # <- wrong
    return X.T @ dy_hat, dy_hat.sum()


@wrong("averaged, factor", mse, LINEAR, "right wrong")
def the_mean_of_the_mean_for_the_bias(w, b, X, y):
    n = len(y)
    residual = X @ w + b - y
    grad_residual = 2 * residual / n
    grad_w = X.T @ grad_residual
    grad_b = np.mean(grad_residual)  # <- wrong
    return grad_w, grad_b


@wrong("factor", mse, LINEAR)
def divided_by_features_for_samples(w, b, X, y):
    n = X.shape[1]
    residual = X @ w + b - y
    d_residual = 2 * residual / n  # <- wrong
    return X.T @ d_residual, d_residual.sum()


@wrong("sign", mse, LINEAR, "wrong right")
def minus_for_the_weights_only(w, b, X, y):
    r = y - (X @ w + b)
    dw = 2 / len(y) * X.T @ r  # <- wrong
    db = -2 / len(y) * r.sum()
    return dw, db


@wrong("not summed", mse, LINEAR, "right wrong")
def one_bias_gradient_for_each_sample(w, b, X, y):
    residual = X @ w + b - y
    dresidual = 2 * residual / len(y)
    dw = X.T @ dresidual
    db = dresidual  # <- wrong
    return dw, db


@wrong("rows", mse, LINEAR)
def overwrites_instead_of_adding(w, b, X, y):
    n = len(y)
    for i in range(n):
        e = X[i] @ w + b - y[i]
        dw = 2 * e * X[i] / n  # <- wrong
        db = 2 * e / n
    return dw, db


@wrong("rows", mse, LINEAR)
def the_last_sample_is_left_out(w, b, X, y):
    n = len(y)
    dw, db = np.zeros(3), 0.0
    for i in range(n - 1):
        e = X[i] @ w + b - y[i]
        dw += 2 * e * X[i] / n  # <- wrong
        db += 2 * e / n
    return dw, db


@wrong("missing term, wrong operand", mse, LINEAR, "wrong right")
def the_targets_are_left_out(w, b, X, y):
    residual = X @ w + b - y
    dw = 2 / len(y) * X.T @ (X @ w + b)  # <- wrong
    db = 2 / len(y) * residual.sum()
    return dw, db


@wrong("shape", mse, LINEAR, "wrong right")
def as_a_column(w, b, X, y):
    e = (X @ w + b - y).reshape(-1, 1)
    dw = 2 / len(y) * X.T @ e  # <- wrong
    db = 2 / len(y) * float(e.sum())
    return dw, db


def many_outputs(W, X, Y):
    P = X @ W
    return 0.5 * np.sum((P - Y) ** 2)


SQUARE = (rng.normal(size=(3, 3)), X, rng.normal(size=(7, 3)))


@wrong("transposed", many_outputs, SQUARE)
def the_transpose(W, X, Y):
    dP = X @ W - Y
    dW = dP.T @ X  # <- wrong
    return dW


@right(many_outputs, SQUARE)
def by_einsum(W, X, Y):
    return np.einsum("ni,no->io", X, X @ W - Y)


@wrong("diagonal, rows", many_outputs, SQUARE)
def the_diagonal_only(W, X, Y):
    E = X @ W - Y
    dW = np.zeros((3, 3))
    for j in range(3):
        dW[j, j] = X[:, j] @ E[:, j]  # <- wrong
    return dW


LAMBDA = 0.3


def ridge(w, b, X, y):
    data = np.mean((X @ w + b - y) ** 2)
    penalty = LAMBDA * np.sum(w**2)
    return data + penalty


@right(ridge, LINEAR)
def ridge_in_one_line_each(w, b, X, y):
    r = X @ w + b - y
    return 2 * (X.T @ r / len(r) + LAMBDA * w), 2 * r.mean()


@wrong("missing regularisation, missing term", ridge, LINEAR, "wrong right")
def ridge_without_its_penalty(w, b, X, y):
    residual = X @ w + b - y
    dw = 2 * X.T @ residual / len(y)  # <- wrong
    db = 2 * residual.mean()
    return dw, db


@wrong("weight of term, missing regularisation, factor", ridge, LINEAR, "wrong right")
def ridge_penalty_without_its_2(w, b, X, y):
    r = X @ w + b - y
    dw = 2 / len(y) * X.T @ r
    db = 2 / len(y) * np.sum(r)
    dw += LAMBDA * w  # <- wrong
    return dw, db


@wrong("extra term", ridge, LINEAR, "right wrong")
def ridge_penalises_the_bias_too(w, b, X, y):
    r = X @ w + b - y
    dw = 2 / len(y) * X.T @ r + 2 * LAMBDA * w
    db = 2 / len(y) * np.sum(r) + 2 * LAMBDA * b  # <- wrong
    return dw, db


def lasso(w, X, y):
    return 0.5 * np.mean((X @ w - y) ** 2) + 0.1 * np.sum(np.abs(w))


SPARSE = (np.array([0.0, 1.2, -0.5]), X, Y)


@right(lasso, SPARSE, "right|kink")
def lasso_at_a_weight_of_zero(w, X, y):
    return X.T @ (X @ w - y) / len(y) + 0.1 * np.where(w >= 0, 1.0, -1.0)


@right(lasso, SPARSE, "right|kink")
def lasso_with_sign(w, X, y):
    return X.T @ (X @ w - y) / len(y) + 0.1 * np.sign(w)


@wrong("wrong derivative, extra factor", lasso, (W, X, Y))
def lasso_with_the_derivative_of_the_square(w, X, y):
    return X.T @ (X @ w - y) / len(y) + 0.1 * 2 * w


def cross_entropy(w, b, X, y):
    z = X @ w + b
    return np.mean(np.logaddexp(0, z) - y * z)


LOGISTIC = (W, B, X, LABELS)


@right(cross_entropy, LOGISTIC)
def p_minus_y(w, b, X, y):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    dz = (p - y) / len(y)
    return X.T @ dz, dz.sum()


@right(cross_entropy, (40 * W, B, X, LABELS))
def p_minus_y_in_saturation(w, b, X, y):
    z = X @ w + b
    p = np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))
    dz = (p - y) / len(y)
    return X.T @ dz, dz.sum()


@wrong("sign", cross_entropy, LOGISTIC)
def y_minus_p(w, b, X, y):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    dz = (y - p) / len(y)  # <- wrong
    return X.T @ dz, dz.sum()


@wrong("hard, wrong derivative", cross_entropy, LOGISTIC)
def the_perceptron_rule(w, b, X, y):
    z = X @ w + b
    y_hat = (z > 0).astype(float)
    dz = (y_hat - y) / len(y)  # <- wrong
    return X.T @ dz, dz.sum()


@wrong("wrong derivative, wrong operand", cross_entropy, LOGISTIC)
def logits_for_probabilities(w, b, X, y):
    z = X @ w + b
    dz = (z - y) / len(y)  # <- wrong
    return X.T @ dz, dz.sum()


def bernoulli(w, b, X, y):
    z = X @ w + b
    p = 1 / (1 + np.exp(-z))
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))


@wrong("extra derivative", bernoulli, LOGISTIC)
def sigmoid_twice(w, b, X, y):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    dz = (p - y) * p * (1 - p)  # <- wrong
    dw = X.T @ dz
    db = np.sum(dz)
    return dw, db


@wrong("missing derivative", bernoulli, LOGISTIC)
def sigmoid_left_out(w, b, X, y):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    dp = -y / p + (1 - y) / (1 - p)
    dw = X.T @ dp  # <- wrong
    db = dp.sum()
    return dw, db


@wrong("missing term", bernoulli, LOGISTIC)
def only_the_positive_class(w, b, X, y):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    dp = -y / p  # <- wrong
    dz = dp * p * (1 - p)
    return X.T @ dz, dz.sum()


@wrong("weight of term, sign", bernoulli, LOGISTIC)
def the_other_class_with_the_wrong_sign(w, b, X, y):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    dp = -(y / p + (1 - y) / (1 - p))  # <- wrong
    dz = dp * p * (1 - p)
    return X.T @ dz, dz.sum()


@wrong("overflow", cross_entropy, (400 * W, B, X, LABELS))
def overflows(w, b, X, y):
    with np.errstate(over="ignore", invalid="ignore"):
        z = X @ w + b
        e = np.exp(z)
        p = e / (1 + e)  # <- wrong
        dz = (p - y) / len(y)  # <- wrong
        return X.T @ dz, dz.sum()


def signed_labels(w, X, t):
    margin = t * (X @ w)
    return np.mean(np.log1p(np.exp(-margin)))


@wrong("missing derivative, missing factor", signed_labels, (W, X, 2 * LABELS - 1))
def the_label_is_left_out(w, X, t):
    margin = t * (X @ w)
    dmargin = -1 / (1 + np.exp(margin)) / len(t)
    dw = X.T @ dmargin  # <- wrong
    return dw


@right(signed_labels, (W, X, 2 * LABELS - 1))
def the_label_is_there(w, X, t):
    s = 1 / (1 + np.exp(t * (X @ w)))
    return -(t * s) @ X / t.size
