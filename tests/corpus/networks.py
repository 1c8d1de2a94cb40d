"""Networks of one to three layers with various activations, in several styles."""

# ruff: noqa: RET504

import numpy as np

from tests.corpus.case import right, wrong

rng = np.random.default_rng(21)


def normal(*shape):
    return rng.normal(size=shape)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_prime(x):
    return sigmoid(x) * (1 - sigmoid(x))


# two layers, sigmoid and a linear output

N = 6
X, T = normal(N, 3), normal(N, 2)
TWO = (normal(3, 4), normal(4), normal(4, 2), normal(2), X, T)


def two_layers(W1, b1, W2, b2, X, T):
    z1 = X @ W1 + b1
    a1 = sigmoid(z1)
    z2 = a1 @ W2 + b2
    return np.sum((z2 - T) ** 2) / (2 * len(X))


@right(two_layers, TWO)
def deltas(W1, b1, W2, b2, X, T):
    m = X.shape[0]
    z1 = X @ W1 + b1
    a1 = sigmoid(z1)
    z2 = a1 @ W2 + b2
    delta_2 = z2 - T
    delta_1 = delta_2 @ W2.T * sigmoid_prime(z1)
    return X.T @ delta_1 / m, delta_1.mean(axis=0), a1.T @ delta_2 / m, delta_2.mean(axis=0)


@right(two_layers, TWO)
def deltas_of_each_sample_added_up(W1, b1, W2, b2, X, T):
    grad_W1, grad_b1 = np.zeros(W1.shape), np.zeros(b1.shape)
    grad_W2, grad_b2 = np.zeros(W2.shape), np.zeros(b2.shape)
    for x, t in zip(X, T, strict=True):
        a = sigmoid(x @ W1 + b1)
        delta = a @ W2 + b2 - t
        grad_b2 += delta
        grad_W2 += np.outer(a, delta)
        delta = (W2 @ delta) * a * (1 - a)
        grad_b1 += delta
        grad_W1 += np.outer(x, delta)
    return grad_W1 / len(X), grad_b1 / len(X), grad_W2 / len(X), grad_b2 / len(X)


@wrong("derivative at output", two_layers, TWO, "wrong wrong right right")
def sigmoid_prime_of_the_activation(W1, b1, W2, b2, X, T):
    m = X.shape[0]
    z1 = X @ W1 + b1
    a1 = sigmoid(z1)
    z2 = a1 @ W2 + b2
    delta_z2 = (z2 - T) / m
    delta_a1 = delta_z2 @ W2.T
    delta_z1 = delta_a1 * sigmoid_prime(a1)  # <- wrong
    return X.T @ delta_z1, delta_z1.sum(axis=0), a1.T @ delta_z2, delta_z2.sum(axis=0)


@wrong("missing derivative", two_layers, TWO, "wrong wrong right right")
def no_derivative_of_the_hidden_layer(W1, b1, W2, b2, X, T):
    m = X.shape[0]
    z1 = X @ W1 + b1
    a1 = sigmoid(z1)
    z2 = a1 @ W2 + b2
    dz2 = (z2 - T) / m
    dW2 = a1.T @ dz2
    db2 = dz2.sum(axis=0)
    dz1 = dz2 @ W2.T  # <- wrong
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    return dW1, db1, dW2, db2


@wrong("wrong operand", two_layers, TWO, "right right wrong right")
def the_input_layer_before_its_activation(W1, b1, W2, b2, X, T):
    m = X.shape[0]
    z1 = X @ W1 + b1
    a1 = sigmoid(z1)
    z2 = a1 @ W2 + b2
    dz2 = (z2 - T) / m
    dW2 = z1.T @ dz2  # <- wrong
    db2 = dz2.sum(axis=0)
    dz1 = dz2 @ W2.T * a1 * (1 - a1)
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    return dW1, db1, dW2, db2


