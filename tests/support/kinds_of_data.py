"""Right gradients of functions that count on what their arguments are: signs, shares, symmetry, labels, lengths."""

from typing import Any

import numpy as np

CASES: dict[str, Any] = {}


def case(*args, **options):
    """Register the function of a pair ``f, hand`` by the name of what makes it."""

    def register(make):
        CASES[make.__name__] = (*make(), args, options)
        return make

    return register


_R = np.random.default_rng(7)


def _normal(*shape):
    return _R.normal(size=shape)


def _positive(*shape):
    return _R.uniform(0.5, 2, shape)


def _shares(*shape):
    x = _R.uniform(0.1, 1, shape)
    return x / x.sum(-1, keepdims=True)


def _labels(size, count):
    return _R.integers(count, size=size)


def _one_hot(size, count):
    return np.eye(count)[np.arange(size) * 2 % count]


def _definite(n):
    a = _normal(n, n)
    return a @ a.T + np.eye(n)


def _softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@case(_normal(6), _positive(6), _normal(6))
def gaussian_with_its_scale():
    def f(mu, sigma, x):
        return np.sum(np.log(sigma) + (x - mu) ** 2 / (2 * sigma**2))

    def hand(mu, sigma, x):
        return (mu - x) / sigma**2, 1 / sigma - (x - mu) ** 2 / sigma**3

    return f, hand


@case(_positive(5), np.array([3.0, 0.0, 2.0, 5.0, 1.0]))
def poisson_counts():
    return lambda rate, k: np.sum(rate - k * np.log(rate)), lambda rate, k: 1 - k / rate


@case(_R.uniform(0.1, 0.9, 7), np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0]))
def bernoulli_probabilities():
    def f(p, y):
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    return f, lambda p, y: (p - y) / (p * (1 - p)) / len(y)


@case(_normal(4, 3), _shares(4, 3))
def soft_labels():
    def f(z, q):
        m = z.max(1, keepdims=True)
        return -np.sum(q * (z - m - np.log(np.sum(np.exp(z - m), 1, keepdims=True)))) / len(z)

    return f, lambda z, q: (_softmax(z) - q) / len(z)


@case(_normal(3, 5), _normal(5), _one_hot(5, 3).T)
def one_hot_columns():
    def f(w, b, y):
        p = np.exp(w + b)
        return -np.sum(y * np.log(p / np.sum(p, 0)))

    def hand(w, b, y):
        p = np.exp(w + b)
        dw = p / np.sum(p, 0) - y
        return dw, dw.sum(0)

    return f, hand


@case(_normal(4, 3), _labels(4, 3))
def integer_labels():
    def f(z, y):
        return -np.mean(np.log(np.exp(z) / np.sum(np.exp(z), 1, keepdims=True))[np.arange(len(y)), y])

    def hand(z, y):
        d = _softmax(z)
        d[np.arange(len(y)), y] -= 1
        return d / len(y)

    return f, hand


@case(_normal(6, 3), np.array([0, 2, 2, 5]), _normal(4, 3))
def looked_up_rows():
    def f(table, index, g):
        return np.sum(np.tanh(table[index]) * g)

    def hand(table, index, g):
        d = np.zeros_like(table)
        np.add.at(d, index, g * (1 - np.tanh(table[index]) ** 2))
        return d

    return f, hand


@case(_normal(8), _normal(8, 2), np.array([1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0]))
def labels_of_two_signs():
    def f(b, x, y):
        return np.sum(np.log1p(np.exp(-y * (x[:, 0] + b))))

    return f, lambda b, x, y: -y / (1 + np.exp(y * (x[:, 0] + b)))


@case(_normal(3), _definite(3))
def symmetric_form():
    return lambda x, a: x @ a @ x, lambda x, a: 2 * a @ x


@case(_normal(4), _definite(4), _normal(4))
def gaussian_of_a_covariance():
    def f(mu, cov, x):
        chol = np.linalg.cholesky(cov)
        z = np.linalg.solve(chol, x - mu)
        return z @ z / 2 + np.sum(np.log(np.diag(chol)))

    return f, lambda mu, cov, x: -np.linalg.solve(cov, x - mu)


@case(np.tril(_normal(3, 3)) + 2 * np.eye(3), _normal(3))
def lower_triangle():
    def f(chol, x):
        z = np.linalg.solve(chol, x)
        return z @ z / 2

    def hand(chol, x):
        z = np.linalg.solve(chol, x)
        return -np.outer(np.linalg.solve(chol.T, z), z)

    return f, hand


@case(_normal(5, 3), np.array([1.0, 1.0, 0.0, 1.0, 0.0]))
def mask():
    def f(h, m):
        return np.sum(np.tanh(h) * m[:, None]) / np.sum(m)

    return f, lambda h, m: (1 - np.tanh(h) ** 2) * m[:, None] / np.sum(m)


