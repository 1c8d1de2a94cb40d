"""The functions whose gradients, written out as NumPy code, are kept as golden texts.

Write the texts anew, and read what changed as one who is to sign it, with `python -m tests.support.written`."""

from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from tests.support.explained import grid

GOLDEN = Path(__file__).parent / "golden"
INPUT_VECTOR, TARGET = np.array([2.0, 1.5]), 0
EPSILON = 1e-5


def neuron(weights, bias):
    layer_1 = np.dot(INPUT_VECTOR, weights) + bias
    prediction = ag.sigmoid(layer_1)
    error = np.square(prediction - TARGET)
    return error  # noqa: RET504 (the name is read)


def two_layers(W1, b1, W2, b2, x, target):
    h = np.tanh(x @ W1 + b1)
    prediction = h @ W2 + b2
    error = prediction - target
    return np.mean(error**2)


def cross_entropy(params, x, labels):
    logits = x @ params["W"] + params["b"]
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(labels)), labels])


def classifier(params, x, labels):
    (W1, b1), (W2, b2) = params
    hidden = ag.relu(x @ W1 + b1)
    logits = hidden @ W2 + b2
    loss = np.mean(ag.cross_entropy(logits, labels))
    return loss  # noqa: RET504


def recurrent(W, U, h, inputs):
    for x in inputs:
        h = np.tanh(W @ h + U @ x)
    loss = np.sum(h**2)
    return loss  # noqa: RET504


def branch(x, scale):
    y = scale * x
    if np.sum(y) > 0:  # noqa: SIM108
        z = np.log1p(y)
    else:
        z = y * y
    while np.sum(z) > 1:
        z = z / 2
    return np.sum(z)


def residual(W, x):
    h = x
    for _ in range(2):
        h = h + ag.relu(h @ W)
    loss = np.sum(h * h) / 2
    return loss  # noqa: RET504


def standardized(x, gain):
    centred = x - np.mean(x, axis=0)
    deviation = np.sqrt(np.mean(centred**2, axis=0) + EPSILON)
    return gain * centred / deviation


def cubic(x):
    return x**3 - 2 * x


def curved(w):
    return np.sum(np.tanh(w) ** 2)


def rebuilt(A, rank):
    u, s, vh = np.linalg.svd(A)
    return np.sum(np.abs(u[:, :rank] * s[:rank] @ vh[:rank]))


class Line:
    """A model that keeps what it fits as attributes."""

    def __init__(self, weights, bias):
        self.weights = weights
        self.bias = bias

    def predict(self, x):
        return x @ self.weights + self.bias


def line(weights, x, y):
    model = Line(weights, 0.5)
    residuals = model.predict(x) - y
    return np.mean(residuals**2)


LABELS = np.array([0, 2, 1, 2])
LAYERS = [(grid(3, 5), grid(5)), (grid(5, 3), grid(3))]
FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "neuron": (neuron, (np.array([1.45, -0.66]), 0.0)),
    "two_layers": (two_layers, (*LAYERS[0], *LAYERS[1], grid(4, 3), grid(4, 3)), ("W1", "b1", "W2", "b2")),
    "cross_entropy": (cross_entropy, ({"W": grid(3, 3), "b": grid(3)}, grid(4, 3), LABELS), ("W", "b")),
    "classifier": (classifier, (LAYERS, grid(4, 3), LABELS), ("W1", "b1", "W2", "b2")),
    "recurrent": (recurrent, (grid(2, 2), grid(2, 3), np.zeros(2), grid(3, 3)), ("W", "U")),
    "branch": (branch, (np.array([1.0, 2.0, 3.0]), 2.0)),
    "residual": (residual, (grid(3, 3), grid(4, 3))),
    "standardized": (standardized, (grid(6, 4), grid(4))),
    "unnamed": (lambda x, y: np.sum(np.where(x > y, x * y, np.sin(x))), (grid(3), grid(3)[::-1])),
    "second_derivative": (ag.grad(cubic), (2.0,)),
    "hessian_vector_product": (ag.grad(curved), (grid(3),)),
    "rebuilt": (rebuilt, (grid(3, 2), 1)),
    "line": (line, (grid(3), grid(4, 3), grid(4)), "weights"),
}


def path(name):
    return GOLDEN / f"source_{name}.txt"


def written(name):
    function, args, *wrt = FUNCTIONS[name]
    return ag.source(function, *args, wrt=wrt[0] if wrt else None)


if __name__ == "__main__":
    for name in FUNCTIONS:
        path(name).write_text(written(name), "utf-8")