@wrong("averaged, factor", two_layers, TWO, "right wrong right right")
def the_mean_for_one_bias(W1, b1, W2, b2, X, T):
    a1 = sigmoid(X @ W1 + b1)
    dz2 = (a1 @ W2 + b2 - T) / len(X)
    dz1 = dz2 @ W2.T * a1 * (1 - a1)
    db1 = dz1.mean(axis=0)  # <- wrong
    return {"W1": X.T @ dz1, "b1": db1, "W2": a1.T @ dz2, "b2": dz2.sum(axis=0)}


@wrong("updated", two_layers, TWO, "wrong wrong right right")
def updates_the_second_layer_first(W1, b1, W2, b2, X, T):
    lr = 0.5
    a1 = sigmoid(X @ W1 + b1)
    dz2 = (a1 @ W2 + b2 - T) / len(X)
    dW2 = a1.T @ dz2
    db2 = dz2.sum(axis=0)
    W2 = W2 - lr * dW2  # <- wrong
    da1 = dz2 @ W2.T  # <- wrong
    dz1 = da1 * a1 * (1 - a1)
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    return dW1, db1, dW2, db2


@wrong("sign, wrong derivative", two_layers, TWO, "wrong wrong right right")
def a_minus_1(W1, b1, W2, b2, X, T):
    a1 = sigmoid(X @ W1 + b1)
    dz2 = (a1 @ W2 + b2 - T) / len(X)
    da1 = np.dot(dz2, W2.T)
    dz1 = da1 * a1 * (a1 - 1)  # <- wrong
    return np.dot(X.T, dz1), np.sum(dz1, 0), np.dot(a1.T, dz2), np.sum(dz2, 0)


@wrong("not summed", two_layers, TWO, "right right right wrong")
def the_bias_summed_over_the_features(W1, b1, W2, b2, X, T):
    a1 = sigmoid(X @ W1 + b1)
    dz2 = (a1 @ W2 + b2 - T) / len(X)
    dz1 = dz2 @ W2.T * a1 * (1 - a1)
    db2 = dz2.sum(axis=1)  # <- wrong
    db1 = dz1.sum(axis=0)
    return X.T @ dz1, db1, a1.T @ dz2, db2


@wrong("rows", two_layers, TWO)
def one_sample_for_all(W1, b1, W2, b2, X, T):
    x, t = X[-1:], T[-1:]
    a = sigmoid(x @ W1 + b1)
    d2 = a @ W2 + b2 - t
    d1 = d2 @ W2.T * a * (1 - a)
    return x.T @ d1 / len(X), d1.sum(0) / len(X), a.T @ d2 / len(X), d2.sum(0) / len(X)


# square layers, tanh: transposes and swaps keep the shapes

DEEP = (normal(4, 4), normal(4, 4), normal(4, 4), normal(5, 4), normal(5, 4))


def three_layers(W1, W2, W3, X, Y):
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    out = h2 @ W3
    return np.mean((out - Y) ** 2)


@right(three_layers, DEEP)
def sech_squared(W1, W2, W3, X, Y):
    u1 = X @ W1
    u2 = np.tanh(u1) @ W2
    g3 = 2 * (np.tanh(u2) @ W3 - Y) / Y.size
    g2 = g3 @ W3.T / np.cosh(u2) ** 2
    g1 = g2 @ W2.T / np.cosh(u1) ** 2
    return X.T @ g1, np.tanh(u1).T @ g2, np.tanh(u2).T @ g3


@wrong("transposed", three_layers, DEEP, "wrong wrong right")
def w3_without_its_transpose(W1, W2, W3, X, Y):
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    out = h2 @ W3
    dout = 2 * (out - Y) / out.size
    dW3 = h2.T @ dout
    dh2 = (dout @ W3) * (1 - h2**2)  # <- wrong
    dW2 = h1.T @ dh2
    dh1 = (dh2 @ W2.T) * (1 - h1**2)
    dW1 = X.T @ dh1
    return dW1, dW2, dW3


@wrong("factor", three_layers, DEEP)
def the_mean_over_samples_only(W1, W2, W3, X, Y):
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    out = h2 @ W3
    dout = 2 * (out - Y) / len(out)  # <- wrong
    dW3 = h2.T @ dout
    dh2 = dout @ W3.T
    dW2 = h1.T @ (dh2 * (1 - h2**2))
    dh1 = (dh2 * (1 - h2**2)) @ W2.T
    dW1 = X.T @ (dh1 * (1 - h1**2))
    return dW1, dW2, dW3