@case(_normal(4, 4), np.tril(np.ones((4, 4), bool)))
def causal_mask():
    def f(scores, allowed):
        return np.sum(_softmax_of(scores, allowed)[:, 0] ** 2)

    def _softmax_of(scores, allowed):
        e = np.exp(scores) * allowed
        return e / (e.sum(1, keepdims=True) + 1e-6)

    def hand(scores, allowed):
        p = _softmax_of(scores, allowed)
        g = np.zeros_like(p)
        g[:, 0] = 2 * p[:, 0]
        return p * (g - np.sum(g * p, 1, keepdims=True))

    return f, hand


@case(_normal(4, 2), 1.0, 0.3)
def energy_of_pairs():
    def f(positions, epsilon, sigma):
        i, j = np.triu_indices(len(positions), 1)
        r2 = np.sum((positions[i] - positions[j]) ** 2, 1)
        return np.sum(epsilon * np.exp(-r2 / (2 * sigma**2)))

    def hand(positions, epsilon, sigma):
        d = positions[:, None] - positions
        k = epsilon * np.exp(-np.sum(d**2, 2) / (2 * sigma**2)) / sigma**2
        return -np.sum(k[:, :, None] * d, 1)

    return f, hand


@case(np.zeros(3), np.zeros((4, 3)), 0.0, 0.1)
def all_zero_at_first():
    def f(b, x, decay, lam):
        return np.sum(np.tanh(x + b) ** 2) + lam * np.sum(b**2) + decay * np.sum(b)

    def hand(b, x, decay, lam):
        h = np.tanh(x + b)
        return np.sum(2 * h * (1 - h**2), 0) + 2 * lam * b + decay

    return f, hand


@case(_normal(3, 4), _normal(4), 4)
def count_as_an_integer():
    return lambda w, x, n: np.sum((w @ x.reshape(n)) ** 2) / n, lambda w, x, n: 2 * np.outer(w @ x, x) / n


@case(_normal(6), 0.5)
def huber():
    def f(r, delta):
        return np.sum(np.where(np.abs(r) < delta, r**2 / 2, delta * (np.abs(r) - delta / 2)))

    return f, lambda r, delta: np.clip(r, -delta, delta)


@case(_normal(5), np.array([0.1, 0.3, 0.7, 1.1, 1.9]))
def sorted_times():
    def f(y, t):
        return np.sum(np.diff(t) * (y[1:] + y[:-1]) / 2)

    def hand(y, t):
        d = np.zeros_like(y)
        d[1:] += np.diff(t) / 2
        d[:-1] += np.diff(t) / 2
        return d

    return f, hand


@case(_normal(4, 3), np.array([[1.0, np.nan, 2.0], [0.5, 1.5, np.nan], [1.0, 1.0, 3.0], [np.nan, 0.2, 0.1]]))
def missing_values():
    def f(m, x):
        return np.nansum((x - m) ** 2)

    return f, lambda m, x: np.where(np.isnan(x), 0, 2 * (m - x))


@case(_normal(4).astype(np.float32), _normal(4).astype(np.float32))
def single_precision():
    return lambda w, x: np.sum(np.tanh(w * x)), lambda w, x: x * (1 - np.tanh(w * x) ** 2)


@case(_normal(3, 4))
def with_a_cotangent():
    return lambda x: np.tanh(x).T, lambda x, g: g.T * (1 - np.tanh(x) ** 2)


@case(_positive(4), np.array([0.2, -0.3, 0.4, 0.1]))
def stored_element_by_element():
    def f(w, x):
        out = np.zeros(len(w))
        for i in range(len(w)):
            out[i] = float(np.log(w[i])) * x[i]
        return float(np.sum(out**2))

    return f, lambda w, x: 2 * np.log(w) * x**2 / w


class Layer:
    def __init__(self):
        self.W, self.b = np.full((3, 2), 0.1), np.zeros(2)

    def forward(self, x, y):
        self.x = x
        return np.mean((np.tanh(x @ self.W + self.b) - y) ** 2)

    def backward(self, x, y):
        h = np.tanh(self.x @ self.W + self.b)
        dz = 2 * (h - y) / h.size * (1 - h**2)
        return self.x.T @ dz, dz.sum(0)


@case(_normal(5, 3), np.zeros((5, 2)), params=("W", "b"))
def attributes():
    layer = Layer()
    return layer.forward, layer.backward


@case({"w": [_normal(3, 2), _normal(2)], "b": _normal(2)}, _normal(4, 3))
def tree_of_arrays():
    def f(p, x):
        return np.sum(np.tanh(x @ p["w"][0]) @ p["w"][1]) + np.sum(p["b"] ** 2)

    def hand(p, x):
        h = np.tanh(x @ p["w"][0])
        return {"w": [x.T @ ((1 - h**2) * p["w"][1]), h.sum(0)], "b": 2 * p["b"]}

    return f, hand
