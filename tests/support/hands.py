"""Hand gradients to verify: in every form of an answer, right ones that look wrong, wrong ones that look right."""

import math
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag

RNG = np.random.default_rng(20)
X = np.array([0.5, -1.0, 2.0])
A = RNG.normal(size=(3, 2))
Y = np.array([0.3, 0.7])


def product(a, b):
    return np.sum(np.square(a) * b)


def by_a(a, b):
    return 2 * a * b


def by_b(a, b):
    return np.square(a)


def layer(params, x):
    return np.sum(np.tanh(x @ params["W"] + params["b"]))


def layer_gradient(params, x):
    d = 1 - np.square(np.tanh(x @ params["W"] + params["b"]))
    return np.outer(x, d), d


PARAMS = {"W": A, "b": Y}


class Layer(NamedTuple):
    W: np.ndarray
    b: np.ndarray


def stack(layers, x):
    for W, b in layers:
        x = np.tanh(x @ W + b)
    return np.sum(x)


def stack_gradient(layers, x):
    outputs = [x]
    for W, b in layers:
        outputs.append(np.tanh(outputs[-1] @ W + b))
    d, found = np.ones_like(outputs[-1]), []
    for i in range(len(layers) - 1, -1, -1):
        d = d * (1 - np.square(outputs[i + 1]))
        found.append((np.outer(outputs[i], d), d))
        d = layers[i][0] @ d
    return found[::-1], d


STACK = [(A, Y), (A.T, X)]


def spelled(pattern):
    def gradient(params, x):
        dW, db = layer_gradient(params, x)
        return {pattern.format("b"): db, pattern.format("W"): dW}

    return gradient