@wrong("missing derivative", three_layers, DEEP, "wrong wrong right")
def no_tanh_in_the_middle(W1, W2, W3, X, Y):
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    dout = 2 * (h2 @ W3 - Y) / Y.size
    dW3 = h2.T @ dout
    dh2 = dout @ W3.T
    dW2 = h1.T @ dh2  # <- wrong
    dh1 = dh2 @ W2.T
    dW1 = X.T @ (dh1 * (1 - h1**2))
    return dW1, dW2, dW3


@wrong("derivative at output", three_layers, DEEP, "wrong wrong right")
def tanh_of_tanh(W1, W2, W3, X, Y):
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    dout = 2 * (h2 @ W3 - Y) / Y.size
    dW3 = h2.T @ dout
    dh2 = dout @ W3.T
    dW2 = h1.T @ (dh2 * (1 - np.tanh(h2) ** 2))  # <- wrong
    dh1 = (dh2 * (1 - np.tanh(h2) ** 2)) @ W2.T
    dW1 = X.T @ (dh1 * (1 - np.tanh(h1) ** 2))
    return dW1, dW2, dW3


@wrong("wrong derivative", three_layers, DEEP, "wrong right right")
def one_minus_tanh_without_its_square(W1, W2, W3, X, Y):
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    dout = 2 * (h2 @ W3 - Y) / Y.size
    dW3 = h2.T @ dout
    draw2 = (dout @ W3.T) * (1 - h2 * h2)
    dW2 = h1.T @ draw2
    draw1 = (draw2 @ W2.T) * (1 - h1)
    dW1 = X.T @ draw1  # <- wrong
    return dW1, dW2, dW3


@wrong("swapped", three_layers, DEEP, "right wrong wrong")
def in_the_wrong_order(W1, W2, W3, X, Y):
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    dout = 2 * (h2 @ W3 - Y) / Y.size
    dW3 = h2.T @ dout
    dh2 = dout @ W3.T * (1 - h2**2)
    dW2 = h1.T @ dh2
    dh1 = dh2 @ W2.T * (1 - h1**2)
    dW1 = X.T @ dh1
    return dW1, dW3, dW2


@wrong("wrong operand", three_layers, DEEP, "right wrong right")
def the_layer_below_the_one_below(W1, W2, W3, X, Y):
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    dout = 2 * (h2 @ W3 - Y) / Y.size
    dW3 = h2.T @ dout
    dh2 = dout @ W3.T
    dW2 = X.T @ (dh2 * (1 - h2**2))  # <- wrong
    dh1 = (dh2 * (1 - h2**2)) @ W2.T
    dW1 = X.T @ (dh1 * (1 - h1**2))
    return dW1, dW2, dW3


# rectifiers

RELU = (normal(3, 4), normal(4), normal(4, 4), normal(4), normal(4, 1), normal(6, 3), normal(6, 1))


def relu_net(W1, b1, W2, b2, W3, X, y):
    z1 = X @ W1 + b1
    h1 = np.maximum(0, z1)
    z2 = h1 @ W2 + b2
    h2 = np.maximum(0, z2)
    scores = h2 @ W3
    loss = np.mean(np.square(scores - y))
    return loss


@right(relu_net, RELU)
def masks_in_place(W1, b1, W2, b2, W3, X, y):
    h1 = np.maximum(0, X @ W1 + b1)
    h2 = np.maximum(0, h1 @ W2 + b2)
    dscores = 2 * (h2 @ W3 - y) / len(y)
    dW3 = h2.T @ dscores
    dhidden = dscores @ W3.T
    dhidden[h2 <= 0] = 0
    dW2, db2 = h1.T @ dhidden, dhidden.sum(0)
    dhidden = dhidden @ W2.T
    dhidden[h1 <= 0] = 0
    return X.T @ dhidden, dhidden.sum(0), dW2, db2, dW3


