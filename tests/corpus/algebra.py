"""Vectors and matrices: similarity, quadratic forms, embeddings, sums, products, and vector-Jacobian products."""

# ruff: noqa: RET504

import numpy as np

from tests.corpus.case import right, wrong

rng = np.random.default_rng(81)
U, V = rng.normal(size=4), rng.normal(size=4)


def cosine(u, v):
    dot = u @ v
    nu = np.sqrt(u @ u)
    nv = np.sqrt(v @ v)
    return dot / (nu * nv)


@right(cosine, (U, V))
def cosine_projects(u, v):
    a, b = u / np.linalg.norm(u), v / np.linalg.norm(v)
    c = a @ b
    return (b - c * a) / np.linalg.norm(u), (a - c * b) / np.linalg.norm(v)


@wrong("missing term, detached", cosine, (U, V), "wrong right")
def cosine_with_a_constant_norm(u, v):
    nu = np.sqrt(u @ u)
    nv = np.sqrt(v @ v)
    c = u @ v / (nu * nv)
    du = v / (nu * nv)  # <- wrong
    dv = u / (nu * nv) - c * v / nv**2
    return du, dv


@wrong("weight of term, sign", cosine, (U, V), "right wrong")
def cosine_with_the_wrong_sign(u, v):
    nu = np.sqrt(u @ u)
    nv = np.sqrt(v @ v)
    c = u @ v / (nu * nv)
    du = v / (nu * nv) - c * u / nu**2
    dv = u / (nu * nv) + c * v / nv**2  # <- wrong
    return du, dv


def quadratic(x, A, b):
    return x @ A @ x + b @ x


FORM = (rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=3))


@right(quadratic, FORM)
def a_matrix_that_is_not_symmetric(x, A, b):
    return (A + A.T) @ x + b, np.outer(x, x), x


@wrong("symmetric, missing term", quadratic, FORM)
def twice_a_x(x, A, b):
    dx = 2 * A @ x + b  # <- wrong
    return dx


@wrong("missing term", quadratic, FORM)
def a_x_alone(x, A, b):
    dx = A @ x + b  # <- wrong
    return dx


@wrong("missing term", quadratic, FORM, "wrong right")
def the_linear_term_is_lost(x, A, b):
    dx = (A + A.T) @ x  # <- wrong
    dA = np.outer(x, x)
    return dx, dA


def embedded(E, W, tokens, target):
    e = E[tokens]
    pooled = e.mean(axis=0)
    return np.sum((pooled @ W - target) ** 2)


TOKENS = (rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), np.array([1, 4, 1, 0]), rng.normal(size=2))


@right(embedded, TOKENS)
def embedding_added_at(E, W, tokens, target):
    pooled = E[tokens].mean(axis=0)
    up = 2 * (pooled @ W - target)
    dE = np.zeros_like(E)
    np.add.at(dE, tokens, W @ up / len(tokens))
    return dE, np.outer(pooled, up)


@wrong("repeated index", embedded, TOKENS, "wrong right")
def embedding_without_add_at(E, W, tokens, target):
    e = E[tokens]
    pooled = e.mean(axis=0)
    up = 2 * (pooled @ W - target)
    dpooled = W @ up
    dE = np.zeros_like(E)
    dE[tokens] += dpooled / len(tokens)  # <- wrong
    dW = np.outer(pooled, up)
    return dE, dW


@wrong("factor, averaged", embedded, TOKENS, "wrong right")
def embedding_sum_for_mean(E, W, tokens, target):
    e = E[tokens]
    pooled = e.mean(axis=0)
    up = 2 * (pooled @ W - target)
    dpooled = W @ up
    dE = np.zeros_like(E)
    for token in tokens:
        dE[token] += dpooled  # <- wrong
    dW = np.outer(pooled, up)
    return dE, dW


def product(x):
    a = np.sin(x)
    b = np.exp(x)
    return np.sum(a * b)


@wrong("missing term", product, (U,))
def half_of_the_product_rule(x):
    b = np.exp(x)
    dx = np.cos(x) * b  # <- wrong
    return dx


@wrong("sign, weight of term", product, (U,))
def the_product_rule_with_a_minus(x):
    a = np.sin(x)
    b = np.exp(x)
    dx = np.cos(x) * b - a * b  # <- wrong
    return dx


@right(product, (U,))
def the_product_rule(x):
    return np.exp(x) * (np.cos(x) + np.sin(x))


def quotient(x, y):
    return np.sum(x / y)


@wrong("sign", quotient, (U, V), "right wrong")
def the_quotient_with_the_wrong_sign(x, y):
    return 1 / y, x / y**2


