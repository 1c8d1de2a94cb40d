"""Mistakes that a rule of the grammar mends: for each rule a right hand gradient, and an edit of its source."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.corpus import sources
from tests.corpus.spoilt import ARGUMENTS

draw = np.random.default_rng(8).normal


def scaled(w, s):
    return np.sum(np.sin(w)) / s**2


def scaled_hand(w, s):
    return np.cos(w) / s**2


def cubes(a, b):
    return np.sum(a**3 - a * a * b)


def cubes_hand(a, b):
    return 3 * a**2 - 2 * a * b


def fourth_power(x):
    return np.sum(np.tanh(x) ** 4) / 4


def fourth_power_hand(x):
    h = np.tanh(x)
    d = h.copy()
    d **= 3
    return d * (1 - h**2)


def in_one_line_hand(W1, b1, W2, b2, X, T):
    h = np.tanh(X @ W1 + b1)
    d = (h @ W2 + b2 - T) / 6
    dz = (d @ W2.T) * (1 - h**2)
    return X.T @ dz, dz.sum(0), h.T @ d, d.sum(0)


def tail(x, v):
    return np.sum(v * x) + np.sum(np.tanh(x[1:]))


def tail_hand(x, v):
    dx = v.copy()
    slope = 1 - np.tanh(x) ** 2
    dx[1:] += slope[1:]
    return dx


def three(w, a, b):
    return np.sum(np.sin(w)) + np.sum(w * a * b)


def three_hand(w, a, b):
    return np.cos(w) + a * b


def decayed(xs, decay):
    h = np.zeros(2)
    total = 0.0
    for x in xs:
        h = decay * h + x
        total = total + np.sum(np.sin(h))
    return total + np.sum(h)


def decayed_hand(xs, decay):
    hs = [np.zeros(2)]
    for x in xs:
        hs.append(decay * hs[-1] + x)
    dxs, g = np.zeros_like(xs), np.ones(2)
    for t in reversed(range(len(xs))):
        g = g + np.cos(hs[t + 1])
        dxs[t] = g
        g = g * decay
    return dxs


def outputs(W, V, xs):
    h = np.zeros(3)
    total = 0.0
    for x in xs:
        h = np.tanh(W @ h + x)
        total = total + np.sum((V @ h) ** 2)
    return total


def outputs_hand(W, V, xs):
    hs = [np.zeros(3)]
    for x in xs:
        hs.append(np.tanh(W @ hs[-1] + x))
    dW, dV = np.zeros_like(W), np.zeros_like(V)
    carried = np.zeros(3)
    for t in reversed(range(len(xs))):
        dy = 2 * V @ hs[t + 1]
        dV += np.outer(dy, hs[t + 1])
        dh = V.T @ dy + carried
        da = dh * (1 - hs[t + 1] ** 2)
        dW += np.outer(da, hs[t])
        carried = W.T @ da
    return dW, dV


OWN: dict[
    str, tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]
] = {  # function, its hand gradient, arguments
    "scaled": (scaled, scaled_hand, (draw(size=4), 1.7)),
    "cubes": (cubes, cubes_hand, (draw(size=4), draw(size=4))),
    "fourth power": (fourth_power, fourth_power_hand, (draw(size=4),)),
    "in one line": (sources.network, in_one_line_hand, ARGUMENTS["network"]),
    "tail": (tail, tail_hand, (draw(size=5), draw(size=5))),
    "three": (three, three_hand, (draw(size=4), draw(size=4), draw(size=4))),
    "decayed": (decayed, decayed_hand, (draw(size=(4, 2)), 0.7)),
    "outputs": (outputs, outputs_hand, (draw(size=(3, 3)) / 2, draw(size=(2, 3)), draw(size=(4, 3)))),
}
LOOP = """\
    dw = np.zeros_like(w)
    for x, t in zip(X, y, strict=True):
        r = x @ w - t
        dw += np.cos(r) * x
"""
BACKWARDS = """\
    carried = np.zeros(3)
    for t in reversed(range(len(xs))):
        dy = 2 * V @ hs[t + 1]
        dV += np.outer(dy, hs[t + 1])
        dh = V.T @ dy + carried
        da = dh * (1 - hs[t + 1] ** 2)
        dW += np.outer(da, hs[t])
        carried = W.T @ da