FORMS: dict[str, tuple[Any, ...]] = {
    "an array": (product, by_a, (X, A[:, 0]), {}, ["a"]),
    "a tuple": (product, lambda a, b: (by_a(a, b), by_b(a, b)), (X, A[:, 0]), {}, ["a", "b"]),
    "a list": (product, lambda a, b: [by_a(a, b), by_b(a, b)], (X, A[:, 0]), {}, ["a", "b"]),
    "a tuple of one": (product, lambda a, b: (by_a(a, b),), (X, A[:, 0]), {}, ["a"]),
    "argnums": (product, by_b, (X, A[:, 0]), {"argnums": 1}, ["b"]),
    "argnums from the end": (product, by_b, (X, A[:, 0]), {"argnums": -1}, ["b"]),
    "argnums in another order": (
        product, lambda a, b: (by_b(a, b), by_a(a, b)), (X, A[:, 0]), {"argnums": (1, 0)}, ["b", "a"],
    ),
    "argnums of one": (product, lambda a, b: (by_b(a, b),), (X, A[:, 0]), {"argnums": (1,)}, ["b"]),
    "a dict by parameter": (
        product, lambda a, b: {"b": by_b(a, b), "a": by_a(a, b)}, (X, A[:, 0]), {}, ["b", "a"],
    ),
    "a dict by some parameter": (product, lambda a, b: {"b": by_b(a, b)}, (X, A[:, 0]), {}, ["b"]),
    "a dict spelled with d": (
        product, lambda a, b: {"da": by_a(a, b), "db": by_b(a, b)}, (X, A[:, 0]), {}, ["a", "b"],
    ),
    "numbers": (lambda a, b: a * a * b, lambda a, b: (2 * a * b, a * a), (1.5, 0.7), {}, ["a", "b"]),
    "numbers in an array": (
        lambda a, b: a * a * b, lambda a, b: np.array([2 * a * b, a * a]), (1.5, 0.7), {}, ["a", "b"],
    ),
    "a list of numbers for an array": (product, lambda a, b: [float(g) for g in 2 * a * b], (X, A[:, 0]), {}, ["a"]),
    "a dict for a dict": (layer, spelled("{}"), (PARAMS, X), {}, ["W", "b"]),
    "dW for W": (layer, spelled("d{}"), (PARAMS, X), {}, ["W", "b"]),
    "grad_W for W": (layer, spelled("grad_{}"), (PARAMS, X), {}, ["W", "b"]),
    "a dict and an array": (
        layer, lambda p, x: (spelled("{}")(p, x), p["W"] @ layer_gradient(p, x)[1]), (PARAMS, X), {}, ["W", "b", "x"],
    ),
    "a list of pairs": (
        stack, lambda p, x: stack_gradient(p, x)[0], (STACK, X), {},
        ["layers_0_0", "layers_0_1", "layers_1_0", "layers_1_1"],
    ),
    "a list of pairs and an array": (
        stack, stack_gradient, (STACK, X), {}, ["layers_0_0", "layers_0_1", "layers_1_0", "layers_1_1", "x"],
    ),
    "a named tuple": (
        lambda p, x: np.sum(np.tanh(x @ p.W + p.b)),
        lambda p, x: Layer(*layer_gradient({"W": p.W, "b": p.b}, x)),
        (Layer(A, Y), X), {}, ["W", "b"],
    ),
    "a list argument": (lambda v: v[0] * v[1], lambda v: [v[1], v[0]], ([2.0, 3.0],), {}, ["v_0", "v_1"]),
    "a cotangent first": (
        lambda x, W: x @ W, lambda g, x, W: (W @ g, np.outer(x, g)), (X, A), {}, ["x", "W"],
    ),
    "a cotangent last": (
        lambda x, W: x @ W, lambda x, W, dout: (W @ dout, np.outer(x, dout)), (X, A), {}, ["x", "W"],
    ),
    "a Tensor": (product, lambda a, b: ag.Tensor(2 * a * b), (X, A[:, 0]), {}, ["a"]),
    "integers": (lambda n: np.sum(n**2), lambda n: 2 * n, (np.array([1, 2, 3]),), {}, ["n"]),
    "an integer": (lambda n: n**2, lambda n: 2 * n, (3,), {}, ["n"]),
    "no elements": (lambda x: np.sum(x**2), lambda x: 2 * x, (np.zeros((0, 3)),), {}, ["x"]),
    "labels beside": (
        lambda w, x, y: np.sum((x @ w)[y]), lambda w, x, y: x[y].sum(0), (Y, A, np.array([0, 2, 2])), {}, ["w"],
    ),
    "complex": (lambda z: np.sum(np.abs(z) ** 2), lambda z: 2 * np.conj(z), (X + 1j,), {}, ["z"]),
    "float32": (product, by_a, (X.astype(np.float32), A[:, 0].astype(np.float32)), {}, ["a"]),
}  # fmt: skip


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cross_entropy(x, y):
    p = sigmoid(x)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def softmax_loss(z, y):
    z = z - z.max(axis=1, keepdims=True)
    return -np.mean((z - np.log(np.exp(z).sum(axis=1, keepdims=True)))[np.arange(len(y)), y])


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_gradient(z, y):
    d = softmax(z)
    d[np.arange(len(y)), y] -= 1
    return d / len(y)


def softmax_by_difference(z, y):
    p = softmax(z)
    first = 1 - p[:, 1:].sum(axis=1, keepdims=True)
    return (np.concatenate([first, p[:, 1:]], axis=1) - np.eye(3)[y]) / len(y)


def mean_square(w, x, t):
    return np.mean(np.square(x @ w - t))


def normal_equations(w, x, t):
    return 2 * (x.T @ x @ w - x.T @ t) / len(t)