@wrong("missing derivative", relu_net, RELU, "wrong wrong wrong wrong right")
def no_masks_at_all(W1, b1, W2, b2, W3, X, y):
    h1 = np.maximum(0, X @ W1 + b1)
    h2 = np.maximum(0, h1 @ W2 + b2)
    dscores = 2 * (h2 @ W3 - y) / len(y)
    dW3 = h2.T @ dscores
    dh2 = dscores @ W3.T
    dW2 = h1.T @ dh2  # <- wrong
    db2 = dh2.sum(axis=0)
    dh1 = dh2 @ W2.T
    dW1 = X.T @ dh1
    db1 = dh1.sum(axis=0)
    return dW1, db1, dW2, db2, dW3


@wrong("wrong mask, wrong operand", relu_net, RELU, "wrong wrong right right right")
def the_mask_of_the_other_layer(W1, b1, W2, b2, W3, X, y):
    z1 = X @ W1 + b1
    h1 = np.maximum(0, z1)
    z2 = h1 @ W2 + b2
    h2 = np.maximum(0, z2)
    dscores = 2 * (h2 @ W3 - y) / len(y)
    dW3 = h2.T @ dscores
    dh2 = dscores @ W3.T
    dz2 = dh2 * (z2 > 0)
    dW2, db2 = h1.T @ dz2, dz2.sum(0)
    dh1 = dz2 @ W2.T
    dz1 = dh1 * (z2 > 0)  # <- wrong
    dW1, db1 = X.T @ dz1, dz1.sum(0)
    return dW1, db1, dW2, db2, dW3


@wrong("wrong mask, derivative at output, missing derivative", relu_net, RELU, "wrong wrong right right right")
def a_mask_that_never_masks(W1, b1, W2, b2, W3, X, y):
    z1 = X @ W1 + b1
    h1 = np.maximum(0, z1)
    z2 = h1 @ W2 + b2
    h2 = np.maximum(0, z2)
    dscores = 2 * (h2 @ W3 - y) / len(y)
    dW3 = h2.T @ dscores
    dz2 = dscores @ W3.T * (z2 > 0)
    dW2, db2 = h1.T @ dz2, dz2.sum(0)
    dz1 = dz2 @ W2.T * (h1 >= 0)  # <- wrong
    dW1, db1 = X.T @ dz1, dz1.sum(0)
    return dW1, db1, dW2, db2, dW3


@wrong("wrong mask", relu_net, RELU, "wrong wrong right right right")
def the_sign_of_the_gradient_masks(W1, b1, W2, b2, W3, X, y):
    h1 = np.maximum(0, X @ W1 + b1)
    h2 = np.maximum(0, h1 @ W2 + b2)
    dscores = 2 * (h2 @ W3 - y) / len(y)
    dW3 = h2.T @ dscores
    dz2 = dscores @ W3.T * (h2 > 0)
    dW2, db2 = h1.T @ dz2, dz2.sum(0)
    dh1 = dz2 @ W2.T
    dz1 = dh1 * (dh1 > 0)  # <- wrong
    return X.T @ dz1, dz1.sum(0), dW2, db2, dW3


LEAKY = (normal(3, 4), normal(4), normal(6, 3), normal(6))


def leaky(W, v, X, y):
    z = X @ W
    h = np.where(z > 0, z, 0.1 * z)
    return np.mean((h @ v - y) ** 2)


@right(leaky, LEAKY)
def slopes_as_an_array(W, v, X, y):
    z = X @ W
    slope = np.ones_like(z)
    slope[z < 0] = 0.1
    e = 2 * ((z * slope) @ v - y) / len(y)
    return X.T @ (np.outer(e, v) * slope), (z * slope).T @ e


@wrong("constant, wrong mask, missing term", leaky, LEAKY, "wrong right")
def nothing_leaks(W, v, X, y):
    z = X @ W
    h = np.where(z > 0, z, 0.1 * z)
    de = 2 * (h @ v - y) / len(y)
    dv = h.T @ de
    dh = np.outer(de, v)
    dz = dh * (z > 0)  # <- wrong
    dW = X.T @ dz
    return dW, dv


