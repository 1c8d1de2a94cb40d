"""Right hand gradients spoilt by one edit of their source: mistakes that are a few characters long."""

from typing import Any

import numpy as np

from tests.corpus import sources
from tests.corpus.case import right, spoilt

rng = np.random.default_rng(5)


def draw(*shape: int) -> Any:
    return rng.normal(size=shape)


LABELS = np.array([0, 2, 1, 1, 0, 2, 2])
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "neuron": (draw(3), 0.3, draw(3), 0.4),
    "linear": (draw(4), 0.2, draw(7, 4), draw(7)),
    "network": (draw(4, 4), draw(4), draw(4, 4), draw(4), draw(6, 4), draw(6, 4)),
    "softmax": (draw(4, 3), draw(6, 4), np.eye(3)[[0, 2, 1, 1, 0, 2]]),
    "layer_norm": (draw(4, 5), draw(5), draw(5), draw(4, 5)),
    "recurrence": (draw(3, 3), draw(3, 3) / 2, draw(3), draw(4, 3), draw(3)),
    "attention": (draw(4, 5), draw(4, 5), draw(4, 5), draw(4, 5)),
    "convolution": (draw(9), draw(3), draw(7)),
    "gaussian": (draw(3), draw(3) / 3, draw(5, 3)),
    "inside": (draw(5),),
    "leaky": (draw(4, 5), draw(5, 3), draw(6, 4)),
    "biased": (draw(4, 5), draw(5), draw(6, 4)),
    "huber": (draw(3), draw(16, 3), draw(16), 0.8),
    "windows": (draw(7), draw(3), draw(5)),
    "product": (draw(3, 3), draw(3, 3)),
    "normalised": (draw(6, 3), draw(6, 3)),
    "by_size": (draw(4, 3), draw(4, 3)),
    "springs": (draw(5, 3), draw(5, 3)),
    "recurrent": (draw(3, 2), 0.5 * draw(3, 3), draw(5, 2)),
    "joined": (draw(2, 8) / 2, draw(4, 3)),
    "gated": (draw(3, 2), draw(3, 2), draw(3, 2)),
    "lines": (draw(3), draw(5, 3), draw(5)),
    "logistic": (draw(3), draw(9, 3), np.arange(9) % 2.0),
    "tied": (draw(4, 3), draw(4), draw(6, 4)),
    "picked": (draw(4, 3), draw(7, 4), LABELS),
    "log_softmax": (draw(4, 3), draw(7, 4), np.eye(3)[LABELS]),
    "layer": (draw(4, 6), draw(4, 6)),
    "squared_neuron": (draw(3), draw(3), 1.0),
}
SPOILT = {  # what stands in the source of the hand, what is put there instead, and the tags of that mistake
    "neuron": [
        ("2 * (p - t)", "(p - t)", "factor"),
        ("2 * (p - t)", "2 * (t - p)", "sign"),
        ("dp * p * (1 - p)", "dp", "missing derivative"),
        ("dp * p * (1 - p)", "dp * sigmoid(p) * (1 - sigmoid(p))", "derivative at output"),
        ("dp * p * (1 - p)", "dp * p", "wrong derivative"),
        ("dp * p * (1 - p)", "dp * (1 - p)", "wrong derivative"),
        ("dp * p * (1 - p)", "dp * p * p", "wrong derivative"),
        ("dp * p * (1 - p)", "dp * layer * (1 - layer)", "derivative at output"),
        ("dlayer * x,", "dlayer * w,", "wrong operand"),
        ("dp = 2 * (p - t)", "dp = 1.0", "prediction"),
        ("dp = 2 * (p - t)", "dp = 2 * p", "missing term"),
        ("dlayer * x, dlayer", "dlayer, dlayer * x", "swapped"),
    ],
    "linear": [
        ("2 * r / n", "2 * r", "factor"),
        ("2 * r / n", "r / n", "factor"),
        ("dw = dw + 0.6 * w", "pass", "missing regularisation"),
        ("0.6 * w", "0.3 * w", "weight of term"),
        ("0.6 * w", "-0.6 * w", "sign, weight of term"),
        ("0.6 * w", "0.6", "missing factor"),
        ("np.sum(dr)", "np.mean(dr)", "averaged"),
        ("np.sum(dr)", "dr", "not summed"),
        ("return dw, db", "return dw[:, None], db", "shape"),
        ("X.T @ dr", "X.T[:, :-1] @ dr[:-1]", "rows"),
        ("return dw, db", "return dw[::-1], db", "reversed"),
        ("return dw, db", "return np.roll(dw, 1), db", "shifted"),
        ("return dw, db", "return np.trunc(10 * dw) * 0 + np.trunc(dw), db", "integer"),
    ],
    "network": [
        ("(out - T) / 6", "(out - T)", "factor"),
        ("(out - T) / 6", "(T - out) / 6", "sign"),
        ("dh * (1 - h**2)", "dh", "missing derivative"),
        ("dh * (1 - h**2)", "dh * (1 - h)", "wrong derivative"),
        ("dh * (1 - h**2)", "dh * (1 - z**2)", "derivative at output"),
        ("dh * (1 - h**2)", "dh * (1 - np.tanh(h) ** 2)", "derivative at output"),
        ("dh * (1 - h**2)", "dh * (1 - h**2) ** 2", "extra derivative"),
        ("dh * (1 - h**2)", "dh * h * (1 - h)", "wrong derivative"),
        ("dout @ W2.T", "dout @ W2", "transposed"),
        ("h.T @ dout", "z.T @ dout", "wrong operand"),
        ("h.T @ dout", "X.T @ dout", "wrong operand"),
        ("h.T @ dout", "(h.T @ dout).T", "transposed"),
        ("db1 = dz.sum(0)", "db1 = dz.mean(0)", "averaged"),
        ("db1 = dz.sum(0)", "db1 = dz", "not summed"),
        ("db1 = dz.sum(0)", "db1 = dh.sum(0)", "missing derivative"),
        ("db2 = dout.sum(0)", "db2 = dout[0]", "rows"),
        ("return dW1, db1, dW2, db2", "return dW2, db1, dW1, db2", "swapped"),
        ("h = np.tanh(z)", "h = np.tanh(X @ W1)", "forward"),
        ("dh = dout @ W2.T", "W2 = W2 - 0.1 * dW2; dh = dout @ W2.T", "updated"),
    ],
    "softmax": [
        ("dp - np.sum(dp * p, axis=1, keepdims=True)", "dp * (1 - p)", "diagonal"),
        ("dp - np.sum(dp * p, axis=1, keepdims=True)", "dp", "detached"),
        ("p * (dp - np.sum(dp * p, axis=1, keepdims=True))", "dp", "missing derivative"),
        ("p * (dp - np.sum(dp * p, axis=1, keepdims=True))", "p / len(X)", "missing factor"),
        ("np.sum(dp * p, axis=1", "np.sum(dp * p, axis=0", "axis"),
        ("-T / p / len(X)", "-T / p", "factor"),
        ("X.T @ ds", "(X.T @ ds).T", "transposed"),
    ],
    "layer_norm": [
        ("dxc = dxhat / std + dvar * 2 * xc / n", "dxc = dxhat / std", "detached"),
        ("dx = dxc - dxc.mean(axis=-1, keepdims=True)", "dx = dxc", "detached"),
        ("dx = dxc - dxc.mean(axis=-1, keepdims=True)", "dx = dxhat / std", "detached"),
        ("2 * xc / n", "2 * xc", "factor"),
        ("dxhat = v * gamma", "dxhat = v", "missing factor"),
        ("np.sum(v * xhat, axis=0)", "np.sum(v * x, axis=0)", "wrong operand"),
        ("var + 1e-3", "var", "forward"),
        ("np.sqrt(var + 1e-3)", "np.sqrt(x.var(axis=-1, keepdims=True, ddof=1) + 1e-3)", "constant"),
    ],
    "recurrence": [
        ("dh = W.T @ da", "dh = W @ da", "transposed"),
        ("dh = W.T @ da", "dh = np.zeros(3)", "detached, rows"),
        ("da = dh * (1 - hs[t + 1] ** 2)", "da = dh", "missing derivative"),
        ("1 - hs[t + 1] ** 2", "1 - hs[t + 1]", "wrong derivative"),
        ("dW += np.outer(da, hs[t])", "dW += np.outer(da, hs[t + 1])", "shifted"),
        ("db += da", "db = da", "rows"),
        ("dU += np.outer(da, xs[t])", "dU += np.outer(xs[t], da)", "transposed"),
        ("reversed(range(len(xs)))", "reversed(range(1, len(xs)))", "rows"),
    ],
    "attention": [
        ("dA - np.sum(dA * A, axis=-1, keepdims=True)", "dA * (1 - A)", "diagonal"),
        ("dQ = ds @ K / np.sqrt(5)", "dQ = ds @ K", "factor"),
        ("dK = ds.T @ Q / np.sqrt(5)", "dK = ds @ Q / np.sqrt(5)", "transposed"),
        ("dV = A.T @ G", "dV = A @ G", "transposed"),
        ("dA = G @ V.T", "dA = G @ K.T", "wrong operand"),
    ],
    "convolution": [
        ("np.correlate(dy, k, ", "np.convolve(dy, k, ", "reversed"),
        ("[::-1]", "", "reversed"),
        ("dy = v * (y > 0)", "dy = v", "missing derivative"),
    ],
    "gaussian": [
        ("1 - z**2", "1 - z", "wrong derivative"),
        ("1 - z**2", "-z**2", "missing term"),
        ("-np.sum(z / sigma", "-np.sum(z", "missing factor"),
        ("1 - z**2", "1 + z**2", "sign"),
    ],
    "inside": [
        ("np.sin(3.0 * x) + 3.0 * x * np.cos(3.0 * x)", "np.sin(2.9 * x) + 2.9 * x * np.cos(2.9 * x)", "constant"),
        ("0.7", "0.75", "constant"),
        ("np.sin(3.0 * x) + 3.0", "3.0", "missing term"),
    ],
    "leaky": [
        ("np.where(z > 0, 1, 0.1)", "np.where(da > 0, 1, 0.1)", "wrong mask"),
        ("np.where(z > 0, 1, 0.1)", "np.where(z > 0, 0.1, 1)", "wrong mask"),
    ],
    "biased": [
        ("dh * (z > 0)", "dh * (dh > 0)", "wrong mask"),
        ("X.T @ dz", "X.T @ dh", "missing derivative"),
    ],
    "huber": [
        ("np.abs(r) <= delta", "r <= delta", "wrong mask"),
    ],
    "windows": [
        ("dx[i : i + 3] +=", "dx[i : i + 3] =", "rows"),
    ],
    "product": [
        ("dM @ B.T", "B.T @ dM", "wrong operand"),
        ("A.T @ dM", "dM @ A.T", "wrong operand"),
    ],
    "normalised": [
        ("- xn *", "- x *", "wrong operand"),
        ("xc.var(axis=0)", "xc.var(axis=0, ddof=1)", "constant"),
    ],
    "by_size": [
        ("np.sum(v * x, axis=1, keepdims=True)", "np.sum(v * x)", "axis"),
    ],
    "springs": [
        ("dp[:, 1]", "dp[:, 2]", "shifted"),
        (" / L[:, None]", "", "missing factor"),
    ],
    "recurrent": [
        ("1 - hs[t + 1] ** 2", "1 - hs[t] ** 2", "shifted"),
        ("W.T @ da", "W.T @ dh", "missing derivative"),
    ],
    "joined": [
        ("[3:5]", "[:2]", "shifted"),
    ],
    "gated": [
        ("h - n", "n - h", "sign"),
    ],
    "lines": [
        ("x @ w - t", "x @ w + t", "forward"),
        ("np.cos(r) * x", "np.cos(r) * x**2", "extra factor"),
        ("np.cos(r) * x", "np.cos(r) * (x + w)", "extra term"),
    ],
    "logistic": [
        ("(p - y)", "((p > 0.5) - y)", "hard"),
    ],
    "tied": [
        ("dout.T @ h", "out.T @ h", "wrong operand"),
    ],
    "picked": [
        ("[np.arange(len(y)), y]", "[:, y]", "repeated index"),
        ("-= 1", "-= len(y)", "factor"),
    ],
    "log_softmax": [
        ("np.sum(e, axis=1,", "np.sum(e, axis=0,", "axis"),
    ],
    "layer": [
        ("x.shape[1]", "x.shape[0]", "axis"),
    ],
    "squared_neuron": [
        ("2 * (p - t) * p * (1 - p)", "(p - t)", "missing derivative"),
    ],
}

for name, mistakes in SPOILT.items():
    f, hand = getattr(sources, name), getattr(sources, f"{name}_hand")
    right(f, ARGUMENTS[name])(hand)
    for old, new, tags in mistakes:
        spoilt(tags, f, ARGUMENTS[name], hand, old, new)