KINKED = np.array([0.0, 1.0, -1.0])
SIGNS = np.array([1.0, 0.0, 1.0])
LOGITS, LABELS = RNG.normal(size=(4, 3)), np.array([0, 2, 1, 1])
DESIGN, TARGETS = RNG.normal(size=(20, 3)), RNG.normal(size=20)
OPTIMUM = np.linalg.lstsq(DESIGN, TARGETS, rcond=None)[0]
SPREAD = np.array([1e12, 1.0, 1e-12])
CONDEMNED: dict[str, tuple[Any, ...]] = {
    "relu at 0, the left derivative": (lambda x: relu(x).sum(), lambda x: 1.0 * (x > 0), (KINKED,), "kink"),
    "relu at 0, the right derivative": (lambda x: relu(x).sum(), lambda x: 1.0 * (x >= 0), (KINKED,), "kink"),
    "relu at 0, too much": (lambda x: relu(x).sum(), lambda x: np.where(x, x > 0, 1.2), (KINKED,), "wrong"),
    "relu at 0, too little": (lambda x: relu(x).sum(), lambda x: np.where(x, x > 0, -0.2), (KINKED,), "wrong"),
    "abs at 0": (lambda x: np.abs(x).sum(), np.sign, (KINKED,), "right"),
    "abs at 0, the right derivative": (lambda x: np.abs(x).sum(), lambda x: 2.0 * (x >= 0) - 1, (KINKED,), "kink"),
    "abs at 0, 2": (lambda x: np.abs(x).sum(), lambda x: np.where(x, np.sign(x), 2), (KINKED,), "wrong"),
    "two kinks that cancel": (lambda x: np.sum(relu(x) - relu(-x)), np.ones_like, (KINKED,), "right"),
    "two kinks that cancel, 0": (lambda x: np.sum(relu(x) - relu(-x)), lambda x: 1.0 * (x != 0), (KINKED,), "wrong"),
    "a tie of max": (np.max, lambda x: np.array([1.0, 0, 0]), (np.array([2.0, 2, 1]),), "kink"),
    "a tie of max, shared": (np.max, lambda x: np.array([0.5, 0.5, 0]), (np.array([2.0, 2, 1]),), "right"),
    "a tie of max, outside": (np.max, lambda x: np.array([1.5, -0.5, 0]), (np.array([2.0, 2, 1]),), "wrong"),
    "a norm at 0": (lambda x: np.sqrt(np.sum(x**2)), np.zeros_like, (np.zeros(3),), "kink"),
    "cross-entropy, nearly sure": (cross_entropy, lambda x, y: (sigmoid(x) - y) / 3, (5 * X, SIGNS), "right"),
    "cross-entropy, all but sure": (cross_entropy, lambda x, y: (sigmoid(x) - y) / 3, (15 * X, SIGNS), "right"),
    "cross-entropy, summed": (cross_entropy, lambda x, y: sigmoid(x) - y, (15 * X, SIGNS), "wrong"),
    "log(1 - p) without digits": (lambda x: np.sum(np.log(1 - sigmoid(x))), lambda x: -sigmoid(x), (36 + X,), "noisy"),
    "tanh, saturated": (lambda x: np.sum(np.tanh(x)), lambda x: 1 / np.cosh(x) ** 2, (30 * X,), "right"),
    "tanh, flat": (lambda x: np.sum(np.tanh(x)), lambda x: 1 / np.cosh(x) ** 2, (300 * X,), "right"),
    "softmax, far apart": (softmax_loss, softmax_gradient, (100 * LOGITS, LABELS), "right"),
    "softmax, apart": (softmax_loss, softmax_by_difference, (30 * LOGITS, LABELS), "right"),
    "softmax, at rest": (softmax_loss, softmax_by_difference, (1e-8 * LOGITS, LABELS), "right"),
    "an optimum": (mean_square, lambda w, x, t: 2 * x.T @ (x @ w - t) / len(t), (OPTIMUM, DESIGN, TARGETS), "right"),
    "an optimum by other arithmetic": (mean_square, normal_equations, (OPTIMUM, DESIGN, TARGETS), "right"),
    "an offset": (mean_square, normal_equations, (OPTIMUM, DESIGN + 1e5, TARGETS), "right"),
    "a sum that cancels": (
        lambda w, x: np.sum(x @ w), lambda w, x: sum(x), (OPTIMUM, np.vstack([DESIGN * 1e8, 0.01 - DESIGN * 1e8])),
        "right",
    ),
    "scales apart": (lambda x: np.sum(SPREAD * np.sin(x)), lambda x: SPREAD * np.cos(x), (X,), "right"),
    "scales apart, the least is 0": (
        lambda x: np.sum(SPREAD * np.sin(x)), lambda x: SPREAD * np.cos(x) * [1, 1, 0], (X,), "wrong",
    ),
    "arguments apart": (lambda x: np.sum(np.log1p(x**2)), lambda x: 2 * x / (1 + x * x), (SPREAD,), "right"),
    "arguments apart, the least off": (
        lambda x: np.sum(np.log1p(x**2)), lambda x: 2 * x / (1 + x * x) * [1, 1, 1 + 1e-9], (SPREAD,), "wrong",
    ),
    "squares that underflow": (lambda x: np.sum(x**2), lambda x: 2 * x, (1e-200 * X,), "right"),
    "0 for a tiny gradient": (lambda x: 1e-200 * np.sum(x**2), np.zeros_like, (X,), "wrong"),
    "digits that cancel": (lambda x: np.sum((1 - np.cos(x)) / x**2), lambda x: -x / 12, (1e-8 * X,), "noisy"),
    "NaN where nobody looks": (
        lambda x: np.sum(np.where(x > 0, np.sqrt(x), x)),
        lambda x: np.where(x > 0, 0.5 / np.sqrt(np.where(x > 0, x, 1)), 1.0), (np.array([-1.0, 1.0, 4.0]),), "right",
    ),
    "steps": (lambda x: np.sum(np.round(x)), np.zeros_like, (X + 0.1,), "right"),
    "a constant": (lambda x: 0, np.zeros_like, (X,), "right"),
    "float32": (lambda x: np.mean(x**2), lambda x: 2 * x / x.size, (RNG.normal(size=999).astype(np.float32),), "right"),
    "float32, one in a thousand off": (
        lambda x: np.mean(x**2), lambda x: 2 * x / x.size * (1 + 1e-4 * (x == x.max())),
        (RNG.normal(size=999).astype(np.float32),), "wrong",
    ),
    "NaN": (lambda x: np.sum(np.log(x)), lambda x: 1 / x, (X,), "noisy"),
    "a gradient that stops": (lambda x: np.sum(x * ag.stop_gradient(x)), lambda x: 2 * x, (X,), "engine"),
}  # fmt: skip