@wrong("constant, weight of term", leaky, LEAKY, "wrong right")
def leaks_too_little(W, v, X, y):
    z = X @ W
    h = np.where(z > 0, z, 0.1 * z)
    de = 2 * (h @ v - y) / len(y)
    dv = h.T @ de
    dh = np.outer(de, v)
    dz = dh * np.where(z > 0, 1, 0.01)  # <- wrong
    dW = X.T @ dz
    return dW, dv


SOFT = (normal(3, 4), normal(4), normal(4), normal(6, 3))


def softplus_net(W, b, v, X):
    z = X @ W + b
    h = np.log1p(np.exp(z))
    return np.sum(np.tanh(h @ v))


@right(softplus_net, SOFT)
def sigmoid_is_the_derivative_of_softplus(W, b, v, X):
    z = X @ W + b
    h = np.logaddexp(0, z)
    back = 1 - np.tanh(h @ v) ** 2
    inner = back[:, None] * v / (1 + np.exp(-z))
    return X.T @ inner, inner.sum(0), back @ h


@wrong("wrong derivative, extra derivative, derivative at output", softplus_net, SOFT, "wrong wrong right")
def sigmoid_prime_for_softplus(W, b, v, X):
    z = X @ W + b
    h = np.log1p(np.exp(z))
    ds = 1 - np.tanh(h @ v) ** 2
    dv = h.T @ ds
    dh = np.outer(ds, v)
    dz = dh * sigmoid(z) * (1 - sigmoid(z))  # <- wrong
    dW = X.T @ dz
    db = dz.sum(0)
    return dW, db, dv


@wrong("missing derivative, prediction", softplus_net, SOFT, "wrong wrong wrong")
def the_outer_tanh_is_forgotten(W, b, v, X):
    z = X @ W + b
    h = np.log1p(np.exp(z))
    dv = h.sum(0)  # <- wrong
    dh = np.ones((len(X), 1)) * v
    dz = dh * sigmoid(z)
    dW = X.T @ dz
    db = dz.sum(0)
    return dW, db, dv


# weight decay, residual connection, tied weights, dropout


def decayed(W1, W2, X, Y):
    h = np.tanh(X @ W1)
    data_loss = 0.5 * np.mean(np.sum((h @ W2 - Y) ** 2, axis=1))
    reg_loss = 0.5 * 0.1 * np.sum(W1 * W1) + 0.5 * 0.1 * np.sum(W2 * W2)
    return data_loss + reg_loss


DECAYED = (normal(3, 4), normal(4, 2), normal(6, 3), normal(6, 2))


@right(decayed, DECAYED)
def with_the_decay(W1, W2, X, Y):
    reg = 0.1
    h = np.tanh(X @ W1)
    dscores = (h @ W2 - Y) / X.shape[0]
    dW2 = np.dot(h.T, dscores)
    dh = np.dot(dscores, W2.T)
    dW1 = np.dot(X.T, dh * (1 - h * h))
    dW2 += reg * W2
    dW1 += reg * W1
    return dW1, dW2


@wrong("missing regularisation, missing term", decayed, DECAYED, "wrong right")
def decay_of_one_layer_only(W1, W2, X, Y):
    reg = 0.1
    h = np.tanh(X @ W1)
    dscores = (h @ W2 - Y) / X.shape[0]
    dW2 = np.dot(h.T, dscores)
    dh = np.dot(dscores, W2.T)
    dW2 += reg * W2
    dW1 = np.dot(X.T, dh * (1 - h * h))  # <- wrong
    return dW1, dW2


@wrong("weight of term, factor", decayed, DECAYED)
def decay_doubled(W1, W2, X, Y):
    h = np.tanh(X @ W1)
    dscores = (h @ W2 - Y) / X.shape[0]
    dh = np.dot(dscores, W2.T)
    dW2 = np.dot(h.T, dscores) + 2 * 0.1 * W2  # <- wrong
    dW1 = np.dot(X.T, dh * (1 - h * h)) + 2 * 0.1 * W1
    return dW1, dW2


