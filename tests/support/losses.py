"""Losses that are sums over rows, and some that look at all rows first, with arguments of any number of rows."""

import numpy as np
import pytest

import autograd_lite as ag


def layers(W1, b1, W2, b2, X, y):
    h = np.maximum(X @ W1 + b1, 0)
    return np.mean(ag.cross_entropy(h @ W2 + b2, y))


def logistic(w, b, X, y):
    scores = X @ w + b
    return np.mean(np.logaddexp(0, scores) - y * scores)


def wave(x):
    return np.sum(np.exp(-np.square(np.tanh(1.3 * x + 0.2))) * x)


def normalised(scale, shift, X):
    deviations = X - np.mean(X, axis=0)
    z = deviations / np.sqrt(np.mean(np.square(deviations), axis=0) + 1e-5)
    return np.sum(np.tanh(scale * z + shift))


def likelihood(mean, log_scale, x):
    z = (x - mean) / np.exp(log_scale)
    return -np.sum(0.5 * np.square(z) + log_scale)


def attention(Wq, Wk, X, memory):
    scores = (X @ Wq) @ (memory @ Wk).T / np.sqrt(memory.shape[1])
    return np.sum(np.square(ag.softmax(scores) @ memory))


def variances(X):
    return np.sum(np.square(np.var(X, axis=0) - np.max(X, axis=0)))


def means_of_clusters(centres, X):
    distances = np.sum(np.square(X[:, None, :] - centres), axis=2)
    return np.mean(np.min(distances, axis=1))


def _normal(*shape):
    return lambda rng, n: rng.normal(size=[n if length is None else length for length in shape])


def _labels(rng, n):
    return rng.integers(0, 3, n)


_N = None
LOSSES = {
    layers: (4, (_normal(5, 4), _normal(4), _normal(4, 3), _normal(3), _normal(_N, 5), _labels)),
    logistic: (2, (_normal(5), lambda rng, n: 0.1, _normal(_N, 5), lambda rng, n: rng.integers(0, 2, n) * 1.0)),
    wave: (1, (_normal(_N),)),
    normalised: (2, (_normal(4), _normal(4), _normal(_N, 4))),
    likelihood: (2, (lambda rng, n: 0.3, lambda rng, n: -0.2, _normal(_N))),
    attention: (2, (_normal(4, 3), _normal(4, 3), _normal(_N, 4), _normal(6, 4))),
    variances: (1, (_normal(_N, 3),)),
    means_of_clusters: (1, (_normal(4, 2), _normal(_N, 2))),
}
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)


def drawn(loss, n, dtype=np.float64):
    parameters, draws = LOSSES[loss]
    rng = np.random.default_rng(n)
    args = [draw(rng, n) for draw in draws]
    args = [x.astype(dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in args]
    return ag.value_and_grad(loss, tuple(range(parameters))), args
