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


def centred(x):
    return np.sum(np.tanh(x - x.mean(axis=(0, 2), keepdims=True)))


def centred_hand(x):
    mean = x.mean(axis=(0, 2), keepdims=True)
    d = 1 - np.tanh(x - mean) ** 2
    return d - d.mean(axis=(0, 2), keepdims=True)


def slopes(image):
    return np.sum(np.tanh(image[:, 1:] - image[:, :-1]))


def slopes_hand(image):
    g = 1 - np.tanh(image[:, 1:] - image[:, :-1]) ** 2
    dimage = np.zeros_like(image)
    dimage[:, 1:] += g
    dimage[:, :-1] -= g
    return dimage


def ranked(x, v):
    return np.sum(np.sin(np.sort(x)) * v)


def ranked_hand(x, v):
    order = np.argsort(x)
    slope = np.cos(x[order]) * v
    dx = np.zeros_like(x)
    dx[order] = slope
    return dx


def listed(scores):
    e = np.exp(scores)
    return np.sum(np.log(np.cumsum(e[::-1])[::-1]) - scores)


def listed_hand(scores):
    e = np.exp(scores)
    tails = np.cumsum(e[::-1])[::-1]
    d = np.zeros_like(e)
    for r in range(len(d)):
        d[r:] += e[r:] / tails[r]
        d[r] -= 1
    return d


def taken(table, weights):
    return np.sum(np.tanh(table[[0, 2, 0, 1]]) * weights)


def taken_hand(table, weights):
    rows = [0, 2, 0, 1]
    dtable = np.zeros_like(table)
    np.add.at(dtable, rows, weights * (1 - np.tanh(table[rows]) ** 2))
    return dtable


def logarithms(L):
    return np.sum(np.log(np.diag(L)))


def logarithms_hand(L):
    return np.diag(1 / np.diag(L))


def arm(q):
    return np.sum(np.cos(np.cumsum(q)))


def arm_hand(q):
    y = np.sin(np.cumsum(q))
    dq = np.zeros_like(q)
    for k in range(len(q)):
        dq[k] = -np.sum(y[k:])
    return dq


def feedback(a, xs):
    y, total = 0.0, 0.0
    for x in xs:
        y = a[0] * y + x
        total = total + np.sin(y)
    return total


def feedback_hand(a, xs):
    ys = [0.0]
    for x in xs:
        ys.append(a[0] * ys[-1] + x)
    da, dxs, dy = 0.0, np.zeros_like(xs), 0.0
    for t in reversed(range(len(xs))):
        dy = np.cos(ys[t + 1]) + a[0] * dy
        dxs[t] = dy
        da += dy * ys[t]
    return np.array([da]), dxs


def excited(rate, gaps):
    level, total = 0.0, 0.0
    for gap in gaps:
        level = np.exp(-rate * gap) * (1 + level)
        total = total + np.log(2 + level)
    return total


def excited_hand(rate, gaps):
    level, dlevel, drate = 0.0, 0.0, 0.0
    for gap in gaps:
        decay = np.exp(-rate * gap)
        dlevel = decay * (dlevel - gap * (1 + level))
        level = decay * (1 + level)
        drate += dlevel / (2 + level)
    return drate


def gates(fs, xs):
    c, total = np.zeros(2), 0.0
    for f, x in zip(fs, xs, strict=True):
        c = np.tanh(f) * c + x
        total = total + np.sum(np.sin(c))
    return total


def gates_hand(fs, xs):
    cs = [np.zeros(2)]
    for f, x in zip(fs, xs, strict=True):
        cs.append(np.tanh(f) * cs[-1] + x)
    dfs, dxs, dc = np.zeros_like(fs), np.zeros_like(xs), np.zeros(2)
    for t in reversed(range(len(xs))):
        f = np.tanh(fs[t])
        dc = dc + np.cos(cs[t + 1])
        dxs[t] = dc
        dfs[t] = dc * cs[t] * (1 - f**2)
        dc = dc * f
    return dfs, dxs


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
    "centred": (centred, centred_hand, (draw(size=(4, 2, 3)),)),
    "slopes": (slopes, slopes_hand, (draw(size=(3, 5)),)),
    "ranked": (ranked, ranked_hand, (draw(size=6), draw(size=6))),
    "listed": (listed, listed_hand, (draw(size=5),)),
    "taken": (taken, taken_hand, (draw(size=(4, 2)), draw(size=(4, 2)))),
    "logarithms": (logarithms, logarithms_hand, (draw(size=(3, 3)) ** 2 + 1,)),
    "arm": (arm, arm_hand, (draw(size=4),)),
    "feedback": (feedback, feedback_hand, (np.array([0.7]), draw(size=6))),
    "excited": (excited, excited_hand, (0.7, draw(size=7) ** 2)),
    "gates": (gates, gates_hand, (draw(size=(5, 2)), draw(size=(5, 2)))),
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
    "elsewhere": ("centred", "d.mean(axis=(0, 2), ", "d.mean(axis=0, ", 5),
    "both sides": ("slopes", "dimage[:, 1:] += g", "dimage[:, 1:-1] += g[:, :-1]", 8),
    "scattering": ("ranked", "dx[order] = slope", "dx = slope[order]", 2),
    "new carry": ("outputs", BACKWARDS, UNCARRIED, 14),
}  # fmt: skip

FURTHER: dict[str, tuple[str, str, str, int]] = {  # the same for further lines of the tables, after the rule's name
    "loop over a list": ("gated", "in reversed(cache)", "in cache", 3),
    "index: the other side": ("arm", "y[k:]", "y[: k + 1]", 2),
    "complement: the reciprocal": ("logarithms", "1 / np.diag(L)", "np.diag(L)", 2),
    "part from a turn on": ("listed", "d[r:] += e[r:] / tails", "d += e / tails", 8),
    "accumulation at indices": ("taken", "np.add.at(dtable, rows, ", "dtable[rows] = (", 6),
}

MISSING: dict[str, tuple[str, str, str, int]] = {  # what is found by value at all turns of a loop; the same again
    "a carry, when it is handed on": ("feedback", " + a[0] * dy", "", 8),
    "a factor at the end of each turn": ("gates", "        dc = dc * f\n", "", 8),
    "a term in forward mode": ("excited", "(dlevel - gap * (1 + level))", "dlevel", 8),
}


def problem(name):
    """Return a function, its hand gradient and the arguments, by name."""
    return OWN[name] if name in OWN else (getattr(sources, name), getattr(sources, f"{name}_hand"), ARGUMENTS[name])