@wrong("wrong derivative, extra factor", quotient, (U, V), "right wrong")
def the_quotient_without_its_square(x, y):
    return 1 / y, -x / y


def running(x, v):
    s = np.cumsum(x)
    return np.sum(v * s**2)


RUNNING = (rng.normal(size=5), rng.normal(size=5))


@right(running, RUNNING)
def from_the_other_end(x, v):
    ds = 2 * v * np.cumsum(x)
    return np.cumsum(ds[::-1])[::-1]


@wrong("reversed", running, RUNNING)
def from_the_same_end(x, v):
    s = np.cumsum(x)
    ds = 2 * v * s
    dx = np.cumsum(ds)  # <- wrong
    return dx


@wrong("missing derivative, missing term", running, RUNNING)
def the_running_sum_is_passed_through(x, v):
    s = np.cumsum(x)
    ds = 2 * v * s
    dx = ds  # <- wrong
    return dx


def variance(x):
    return np.var(x)


@right(variance, (U,))
def the_mean_drops_out(x):
    return 2 * (x - x.mean()) / len(x)


@wrong("constant, factor", variance, (U,))
def variance_by_n_minus_1(x):
    return 2 * (x - x.mean()) / (len(x) - 1)


@wrong("missing term, detached", variance, (U,))
def variance_without_its_mean(x):
    return 2 * x / len(x)


def distance(p, q):
    d = p - q
    return np.sqrt(np.sum(d**2))


@right(distance, (U, V))
def a_unit_vector(p, q):
    d = p - q
    return d / np.linalg.norm(d), -d / np.linalg.norm(d)


@wrong("missing derivative, prediction", distance, (U, V))
def the_root_is_forgotten(p, q):
    d = p - q
    dd = 2 * d  # <- wrong
    return dd, -dd


@wrong("sign", distance, (U, V), "right wrong")
def both_points_alike(p, q):
    d = p - q
    grad = d / np.sqrt(np.sum(d**2))
    return grad, grad


def chained(W1, W2, W3):
    return np.trace(W1 @ W2 @ W3)


CHAIN = (rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), rng.normal(size=(3, 3)))


@right(chained, CHAIN)
def trace_of_three(W1, W2, W3):
    return (W2 @ W3).T, (W3 @ W1).T, (W1 @ W2).T


@wrong("transposed", chained, CHAIN)
def trace_of_three_untransposed(W1, W2, W3):
    return W2 @ W3, W3 @ W1, W1 @ W2


@wrong("swapped", chained, CHAIN, "wrong right wrong")
def trace_of_three_swapped(W1, W2, W3):
    return (W1 @ W2).T, (W3 @ W1).T, (W2 @ W3).T


def swish(x):
    s = 1 / (1 + np.exp(-x))
    return np.sum(x * s)


@right(swish, (U,))
def swish_by_hand(x):
    s = 1 / (1 + np.exp(-x))
    return s + x * s * (1 - s)


@wrong("missing term", swish, (U,))
def swish_gate_only(x):
    s = 1 / (1 + np.exp(-x))
    return s


@wrong("offset", product, (U,))
def one_too_many(x):
    return np.exp(x) * (np.cos(x) + np.sin(x)) + 1


@wrong("constant", lambda x: np.sum(np.sin(3.0 * x) * x), (U,))
def a_constant_mistyped_inside(x):
    return np.sin(2.9 * x) + 3 * x * np.cos(2.9 * x)


def activate(z, a):
    return np.tanh(z) * a


BACK = (rng.normal(size=(3, 2)), rng.normal(size=2))


@right(activate, BACK)
def vjp_of_a_layer(dout, z, a):
    t = np.tanh(z)
    return dout * a * (1 - t**2), (dout * t).sum(axis=0)


@wrong("not summed", activate, BACK, "right wrong")
def vjp_without_the_sum(dout, z, a):
    t = np.tanh(z)
    return dout * a * (1 - t**2), dout * t


@wrong("missing derivative, wrong operand, prediction", activate, BACK)
def vjp_without_the_cotangent(dout, z, a):
    t = np.tanh(z)
    return a * (1 - t**2), t.sum(axis=0)


def softmax(z):
    e = np.exp(z)
    return e / np.sum(e)


@right(softmax, (U,))
def vjp_of_the_softmax(g, z):
    p = np.exp(z) / np.exp(z).sum()
    return p * (g - g @ p)


@wrong("diagonal", softmax, (U,))
def vjp_of_the_softmax_diagonal_only(g, z):
    p = np.exp(z) / np.exp(z).sum()
    return g * p * (1 - p)