def squares(x):
    return np.sum(x**2)


BAD_ANSWERS: dict[str, tuple[Any, ...]] = {
    "(1, k) for (k,)": (lambda x: 2 * x[None], "shape"),
    "(k, 1) for (k,)": (lambda x: 2 * x[:, None], "shape"),
    "a number": (lambda x: 2.0, "shape"),
    "too many elements": (lambda x: np.ones(4), "shape"),
    "text": (lambda x: "2 x", "expected numbers, got str"),
    "objects": (lambda x: np.array([1.0, None, 4.0]), "dtype object"),
    "complex": (lambda x: 2 * x + 0j, "complex"),
    "integers": (lambda x: (2 * x).astype(int), "int64"),
    "booleans": (lambda x: x > 0, "bool"),
    "NaN": (lambda x: 2 * x * np.nan, "NaN in 3 of 3"),
    "one NaN": (lambda x: np.where(x < 0, np.nan, 2 * x), "NaN in 1 of 3"),
    "infinite": (lambda x: np.where(x < 0, -np.inf, 2 * x), "infinite in 1 of 3"),
}


def in_place(x):
    total = np.zeros(3)
    total[:] = x + 1
    return total @ total


UNRECORDED: dict[str, tuple[Any, ...]] = {
    "math.exp": (lambda a: math.exp(a), lambda a: math.exp(a), (1.5,)),
    "float()": (lambda x: float(x[0]) * x[1], lambda x: np.array([x[1], x[0], 0.0]), (X,)),
    "asarray": (lambda x: np.sum(np.asarray(x) ** 2), lambda x: 2 * x, (X,)),
    "in place": (lambda x: in_place(x), lambda x: 2 * (x + 1), (X,)),
    "a branch on the type": (
        lambda x: np.sum(x**2) if isinstance(x, np.ndarray) else np.sum(x), lambda x: 2 * x, (X,),
    ),
    "a kink": (lambda x: np.sum(np.abs(np.asarray(x))), lambda x: np.where(x < 0, -1.0, 1.0), (KINKED,)),
    "many": (lambda x: np.sum(np.asarray(x) ** 2), lambda x: 2 * x, (np.linspace(-1, 2, 3000),)),
}  # fmt: skip