"""
UNCARRIED = "\n".join(BACKWARDS.replace(" + carried", "").splitlines()[1:-1]) + "\n"
PLANTED: dict[str, tuple[str, str, str, int]] = {  # by rule: the hand, what is replaced, by what, tokens to mend it
    "sign": ("network", "dout @ W2.T", "-dout @ W2.T", 1),
    "operand": ("network", "dh * (1 - h**2)", "dh * (1 - h**2) * h", 2),
    "operator": ("network", "(out - T) / 6", "(out + T) / 6", 1),
    "product": ("attention", "dV = A.T @ G", "dV = A @ G", 2),
    "transpose": ("softmax", "X.T @ ds", "(X.T @ ds).T", 4),
    "swap": ("recurrence", "np.outer(da, xs[t])", "np.outer(xs[t], da)", 1),
    "sum": ("network", "db1 = dz.sum(0)", "db1 = dz", 7),
    "reduction": ("network", "db1 = dz.sum(0)", "db1 = dz.mean(0)", 1),
    "name": ("network", "h.T @ dout", "z.T @ dout", 1),
    "power": ("recurrence", "hs[t + 1] ** 2", "hs[t + 1] ** 3", 1),
    "constant": ("linear", "0.6 * w", "0.3 * w", 1),
    "negative": ("gaussian", "z / sigma, axis=0", "z * sigma**1, axis=0", 1),
    "scaling": ("linear", "2 * r / n", "2 * r", 2),
    "power of a scalar": ("scaled", "np.cos(w) / s**2", "np.cos(w)", 4),
    "comparison": ("biased", "(z > 0)", "(z < 0)", 1),
    "index": ("springs", "dp[:, 1]", "dp[:, 2]", 1),
    "loop": ("recurrence", "range(len(xs))", "range(1, len(xs))", 2),
    "function": ("inside", "np.cos(3.0 * x)", "np.sin(3.0 * x)", 1),
    "factor": ("layer_norm", "dxhat = v * gamma", "dxhat = v", 2),
    "derivative": ("in one line", "(d @ W2.T) * (1 - h**2)", "d @ W2.T", 8),
    "tuple": ("network", "return dW1, db1, dW2, db2", "return dW2, db1, dW1, db2", 2),
    "copy": ("fourth power", "h.copy()", "h", 4),
    "complement": ("gated", "dh * (1 - z)", "dh * z", 4),
    "reversal": ("convolution", "[::-1]", "", 6),
    "term": ("tied", "return dW + X.T", "return X.T", 2),
    "other": ("logistic", "len(y)", "len(w)", 1),
    "accumulation": ("windows", "dx[i : i + 3] +=", "dx[i : i + 3] =", 1),
    "deletion": ("network", "db1 = dz.sum(0)\n", "db1 = dz.sum(0)\n    dW2 = dW2 / 3\n", 5),
    "order": ("network", "dh = dout @ W2.T\n    dz", "W2 = 0.9 * W2\n    dh = dout @ W2.T\n    dz", 5),
    "carry": ("recurrence", "        dh = W.T @ da\n", "", 7),
    "total": ("lines", LOOP, LOOP.partition("\n")[2].replace("+=", "="), 9),
    "scaling afterwards": ("picked", "    ds /= len(y)\n", "", 6),
    "exchange": ("cubes", "3 * a**2 - 2 * a * b", "3 * b**2 - 2 * b * a", 3),
    "renaming": ("neuron", "dp * p * (1 - p)", "dp * layer * (1 - layer)", 2),
    "part": ("tail", "dx[1:] += slope[1:]", "dx += slope", 8),
    "product term": ("three", "np.cos(w) + a * b", "np.cos(w)", 4),
    "update": ("decayed", "        g = g * decay\n", "", 5),
    "new carry": ("outputs", BACKWARDS, UNCARRIED, 14),
}  # fmt: skip


def problem(name):
    """Return a function, its hand gradient and the arguments, by name."""
    return OWN[name] if name in OWN else (getattr(sources, name), getattr(sources, f"{name}_hand"), ARGUMENTS[name])