@wrong("sign, weight of term", decayed, DECAYED)
def decay_subtracted(W1, W2, X, Y):
    h = np.tanh(X @ W1)
    dscores = (h @ W2 - Y) / X.shape[0]
    dh = np.dot(dscores, W2.T)
    dW2 = np.dot(h.T, dscores) - 0.1 * W2  # <- wrong
    dW1 = np.dot(X.T, dh * (1 - h * h)) - 0.1 * W1
    return dW1, dW2


def residual(W, x, v):
    h = np.tanh(W @ x)
    y = x + h
    return np.sum(v * y**2)


RESIDUAL = (normal(4, 4), normal(4), normal(4))


@right(residual, RESIDUAL, argnums=(1, 0))
def with_the_skip(W, x, v):
    h = np.tanh(W @ x)
    dy = 2 * v * (x + h)
    dpre = dy * (1 - h**2)
    return dy + W.T @ dpre, np.outer(dpre, x)


@wrong("missing term", residual, RESIDUAL, "right wrong right")
def the_skip_is_missing(W, x, v):
    h = np.tanh(W @ x)
    y = x + h
    dy = 2 * v * y
    dv = y**2
    dh = dy * (1 - h**2)
    dW = np.outer(dh, x)
    dx = W.T @ dh  # <- wrong
    return dW, dx, dv


@wrong("missing term", residual, RESIDUAL, "right wrong", argnums=(0, 1))
def only_the_skip(W, x, v):
    h = np.tanh(W @ x)
    y = x + h
    dy = 2 * v * y
    dW = np.outer(dy * (1 - h**2), x)
    dx = dy  # <- wrong
    return dW, dx


def tied(W, X):
    code = np.tanh(X @ W)
    decoded = code @ W.T
    return np.sum((decoded - X) ** 2)


TIED = (normal(3, 2), normal(5, 3))


@right(tied, TIED)
def both_uses(W, X):
    code = np.tanh(X @ W)
    err = 2 * (code @ W.T - X)
    return err.T @ code + X.T @ (err @ W * (1 - code**2))


@wrong("missing term", tied, TIED)
def the_decoder_only(W, X):
    code = np.tanh(X @ W)
    decoded = code @ W.T
    ddecoded = 2 * (decoded - X)
    dW = ddecoded.T @ code  # <- wrong
    return dW


@wrong("missing term", tied, TIED)
def the_encoder_only(W, X):
    code = np.tanh(X @ W)
    decoded = code @ W.T
    ddecoded = 2 * (decoded - X)
    dcode = ddecoded @ W
    dW = X.T @ (dcode * (1 - code**2))  # <- wrong
    return dW


MASK = (rng.random((6, 4)) < 0.5) * 1.0


def dropped(W1, W2, X, mask):
    h = np.maximum(X @ W1, 0)
    d = h * mask / 0.5
    return np.sum(np.tanh(d @ W2))


DROPPED = (normal(3, 4), normal(4, 2), normal(6, 3), MASK)


@right(dropped, DROPPED)
def dropout_both_ways(W1, W2, X, mask):
    h = np.maximum(X @ W1, 0)
    d = 2 * mask * h
    up = 1 - np.tanh(d @ W2) ** 2
    return X.T @ ((up @ W2.T) * mask * 2 * (h > 0)), d.T @ up


@wrong("missing derivative, missing factor", dropped, DROPPED, "wrong right")
def dropout_forward_only(W1, W2, X, mask):
    h = np.maximum(X @ W1, 0)
    d = h * mask / 0.5
    dout = 1 - np.tanh(d @ W2) ** 2
    dW2 = d.T @ dout
    dd = dout @ W2.T
    dh = dd  # <- wrong
    dW1 = X.T @ (dh * (h > 0))
    return dW1, dW2


@wrong("factor", dropped, DROPPED, "wrong right")
def dropout_without_its_scale(W1, W2, X, mask):
    h = np.maximum(X @ W1, 0)
    d = h * mask / 0.5
    dout = 1 - np.tanh(d @ W2) ** 2
    dW2 = d.T @ dout
    dh = (dout @ W2.T) * mask  # <- wrong
    dW1 = X.T @ (dh * (h > 0))
    return dW1, dW2
